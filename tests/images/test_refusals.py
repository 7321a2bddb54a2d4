"""What is no picture, or not one that can be reviewed, is refused with its reason before it costs anything."""

import struct
import zlib
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from app.errors import Invalid
from app.images import errors
from app.images.decode import MAX_BYTES, check_length, decode
from tests.images.builders import chunk, field, png, saved, tiff

PICTURE = field(24, 20)
IMAGE = Image.fromarray(PICTURE)
FILES = {
    "plain TIFF": tiff(PICTURE),
    "TIFF in strips": tiff(PICTURE, rows_per_strip=5),
    "deflated TIFF": tiff(PICTURE, deflate=True),
    "TIFF by Pillow": saved(IMAGE, "TIFF"),
    "LZW TIFF by Pillow": saved(IMAGE, "TIFF", compression="tiff_lzw"),
    "JPEG in TIFF": saved(IMAGE, "TIFF", compression="jpeg"),
    "big-endian TIFF": tiff(PICTURE, order=">", deflate=True),
    "PNG": png(PICTURE, 2),
    "16-bit PNG": png(field(24, 20, dtype=np.uint16), 2, 16),
    "JPEG": saved(IMAGE, "JPEG"),
    "progressive JPEG": saved(IMAGE, "JPEG", progressive=True),
    "WebP": saved(IMAGE, "WEBP"),
    "lossless WebP": saved(IMAGE, "WEBP", lossless=True),
    "BMP": saved(IMAGE, "BMP"),
    "BMP with palette": saved(IMAGE.quantize(8), "BMP"),
}


def refused(data: bytes) -> errors.PictureRefused:
    with pytest.raises(errors.PictureRefused) as caught:
        decode(data)
    assert isinstance(caught.value, Invalid)
    assert caught.value.message
    return caught.value


def test_an_empty_file() -> None:
    assert isinstance(refused(b""), errors.EmptyFile)


@pytest.mark.parametrize("data", [b"x", b"cell,label\n", b"BM is what this text begins with", bytes(4000)])
def test_what_is_no_picture(data: bytes) -> None:
    assert isinstance(refused(data), errors.NotAPicture)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (saved(IMAGE.convert("P"), "GIF"), "GIF"),
        (saved(IMAGE, "JPEG2000"), "JPEG 2000"),
        (saved(IMAGE, "AVIF"), "AVIF"),
        (saved(IMAGE, "PPM"), "Netpbm"),
        (saved(IMAGE, "ICO"), "Icon"),
        (saved(IMAGE, "PDF"), "PDF"),
        (bytes(128) + b"DICM", "DICOM"),
    ],
)
def test_a_format_that_is_not_accepted_is_named(data: bytes, name: str) -> None:
    error = refused(data)
    assert isinstance(error, errors.FormatNotAccepted)
    assert error.message.startswith(name)


@pytest.mark.parametrize(
    "data",
    [
        tiff(PICTURE, pages=2),
        tiff(PICTURE, pages=2, deflate=True),
        saved(IMAGE, "TIFF", save_all=True, append_images=[IMAGE]),
        saved(IMAGE, "WEBP", save_all=True, append_images=[Image.new("RGB", IMAGE.size)]),
        saved(IMAGE, "PNG", save_all=True, append_images=[Image.new("RGB", IMAGE.size)]),
        saved(IMAGE, "PNG", save_all=True, append_images=[IMAGE.rotate(90)], default_image=True),
        saved(IMAGE, "MPO", save_all=True, append_images=[IMAGE]),
    ],
)
def test_several_pictures_in_one_file(data: bytes) -> None:
    assert isinstance(refused(data), errors.SeveralPictures)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_cut_off_anywhere(name: str) -> None:
    data = FILES[name]
    decode(data)
    # An uncompressed TIFF has all of its pixels without the strips' lengths, which are this one's last value.
    needed = len(data) - 22 if name == "TIFF in strips" else len(data)
    for length in range(20, needed):
        assert isinstance(refused(data[:length]), errors.TruncatedPicture), length
    for length in range(1, 20):
        refused(data[:length])


def test_a_png_whose_checksum_is_wrong() -> None:
    for place in (b"IHDR", b"IDAT", b"IEND"):
        data = bytearray(FILES["PNG"])
        data[data.index(place) + 7] ^= 1
        assert isinstance(refused(bytes(data)), errors.BrokenPicture)


def test_a_png_may_have_unknown_remarks_before_its_end_and_anything_after_it() -> None:
    data = png(PICTURE, 2, before=[chunk(b"teXt", b"remark")], after=[chunk(b"teXt", b"remark")])
    assert decode(data + b"something else").rgb == PICTURE.tobytes()


def test_a_png_without_pixels() -> None:
    data = png(PICTURE, 2)
    start, end = data.index(b"IDAT") - 4, data.index(b"IEND") - 4
    assert isinstance(refused(data[:start] + data[end:]), errors.BrokenPicture)


def test_a_name_does_not_matter() -> None:
    assert decode(FILES["PNG"]).format == "PNG"


def claims(width: int, height: int) -> dict[str, bytes]:
    """Small files that claim to be large."""
    size = (width, height)
    row = zlib.compress(bytes(1000))
    entries = {256: (4, (width,)), 257: (4, (height,)), 278: (4, (height,))}
    jpeg = bytearray(saved(IMAGE, "JPEG"))
    at = jpeg.index(b"\xff\xc0")
    struct.pack_into(">HH", jpeg, at + 5, min(height, 65535), min(width, 65535))
    bitmap = bytearray(saved(IMAGE, "BMP"))
    struct.pack_into("<ii", bitmap, 18, *size)
    return {
        "TIFF": tiff(PICTURE, tags=entries),
        "deflated TIFF": tiff(PICTURE, tags=entries, deflate=True),
        "PNG": png(PICTURE, 2, size=size),
        "cut-off PNG": png(PICTURE, 2, size=size)[:60] + row,
        "JPEG": bytes(jpeg),
        "BMP": bytes(bitmap),
    }


@pytest.mark.parametrize("name", claims(9, 9))
@pytest.mark.parametrize("side", [8_001, 11_000, 16_000, 60_000])
def test_over_64_megapixels_is_refused_by_the_header(name: str, side: int) -> None:
    assert isinstance(refused(claims(side, side)[name]), errors.TooManyPixels)


@pytest.mark.parametrize("kind", ["VP8 ", "VP8L", "VP8X"])
def test_a_webp_that_claims_to_be_large(kind: str) -> None:
    wide = 16_383
    bodies = {
        "VP8 ": b"\x30\x01\x00\x9d\x01\x2a" + struct.pack("<HH", wide, wide),
        "VP8L": b"\x2f" + ((wide - 1) | (wide - 1) << 14).to_bytes(4, "little") + bytes(5),
        "VP8X": bytes(4) + (wide - 1).to_bytes(3, "little") * 2,
    }
    body = bodies[kind]
    inner = b"WEBP" + kind.encode() + struct.pack("<I", len(body)) + body
    assert isinstance(refused(b"RIFF" + struct.pack("<I", len(inner)) + inner), errors.TooManyPixels)


def test_exactly_64_megapixels_go_in() -> None:
    grey = np.zeros((8_000, 8_000), np.uint8)
    picture = decode(saved(Image.fromarray(grey).convert("1"), "TIFF", compression="group4"))
    assert (picture.width, picture.height, len(picture.rgb)) == (8_000, 8_000, 192_000_000)


def test_tiles_larger_than_any_picture() -> None:
    data = tiff(PICTURE, deflate=True, tags={322: (4, (60_000,)), 323: (4, (60_000,)), 324: (4, (8,))})
    assert isinstance(refused(data), errors.TooManyPixels)


def test_a_side_longer_than_webp_can_have() -> None:
    for data in (tiff(np.zeros((1, 16_384, 3), np.uint8)), png(np.zeros((16_384, 1, 3), np.uint8), 2)):
        assert isinstance(refused(data), errors.SideTooLong)
    assert decode(tiff(np.zeros((1, 16_383, 3), np.uint8))).width == 16_383


def test_over_50_megabytes() -> None:
    assert isinstance(refused(FILES["PNG"] + bytes(MAX_BYTES)), errors.FileTooLarge)
    with pytest.raises(errors.FileTooLarge):
        check_length(MAX_BYTES + 1)
    check_length(MAX_BYTES)


def test_every_reason_is_its_own_and_ends_as_a_sentence() -> None:
    reasons = sorted(kind.reason for kind in errors.PictureRefused.__subclasses__())
    assert len(reasons) == 9
    assert all(reason.endswith(".") for reason in reasons)
    assert all(one != other for one, other in pairwise(reasons))
