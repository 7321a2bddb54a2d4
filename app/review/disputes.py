"""Cells that wait for an adjudicator: which, in what order, and what was said of them.

Worst first: what is costly to get wrong (a blast or an atypical promyelocyte against the rest, by the label set), and
among equals what reviewers are most torn about.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, and_, func, or_, select, tuple_, union_all

from app.accounts.people import Person
from app.catalogue import queries as catalogue
from app.catalogue.models import IS_WAITING, Cell, CellState, Dataset, Occurrence
from app.catalogue.queries import DatasetRow
from app.database import Reading
from app.labels import queries as labels
from app.labels.labelset import LabelSet
from app.review import queries
from app.review.blind import Sight, sight_of
from app.review.errors import UnknownCell, UnusableFilter
from app.review.filters import CellFilter, class_index, conditions
from app.review.models import Kind
from app.review.recounting import said_of
from app.review.schemas import Dispute, DisputeVote, RecordedReview
from app.review.verdicts import Said, standing


@dataclass(frozen=True)
class DisputeFilter:
    """Which disputes are asked for."""

    dataset: str | None = None
    round: str | None = None
    pair: str | None = None
    kind: str | None = None
    given_label: str | None = None
    reviewer: str | None = None

    @property
    def needs_a_dataset(self) -> str | None:
        """The field that means nothing without a dataset's classes."""
        return "pair" if self.pair else "given_label" if self.given_label else None


OF_KIND: dict[str | None, ColumnElement[bool]] = {
    None: or_(Cell.state == CellState.DISPUTED, Cell.flagged),
    "disputed": Cell.state == CellState.DISPUTED,
    "flagged": Cell.flagged.expression,
    "born_disputed": and_(Cell.born_disputed, Cell.state == CellState.DISPUTED),
    "dissent": and_(Cell.dissent, Cell.state == CellState.AGREED),
    "reviewed_since": Cell.reviewed_since.expression,
}
KINDS = tuple(kind for kind in OF_KIND if kind)
Place = tuple[bool, float, int]
"""Where a cell stands in the queue: costly or not, how torn, its row."""


def disputes(
    session: Reading, person: Person, chosen: DisputeFilter, limit: int, after: Place | None = None
) -> tuple[list[Dispute], Place | None, int]:
    """Cells that wait for an adjudicator, worst first: the list, where it goes on, and how many there are in all.

    Walks ix_cell_waiting backwards in each dataset, and four more statements whatever their number.
    """
    sight = sight_of(session, person)
    held = [conditions_of(session, sight, dataset, chosen) for dataset in asked_datasets(session, sight, chosen)]
    places = worst(session, held, limit, after)
    total = sum(session.scalar(select(func.count()).select_from(Cell).where(*each)) or 0 for each in held)
    rows = {row.id: row for row in session.execute(LISTED.where(Cell.id.in_([place[-1] for place in places])))}
    items = with_votes(session, person, [rows[id] for _, _, id in places])
    return items, places[-1] if len(places) == limit else None, total


LISTED = select(
    Cell.id,
    Cell.pid,
    Cell.state,
    Cell.entropy,
    Cell.costly,
    Cell.born_disputed,
    Cell.flagged,
    Cell.reviewed_since,
    Cell.dissent,
    Dataset.label_set,
).join_from(Cell, Dataset, Cell.dataset == Dataset.id)

Condition = ColumnElement[bool] | TextClause


def asked_datasets(session: Reading, sight: Sight, chosen: DisputeFilter) -> list[DatasetRow]:
    """The datasets whose disputes are asked for: the one that is named, or all."""
    if chosen.dataset is None:
        if chosen.needs_a_dataset:
            raise UnusableFilter("Name the dataset: its classes are asked for.", "dataset")
        return [dataset for dataset in catalogue.datasets(session) if sight.may_see_dataset(dataset.id)]
    dataset = catalogue.find_dataset(session, chosen.dataset)
    return [dataset] if dataset and sight.may_see_dataset(dataset.id) else []


def conditions_of(session: Reading, sight: Sight, dataset: DatasetRow, chosen: DisputeFilter) -> list[Condition]:
    """What a cell of a dataset must fulfil."""
    label_set = labels.label_set(session, dataset.label_set)
    cells = CellFilter(round=chosen.round, pair=chosen.pair, reviewer=chosen.reviewer)
    held: list[Condition] = [
        *conditions(cells, dataset.id, label_set, sight),
        IS_WAITING,
        OF_KIND.get(chosen.kind, OF_KIND[None]),
        sight.sees_consensus(),
    ]
    if chosen.given_label is not None:
        held.append(given_as(class_index(chosen.given_label, label_set, "given_label")))
    return held


def given_as(label: int) -> ColumnElement[bool]:
    """A cell of which a file carries this label: of those born disputed more than one label does."""
    carries = select(Occurrence.id).where(Occurrence.cell == Cell.id, Occurrence.given_label == label)
    return or_(Cell.given_label == label, and_(Cell.born_disputed, carries.exists()))


def worst(session: Reading, held: Sequence[Sequence[Condition]], limit: int, after: Place | None) -> list[Place]:
    """The first places of the queue, from after a place on. Each dataset's is one range of ix_cell_waiting."""
    if not held:
        return []
    ranges: list[Any] = [queue(each, after).limit(limit) for each in held]
    statement: Any = ranges[0]
    if len(ranges) > 1:
        found = union_all(*(select(each.subquery()) for each in ranges)).subquery()
        order = (found.c.costly.desc(), found.c.entropy.desc(), found.c.id.desc())
        statement = select(found.c.costly, found.c.entropy, found.c.id).order_by(*order).limit(limit)
    return [(bool(costly), torn, id) for costly, torn, id in session.execute(statement)]


def queue(held: Sequence[Condition], after: Place | None) -> Select[bool, float | None, int]:
    """The places of one dataset, worst first. Whatever waits was reviewed or born disputed, so it has an entropy."""
    statement = (
        select(Cell.costly, Cell.entropy, Cell.id)
        .where(*held)
        .order_by(Cell.costly.desc(), Cell.entropy.desc(), Cell.id.desc())
    )
    return statement if after is None else statement.where(tuple_(Cell.costly, Cell.entropy, Cell.id) < after)


def kinds_counted(session: Reading, sight: Sight, slug: str) -> dict[str, int]:
    """How many cells of a dataset wait, by kind. One walk through its range of ix_cell_waiting."""
    dataset = catalogue.dataset(session, slug)
    row = session.execute(
        select(*(func.count().filter(OF_KIND[kind]).label(kind) for kind in KINDS)).where(
            Cell.dataset == dataset.id, IS_WAITING, sight.sees_consensus()
        )
    ).one()
    return dict(row._mapping)


def dispute_of(session: Reading, person: Person, pid: str) -> Dispute:
    """One cell as the list of disputes would have it, whether it waits or not. Walks uq_cell_pid."""
    sight = sight_of(session, person)
    row = session.execute(LISTED.where(Cell.pid == pid, sight.sees_consensus())).one_or_none()
    if row is None:
        raise UnknownCell("There is no such cell, or you review it in an open blind round.")
    return with_votes(session, person, [row])[0]


def with_votes(session: Reading, person: Person, rows: Sequence[Any]) -> list[Dispute]:
    """Disputed cells with every standing vote, given label and adjudication. Four statements whatever their number."""
    cells = [row.id for row in rows]
    reviews = queries.reviews_of(session, cells)
    given = queries.given_labels_of(session, cells)
    rules = queries.rounds_of(session, cells)
    label_sets = {id: labels.label_set(session, id) for id in {row.label_set for row in rows}}
    items = []
    for row in rows:
        names = label_sets[row.label_set]
        said = [queries.as_said(review) for review in reviews[row.id]]
        stands = {review.order for review in standing(said)}
        hidden, reason_required = rules.get(row.id, (True, False))
        letters = queries.pseudonyms(review["reviewer"] for review in reviews[row.id] if review["id"] in stands)
        ballots = []
        for review in reviews[row.id]:
            if review["id"] in stands:
                is_hidden = hidden and review["reviewer"] != person.id
                shown_name = letters[review["reviewer"]] if is_hidden else review["name"]
                ballots.append(
                    DisputeVote(
                        id=review["uuid"],
                        reviewer=shown_name,
                        verdict=review["verdict"],
                        label=queries.named(names, review["label"]),
                        second_label=queries.named(names, review["second_label"]),
                        comment=review["comment"],
                        mode=review["mode"],
                        presentation=review["presentation"],
                        flag=review["flag"],
                        seconds=review["seconds"],
                    )
                )
        items.append(
            Dispute(
                cell_id=row.pid,
                state=row.state,
                entropy=row.entropy,
                costly=row.costly,
                born_disputed=row.born_disputed,
                flagged=row.flagged,
                reviewed_since=row.reviewed_since,
                dissent=row.dissent,
                given_labels=[names[index].name for index in given.get(row.id, [])],
                votes=ballots,
                names_hidden=hidden,
                reason_required=reason_required,
                own=any(
                    review["reviewer"] == person.id
                    and review["kind"] != Kind.ADJUDICATION
                    and not review["adjudicate_own"]
                    for review in reviews[row.id]
                ),
                adjudication=last_adjudication(reviews[row.id], names),
                thumbnail_url=f"/api/v1/cells/{row.pid}/image?size=thumbnail",
                image_url=f"/api/v1/cells/{row.pid}/image?size=display",
            )
        )
    return items


def last_adjudication(reviews: Sequence[Any], label_set: LabelSet) -> RecordedReview | None:
    """The cell's last adjudication, a withdrawn one too: it is what the next one supersedes."""
    last = next((review for review in reversed(reviews) if review["kind"] == Kind.ADJUDICATION), None)
    if last is None:
        return None
    return RecordedReview(
        id=last["uuid"],
        verdict=last["verdict"],
        label=queries.named(label_set, last["label"]),
        second_label=queries.named(label_set, last["second_label"]),
        comment=last["comment"],
        flag=last["flag"],
        recorded_at=last["recorded_at"],
    )


MOST_PAIRED = 2000
"""Disputes looked through for the pairs that they lie between; the worst ones come first."""


def disputed_pairs(session: Reading, person: Person, slug: str) -> list[tuple[tuple[str, str], int]]:
    """Between which two answers the worst disputes lie, the most frequent pair first."""
    sight = sight_of(session, person)
    dataset = catalogue.dataset(session, slug)
    label_set = labels.label_set(session, dataset.label_set)
    held = conditions_of(session, sight, dataset, DisputeFilter(slug, kind="disputed"))
    cells = [id for _, _, id in worst(session, [held], MOST_PAIRED, None)]
    said = said_of(session, cells)
    given = queries.given_labels_of(session, [cell for cell in cells if cell not in said])
    counted: Counter[tuple[str, str]] = Counter()
    for cell in cells:
        answers = standing(said.get(cell, ()))
        members = {name for one in answers for name in answer_names(label_set, one)}
        if len(members) < 2:
            members = {label_set[label].name for label in given.get(cell, ())}
        ordered = sorted(members)
        counted.update((first, second) for at, first in enumerate(ordered) for second in ordered[at + 1 :])
    return counted.most_common()


def answer_names(label_set: LabelSet, said: Said) -> list[str]:
    """What an answer names: its classes, or the verdict where it names none."""
    return [label_set[index].name for index in (said.label, said.second_label) if index is not None] or [said.verdict]
