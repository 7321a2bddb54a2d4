"""Reading what figures of quality are made of: whose they are to see, what was said in rounds, what was settled."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, String, and_, bindparam, case, cast, func, select

from app.accounts.models import Role, User
from app.catalogue import queries as catalogue
from app.catalogue.models import IS_SETTLED, Cell, Occurrence, Outcome, PredictionModel
from app.catalogue.queries import DatasetRow
from app.database import Reading
from app.quality.errors import FiguresWait, UnknownDataset
from app.quality.packing import KIND_BITS, KINDS, LABEL_BITS, PRESENTATION_BITS, PRESENTATIONS, VERDICT_BITS, VERDICTS
from app.review.blind import Sight
from app.review.models import Review, Round, RoundCell, RoundReviewer, RoundState
from app.words import msg

BLOCK = 50_000
"""Rows that the database hands over at a time."""

WAITING = msg(
    "You review cells of this dataset in an open blind round, so figures of its quality wait until it closes."
)


def readable_dataset(session: Reading, sight: Sight, slug: str) -> DatasetRow:
    """A dataset that this person may see, unless they review it blind: then its figures wait, whatever their role."""
    found = catalogue.find_dataset(session, slug)
    if found is None or not sight.may_see_dataset(found.id):
        raise UnknownDataset("There is no dataset {slug}.", slug=slug)
    reason = held_back(sight, found.id)
    if reason:
        raise FiguresWait(reason)
    return found


def held_back(sight: Sight, dataset: int) -> str | None:
    """Why figures of a dataset wait for this person, None where they don't."""
    return WAITING if dataset in sight.blind_datasets else None


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A round that was opened, as far as figures need it."""

    id: int
    pid: str
    name: str
    presentation: str
    state: str
    names_hidden: bool


def rounds_in_sight(session: Reading, sight: Sight, dataset: int) -> list[RoundRow]:
    """The rounds of a dataset of whose answers this person may see figures, oldest first.

    For a reviewer they are the closed ones in which they reviewed. Walks ix_round_dataset.
    """
    statement = (
        select(Round.id, Round.pid, Round.name, Round.presentation, Round.state, Round.names_hidden)
        .where(Round.dataset == dataset, Round.state.in_((RoundState.OPEN, RoundState.CLOSED)))
        .order_by(Round.id)
    )
    if not sight.person.may(Role.ADJUDICATOR):
        statement = statement.where(
            Round.state == RoundState.CLOSED,
            Round.id.in_(select(RoundReviewer.round).where(RoundReviewer.reviewer == sight.person.id)),
        )
    return [RoundRow(*row) for row in session.execute(statement)]


def packed(column: ColumnElement[Any], values: Sequence[str], bits: int) -> ColumnElement[int]:
    """The place of a column's value among those that it can have, moved to its bits."""
    numbers = {value: number << bits for number, value in enumerate(values)}
    return case(numbers, value=column, else_=0)


SAID = cast(
    func.coalesce(Review.label, -1)
    + 1
    + (func.coalesce(Review.second_label, -1) + 1) * (1 << LABEL_BITS)
    + packed(Review.verdict.expression, VERDICTS, VERDICT_BITS)
    + packed(Review.kind.expression, KINDS, KIND_BITS)
    + packed(func.coalesce(Review.presentation, "sighted"), PRESENTATIONS, PRESENTATION_BITS),
    BigInteger,
)
"""All that matters of a review in one number."""

NUMBERS: tuple[ColumnElement[Any], ...] = (
    Review.id.expression,
    Review.assignment.expression,
    Review.round.expression,
    Review.cell.expression,
    Review.reviewer.expression,
    SAID,
)


def in_one_text(numbers: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
    """The numbers of many rows, all of them apart by a blank."""
    first, *others = (cast(number, String) for number in numbers)
    of_row: ColumnElement[str] = first
    for number in others:
        of_row = of_row + " " + number
    return func.aggregate_strings(of_row, " ")


ANSWERS = select(in_one_text(NUMBERS)).where(
    Review.round.in_(bindparam("rounds", expanding=True)),
    Review.id > bindparam("after"),
    Review.id <= bindparam("until"),
)
"""Six numbers a review, all reviews of a block in one text: a hundred thousand rows take five times as long to hand
over as to read, and nobody else's Python runs meanwhile."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """How far recording has come. Reviews are only ever added, so two equal ones mean that nothing was."""

    reviews: int
    last: int


def recorded(session: Reading, rounds: Collection[int]) -> Recorded:
    """How many reviews the rounds have, and the last one's row. Walks ix_review_round_id and no table."""
    n, last = session.execute(select(func.count(), func.max(Review.id)).where(Review.round.in_(sorted(rounds)))).one()
    return Recorded(n, last or 0)


def answers(session: Reading, rounds: Collection[int], after: int, until: int) -> Iterator[str]:
    """The rounds' reviews whose rows lie between two, in blocks and in no order. Walks ix_review_round_id."""
    for start in range(after, until, BLOCK):
        asked = {"rounds": sorted(rounds), "after": start, "until": min(start + BLOCK, until)}
        text = session.scalar(ANSWERS, asked)
        if text:
            yield text


def names_of(session: Reading, reviewers: Collection[int]) -> dict[int, str]:
    """The names of people (primary key)."""
    rows = session.execute(select(User.id, User.name).where(User.id.in_(sorted(reviewers))))
    return dict(rows.all())


def first_adjudications(session: Reading, dataset: int) -> dict[int, int]:
    """The row of everybody's first adjudication in a dataset. Adjudications alone have no assignment: one range of
    ix_review_assignment_id."""
    rows = session.execute(
        select(Review.reviewer, func.min(Review.id))
        .join(Cell, Review.cell == Cell.id)
        .where(Review.assignment.is_(None), Cell.dataset == dataset)
        .group_by(Review.reviewer)
    )
    return dict(rows.all())


def opened_rounds(session: Reading, dataset: int) -> dict[int, bool]:
    """Every round of a dataset that was opened, and whether it hides names. Walks ix_round_dataset."""
    rows = session.execute(
        select(Round.id, Round.names_hidden).where(Round.dataset == dataset, Round.state != RoundState.DRAFT)
    )
    return dict(rows.all())


def attribute_of_cells(session: Reading, dataset: int, name: str) -> Iterator[tuple[int, str]]:
    """The value of an attribute by cell, of a cell's first file that has one. Walks uq_occurrence_dataset."""
    value = Occurrence.attributes[name].as_string()
    statement = (
        select(Occurrence.cell, value)
        .where(Occurrence.dataset == dataset, Occurrence.attributes.is_not(None), value.is_not(None))
        .order_by(Occurrence.id.desc())
    )
    for block in session.stream(statement, BLOCK).partitions():
        yield from ((cell, str(found)) for cell, found in block)


@dataclass(frozen=True, slots=True)
class Model:
    """A model whose predictions were loaded."""

    id: int
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}/{self.version}"


def models(session: Reading, dataset: int) -> list[Model]:
    """The models with predictions for a dataset, the one that was loaded last first (unique index)."""
    rows = session.execute(
        select(PredictionModel.id, PredictionModel.name, PredictionModel.version)
        .where(PredictionModel.dataset == dataset)
        .order_by(PredictionModel.loaded_at.desc(), PredictionModel.id.desc())
    )
    return [Model(*row) for row in rows]


SETTLED = (Cell.outcome, Cell.label, Cell.second_label)
"""What was settled of a cell."""


def is_settled() -> ColumnElement[bool]:
    """A cell with an outcome of which nothing is awaited, in the words of ix_cell_settled."""
    return and_(IS_SETTLED, Cell.outcome.is_not(None))


def of_round(rounds: Sequence[int] | None) -> list[ColumnElement[bool]]:
    """A cell that one of the rounds covers, where figures are of a round. Walks round_cell's primary key."""
    if rounds is None:
        return []
    return [select(RoundCell.cell).where(RoundCell.round.in_(rounds), RoundCell.cell == Cell.id).exists()]


def given_and_settled(
    session: Reading, dataset: int, rounds: Sequence[int] | None = None
) -> list[tuple[int, int | None, int | None, str, int]]:
    """Settled cells by given label, class, second class and outcome, with their number. One walk through
    ix_cell_settled, which has all that it needs in this order."""
    by = (Cell.given_label, Cell.label, Cell.second_label, Cell.outcome)
    rows = session.execute(
        select(*by, func.count())
        .where(Cell.dataset == dataset, IS_SETTLED, Cell.outcome.is_not(None), Cell.given_label.is_not(None))
        .where(*of_round(rounds))
        .group_by(*by)
    )
    return [
        (given, label, second, outcome, n) for given, label, second, outcome, n in rows if given is not None and outcome
    ]


@dataclass(frozen=True, slots=True)
class GivenLabelError:
    """How many settled cells with a given label turned out to be something else, of how many."""

    wrong: int
    of: int


def given_label_errors(
    session: Reading, dataset: int, of: Mapping[int, int] | None = None, rounds: Sequence[int] | None = None
) -> dict[int, GivenLabelError]:
    """By given label, or by what ``of`` counts it as. A borderline outcome that holds the label is not wrong; unusable
    cells are left out."""

    def counted(label: int | None) -> int | None:
        return label if of is None or label is None else of[label]

    found: dict[int, GivenLabelError] = {}
    for given, label, second, outcome, n in given_and_settled(session, dataset, rounds):
        if outcome not in (Outcome.LABEL, Outcome.BORDERLINE):
            continue
        key = counted(given)
        assert key is not None
        wrong = key not in (counted(label), counted(second))
        before = found.get(key, GivenLabelError(0, 0))
        found[key] = GivenLabelError(before.wrong + n * wrong, before.of + n)
    return found
