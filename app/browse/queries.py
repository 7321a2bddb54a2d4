"""Finding cells, and everything that is shown of one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from app.accounts.people import Person
from app.browse.errors import HiddenOriginal, UnknownCell, UnknownDataset, UnusableSort
from app.browse.schemas import CellView, ClassCounts, ConsensusView, DatasetView, OccurrenceView
from app.catalogue import queries as catalogue
from app.catalogue.models import LABELS_DIFFER, NO_LABEL, Cell, CellState, Occurrence, Outcome
from app.catalogue.queries import DatasetRow
from app.database import Reading
from app.labels import queries as labels
from app.labels.labelset import LabelSet
from app.review import queries as review
from app.review.blind import Sight, sight_of
from app.review.filters import CellFilter, conditions
from app.review.queries import VoteFilter
from app.review.recounting import said_of
from app.review.schemas import Vote
from app.review.verdicts import standing

SORTS = ("id", "entropy", "path")


def seen_dataset(session: Reading, sight: Sight, slug: str) -> DatasetRow:
    """A dataset that this person may see."""
    dataset = catalogue.find_dataset(session, slug)
    if dataset is None or not sight.may_see_dataset(dataset.id):
        raise UnknownDataset(f"There is no dataset {slug}.")
    return dataset


def seen_datasets(session: Reading, sight: Sight) -> list[DatasetRow]:
    """The datasets that this person may see, by name."""
    return [dataset for dataset in catalogue.datasets(session) if sight.may_see_dataset(dataset.id)]


def hides_counts(sight: Sight, dataset: int) -> bool:
    """Whether counts by given label or state wait for this person: a blind round, or for a reviewer any open one."""
    return dataset in sight.blind_datasets or dataset in sight.secret_datasets


def dataset_view(session: Reading, sight: Sight, dataset: DatasetRow) -> DatasetView:
    """A dataset as this person may see it. Walks counter's primary key."""
    label_set = labels.label_set(session, dataset.label_set)
    counts = catalogue.counts(session, dataset.id)
    by_label: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(CellState, 0))
    for (label, state), n in counts.by_label_and_state.items():
        by_label[label][state] += n
    hidden = hides_counts(sight, dataset.id)
    return DatasetView(
        slug=dataset.slug,
        name=dataset.name,
        label_set=label_set.name,
        label_set_version=label_set.version,
        px_per_um=dataset.px_per_um,
        stain=dataset.stain,
        source=dataset.source,
        license=dataset.license,
        citation=dataset.citation,
        url=dataset.url,
        rule=dataset.rule,
        rule_threshold=dataset.rule_threshold,
        cells=counts.total,
        created_at=dataset.created_at,
        states=None if hidden else {state: counts.by_state.get(state, 0) for state in CellState},
        classes=None
        if hidden
        else [
            ClassCounts(
                given_label=label_set[label].name if label >= 0 else None,
                born_disputed=label == LABELS_DIFFER,
                cells=sum(by_label[label].values()),
                states=by_label[label],
            )
            for label in (*range(len(label_set)), LABELS_DIFFER, NO_LABEL)
            if label >= 0 or label in by_label
        ],
    )


@dataclass(frozen=True)
class FoundCells:
    """A page of a list of cells, and the sort key after which it goes on."""

    items: list[CellView]
    more: list[Any] | None


def find_cells(
    session: Reading,
    person: Person,
    slug: str,
    chosen: CellFilter,
    sort: str = "id",
    limit: int = 100,
    after: Sequence[Any] | None = None,
) -> FoundCells:
    """Cells of a dataset that fulfil a filter, as this person may see them.

    In order of id they walk the index of the filtered column, each of which ends in id; by entropy
    ix_cell_dataset_entropy_id where only disputed ones are asked for. Three statements whatever their number.
    """
    if sort not in SORTS:
        raise UnusableSort(f"{sort} is no order of cells: take {', '.join(SORTS)}.", "sort")
    sight = sight_of(session, person)
    dataset = seen_dataset(session, sight, slug)
    label_set = labels.label_set(session, dataset.label_set)
    held = conditions(chosen, dataset.id, label_set, sight)
    if sort == "entropy":
        held.append(sight.sees_consensus())
    if sort == "path":
        held.append(sight.sees_labels())
    key, descending = sort_key(sort)
    statement = select(*CELL_COLUMNS, key.label("sort_key"), *blinded(sight)).where(*held).limit(limit)
    if sort == "id":
        statement = statement.order_by(Cell.id)
        if after is not None:
            statement = statement.where(Cell.id > after[-1])
    else:
        statement = statement.order_by(key.desc() if descending else key, Cell.id)
        if after is not None:
            beyond = key < after[0] if descending else key > after[0]
            statement = statement.where(or_(beyond, and_(key == after[0], Cell.id > after[-1])))
    rows = session.execute(statement).all()
    more = None
    if len(rows) == limit:
        more = [rows[-1].id] if sort == "id" else [rows[-1].sort_key, rows[-1].id]
    return FoundCells(cell_views(session, rows, {dataset.id: (dataset, label_set)}), more)


CELL_COLUMNS = (
    Cell.id,
    Cell.pid,
    Cell.dataset,
    Cell.width,
    Cell.height,
    Cell.pixel_sha256,
    Cell.given_label,
    Cell.born_disputed,
    Cell.state,
    Cell.outcome,
    Cell.label,
    Cell.second_label,
    Cell.probability,
    Cell.method,
    Cell.dissent,
    Cell.reviews,
    Cell.flagged,
    Cell.reviewed_since,
)


def blinded(sight: Sight) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """For each row: whether it is blind, and whether its consensus is secret."""
    return sight.is_blind().label("blind"), sight.is_secret().label("secret")


def sort_key(sort: str) -> tuple[ColumnElement[Any], bool]:
    """What a list is sorted by before id, and whether the largest comes first."""
    if sort == "entropy":
        return func.coalesce(Cell.entropy, 0.0), True
    if sort == "path":
        first = select(func.min(Occurrence.path)).where(Occurrence.cell == Cell.id).correlate(Cell)
        return func.coalesce(first.scalar_subquery(), ""), False
    return Cell.id.expression, False


def cell_views(
    session: Reading, rows: Sequence[Any], of_datasets: Mapping[int, tuple[DatasetRow, LabelSet]]
) -> list[CellView]:
    """Rows as they go over the wire, with what is hidden left out. Walks ix_occurrence_cell."""
    files = occurrences_of(session, [row.id for row in rows if not row.blind])
    views = []
    for row in rows:
        dataset, label_set = of_datasets[row.dataset]
        views.append(
            CellView(
                id=row.pid,
                dataset=dataset.slug,
                width=row.width,
                height=row.height,
                pixel_sha256=None if row.blind else row.pixel_sha256.hex(),
                given_label=None if row.blind else review.named(label_set, row.given_label),
                born_disputed=None if row.blind else row.born_disputed,
                occurrences=None
                if row.blind
                else [
                    OccurrenceView(
                        path=one.path,
                        file_sha256=one.file_sha256.hex(),
                        given_label=review.named(label_set, one.given_label),
                        attributes=one.attributes or {},
                    )
                    for one in files[row.id]
                ],
                predictions=None if row.blind else [],
                state=None if row.secret else row.state,
                consensus=None
                if row.secret
                else ConsensusView(
                    outcome=row.outcome,
                    label=review.named(label_set, row.label),
                    second_label=review.named(label_set, row.second_label),
                    probability=row.probability,
                    method=row.method,
                    dissent=row.dissent,
                    reviews=row.reviews,
                ),
                flagged=None if row.secret else row.flagged,
                reviewed_since=None if row.secret else row.reviewed_since,
                image_url=f"/api/v1/cells/{row.pid}/image?size=display",
                thumbnail_url=f"/api/v1/cells/{row.pid}/image?size=thumbnail",
            )
        )
    return views


def occurrences_of(session: Reading, cells: Sequence[int]) -> dict[int, list[Any]]:
    """The files of cells, in order of import. Walks ix_occurrence_cell."""
    files: dict[int, list[Any]] = defaultdict(list)
    if cells:
        rows = session.execute(
            select(
                Occurrence.cell,
                Occurrence.path,
                Occurrence.file_sha256,
                Occurrence.given_label,
                Occurrence.attributes,
                Occurrence.normalised,
            )
            .where(Occurrence.cell.in_(cells))
            .order_by(Occurrence.cell, Occurrence.id)
        )
        for row in rows:
            files[row.cell].append(row)
    return files


@dataclass(frozen=True)
class SeenCell:
    """A cell's row with its dataset and what of it is hidden."""

    row: Any
    dataset: DatasetRow
    label_set: LabelSet

    @property
    def is_blind(self) -> bool:
        """Whether only the picture may be shown."""
        return bool(self.row.blind)

    @property
    def is_secret(self) -> bool:
        """Whether colleagues' answers may not be shown."""
        return bool(self.row.secret)


def seen_cell(session: Reading, person: Person, pid: str) -> SeenCell:
    """A cell that this person may see. Walks uq_cell_pid."""
    sight = sight_of(session, person)
    row = session.execute(select(*CELL_COLUMNS, *blinded(sight)).where(Cell.pid == pid)).one_or_none()
    if row is None or not sight.may_see_dataset(row.dataset):
        raise UnknownCell("There is no such cell.")
    dataset = catalogue.dataset_by_id(session, row.dataset)
    return SeenCell(row, dataset, labels.label_set(session, dataset.label_set))


def cell_view(session: Reading, person: Person, pid: str) -> CellView:
    """One cell as this person may see it."""
    cell = seen_cell(session, person, pid)
    return cell_views(session, [cell.row], {cell.dataset.id: (cell.dataset, cell.label_set)})[0]


@dataclass(frozen=True, slots=True)
class SeenPicture:
    """What a picture route needs: two small statements."""

    cell: int
    pixel_sha256: bytes
    width: int
    height: int
    blind: bool


def seen_picture(session: Reading, person: Person, pid: str, original: bool) -> SeenPicture:
    """A cell's picture; the original file waits while a blind round of this person has the cell."""
    sight = sight_of(session, person)
    row = session.execute(
        select(
            Cell.id, Cell.pixel_sha256, Cell.width, Cell.height, Cell.dataset, sight.is_blind().label("blind")
        ).where(Cell.pid == pid)
    ).one_or_none()
    if row is None or not sight.may_see_dataset(row.dataset):
        raise UnknownCell("There is no such cell.")
    if original and row.blind:
        raise HiddenOriginal("You review this cell in an open blind round: its file waits until the round closes.")
    return SeenPicture(row.id, row.pixel_sha256, row.width, row.height, bool(row.blind))


def cell_reviews(session: Reading, person: Person, pid: str) -> list[Vote]:
    """The reviews of a cell that this person may see, oldest first; names are letters until the cell is settled,
    where a round says so."""
    cell = seen_cell(session, person, pid)
    if cell.is_blind:
        return []
    found, _ = review.votes(session, person, VoteFilter(cell=pid), 10_000)
    if cell.is_secret:
        found = [vote for vote in found if vote.reviewer == person.name]
    hidden, _ = review.rounds_of(session, [cell.row.id]).get(cell.row.id, (False, False))
    if not hidden or cell.row.state == CellState.ADJUDICATED:
        return found
    letters: dict[str, str] = {}
    shown = []
    for vote in found:
        if vote.reviewer != person.name:
            letter = letters.setdefault(vote.reviewer, chr(ord("A") + len(letters) % 26))
            vote = vote.model_copy(update={"reviewer": f"Reviewer {letter}"})
        shown.append(vote)
    return shown


@dataclass(frozen=True, slots=True)
class GivenLabelError:
    """How often a given label was wrong, among the settled cells that carry it."""

    wrong: int
    of: int


def given_label_errors(session: Reading, dataset: int) -> dict[int, GivenLabelError]:
    """By given label. A borderline outcome that holds the label is not wrong; unusable cells are left out.

    One pass over ix_cell_dataset_given_label_id.
    """
    wrong = and_(
        Cell.label != Cell.given_label, or_(Cell.second_label.is_(None), Cell.second_label != Cell.given_label)
    )
    rows = session.execute(
        select(Cell.given_label, func.count(), func.count().filter(wrong))
        .where(
            Cell.dataset == dataset,
            Cell.given_label.is_not(None),
            Cell.state.in_((CellState.AGREED, CellState.ADJUDICATED)),
            Cell.outcome.in_((Outcome.LABEL, Outcome.BORDERLINE)),
        )
        .group_by(Cell.given_label)
    )
    return {label: GivenLabelError(errors, n) for label, n, errors in rows if label is not None}


def class_pictures(session: Reading, dataset: int) -> dict[int, str]:
    """A cell of each given label, the first one. Each is one step in ix_cell_dataset_given_label_id."""
    firsts = session.execute(
        select(Cell.given_label, func.min(Cell.id))
        .where(Cell.dataset == dataset, Cell.given_label.is_not(None))
        .group_by(Cell.given_label)
    ).all()
    pids = dict(session.execute(select(Cell.id, Cell.pid).where(Cell.id.in_([id for _, id in firsts]))).all())
    return {label: pids[id] for label, id in firsts if label is not None}


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a dataset's import brought."""

    files: int
    filed_twice: int


def file_facts(session: Reading, dataset: int, born_disputed: int) -> FileFacts:
    """Files, and cells with several files under one label. Walks the unique (dataset, path)."""
    files = session.scalar(select(func.count()).select_from(Occurrence).where(Occurrence.dataset == dataset)) or 0
    several = (
        select(Occurrence.cell)
        .where(Occurrence.dataset == dataset)
        .group_by(Occurrence.cell)
        .having(func.count() > 1)
        .subquery()
    )
    twice = session.scalar(select(func.count()).select_from(several)) or 0
    return FileFacts(files, max(0, twice - born_disputed))


def rounds_named(session: Reading, person: Person, slug: str) -> list[tuple[str, str]]:
    """The rounds by which cells can be filtered."""
    return [(view.id, view.name) for view in review.round_views(session, person, dataset=slug)]


def neighbours(session: Reading, dataset: int, cell: int) -> tuple[str | None, str | None]:
    """The cells before and after one, by id. Walks ix_cell_dataset_id."""
    before = session.scalar(
        select(Cell.pid).where(Cell.dataset == dataset, Cell.id < cell).order_by(Cell.id.desc()).limit(1)
    )
    after = session.scalar(select(Cell.pid).where(Cell.dataset == dataset, Cell.id > cell).order_by(Cell.id).limit(1))
    return before, after


def answers_of(session: Reading, pids: Sequence[str]) -> dict[str, list[tuple[str, int | None]]]:
    """What standing reviews say of cells, by public id: verdict and class. Walks ix_review_cell_id."""
    ids = dict(session.execute(select(Cell.id, Cell.pid).where(Cell.pid.in_(pids))).all())
    said = said_of(session, list(ids))
    return {ids[cell]: [(one.verdict, one.label) for one in standing(reviews)] for cell, reviews in said.items()}
