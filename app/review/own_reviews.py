"""Somebody's own answers in a round: found again, taken up again, and summed up.

Everything is told by assignment, as the queue tells it: no cell, no kind, so that a cell which is shown again looks
like any other. And nothing is told of a cell that the same person meets in an open blind round.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.accounts.people import Person
from app.catalogue.models import Cell, Dataset
from app.database import Reading
from app.labels import queries as labels
from app.labels.labelset import LabelSet
from app.review.blind import sight_of
from app.review.errors import UnknownAssignment
from app.review.models import (
    Assignment,
    AssignmentState,
    Presentation,
    Review,
    Round,
    RoundCounter,
    RoundReviewer,
    RoundState,
    Verdict,
)
from app.review.queries import named, own_progress, own_round
from app.review.schemas import (
    AnsweredItem,
    ClassProgress,
    NextRound,
    OwnProgress,
    OwnReview,
    OwnSummary,
)
from app.review.service import recorded

Later = aliased(Review)
STANDS = and_(
    ~exists(select(Later.id).where(Later.supersedes == Review.uuid)),
    or_(Review.verdict != Verdict.WITHDRAWN, Review.presentation == Presentation.REVEAL),
)
"""The last review of an assignment that is answered: what takes back a second look leaves the blind answer. Walks
uq_review_supersedes."""

CORRECTED = and_(Review.verdict == Verdict.LABEL, Review.shown_label.is_not(None), Review.label != Review.shown_label)


@dataclass(frozen=True)
class OwnFilter:
    """Which of somebody's own answers are asked for."""

    verdict: str | None = None
    label: str | None = None
    flagged: bool = False
    commented: bool = False
    corrected: bool = False
    q: str | None = None


def find_own(
    session: Reading, person: Person, round_pid: str, chosen: OwnFilter, limit: int, after: int | None = None
) -> tuple[list[OwnReview], int | None, int]:
    """A person's standing answers in a round, the last one first: the list, the row after which it goes on, and how
    many there are in all. Walks ix_review_reviewer_id backwards."""
    own_round(session, round_pid, person)
    label_set = label_set_of(session, round_pid)
    condition = and_(*conditions(session, person, round_pid, chosen, label_set))
    total = session.scalar(found(select(func.count())).where(condition)) or 0
    statement = (
        found(
            select(
                Review.id,
                Review.verdict,
                Review.label,
                Review.second_label,
                Review.shown_label,
                Review.flag,
                Review.comment,
                Review.seconds,
                Review.recorded_at,
                Assignment.pid,
                Assignment.position,
            )
        )
        .where(condition)
        .order_by(Review.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        statement = statement.where(Review.id < after)
    rows = session.execute(statement).all()
    items = [
        OwnReview(
            assignment_id=row.pid,
            position=row.position,
            thumbnail_url=f"/api/v1/assignments/{row.pid}/image?size=thumbnail",
            verdict=row.verdict,
            label=named(label_set, row.label),
            second_label=named(label_set, row.second_label),
            shown_label=named(label_set, row.shown_label),
            flag=row.flag,
            comment=row.comment,
            seconds=row.seconds,
            recorded_at=row.recorded_at,
        )
        for row in rows[:limit]
    ]
    return items, rows[limit - 1].id if len(rows) > limit else None, total


def found(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Reviews with their assignments, rounds and cells."""
    return (
        statement.select_from(Review)
        .join(Assignment, Review.assignment == Assignment.id)
        .join(Round, Review.round == Round.id)
        .join(Cell, Review.cell == Cell.id)
    )


def conditions(
    session: Reading, person: Person, round_pid: str, chosen: OwnFilter, label_set: LabelSet
) -> list[ColumnElement[bool]]:
    """What an own answer must be to be listed."""
    held: list[ColumnElement[bool]] = [
        Review.reviewer == person.id,
        Round.pid == round_pid,
        STANDS,
        may_be_told(session, person),
    ]
    if chosen.verdict:
        held.append(Review.verdict == chosen.verdict)
    if chosen.label:
        label = label_set.index(chosen.label)
        held.append(or_(Review.label == label, Review.second_label == label))
    if chosen.flagged:
        held.append(Review.flag.is_(True))
    if chosen.commented:
        held.append(Review.comment != "")
    if chosen.corrected:
        held.append(CORRECTED)
    if chosen.q:
        held.append(Review.comment.icontains(chosen.q, autoescape=True))
    return held


def may_be_told(session: Reading, person: Person) -> ColumnElement[bool]:
    """An answer given earlier, with its label, is kept back while the cell is in an open blind round."""
    sight = sight_of(session, person)
    return or_(sight.sees_labels(), Review.round.in_(sorted(sight.blind_rounds)))


def label_set_of(session: Reading, round_pid: str) -> LabelSet:
    """The classes of a round."""
    label_set = session.scalar(
        select(Dataset.label_set).join(Round, Round.dataset == Dataset.id).where(Round.pid == round_pid)
    )
    assert label_set is not None
    return labels.label_set(session, label_set)


def answered_assignment(session: Reading, person: Person, round_pid: str, assignment_pid: str) -> AnsweredItem:
    """An assignment of an open round, to be taken up again, with the answer that stands. Walks uq_assignment_pid."""
    row = session.execute(
        select(
            Assignment.id,
            Assignment.pid,
            Assignment.position,
            Assignment.state,
            Assignment.shown_label,
            Round.presentation,
        )
        .join_from(Assignment, Round, Assignment.round == Round.id)
        .where(
            Assignment.pid == assignment_pid,
            Assignment.reviewer == person.id,
            Assignment.moved.is_(False),
            Round.pid == round_pid,
            Round.state == RoundState.OPEN,
        )
    ).one_or_none()
    if row is None:
        raise UnknownAssignment("You have no such assignment in an open round.")
    label_set = label_set_of(session, round_pid)
    said = (
        session.execute(select(Review.__table__).where(Review.assignment == row.id).order_by(Review.id.desc()))
        .mappings()
        .all()
    )
    is_answered = row.state == AssignmentState.DONE
    # Where labels are revealed, the blind answer makes an assignment done, and from then on its label is known.
    is_shown = row.presentation == Presentation.SIGHTED or (row.presentation == Presentation.REVEAL and is_answered)
    stands = what_stands(said) if is_answered else None
    return AnsweredItem(
        assignment_id=row.pid,
        position=row.position,
        image_url=f"/api/v1/assignments/{row.pid}/image?size=display",
        thumbnail_url=f"/api/v1/assignments/{row.pid}/image?size=thumbnail",
        shown_label=named(label_set, row.shown_label) if is_shown else None,
        last=said[0]["uuid"] if said else None,
        answer=recorded(dict(stands), label_set) if stands else None,
    )


def what_stands(said: Sequence[RowMapping]) -> RowMapping | None:
    """The answer behind an answered assignment, of its reviews the last one first: the blind one where a second look
    was taken back."""
    if said[0]["verdict"] != Verdict.WITHDRAWN:
        return said[0]
    return next((one for one in said if one["presentation"] == Presentation.BLIND), None)


def progress_by_class(session: Reading, person: Person, round_pid: str) -> OwnProgress:
    """How far a person is, by the label shown where one is. One range of uq_assignment_round."""
    round_id = own_round(session, round_pid, person)
    mine = own_progress(session, person, round_pid)
    assert mine is not None
    presentation = session.scalar(select(Round.presentation).where(Round.id == round_id))
    if presentation != Presentation.SIGHTED:
        return OwnProgress(**mine.model_dump(), classes=None)
    label_set = label_set_of(session, round_pid)
    rows = session.execute(
        select(Assignment.shown_label, Assignment.state, func.count())
        .where(
            Assignment.round == round_id,
            Assignment.reviewer == person.id,
            Assignment.state != AssignmentState.SKIPPED,
        )
        .group_by(Assignment.shown_label, Assignment.state)
    )
    counted: dict[int | None, dict[str, int]] = defaultdict(dict)
    for label, state, n in rows:
        counted[label][state] = n
    in_order = [*range(len(label_set)), None]
    return OwnProgress(
        **mine.model_dump(),
        classes=[
            ClassProgress(
                label=named(label_set, label),
                done=counted[label].get(AssignmentState.DONE, 0),
                total=sum(counted[label].values()),
            )
            for label in in_order
            if label in counted
        ],
    )


def summary(session: Reading, person: Person, round_pid: str) -> OwnSummary:
    """What a person did in a round, and the open round in which cells wait for them next."""
    own_round(session, round_pid, person)
    mine = own_progress(session, person, round_pid)
    assert mine is not None
    condition = and_(*conditions(session, person, round_pid, OwnFilter(), label_set_of(session, round_pid)))
    figures = session.execute(
        found(
            select(
                func.coalesce(func.sum(case((CORRECTED, 1), else_=0)), 0).label("corrected"),
                func.coalesce(func.sum(case((Review.verdict == Verdict.UNSURE, 1), else_=0)), 0).label("unsure"),
            )
        ).where(condition)
    ).one()
    return OwnSummary(
        cells=mine.done,
        total=mine.total,
        corrected=figures.corrected,
        unsure=figures.unsure,
        seconds=(mine.seconds_per_cell or 0.0) * mine.done,
        seconds_per_cell=mine.seconds_per_cell,
        next=next_round(session, person, round_pid),
    )


def next_round(session: Reading, person: Person, round_pid: str) -> NextRound | None:
    """The oldest other open round in which cells wait for this person."""
    row = session.execute(
        select(Round.pid, Round.name, RoundCounter.n)
        .join_from(RoundReviewer, Round, RoundReviewer.round == Round.id)
        .join(RoundCounter, and_(RoundCounter.round == Round.id, RoundCounter.reviewer == RoundReviewer.reviewer))
        .where(
            RoundReviewer.reviewer == person.id,
            RoundReviewer.left_at.is_(None),
            Round.state == RoundState.OPEN,
            Round.pid != round_pid,
            RoundCounter.state == AssignmentState.PENDING,
            RoundCounter.n > 0,
        )
        .order_by(Round.id)
        .limit(1)
    ).one_or_none()
    return row and NextRound(id=row.pid, name=row.name, pending=row.n)
