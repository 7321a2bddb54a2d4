"""Reference cells: what a class looks like, by the cells of which people are surest.

Settled cells come first (adjudicated, then agreed without dissent, the more reviews the better), spread over the import
and over what a manifest says of their files, so that one slide doesn't stand for a class. Where there are too few,
cells follow whose given label names the class and of which nobody said anything. Nothing is shown that a blind round
hides, and no consensus that a reviewer may not see yet. The asked dataset comes first, then others of its label set.

However many cells there are, short ranges of ix_cell_dataset_label_id (or …_given_label_id) are read, begun at points
that lie evenly between the dataset's first and last cell.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts.people import Person
from app.browse import queries
from app.browse.schemas import ReferenceCell, ReferenceList
from app.catalogue.models import Cell, CellState, Occurrence, Outcome
from app.catalogue.queries import DatasetRow
from app.database import Reading
from app.errors import NotFound
from app.labels import queries as labels
from app.labels.document import LabelClass
from app.labels.labelset import LabelSet
from app.review.blind import Sight, sight_of

RANGES = 24
CELLS_A_RANGE = 32
NO_CELLS = "There are no reference cells of this class that you may see: its description stands alone."
FOUND = (Cell.id, Cell.pid, Cell.dataset, Cell.width, Cell.height, Cell.state, Cell.reviews, Cell.probability)
SETTLED_WAYS = (CellState.ADJUDICATED, CellState.AGREED)
GIVEN = "given"


def reference_cells(
    session: Reading, person: Person, label_set_name: str, class_name: str, slug: str | None, limit: int
) -> ReferenceList:
    """The reference of a class, as this person may see it."""
    sight = sight_of(session, person)
    label_set = labels.newest(session, label_set_name)[1]
    if class_name not in label_set:
        raise NotFound(
            "The label set {label_set} has no class {name}.", "class_name", label_set=label_set_name, name=class_name
        )
    datasets = datasets_of(session, sight, label_set, slug)
    of_class = [(dataset, own.index(class_name)) for dataset, own in datasets if class_name in own]
    found: list[tuple[str, Any]] = []
    for dataset, label in of_class:
        found += [(row.state, row) for row in spread(session, settled(session, sight, dataset.id, label), limit)]
    found.sort(key=lambda one: (one[0] != CellState.ADJUDICATED, -one[1].reviews))
    if slug is not None and of_class:
        found.sort(key=lambda one: one[1].dataset != of_class[0][0].id)
    for dataset, label in of_class:
        if len(found) < limit:
            given = spread(session, only_given(session, sight, dataset.id, label), limit - len(found))
            found += [(GIVEN, row) for row in given]
    by_id = {dataset.id: dataset for dataset, _ in of_class}
    index = label_set.index(class_name)
    return ReferenceList(
        name=class_name,
        items=[reference_cell(by, row, by_id[row.dataset]) for by, row in found[:limit]],
        cue=cue_of(label_set[index]),
        confusable=[label_set[other].name for other in label_set.confusable(index)],
        note="" if found else NO_CELLS,
    )


TILE = 192
"""CSS pixels of a tile's side on the atlas page."""

FIELD_UM = 25
"""What a tile shows: as much as MLL23's pictures do. Other pictures are drawn at the same scale."""


def drawn_size(cell: ReferenceCell) -> tuple[int, int]:
    """Width and height of a picture in a tile, so that a µm is as long in every tile; without a scale it fills it."""
    field = FIELD_UM * cell.px_per_um if cell.px_per_um else max(cell.width, cell.height)
    return round(TILE * cell.width / field), round(TILE * cell.height / field)


def datasets_of(
    session: Reading, sight: Sight, label_set: LabelSet, slug: str | None
) -> list[tuple[DatasetRow, LabelSet]]:
    """The datasets of a label set that this person may see, each with its own version, the asked one first."""
    if slug is not None:
        queries.seen_dataset(session, sight, slug)
    with_sets = [(one, labels.label_set(session, one.label_set)) for one in queries.seen_datasets(session, sight)]
    of_set = [(dataset, own) for dataset, own in with_sets if own.name == label_set.name]
    return sorted(of_set, key=lambda one: one[0].slug != slug)


def settled(session: Reading, sight: Sight, dataset: int, label: int) -> list[Any]:
    """Cells whose consensus is the class and nothing else, the surest first."""
    held = and_(
        Cell.outcome == Outcome.LABEL,
        Cell.second_label.is_(None),
        Cell.state.in_(SETTLED_WAYS),
        or_(Cell.state == CellState.ADJUDICATED, ~Cell.dissent),
        sight.sees_consensus(),
    )
    rows = in_ranges(session, Cell.label, dataset, label, held)
    return sorted(rows, key=lambda row: (row.state != CellState.ADJUDICATED, -row.reviews, -(row.probability or 0)))


def only_given(session: Reading, sight: Sight, dataset: int, label: int) -> list[Any]:
    """Cells of which nothing is known but their given label, or nothing that this person may know."""
    held = and_(sight.sees_labels(), or_(sight.is_secret(), Cell.outcome.is_(None)))
    return in_ranges(session, Cell.given_label, dataset, label, held)


def in_ranges(
    session: Reading,
    column: InstrumentedAttribute[int | None],
    dataset: int,
    label: int,
    held: ColumnElement[bool],
) -> list[Any]:
    """Rows from points that lie evenly in the dataset, each range up to the next one's beginning.

    In the dataset and not in the class: where a class begins and ends would tell of cells that are hidden.
    """
    of_class = and_(Cell.dataset == dataset, column == label)
    first = session.scalar(select(Cell.id).where(Cell.dataset == dataset).order_by(Cell.id).limit(1))
    last = session.scalar(select(Cell.id).where(Cell.dataset == dataset).order_by(Cell.id.desc()).limit(1))
    if first is None or last is None:
        return []
    bounds = sorted({first + (last + 1 - first) * at // RANGES for at in range(RANGES + 1)})
    rows: list[Any] = []
    for begin, end in pairwise(bounds):
        within = and_(Cell.id >= begin, Cell.id < end)
        rows += session.execute(
            select(*FOUND).where(of_class, within, held).order_by(Cell.id).limit(CELLS_A_RANGE)
        ).all()
    return rows


def spread(session: Reading, rows: Sequence[Any], limit: int) -> list[Any]:
    """The first rows in their order, but one of each origin before a second of any."""
    origins = origins_of(session, [row.id for row in rows])
    seen: Counter[str] = Counter()
    ranked = []
    for at, row in enumerate(rows):
        origin = origins.get(row.id, "")
        ranked.append((row.state != CellState.ADJUDICATED, seen[origin], at, row))
        seen[origin] += 1
    ranked.sort(key=lambda one: one[:3])
    return [row for *_, row in ranked[:limit]]


def origins_of(session: Reading, cells: Sequence[int]) -> dict[int, str]:
    """Where cells come from, by what is said of their first file. Walks ix_occurrence_cell."""
    if not cells:
        return {}
    rows: Iterable[Any] = session.execute(
        select(Occurrence.cell, Occurrence.attributes).where(Occurrence.cell.in_(cells)).order_by(Occurrence.id.desc())
    )
    return {row.cell: repr(sorted((row.attributes or {}).items())) for row in rows}


def cue_of(one: LabelClass) -> dict[str, str]:
    """What a class looks like, in words, by language."""
    return {language: one.cue.to(language) for language in ("en", "de")} if one.cue else {}


def reference_cell(by: str, row: Any, dataset: DatasetRow) -> ReferenceCell:
    """A row as it goes over the wire."""
    return ReferenceCell(
        cell_id=row.pid,
        dataset=dataset.slug,
        by=by,
        reviews=None if by == GIVEN else row.reviews,
        width=row.width,
        height=row.height,
        px_per_um=dataset.px_per_um,
        image_url=f"/api/v1/cells/{row.pid}/image?size=display",
        thumbnail_url=f"/api/v1/cells/{row.pid}/image?size=thumbnail",
    )
