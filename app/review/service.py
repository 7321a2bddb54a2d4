"""Recording what people say: reviews in batches, and the adjudications that settle cells.

Both begin by locking the touched cells in order of id, so that of two writers to one cell the second counts the first
one's vote, and both recount the cells in the same transaction.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import and_, bindparam, insert, or_, select, text, update

from app.accounts.people import Person
from app.audit import service as audit
from app.catalogue.models import Cell, Dataset
from app.consensus.rules import DAWID_SKENE
from app.database import Writing, now
from app.labels import queries as labels
from app.labels.errors import UnknownClass
from app.labels.labelset import LabelSet
from app.labels.models import LabelSetRow
from app.review.blind import sight_of
from app.review.doubting import ask_if_heard_enough
from app.review.errors import NotTheLast, OwnCell, UnknownCell, UnusableAnswer
from app.review.escalation import keep_targets
from app.review.models import (
    Assignment,
    AssignmentState,
    Kind,
    Presentation,
    Review,
    Round,
    RoundReviewer,
    RoundState,
    Verdict,
)
from app.review.recounting import recount_cells, said_of
from app.review.refitting import ask_if_due
from app.review.schemas import (
    Adjudicated,
    GivenAdjudication,
    GivenReview,
    RecordedReview,
    ReviewResult,
    ReviewResults,
)
from app.review.verdicts import VOTING_KINDS, check_verdict, takes_back_all

# The statements of the hot path are made once: making one anew costs more than SQLite takes to run it.
# The sum keeps SQLite from walking everything that the reviewer was ever assigned instead of uq_assignment_pid.
MINE = (Assignment.pid.in_(bindparam("pids", expanding=True)), Assignment.reviewer + 0 == bindparam("reviewer"))
MY_CELLS = select(Assignment.cell).where(*MINE)
ASKED = (
    select(
        Assignment.id,
        Assignment.pid,
        Assignment.cell,
        Assignment.kind,
        Assignment.shown_label,
        Assignment.state,
        Assignment.moved,
        RoundReviewer.left_at.is_not(None).label("left"),
        Round.id,
        Round.pid,
        Round.state,
        Round.presentation,
        Round.target_probability,
        Dataset.id,
        Dataset.rule,
        Dataset.label_set,
        LabelSetRow.digest,
    )
    .join_from(Assignment, Round, Assignment.round == Round.id)
    .join(RoundReviewer, and_(RoundReviewer.round == Round.id, RoundReviewer.reviewer == Assignment.reviewer))
    .join(Dataset, Round.dataset == Dataset.id)
    .join(LabelSetRow, Dataset.label_set == LabelSetRow.id)
    .where(*MINE)
)
RECORDED = (
    select(Review.__table__)
    .where(
        or_(
            Review.assignment.in_(bindparam("assignments", expanding=True)),
            Review.uuid.in_(bindparam("uuids", expanding=True)),
        )
    )
    .order_by(Review.id)
)
RECORD = insert(Review)
MOVE_ASSIGNMENTS = (
    update(Assignment).where(Assignment.id.in_(bindparam("ids", expanding=True))).values(state=bindparam("new_state"))
)
COUNT_ASSIGNMENTS = text(
    "insert into round_counter (round, reviewer, state, n, seconds) values (:round, :reviewer, :state, :n, :seconds) "
    "on conflict (round, reviewer, state) do update "
    "set n = round_counter.n + excluded.n, seconds = round_counter.seconds + excluded.seconds"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """An assignment with what its round says about answering it. ``moved``: it is somebody else's by now; ``left``: its
    reviewer is no longer in the round."""

    id: int
    pid: str
    cell: int
    kind: str
    shown_label: int | None
    state: str
    moved: bool
    left: bool
    round: int
    round_pid: str
    round_state: str
    presentation: str
    target: float | None
    dataset: int
    rule: str
    label_set: int
    label_set_digest: bytes

    @property
    def reveals(self) -> bool:
        """Whether the given label is told once the cell was answered blind; one that was born disputed has none."""
        return self.presentation == Presentation.REVEAL and self.shown_label is not None


@dataclass
class Recording:
    """A batch on its way into the record: what was there, what is added, and how it ends for each assignment.

    ``revealed``: the assignments whose label was told before this batch, in the answer to an earlier one.
    """

    reviewer: Person
    assignments: Mapping[str, Asked]
    by_uuid: dict[UUID, dict[str, Any]]
    last: dict[int, dict[str, Any]]
    label_sets: Mapping[int, LabelSet]
    revealed: frozenset[int] = frozenset()
    added: list[dict[str, Any]] = field(default_factory=list)
    state: dict[int, str] = field(default_factory=dict)


def record_reviews(session: Writing, reviewer: Person, items: Sequence[Mapping[str, Any]]) -> ReviewResults:
    """Record answers in order, each with its own result; a bad one never stops the others."""
    given = [parsed(item) for item in items]
    answers = [answer for answer in given if isinstance(answer, GivenReview)]
    if not answers:
        return ReviewResults(items=[result for result in given if isinstance(result, ReviewResult)])
    recording = what_is_there(session, reviewer, answers)
    results = [answer if isinstance(answer, ReviewResult) else judged(recording, answer) for answer in given]
    if recording.added:
        write(session, recording)
    for answer, result in zip(given, results, strict=True):
        if isinstance(answer, GivenReview) and result.status in ("recorded", "already_recorded"):
            result.shown_label = label_to_reveal(recording, answer.assignment_id)
    return ReviewResults(items=results)


def parsed(item: Mapping[str, Any]) -> GivenReview | ReviewResult:
    """An item of the batch, or the result that says what is wrong with it."""
    try:
        answer = GivenReview.model_validate(item)
        check_verdict(answer.verdict, answer.label, answer.second_label, answer.supersedes)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return ReviewResult(id=named(item), status="invalid", reason=f"{where}: {first['msg']}", field=where)
    except UnusableAnswer as error:
        return ReviewResult(id=named(item), status="invalid", reason=error.message, field=error.field)
    return answer


def named(item: Mapping[str, Any]) -> str | None:
    """The id that an item gives itself, as far as it is one."""
    given = item.get("id")
    return given if isinstance(given, str) and given.isprintable() else None


def what_is_there(session: Writing, reviewer: Person, answers: Sequence[GivenReview]) -> Recording:
    """Lock the cells, then read the assignments and what was said of them. Walks uq_assignment_pid and
    ix_review_assignment_id."""
    mine = {"pids": sorted({answer.assignment_id for answer in answers}), "reviewer": reviewer.id}
    session.lock(Cell.id, MY_CELLS, mine)
    assignments = {asked.pid: asked for asked in (Asked(*tuple(row)) for row in session.execute(ASKED, mine))}
    reviews = session.execute(
        RECORDED,
        {
            "assignments": [asked.id for asked in assignments.values()],
            "uuids": [answer.id for answer in answers],
        },
    ).mappings()
    label_sets = {
        id: labels.label_set_with(session, id, digest)
        for id, digest in {(asked.label_set, asked.label_set_digest) for asked in assignments.values()}
    }
    recording = Recording(reviewer, assignments, {}, {}, label_sets)
    for review in reviews:
        recording.by_uuid[review["uuid"]] = dict(review)
        if review["assignment"] is not None:
            recording.last[review["assignment"]] = dict(review)
    recording.revealed = frozenset(
        asked.id for asked in assignments.values() if asked.reveals and is_answered(recording.last.get(asked.id))
    )
    return recording


def is_answered(last: Mapping[str, Any] | None) -> bool:
    """Whether an answer stands behind an assignment's last review. What takes back a second look leaves the first."""
    return last is not None and not takes_back_all(last["verdict"], last["presentation"])


def label_to_reveal(recording: Recording, assignment_pid: str) -> str | None:
    """The label that a reveal round tells of an assignment now that it was answered; None while it waits again."""
    asked = recording.assignments[assignment_pid]
    if not asked.reveals or asked.shown_label is None or not is_answered(recording.last.get(asked.id)):
        return None
    return recording.label_sets[asked.label_set][asked.shown_label].name


def judged(recording: Recording, answer: GivenReview) -> ReviewResult:
    """What becomes of one answer; a good one joins what is added."""
    asked = recording.assignments.get(answer.assignment_id)
    if asked is None:
        return ReviewResult(
            id=answer.id, status="invalid", reason="You have no such assignment.", field="assignment_id"
        )
    label_set = recording.label_sets[asked.label_set]
    try:
        row = as_row(answer, asked, label_set, recording.reviewer, asked.id in recording.revealed)
    except UnknownClass as error:
        return ReviewResult(id=answer.id, status="invalid", reason=error.message, field="label")
    known = recording.by_uuid.get(answer.id)
    if known is not None:
        if all(known[name] == row[name] for name in SAME):
            return ReviewResult(id=answer.id, status="already_recorded")
        return ReviewResult(id=answer.id, status="conflict", reason="id_reused")
    last = recording.last.get(asked.id)
    reason = contradiction(asked, answer.supersedes, last)
    if reason is None and asked.left and row["presentation"] == Presentation.BLIND:
        reason = "moved"  # Who left is shown the labels, so nothing that they say now is blind.
    if reason:
        shown = recorded(last, label_set) if last and reason in ("superseded", "already_answered") else None
        return ReviewResult(id=answer.id, status="conflict", reason=reason, last=shown)
    recording.by_uuid[answer.id] = recording.last[asked.id] = row
    recording.added.append(row)
    recording.state[asked.id] = AssignmentState.DONE if is_answered(row) else AssignmentState.PENDING
    return ReviewResult(id=answer.id, status="recorded")


SAME = ("assignment", "verdict", "label", "second_label", "mode", "flag", "comment", "seconds", "supersedes")
"""What must be equal for a review to be the same as one that was recorded under its UUID."""


def contradiction(asked: Asked, supersedes: UUID | None, last: Mapping[str, Any] | None) -> str | None:
    """Why an answer can't be recorded, in one word."""
    if asked.moved:
        return "moved"
    if asked.round_state != RoundState.OPEN:
        return "round_closed"
    if supersedes is None:
        return "already_answered" if last else None
    return None if last and last["uuid"] == supersedes else "superseded"


def as_row(answer: GivenReview, asked: Asked, label_set: LabelSet, reviewer: Person, revealed: bool) -> dict[str, Any]:
    """A review's row. Where no label was shown the answer counts as blind, whatever the round."""
    shown = asked.shown_label if revealed or not asked.reveals else None
    return {
        "uuid": answer.id,
        "kind": asked.kind,
        "assignment": asked.id,
        "round": asked.round,
        "cell": asked.cell,
        "reviewer": reviewer.id,
        "verdict": answer.verdict.value,
        "label": None if answer.label is None else label_set.index(answer.label),
        "second_label": None if answer.second_label is None else label_set.index(answer.second_label),
        "shown_label": shown,
        "presentation": Presentation.BLIND if shown is None else asked.presentation,
        "mode": answer.mode.value,
        "flag": answer.flag,
        "reason": "",
        "comment": answer.comment,
        "seconds": answer.seconds,
        "recorded_at": now(),
        "supersedes": answer.supersedes,
    }


def recorded(review: Mapping[str, Any], label_set: LabelSet) -> RecordedReview:
    """A review as it is attached to a conflict."""
    return RecordedReview(
        id=review["uuid"],
        verdict=review["verdict"],
        label=None if review["label"] is None else label_set[review["label"]].name,
        second_label=None if review["second_label"] is None else label_set[review["second_label"]].name,
        comment=review["comment"],
        flag=review["flag"],
        recorded_at=review["recorded_at"],
    )


def write(session: Writing, recording: Recording) -> None:
    """Insert the reviews, move the assignments and counters, recount the cells, note the event."""
    session.execute(RECORD, recording.added)
    by_id = {asked.id: asked for asked in recording.assignments.values()}
    for state in (AssignmentState.DONE, AssignmentState.PENDING):
        moved = [id for id, now_in in recording.state.items() if now_in == state and by_id[id].state != state]
        if moved:
            session.execute(MOVE_ASSIGNMENTS, {"ids": moved, "new_state": state})
    voted = sorted({row["cell"] for row in recording.added if row["kind"] in VOTING_KINDS})
    said = said_of(session, voted)
    others = keep_targets(session, aimed_at(recording, by_id), said)
    count_assignments(session, recording, by_id, others)
    recount_cells(session, voted, said)
    for dataset in sorted({asked.dataset for asked in by_id.values() if asked.rule == DAWID_SKENE}):
        ask_if_due(session, dataset)
    ask_if_heard_enough(session, (asked.dataset for asked in by_id.values()), said, len(recording.added))
    rounds = {by_id[row["assignment"]].round_pid for row in recording.added}
    audit.record(
        session,
        recording.reviewer.id,
        "review.record",
        ",".join(sorted(rounds)),
        {"reviews": len(recording.added)},
    )


def aimed_at(recording: Recording, by_id: Mapping[int, Asked]) -> set[tuple[int, int]]:
    """The rounds with a target, each with a cell that was answered in it; what was taken back alone changes nothing."""
    return {
        (asked.round, asked.cell)
        for asked in (by_id[id] for id, state in recording.state.items() if state == AssignmentState.DONE)
        if asked.target is not None and asked.kind in VOTING_KINDS
    }


def count_assignments(
    session: Writing, recording: Recording, by_id: Mapping[int, Asked], others: Mapping[tuple[int, int, str], int]
) -> None:
    """Keep the rounds' counters by reviewer and state, and the seconds spent; in order of key, so that two writers
    can't deadlock. ``others``: what became of other assignments, by round, reviewer and state."""
    me = recording.reviewer.id
    moved: Counter[tuple[int, int, str]] = Counter(others)
    seconds: Counter[tuple[int, int, str]] = Counter()
    for id, state in recording.state.items():
        asked = by_id[id]
        moved[asked.round, me, asked.state] -= 1
        moved[asked.round, me, state] += 1
    for row in recording.added:
        seconds[row["round"], me, str(AssignmentState.DONE)] += row["seconds"] or 0
    rows = [
        {"round": round_id, "reviewer": reviewer, "state": state, "n": moved[key], "seconds": seconds[key]}
        for key in sorted(set(moved) | set(seconds))
        for round_id, reviewer, state in [key]
    ]
    session.execute(COUNT_ASSIGNMENTS, rows)


def adjudicate(session: Writing, adjudicator: Person, cell_pid: str, given: GivenAdjudication) -> Adjudicated:
    """Settle a cell, settle it otherwise, or take the settlement back."""
    check_verdict(given.verdict, given.label, given.second_label, given.supersedes)
    if given.verdict == Verdict.UNSURE:
        raise UnusableAnswer("An adjudication settles the cell: leave it in the list if you are unsure.", "verdict")
    session.lock(Cell.id, select(Cell.id).where(Cell.pid == cell_pid))
    cell = session.execute(
        select(Cell.id, Dataset.label_set).join(Dataset, Cell.dataset == Dataset.id).where(Cell.pid == cell_pid)
    ).one_or_none()
    if cell is None:
        raise UnknownCell("There is no such cell.")
    label_set = labels.label_set(session, cell.label_set)
    row = adjudication_row(given, cell.id, label_set, adjudicator)
    known = session.execute(select(Review.__table__).where(Review.uuid == given.id)).mappings().one_or_none()
    if known is not None:
        if known["reviewer"] != adjudicator.id or any(known[name] != row[name] for name in ("cell", "reason", *SAME)):
            raise NotTheLast("This id was used for another answer: make a new one.", "id")
        return adjudicated(session, given.id, cell_pid, label_set, "already_recorded")
    check_own(session, adjudicator, cell.id)
    check_reason(session, given, cell.id)
    check_last(session, given.supersedes, cell.id)
    session.execute(insert(Review).values(row))
    recount_cells(session, [cell.id])
    audit.record(session, adjudicator.id, "cell.adjudicate", cell_pid, {"verdict": given.verdict.value})
    return adjudicated(session, given.id, cell_pid, label_set, "recorded")


def adjudication_row(given: GivenAdjudication, cell: int, label_set: LabelSet, adjudicator: Person) -> dict[str, Any]:
    """An adjudication's row."""
    return {
        "uuid": given.id,
        "kind": Kind.ADJUDICATION,
        "assignment": None,
        "round": None,
        "cell": cell,
        "reviewer": adjudicator.id,
        "verdict": given.verdict.value,
        "label": None if given.label is None else label_set.index(given.label),
        "second_label": None if given.second_label is None else label_set.index(given.second_label),
        "shown_label": None,
        "presentation": None,
        "mode": "single",
        "flag": False,
        "reason": given.reason,
        "comment": given.comment,
        "seconds": None,
        "recorded_at": now(),
        "supersedes": given.supersedes,
    }


def check_own(session: Writing, adjudicator: Person, cell: int) -> None:
    """An adjudicator doesn't settle what they reviewed, unless every round in which they did allows it."""
    refusing = session.scalar(
        select(Round.name)
        .join(Review, Review.round == Round.id)
        .where(Review.cell == cell, Review.reviewer == adjudicator.id, Round.adjudicate_own.is_(False))
        .limit(1)
    )
    if refusing is not None:
        raise OwnCell("You reviewed this cell, so another adjudicator settles it.")
    blind = select(Cell.id).where(Cell.id == cell, sight_of(session, adjudicator).is_blind())
    if session.scalar(blind) is not None:
        raise OwnCell("You review this cell in an open blind round, so another adjudicator settles it.")


def check_reason(session: Writing, given: GivenAdjudication, cell: int) -> None:
    """A round may ask for a reason."""
    if given.reason or given.comment or given.verdict == Verdict.WITHDRAWN:
        return
    asking = session.scalar(
        select(Round.id)
        .join(Assignment, Assignment.round == Round.id)
        .where(Assignment.cell == cell, Round.reason_required)
        .limit(1)
    )
    if asking is not None:
        raise UnusableAnswer("A round of this cell asks for a reason: name one, or say it in the comment.", "reason")


def check_last(session: Writing, supersedes: UUID | None, cell: int) -> None:
    """An adjudication names the standing one, so that two adjudicators don't overwrite each other unseen."""
    last = session.execute(
        select(Review.uuid, Review.verdict)
        .where(Review.cell == cell, Review.kind == Kind.ADJUDICATION)
        .order_by(Review.id.desc())
        .limit(1)
    ).one_or_none()
    if supersedes is None:
        if last is not None and last.verdict != Verdict.WITHDRAWN:
            raise NotTheLast(
                "The cell was settled in the meantime: look at it, then name that adjudication in `supersedes`.",
                "supersedes",
            )
    elif last is None or last.uuid != supersedes:
        raise NotTheLast("`supersedes` doesn't name the cell's last adjudication: load the cell again.", "supersedes")


def adjudicated(session: Writing, uuid: UUID, cell_pid: str, label_set: LabelSet, status: Any) -> Adjudicated:
    """The cell as it is now."""
    cell = session.execute(
        select(Cell.state, Cell.outcome, Cell.label, Cell.second_label).where(Cell.pid == cell_pid)
    ).one()
    return Adjudicated(
        id=uuid,
        cell_id=cell_pid,
        status=status,
        state=cell.state,
        outcome=cell.outcome,
        label=None if cell.label is None else label_set[cell.label].name,
        second_label=None if cell.second_label is None else label_set[cell.second_label].name,
    )


def lock_and_recount(session: Writing, cells: Iterable[int]) -> int:
    """Lock and recount; returns how many changed."""
    cells = sorted(set(cells))
    session.lock(Cell.id, cells)
    return recount_cells(session, cells)
