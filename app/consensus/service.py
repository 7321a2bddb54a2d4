"""Keeping the derived row of a cell true to what was said of it."""

import hashlib
from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from operator import attrgetter

from sqlalchemy import bindparam, select, update

from app.catalogue.counting import count_cells, counted_label
from app.catalogue.models import Cell, Dataset, Occurrence
from app.consensus.deriving import Derived, Said, classes_named, derive
from app.consensus.rules import RULES
from app.database import Reading, Writing
from app.labels import queries as labels
from app.labels.models import LabelSetRow

DERIVED = tuple(field.name for field in fields(Derived))
derived_values = attrgetter(*DERIVED)
DERIVED_COLUMNS = [getattr(Cell, name) for name in DERIVED]
STORED = (
    select(
        Cell.id,
        Cell.dataset,
        Cell.given_label,
        Cell.born_disputed,
        Dataset.rule,
        Dataset.label_set,
        LabelSetRow.digest,
        *DERIVED_COLUMNS,
    )
    .join_from(Cell, Dataset, Cell.dataset == Dataset.id)
    .join(LabelSetRow, Dataset.label_set == LabelSetRow.id)
    .where(Cell.id.in_(bindparam("cells", expanding=True)))
)
GIVEN_LABELS = select(Occurrence.cell, Occurrence.given_label).where(
    Occurrence.cell.in_(bindparam("cells", expanding=True)), Occurrence.given_label.is_not(None)
)
RECOUNT = (
    update(Cell.__table__)  # type: ignore[arg-type]
    .where(Cell.id == bindparam("cell_id"))
    .values({name: bindparam(f"new_{name}") for name in DERIVED})
)


def recount(session: Writing, said: Iterable[Said]) -> int:
    """Derive the named cells anew and keep the counters; returns how many changed. The caller holds their locks."""
    by_cell = {one.cell: one for one in said}
    rows = session.execute(STORED, {"cells": list(by_cell)}).all()
    given = given_labels(session, [row.id for row in rows if row.born_disputed and not by_cell[row.id].standing])
    changes = []
    moved: Tally[tuple[int, int, str]] = Tally()
    for cell, dataset, given_label, born_disputed, rule, label_set, set_digest, *stored in rows:
        one = by_cell[cell]
        named = classes_named(one) if one.standing else given.get(cell, set())
        derived = replace(
            derive(one, born_disputed, rule, RULES[rule]),
            costly=labels.label_set_with(session, label_set, set_digest).is_costly(named),
        )
        if derived_values(derived) == tuple(stored):
            continue
        changes.append({"cell_id": cell} | {f"new_{name}": getattr(derived, name) for name in DERIVED})
        if stored[0] != derived.state:
            label = counted_label(given_label, born_disputed)
            moved[dataset, label, stored[0]] -= 1
            moved[dataset, label, derived.state] += 1
    if changes:
        session.execute(RECOUNT, changes)
    count_cells(session, moved)
    return len(changes)


def given_labels(session: Reading, cells: Sequence[int]) -> dict[int, set[int]]:
    """The labels of the files of cells that nobody has reviewed. Walks ix_occurrence_cell."""
    given: dict[int, set[int]] = {}
    if cells:
        for cell, label in session.execute(GIVEN_LABELS, {"cells": list(cells)}):
            if label is not None:
                given.setdefault(cell, set()).add(label)
    return given


def digest(session: Reading, dataset: str | None = None) -> str:
    """SHA-256 over all consensus rows in order of dataset and pixel digest, for comparing two databases."""
    hasher = hashlib.sha256()
    statement = (
        select(Dataset.slug, Cell.pixel_sha256, Cell.width, Cell.height, *DERIVED_COLUMNS)
        .join_from(Cell, Dataset, Cell.dataset == Dataset.id)
        .order_by(Dataset.id, Cell.pixel_sha256, Cell.width, Cell.height)
    )
    if dataset is not None:
        statement = statement.where(Dataset.slug == dataset)
    for block in session.stream(statement).partitions():
        hasher.update("".join(row_text(row) for row in block).encode())
    return hasher.hexdigest()


def row_text(row: Sequence[object]) -> str:
    """A consensus row as text that is the same on every database."""
    return "\t".join(part.hex() if isinstance(part, bytes) else repr(part) for part in row) + "\n"
