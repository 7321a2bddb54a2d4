"""The part of TIFF that is read without Pillow: its first directory, and pictures in its plainest form.

Nearly every file of a cell collection is an uncompressed 8-bit RGB TIFF, whose pixels lie in the file as they
are digested. Taking them from there instead of decoding them halves the time to import a picture; whatever is
the least bit unusual is left to Pillow. Tags and types are those of TIFF 6.0, sections 2 and 8.
"""

import struct
from dataclasses import dataclass

WIDTH, LENGTH, BITS_PER_SAMPLE, COMPRESSION, PHOTOMETRIC, FILL_ORDER = 256, 257, 258, 259, 262, 266
STRIP_OFFSETS, ORIENTATION, SAMPLES_PER_PIXEL, ROWS_PER_STRIP, STRIP_BYTE_COUNTS = 273, 274, 277, 278, 279
PLANAR_CONFIGURATION, TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_BYTE_COUNTS = 284, 322, 323, 324, 325
SUBFILE_TYPE, MAX_SAMPLE_VALUE, EXTRA_SAMPLES, SAMPLE_FORMAT, S_MAX_SAMPLE_VALUE = 254, 281, 338, 339, 341

# What says nothing about the pixels: names, dates, resolution, the size of this very picture on paper.
_REMARKS = frozenset({269, 270, 271, 272, 282, 283, 285, 296, 297, 305, 306, 315, 316, 33432})

_SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
_INTEGERS = {1: "B", 3: "H", 4: "I", 16: "Q"}

# The plainest form, tag by tag; a tag that is missing has the value that TIFF gives it then.
_PLAIN = {
    SUBFILE_TYPE: ((0,), (0,)),
    BITS_PER_SAMPLE: ((8, 8, 8), (1,)),
    COMPRESSION: ((1,), (1,)),
    PHOTOMETRIC: ((2,), ()),
    FILL_ORDER: ((1,), (1,)),
    ORIENTATION: ((1,), (1,)),
    SAMPLES_PER_PIXEL: ((3,), (1,)),
    PLANAR_CONFIGURATION: ((1,), (1,)),
}
_MEASURES = frozenset({WIDTH, LENGTH, STRIP_OFFSETS, ROWS_PER_STRIP, STRIP_BYTE_COUNTS})
_UNSIGNED = frozenset({(1,), (1, 1, 1)})


@dataclass(frozen=True, slots=True)
class Directory:
    """The first image file directory: where each tag's value lies, and the next directory (0: nowhere)."""

    data: bytes
    order: str
    entries: dict[int, tuple[int, int, int]]
    next: int

    def integers(self, tag: int) -> tuple[int, ...] | None:
        """The tag's value; None where there is none, or none of integers, or it lies outside the file."""
        kind, count, start = self.entries.get(tag, (0, 0, 0))
        code = _INTEGERS.get(kind)
        if code is None or start + count * _SIZES[kind] > len(self.data):
            return None
        return struct.unpack_from(f"{self.order}{count}{code}", self.data, start)

    @property
    def is_cut_off(self) -> bool:
        """Whether a value, a strip or a tile that the directory names ends after the file does."""
        size = len(self.data)
        if any(start + count * _SIZES.get(kind, 1) > size for kind, count, start in self.entries.values()):
            return True
        for offsets, counts in ((STRIP_OFFSETS, STRIP_BYTE_COUNTS), (TILE_OFFSETS, TILE_BYTE_COUNTS)):
            starts = self.integers(offsets) or ()
            lengths = self.integers(counts) or (1,) * len(starts)
            if any(start + length > size for start, length in zip(starts, lengths, strict=False)):
                return True
        return False


def first_directory(data: bytes) -> Directory | None:
    """The first directory of a TIFF or BigTIFF; None where the file ends before it does."""
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"\x2b\x00", b"\x00\x2b")
    pointer, number, entry = ("Q", "Q", "HHQ8s") if big else ("I", "H", "HHI4s")
    try:
        (start,) = struct.unpack_from(order + pointer, data, 8 if big else 4)
        (count,) = struct.unpack_from(order + number, data, start)
        first = start + struct.calcsize(number)
        width = struct.calcsize("<" + entry)
        (following,) = struct.unpack_from(order + pointer, data, first + count * width)
    except (struct.error, OverflowError):
        return None
    inline, into_value = (8, 12) if big else (4, 8)
    entries: dict[int, tuple[int, int, int]] = {}
    table = struct.iter_unpack(order + entry, memoryview(data)[first : first + count * width])
    for at, (tag, kind, values, value) in enumerate(table):
        if values * _SIZES.get(kind, 1) <= inline:
            entries[tag] = (kind, values, first + at * width + into_value)
        else:
            entries[tag] = (kind, values, struct.unpack(order + pointer, value)[0])
    if len(entries) < count:
        return None
    return Directory(data, order, entries, following)


def plain_pixels(data: bytes) -> tuple[int, int, bytes] | None:
    """Width, height and RGB bytes of the one picture of a TIFF in its plainest form; None for any other file.

    Plainest is: 8 bits a sample, three samples, RGB, uncompressed, in strips, upright, and no tag that could
    change what the pixels mean.
    """
    directory = first_directory(data)
    if directory is None or directory.next or not _is_plain(directory):
        return None
    measures = [directory.integers(tag) for tag in (WIDTH, LENGTH, STRIP_OFFSETS, STRIP_BYTE_COUNTS)]
    width, height, starts, lengths = (value or () for value in measures)
    if len(width) != 1 or len(height) != 1 or len(starts) != len(lengths) or not starts:
        return None
    row = width[0] * 3
    rows = max(min((directory.integers(ROWS_PER_STRIP) or height)[0], height[0]), 1)
    last = height[0] - rows * (len(starts) - 1)
    if not row or not 0 < last <= rows or lengths != (*(rows * row,) * (len(starts) - 1), last * row):
        return None
    ends = [start + length for start, length in zip(starts, lengths, strict=True)]
    if max(ends) > len(data):
        return None
    if len(starts) == 1 or all(start == end for start, end in zip(starts[1:], ends, strict=False)):
        return width[0], height[0], data[starts[0] : ends[-1]]
    return width[0], height[0], b"".join(data[start:end] for start, end in zip(starts, ends, strict=True))


def _is_plain(directory: Directory) -> bool:
    tags = directory.entries.keys()
    if not tags <= _REMARKS | _MEASURES | _PLAIN.keys() | {SAMPLE_FORMAT}:
        return False
    if SAMPLE_FORMAT in tags and directory.integers(SAMPLE_FORMAT) not in _UNSIGNED:
        return False
    return all(
        (directory.integers(tag) if tag in tags else missing) == plain for tag, (plain, missing) in _PLAIN.items()
    )
