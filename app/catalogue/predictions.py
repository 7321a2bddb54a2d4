"""Loading what a model says of a dataset's cells: all of a file, or nothing.

What can be refused is refused before anything is written, and the writing is one transaction. On SQLite it holds up
other writers for its time, half a second for 42,000 cells; a reviewer's answers wait that long in the browser.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import BindParameter, bindparam, select, text, update

from app.audit.service import record
from app.catalogue import service
from app.catalogue.errors import PredictionsRefused
from app.catalogue.models import Cell, Occurrence, Prediction, PredictionModel
from app.catalogue.predictionfile import Classes, Row, read_predictions
from app.catalogue.queries import DatasetRow
from app.database import Reading, UtcDateTime, Writing, now
from app.labels import queries as labels

LINES_A_LOOK = 500
CELLS_A_LOCK = 10_000
MOST_LISTED = 1000
LONGEST_LISTED = 300
LONGEST_NAME = 200

OF_DATASET: BindParameter[int] = bindparam("dataset")
WANTED: BindParameter[Any] = bindparam("names", expanding=True)
FINDERS = {
    # The sum keeps SQLite from walking the whole dataset instead of uq_cell_pid.
    "cell_id": select(Cell.pid, Cell.id).where(Cell.dataset + 0 == OF_DATASET, Cell.pid.in_(WANTED)),
    "pixel_sha256": select(Cell.pixel_sha256, Cell.id).where(Cell.dataset == OF_DATASET, Cell.pixel_sha256.in_(WANTED)),
    "sha256": select(Occurrence.file_sha256, Occurrence.cell).where(
        Occurrence.dataset == OF_DATASET, Occurrence.file_sha256.in_(WANTED)
    ),
    "path": select(Occurrence.path, Occurrence.cell).where(
        Occurrence.dataset == OF_DATASET, Occurrence.path.in_(WANTED)
    ),
}
NAME_MODEL = text(
    "insert into prediction_model (dataset, name, version, loaded_at) values (:dataset, :name, :version, :at) "
    "on conflict (dataset, name, version) do update set loaded_at = excluded.loaded_at returning id"
).bindparams(bindparam("at", type_=UtcDateTime))
REPLACED = "on conflict (model, cell) do update set label = excluded.label, probabilities = excluded.probabilities"
KEEP = text(f"insert into prediction (model, cell, label, probabilities) values (:model, :cell, :label, :p) {REPLACED}")
KEEP_AT_ONCE = text(
    "insert into prediction (model, cell, label, probabilities) select :model, unnest(cast(:cells as integer[])), "
    f"unnest(cast(:labels as integer[])), unnest(cast(:ps as bytea[])) {REPLACED}"
)
"""PostgreSQL takes columns as arrays, in a fraction of the time that rows one by one take."""

PREDICTED = (
    update(Cell)
    .values(predicted_label=Prediction.label)
    .where(
        Prediction.model == bindparam("model"),
        Prediction.cell == Cell.id,
        Cell.id.in_(bindparam("cells", expanding=True)),
        Cell.predicted_label.is_distinct_from(Prediction.label),
    )
)
"""Only of cells that are locked."""


@dataclass
class Loaded:
    """What came of a file. ``cells``: those that have a prediction by it now, the last one where it names one twice."""

    rows: int = 0
    cells: int = 0
    unknown_cells: list[str] = field(default_factory=list)
    unknown_classes: list[str] = field(default_factory=list)
    rows_of_unknown_cells: int = 0
    rows_of_unknown_classes: int = 0
    nearest: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Prepared:
    """A file that was read and found good: by cell, its label and its probabilities."""

    model: str
    version: str
    said: dict[int, tuple[int, bytes | None]]
    report: Loaded


def prepare(
    session: Reading, dataset: DatasetRow, path: Path, json_lines: bool, model: str, version: str = ""
) -> Prepared:
    """Read a file and find its cells; :class:`PredictionsRefused` says what in it can't be used."""
    classes = Classes(labels.label_set(session, dataset.label_set))
    report = Loaded()
    said: dict[int, tuple[int, bytes | None]] = {}
    named = called("model", model), called("version", version)
    lines = read_predictions(path, json_lines, classes)
    while rows := list(islice(lines, LINES_A_LOOK)):
        report.rows += len(rows)
        for row, cell in zip(rows, cells_of(session, dataset.id, rows), strict=True):
            if cell is None:
                report.rows_of_unknown_cells += 1
                if len(report.unknown_cells) < MOST_LISTED:
                    report.unknown_cells.append(row.name[:LONGEST_LISTED])
            elif row.label is None:
                report.rows_of_unknown_classes += 1
            else:
                said[cell] = row.label, row.probabilities
    report.cells = len(said)
    for name, _ in classes.unknown.most_common(MOST_LISTED):
        report.unknown_classes.append(name[:LONGEST_LISTED])
        nearest = classes.label_set.nearest(name)
        if nearest is not None:
            report.nearest[name[:LONGEST_LISTED]] = nearest
    return Prepared(*named, said, report)


def called(field_name: str, name: str) -> str:
    """The name of a model, or of its version, as it is kept."""
    name = name.strip()
    if len(name) > LONGEST_NAME or (field_name == "model" and not name):
        raise PredictionsRefused(
            "The {field} has a name of 1 to {longest} characters.", field_name, field=field_name, longest=LONGEST_NAME
        )
    return name


def cells_of(session: Reading, dataset: int, rows: Sequence[Row]) -> Iterator[int | None]:
    """The cell of each line, None for those that the dataset doesn't have.

    Walks uq_cell_pid, the unique (dataset, pixel_sha256, …) of cell, ix_occurrence_dataset_file_sha256, or the unique
    (dataset, path) of occurrence.
    """
    found: dict[tuple[str, Any], int] = {}
    for by, finder in FINDERS.items():
        names = {key for row in rows if row.by == by and (key := key_of(row)) is not None}
        if names:
            known = session.execute(finder, {"dataset": dataset, "names": list(names)})
            found |= {(by, bytes(name) if isinstance(name, memoryview) else name): cell for name, cell in known}
    return (found.get((row.by, key_of(row))) for row in rows)


def key_of(row: Row) -> Any:
    """What the table has for a line's name; None where that can't be one."""
    if row.by == "path":
        return row.name.replace("\\", "/").removeprefix("./")
    if row.by == "cell_id":
        return row.name.lower()
    try:
        return bytes.fromhex(row.name)
    except ValueError:
        return None


def load(session: Writing, dataset: DatasetRow, prepared: Prepared, actor: int | None) -> Loaded:
    """Keep what a model says, in the place of what it said before of the same cells, and ask for suspicion anew.

    The predicted label of each of these cells is this model's from now on; a file of which no cell is known makes no
    model. Walks prediction's key.
    """
    cells = sorted(prepared.said)
    parts = [cells[start : start + CELLS_A_LOCK] for start in range(0, len(cells), CELLS_A_LOCK)]
    for part in parts:
        session.lock(Cell.id, part)
    if cells:
        model = session.execute(
            NAME_MODEL, {"dataset": dataset.id, "name": prepared.model, "version": prepared.version, "at": now()}
        ).scalar_one()
        keep(session, model, cells, [prepared.said[cell] for cell in cells])
        for part in parts:
            session.execute(PREDICTED, {"model": model, "cells": part})
    report = prepared.report
    record(
        session,
        actor,
        "predictions.load",
        dataset.slug,
        {"model": prepared.model, "version": prepared.version, "rows": report.rows, "cells": report.cells},
    )
    if cells:
        service.ask_for_suspicion(session, dataset, actor)
    return report


def keep(session: Writing, model: int, cells: list[int], said: list[tuple[int, bytes | None]]) -> None:
    """Write what a model says of cells."""
    if not cells:
        return
    if session.dialect == "postgresql":
        named, ps = (list(column) for column in zip(*said, strict=True))
        session.execute(KEEP_AT_ONCE, {"model": model, "cells": cells, "labels": named, "ps": ps})
        return
    rows = zip(cells, said, strict=True)
    session.execute(KEEP, [{"model": model, "cell": cell, "label": label, "p": p} for cell, (label, p) in rows])


@dataclass(frozen=True, slots=True)
class ModelSays:
    """What a model says of a cell. ``probabilities``: 32-bit floats, one a class; None where it gave a label alone."""

    model: str
    version: str
    label: int
    probabilities: bytes | None

    @property
    def values(self) -> tuple[float, ...] | None:
        """The probabilities, one a class."""
        packed = self.probabilities
        return None if packed is None else struct.unpack(f"<{len(packed) // 4}f", packed)


def predictions_of(session: Reading, cells: Iterable[int]) -> dict[int, list[ModelSays]]:
    """What models say of cells, the one that was loaded last first. Walks ix_prediction_cell.

    Whether that may be told is the caller's business: ``sight.sees_predictions()``.
    """
    found: dict[int, list[ModelSays]] = {}
    for row in session.execute(SAID, {"cells": list(cells)}):
        says = ModelSays(row.name, row.version, row.label, row.probabilities and bytes(row.probabilities))
        found.setdefault(row.cell, []).append(says)
    return found


SAID = (
    select(Prediction.cell, PredictionModel.name, PredictionModel.version, Prediction.label, Prediction.probabilities)
    .join(PredictionModel, Prediction.model == PredictionModel.id)
    .where(Prediction.cell.in_(bindparam("cells", expanding=True)))
    .order_by(Prediction.cell, PredictionModel.loaded_at.desc(), PredictionModel.id.desc())
)
