"""From a file's bytes to the picture that identifies a cell: 8-bit RGB, and its digest.

A picture is told by its content, never by its name, and refused by exception, each with its reason. What
isn't 8-bit RGB is normalised in the same way for ever, because the digest of the result is a cell's identity;
`docs/reference/pictures.md` says how for people. Everything here is safe to call from several threads at
once, and nearly all of the time is spent without the interpreter's lock.
"""

from dataclasses import dataclass
from hashlib import sha256

from app.images import tiff
from app.images.errors import EmptyFile, FileTooLarge
from app.images.formats import MAX_BYTES, MAX_PIXELS, check_container, check_size, format_of

__all__ = ["MAX_BYTES", "MAX_PIXELS", "Picture", "check_length", "decode"]


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture.

    `rgb` has `3 * width * height` bytes, row by row from the top; `pixel_sha256` is their SHA-256 (32 bytes).
    `normalised` says in fixed words what had to be done to get there, and is empty for 8-bit RGB. `format` is
    the file's: `TIFF`, `PNG`, `JPEG`, `WEBP` or `BMP`.
    """

    width: int
    height: int
    rgb: bytes
    pixel_sha256: bytes
    normalised: tuple[str, ...]
    format: str


def check_length(length: int) -> None:
    """Refuses a file by its length alone, so that it needn't be read first."""
    if length == 0:
        raise EmptyFile
    if length > MAX_BYTES:
        raise FileTooLarge


def decode(data: bytes) -> Picture:
    """The picture in a file's bytes; a `PictureRefused` where there is none that can be used."""
    check_length(len(data))
    format = format_of(data)
    plain = tiff.plain_pixels(data) if format == "TIFF" else None
    if plain:
        width, height, rgb = plain
        check_size(width, height)
        return Picture(width, height, rgb, sha256(rgb).digest(), (), format)
    check_container(data, format)
    # Loads Pillow, which most commands and the start of a server can do without.
    from app.images.normalise import normalise

    width, height, rgb, done = normalise(data, format)
    return Picture(width, height, rgb, sha256(rgb).digest(), done, format)
