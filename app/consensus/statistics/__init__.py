"""Pure statistics: numbers and arrays in, values out."""
