"""Small folders of pictures, and importing them."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import func, select

from app.catalogue.counting import counted_label
from app.catalogue.importing import Report, import_files
from app.catalogue.labelling import LabelMap
from app.catalogue.models import Cell, Occurrence
from app.catalogue.origins import open_origin
from app.catalogue.queries import counts
from app.catalogue.service import find_or_make_dataset
from app.database import Database, Reading
from app.labels import queries as labels
from app.labels.labelset import load_builtin

SIDE = 6
MLL23 = load_builtin("mll23")


def picture(number: int, kind: str = "TIFF", **how: Any) -> bytes:
    """The bytes of a small picture; each number has pixels of its own."""
    pixels = bytes((number * 7 + place * 3 + (number >> (place % 8))) % 256 for place in range(3 * SIDE * SIDE))
    file = io.BytesIO()
    Image.frombytes("RGB", (SIDE, SIDE), pixels).save(file, kind, **how)
    return file.getvalue()


def lay(root: Path, files: Mapping[str, bytes]) -> Path:
    """Write files below a folder."""
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def take(
    database: Database,
    path: Path,
    dataset: str = "smears",
    copied: bool = False,
    label_map: LabelMap | None = None,
    **how: Any,
) -> Report:
    """Import in the way of the command."""
    with database.writing() as session:
        found, _ = find_or_make_dataset(session, dataset, None, None)
        label_set = labels.label_set(session, found.label_set)
    blobs = (path.parent / "blobs").as_uri()
    origin = open_origin(path, copied)
    return import_files(database, origin, found, label_set, label_map=label_map, blobs_url=blobs, **how)


def reasons(report: Report) -> dict[str, str]:
    """Why files were refused, by path."""
    return {one["path"]: one["reason"] for one in report.refused}


def contents(session: Reading) -> dict[bytes, tuple[Any, ...]]:
    """What the catalogue says of each cell, without ids: independent of the order in which files came."""
    occurrences: dict[int, list[tuple[Any, ...]]] = {}
    for cell, path, file_sha256, label in session.execute(
        select(Occurrence.cell, Occurrence.path, Occurrence.file_sha256, Occurrence.given_label)
    ):
        occurrences.setdefault(cell, []).append((path, bytes(file_sha256), label))
    rows = session.execute(
        select(Cell.id, Cell.pixel_sha256, Cell.given_label, Cell.born_disputed, Cell.state, Cell.entropy)
    )
    return {bytes(digest): (*rest, sorted(occurrences[cell])) for cell, digest, *rest in rows}


def check_counters(session: Reading, dataset: int = 1) -> None:
    """The counters say what a count of the cells says."""
    counted: dict[tuple[int, str], int] = {}
    for label, disputed, state, n in session.execute(
        select(Cell.given_label, Cell.born_disputed, Cell.state, func.count())
        .where(Cell.dataset == dataset)
        .group_by(Cell.given_label, Cell.born_disputed, Cell.state)
    ):
        key = (counted_label(label, disputed), state)
        counted[key] = counted.get(key, 0) + n
    assert dict(counts(session, dataset).by_label_and_state) == counted
