"""Pure functions: arrays or counts in, values out."""
