"""Finding cells, and everything that is shown of one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    TextClause,
    bindparam,
    func,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased

from app.accounts.people import Person
from app.browse.errors import HiddenOriginal, UnknownCell, UnknownDataset, UnusableSort
from app.browse.schemas import CellView, ClassCounts, ConsensusView, DatasetView, OccurrenceView, PredictionView
from app.catalogue import queries as catalogue
from app.catalogue.models import (
    IS_DISPUTED,
    IS_FLAGGED,
    LABELS_DIFFER,
    NO_LABEL,
    Cell,
    CellState,
    Occurrence,
    Source,
)
from app.catalogue.predictions import ModelSays, predictions_of
from app.catalogue.queries import DatasetRow
from app.consensus.queries import posteriors_of
from app.database import Reading
from app.jobs import queries as jobs
from app.jobs.queries import JobView
from app.labels import queries as labels
from app.labels.labelset import LabelSet
from app.review import queries as review
from app.review.blind import Sight, sight_of
from app.review.errors import UnusableFilter
from app.review.filters import CellFilter, class_index, conditions
from app.review.models import Round
from app.review.queries import VoteFilter
from app.review.recounting import said_of
from app.review.schemas import Vote
from app.review.verdicts import standing

Condition = ColumnElement[bool] | TextClause
SORTS = ("id", "suspicion", "entropy", "path")


def seen_dataset(session: Reading, sight: Sight, slug: str) -> DatasetRow:
    """A dataset that this person may see."""
    dataset = catalogue.find_dataset(session, slug)
    if dataset is None or not sight.may_see_dataset(dataset.id):
        raise UnknownDataset("There is no dataset {slug}.", slug=slug)
    return dataset


def seen_datasets(session: Reading, sight: Sight) -> list[DatasetRow]:
    """The datasets that this person may see, by name."""
    return [dataset for dataset in catalogue.datasets(session) if sight.may_see_dataset(dataset.id)]


def hides_labels(sight: Sight, dataset: int) -> bool:
    """Whether counts by given label wait for this person: while a blind round of theirs is open there."""
    return dataset in sight.blind_datasets


def hides_states(sight: Sight, dataset: int) -> bool:
    """Whether counts by state wait as well: for a reviewer while any round of theirs is open there."""
    return dataset in sight.blind_datasets or dataset in sight.secret_datasets


def dataset_view(session: Reading, sight: Sight, dataset: DatasetRow) -> DatasetView:
    """A dataset as this person may see it. Walks counter's primary key."""
    label_set = labels.label_set(session, dataset.label_set)
    counts = catalogue.counts(session, dataset.id)
    by_label: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(CellState, 0))
    for (label, state), n in counts.by_label_and_state.items():
        by_label[label][state] += n
    no_states = hides_states(sight, dataset.id)
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
        given_votes=dataset.given_votes,
        refit_after=dataset.refit_after,
        cells=counts.total,
        created_at=dataset.created_at,
        states=None if no_states else {state: counts.by_state.get(state, 0) for state in CellState},
        classes=None
        if hides_labels(sight, dataset.id)
        else [
            ClassCounts(
                given_label=label_set[label].name if label >= 0 else None,
                born_disputed=label == LABELS_DIFFER,
                cells=sum(by_label[label].values()),
                states=None if no_states else by_label[label],
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

    The list is walked in the index of its order, whose last key is ``more``; then two more statements, however many
    cells there are.
    """
    if sort not in SORTS:
        raise UnusableSort("{sort} is no order of cells: take {sorts}.", "sort", sort=sort, sorts=", ".join(SORTS))
    sight = sight_of(session, person)
    dataset = seen_dataset(session, sight, slug)
    label_set = labels.label_set(session, dataset.label_set)
    if chosen.round is not None:
        check_round(session, person, dataset.id, chosen.round)
    order = "pid" if sort == "id" and dataset.id in sight.blind_datasets else sort
    found = session.execute(walk(order, sight, dataset.id, label_set, chosen, after, limit + 1)).all()
    ids = [row.id for row in found[:limit]]
    rows = session.execute(select(*CELL_COLUMNS, *blinded(sight)).where(Cell.id.in_(ids))).all() if ids else []
    by_id = {row.id: row for row in rows}
    return FoundCells(
        cell_views(session, [by_id[id] for id in ids], {dataset.id: (dataset, label_set)}),
        list(found[limit - 1])[1:] if len(found) > limit else None,
    )


def check_round(session: Reading, person: Person, dataset: int, pid: str) -> None:
    """Refuse to filter by a round that this person may not see."""
    if not any(view.id == pid for view in review.round_views(session, person, pid)):
        raise UnusableFilter("There is no such round in this dataset.", "round")


def walk(
    order: str,
    sight: Sight,
    dataset: int,
    label_set: LabelSet,
    chosen: CellFilter,
    after: Sequence[Any] | None,
    limit: int,
) -> Any:
    """The ids of the first cells in an order, each with its key, from after a key on.

    The rows of a dataset lie in order of import, folder by folder, so for somebody with a blind round in it that order
    would tell the label: to them cells come in order of their random public ids.
    """
    if order == "id":
        return by_id(sight, dataset, label_set, chosen, after, limit)
    if order == "suspicion":
        return by_suspicion(sight, dataset, label_set, chosen, after, limit)
    way = {"pid": by_pid, "entropy": by_entropy, "path": by_path}[order]
    return way(sight, dataset, label_set, chosen, after).limit(limit)


def by_id(
    sight: Sight, dataset: int, label_set: LabelSet, chosen: CellFilter, after: Sequence[Any] | None, limit: int
) -> Select[int, int] | CompoundSelect[int, int]:
    """In order of import. Each filter's index ends in id: ix_cell_dataset_given_label_id and its like.

    A label stands in one of two columns, so two indexes have a range of it: each is walked no further than to the
    limit, and what was found is merged.
    """
    beyond = [] if after is None else [Cell.id > key_part(after, 0, int)]
    ranges = [
        select(Cell.id, Cell.id.label("key")).where(*held, *beyond).order_by(Cell.id).limit(limit)
        for held in held_by_index(sight, dataset, label_set, chosen)
    ]
    if len(ranges) == 1:
        return ranges[0]
    found = [each.subquery() for each in ranges]
    return union_all(*(select(each.c.id, each.c.key) for each in found)).order_by("id").limit(limit)


def by_pid(
    sight: Sight, dataset: int, label_set: LabelSet, chosen: CellFilter, after: Sequence[Any] | None
) -> Select[int, str]:
    """In order of the public ids, which tells nothing. Walks uq_cell_pid, or sorts what a filter's index finds."""
    statement = select(Cell.id, Cell.pid).where(*held_at_once(sight, dataset, label_set, chosen)).order_by(Cell.pid)
    return statement if after is None else statement.where(Cell.pid > key_part(after, 0, str))


def by_entropy(
    sight: Sight, dataset: int, label_set: LabelSet, chosen: CellFilter, after: Sequence[Any] | None
) -> Select[Any]:
    """Most torn first; cells of which nothing was said come last.

    Walks ix_cell_dataset_entropy_id backwards where only disputed cells are asked for, which all have an entropy.
    """
    torn: ColumnElement[Any] = (
        Cell.entropy.expression if chosen.state == CellState.DISPUTED else func.coalesce(Cell.entropy, -1.0)
    )
    statement = (
        select(Cell.id, torn.label("torn"), Cell.id.label("key"))
        .where(*held_at_once(sight, dataset, label_set, chosen), sight.sees_consensus())
        .order_by(torn.desc(), Cell.id.desc())
    )
    if after is None:
        return statement
    return statement.where(tuple_(torn, Cell.id) < (float(after[0]), after[1]))


def by_suspicion(
    sight: Sight, dataset: int, label_set: LabelSet, chosen: CellFilter, after: Sequence[Any] | None, limit: int
) -> Select[int, float | None, int]:
    """Most suspicious first; cells that have no suspicion come last.

    Walks ix_cell_dataset_suspicion_id backwards, or ix_cell_dataset_given_label_suspicion_id for one class: a range of
    those that have a suspicion and one of those that have none, each no further than to the limit.
    """
    held = [*held_at_once(sight, dataset, label_set, chosen), sight.sees_suspicion()]
    # In the order of the index's two last columns, although suspicion is null: that is how PostgreSQL finds it.
    in_order = (Cell.suspicion.desc(), Cell.id.desc())
    columns = (Cell.id, Cell.suspicion, Cell.id.label("key"))
    none = select(*columns).where(*held, Cell.suspicion.is_(None)).order_by(*in_order).limit(limit)
    if after is not None and after[0] is None:
        return none.where(Cell.id < after[1])
    some = select(*columns).where(*held, Cell.suspicion.is_not(None)).order_by(*in_order).limit(limit)
    if after is not None:
        some = some.where(tuple_(Cell.suspicion, Cell.id) < (float(after[0]), after[1]))
    if chosen.min_suspicion is not None:
        return some
    both = union_all(*(select(each.c.id, each.c.suspicion, each.c.key) for each in (some.subquery(), none.subquery())))
    found = both.subquery()
    return (
        select(found.c.id, found.c.suspicion, found.c.key)
        .order_by(found.c.suspicion.is_(None), found.c.suspicion.desc(), found.c.key.desc())
        .limit(limit)
    )


def by_path(
    sight: Sight, dataset: int, label_set: LabelSet, chosen: CellFilter, after: Sequence[Any] | None
) -> Select[int, str]:
    """In order of the first path of each cell. Walks the unique (dataset, path) of occurrence."""
    file, earlier = aliased(Occurrence), aliased(Occurrence)
    statement = (
        select(Cell.id, file.path)
        .join_from(file, Cell, file.cell == Cell.id)
        .where(
            file.dataset == dataset,
            ~select(earlier.id).where(earlier.cell == file.cell, earlier.path < file.path).exists(),
            *held_at_once(sight, dataset, label_set, chosen),
            sight.sees_labels(),
        )
        .order_by(file.path)
    )
    return statement if after is None else statement.where(file.path > after[0])


def key_part(after: Sequence[Any], at: int, kind: type) -> Any:
    """A part of the key after which the list goes on; a list that changed its order in between starts anew."""
    if not isinstance(after[at], kind):
        raise UnusableSort("The list has another order by now: load it from its start.", "cursor")
    return after[at]


def held_at_once(sight: Sight, dataset: int, label_set: LabelSet, chosen: CellFilter) -> list[Condition]:
    """What a cell must fulfil, as this person may filter."""
    held: list[Condition] = [*conditions(chosen, dataset, label_set, sight)]
    # Spelled so that an index serves them: partial ones, and that of given labels, which are null where they differ.
    if chosen.flagged:
        held.append(IS_FLAGGED)
    if chosen.state == CellState.DISPUTED:
        held.append(IS_DISPUTED)
    if chosen.born_disputed:
        held.append(Cell.given_label.is_(None))
    return held


def held_by_index(sight: Sight, dataset: int, label_set: LabelSet, chosen: CellFilter) -> list[list[Condition]]:
    """The same as ranges of one index each, which have no cell in common."""
    if chosen.label is None:
        return [held_at_once(sight, dataset, label_set, chosen)]
    index = class_index(chosen.label, label_set, "label")
    rest = held_at_once(sight, dataset, label_set, chosen.model_copy(update={"label": None}))
    return [[*rest, sight.sees_consensus(), column == index] for column in (Cell.label, Cell.second_label)]


MOST_COUNTED = 100_000


def count_by_state(
    session: Reading, sight: Sight, dataset: DatasetRow, label_set: LabelSet, chosen: CellFilter
) -> dict[str, int] | None:
    """How many cells fulfil a filter, by state; those whose state is hidden are left out.

    None where they are so many that counting would take long.
    """
    some = (
        select(Cell.state)
        .where(*held_at_once(sight, dataset.id, label_set, chosen), sight.sees_consensus())
        .limit(MOST_COUNTED + 1)
        .subquery()
    )
    counted: dict[str, int] = dict(session.execute(select(some.c.state, func.count()).group_by(some.c.state)).all())
    if sum(counted.values()) > MOST_COUNTED:
        return None
    return {state.value: counted.get(state, 0) for state in CellState}


def count_cells(
    session: Reading, sight: Sight, dataset: DatasetRow, label_set: LabelSet, chosen: CellFilter
) -> int | None:
    """How many cells fulfil a filter; None where counting would take long."""
    some = select(Cell.id).where(*held_at_once(sight, dataset.id, label_set, chosen)).limit(MOST_COUNTED + 1)
    n = session.scalar(select(func.count()).select_from(some.subquery())) or 0
    return n if n <= MOST_COUNTED else None


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
    Cell.suspicion,
    Cell.fit,
)


def blinded(sight: Sight) -> tuple[ColumnElement[bool], ...]:
    """For each row: whether it is blind, whether its consensus is secret, and whether it is told what models say of it
    and how suspicious it is."""
    return (
        sight.is_blind().label("blind"),
        sight.is_secret().label("secret"),
        sight.sees_predictions().label("predicted"),
        sight.sees_suspicion().label("suspected"),
    )


def by_class(posterior: Sequence[float] | None, label_set: LabelSet) -> dict[str, float] | None:
    """A posterior by the names of the classes; a class that came after the fit isn't in it."""
    if posterior is None:
        return None
    return {label_set[index].name: round(value, 6) for index, value in enumerate(posterior)}


def cell_views(
    session: Reading, rows: Sequence[Any], of_datasets: Mapping[int, tuple[DatasetRow, LabelSet]]
) -> list[CellView]:
    """Rows as they go over the wire, with what is hidden left out. Walks ix_occurrence_cell."""
    files = occurrences_of(session, [row.id for row in rows if not row.blind])
    told = predictions_of(session, [row.id for row in rows if row.predicted])
    posteriors = posteriors_of(session, [row.id for row in rows if row.fit is not None and not row.secret])
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
                predictions=[prediction_view(one, label_set) for one in told.get(row.id, ())]
                if row.predicted
                else None,
                suspicion=row.suspicion if row.suspected else None,
                state=None if row.secret else row.state,
                consensus=None
                if row.secret
                else ConsensusView(
                    outcome=row.outcome,
                    label=review.named(label_set, row.label),
                    second_label=review.named(label_set, row.second_label),
                    probability=row.probability,
                    posterior=by_class(posteriors.get(row.id), label_set),
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


def prediction_view(said: ModelSays, label_set: LabelSet) -> PredictionView:
    """What a model says, by the names of classes. Those that the label set got later have no probability."""
    values = said.values
    return PredictionView(
        model=said.model,
        version=said.version,
        label=label_set[said.label].name,
        probabilities=None
        if values is None
        else {one.name: round(p, DIGITS) for one, p in zip(label_set, values, strict=False)},
    )


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


DIGITS = 6
"""More than a 32-bit float has would be invented."""


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
    def may_be_suspected(self) -> bool:
        """Whether it may be told how suspicious it is, and why."""
        return bool(self.row.suspected)

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
    """What a picture route needs."""

    cell: int
    pixel_sha256: bytes
    width: int
    height: int


# Made once: grids ask for hundreds of pictures.
PICTURE = select(Cell.id, Cell.pixel_sha256, Cell.width, Cell.height, Cell.dataset).where(Cell.pid == bindparam("pid"))


def seen_picture(session: Reading, person: Person, pid: str, original: bool) -> SeenPicture:
    """A cell's picture, which even a blind reviewer may see; the original file waits. Walks uq_cell_pid."""
    sight = sight_of(session, person)
    row = session.execute(PICTURE, {"pid": pid}).one_or_none()
    if row is None or not sight.may_see_dataset(row.dataset):
        raise UnknownCell("There is no such cell.")
    if original and session.scalar(select(Cell.id).where(Cell.id == row.id, sight.is_blind())) is not None:
        raise HiddenOriginal("You review this cell in an open blind round: its file waits until the round closes.")
    return SeenPicture(row.id, row.pixel_sha256, row.width, row.height)


def cell_reviews(session: Reading, person: Person, pid: str) -> list[Vote]:
    """The reviews of a cell that this person may see, oldest first.

    Whoever reviews it blind sees none, a reviewer of an open round of it their own alone. Until the cell is adjudicated
    names are letters where any of its rounds says so; a person has the same letter whoever looks.
    """
    cell = seen_cell(session, person, pid)
    if cell.is_blind:
        return []
    said = review.reviews_of(session, [cell.row.id])[cell.row.id]
    own = {str(each["uuid"]) for each in said if each["reviewer"] == person.id}
    found, _ = review.votes(session, person, VoteFilter(cell=pid), len(said) + 1)
    hidden, _ = review.rounds_of(session, [cell.row.id]).get(cell.row.id, (False, False))
    if cell.is_secret:
        return [vote for vote in found if str(vote.id) in own]
    if not hidden or cell.row.state == CellState.ADJUDICATED:
        return found
    names = review.pseudonyms(each["reviewer"] for each in said)
    shown = {str(each["uuid"]): names[each["reviewer"]] for each in said if each["reviewer"] != person.id}
    return [vote.model_copy(update={"reviewer": shown.get(str(vote.id), vote.reviewer)}) for vote in found]


def class_pictures(session: Reading, dataset: int, classes: int) -> list[str | None]:
    """The first cell of each given label, by its number: one step in ix_cell_dataset_given_label_id for each."""
    firsts = [
        select(Cell.pid)
        .where(Cell.dataset == dataset, Cell.given_label == label)
        .order_by(Cell.id)
        .limit(1)
        .scalar_subquery()
        .label(f"of_{label}")
        for label in range(classes)
    ]
    return list(session.execute(select(*firsts)).one())


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a dataset's import brought."""

    files: int
    filed_twice: int


def file_facts(session: Reading, dataset: int, cells: int) -> FileFacts:
    """Files, and those among them that repeat a cell under the class that it has already.

    Counts ix_occurrence_dataset_file_sha256; of cells that were born disputed ix_cell_dataset_given_label_id finds the
    few.
    """
    files = session.scalar(select(func.count()).select_from(Occurrence).where(Occurrence.dataset == dataset)) or 0
    born_disputed = select(Cell.id).where(
        Cell.dataset == dataset, Cell.given_label.is_(None), Cell.born_disputed.is_(True)
    )
    torn, torn_files = session.execute(
        select(func.count(Occurrence.cell.distinct()), func.count()).where(Occurrence.cell.in_(born_disputed))
    ).one()
    return FileFacts(files, files - cells - (torn_files - torn))


def seen_job(session: Reading, person: Person, pid: str) -> JobView:
    """A job as this person may see it."""
    return with_report(session, sight_of(session, person), jobs.job(session, pid))


def with_report(session: Reading, sight: Sight, job: JobView) -> JobView:
    """A job without its report, which counts labels and states, while this person reviews its dataset blind."""
    if not sight.blind_datasets:
        return job
    dataset = catalogue.find_dataset(session, job.subject)
    of_round = select(Round.dataset).where(Round.pid == job.subject)
    about = dataset.id if dataset else session.scalar(of_round)
    return replace(job, report=None) if about in sight.blind_datasets else job


def rounds_named(session: Reading, person: Person, slug: str) -> list[tuple[str, str]]:
    """The rounds by which cells can be filtered."""
    return [(view.id, view.name) for view in review.round_views(session, person, dataset=slug)]


def neighbours(session: Reading, sight: Sight, cell: SeenCell) -> tuple[str | None, str | None]:
    """The cells before and after one in order of import. Walks ix_cell_dataset_id.

    That order goes folder by folder, so where somebody reviews blind there are no neighbours.
    """
    if cell.dataset.id in sight.blind_datasets:
        return None, None
    of_dataset = select(Cell.pid).where(Cell.dataset == cell.dataset.id).limit(1)
    before = session.scalar(of_dataset.where(Cell.id < cell.row.id).order_by(Cell.id.desc()))
    after = session.scalar(of_dataset.where(Cell.id > cell.row.id).order_by(Cell.id))
    return before, after


def imported_at(session: Reading, cell: int) -> datetime | None:
    """When the source of a cell's first file was first read. Walks ix_occurrence_cell."""
    return session.scalar(
        select(Source.created_at)
        .join(Occurrence, Occurrence.source == Source.id)
        .where(Occurrence.cell == cell)
        .order_by(Occurrence.id)
        .limit(1)
    )


def answers_of(session: Reading, pids: Sequence[str]) -> dict[str, list[tuple[str, int | None, int | None]]]:
    """What standing reviews say of cells, by public id: verdict and classes. Walks ix_review_cell_id."""
    ids = dict(session.execute(select(Cell.id, Cell.pid).where(Cell.pid.in_(pids))).all())
    said = said_of(session, list(ids))
    return {
        ids[cell]: [(one.verdict, one.label, one.second_label) for one in standing(reviews)]
        for cell, reviews in said.items()
    }
