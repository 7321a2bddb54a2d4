"""Reading rounds, queues, votes and disputes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Select, bindparam, case, func, or_, select

from app.accounts.models import Role, User
from app.accounts.people import Person
from app.catalogue import queries as catalogue
from app.catalogue.models import Cell, Dataset, Occurrence
from app.consensus import queries as consensus
from app.database import Reading
from app.labels import queries as labels
from app.labels.labelset import LabelSet
from app.labels.models import LabelSetRow
from app.review.blind import sight_of
from app.review.errors import FitsWait, UnknownAssignment, UnknownDatasetPage, UnknownRound
from app.review.models import (
    IS_PENDING,
    Assignment,
    Presentation,
    Review,
    Round,
    RoundCell,
    RoundCounter,
    RoundReviewer,
    RoundState,
)
from app.review.recounting import said_of
from app.review.schemas import (
    FitView,
    Progress,
    Queue,
    QueueItem,
    ReviewerProgress,
    RoundView,
    Vote,
)
from app.review.verdicts import Said, standing

OPENED = (RoundState.OPEN, RoundState.CLOSED, RoundState.PLANNING)


# What a reviewer's browser asks for all day is made once: making a statement anew costs more than running it.
LAST_OF_ASSIGNMENT = (
    select(Review.uuid)
    .where(Review.assignment == Assignment.id)
    .order_by(Review.id.desc())
    .limit(1)
    .correlate(Assignment)
    .scalar_subquery()
)
LABEL_IN_QUEUE = case((Round.presentation == Presentation.SIGHTED, Assignment.shown_label))
"""In a reveal round the label waits for the answer."""
NEXT_ASSIGNMENTS = (
    select(
        Assignment.pid,
        Assignment.position,
        LABEL_IN_QUEUE,
        Dataset.label_set,
        LabelSetRow.digest,
        LAST_OF_ASSIGNMENT,
    )
    .join_from(Round, Assignment, Assignment.round == Round.id)
    .join(Dataset, Round.dataset == Dataset.id)
    .join(LabelSetRow, Dataset.label_set == LabelSetRow.id)
    .where(
        Round.pid == bindparam("round"),
        Round.state == RoundState.OPEN,
        Assignment.reviewer == bindparam("reviewer"),
        IS_PENDING,
        Assignment.position > bindparam("after"),
    )
    .order_by(Assignment.position)
    .limit(bindparam("most", type_=Integer))
)
ASSIGNED_PICTURE = (
    select(Cell.id, Cell.pixel_sha256, Cell.width, Cell.height, Assignment.transform)
    .join_from(Assignment, Cell, Assignment.cell == Cell.id)
    .where(Assignment.pid == bindparam("assignment"), Assignment.reviewer == bindparam("reviewer"))
)


def next_assignments(session: Reading, round_pid: str, reviewer: Person, limit: int, after: int) -> Queue:
    """What a reviewer has to answer next. One range of ix_assignment_pending."""
    asked = {"round": round_pid, "reviewer": reviewer.id, "after": after, "most": limit}
    rows = session.execute(NEXT_ASSIGNMENTS, asked).all()
    if not rows:
        own_round(session, round_pid, reviewer)
        return Queue(items=[])
    label_set = labels.label_set_with(session, rows[0].label_set, rows[0].digest)
    return Queue(
        items=[
            QueueItem(
                assignment_id=pid,
                position=position,
                image_url=f"/api/v1/assignments/{pid}/image?size=display",
                thumbnail_url=f"/api/v1/assignments/{pid}/image?size=thumbnail",
                shown_label=None if shown is None else label_set[shown].name,
                last=before,
            )
            for pid, position, shown, _, _, before in rows
        ]
    )


def own_round(session: Reading, round_pid: str, reviewer: Person) -> int:
    """The row of an opened round in which this person reviews, or reviewed."""
    found = session.scalar(
        select(Round.id)
        .join(RoundReviewer, RoundReviewer.round == Round.id)
        .where(Round.pid == round_pid, RoundReviewer.reviewer == reviewer.id, Round.state.in_(OPENED))
    )
    if found is None:
        raise UnknownRound("There is no such round of yours.")
    return found


@dataclass(frozen=True, slots=True)
class Picture:
    """The cell behind an assignment's picture."""

    cell: int
    pixel_sha256: bytes
    width: int
    height: int
    transform: int | None


def assigned_picture(session: Reading, assignment_pid: str, reviewer: Person) -> Picture:
    """The picture of an assignment of this reviewer. Walks uq_assignment_pid."""
    row = session.execute(ASSIGNED_PICTURE, {"assignment": assignment_pid, "reviewer": reviewer.id}).one_or_none()
    if row is None:
        raise UnknownAssignment("You have no such assignment.")
    return Picture(row.id, row.pixel_sha256, row.width, row.height, row.transform)


def round_views(
    session: Reading, person: Person, pid: str | None = None, dataset: str | None = None
) -> list[RoundView]:
    """Rounds as this person may see them, newest first: for adjudicators and admins all, else opened ones of theirs.

    By which label cells were chosen is not told to whoever reviews them blind. Five statements whatever their number.
    """
    statement = (
        select(Round.__table__, Dataset.slug)
        .join_from(Round, Dataset, Round.dataset == Dataset.id)
        .order_by(Round.id.desc())
    )
    if pid is not None:
        statement = statement.where(Round.pid == pid)
    if dataset is not None:
        statement = statement.where(Dataset.slug == dataset)
    sees_all = person.may(Role.ADJUDICATOR)
    if not sees_all:
        statement = statement.where(
            Round.state.in_(OPENED),
            Round.id.in_(select(RoundReviewer.round).where(RoundReviewer.reviewer == person.id)),
        )
    rows = session.execute(statement).mappings().all()
    ids = [row["id"] for row in rows]
    blind = sight_of(session, person).blind_rounds
    counts = counters(session, ids)
    people = people_of(session, ids)
    cells = cell_counts(session, ids)
    views = []
    for row in rows:
        of_round = counts[row["id"]]
        mine = {person.id: of_round.get(person.id, {})}
        views.append(
            RoundView(
                id=row["pid"],
                name=row["name"],
                dataset=row["slug"],
                state=row["state"],
                presentation=row["presentation"],
                order=row["order"],
                repeat_share=row["repeat_share"] if sees_all else None,
                trap_share=row["trap_share"] if sees_all else None,
                audit_share=row["audit_share"] if sees_all else None,
                target_probability=row["target_probability"],
                suggestions=row["suggestions"],
                has_traps=row["trap_share"] > 0,
                reviews_per_cell=row["reviews_per_cell"],
                filter=row["filter"] if sees_all and row["id"] not in blind else {},
                names_hidden=row["names_hidden"],
                adjudicate_own=row["adjudicate_own"],
                reason_required=row["reason_required"],
                seed=row["seed"] if sees_all else None,
                cells=cells.get(row["id"], 0),
                created_at=row["created_at"],
                opened_at=row["opened_at"],
                closed_at=row["closed_at"],
                progress=Progress(**progress((of_round if sees_all else mine).values())),
                reviewers=[
                    ReviewerProgress(reviewer=name, left=left, **progress([of_round.get(id, {})]))
                    for id, name, left in people[row["id"]]
                ]
                if sees_all
                else None,
            )
        )
    return views


def round_view(session: Reading, person: Person, pid: str) -> RoundView:
    """One round as this person may see it."""
    views = round_views(session, person, pid)
    if not views:
        raise UnknownRound("There is no such round.")
    return views[0]


States = dict[str, tuple[int, float]]


def counters(session: Reading, rounds: Sequence[int]) -> dict[int, dict[int, States]]:
    """Assignments and seconds by round, reviewer and state. Walks round_counter's primary key."""
    counted: dict[int, dict[int, States]] = defaultdict(lambda: defaultdict(dict))
    for row in session.execute(select(RoundCounter.__table__).where(RoundCounter.round.in_(rounds))):
        counted[row.round][row.reviewer][row.state] = (row.n, row.seconds)
    return counted


def progress(reviewers: Iterable[States]) -> dict[str, Any]:
    """The sum over reviewers. Skipped assignments are asked of nobody, so they are no part of the total."""
    n = {"done": 0, "pending": 0, "skipped": 0}
    seconds = 0.0
    for states in reviewers:
        for state, (count, spent) in states.items():
            n[state] += count
            seconds += spent
    pace = seconds / n["done"] if n["done"] and seconds else None
    return {"total": n["done"] + n["pending"], **n, "seconds_per_cell": pace}


def people_of(session: Reading, rounds: Sequence[int]) -> dict[int, list[tuple[int, str, bool]]]:
    """Who reviews or reviewed in the rounds, in the order in which they were named."""
    people: dict[int, list[tuple[int, str, bool]]] = defaultdict(list)
    rows = session.execute(
        select(RoundReviewer.round, User.id, User.name, RoundReviewer.left_at)
        .join_from(RoundReviewer, User, RoundReviewer.reviewer == User.id)
        .where(RoundReviewer.round.in_(rounds))
        .order_by(RoundReviewer.round, RoundReviewer.ordinal, User.id)
    )
    for round_id, id, name, left_at in rows:
        people[round_id].append((id, name, left_at is not None))
    return people


def cell_counts(session: Reading, rounds: Sequence[int]) -> dict[int, int]:
    """How many cells the rounds cover. Walks round_cell's primary key."""
    rows = session.execute(
        select(RoundCell.round, func.count()).where(RoundCell.round.in_(rounds)).group_by(RoundCell.round)
    )
    return dict(rows.all())


@dataclass(frozen=True)
class VoteFilter:
    """Which reviews are asked for."""

    dataset: str | None = None
    round: str | None = None
    cell: str | None = None
    reviewer: str | None = None
    since: datetime | None = None


def votes(
    session: Reading, person: Person, chosen: VoteFilter, limit: int, after: int = 0
) -> tuple[list[Vote], int | None]:
    """Reviews in order of recording, from after a row on; also the row after which the list goes on.

    Walks review's primary key, or ix_review_reviewer_id, ix_review_round_id, ix_review_cell_id.
    """
    statement = vote_statement(session, person, chosen).where(Review.id > after).order_by(Review.id).limit(limit)
    rows = session.execute(statement).mappings().all()
    answers = as_votes(session, person, rows)
    return answers, rows[-1]["id"] if len(rows) == limit else None


def vote_statement(session: Reading, person: Person, chosen: VoteFilter) -> Select[Any]:
    """The select behind a list of reviews, with what this person may not see left out."""
    sight = sight_of(session, person)
    statement = (
        select(
            Review.__table__,
            User.name.label("name"),
            Round.pid.label("round_pid"),
            Round.state.label("round_state"),
            Assignment.pid.label("assignment_pid"),
            Cell.pid.label("cell_pid"),
            Cell.pixel_sha256,
            or_(Review.reviewer == person.id, sight.sees_names()).label("named"),
            Dataset.label_set,
        )
        .join_from(Review, Cell, Review.cell == Cell.id)
        .join(Dataset, Cell.dataset == Dataset.id)
        .join(User, Review.reviewer == User.id)
        .join(Assignment, Review.assignment == Assignment.id, isouter=True)
        .join(Round, Review.round == Round.id, isouter=True)
    )
    if not person.may(Role.ADJUDICATOR):
        statement = statement.where(Review.reviewer == person.id)
    statement = statement.where(or_(Review.reviewer == person.id, sight.sees_labels()))
    if sight.blind_rounds:
        statement = statement.where(or_(sight.sees_labels(), Review.round.in_(sorted(sight.blind_rounds))))
    for column, value in (
        (Dataset.slug, chosen.dataset),
        (Round.pid, chosen.round),
        (Cell.pid, chosen.cell),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if chosen.reviewer is not None:
        statement = statement.where(
            User.name == chosen.reviewer.strip().casefold(), or_(Review.reviewer == person.id, sight.sees_names())
        )
    if chosen.since is not None:
        statement = statement.where(Review.recorded_at >= chosen.since)
    return statement


def as_votes(session: Reading, person: Person, rows: Sequence[Any]) -> list[Vote]:
    """Rows as they go over the wire. Two more statements whatever their number."""
    said = said_of(session, sorted({row["cell"] for row in rows}))
    stands = {review.order for reviews in said.values() for review in standing(reviews)}
    hidden_names = {cell: pseudonyms(review.reviewer for review in reviews) for cell, reviews in said.items()}
    label_sets = {id: labels.label_set(session, id) for id in {row["label_set"] for row in rows}}
    sees_all = person.may(Role.ADJUDICATOR)
    sight = sight_of(session, person)
    answers = []
    for row in rows:
        names = label_sets[row["label_set"]]
        reviews_in_it = row["round"] in sight.open_rounds
        hidden = (
            (row["round_state"] == RoundState.OPEN and not sees_all)
            or row["round"] in sight.blind_rounds
            or (reviews_in_it and row["reviewer"] == person.id)
        )
        answers.append(
            Vote(
                id=row["uuid"],
                cell_id=None if hidden else row["cell_pid"],
                pixel_sha256=None if hidden else row["pixel_sha256"].hex(),
                assignment_id=row["assignment_pid"],
                reviewer=row["name"] if row["named"] else hidden_names[row["cell"]][row["reviewer"]],
                verdict=row["verdict"],
                label=named(names, row["label"]),
                second_label=named(names, row["second_label"]),
                shown_label=named(names, row["shown_label"]),
                presentation=row["presentation"],
                mode=row["mode"],
                flag=row["flag"],
                round=row["round_pid"],
                kind=None if hidden or reviews_in_it else row["kind"],
                reviewed_at=row["recorded_at"],
                seconds=row["seconds"],
                standing=None if hidden else row["id"] in stands,
                comment=row["comment"],
                reason=row["reason"],
                supersedes=row["supersedes"],
            )
        )
    return answers


def named(label_set: LabelSet, index: int | None) -> str | None:
    """A class by its name."""
    return None if index is None else label_set[index].name


def pseudonyms(reviewers: Iterable[int]) -> dict[int, str]:
    """A letter for each person, in the order in which they first appear: Reviewer A, Reviewer B … Reviewer AA."""
    return {
        reviewer: f"Reviewer {letters(number)}" for number, reviewer in enumerate(dict.fromkeys(reviewers), start=1)
    }


def letters(number: int) -> str:
    """1 is A, 26 is Z, 27 is AA, as spreadsheets count their columns."""
    rest, last = divmod(number - 1, 26)
    return (letters(rest) if rest else "") + chr(ord("A") + last)


def reviews_of(session: Reading, cells: Sequence[int]) -> dict[int, list[Any]]:
    """Every review of the cells with its reviewer's name, in order of recording. Walks ix_review_cell_id."""
    found: dict[int, list[Any]] = defaultdict(list)
    rows = session.execute(
        select(Review.__table__, User.name.label("name"), Round.adjudicate_own)
        .join_from(Review, User, Review.reviewer == User.id)
        .join(Round, Review.round == Round.id, isouter=True)
        .where(Review.cell.in_(cells))
        .order_by(Review.cell, Review.id)
    ).mappings()
    for row in rows:
        found[row["cell"]].append(row)
    return found


def as_said(row: Any) -> Said:
    """A review as far as it matters for what stands."""
    return Said(
        row["id"],
        row["kind"],
        row["assignment"],
        row["round"],
        row["cell"],
        row["reviewer"],
        row["verdict"],
        row["label"],
        row["second_label"],
        row["flag"],
        row["presentation"],
    )


def given_labels_of(session: Reading, cells: Sequence[int]) -> dict[int, list[int]]:
    """The different given labels of the cells, in class order. Walks ix_occurrence_cell."""
    given: dict[int, list[int]] = defaultdict(list)
    rows = session.execute(
        select(Occurrence.cell, Occurrence.given_label)
        .where(Occurrence.cell.in_(cells), Occurrence.given_label.is_not(None))
        .distinct()
        .order_by(Occurrence.cell, Occurrence.given_label)
    )
    for cell, label in rows:
        if label is not None:
            given[cell].append(label)
    return given


def rounds_of(session: Reading, cells: Sequence[int]) -> dict[int, tuple[bool, bool]]:
    """Whether any round of the cell hides names, and whether any asks for a reason. Walks ix_assignment_cell_round."""
    rows = session.execute(
        select(Assignment.cell, Round.names_hidden, Round.reason_required)
        .join_from(Assignment, Round, Assignment.round == Round.id)
        .where(Assignment.cell.in_(cells))
        .distinct()
    )
    rules: dict[int, tuple[bool, bool]] = {}
    for cell, hidden, reason in rows:
        before = rules.get(cell, (False, False))
        rules[cell] = (before[0] or hidden, before[1] or reason)
    return rules


def own_rounds(session: Reading, person: Person) -> set[str]:
    """The public ids of the rounds in which this person reviews."""
    return set(
        session.execute(
            select(Round.pid)
            .join(RoundReviewer, RoundReviewer.round == Round.id)
            .where(RoundReviewer.reviewer == person.id, RoundReviewer.left_at.is_(None))
        ).scalars()
    )


def own_progress(session: Reading, person: Person, round_pid: str) -> Progress | None:
    """How far this person is in a round, None where they don't review in it. Walks round_counter's primary key."""
    found = session.execute(
        select(Round.id)
        .join(RoundReviewer, RoundReviewer.round == Round.id)
        .where(Round.pid == round_pid, RoundReviewer.reviewer == person.id)
    ).scalar_one_or_none()
    if found is None:
        return None
    return Progress(**progress([counters(session, [found])[found].get(person.id, {})]))


def fit_views(
    session: Reading, person: Person, slug: str, limit: int, before: int | None = None
) -> tuple[list[FitView], int | None]:
    """A dataset's fits, newest first, and the row before which the list goes on. They wait while this person reviews
    the dataset blind. Walks ix_consensus_fit_dataset_id backwards."""
    dataset = catalogue.dataset(session, slug)
    sight = sight_of(session, person)
    if not sight.may_see_dataset(dataset.id):
        raise UnknownDatasetPage("There is no such dataset.")
    if dataset.id in sight.blind_datasets:
        raise FitsWait(
            "You review cells of this dataset in an open blind round, so its fits wait until that round closes."
        )
    newest = consensus.newest_fit(session, dataset.id)
    found = consensus.fits(session, dataset.id, limit + 1, before)
    views = [
        FitView(
            method=fit.method,
            prior=fit.prior,
            given_votes=fit.given_votes,
            cells=fit.cells,
            votes=fit.votes,
            raters=len(fit.raters),
            iterations=fit.iterations,
            converged=fit.converged,
            log_likelihood=fit.log_likelihood,
            sha256=fit.sha256.hex(),
            in_use=newest is not None and fit.id == newest.id,
            created_at=fit.created_at,
        )
        for fit in found[:limit]
    ]
    return views, found[limit - 1].id if len(found) > limit else None


def author_of(session: Reading, round_pid: str) -> str:
    """Who drafted a round."""
    return session.execute(
        select(User.name).join(Round, Round.created_by == User.id).where(Round.pid == round_pid)
    ).scalar_one()


def paces(session: Reading, slug: str) -> dict[str, float]:
    """Active seconds a cell by reviewer, over all rounds of a dataset."""
    rows = session.execute(
        select(User.name, func.sum(RoundCounter.n), func.sum(RoundCounter.seconds))
        .join_from(RoundCounter, Round, RoundCounter.round == Round.id)
        .join(Dataset, Round.dataset == Dataset.id)
        .join(User, RoundCounter.reviewer == User.id)
        .where(Dataset.slug == slug, RoundCounter.state == "done")
        .group_by(User.name)
    )
    return {name: seconds / n for name, n, seconds in rows if n and seconds}


def count_reviews(session: Reading, dataset: int) -> int:
    """Answers that stand in a dataset's rounds. Walks round_counter's primary key, a few rows a round."""
    return (
        session.scalar(
            select(func.sum(RoundCounter.n))
            .join(Round, RoundCounter.round == Round.id)
            .where(Round.dataset == dataset, RoundCounter.state == "done")
        )
        or 0
    )
