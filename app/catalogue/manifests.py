"""A CSV or JSONL file that names pictures, their classes and whatever else is known of them."""

import csv
import io
import json
import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.catalogue.errors import ManifestRefused
from app.catalogue.files import Listing, Origin
from app.catalogue.folders import FolderReader, add_file, is_inside
from app.catalogue.tables import header_of, text_of
from app.images.probe import is_picture_name

LONGEST_MANIFEST = 1_000_000_000
JSON_SUFFIXES = (".jsonl", ".ndjson")
TABLE_SUFFIXES = (".csv", ".tsv", ".txt")

ABSOLUTE = "The path is absolute. A manifest names files relative to the folder it lies in."
LEAVES = "The path leaves the folder that the manifest lies in. Put the files below it, or the manifest above them."
TWICE = "The manifest names this file again."
NO_PATH = "The line names no path."


@dataclass(frozen=True, slots=True)
class Row:
    """One line that names a file. ``path`` is as it was written, but for white space around it."""

    line: int
    path: str
    label: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that can't be understood."""

    line: int
    reason: str


def is_manifest_name(name: str) -> bool:
    """Whether a file is called like a manifest."""
    return name.lower().endswith((*JSON_SUFFIXES, *TABLE_SUFFIXES))


def open_manifest(path: Path, copied: bool) -> Origin:
    """The files that a manifest names, below the folder it lies in; neither ``..`` nor a link may lead out of it."""
    real = os.path.realpath(path.parent)
    listing = Listing()
    inside: dict[str, bool] = {}
    seen: dict[str, str] = {}
    for row in read_manifest(load(path), path.name):
        if isinstance(row, BadRow):
            listing.refused.append((f"{path.name}:{row.line}", row.reason))
            continue
        relative, reason = resolved(row.path, real)
        if relative in seen:
            if seen[relative] != row.label:
                listing.refused.append((f"{path.name}:{row.line}", f"{TWICE} The label differs: {row.path}"))
            continue
        seen[relative] = row.label
        folder = posixpath.dirname(relative)
        if reason is None and folder and folder not in inside:
            inside[folder] = is_inside(real, os.path.join(real, folder))
        if reason is not None or not inside.get(folder, True):
            listing.refused.append((row.path, reason or LEAVES))
        elif not is_picture_name(relative):
            listing.ignored += 1
        else:
            is_link = os.path.islink(os.path.join(real, relative))
            add_file(real, relative, row.label, is_link, listing, row.attributes or None)
    name = os.path.basename(real) or "root"
    return Origin(real, name, listing, FolderReader(real), copied)


def load(path: Path) -> bytes:
    """A manifest's bytes."""
    if path.stat().st_size > LONGEST_MANIFEST:
        raise ManifestRefused("The manifest is larger than 1 GB. Split it.", "path")
    return path.read_bytes()


def read_manifest(data: bytes, name: str) -> Iterator[Row | BadRow]:
    """The lines of a manifest; ``name`` tells a CSV from a JSONL file."""
    text = text_of(data, "manifest", ManifestRefused)
    return read_objects(text) if name.lower().endswith(JSON_SUFFIXES) else read_table(text)


def read_table(text: str) -> Iterator[Row | BadRow]:
    """The lines of a CSV with the columns ``path`` and ``label``; further named columns are attributes."""
    header, delimiter = header_of(text, {"path", "label"}, "manifest", ManifestRefused)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    next(rows)
    while True:
        try:
            values = [value.strip() for value in next(rows)]
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(rows.line_num, f"The line can't be read: {error}.")
            continue
        if not any(values):
            continue
        if any(values[len(header) :]):
            yield BadRow(
                rows.line_num,
                f"The line has {len(values)} columns, the first line has {len(header)}. Put texts with a "
                f"{'tab' if delimiter == chr(9) else delimiter} into double quotes.",
            )
            continue
        cells = dict(zip(header, values, strict=False))
        yield row_of(rows.line_num, cells)


def read_objects(text: str) -> Iterator[Row | BadRow]:
    """The lines of a JSONL file: one object each, with ``path`` and ``label``; further members are attributes."""
    for line, written in enumerate(text.split("\n"), 1):
        if not written.strip():
            continue
        try:
            members = json.loads(written)
        except ValueError as error:
            yield BadRow(line, f"This is not JSON: {error}.")
            continue
        if not isinstance(members, dict):
            yield BadRow(line, "This is not a JSON object.")
            continue
        yield row_of(line, {name.strip(): as_text(value).strip() for name, value in members.items()})


def row_of(line: int, cells: Mapping[str, str]) -> Row | BadRow:
    """A line's cells, sorted by what they are for."""
    path = cells.get("path", "")
    if not path:
        return BadRow(line, NO_PATH)
    attributes = {name: value for name, value in cells.items() if name and value and name not in ("path", "label")}
    # NUL can't be kept on PostgreSQL, and half a surrogate pair (which JSON can write) on neither database.
    if any(re.search("[\0\ud800-\udfff]", word) for pair in cells.items() for word in pair):
        return BadRow(line, "The line holds a character that can't be stored.")
    return Row(line, path, cells.get("label", ""), attributes)


def as_text(value: Any) -> str:
    """A member's value as an attribute keeps it."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def resolved(written: str, root: str) -> tuple[str, str | None]:
    """A path relative to the manifest's folder, in our notation, and why it can't be used."""
    path = written.replace("\\", "/")
    if root and path.startswith(root.rstrip("/") + "/"):
        path = path[len(root.rstrip("/")) + 1 :]
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return path, ABSOLUTE
    path = posixpath.normpath(path)
    return path, LEAVES if path == ".." or path.startswith("../") else None
