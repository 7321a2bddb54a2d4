"""Which files of a folder or an archive are taken for pictures.

Only the name counts here: whatever else lies in the folder (manifests, read-me files, thumbnails' databases)
is ignored rather than refused. What a file really is, `decode` finds out from its content.
"""

from os import PathLike, fspath

PICTURE_SUFFIXES = frozenset({".tif", ".tiff", ".png", ".jpg", ".jpeg", ".webp", ".bmp"})


def is_picture_name(path: str | PathLike[str]) -> bool:
    """Whether the path ends like a picture's, in either case, with `/` or `\\` between its folders.

    `._cell_0001.tif`, which macOS leaves beside `cell_0001.tif`, holds no picture.
    """
    name = fspath(path).replace("\\", "/").rpartition("/")[2]
    stem, dot, suffix = name.rpartition(".")
    return bool(stem) and not name.startswith("._") and (dot + suffix).lower() in PICTURE_SUFFIXES
