"""Files that are hashed while they are written, and read again row by row."""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from app.releases.layout import Fields

LINE_END = "\r\n"
"""As RFC 4180 has it; a carriage return inside a field is then quoted by every version of Python's writer."""


@dataclass(frozen=True)
class WrittenFile:
    """A file that is complete, by its content."""

    name: str
    size: int
    sha256: bytes
    rows: int | None = None
    columns: tuple[str, ...] | None = None


class HashedFile:
    """A file that knows the digest of what was written to it."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.size = 0
        self._digest = hashlib.sha256()
        self._file = (folder / name).open("xb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, content: bytes) -> None:
        """Add a block."""
        self._digest.update(content)
        self._file.write(content)
        self.size += len(content)

    def written(self) -> WrittenFile:
        """What was written so far."""
        return WrittenFile(self.name, self.size, self._digest.digest())


class CsvFile(HashedFile):
    """A CSV file in UTF-8 with a header line, written in blocks of rows."""

    def __init__(self, folder: Path, name: str, columns: tuple[str, ...]) -> None:
        super().__init__(folder, name)
        self.columns = columns
        self.rows = 0
        self.write(csv_bytes([columns]))

    def add(self, rows: Sequence[Fields]) -> None:
        """Add a block of rows."""
        self.write(csv_bytes(rows))
        self.rows += len(rows)

    def written(self) -> WrittenFile:
        """What was written so far, with its rows."""
        return WrittenFile(self.name, self.size, self._digest.digest(), self.rows, self.columns)


def csv_bytes(rows: Iterable[Fields]) -> bytes:
    """Rows as CSV. A figure is written as the shortest text that gives it back, nothing as an empty field."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=LINE_END).writerows(rows)
    return text.getvalue().encode()


def csv_rows(blocks: Iterable[bytes]) -> Iterator[dict[str, str]]:
    """The rows of a CSV file that comes in blocks, by the names in its header line."""
    rows = csv.reader(io.TextIOWrapper(io.BufferedReader(Blocks(blocks), 1 << 16), "utf-8", newline=""))
    columns = next(rows)
    return (dict(zip(columns, row, strict=True)) for row in rows)


class Blocks(io.RawIOBase):
    """Blocks of bytes as a stream that can be read from."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int] | bytearray") -> int:  # type: ignore[override]
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = memoryview(block)
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)
