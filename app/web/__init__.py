"""The HTTP edge that is no room's own."""
