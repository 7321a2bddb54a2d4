"""Keeping the derived row of a cell true to what was said of it."""

import hashlib
import json
from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, text, update

from app.catalogue.counting import count_cells, counted_label
from app.catalogue.models import Cell, Dataset, Occurrence
from app.consensus.deriving import Derived, Said, classes_named, derive
from app.consensus.models import ConsensusFit, Posterior
from app.consensus.queries import NEWEST_OF_CELL, weights_of
from app.consensus.rules import DAWID_SKENE, Rule
from app.consensus.weighing import Belief, Weights
from app.database import Reading, Writing, now
from app.labels import queries as labels
from app.labels.models import LabelSetRow

DERIVED = tuple(field.name for field in fields(Derived))
derived_values = attrgetter(*DERIVED)
DERIVED_COLUMNS = [getattr(Cell, name) for name in DERIVED]
COMPARED = [getattr(Cell, name) for name in DERIVED if name != "fit"]
STORED = (
    select(
        Cell.id,
        Cell.dataset,
        Cell.given_label,
        Cell.born_disputed,
        Dataset.rule,
        Dataset.label_set,
        LabelSetRow.digest,
        Dataset.rule_threshold,
        ConsensusFit.id.label("newest_fit"),
        ConsensusFit.sha256,
        Posterior.values.label("packed"),
        *DERIVED_COLUMNS,
    )
    .join_from(Cell, Dataset, Cell.dataset == Dataset.id)
    .join(LabelSetRow, Dataset.label_set == LabelSetRow.id)
    .join(ConsensusFit, ConsensusFit.id == NEWEST_OF_CELL, isouter=True)
    .join(Posterior, Posterior.cell == Cell.id, isouter=True)
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
BELIEVE = text(
    'insert into posterior (cell, fit, "values") values (:cell, :fit, :packed) '
    'on conflict (cell) do update set fit = excluded.fit, "values" = excluded."values"'
)
DISBELIEVE = delete(Posterior).where(Posterior.cell.in_(bindparam("cells", expanding=True)))
WEIGHED_BY = (
    select(Cell.id, Cell.given_label, ConsensusFit.id, ConsensusFit.sha256)
    .join_from(Cell, ConsensusFit, ConsensusFit.id == NEWEST_OF_CELL)
    .where(Cell.id.in_(bindparam("cells", expanding=True)))
)


def recount(session: Writing, said: Iterable[Said]) -> int:
    """Derive the named cells anew and keep the counters; returns how many changed. The caller holds their locks.

    Once a dataset has a fit, the posterior of each cell's votes by the newest one stands beside it, whatever the rule.
    """
    by_cell = {one.cell: one for one in said}
    rows = session.execute(STORED, {"cells": list(by_cell)}).all()
    given = given_labels(session, [row.id for row in rows if row.born_disputed and not by_cell[row.id].standing])
    changes, believed, disbelieved = [], [], []
    changed = 0
    moved: Tally[tuple[int, int, str]] = Tally()
    for row in rows:
        one, stored = by_cell[row.id], tuple(row[-len(DERIVED) :])
        belief = None
        if row.newest_fit is not None and one.standing:
            belief = believed_of(one, row.given_label, weights_of(session, row.newest_fit, row.sha256))
        named = classes_named(one) if one.standing else given.get(row.id, set())
        derived = replace(
            derive(one, row.born_disputed, Rule(row.rule, row.rule_threshold), belief),
            costly=labels.label_set_with(session, row.label_set, row.digest).is_costly(named),
        )
        packed = None if belief is None else belief.packed()
        same = derived_values(derived) == stored
        if same and packed == row.packed:
            continue
        changed += 1
        if belief is not None:
            believed.append({"cell": row.id, "fit": belief.fit, "packed": packed})
        elif row.packed is not None:
            disbelieved.append(row.id)
        if same:
            continue
        changes.append({"cell_id": row.id} | {f"new_{name}": getattr(derived, name) for name in DERIVED})
        if row.state != derived.state:
            label = counted_label(row.given_label, row.born_disputed)
            moved[row.dataset, label, row.state] -= 1
            moved[row.dataset, label, derived.state] += 1
    if changes:
        session.execute(RECOUNT, changes)
    if believed:
        session.execute(BELIEVE, believed)
    if disbelieved:
        session.execute(DISBELIEVE, {"cells": disbelieved})
    count_cells(session, moved)
    return changed


def believed_of(said: Said, given_label: int | None, weights: Weights) -> Belief | None:
    """The posterior of a cell's votes by a fit."""
    return weights.belief(((standing.rater, standing.ballot) for standing in said.standing), given_label)


def beliefs(session: Reading, said: Iterable[Said]) -> dict[int, Belief]:
    """The posteriors of cells' votes by the newest fits of their datasets; none for cells without one."""
    by_cell = {one.cell: one for one in said}
    found = {
        cell: believed_of(by_cell[cell], given_label, weights_of(session, fit, sha256))
        for cell, given_label, fit, sha256 in session.execute(WEIGHED_BY, {"cells": list(by_cell)})
    }
    return {cell: belief for cell, belief in found.items() if belief is not None}


def store_fit(session: Writing, dataset: int, raters: Sequence[str], arrays: bytes, **found: Any) -> int:
    """Keep a fit; from now on it is the dataset's newest, and its cells wait to be recounted. Returns its row's id."""
    sha256 = hashlib.sha256(json.dumps(list(raters)).encode() + b"\n" + arrays).digest()
    return session.execute(
        insert(ConsensusFit)
        .values(
            dataset=dataset,
            method=DAWID_SKENE,
            raters=list(raters),
            arrays=arrays,
            sha256=sha256,
            created_at=now(),
            **found,
        )
        .returning(ConsensusFit.id)
    ).scalar_one()


def given_labels(session: Reading, cells: Sequence[int]) -> dict[int, set[int]]:
    """The labels of the files of cells that nobody has reviewed. Walks ix_occurrence_cell."""
    given: dict[int, set[int]] = {}
    if cells:
        for cell, label in session.execute(GIVEN_LABELS, {"cells": list(cells)}):
            if label is not None:
                given.setdefault(cell, set()).add(label)
    return given


def digest(session: Reading, dataset: str | None = None) -> str:
    """SHA-256 over all consensus rows and posteriors in order of dataset and pixel digest, for comparing two databases.

    The number of a fit is left out: it may differ where what was found is the same.
    """
    hasher = hashlib.sha256()
    statement = (
        select(Dataset.slug, Cell.pixel_sha256, Cell.width, Cell.height, *COMPARED, Posterior.values)
        .join_from(Cell, Dataset, Cell.dataset == Dataset.id)
        .join(Posterior, Posterior.cell == Cell.id, isouter=True)
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
