"""Telling formats by their content, and what their headers must say before a decoder may see them."""

import struct
import zlib

from app.images import tiff
from app.images.errors import (
    BrokenPicture,
    FormatNotAccepted,
    NotAPicture,
    SideTooLong,
    TooManyPixels,
    TruncatedPicture,
)

MAX_PIXELS = 64_000_000
MAX_BYTES = 50_000_000
# A lossless rendition is WebP, whose sides have 14 bits.
MAX_SIDE = 16_383

_TIFF = (b"II\x2a\x00", b"MM\x00\x2a", b"II\x2b\x00", b"MM\x00\x2b")
_PNG = b"\x89PNG\r\n\x1a\n"
_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_HEIF_BRANDS = frozenset({b"avif", b"avis", b"heic", b"heix", b"hevc", b"mif1", b"msf1"})
_OTHERS = {
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"\x00\x00\x00\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\x00\x00\x00\x0cJXL ": "JPEG XL",
    b"\xff\x0a": "JPEG XL",
    b"8BPS": "Photoshop",
    b"%PDF": "PDF",
    b"\x00\x00\x01\x00": "Icon",
    b"\x76\x2f\x31\x01": "OpenEXR",
    b"<svg": "SVG",
    b"P4\n": "Netpbm",
    b"P5\n": "Netpbm",
    b"P6\n": "Netpbm",
}


def format_of(data: bytes) -> str:
    """`TIFF`, `PNG`, `JPEG`, `WEBP` or `BMP`; refuses what is another format, or no picture at all."""
    if data.startswith(_TIFF):
        return "TIFF"
    if data.startswith(_PNG):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data.startswith(b"BM") and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    other = next((name for magic, name in _OTHERS.items() if data.startswith(magic)), None)
    if data[128:132] == b"DICM":
        other = "DICOM"
    elif data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        other = "AVIF" if data[8:11] == b"avi" else "HEIF"
    if other:
        raise FormatNotAccepted(
            "{other} isn't accepted. Save the picture as TIFF, PNG, JPEG, WebP or BMP.", other=other
        )
    raise NotAPicture


def check_size(width: int, height: int) -> None:
    """Refuses by width and height, before a pixel is decoded."""
    if width * height > MAX_PIXELS:
        raise TooManyPixels
    if max(width, height) > MAX_SIDE:
        raise SideTooLong


def check_container(data: bytes, format: str) -> None:
    """Refuses what Pillow would let pass or allocate for, going by the container alone.

    Pillow allocates a WebP's canvas while it opens the file, and takes a PNG without its end or with a wrong
    checksum. A TIFF may name tiles of any size for a picture of one pixel, and each is unpacked as a whole.
    """
    if format == "WEBP":
        _check_webp(data)
    elif format == "PNG":
        _check_png(data)
    elif format == "TIFF":
        _check_tiff(data)


def is_cut_off(data: bytes, format: str) -> bool:
    """Whether a file that couldn't be decoded ends before its header says that it does."""
    if format == "TIFF":
        directory = tiff.first_directory(data)
        return directory is None or directory.is_cut_off
    if format == "JPEG":
        return b"\xff\xd9" not in data
    if format == "BMP":
        return len(data) < 18 or int.from_bytes(data[10:14], "little") >= len(data)
    return False


def _check_webp(data: bytes) -> None:
    if len(data) < 30 or len(data) < int.from_bytes(data[4:8], "little") + 8:
        raise TruncatedPicture
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    elif kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    else:
        raise BrokenPicture
    check_size(width, height)


def _check_png(data: bytes) -> None:
    if len(data) < 33:
        raise TruncatedPicture
    check_size(*struct.unpack_from(">II", data, 16))
    view = memoryview(data)
    start = len(_PNG)
    while start + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, start)
        end = start + 8 + length
        if end + 4 > len(data):
            break
        if zlib.crc32(view[start + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            raise BrokenPicture
        if kind == b"IEND":
            return
        start = end + 4
    raise TruncatedPicture


def _check_tiff(data: bytes) -> None:
    directory = tiff.first_directory(data)
    if directory is None:
        raise TruncatedPicture
    (width, *_), (height, *_) = (directory.integers(tag) or (1,) for tag in (tiff.TILE_WIDTH, tiff.TILE_LENGTH))
    check_size(width, height)
