"""Writing a round's plan into the queues, chunk by chunk, and moving what is pending when people join or leave."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from sqlalchemy import func, insert, select, update

from app.accounts.people import Person
from app.audit import service as audit
from app.catalogue.models import Cell
from app.database import Reading, Writing, new_pids, now
from app.review.escalation import ask_others, ask_those_left, hold_ends
from app.review.models import (
    Assignment,
    AssignmentState,
    Kind,
    Order,
    Round,
    RoundCell,
    RoundReviewer,
    RoundState,
)
from app.review.plan import (
    Place,
    Planned,
    filled_queue,
    in_rounds_of_positions,
    lapsed_repeats,
    queue_order,
)
from app.review.recounting import recount_cells, said_of
from app.review.rounds import (
    check_open,
    check_overlap,
    known_reviewers,
    locked,
    name_reviewers,
    next_positions,
    planned_queues,
    ranking_of,
    reviewers_of,
)
from app.review.schemas import ReviewerChange
from app.review.service import COUNT_ASSIGNMENTS
from app.review.verdicts import VOTING_KINDS


def places(
    session: Reading,
    round_id: int,
    wave: int,
    reviewers: Sequence[int],
    first_positions: Mapping[int, int],
    traps: Sequence[Sequence[int]] = (),
) -> list[Planned]:
    """Every place of a wave, in the order in which they are written. A trap names reviewer, cell and wrong label."""
    set_for: dict[int, list[Place]] = defaultdict(list)
    for reviewer, cell, label in traps:
        set_for[reviewer].append(Place(cell, Kind.TRAP, None, label))
    rules = session.execute(select(Round.repeat_share, Round.seed).where(Round.id == round_id)).one()
    oblong = oblong_cells(session, round_id) if rules.repeat_share else frozenset()
    queues = {
        reviewer: filled_queue(
            queue,
            set_for[reviewer],
            rules.repeat_share,
            oblong,
            Random(f"{rules.seed + wave}:filled:{reviewer}"),
            first_positions.get(reviewer, 1) - 1,
        )
        for reviewer, queue in planned_queues(session, round_id, wave, reviewers).items()
    }
    return list(in_rounds_of_positions(queues, first_positions))


def oblong_cells(session: Reading, round_id: int) -> frozenset[int]:
    """The round's cells whose pictures are no squares, so that a quarter turn would show. Walks round_cell's key."""
    return frozenset(
        session.execute(
            select(Cell.id)
            .join(RoundCell, RoundCell.cell == Cell.id)
            .where(RoundCell.round == round_id, Cell.width != Cell.height)
        ).scalars()
    )


def write_places(session: Writing, round_id: int, chunk: Sequence[Planned]) -> None:
    """Write a chunk of places; those that are there already are left as they are."""
    positions = [place.position for place in chunk]
    there = set(
        session.execute(
            select(Assignment.reviewer, Assignment.position).where(
                Assignment.round == round_id,
                Assignment.reviewer.in_({place.reviewer for place in chunk}),
                Assignment.position.between(min(positions), max(positions)),
            )
        ).all()
    )
    missing = [place for place in chunk if (place.reviewer, place.position) not in there]
    if missing:
        insert_places(session, round_id, missing)


def insert_places(session: Writing, round_id: int, new: Sequence[Planned]) -> None:
    """Insert pending assignments and count them."""
    shown = dict(
        session.execute(
            select(RoundCell.cell, RoundCell.shown_label).where(
                RoundCell.round == round_id, RoundCell.cell.in_({planned.place.cell for planned in new})
            )
        ).all()
    )
    session.execute(
        insert(Assignment),
        [
            {
                "pid": pid,
                "round": round_id,
                "reviewer": planned.reviewer,
                "position": planned.position,
                "cell": planned.place.cell,
                "kind": planned.place.kind,
                "transform": planned.place.transform,
                "shown_label": planned.place.wrong_label
                if planned.place.kind == Kind.TRAP
                else shown[planned.place.cell],
                "state": AssignmentState.PENDING,
                "moved": False,
            }
            for pid, planned in zip(new_pids(len(new)), new, strict=True)
        ],
    )
    count_states(session, round_id, Counter((planned.reviewer, str(AssignmentState.PENDING)) for planned in new))


def count_states(session: Writing, round_id: int, changes: Counter[tuple[int, str]]) -> None:
    """Add to the round's counters, in order of key."""
    rows = [
        {"round": round_id, "reviewer": reviewer, "state": state, "n": n, "seconds": 0.0}
        for (reviewer, state), n in sorted(changes.items())
        if n
    ]
    if rows:
        session.execute(COUNT_ASSIGNMENTS, rows)


def counted_kinds(planned: Sequence[Planned]) -> dict[str, Any]:
    """How many places a plan has in all, and how many of them are repeats and traps."""
    kinds = Counter(each.place.kind for each in planned)
    return {"assignments": len(planned), "repeats": kinds[Kind.REPEAT], "traps": kinds[Kind.TRAP]}


def finish_planning(session: Writing, round_id: int) -> None:
    """The last chunk opens the round."""
    session.execute(
        update(Round).where(Round.id == round_id, Round.state == RoundState.PLANNING).values(state=RoundState.OPEN)
    )


def change_reviewers(session: Writing, pid: str, change: ReviewerChange, author: Person) -> None:
    """Who joins takes an even share of what is pending; what is pending of those who leave goes to the others."""
    round_id = locked(session, pid)
    check_open(session, round_id, pid)
    waiting = (
        Assignment.round == round_id,
        Assignment.state == AssignmentState.PENDING,
        Assignment.kind.in_(VOTING_KINDS),
    )
    session.lock(Cell.id, select(Assignment.cell).where(*waiting))
    hold_ends(session, [round_id])
    joining = known_reviewers(session, change.join)
    leaving = known_reviewers(session, change.leave)
    here = {id for id, _ in reviewers_of(session, round_id)}
    for reviewer, name in joining:
        if reviewer not in here:
            join(session, round_id, reviewer, name)
    for reviewer, _ in leaving:
        if reviewer in here:
            leave(session, round_id, reviewer)
    body = {"join": [name for _, name in joining], "leave": [name for _, name in leaving]}
    audit.record(session, author.id, "round.reviewers", pid, body)


def join(session: Writing, round_id: int, reviewer: int, name: str) -> None:
    """Take an even share from the ends of the others' queues, of cells that the newcomer doesn't have."""
    returned = session.execute(
        update(RoundReviewer)
        .where(RoundReviewer.round == round_id, RoundReviewer.reviewer == reviewer)
        .values(left_at=None)
    ).rowcount
    if not returned:
        name_reviewers(session, round_id, [(reviewer, name)], first=highest_ordinal(session, round_id) + 1)
    pending = pending_first(session, round_id)
    mine = cells_of(session, round_id, reviewer)
    others = [id for id, _ in reviewers_of(session, round_id) if id != reviewer]
    total = sum(len(pending[other]) for other in others)
    share = total // (len(others) + 1)
    taken: list[tuple[int, int]] = []
    givers = [other for other in others if pending[other]]
    for other in others:
        quota = round(share * len(pending[other]) / total) if total else 0
        for assignment, cell in reversed(pending[other]):
            if quota and cell not in mine:
                taken.append((assignment, cell))
                mine.add(cell)
                quota -= 1
    check_overlap(session, round_id, {reviewer: {cell for _, cell in taken}})
    skip_for_good(session, round_id, [assignment for assignment, _ in taken])
    for other in givers:
        lapse_repeats(session, round_id, other)
    append(session, round_id, reviewer, shuffled_anew(session, round_id, reviewer, [cell for _, cell in taken]))


def leave(session: Writing, round_id: int, reviewer: int) -> None:
    """Give what is pending to the others, fewest pending first; what all of them have lapses."""
    session.execute(
        update(RoundReviewer)
        .where(RoundReviewer.round == round_id, RoundReviewer.reviewer == reviewer)
        .values(left_at=now())
    )
    pending = pending_first(session, round_id)
    others = [id for id, _ in reviewers_of(session, round_id)]
    load = {other: len(pending[other]) for other in others}
    have = {other: cells_of(session, round_id, other) for other in others}
    given: dict[int, list[int]] = defaultdict(list)
    for _, cell in pending[reviewer]:
        free = [other for other in others if cell not in have[other]]
        if free:
            taker = min(free, key=lambda other: (load[other], other))
            load[taker] += 1
            have[taker].add(cell)
            given[taker].append(cell)
    skip_for_good(session, round_id, [assignment for assignment, _ in pending[reviewer]])
    skip_for_good(session, round_id, pending_of_no_vote(session, round_id, reviewer))
    escalated = pending_escalations(session, round_id, reviewer)
    skip_for_good(session, round_id, list(escalated))
    count_states(session, round_id, ask_others(session, round_id, list(escalated.values())))
    for taker, cells in given.items():
        check_overlap(session, round_id, {taker: set(cells)})
        append(session, round_id, taker, cells)
    taken = {cell for cells in given.values() for cell in cells}
    lapsed = [cell for _, cell in pending[reviewer] if cell not in taken]
    count_states(session, round_id, ask_those_left(session, round_id, lapsed, said_of(session, lapsed)))
    recount_cells(session, (cell for _, cell in (*pending[reviewer], *escalated.items())))


def shuffled_anew(session: Reading, round_id: int, reviewer: int, cells: Sequence[int]) -> list[int]:
    """Cells for a newcomer in an order that tells as little as the round's own."""
    rules = session.execute(select(Round.order, Round.seed).where(Round.id == round_id)).one()
    if rules.order != Order.SUSPICION:
        return queue_order(cells, reviewer, rules.order, rules.seed)
    planned = select(RoundCell.cell, RoundCell.rank, RoundCell.audit).where(RoundCell.round == round_id)
    taken = frozenset(cells)
    ranking = ranking_of(row for row in session.execute(planned) if row.cell in taken)
    return queue_order(cells, reviewer, rules.order, rules.seed, ranking)


def append(session: Writing, round_id: int, reviewer: int, cells: Sequence[int]) -> None:
    """New places at the end of a reviewer's queue, with repeats where they are enough to keep their distance."""
    if cells:
        first = next_positions(session, round_id, [reviewer])[reviewer]
        rules = session.execute(select(Round.repeat_share, Round.seed).where(Round.id == round_id)).one()
        oblong = oblong_cells(session, round_id) if rules.repeat_share else frozenset()
        random = Random(f"{rules.seed}:appended:{reviewer}:{first}")
        queue = filled_queue(cells, (), rules.repeat_share, oblong, random, first - 1)
        insert_places(session, round_id, list(in_rounds_of_positions({reviewer: queue}, {reviewer: first})))


def pending_escalations(session: Reading, round_id: int, reviewer: int) -> dict[int, int]:
    """The cells by assignment of which a reviewer was asked once more. Walks ix_assignment_pending."""
    rows = session.execute(
        select(Assignment.id, Assignment.cell).where(
            Assignment.round == round_id,
            Assignment.reviewer == reviewer,
            Assignment.state == AssignmentState.PENDING,
            Assignment.kind == Kind.ESCALATION,
        )
    )
    return dict(rows.all())


def pending_of_no_vote(session: Reading, round_id: int, reviewer: int) -> Sequence[int]:
    """Pending repeats and traps of a reviewer: they are about this person alone, so nobody else takes them over."""
    return (
        session.execute(
            select(Assignment.id).where(
                Assignment.round == round_id,
                Assignment.reviewer == reviewer,
                Assignment.state == AssignmentState.PENDING,
                Assignment.kind.in_((Kind.REPEAT, Kind.TRAP)),
            )
        )
        .scalars()
        .all()
    )


def lapse_repeats(session: Writing, round_id: int, reviewer: int) -> None:
    """Let pending repeats go whose first showing was given away, or has come too near."""
    if not session.scalar(select(Round.repeat_share).where(Round.id == round_id)):
        return
    rows = session.execute(
        select(Assignment.id, Assignment.cell, Assignment.kind, Assignment.state)
        .where(Assignment.round == round_id, Assignment.reviewer == reviewer, Assignment.moved.is_(False))
        .order_by(Assignment.position)
    ).all()
    answered = {at for at, row in enumerate(rows) if row.state != AssignmentState.PENDING}
    lapsed = lapsed_repeats([Place(row.cell, Kind(row.kind)) for row in rows], answered)
    skip_for_good(session, round_id, [rows[at].id for at in lapsed])


def skip_for_good(session: Writing, round_id: int, assignments: Sequence[int]) -> None:
    """An answer to these from now on is a conflict."""
    if not assignments:
        return
    reviewers = session.execute(
        update(Assignment)
        .where(Assignment.id.in_(assignments))
        .values(state=AssignmentState.SKIPPED, moved=True)
        .returning(Assignment.reviewer)
    ).scalars()
    changes: Counter[tuple[int, str]] = Counter()
    for reviewer in reviewers:
        changes[reviewer, str(AssignmentState.PENDING)] -= 1
        changes[reviewer, str(AssignmentState.SKIPPED)] += 1
    count_states(session, round_id, changes)


def pending_first(session: Reading, round_id: int) -> dict[int, list[tuple[int, int]]]:
    """Pending first assignments and their cells by reviewer, in order of position. Walks ix_assignment_pending."""
    pending: dict[int, list[tuple[int, int]]] = defaultdict(list)
    rows = session.execute(
        select(Assignment.reviewer, Assignment.id, Assignment.cell)
        .where(
            Assignment.round == round_id,
            Assignment.state == AssignmentState.PENDING,
            Assignment.kind == Kind.FIRST,
        )
        .order_by(Assignment.reviewer, Assignment.position)
    )
    for reviewer, assignment, cell in rows:
        pending[reviewer].append((assignment, cell))
    return pending


def cells_of(session: Reading, round_id: int, reviewer: int) -> set[int]:
    """The cells that a reviewer has, or had, in a round."""
    return set(
        session.execute(
            select(Assignment.cell).where(Assignment.round == round_id, Assignment.reviewer == reviewer)
        ).scalars()
    )


def highest_ordinal(session: Reading, round_id: int) -> int:
    """The place of the last-named reviewer."""
    return session.scalar(select(func.max(RoundReviewer.ordinal)).where(RoundReviewer.round == round_id)) or 0
