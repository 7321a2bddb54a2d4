"""From whatever Pillow can open to 8-bit RGB, exactly and in one way only.

Pillow's own `convert("RGB")` won't do for evidence: it clips 16-bit grey to white, drops alpha silently,
keeps only the high byte of 16-bit colour and doesn't turn 16-bit white-is-zero round. What is done instead,
in this order:

1. 16-bit samples v become round(v / 257); other ranges become round(255 v / max), where max is what the
   number of bits says, or the file's maximum-sample tag, or else the largest value found. Negative values
   become 0.
2. Palettes, grey, CMYK, YCbCr and CIELab become RGB. A colour that a PNG names as transparent becomes alpha
   0, and is compared before any scaling.
3. Alpha is laid on white: round((c a + 255 (255 - a)) / 255), and c + 255 - a where c was stored multiplied
   by alpha.
4. The EXIF orientation is applied, which for a TIFF is its own tag.

Colour profiles are left alone, so that a picture's digest needs no colour engine; one that is there is noted.
"""

import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

# The plugins are named so that Pillow doesn't go and load all of its own, for formats that aren't accepted
# here.
from PIL import (
    BmpImagePlugin,
    Image,
    ImageChops,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from app.images import tiff
from app.images.errors import BrokenPicture, PictureRefused, SeveralPictures, TooManyPixels, TruncatedPicture
from app.images.formats import check_size, is_cut_off

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PLUGINS = (BmpImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_GREY_DEPTHS = {"1": 1, "L;2": 2, "L;4": 4}
_FEW_BITS = {
    "1": "1-bit scaled by 255",
    "L;2": "2-bit scaled by 85",
    "L;4": "4-bit scaled by 17",
    "BGR;15": "5-bit colour scaled by its stated maximum",
    "BGR;16": "5-bit and 6-bit colour scaled by their stated maximum",
}
_SIXTEEN_BIT = "16-bit scaled by 257"
_IN_COLOUR = {
    "1": "grey to RGB",
    "L": "grey to RGB",
    "LA": "grey to RGB",
    "La": "grey to RGB",
    "P": "palette to RGB",
    "PA": "palette to RGB",
    "CMYK": "CMYK to RGB",
    "YCbCr": "YCbCr to RGB",
    "LAB": "CIELab to RGB",
}
_DEEP_COLOUR = re.compile(r"(LA|RGB|RGBA|RGBX|RGBa|CMYK);16[BLN]")
_FILE_ORDER = re.compile(r"(;16|;32)[BN]?([SF]?)$")
_OTHER_BYTE = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
_PILLOW = r"PIL\."
_PILLOW_IGNORED = ("ignore", None, Warning, re.compile(_PILLOW), 0)


def normalise(data: bytes, format: str) -> tuple[int, int, bytes, tuple[str, ...]]:
    """Width, height, RGB bytes, and what was done; a `PictureRefused` where that isn't possible."""
    done: list[str] = []
    with _failures_as_refusals(data, format):
        picture = _open(data, format)
        if getattr(picture, "is_animated", False):
            raise SeveralPictures
        # Pillow turns a TIFF while loading it, and learns how a PNG is to be turned only then.
        turn = _orientation(picture) if format == "TIFF" else 1
        rgb = _on_white(_in_colour(_in_eight_bits(picture, data, format, done), done), done)
        if format != "TIFF":
            turn = _orientation(picture)
            rgb = rgb.transpose(_TURNS[turn]) if turn in _TURNS else rgb
        if turn in _TURNS:
            done.append("EXIF orientation applied")
        if picture.info.get("icc_profile"):
            done.append("ICC profile not applied")
        return rgb.width, rgb.height, rgb.tobytes(), tuple(done)


@contextmanager
def _failures_as_refusals(data: bytes, format: str) -> Iterator[None]:
    """Pillow raises nearly anything over a damaged file, and says in words alone that one is cut off."""
    if _PILLOW_IGNORED not in warnings.filters:
        # Its warnings are of what is refused or noted here anyhow. A filter that stays is safe with threads,
        # which `catch_warnings` isn't.
        warnings.filterwarnings("ignore", module=_PILLOW)
    try:
        yield
    except PictureRefused:
        raise
    except Image.DecompressionBombError as error:
        raise TooManyPixels from error
    except Exception as error:
        cut_off = "truncated" in str(error).lower() or is_cut_off(data, format)
        raise (TruncatedPicture if cut_off else BrokenPicture)() from error


def _open(data: bytes, format: str) -> ImageFile.ImageFile:
    picture = Image.open(BytesIO(data), formats=(format,))
    check_size(*picture.size)
    return picture


def _orientation(picture: Image.Image) -> int:
    try:
        if isinstance(picture, TiffImagePlugin.TiffImageFile) and "xmp" not in picture.info:
            return int(_tag(picture, tiff.ORIENTATION, 1))
        return int(picture.getexif().get(tiff.ORIENTATION, 1))
    except Exception:
        # EXIF that can't be read says nothing, and is no reason to refuse the pixels.
        return 1


def _tag(picture: Image.Image, tag: int, missing: Any) -> Any:
    """The value of a TIFF's tag; `missing` for other formats."""
    return picture.tag_v2.get(tag, missing) if isinstance(picture, TiffImagePlugin.TiffImageFile) else missing


def _raw_mode(picture: ImageFile.ImageFile) -> str:
    """How Pillow is going to read the samples, such as `RGB;16B`; known only before it has. WebP has none."""
    if not picture.tile:
        return ""
    args = picture.tile[0].args
    return str(args[0] if isinstance(args, tuple) and args else args)


def _load_as(picture: ImageFile.ImageFile, renamed: Callable[[str], str]) -> Image.Image:
    """Reads the samples in another way than Pillow would."""
    picture.tile = [
        tile._replace(
            args=(renamed(tile.args[0]), *tile.args[1:]) if isinstance(tile.args, tuple) else renamed(str(tile.args))
        )
        for tile in picture.tile
    ]
    picture.load()
    return picture


# Step 1: eight bits a sample. What comes out has one of Pillow's 8-bit modes.


def _in_eight_bits(picture: ImageFile.ImageFile, data: bytes, format: str, done: list[str]) -> Image.Image:
    raw = _raw_mode(picture)
    if format == "TIFF":
        if 0 in _tag(picture, tiff.EXTRA_SAMPLES, ()):
            done.append("unspecified channel dropped")
        if _tag(picture, tiff.PLANAR_CONFIGURATION, 1) == 2 and len(picture.getbands()) > 1:
            return _from_planes(picture, data, done)
    if format in ("TIFF", "PNG") and _DEEP_COLOUR.fullmatch(raw):
        done.append(_SIXTEEN_BIT)
        return _from_deep_colour(picture, data, raw)
    if picture.mode == "RGBA" and raw.startswith("RGBa"):
        return _premultiplied(_load_as(picture, lambda name: name.replace("RGBa", "RGBA")))
    if format == "TIFF" and picture.mode in ("I", "F") and picture.tile[0].codec_name == "libtiff":
        # libtiff has put the bytes in this machine's order, and Pillow still goes by the file's.
        _load_as(picture, lambda name: _FILE_ORDER.sub(r"\1N\2", name))
    picture.load()
    if picture.mode.startswith("I;16"):
        return _from_deep_grey(picture, raw, done)
    if picture.mode in ("I", "F") or _tag(picture, tiff.SAMPLE_FORMAT, (1,))[0] == 2:
        return _from_found_range(picture, done)
    few = raw.rstrip("IR").rstrip(";")
    if few in _FEW_BITS:
        done.append(_FEW_BITS[few])
    if picture.mode == "L" and "transparency" in picture.info:
        depth = _GREY_DEPTHS.get(few, 8)
        picture.info["transparency"] = (picture.info["transparency"] % 2**depth) * 255 // (2**depth - 1)
    elif picture.mode == "RGB" and "transparency" in picture.info:
        picture.info["transparency"] = tuple(value % 256 for value in picture.info["transparency"])
    return picture


def _from_planes(picture: ImageFile.ImageFile, data: bytes, done: list[str]) -> Image.Image:
    """A TIFF with a plane for each channel, of which Pillow reads only some rightly."""
    compressed = picture.tile[0].codec_name != "raw"
    deep = max(_tag(picture, tiff.BITS_PER_SAMPLE, (8,))) > 8
    known = _tag(picture, tiff.PHOTOMETRIC, 2) in (2, 5) and 1 not in _tag(picture, tiff.EXTRA_SAMPLES, ())
    if not known or (deep and (compressed or picture.mode == "CMYK")):
        raise BrokenPicture("Its channels lie in separate planes, in a way that isn't supported. Save them together.")
    if not deep:
        picture.load()
        return picture
    done.append(_SIXTEEN_BIT)
    high, low = "LB" if data[:2] == b"II" else "BL"
    return _joined(
        _load_as(picture, lambda band: f"{band};16{high}"),
        _load_as(_open(data, "TIFF"), lambda band: f"{band};16{low}"),
        picture.mode,
        None,
    )


def _from_deep_colour(picture: ImageFile.ImageFile, data: bytes, raw: str) -> Image.Image:
    """16-bit colour, of which Pillow keeps one byte a sample: it is read twice, once for each."""
    if raw.startswith("LA"):
        # Read as if it were RGBA: grey's high and low byte, then alpha's.
        grey_high, grey_low, alpha_high, alpha_low = _load_as(picture, lambda _: "RGBA").split()
        return _joined(Image.merge("LA", (grey_high, alpha_high)), Image.merge("LA", (grey_low, alpha_low)), "LA", None)
    high = raw.replace("RGBa", "RGBA")
    low = high[:-1] + _OTHER_BYTE[high[-1]]
    image = _joined(
        _load_as(picture, lambda _: high),
        _load_as(_open(data, picture.format or ""), lambda _: low),
        picture.mode,
        picture.info.get("transparency"),
    )
    return _premultiplied(image) if raw.startswith("RGBa") else image


def _joined(high: Image.Image, low: Image.Image, mode: str, transparent: tuple[int, ...] | None) -> Image.Image:
    import numpy as np

    samples = np.asarray(high).astype(np.uint16) << 8 | np.asarray(low)
    image = Image.frombytes(mode, high.size, _scaled(samples, 65535).tobytes())
    if transparent is None:
        return image
    return _with_alpha(image, (samples != np.array(transparent, np.uint16)).any(axis=2))


def _from_deep_grey(picture: Image.Image, raw: str, done: list[str]) -> Image.Image:
    import numpy as np

    samples = np.asarray(picture).astype(np.uint16)
    most = 4095 if raw == "I;12" else 65535
    done.append("12-bit scaled by its stated maximum" if raw == "I;12" else _SIXTEEN_BIT)
    # Of 8 bits Pillow turns white-is-zero round itself.
    shown = most - samples if _tag(picture, tiff.PHOTOMETRIC, 1) == 0 else samples
    eight = _scaled(shown, most)
    image = Image.frombytes("L", picture.size, eight.tobytes())
    transparent = picture.info.get("transparency")
    return image if transparent is None else _with_alpha(image, samples != transparent)


def _from_found_range(picture: Image.Image, done: list[str]) -> Image.Image:
    """Grey whose type doesn't say how white white is: signed, 32-bit and floating-point samples."""
    import numpy as np

    samples = np.asarray(picture)
    bits = max(_tag(picture, tiff.BITS_PER_SAMPLE, (32,)))
    signed = _tag(picture, tiff.SAMPLE_FORMAT, (1,))[0] == 2
    if picture.mode == "F":
        kind = "floating-point"
        if _tag(picture, tiff.PHOTOMETRIC, 1) == 0:
            raise BrokenPicture(
                "Floating-point samples of which 0 is white aren't supported. Save the TIFF with 0 as black."
            )
        if not np.isfinite(samples).all():
            raise BrokenPicture("The picture has samples that aren't numbers.")
        values: NDArray[Any] = samples.astype(np.float64)
    elif picture.mode == "I":
        kind = f"signed {bits}-bit" if signed else f"{bits}-bit"
        values = (samples if signed else samples.view(np.uint32)).astype(np.int64)
    else:
        kind = "signed 8-bit"
        values = samples.view(np.int8).astype(np.int64)
    stated = _tag(picture, tiff.S_MAX_SAMPLE_VALUE, None) or _tag(picture, tiff.MAX_SAMPLE_VALUE, None)
    stated = stated[0] if isinstance(stated, tuple) else stated
    most = stated if stated and stated > 0 else values.max()
    done.append(f"{kind} scaled by its {'stated' if most is stated else 'found'} maximum")
    if values.min() < 0:
        done.append("negative samples set to 0")
    eight = _scaled(values.clip(0, max(most, 0)), most) if most > 0 else np.zeros(values.shape, np.uint8)
    return Image.frombytes("L", picture.size, eight.tobytes())


def _scaled(samples: "NDArray[Any]", most: Any) -> "NDArray[np.uint8]":
    """round(255 v / most), halves up; for 16 bits, where most is 65535, that is round(v / 257)."""
    import numpy as np

    if samples.dtype == np.uint16:
        every = _scaled(np.arange(int(most) + 1, dtype=np.int64), most)
        return every.take(samples)
    if samples.dtype.kind == "f":
        return np.floor(samples * 255 / float(most) + 0.5).astype(np.uint8)
    return ((samples * 510 + int(most)) // (2 * int(most))).astype(np.uint8)


def _with_alpha(image: Image.Image, opaque: "NDArray[np.bool_]") -> Image.Image:
    alpha = Image.frombytes("L", image.size, (opaque * 255).astype("u1").tobytes())
    return Image.merge("LA" if image.mode == "L" else "RGBA", (*image.split(), alpha))


def _premultiplied(image: Image.Image) -> Image.Image:
    return Image.merge("RGBa", image.split())


# Step 2: RGB, RGBA or RGBa.


def _in_colour(image: Image.Image, done: list[str]) -> Image.Image:
    if image.mode in _IN_COLOUR:
        done.append(_IN_COLOUR[image.mode])
    if image.mode == "La":
        grey, alpha = image.split()
        return Image.merge("RGBa", (grey, grey, grey, alpha))
    if image.mode in ("LA", "PA") or (image.mode in ("1", "L", "P", "RGB") and "transparency" in image.info):
        return image.convert("RGBA")
    if image.mode in _IN_COLOUR:
        return image.convert("RGB")
    if image.mode not in ("RGB", "RGBA", "RGBa"):
        raise BrokenPicture
    return image


# Step 3: RGB.


def _on_white(image: Image.Image, done: list[str]) -> Image.Image:
    if image.mode == "RGB":
        return image
    *colours, alpha = image.split()
    rgb = Image.merge("RGB", colours)
    if alpha.getextrema() == (255, 255):
        done.append("opaque alpha dropped")
        return rgb
    done.append("alpha laid on white")
    if image.mode == "RGBa":
        return ImageChops.add(rgb, Image.merge("RGB", (ImageChops.invert(alpha),) * 3))
    white = Image.new("RGB", image.size, "white")
    # Pillow's blend is exact here: it rounds (c a + 255 (255 - a)) / 255 to the nearest.
    white.paste(rgb, mask=alpha)
    return white
