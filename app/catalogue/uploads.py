"""Taking a ZIP from a request's body straight to the disk.

The framework would put the whole body into the system's temporary folder, which may be small or memory, before it asked
who sends it. Here the route asks first, and the bytes are written once, where the import reads them.
"""

import os
import time
from pathlib import Path
from typing import IO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.catalogue.errors import UploadRefused
from app.database import new_pid

FIELD = b"file"
SECONDS_UNTIL_ABANDONED = 24 * 3600


class Upload:
    """A multipart body as it comes in. ``finish`` or ``discard`` ends it.

    ``path`` is where the file will be, ``name`` what it was called. At most ``longest`` bytes are taken.
    """

    def __init__(self, content_type: str, folder: Path, longest: int) -> None:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise UploadRefused("Send a ZIP as the multipart field `file`, or JSON with a `path`.", "file")
        folder.mkdir(parents=True, exist_ok=True)
        remove_abandoned(folder)
        self.path = folder / f"{new_pid()}.zip"
        self.name = ""
        self._part = self.path.with_suffix(".part")
        self._file: IO[bytes] | None = None
        self._is_ours = self._is_complete = False
        self._header = (bytearray(), bytearray())
        self._left = longest
        try:
            self._parser = MultipartParser(
                options[b"boundary"],
                {
                    "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                    "on_header_end": self._end_header,
                    "on_part_data": self._write,
                    "on_part_end": self._end_part,
                },
            )
        except FormParserError as error:
            raise UploadRefused("The upload can't be read: {error}.", "file", error=error) from error

    def feed(self, data: bytes) -> None:
        """The next bytes of the body."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise UploadRefused("The upload can't be read: {error}.", "file", error=error) from error

    def finish(self) -> None:
        """The body has ended: from here on the file is whole, and on the disk."""
        if self._file is None or not self._is_complete:
            raise UploadRefused(
                "The upload broke off." if self._file else "The upload has no file in the field `file`.", "file"
            )
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.rename(self.path)

    def discard(self) -> None:
        """Leave nothing behind."""
        if self._file is not None:
            self._file.close()
        self._part.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    def _end_header(self) -> None:
        name, value = (bytes(part) for part in self._header)
        self._header = (bytearray(), bytearray())
        if name.lower() != b"content-disposition":
            return
        _, options = parse_options_header(value)
        self._is_ours = options.get(b"name") == FIELD and b"filename" in options and self._file is None
        if self._is_ours:
            self.name = options[b"filename"].decode("utf-8", "replace").replace("\0", "")[:200]
            self._file = self._part.open("wb")

    def _write(self, data: bytes, start: int, end: int) -> None:
        if not self._is_ours or self._file is None:
            return
        self._left -= end - start
        if self._left < 0:
            raise UploadRefused(
                "The ZIP is larger than an upload may be (CYTOREVIEW_UPLOAD_LIMIT_GB). Split it, or import it on the "
                "server.",
                "file",
            )
        self._file.write(data[start:end])

    def _end_part(self) -> None:
        self._is_complete = self._is_complete or self._is_ours
        self._is_ours = False


class PlainUpload:
    """A body that is a file itself, as it comes in. ``finish`` or ``discard`` ends it; ``path`` is where it is then."""

    def __init__(self, folder: Path, suffix: str, longest: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        remove_abandoned(folder)
        self.path = folder / f"{new_pid()}{suffix}"
        self._part = self.path.with_suffix(".part")
        self._file = self._part.open("wb")
        self._longest = self._left = longest

    def feed(self, data: bytes) -> None:
        """The next bytes of the body."""
        self._left -= len(data)
        if self._left < 0:
            raise UploadRefused(
                "The file is larger than {longest:,} MB, which is the most at a time. Split it.",
                "file",
                longest=self._longest // 1_000_000,
            )
        self._file.write(data)

    def finish(self) -> None:
        """The body has ended. It is read at once, so nothing waits for the disk."""
        self._file.close()
        self._part.rename(self.path)

    def discard(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        self._part.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)


def remove_abandoned(folder: Path) -> None:
    """Remove what a killed server left of uploads that broke off with it."""
    for part in folder.glob("*.part"):
        if part.stat().st_mtime < time.time() - SECONDS_UNTIL_ABANDONED:
            part.unlink(missing_ok=True)
