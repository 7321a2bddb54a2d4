"""The renditions of pictures: made once, from an original that still is what it was."""

from collections.abc import Callable

from app.images.decode import Picture, decode
from app.images.errors import AlteredOriginal, BlobNotFound, PictureRefused
from app.images.store import BlobStore, Size, rendition_key

__all__ = ["RENDITION_MEDIA_TYPE", "Size", "keep_renditions", "rendition", "rendition_at_hand"]

RENDITION_MEDIA_TYPE = "image/webp"


def rendition(
    store: BlobStore,
    pixel_sha256: bytes,
    width: int,
    height: int,
    size: Size,
    load_original: Callable[[], bytes],
    transform: int | None = None,
) -> bytes:
    """The bytes of a picture's rendition, from the store or, the first time, made from the original.

    A turned or mirrored one is made from the lossless rendition, and stored as the others are.

    Raises `AlteredOriginal` where the original no longer decodes to these very pixels, and whatever
    `load_original` raises. Two callers at once make it twice and store the same bytes.
    """
    try:
        return store.get(rendition_key(pixel_sha256, width, height, size, transform))
    except BlobNotFound:
        pass
    if transform is not None:
        lossless = rendition(store, pixel_sha256, width, height, Size.DISPLAY, load_original)
        return keep_transformed(store, pixel_sha256, width, height, lossless, transform)[size]
    try:
        picture = decode(load_original())
    except PictureRefused as error:
        raise AlteredOriginal from error
    if (picture.pixel_sha256, picture.width, picture.height) != (pixel_sha256, width, height):
        raise AlteredOriginal
    return keep_renditions(store, picture)[size]


def rendition_at_hand(
    store: BlobStore, pixel_sha256: bytes, width: int, height: int, size: Size, transform: int | None = None
) -> bytes | None:
    """The bytes of a rendition that was made before and that the system has in memory, else None; it never waits."""
    return store.at_hand(rendition_key(pixel_sha256, width, height, size, transform))


def keep_renditions(store: BlobStore, picture: Picture) -> dict[Size, bytes]:
    """Renders a picture in every size and stores the results."""
    # Loads Pillow, which a server that finds all its renditions stored never needs.
    from app.images.render import display, thumbnail

    made = {Size.DISPLAY: display(picture), Size.THUMBNAIL: thumbnail(picture)}
    for size, data in made.items():
        store.put(rendition_key(picture.pixel_sha256, picture.width, picture.height, size), data)
    return made


def keep_transformed(
    store: BlobStore, pixel_sha256: bytes, width: int, height: int, lossless: bytes, transform: int
) -> dict[Size, bytes]:
    """Lays a picture another way, renders it in every size and stores the results under the picture as it is."""
    from app.images.render import display, thumbnail, transformed

    laid = transformed(lossless, transform)
    made = {Size.DISPLAY: display(laid), Size.THUMBNAIL: thumbnail(laid)}
    for size, data in made.items():
        store.put(rendition_key(pixel_sha256, width, height, size, transform), data)
    return made
