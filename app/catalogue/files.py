"""What an import finds before it opens any picture: the files, and what their source says of them."""

import os
from array import array
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


class Pictures:
    """Many files that are called like pictures, in columns.

    A source may name a million. As objects the garbage collector would walk through them all again and again, while
    reviewers wait: 42,000 of them made it pause for 70 ms.
    """

    def __init__(self) -> None:
        self._paths: list[str] = []
        self._labels: list[str] = []
        self._sizes = array("q")
        self._mtimes = array("q")
        self._attributes: dict[int, Mapping[str, str]] = {}

    def append(self, found: Found) -> None:
        """One more."""
        if found.attributes:
            self._attributes[len(self._paths)] = found.attributes
        self._paths.append(found.path)
        self._labels.append(found.label)
        self._sizes.append(found.size)
        self._mtimes.append(found.mtime_ns)

    def __len__(self) -> int:
        return len(self._paths)

    def __iter__(self) -> Iterator[Found]:
        return iter(self.part(0, len(self)))

    def part(self, start: int, stop: int) -> Iterator[Found]:
        """The files at these places."""
        for place in range(start, min(stop, len(self))):
            yield Found(
                self._paths[place],
                self._labels[place],
                self._sizes[place],
                self._mtimes[place],
                self._attributes.get(place),
            )

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum(self._sizes)


@dataclass(slots=True)
class Listing:
    """Everything that a source names: pictures, what is refused unread with its reason, and how much is no picture."""

    pictures: Pictures = field(default_factory=Pictures)
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
