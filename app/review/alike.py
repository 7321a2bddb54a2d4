"""Look-alikes: the cells of a dataset that are nearest to one, as far as a person may see them.

Distance is what `app/images/likeness.py` makes of the features. A few buckets of the signatures' table are read, which
costs the same however many cells there are; nothing is kept in memory but the spaces themselves.

What is hidden: cells of somebody's own open blind rounds are left out whoever asks, and no labels stand beside the
others where the cell that is asked about is shown without one. An assignment's look-alikes are drawn from four times
as many, by the assignment's own id: two showings of one cell have different ones, as two cells do.
"""

from collections.abc import Iterable, Sequence
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from app.accounts.people import Person
from app.catalogue.models import Cell, CellFeature, CellSignature, Dataset, FeatureSpace
from app.database import Reading
from app.labels import queries as labels
from app.labels.labelset import LabelSet
from app.review.blind import Sight, sight_of
from app.review.errors import UnknownAssignment
from app.review.models import Assignment
from app.review.schemas import LookAlike, LookAlikes

if TYPE_CHECKING:
    from app.images.likeness import Space

CELLS_READ = 8000
"""How many cells are compared: of a dataset that has no more it is every one, of others the buckets nearest by."""

BUCKETS_AT_LEAST = 2

DRAWN_FROM = 4
SPACES_KEPT = 8
CELLS_A_LOOK = 400

NOT_MEASURED = ("not_measured", "What this cell looks like isn't measured yet, so it has no look-alikes so far.")
HIDDEN = ("hidden", "Every look-alike is in an open blind round of yours, and waits until the round closes.")

SPACE = (
    select(FeatureSpace.id, FeatureSpace.version, FeatureSpace.cells)
    .where(FeatureSpace.dataset == bindparam("dataset"), FeatureSpace.ready)
    .order_by(FeatureSpace.id.desc())
    .limit(1)
)
ARRAYS = select(FeatureSpace.arrays).where(FeatureSpace.id == bindparam("space"))
VECTOR = select(CellFeature.vector).where(
    CellFeature.cell == bindparam("cell"), CellFeature.version == bindparam("version")
)
ASSIGNED = (
    select(Assignment.cell, Assignment.shown_label, Cell.dataset)
    .join_from(Assignment, Cell, Assignment.cell == Cell.id)
    .where(Assignment.pid == bindparam("assignment"), Assignment.reviewer == bindparam("reviewer"))
)
SHOWN = (
    Cell.id,
    Cell.pid,
    Cell.width,
    Cell.height,
    Cell.given_label,
    Cell.state,
    Cell.outcome,
    Cell.label,
    Cell.second_label,
    Cell.probability,
)

_spaces: dict[int, "Space"] = {}
"""Spaces by row: they never change."""


def alike_to_cell(session: Reading, person: Person, cell: int, dataset: int, limit: int) -> LookAlikes:
    """The look-alikes of a cell that this person may see; without labels where the cell itself is blind to them."""
    sight = sight_of(session, person)
    is_blind = session.scalar(select(Cell.id).where(Cell.id == cell, sight.is_blind())) is not None
    found = nearest(session, sight, cell, dataset, limit)
    if found is None:
        return none_because(NOT_MEASURED)
    rows = [look_alike(row, far, labelled=not is_blind, named=True) for row, far in found]
    return answered(session, dataset, rows)


def alike_to_assignment(session: Reading, reviewer: Person, assignment: str, limit: int) -> LookAlikes:
    """The look-alikes of an assignment's cell: pictures alone where the assignment is shown without a label."""
    asked = session.execute(ASSIGNED, {"assignment": assignment, "reviewer": reviewer.id}).one_or_none()
    if asked is None:
        raise UnknownAssignment("You have no such assignment.")
    sight = sight_of(session, reviewer)
    is_blind = session.scalar(select(Cell.id).where(Cell.id == asked.cell, sight.is_blind())) is not None
    found = nearest(session, sight, asked.cell, asked.dataset, limit * DRAWN_FROM)
    if found is None:
        return none_because(NOT_MEASURED)
    drawn = sorted(Random(assignment).sample(range(len(found)), min(limit, len(found))))
    labelled = not is_blind and asked.shown_label is not None
    rows = [look_alike(*found[at], labelled=labelled, named=False) for at in drawn]
    return answered(session, asked.dataset, rows)


def nearest(session: Reading, sight: Sight, cell: int, dataset: int, limit: int) -> list[tuple[Any, float]] | None:
    """The rows of the nearest cells with their distances; None where the cell has no place yet.

    Walks the keys of cell_feature and cell_signature, then cell's.
    """
    space_row = session.execute(SPACE, {"dataset": dataset}).one_or_none()
    if space_row is None:
        return None
    vector = session.scalar(VECTOR, {"cell": cell, "version": space_row.version})
    if vector is None:
        return None
    # Loads NumPy, which a server that nobody asks for look-alikes never needs.
    import numpy as np

    from app.images.likeness import DIRECTIONS, distances

    space = the_space(session, space_row.id)
    count = max(BUCKETS_AT_LEAST, round(CELLS_READ * len(space.centres) / max(1, space_row.cells)))
    point = space.placed(np.frombuffer(vector, "<f2")[None].astype(np.float32))[0]
    near = session.execute(
        select(CellSignature.cell, CellSignature.signature).where(
            CellSignature.space == space_row.id,
            CellSignature.bucket.in_(space.near(point, count)),
            CellSignature.cell != cell,
        )
    ).all()
    far = distances(point, np.frombuffer(b"".join(row[1] for row in near), np.int8).reshape(-1, DIRECTIONS))
    order = np.argsort(far, kind="stable")
    return seen(session, sight, [(near[at][0], float(far[at])) for at in order], limit)


def the_space(session: Reading, id: int) -> "Space":
    """A space by its row, read once a process."""
    from app.images.likeness import unpacked

    known = _spaces.get(id)
    if known is None:
        known = unpacked(session.execute(ARRAYS, {"space": id}).scalar_one())
        while len(_spaces) >= SPACES_KEPT:
            _spaces.pop(next(iter(_spaces)), None)
        _spaces[id] = known
    return known


def seen(session: Reading, sight: Sight, found: Sequence[tuple[int, float]], limit: int) -> list[tuple[Any, float]]:
    """The first cells that this person may be shown, in order."""
    shown: list[tuple[Any, float]] = []
    for start in range(0, len(found), CELLS_A_LOOK):
        block = dict(found[start : start + CELLS_A_LOOK])
        rows = session.execute(
            select(*SHOWN, sight.is_secret().label("secret")).where(Cell.id.in_(block), sight.sees_labels())
        )
        by_id = {row.id: row for row in rows}
        shown += [(by_id[cell], far) for cell, far in block.items() if cell in by_id]
        if len(shown) >= limit:
            break
    return shown[:limit]


def look_alike(row: Any, far: float, labelled: bool, named: bool) -> dict[str, Any]:
    """A row as it goes over the wire, with classes still as numbers."""
    is_open = labelled and not row.secret
    return {
        "cell_id": row.pid if named else None,
        "distance": round(far, 2) if named else None,
        "width": row.width,
        "height": row.height,
        "given_label": row.given_label if labelled else None,
        "state": row.state if is_open else None,
        "outcome": row.outcome if is_open else None,
        "label": row.label if is_open else None,
        "second_label": row.second_label if is_open else None,
        "probability": row.probability if is_open else None,
        "image_url": f"/api/v1/cells/{row.pid}/image?size=display",
        "thumbnail_url": f"/api/v1/cells/{row.pid}/image?size=thumbnail",
    }


def answered(session: Reading, dataset: int, rows: Iterable[dict[str, Any]]) -> LookAlikes:
    """The answer, with classes by name."""
    about = session.execute(select(Dataset.label_set, Dataset.px_per_um).where(Dataset.id == dataset)).one()
    label_set = labels.label_set(session, about.label_set)
    items = [LookAlike(px_per_um=about.px_per_um, **with_names(row, label_set)) for row in rows]
    return LookAlikes(items=items, reason=None, note="") if items else none_because(HIDDEN)


def with_names(row: dict[str, Any], label_set: LabelSet) -> dict[str, Any]:
    """A row whose classes are named."""
    named = {
        name: None if row[name] is None else label_set[row[name]].name
        for name in ("given_label", "label", "second_label")
    }
    return row | named


def none_because(reason: tuple[str, str]) -> LookAlikes:
    """No look-alikes, and why."""
    return LookAlikes(items=[], reason=reason[0], note=reason[1])
