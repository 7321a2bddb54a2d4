"""What a cell is held to be: derived from votes that it is handed, and made anew at any time."""
