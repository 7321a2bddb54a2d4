"""The files that cells came from, as they were: read where they lie, and only believed when their digest is the
recorded one."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from app.catalogue.errors import OriginalUnavailable
from app.catalogue.folders import FolderReader, is_inside
from app.catalogue.queries import Original, PictureSource, picture_source
from app.database import Database
from app.images.errors import AlteredOriginal, BlobNotFound, PictureRefused
from app.images.store import BlobStore, original_key


def load(source: PictureSource, store: BlobStore) -> tuple[bytes, Original]:
    """The bytes of the first file that still is what it was, and which one that is.

    :class:`AlteredOriginal` where the files that are there are others by now, :class:`OriginalUnavailable` where none
    is.
    """
    is_altered = False
    for original in source.originals:
        for data in candidates(original, store):
            if sha256(data).digest() == original.file_sha256:
                return data, original
            is_altered = True
    if is_altered:
        raise AlteredOriginal
    raise OriginalUnavailable(
        "This picture can't be shown: its file isn't where it was. Put it back, or import its folder from the new place."
    )


def candidates(original: Original, store: BlobStore) -> Iterator[bytes]:
    """What may be the file: the copy in the store, the file in its folder, the file under the path it had there."""
    if original.copied:
        try:
            yield store.get(original_key(original.file_sha256))
        except BlobNotFound:
            pass
        return
    reader = FolderReader(original.root)
    paths = [original.path]
    # Where another source had the path first, the source's name stands before it.
    if original.path.startswith(f"{original.source_name}/"):
        paths.append(original.path.removeprefix(f"{original.source_name}/"))
    for path in paths:
        # A link that was put there since the import may lead anywhere.
        if not is_inside(original.root, str(Path(original.root, path))):
            continue
        try:
            yield reader.read(path)[0]
        except (OSError, PictureRefused):
            continue


def loader(database: Database, store: BlobStore, cell: int) -> Callable[[], bytes]:
    """What loads a cell's original when it is called: most pictures have their rendition and never ask for it."""

    def load_original() -> bytes:
        with database.reading() as session:
            source = picture_source(session, cell)
        if source is None:
            raise OriginalUnavailable("There is no such cell.")
        return load(source, store)[0]

    return load_original
