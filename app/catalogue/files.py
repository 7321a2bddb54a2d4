"""What an import finds before it opens any picture: the files, and what their source says of them."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

LONGEST_PATH = 4000


@dataclass(frozen=True, slots=True)
class Found:
    """A file that is called like a picture.

    ``path`` is relative to its source, with ``/``. ``label`` is what the folder or the manifest calls its class, ``""``
    for none.
    """

    path: str
    label: str
    size: int
    mtime_ns: int
    attributes: Mapping[str, str] | None = None


@dataclass(slots=True)
class Listing:
    """Everything that a source names: pictures, what is refused unread with its reason, and how much is no picture."""

    pictures: list[Found] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    ignored: int = 0

    @property
    def files(self) -> int:
        """How many files count as pictures, whether they can be used or not."""
        return len(self.pictures) + len(self.refused)


class Reader(Protocol):
    """Reads a source's files; goes to other processes."""

    def read(self, path: str) -> tuple[bytes, int, int]:
        """A file's bytes, its size and its moment of change; a ``PictureRefused`` or ``OSError`` where it can't be."""
        ...


@dataclass(frozen=True, slots=True)
class Origin:
    """A source, opened: where it is, what it is called, what is in it, and how it is read.

    ``copied``: its files go into the blob store. ``immutable``: under the same ``root`` there can't be other bytes (a
    ZIP is known by what is in it).
    """

    root: str
    name: str
    listing: Listing
    reader: Reader
    copied: bool
    immutable: bool = False


def unstorable(path: str) -> str | None:
    """Why a path can't be kept in the database; None where it can."""
    if len(path) > LONGEST_PATH:
        return f"The path is longer than {LONGEST_PATH:,} characters. Shorten its folders' names."
    if any("\ud800" <= letter <= "\udfff" for letter in path):
        return "The file's name isn't valid UTF-8. Rename it."
    return None


def printable(path: str) -> str:
    """A path as a report can show it, whatever bytes it has."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def in_chunks(items: Iterable[Found], files: int, size: int) -> Iterator[list[Found]]:
    """Neighbours together, so many files and so many bytes at most."""
    chunk: list[Found] = []
    held = 0
    for item in items:
        if chunk and (len(chunk) >= files or held + item.size > size):
            yield chunk
            chunk, held = [], 0
        chunk.append(item)
        held += item.size
    if chunk:
        yield chunk
