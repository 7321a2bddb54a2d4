"""The files that cells came from, as they were.

They are read where they lie, and only believed when their digest is the recorded one.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from app.catalogue import queries
from app.catalogue.errors import OriginalUnavailable
from app.catalogue.folders import FolderReader, is_inside
from app.catalogue.queries import Original, PictureSource
from app.database import Database
from app.images.errors import AlteredOriginal, BlobNotFound, PictureRefused
from app.images.store import BlobStore, original_key


def loader(database: Database, store: BlobStore, cell_id: int) -> Callable[[], bytes]:
    """What reads a cell's original when it is needed, which is once in its life if its renditions are kept."""

    def load_original() -> bytes:
        with database.reading() as session:
            source = queries.picture_source(session, cell_id)
        return load(source, store)[0]

    return load_original


def load(source: PictureSource, store: BlobStore) -> tuple[bytes, Original]:
    """The bytes of the first file that still is what it was, and which one that is.

    :class:`AlteredOriginal` where the files that are there are others by now, :class:`OriginalUnavailable` where there
    is none.
    """
    is_altered = False
    for original in source.originals:
        for data in candidates(original, store):
            if sha256(data).digest() == original.file_sha256:
                return data, original
            is_altered = True
    if is_altered:
        raise AlteredOriginal
    raise OriginalUnavailable


def candidates(original: Original, store: BlobStore) -> Iterator[bytes]:
    """What may be the file: the copy in the store, or the file under its path, with and without its source's name."""
    if original.copied:
        with suppress(BlobNotFound):
            yield store.get(original_key(original.file_sha256))
        return
    reader = FolderReader(original.root)
    paths = [original.path]
    # Where another source had the path first, the source's name stands before it.
    if original.path.startswith(f"{original.source_name}/"):
        paths.append(original.path.removeprefix(f"{original.source_name}/"))
    for path in paths:
        # A link that was put there since the import may lead anywhere.
        if is_inside(original.root, str(Path(original.root, path))):
            with suppress(OSError, PictureRefused):
                yield reader.read(path)[0]
