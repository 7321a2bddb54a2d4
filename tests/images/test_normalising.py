"""Every way of storing a picture that is accepted has one way to 8-bit RGB, and what was done is said."""

import struct
import warnings
from fractions import Fraction
from hashlib import sha256
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFile

from app.images.decode import Picture, decode
from app.images.errors import BrokenPicture
from tests.images.builders import chunk, field, png, saved, tiff

SIXTEEN = "16-bit scaled by 257"
GREY = "grey to RGB"
ON_WHITE = "alpha laid on white"
ORDERS = pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
PACKING = pytest.mark.parametrize("deflate", [False, True], ids=["uncompressed", "deflate"])

Values = NDArray[Any]


def pixels(picture: Picture) -> Values:
    return np.frombuffer(picture.rgb, np.uint8).reshape(picture.height, picture.width, 3).astype(np.int64)


def rounded(numerator: Values, denominator: int) -> Values:
    """To the nearest whole number, halves up, in whole numbers throughout."""
    return (2 * numerator.astype(object) + denominator) // (2 * denominator)


def by_257(samples: Values) -> Values:
    return rounded(samples, 257)


def on_white(colours: Values, alpha: Values) -> Values:
    return rounded(colours.astype(object) * alpha + 255 * (255 - alpha.astype(object)), 255)


def check(data: bytes, expected: Values, *done: str) -> None:
    picture = decode(data)
    assert picture.normalised == done
    shape = (picture.height, picture.width, 3)
    np.testing.assert_array_equal(pixels(picture), np.broadcast_to(expected, shape).astype(np.int64))
    assert picture.pixel_sha256 == sha256(picture.rgb).digest()


def bitmap_with_alpha(samples: Values) -> bytes:
    """A BMP with a version 4 header, which says by masks where alpha is."""
    height, width, _ = samples.shape
    body = samples[::-1, :, [2, 1, 0, 3]].tobytes()
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    head = struct.pack("<IiiHHIIiiII4I", 108, width, height, 1, 32, 3, len(body), 0, 0, 0, 0, *masks)
    return struct.pack("<2sIII", b"BM", 14 + 108 + len(body), 0, 14 + 108) + head.ljust(108, b"\0") + body


class TestEightBits:
    def test_rgb_goes_in_as_it_is_whatever_the_file(self) -> None:
        samples = field()
        image = Image.fromarray(samples)
        files = {
            "TIFF": tiff(samples),
            "PNG": png(samples, 2),
            "BMP": saved(image, "BMP"),
            "WEBP": saved(image, "WEBP", lossless=True),
        }
        for format, data in files.items():
            picture = decode(data)
            assert picture == Picture(8, 6, samples.tobytes(), sha256(samples.tobytes()).digest(), (), format)

    def test_a_jpeg_is_what_its_decoder_gives(self) -> None:
        data = saved(Image.fromarray(field()), "JPEG", quality=95)
        with Image.open(BytesIO(data)) as image:
            check(data, np.asarray(image))
        assert decode(data).format == "JPEG"

    @ORDERS
    @PACKING
    def test_a_tiff_may_lie_in_strips_or_planes(self, order: str, deflate: bool) -> None:
        samples = field(height=7)
        check(tiff(samples, order=order, deflate=deflate, rows_per_strip=3), samples)
        check(tiff(samples, order=order, deflate=deflate, planar=True), samples)

    @ORDERS
    @PACKING
    def test_grey_becomes_rgb_also_where_zero_is_white(self, order: str, deflate: bool) -> None:
        samples = field(channels=1)
        check(tiff(samples, photometric=1, order=order, deflate=deflate), samples, GREY)
        check(tiff(samples, photometric=0, order=order, deflate=deflate), 255 - samples, GREY)

    @pytest.mark.parametrize(
        ("bits", "done"),
        [(1, "1-bit scaled by 255"), (2, "2-bit scaled by 85"), (4, "4-bit scaled by 17")],
    )
    def test_fewer_bits_are_scaled_by_their_stated_maximum(self, bits: int, done: str) -> None:
        samples = field(channels=1) % 2**bits
        expected = samples.astype(np.int64) * 255 // (2**bits - 1)
        for deflate in (False, True):
            check(tiff(samples, photometric=1, bits=bits, deflate=deflate), expected, done, GREY)
            check(tiff(samples, photometric=0, bits=bits, deflate=deflate), 255 - expected, done, GREY)
        check(png(samples, 0, bits), expected, done, GREY)

    def test_a_bitmap_of_five_bits_a_channel_says_so(self) -> None:
        samples = (field() >> 3).astype(np.uint16)
        words = samples[..., 0] << 10 | samples[..., 1] << 5 | samples[..., 2]
        head = saved(Image.fromarray(field()), "BMP")[:54]
        data = head[:28] + (16).to_bytes(2, "little") + head[30:] + words[::-1].astype("<u2").tobytes()
        expected = samples.astype(np.int64) * 255 // 31
        check(data, expected, "5-bit colour scaled by its stated maximum")

    def test_signed_grey_is_scaled_by_the_maximum_found_and_nothing_is_below_black(self) -> None:
        samples = field(channels=1).view(np.int8)
        expected = rounded(samples.clip(0).astype(object) * 255, int(samples.max()))
        done = ("signed 8-bit scaled by its found maximum", "negative samples set to 0", GREY)
        check(tiff(samples, photometric=1, sample_format=2), expected, *done)


class TestSixteenBits:
    @given(st.lists(st.integers(0, 65535), min_size=1, max_size=40))
    def test_a_sample_is_scaled_by_257_and_rounded(self, values: list[int]) -> None:
        samples = np.array(values, np.uint16).reshape(1, -1, 1)
        picture = decode(tiff(samples, photometric=1))
        assert list(picture.rgb[::3]) == [int(Fraction(value, 257) + Fraction(1, 2)) for value in values]

    @ORDERS
    @PACKING
    def test_grey_is_scaled_not_clipped(self, order: str, deflate: bool) -> None:
        samples = field(channels=1, dtype=np.uint16)
        check(tiff(samples, photometric=1, order=order, deflate=deflate), by_257(samples), SIXTEEN, GREY)

    @PACKING
    def test_grey_where_zero_is_white_is_turned_round(self, deflate: bool) -> None:
        samples = field(channels=1, dtype=np.uint16)
        check(tiff(samples, photometric=0, deflate=deflate), by_257(65535 - samples), SIXTEEN, GREY)

    @ORDERS
    @PACKING
    def test_colour_keeps_both_bytes(self, order: str, deflate: bool) -> None:
        samples = field(dtype=np.uint16)
        check(tiff(samples, order=order, deflate=deflate), by_257(samples), SIXTEEN)

    @ORDERS
    def test_colour_may_lie_in_planes(self, order: str) -> None:
        samples = field(dtype=np.uint16)
        check(tiff(samples, order=order, planar=True), by_257(samples), SIXTEEN)

    def test_a_png_has_grey_colour_and_alpha(self) -> None:
        grey, both = field(channels=1, dtype=np.uint16), field(channels=2, dtype=np.uint16)
        colour, four = field(dtype=np.uint16), field(channels=4, dtype=np.uint16)
        check(png(grey, 0, 16), by_257(grey), SIXTEEN, GREY)
        check(png(colour, 2, 16), by_257(colour), SIXTEEN)
        eight = by_257(both)
        check(png(both, 4, 16), on_white(eight[..., :1], eight[..., 1:]), SIXTEEN, GREY, ON_WHITE)
        eight = by_257(four)
        check(png(four, 6, 16), on_white(eight[..., :3], eight[..., 3:]), SIXTEEN, ON_WHITE)

    @ORDERS
    @PACKING
    def test_cmyk_is_scaled_before_it_becomes_rgb(self, order: str, deflate: bool) -> None:
        samples = field(channels=4, dtype=np.uint16)
        eight = by_257(samples).astype(np.uint8)
        expected = pixels(decode(tiff(eight, photometric=5)))
        data = tiff(samples, photometric=5, order=order, deflate=deflate)
        check(data, expected, SIXTEEN, "CMYK to RGB")

    @PACKING
    def test_twelve_bits_are_scaled_by_their_stated_maximum(self, deflate: bool) -> None:
        samples = field(channels=1, dtype=np.uint16) % 4096
        expected = rounded(samples.astype(object) * 255, 4095)
        data = tiff(samples, photometric=1, bits=12, deflate=deflate)
        check(data, expected, "12-bit scaled by its stated maximum", GREY)


class TestOtherRanges:
    @PACKING
    @ORDERS
    def test_floats_are_scaled_by_the_maximum_found(self, order: str, deflate: bool) -> None:
        samples = (field(channels=1, dtype=np.uint16) / 60000).astype(np.float32)
        expected = np.floor(samples.astype(np.float64) * 255 / float(samples.max()) + 0.5)
        data = tiff(samples, photometric=1, sample_format=3, order=order, deflate=deflate)
        check(data, expected, "floating-point scaled by its found maximum", GREY)

    def test_or_by_the_maximum_that_the_file_states(self) -> None:
        samples = np.linspace(0, 0.5, 12, dtype=np.float32).reshape(3, 4, 1)
        expected = np.floor(samples.astype(np.float64) * 255 + 0.5)
        data = tiff(samples, photometric=1, sample_format=3, tags={341: (11, (1.0,))})
        check(data, expected, "floating-point scaled by its stated maximum", GREY)

    @PACKING
    @ORDERS
    def test_signed_sixteen_bits(self, order: str, deflate: bool) -> None:
        samples = field(channels=1, dtype=np.uint16).view(np.int16)
        expected = rounded(samples.clip(0).astype(object) * 255, int(samples.max()))
        data = tiff(samples, photometric=1, sample_format=2, order=order, deflate=deflate)
        done = "signed 16-bit scaled by its found maximum"
        check(data, expected, done, "negative samples set to 0", GREY)

    @PACKING
    @ORDERS
    def test_signed_thirty_two_bits(self, order: str, deflate: bool) -> None:
        samples = field(channels=1, dtype=np.uint32).view(np.int32)
        expected = rounded(samples.clip(0).astype(object) * 255, int(samples.max()))
        data = tiff(samples, photometric=1, sample_format=2, order=order, deflate=deflate)
        done = "signed 32-bit scaled by its found maximum"
        check(data, expected, done, "negative samples set to 0", GREY)

    @PACKING
    def test_unsigned_thirty_two_bits_are_not_taken_for_signed(self, deflate: bool) -> None:
        samples = field(channels=1, dtype=np.uint32)
        expected = rounded(samples.astype(object) * 255, int(samples.max()))
        data = tiff(samples, photometric=1, deflate=deflate)
        check(data, expected, "32-bit scaled by its found maximum", GREY)

    def test_a_picture_without_anything_above_zero_is_black(self) -> None:
        samples = np.zeros((2, 2, 1), np.float32)
        data = tiff(samples, photometric=1, sample_format=3)
        check(data, np.zeros((2, 2, 3)), "floating-point scaled by its found maximum", GREY)

    def test_samples_that_are_no_numbers_are_refused(self) -> None:
        for wrong in (np.nan, np.inf):
            data = tiff(np.full((2, 2, 1), wrong, np.float32), photometric=1, sample_format=3)
            with pytest.raises(BrokenPicture, match="aren't numbers"):
                decode(data)


class TestAlpha:
    def test_every_colour_under_every_alpha_is_laid_on_white_exactly(self) -> None:
        colours, alphas = np.meshgrid(np.arange(256), np.arange(256))
        samples = np.dstack([colours, 255 - colours, colours, alphas]).astype(np.uint8)
        check(png(samples, 6), on_white(samples[..., :3], samples[..., 3:]), ON_WHITE)

    def test_in_every_format_that_has_it(self) -> None:
        samples = field(channels=4)
        expected = on_white(samples[..., :3], samples[..., 3:])
        for data in (
            tiff(samples, extra=(2,)),
            tiff(samples, extra=(2,), deflate=True),
            tiff(samples, extra=(2,), planar=True),
            png(samples, 6),
            saved(Image.fromarray(samples), "WEBP", lossless=True, exact=True),
            bitmap_with_alpha(samples),
        ):
            check(data, expected, ON_WHITE)

    def test_the_fourth_byte_of_a_bitmap_without_masks_means_nothing(self) -> None:
        samples = field(channels=4)
        check(saved(Image.fromarray(samples), "BMP"), samples[..., :3])

    def test_with_grey(self) -> None:
        samples = field(channels=2)
        expected = on_white(samples[..., :1], samples[..., 1:])
        check(png(samples, 4), expected, GREY, ON_WHITE)
        check(tiff(samples, photometric=1, extra=(2,)), expected, GREY, ON_WHITE)

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    @PACKING
    def test_multiplied_alpha_is_laid_on_white_without_dividing_first(self, dtype: type[Any], deflate: bool) -> None:
        samples = field(channels=4, dtype=dtype)
        eight = samples.astype(object) if dtype is np.uint8 else by_257(samples)
        expected = np.minimum(255, eight[..., :3] + 255 - eight[..., 3:])
        done = (ON_WHITE,) if dtype is np.uint8 else (SIXTEEN, ON_WHITE)
        check(tiff(samples, extra=(1,), deflate=deflate), expected, *done)

    def test_multiplied_alpha_with_grey(self) -> None:
        samples = field(channels=2)
        expected = np.minimum(255, samples[..., :1].astype(object) + 255 - samples[..., 1:])
        check(tiff(samples, photometric=1, extra=(1,)), expected, GREY, ON_WHITE)

    def test_alpha_that_hides_nothing_is_dropped(self) -> None:
        samples = field(channels=4)
        samples[..., 3] = 255
        check(png(samples, 6), samples[..., :3], "opaque alpha dropped")

    def test_a_channel_of_no_stated_meaning_is_dropped(self) -> None:
        for dtype, done in ((np.uint8, ()), (np.uint16, (SIXTEEN,))):
            samples = field(channels=4, dtype=dtype)
            colours = samples[..., :3] if dtype is np.uint8 else by_257(samples[..., :3])
            check(tiff(samples, extra=(0,)), colours, "unspecified channel dropped", *done)

    @pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
    def test_the_grey_that_a_png_names_is_transparent(self, depth: int) -> None:
        samples = field(channels=1, dtype=np.uint16 if depth == 16 else np.uint8)
        samples &= 2**depth - 1
        samples[0, 1] = samples[1, 0] = key = int(samples[2, 3, 0])
        full = 2**depth - 1
        expected = rounded(samples.astype(object) * 255, full)
        expected = np.where(samples == key, 255, expected)
        picture = decode(png(samples, 0, depth, transparent=key.to_bytes(2, "big")))
        assert picture.normalised[-2:] == (GREY, ON_WHITE)
        np.testing.assert_array_equal(pixels(picture), np.broadcast_to(expected, (6, 8, 3)).astype(np.int64))

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_the_colour_that_a_png_names_is_transparent(self, dtype: type[Any]) -> None:
        samples = field(dtype=dtype)
        samples[0, 1] = samples[2, 3]
        key = b"".join(int(value).to_bytes(2, "big") for value in samples[2, 3])
        hidden = (samples == samples[2, 3]).all(axis=2, keepdims=True)
        eight = samples.astype(object) if dtype is np.uint8 else by_257(samples)
        depth = 8 * samples.itemsize
        done = (ON_WHITE,) if depth == 8 else (SIXTEEN, ON_WHITE)
        check(png(samples, 2, depth, transparent=key), np.where(hidden, 255, eight), *done)

    def test_sixteen_bit_colours_that_differ_in_the_low_byte_only_are_not_transparent(self) -> None:
        samples = np.array([[[0x1234] * 3, [0x1235] * 3]], np.uint16)
        picture = decode(png(samples, 2, 16, transparent=b"\x12\x34" * 3))
        assert picture.rgb == bytes([255] * 3 + [0x12] * 3)


class TestPalettes:
    COLOURS = np.array([[0, 0, 0], [255, 0, 0], [7, 90, 200], [255, 255, 255]])

    def test_a_palette_becomes_rgb(self) -> None:
        samples = field(channels=1) % 4
        expected = self.COLOURS[samples[..., 0]]
        palette = self.COLOURS.astype(np.uint8).tobytes()
        for depth in (2, 4, 8):
            check(png(samples, 3, depth, palette=palette), expected, "palette to RGB")
        colour_map = np.zeros((3, 256), np.uint16)
        colour_map[:, :4] = self.COLOURS.T * 257
        entries = {320: (3, tuple(colour_map.ravel().tolist()))}
        for deflate in (False, True):
            check(tiff(samples, photometric=3, tags=entries, deflate=deflate), expected, "palette to RGB")
        image = Image.fromarray(samples[..., 0], "L")
        image.putpalette(palette)
        check(saved(image, "BMP"), expected, "palette to RGB")

    @pytest.mark.parametrize("alphas", [[0], [255, 0], [10, 200, 255, 0]])
    def test_its_entries_may_be_transparent(self, alphas: list[int]) -> None:
        samples = field(channels=1) % 4
        alpha = np.array(alphas + [255] * (4 - len(alphas)))[samples]
        data = png(samples, 3, palette=self.COLOURS.astype(np.uint8).tobytes(), transparent=bytes(alphas))
        check(data, on_white(self.COLOURS[samples[..., 0]], alpha), "palette to RGB", ON_WHITE)

    def test_it_may_stand_beside_alpha(self) -> None:
        samples = np.dstack([field(channels=1) % 4, field(channels=1, seed=2)])
        colour_map = np.zeros((3, 256), np.uint16)
        colour_map[:, :4] = self.COLOURS.T * 257
        entries = {320: (3, tuple(colour_map.ravel().tolist()))}
        expected = on_white(self.COLOURS[samples[..., 0]], samples[..., 1:])
        data = tiff(samples, photometric=3, extra=(2,), tags=entries)
        check(data, expected, "palette to RGB", ON_WHITE)


class TestColourSpaces:
    def test_cmyk(self) -> None:
        samples = np.array([[[0, 0, 0, 0], [255, 0, 0, 0], [0, 0, 0, 255], [0, 255, 255, 128]]], np.uint8)
        expected = np.array([[[255, 255, 255], [0, 255, 255], [0, 0, 0], [127, 0, 0]]])
        for data in (tiff(samples, photometric=5), tiff(samples, photometric=5, planar=True)):
            check(data, expected, "CMYK to RGB")

    def test_cmyk_that_adobe_stores_inverted(self) -> None:
        paper = Image.new("CMYK", (8, 8), (0, 0, 0, 0))
        data = saved(paper, "JPEG", quality=100)
        assert b"Adobe" in data
        check(data, np.full((8, 8, 3), 255), "CMYK to RGB")

    def test_ycbcr(self) -> None:
        samples = np.array([[[128, 128, 128], [255, 128, 128], [76, 85, 255]]], np.uint8)
        picture = decode(tiff(samples, photometric=6, tags={530: (3, (1, 1))}))
        assert picture.normalised == ("YCbCr to RGB",)
        near = np.array([[[128, 128, 128], [255, 255, 255], [254, 0, 0]]])
        assert abs(pixels(picture) - near).max() <= 1

    def test_cielab(self) -> None:
        samples = np.array([[[0, 0, 0], [255, 0, 0]]], np.uint8)
        picture = decode(tiff(samples, photometric=8))
        assert picture.normalised == ("CIELab to RGB",)
        assert abs(pixels(picture) - np.array([[[0] * 3, [255] * 3]])).max() <= 1

    def test_a_colour_profile_changes_no_pixel_and_is_noted(self) -> None:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        samples = field()
        image = Image.fromarray(samples)
        for format in ("TIFF", "PNG"):
            check(saved(image, format, icc_profile=profile), samples, "ICC profile not applied")


class TestOrientation:
    UPRIGHT = field()
    # How the upright picture is stored, by the orientation that leads back to it.
    STORED = (
        (1, UPRIGHT),
        (2, UPRIGHT[:, ::-1]),
        (3, UPRIGHT[::-1, ::-1]),
        (4, UPRIGHT[::-1]),
        (5, UPRIGHT.transpose(1, 0, 2)),
        (6, UPRIGHT.transpose(1, 0, 2)[::-1]),
        (7, UPRIGHT.transpose(1, 0, 2)[::-1, ::-1]),
        (8, UPRIGHT.transpose(1, 0, 2)[:, ::-1]),
    )

    @pytest.mark.parametrize(("orientation", "stored"), STORED)
    @PACKING
    def test_of_a_tiff_is_applied(self, orientation: int, stored: Values, deflate: bool) -> None:
        done = ("EXIF orientation applied",) if orientation > 1 else ()
        data = tiff(np.ascontiguousarray(stored), tags={274: (3, (orientation,))}, deflate=deflate)
        check(data, self.UPRIGHT, *done)

    @pytest.mark.parametrize(("orientation", "stored"), STORED)
    @pytest.mark.parametrize("format", ["PNG", "WEBP"])
    def test_of_exif_is_applied(self, orientation: int, stored: Values, format: str) -> None:
        exif = Image.Exif()
        exif[274] = orientation
        image = Image.fromarray(np.ascontiguousarray(stored))
        done = ("EXIF orientation applied",) if orientation > 1 else ()
        check(saved(image, format, exif=exif, lossless=True), self.UPRIGHT, *done)

    def test_of_a_jpeg_is_applied(self) -> None:
        exif = Image.Exif()
        exif[274] = 6
        image = Image.new("RGB", (16, 8), "red")
        picture = decode(saved(image, "JPEG", exif=exif))
        assert (picture.width, picture.height) == (8, 16)
        assert picture.normalised == ("EXIF orientation applied",)

    def test_is_found_after_the_pixels_of_a_png(self) -> None:
        exif = Image.Exif()
        exif[274] = 3
        samples = field(dtype=np.uint16)
        data = png(samples, 2, 16, after=[chunk(b"eXIf", exif.tobytes()[6:])])
        check(data, by_257(samples[::-1, ::-1]), SIXTEEN, "EXIF orientation applied")

    def test_of_deep_colour_is_applied(self) -> None:
        samples = field(dtype=np.uint16)
        data = tiff(samples, tags={274: (3, (3,))})
        check(data, by_257(samples[::-1, ::-1]), SIXTEEN, "EXIF orientation applied")

    def test_exif_that_cannot_be_read_changes_nothing(self) -> None:
        samples = field()
        data = png(samples, 2, before=[chunk(b"eXIf", b"MM\x00\x2anonsense")])
        check(data, samples)


class TestRefusedLayouts:
    @pytest.mark.parametrize(
        ("samples", "options"),
        [
            (field(dtype=np.uint16), {"planar": True, "deflate": True}),
            (field(channels=4, dtype=np.uint16), {"planar": True, "photometric": 5}),
            (field(channels=4), {"planar": True, "extra": (1,)}),
            (field(channels=2), {"planar": True, "extra": (2,), "photometric": 1, "deflate": True}),
            (field(dtype=np.uint32), {}),
            (field().astype(np.float32), {"sample_format": 3}),
            (field(channels=1).astype(np.float32), {"photometric": 0, "sample_format": 3}),
            (field(channels=5), {"extra": (0, 0), "photometric": 1}),
        ],
    )
    def test_what_would_come_out_wrong_is_refused(self, samples: Values, options: dict[str, Any]) -> None:
        with pytest.raises(BrokenPicture):
            decode(tiff(samples, **options))


def test_nothing_that_pillow_warns_of_gets_out() -> None:
    broken_metadata = tiff(field(), deflate=True, tags={305: (4, (1, 2, 3)), 700: (3, (1,))})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        decode(broken_metadata)
        decode(saved(Image.fromarray(field()), "PNG"))
    assert not caught


def test_pillow_is_not_told_to_put_up_with_truncated_files() -> None:
    decode(png(field(), 2))
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False
