"""A ZIP of pictures: checked as a whole before any of it is taken, then read entry by entry where it lies.

What no honest archive does refuses the whole: data that isn't there, entries that lie over one another, sizes that
only a bomb has. An entry that is merely not wanted (it would leave the archive's folder, is a link, is encrypted) is
refused by itself.
"""

import hashlib
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

from app.catalogue.errors import ArchiveRefused, ManifestRefused
from app.catalogue.files import Found, Listing, Origin, printable, unstorable
from app.catalogue.manifests import BadRow, Row, read_manifest, resolved
from app.images.decode import MAX_BYTES, check_length
from app.images.errors import PictureRefused
from app.images.probe import is_picture_name

LOCAL_HEADER = struct.Struct("<4s5H3I2H")
LOCAL_SIGNATURE = b"PK\x03\x04"
MOST_ENTRIES = 5_000_000
MOST_GROWTH = 100
"""How many times its packed size an archive may grow to, once it grows past what is harmless."""
HARMLESS_BYTES = 256_000_000
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
MANIFESTS = ("manifest.csv", "manifest.jsonl")

ABSOLUTE = "The entry's path is absolute."
BACKSLASH = "The entry's path has a backslash in it. Pack the files with a tool that writes / between folders."
LEAVES = "The entry's path leaves the archive's folder."
LINK = "The entry is a link, not a file."
NOT_A_FILE = "The entry is no regular file."
ENCRYPTED = "The entry is encrypted. Pack the files without a password."
METHOD = "The entry is packed in a way that isn't supported. Pack it with deflate."
TWICE = "The archive has another entry of this name."
CONTROL = "The entry's name has control characters in it."
DAMAGED = "The entry is damaged: what is unpacked doesn't match its checksum. Pack it again."


@dataclass(slots=True)
class ArchiveReader:
    """Reads entries; each process opens the archive for itself, once."""

    path: str
    _archive: zipfile.ZipFile | None = field(default=None, init=False, repr=False, compare=False)

    def __getstate__(self) -> str:
        return self.path

    def __setstate__(self, path: str) -> None:
        self.path, self._archive = path, None

    def read(self, path: str) -> tuple[bytes, int, int]:
        """An entry's bytes; never more than it declares, so that a lie about its size can't fill the memory."""
        if self._archive is None:
            self._archive = zipfile.ZipFile(self.path)
        info = self._archive.getinfo(path)
        check_length(info.file_size)
        try:
            with self._archive.open(info) as entry:
                data = entry.read(info.file_size)
                # The checksum is compared when the end is met.
                excess = entry.read(1)
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError) as error:
            raise PictureRefused(DAMAGED) from error
        if excess or len(data) != info.file_size:
            raise PictureRefused(DAMAGED)
        return data, info.file_size, moment_ns(info)


def open_archive(path: Path, name: str) -> Origin:
    """What a ZIP holds; an :class:`ArchiveRefused` where it can't be trusted. ``name`` is what people call it."""
    called = PurePosixPath(name.replace("\\", "/")).stem or "zip"
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            entries = archive.infolist()
            check_bomb(entries, path.stat().st_size)
            check_places(entries, archive.start_dir, file)
            listing = listed(archive, entries, called)
            identity = identity_of(entries)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, struct.error, EOFError, UnicodeDecodeError) as error:
        raise ArchiveRefused(
            "The ZIP is damaged or cut off: it has no readable directory at its end. Nothing was imported. "
            "Copy or pack it again.",
            "file",
        ) from error
    return Origin(f"zip:{identity}", called, listing, ArchiveReader(str(path)), True, immutable=True)


def check_bomb(entries: Sequence[zipfile.ZipInfo], packed: int) -> None:
    """Refuse what would unpack to far more than pictures do."""
    if len(entries) > MOST_ENTRIES:
        raise ArchiveRefused("The ZIP has more than {most:,} entries. Split it.", "file", most=MOST_ENTRIES)
    unpacked = sum(entry.file_size for entry in entries)
    swollen = [
        entry
        for entry in entries
        if entry.file_size > MAX_BYTES and entry.file_size > MOST_GROWTH * max(entry.compress_size, 1)
    ]
    if swollen or unpacked > max(HARMLESS_BYTES, MOST_GROWTH * packed):
        raise ArchiveRefused(
            "The ZIP would grow from {packed:,} to {unpacked:,} bytes, which pictures don't. Nothing was imported.",
            "file",
            packed=packed,
            unpacked=unpacked,
        )


def check_places(entries: Sequence[zipfile.ZipInfo], directory: int, file: IO[bytes]) -> None:
    """Refuse entries whose data isn't there or lies over another's."""
    end, before = 0, ""
    for entry in sorted(entries, key=lambda one: one.header_offset):
        # A hole in the archive moves its beginning before the file's.
        file.seek(max(0, entry.header_offset))
        header = file.read(LOCAL_HEADER.size) if entry.header_offset >= 0 else b""
        if len(header) < LOCAL_HEADER.size or not header.startswith(LOCAL_SIGNATURE):
            raise ArchiveRefused(
                "The ZIP is damaged: {filename} isn't where its directory says. Nothing was imported. Copy "
                "or pack it again.",
                "file",
                filename=printable(entry.filename),
            )
        if entry.header_offset < end:
            raise ArchiveRefused(
                "The ZIP's entries {before} and {filename} lie over one another, as only forged archives "
                "have it. Nothing was imported.",
                "file",
                before=printable(before),
                filename=printable(entry.filename),
            )
        name_length, extra_length = LOCAL_HEADER.unpack(header)[-2:]
        end = entry.header_offset + LOCAL_HEADER.size + name_length + extra_length + entry.compress_size
        before = entry.filename
    if end > directory:
        raise ArchiveRefused(
            "The ZIP is damaged: {before} reaches beyond the archive's data. Nothing was imported.",
            "file",
            before=printable(before),
        )


def listed(archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], called: str) -> Listing:
    """The archive's pictures, by folder and name, with what a manifest at its top says of them.

    What lies in no folder is in the one that the archive stands for.
    """
    listing = Listing()
    said = rows_of_manifest(archive)
    seen: set[str] = set()
    for entry in sorted(entries, key=lambda one: PurePosixPath(one.filename).parts):
        reason = unsafe(entry)
        if reason is None and entry.is_dir():
            continue
        if reason is None and not is_picture_name(entry.filename):
            listing.ignored += 1
            continue
        reason = reason or unwanted(entry, seen)
        if reason is not None:
            listing.refused.append((printable(entry.orig_filename), reason))
            continue
        seen.add(entry.filename)
        row = said.get(entry.filename)
        label = row.label if row else (PurePosixPath(entry.filename).parent.name or called)
        attributes = (row.attributes or None) if row else None
        listing.pictures.append(Found(entry.filename, label, entry.file_size, moment_ns(entry), attributes))
    return listing


def rows_of_manifest(archive: zipfile.ZipFile) -> dict[str, Row]:
    """What a manifest at the archive's top says, by path. Files that it doesn't name go by their folder.

    A file of that name which is no manifest of ours is a file like any other, and ignored.
    """
    for name in MANIFESTS:
        try:
            entry = archive.getinfo(name)
        except KeyError:
            continue
        if entry.file_size > MAX_BYTES or unsafe(entry) or unwanted(entry, set()):
            continue
        try:
            rows = list(read_manifest(archive.read(entry), name))
        except (ManifestRefused, zipfile.BadZipFile, zlib.error, EOFError):
            continue
        return {resolved(row.path, "")[0]: row for row in rows if not isinstance(row, BadRow)}
    return {}


def unsafe(entry: zipfile.ZipInfo) -> str | None:
    """Why an entry is refused whatever it is; None where it is harmless."""
    name = entry.orig_filename
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        return ABSOLUTE
    if ".." in re.split(r"[/\\]", name):
        return LEAVES
    if "\\" in name:
        return BACKSLASH
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
        return CONTROL
    mode = entry.external_attr >> 16
    if stat.S_ISLNK(mode):
        return LINK
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return NOT_A_FILE
    return None


def unwanted(entry: zipfile.ZipInfo, seen: set[str]) -> str | None:
    """Why a picture's entry can't be used."""
    if entry.flag_bits & 0x1:
        return ENCRYPTED
    if entry.compress_type not in METHODS:
        return METHOD
    if entry.filename in seen:
        return TWICE
    return unstorable(entry.filename)


def identity_of(entries: Sequence[zipfile.ZipInfo]) -> str:
    """A digest of names, sizes and checksums: the same for the same content, whatever the archive is called."""
    hasher = hashlib.sha256()
    for line in sorted(f"{entry.orig_filename}\0{entry.file_size}\0{entry.CRC}" for entry in entries):
        hasher.update(os.fsencode(line) + b"\n")
    return hasher.hexdigest()


def moment_ns(entry: zipfile.ZipInfo) -> int:
    """When an entry was changed, as far as a ZIP knows; it has no time zone."""
    try:
        moment = datetime(*entry.date_time, tzinfo=UTC)
    except ValueError:
        return 0
    return int(moment.timestamp()) * 1_000_000_000
