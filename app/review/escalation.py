"""Asking no more about a cell once its votes pass a round's target probability, and once more where they don't.

It happens in the recording transaction, which holds the cells' locks: two people who answer the same cell at the same
time can't both have a third one asked. A round without a target pays nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, exists, func, select, text

from app.accounts.models import User
from app.catalogue.models import Dataset
from app.consensus import service as consensus
from app.consensus.deriving import Said as SaidOfCell
from app.consensus.models import ConsensusFit
from app.consensus.rules import DAWID_SKENE, Ruling, dawid_skene
from app.database import Reading, Writing, new_pids
from app.jobs.models import Job
from app.jobs.service import JobState
from app.review.models import (
    Assignment,
    AssignmentState,
    Kind,
    Round,
    RoundCell,
    RoundCounter,
    RoundReviewer,
)
from app.review.recounting import heard
from app.review.verdicts import VOTING_KINDS, Said

Moved = Counter[tuple[int, int, str]]
"""By how many a round's assignments of a reviewer in a state have grown."""

AIMS = select(Round.id, Round.pid, Round.dataset, Round.target_probability, Round.reviews_per_cell).where(
    Round.id.in_(bindparam("rounds", expanding=True))
)
FITTED = select(ConsensusFit.dataset).where(ConsensusFit.dataset.in_(bindparam("datasets", expanding=True))).distinct()
ASKED_OF = select(
    Assignment.id,
    Assignment.round,
    Assignment.cell,
    Assignment.reviewer,
    Assignment.kind,
    Assignment.state,
    Assignment.moved,
).where(Assignment.cell.in_(bindparam("cells", expanding=True)))
LAST_POSITION = (
    select(func.coalesce(func.max(Assignment.position), 0))
    .where(Assignment.round == RoundReviewer.round, Assignment.reviewer == RoundReviewer.reviewer)
    .correlate(RoundReviewer)
    .scalar_subquery()
)
REVIEWERS = (
    select(
        RoundReviewer.round,
        RoundReviewer.reviewer,
        RoundReviewer.ordinal,
        func.coalesce(RoundCounter.n, 0).label("pending"),
        LAST_POSITION.label("last"),
    )
    .join_from(RoundReviewer, User, RoundReviewer.reviewer == User.id)
    .join(
        RoundCounter,
        (RoundCounter.round == RoundReviewer.round)
        & (RoundCounter.reviewer == RoundReviewer.reviewer)
        & (RoundCounter.state == AssignmentState.PENDING),
        isouter=True,
    )
    .where(
        RoundReviewer.round.in_(bindparam("rounds", expanding=True)),
        RoundReviewer.left_at.is_(None),
        User.disabled_at.is_(None),
    )
)
"""Who may be asked once more, with what waits for them and where their queue ends. Walks round_reviewer's primary key
and uq_assignment_round_reviewer_position backwards."""
PLANS = select(Job.subject, Job.arguments).where(
    Job.kind == "plan_round",
    Job.subject.in_(bindparam("rounds", expanding=True)),
    Job.state.in_((JobState.QUEUED, JobState.RUNNING)),
)
SHOWN = select(RoundCell.round, RoundCell.cell, RoundCell.shown_label).where(
    RoundCell.round.in_(bindparam("rounds", expanding=True)), RoundCell.cell.in_(bindparam("cells", expanding=True))
)
MOVE = text("update assignment set state = :state where id = :id")
ASK = text(
    "insert into assignment (pid, round, reviewer, position, cell, kind, transform, shown_label, state, moved) "
    "values (:pid, :round, :reviewer, :position, :cell, 'escalation', null, :shown_label, 'pending', false) "
    "on conflict (round, reviewer, position) do nothing"
)
ASKED_NOW = select(Assignment.pid).where(Assignment.pid.in_(bindparam("pids", expanding=True)))


def target_is_possible(session: Reading, dataset: int) -> bool:
    """Whether a round of this dataset may have a target: the rule weighs reviewers, and a fit says by how much.

    Walks the dataset's primary key and ix_consensus_fit_dataset_id.
    """
    fitted = exists().where(ConsensusFit.dataset == Dataset.id)
    return (
        session.scalar(select(Dataset.id).where(Dataset.id == dataset, Dataset.rule == DAWID_SKENE, fitted)) is not None
    )


def keep_targets(session: Writing, answered: Collection[tuple[int, int]], said: Mapping[int, Sequence[Said]]) -> Moved:
    """Skip what nobody needs to answer any more, ask again what is needed after all, and ask one more reviewer where
    all that was planned is in and doesn't reach the target.

    ``answered``: rounds with a target, each with a cell that was answered in it just now; the caller holds the cells'
    locks and adds what is returned to the rounds' counters.
    """
    if not answered:
        return Counter()
    aims = {aim.id: aim for aim in session.execute(AIMS, {"rounds": sorted({round_id for round_id, _ in answered})})}
    fitted = set(session.execute(FITTED, {"datasets": sorted({aim.dataset for aim in aims.values()})}).scalars())
    cells = {cell: heard(cell, said.get(cell, ())) for cell in sorted({cell for _, cell in answered})}
    beliefs = consensus.beliefs(session, cells.values())
    assigned: dict[int, list[Any]] = defaultdict(list)
    for row in session.execute(ASKED_OF, {"cells": list(cells)}):
        assigned[row.cell].append(row)
    staff = Staff(session, aims)
    changes: list[dict[str, Any]] = []
    wanted: list[tuple[int, int]] = []
    moved: Moved = Counter()
    for round_id, cell in sorted(answered):
        aim = aims[round_id]
        if aim.dataset not in fitted or cells[cell].settlement is not None:
            continue
        belief = beliefs.get(cell)
        ruling = by_target(cells[cell], None if belief is None else belief.values, aim.target_probability)
        mine = [row for row in assigned[cell] if row.round == round_id and not row.moved]
        states = states_by_target(mine, ruling, lambda reviewer, of=round_id: staff.works_in(of, reviewer))
        for row in mine:
            if states[row.id] != row.state:
                changes.append({"id": row.id, "state": states[row.id]})
                moved[round_id, row.reviewer, row.state] -= 1
                moved[round_id, row.reviewer, states[row.id]] += 1
        voting = [states[row.id] for row in mine if row.kind in VOTING_KINDS]
        all_in = AssignmentState.PENDING not in voting
        if all_in and ruling.outcome is None and not staff.is_still_planned(round_id, len(voting)):
            wanted.append((round_id, cell))
    if changes:
        session.execute(MOVE, changes)
    busy = {cell: {row.reviewer for row in rows} for cell, rows in assigned.items()}
    for round_id, reviewer in ask_once_more(session, staff, wanted, busy, moved):
        moved[round_id, reviewer, str(AssignmentState.PENDING)] += 1
    return moved


def ask_others(session: Writing, round_id: int, cells: Sequence[int]) -> Counter[tuple[int, str]]:
    """Ask somebody else in the place of one who was asked once more and left; returns by how many the round's
    assignments of a reviewer in a state have grown. The caller holds the cells' locks."""
    if not cells:
        return Counter()
    busy: dict[int, set[int]] = defaultdict(set)
    for row in session.execute(ASKED_OF, {"cells": list(cells)}):
        busy[row.cell].add(row.reviewer)
    aims = {aim.id: aim for aim in session.execute(AIMS, {"rounds": [round_id]})}
    asked = ask_once_more(session, Staff(session, aims), [(round_id, cell) for cell in cells], busy, {})
    return Counter((reviewer, str(AssignmentState.PENDING)) for _, reviewer in asked)


def ask_those_left(
    session: Writing, round_id: int, cells: Sequence[int], said: Mapping[int, Sequence[Said]]
) -> Counter[tuple[int, str]]:
    """Who was spared is asked again where somebody left a cell that they were to answer, and nobody could take it over;
    returns as `ask_others` does. The caller holds the cells' locks."""
    aims = session.scalar(select(Round.target_probability).where(Round.id == round_id)) is not None
    moved = keep_targets(session, [(round_id, cell) for cell in cells] if aims else [], said)
    return Counter({(reviewer, state): n for (_, reviewer, state), n in moved.items()})


def by_target(cell: SaidOfCell, posterior: Sequence[float] | None, target: float) -> Ruling:
    """What the votes give if a class has to reach the target."""
    return (
        dawid_skene([standing.ballot for standing in cell.standing], posterior, target) if cell.standing else Ruling()
    )


def states_by_target(assignments: Sequence[Any], ruling: Ruling, works: Any) -> dict[int, str]:
    """In which state each assignment of a cell in a round belongs. What was answered stays; a class that reaches the
    target has the others skipped, else they wait again. A repeat goes with what it repeats."""
    stops = ruling.outcome == "label"
    states: dict[int, str] = {}
    first: dict[int, str] = {}
    for row in assignments:
        if row.kind in VOTING_KINDS:
            state = row.state
            if state == AssignmentState.PENDING and stops:
                state = AssignmentState.SKIPPED
            elif state == AssignmentState.SKIPPED and not stops and works(row.reviewer):
                state = AssignmentState.PENDING
            states[row.id] = first[row.reviewer] = str(state)
    for row in assignments:
        if row.kind not in VOTING_KINDS:
            states[row.id] = row.state
            goes = row.kind == Kind.REPEAT and row.state != AssignmentState.DONE and row.reviewer in first
            if goes and works(row.reviewer):
                skipped = first[row.reviewer] == AssignmentState.SKIPPED
                states[row.id] = str(AssignmentState.SKIPPED if skipped else AssignmentState.PENDING)
    return states


@dataclass
class Member:
    """A reviewer of a round, with what waits for them and the end of their queue."""

    ordinal: int
    pending: int
    last: int


class Staff:
    """The reviewers of rounds, read when somebody asks for the first time."""

    def __init__(self, session: Reading, aims: Mapping[int, Any]) -> None:
        self._session = session
        self.aims = aims
        self._members: dict[tuple[int, int], Member] | None = None
        self._plans: dict[str, Mapping[str, Any]] | None = None

    @property
    def members(self) -> dict[tuple[int, int], Member]:
        """By round and reviewer."""
        if self._members is None:
            self.look_again()
        assert self._members is not None
        return self._members

    def look_again(self) -> None:
        """Read them anew; what waits for them is kept as it was counted."""
        rows = self._session.execute(REVIEWERS, {"rounds": list(self.aims)})
        before = self._members or {}
        self._members = {}
        for row in rows:
            key = (row.round, row.reviewer)
            pending = before[key].pending if key in before else row.pending
            self._members[key] = Member(row.ordinal, pending, row.last)

    def works_in(self, round_id: int, reviewer: int) -> bool:
        """Whether somebody reviews in a round now."""
        return (round_id, reviewer) in self.members

    def plan(self, round_id: int) -> Mapping[str, Any] | None:
        """What is being planned of a round while it is open, None for nothing. Walks ix_job_kind_subject_id."""
        if self._plans is None:
            rows = self._session.execute(PLANS, {"rounds": [aim.pid for aim in self.aims.values()]})
            self._plans = dict(rows.all())
        return self._plans.get(self.aims[round_id].pid)

    def is_still_planned(self, round_id: int, asked: int) -> bool:
        """Whether a cell's planned places may not all be written yet."""
        if self.plan(round_id) is None:
            return False
        reviewers = sum(of == round_id for of, _ in self.members)
        planned: int = min(self.aims[round_id].reviews_per_cell, reviewers)
        return asked < planned

    def next_position(self, round_id: int, reviewer: int) -> int:
        """A free place at the end of a queue. While the round is being planned it lies behind all that the plan can
        need: a place for each cell, and for every two cells a repeat and a trap."""
        member = self.members[round_id, reviewer]
        plan = self.plan(round_id)
        if plan is not None:
            counted = select(func.count()).where(RoundCell.round == round_id, RoundCell.wave == plan["wave"])
            cells = self._session.scalar(counted) or 0
            member.last = max(member.last, dict(plan["first_positions"]).get(reviewer, 1) + 2 * cells)
        member.last += 1
        return member.last


def ask_once_more(
    session: Writing,
    staff: Staff,
    wanted: Iterable[tuple[int, int]],
    busy: Mapping[int, set[int]],
    moved: Mapping[tuple[int, int, str], int],
) -> list[tuple[int, int]]:
    """Give each cell to one more reviewer of its round, fewest pending first; returns round and reviewer of each.

    Nobody is asked who has, or had, the cell anywhere: they have said what they say, or will. When none is left, the
    rule decides.
    """
    chosen = []
    waiting: dict[tuple[int, int], int] = {}
    for round_id, cell in wanted:
        free = [key for key in staff.members if key[0] == round_id and key[1] not in busy[cell]]
        for key in free:
            pending = (*key, str(AssignmentState.PENDING))
            waiting.setdefault(key, staff.members[key].pending + moved.get(pending, 0))
        if free:
            key = min(free, key=lambda each: (waiting[each], staff.members[each].ordinal, each))
            waiting[key] += 1
            chosen.append((round_id, cell, key[1]))
    if chosen:
        write_at_the_end(session, staff, chosen)
    return [(round_id, reviewer) for round_id, _, reviewer in chosen]


def hold_ends(session: Writing, rounds: Iterable[int]) -> None:
    """Nobody else appends to the queues of these rounds until this transaction ends. The caller holds the locks of its
    cells and hasn't moved the rounds' counters yet."""
    for round_id in sorted(rounds):
        session.take_turn(f"ends of the queues of round {round_id}")


def write_at_the_end(session: Writing, staff: Staff, chosen: Sequence[tuple[int, int, int]]) -> None:
    """Put each cell at the end of its reviewer's queue. Where a place was taken meanwhile, the next one is."""
    rounds = sorted({round_id for round_id, _, _ in chosen})
    hold_ends(session, rounds)
    rows = session.execute(SHOWN, {"rounds": rounds, "cells": sorted({cell for _, cell, _ in chosen})})
    shown = {(row.round, row.cell): row.shown_label for row in rows}
    in_order = sorted(chosen, key=lambda one: (one[0], one[2], one[1]))
    missing = dict(zip(new_pids(len(chosen)), in_order, strict=True))
    while missing:
        session.execute(
            ASK,
            [
                {
                    "pid": pid,
                    "round": round_id,
                    "reviewer": reviewer,
                    "position": staff.next_position(round_id, reviewer),
                    "cell": cell,
                    "shown_label": shown.get((round_id, cell)),
                }
                for pid, (round_id, cell, reviewer) in missing.items()
            ],
        )
        for pid in session.execute(ASKED_NOW, {"pids": list(missing)}).scalars():
            del missing[pid]
        if missing:
            staff.look_again()
