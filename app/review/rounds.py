"""The life of a round: drafted, previewed, opened, extended, closed, reopened."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, case, cast, delete, exists, func, insert, literal, null, select, update

from app.accounts.models import User
from app.accounts.people import Person
from app.audit import service as audit
from app.catalogue.models import Cell, Dataset
from app.database import Reading, Writing, new_pid, now
from app.jobs import service as jobs
from app.jobs.models import Job
from app.labels import queries as labels
from app.review.blind import Sight, sight_of
from app.review.errors import (
    ReviewersOverlap,
    RoundIsNotOpen,
    RoundIsOpened,
    UnknownDataset,
    UnknownReviewer,
    UnknownRound,
    UnusableRound,
)
from app.review.escalation import target_is_possible
from app.review.filters import CellFilter, conditions
from app.review.models import (
    Assignment,
    Order,
    Presentation,
    Round,
    RoundCell,
    RoundCounter,
    RoundReviewer,
    RoundState,
    Suggestions,
)
from app.review.plan import (
    Ranking,
    drawn_for_audit,
    how_many,
    how_many_audited,
    plan_assignments,
    ranked,
    share_out,
)
from app.review.schemas import Opened, Plan, PlannedClass, PlannedReviewer, RoundEdit, RoundSettings
from app.review.traps import set_traps

SEED_BITS = 31
RANK_IN_GRID = case(
    (
        Cell.suspicion.is_not(None),
        func.row_number().over(order_by=(Cell.suspicion.desc().nulls_last(), Cell.id)),
    )
)
"""The place that the grid gives a cell of a round whose queues are in another order; none without suspicion."""
NO_TARGET = (
    "A target probability needs the rule dawid-skene and a fit of this dataset's reviewers: without them no cell has a "
    "probability to reach."
)


def draft_round(session: Writing, settings: RoundSettings, author: Person) -> str:
    """A new draft; returns its public id."""
    dataset = known_dataset(session, settings.dataset)
    reviewers = known_reviewers(session, settings.reviewers)
    values = {
        **settings.model_dump(include=set(EDITABLE)),
        "filter": settings.filter.named(),
        "reviews_per_cell": settings.reviews_per_cell or min(2, len(reviewers)),
        "seed": secrets.randbits(SEED_BITS) if settings.seed is None else settings.seed,
    }
    check_settings(session, dataset, values, settings.filter, len(reviewers))
    pid = new_pid()
    round_id = session.execute(
        insert(Round)
        .values(
            pid=pid,
            dataset=dataset,
            state=RoundState.DRAFT,
            created_by=author.id,
            created_at=now(),
            **values,
        )
        .returning(Round.id)
    ).scalar_one()
    name_reviewers(session, round_id, reviewers)
    audit.record(session, author.id, "round.draft", pid, {"name": settings.name})
    return pid


EDITABLE = (
    "name",
    "filter",
    "reviews_per_cell",
    "presentation",
    "order",
    "repeat_share",
    "trap_share",
    "audit_share",
    "target_probability",
    "suggestions",
    "names_hidden",
    "adjudicate_own",
    "reason_required",
    "seed",
)


def edit_draft(session: Writing, pid: str, edit: RoundEdit, author: Person) -> None:
    """Change a draft; what isn't named stays."""
    round_id = locked_draft(session, pid)
    stored = session.execute(select(Round.__table__).where(Round.id == round_id)).mappings().one()
    values = edit.model_dump(include=set(EDITABLE), exclude_none=True)
    if "target_probability" in edit.model_fields_set:
        values["target_probability"] = edit.target_probability
    if edit.filter is not None:
        values["filter"] = edit.filter.named()
    merged = {name: stored[name] for name in EDITABLE} | values
    if edit.reviewers is not None:
        reviewers = known_reviewers(session, edit.reviewers)
        session.execute(delete(RoundReviewer).where(RoundReviewer.round == round_id))
        name_reviewers(session, round_id, reviewers)
    count = len(reviewers_of(session, round_id))
    check_settings(session, stored["dataset"], merged, CellFilter(**merged["filter"]), count)
    if values:
        session.execute(update(Round).where(Round.id == round_id).values(**values))
    audit.record(session, author.id, "round.edit", pid, {"changed": sorted(edit.model_fields_set)})


def delete_draft(session: Writing, pid: str, author: Person) -> None:
    """Throw a draft away; a round that was opened stays."""
    round_id = locked_draft(session, pid)
    session.execute(delete(RoundReviewer).where(RoundReviewer.round == round_id))
    session.execute(delete(Round).where(Round.id == round_id))
    audit.record(session, author.id, "round.delete", pid)


def preview(session: Reading, settings: RoundSettings, person: Person) -> Plan:
    """What a round with these settings would ask of whom. The shares are those of the plan itself.

    Cells that this person reviews blind are counted without their label, and left out where the filter needs it.
    """
    dataset = known_dataset(session, settings.dataset)
    reviewers = known_reviewers(session, settings.reviewers)
    per_cell = settings.reviews_per_cell or min(2, len(reviewers))
    values = settings.model_dump(include=set(EDITABLE)) | {"reviews_per_cell": per_cell}
    check_settings(session, dataset, values, settings.filter, len(reviewers))
    label_set = labels.label_set(session, label_set_of(session, dataset))
    sight = sight_of(session, person)
    chosen = conditions(settings.filter, dataset, label_set, sight)
    by_label = count_labels(session, sight, chosen)
    cells = sum(by_label.values())
    shares = {
        id: len(share)
        for id, share in share_out(range(cells), [id for id, _ in reviewers], per_cell, settings.seed or 0).items()
    }
    repeats = {id: how_many(settings.repeat_share, share) for id, share in shares.items()}
    traps = preview_traps(session, sight, dataset, settings, chosen, [id for id, _ in reviewers], per_cell)
    wanted = sum(how_many(settings.trap_share, share) for share in shares.values())
    pace = seconds_per_cell(session, dataset)
    in_all = {id: share + repeats[id] + traps.get(id, 0) for id, share in shares.items()}
    born_disputed = select(func.count()).select_from(Cell).where(*chosen, Cell.born_disputed, sight.sees_labels())
    return Plan(
        cells=cells,
        assignments=sum(in_all.values()),
        repeats=sum(repeats.values()),
        traps=sum(traps.values()),
        traps_missing=wanted - sum(traps.values()),
        audited=how_many_audited(settings.audit_share, cells),
        unranked=count_unranked(session, sight, chosen) if settings.order == Order.SUSPICION else 0,
        born_disputed=session.scalar(born_disputed) or 0,
        reviews_per_cell=per_cell,
        seconds_per_cell=pace,
        reviewers=[
            PlannedReviewer(
                reviewer=name,
                assignments=in_all[id],
                repeats=repeats[id],
                traps=traps.get(id, 0),
                hours=pace and pace * in_all[id] / 3600,
            )
            for id, name in reviewers
        ],
        classes=[
            PlannedClass(
                given_label=None if index is None else label_set[index].name,
                cells=count,
                assignments=count * per_cell,
            )
            for index, count in by_label.items()
        ],
    )


def count_labels(session: Reading, sight: Sight, chosen: Sequence[ColumnElement[bool]]) -> dict[int | None, int]:
    """Cells by the given label that this person may know, None for all others. Walks ix_cell_dataset_given_label_id."""
    known = case((sight.is_blind(), null()), else_=Cell.given_label) if sight.blind_rounds else Cell.given_label
    label = cast(known, Integer).label("label") if sight.blind_rounds else Cell.given_label.label("label")
    some = select(label).where(*chosen).subquery()
    rows = session.execute(select(some.c.label, func.count()).group_by(some.c.label).order_by(some.c.label))
    return dict(rows.all())


def count_unranked(session: Reading, sight: Sight, chosen: Sequence[ColumnElement[bool]]) -> int:
    """How many cells have no suspicion by now; those that this person reviews blind aren't counted."""
    unranked = select(func.count()).select_from(Cell).where(*chosen, Cell.suspicion.is_(None), sight.sees_labels())
    return session.scalar(unranked) or 0


def preview_traps(
    session: Reading,
    sight: Sight,
    dataset: int,
    settings: RoundSettings,
    chosen: Sequence[ColumnElement[bool]],
    reviewers: Sequence[int],
    per_cell: int,
) -> dict[int, int]:
    """How many traps could be set for each reviewer now, in cells of which this person may know."""
    if not settings.trap_share:
        return {}
    known = select(Cell.id, Cell.given_label).where(*chosen, sight.sees_labels()).order_by(Cell.id)
    shown: dict[int, int | None] = dict(session.execute(known).all())
    queues = share_out(list(shown), reviewers, per_cell, settings.seed or 0)
    traps = set_traps(
        session,
        dataset,
        queues,
        shown,
        settings.trap_share,
        settings.seed or 0,
        may_be_told=sight.sees_consensus(),
    )
    return {reviewer: len(set_for) for reviewer, set_for in traps.items()}


def open_round(session: Writing, pid: str, author: Person) -> Opened:
    """Open a draft: its cells are fixed now, its plan is made by a job. A closed round is opened again as it was."""
    round_id = locked(session, pid)
    state = session.execute(select(Round.state).where(Round.id == round_id)).scalar_one()
    if state == RoundState.CLOSED:
        return reopen_round(session, round_id, pid, author)
    if state != RoundState.DRAFT:
        raise RoundIsNotOpen("This round is open already.")
    check_target(session, round_id)
    check_filter_tells_nothing(session, round_id, author)
    fix_cells(session, round_id, wave=0)
    reviewers = [id for id, _ in reviewers_of(session, round_id)]
    queues = planned_queues(session, round_id, 0, reviewers)
    if not any(queues.values()):
        raise UnusableRound("No cells match this round's filter, so there is nothing to review.", "filter")
    check_overlap(session, round_id, {reviewer: set(queue) for reviewer, queue in queues.items()})
    session.execute(
        update(Round).where(Round.id == round_id).values(state=RoundState.PLANNING, opened_at=now(), closed_at=None)
    )
    job = enqueue_plan(session, round_id, pid, 0, queues, dict.fromkeys(reviewers, 1), author)
    audit.record(session, author.id, "round.open", pid)
    return Opened(id=pid, state=RoundState.PLANNING, job=job)


def reopen_round(session: Writing, round_id: int, pid: str, author: Person) -> Opened:
    """Open a closed round again; its cells are recounted by a job."""
    rows = session.execute(
        select(Assignment.reviewer, Assignment.cell).where(Assignment.round == round_id, Assignment.moved.is_(False))
    )
    cells: dict[int, set[int]] = {}
    for reviewer, cell in rows:
        cells.setdefault(reviewer, set()).add(cell)
    check_overlap(session, round_id, cells)
    session.execute(update(Round).where(Round.id == round_id).values(state=RoundState.OPEN, closed_at=None))
    job = jobs.enqueue(session, "recount_round", pid, {"round": round_id}, author.id)
    audit.record(session, author.id, "round.reopen", pid)
    return Opened(id=pid, state=RoundState.OPEN, job=job)


def close_round(session: Writing, pid: str, author: Person) -> Opened:
    """Close an open round: nothing pending is served any more, and its cells are recounted by a job."""
    round_id = locked(session, pid)
    check_open(session, round_id, pid)
    session.execute(update(Round).where(Round.id == round_id).values(state=RoundState.CLOSED, closed_at=now()))
    job = jobs.enqueue(session, "recount_round", pid, {"round": round_id}, author.id)
    audit.record(session, author.id, "round.close", pid)
    return Opened(id=pid, state=RoundState.CLOSED, job=job)


def extend_round(session: Writing, pid: str, author: Person) -> Opened:
    """Add the cells that match the round's filter by now and are not in it yet."""
    round_id = locked(session, pid)
    check_open(session, round_id, pid)
    check_filter_tells_nothing(session, round_id, author)
    wave = 1 + (session.scalar(select(func.max(RoundCell.wave)).where(RoundCell.round == round_id)) or 0)
    fix_cells(session, round_id, wave)
    reviewers = [id for id, _ in reviewers_of(session, round_id)]
    queues = planned_queues(session, round_id, wave, reviewers)
    if not any(queues.values()):
        raise UnusableRound("No further cells match this round's filter.", "filter")
    check_overlap(session, round_id, {reviewer: set(queue) for reviewer, queue in queues.items()})
    job = enqueue_plan(session, round_id, pid, wave, queues, next_positions(session, round_id, reviewers), author)
    audit.record(session, author.id, "round.extend", pid, {"wave": wave})
    return Opened(id=pid, state=RoundState.OPEN, job=job)


def fix_cells(session: Writing, round_id: int, wave: int) -> None:
    """Write down which cells the round covers, with the label that it will show of each, at once or afterwards, and
    their rank by suspicion: in a round that looks for errors for the queues, with those that chance drew for the audit,
    in another one for the grid."""
    settings = session.execute(
        select(
            Round.dataset,
            Round.filter,
            Round.presentation,
            Round.order,
            Round.audit_share,
            Round.repeat_share,
            Round.trap_share,
            Round.seed,
        ).where(Round.id == round_id)
    ).one()
    label_set = labels.label_set(session, label_set_of(session, settings.dataset))
    shown = cast(null(), Integer) if settings.presentation == Presentation.BLIND else Cell.given_label
    known = select(RoundCell.cell).where(RoundCell.round == round_id, RoundCell.cell == Cell.id)
    assigned = select(Assignment.id).where(Assignment.round == round_id, Assignment.cell == Cell.id)
    fitting = (
        *conditions(CellFilter(**settings.filter), settings.dataset, label_set, None),
        ~exists(known),
        ~exists(assigned),
    )
    if settings.order != Order.SUSPICION:
        is_sorted = settings.presentation == Presentation.SIGHTED and not settings.repeat_share + settings.trap_share
        rank = RANK_IN_GRID if is_sorted else cast(null(), Integer)
        chosen = select(literal(round_id), Cell.id, literal(wave), shown, rank).where(*fitting)
        session.execute(insert(RoundCell).from_select(["round", "cell", "wave", "shown_label", "rank"], chosen))
        return
    rows = session.execute(select(Cell.id, shown.label("shown"), Cell.suspicion).where(*fitting)).all()
    ranks = ranked({row.id: row.suspicion for row in rows}, settings.seed + wave)
    audited = drawn_for_audit(ranks, settings.audit_share, settings.seed + wave)
    if rows:
        session.execute(
            insert(RoundCell),
            [
                {
                    "round": round_id,
                    "cell": row.id,
                    "wave": wave,
                    "shown_label": row.shown,
                    "rank": ranks[row.id],
                    "audit": row.id in audited,
                }
                for row in rows
            ],
        )


def planned_queues(session: Reading, round_id: int, wave: int, reviewers: Sequence[int]) -> dict[int, list[int]]:
    """Every reviewer's queue of one wave: made from what is written down, and the same each time."""
    settings = session.execute(
        select(Round.reviews_per_cell, Round.order, Round.seed).where(Round.id == round_id)
    ).one()
    rows = session.execute(
        select(RoundCell.cell, RoundCell.rank, RoundCell.audit)
        .where(RoundCell.round == round_id, RoundCell.wave == wave)
        .order_by(RoundCell.cell)
    ).all()
    per_cell = min(settings.reviews_per_cell, len(reviewers))
    return plan_assignments(
        [row.cell for row in rows],
        reviewers,
        per_cell,
        settings.order,
        settings.seed + wave,
        ranking_of(rows) if settings.order == Order.SUSPICION else None,
    )


def ranking_of(rows: Iterable[Any]) -> Ranking:
    """The order of suspicion as it was written down when the round covered these cells."""
    rows = list(rows)
    return Ranking(
        {row.cell: row.rank for row in rows if row.rank is not None}, frozenset(row.cell for row in rows if row.audit)
    )


def enqueue_plan(
    session: Writing,
    round_id: int,
    pid: str,
    wave: int,
    queues: Mapping[int, Sequence[int]],
    first_positions: dict[int, int],
    author: Person,
) -> str:
    """Have a wave planned; all that the plan depends on is in the job, so that a killed one goes on the same."""
    settings = session.execute(select(Round.dataset, Round.trap_share, Round.seed).where(Round.id == round_id)).one()
    shown = shown_labels(session, round_id, wave) if settings.trap_share else {}
    traps = set_traps(
        session, settings.dataset, queues, shown, settings.trap_share, settings.seed + wave, round_id=round_id
    )
    arguments = {
        "round": round_id,
        "wave": wave,
        "reviewers": list(queues),
        "first_positions": [[reviewer, position] for reviewer, position in first_positions.items()],
        "traps": [[reviewer, trap.cell, trap.wrong_label] for reviewer, set_for in traps.items() for trap in set_for],
    }
    return jobs.enqueue(session, "plan_round", pid, arguments, author.id)


def shown_labels(session: Reading, round_id: int, wave: int) -> dict[int, int | None]:
    """The labels that a wave shows, by cell. Walks round_cell's primary key."""
    rows = session.execute(
        select(RoundCell.cell, RoundCell.shown_label).where(RoundCell.round == round_id, RoundCell.wave == wave)
    )
    return dict(rows.all())


def next_positions(session: Reading, round_id: int, reviewers: Iterable[int]) -> dict[int, int]:
    """The first free position in each reviewer's queue. Walks the unique (round, reviewer, position)."""
    last = dict(
        session.execute(
            select(Assignment.reviewer, func.max(Assignment.position))
            .where(Assignment.round == round_id)
            .group_by(Assignment.reviewer)
        ).all()
    )
    return {reviewer: last.get(reviewer, 0) + 1 for reviewer in reviewers}


def check_overlap(session: Reading, round_id: int, cells_of: dict[int, set[int]]) -> None:
    """Refuse where somebody would meet a cell of an open blind round in another open round."""
    presentation = session.execute(select(Round.presentation).where(Round.id == round_id)).scalar_one()
    others = (
        select(Assignment.cell, Round.name)
        .join_from(Assignment, Round, Assignment.round == Round.id)
        .where(
            Round.id != round_id,
            Round.state.in_((RoundState.OPEN, RoundState.PLANNING)),
            Assignment.moved.is_(False),
        )
    )
    if presentation == Presentation.SIGHTED:
        others = others.where(Round.presentation != Presentation.SIGHTED)
    for reviewer, cells in cells_of.items():
        met = [row.name for row in session.execute(others.where(Assignment.reviewer == reviewer)) if row.cell in cells]
        if met:
            name = session.execute(select(User.name).where(User.id == reviewer)).scalar_one()
            raise ReviewersOverlap(
                "{name} has {count:,} of these cells in the open round “{round}” too, and one of the two "
                "rounds is blind: close that round first, or choose other cells or reviewers.",
                "reviewers",
                name=name,
                count=len(met),
                round=met[0],
            )


def check_settings(
    session: Reading, dataset: int, values: dict[str, object], chosen: CellFilter, reviewers: int
) -> None:
    """Refuse settings that contradict each other or name what doesn't exist."""
    per_cell = values["reviews_per_cell"]
    assert isinstance(per_cell, int)
    if per_cell > reviewers:
        raise UnusableRound(
            "{asked} reviews per cell need {asked} reviewers: there is one."
            if reviewers == 1
            else "{asked} reviews per cell need {asked} reviewers: there are {reviewers}.",
            "reviews_per_cell",
            asked=per_cell,
            reviewers=reviewers,
        )
    if values["presentation"] != Presentation.SIGHTED and values["order"] == Order.IMPORT:
        raise UnusableRound(
            "Cells in the order of their import come class by class, which tells the label: a blind round is shuffled.",
            "order",
        )
    if values["trap_share"] and values["presentation"] != Presentation.SIGHTED:
        raise UnusableRound("A trap shows a wrong label, so only a sighted round can have traps.", "trap_share")
    if values["audit_share"] and values["order"] != Order.SUSPICION:
        raise UnusableRound(
            "An audit is drawn beside an order of suspicion, to estimate what that order hasn't found: choose that "
            "order, or no audit.",
            "audit_share",
        )
    if values["suggestions"] != Suggestions.NONE and values["presentation"] != Presentation.SIGHTED:
        raise UnusableRound(
            "A prediction shown before the answer is no blind answer any more, so only a sighted round shows them.",
            "suggestions",
        )
    if values["suggestions"] != Suggestions.NONE and values["trap_share"]:
        raise UnusableRound(
            "A prediction beside a wrong label would give the trap away: choose either predictions or traps.",
            "suggestions",
        )
    if values["target_probability"] is not None and not target_is_possible(session, dataset):
        raise UnusableRound(NO_TARGET, "target_probability")
    if (values["repeat_share"] or values["trap_share"]) and values["order"] == Order.IMPORT:
        raise UnusableRound(
            "Cells in the order of their import come class by class, so that a cell which is shown again, or a trap, "
            "would stand out: shuffle them.",
            "order",
        )
    conditions(chosen, dataset, labels.label_set(session, label_set_of(session, dataset)), None)


def check_target(session: Reading, round_id: int) -> None:
    """Refuse to open a round with a target probability where the dataset has no fit any more, or another rule."""
    settings = session.execute(select(Round.dataset, Round.target_probability).where(Round.id == round_id)).one()
    if settings.target_probability is not None and not target_is_possible(session, settings.dataset):
        raise UnusableRound(NO_TARGET, "target_probability")


def check_filter_tells_nothing(session: Reading, round_id: int, author: Person) -> None:
    """Refuse to choose cells for somebody who reviews some of the dataset blind: how many there are, or that there are
    none, would tell them what the filter asks for."""
    settings = session.execute(select(Round.dataset, Round.filter).where(Round.id == round_id)).one()
    chosen = CellFilter(**settings.filter).model_dump(exclude_defaults=True)
    if chosen and settings.dataset in sight_of(session, author).blind_datasets:
        raise UnusableRound(
            "You review cells of this dataset blind, and what a filter finds would tell of them. Leave the filter "
            "empty, or have another admin open the round.",
            "filter",
        )


def check_open(session: Reading, round_id: int, pid: str) -> None:
    """Refuse where the round isn't open, or is being planned."""
    state = session.execute(select(Round.state).where(Round.id == round_id)).scalar_one()
    if state != RoundState.OPEN:
        raise RoundIsNotOpen("This round is {state}, not open.", state=RoundState(state))
    planning = select(Job.id).where(Job.kind == "plan_round", Job.subject == pid, Job.state.in_(("queued", "running")))
    if session.scalar(planning.limit(1)) is not None:
        raise RoundIsNotOpen("This round is being planned: try again when that is done.")


def locked(session: Writing, pid: str) -> int:
    """The round's row, locked until the transaction ends."""
    session.lock(Round.id, select(Round.id).where(Round.pid == pid))
    found = session.scalar(select(Round.id).where(Round.pid == pid))
    if found is None:
        raise UnknownRound("There is no such round.")
    return found


def locked_draft(session: Writing, pid: str) -> int:
    """A draft's row, locked; an opened round is refused."""
    round_id = locked(session, pid)
    if session.scalar(select(Round.state).where(Round.id == round_id)) != RoundState.DRAFT:
        raise RoundIsOpened("This round was opened, so it can't be edited or deleted. Close it, or draft another one.")
    return round_id


def known_dataset(session: Reading, slug: str) -> int:
    """The dataset's row."""
    found = session.scalar(select(Dataset.id).where(Dataset.slug == slug, Dataset.archived_at.is_(None)))
    if found is None:
        raise UnknownDataset("There is no dataset {slug}.", "dataset", slug=slug)
    return found


def label_set_of(session: Reading, dataset: int) -> int:
    """The label set's row."""
    return session.execute(select(Dataset.label_set).where(Dataset.id == dataset)).scalar_one()


def known_reviewers(session: Reading, names: Sequence[str]) -> list[tuple[int, str]]:
    """The people by these names, each once, in the order in which they were named."""
    wanted = list(dict.fromkeys(name.strip().casefold() for name in names))
    rows = session.execute(select(User.name, User.id).where(User.name.in_(wanted), User.disabled_at.is_(None)))
    ids = dict(rows.all())
    missing = [name for name in wanted if name not in ids]
    if missing:
        raise UnknownReviewer("There is no active user named {missing}.", "reviewers", missing=", ".join(missing))
    return [(ids[name], name) for name in wanted]


def name_reviewers(session: Writing, round_id: int, reviewers: Sequence[tuple[int, str]], first: int = 0) -> None:
    """Write down who reviews."""
    session.execute(
        insert(RoundReviewer),
        [
            {"round": round_id, "reviewer": id, "ordinal": ordinal}
            for ordinal, (id, _) in enumerate(reviewers, start=first)
        ],
    )


def reviewers_of(session: Reading, round_id: int) -> list[tuple[int, str]]:
    """Who reviews now, in the order in which they were named."""
    rows = session.execute(
        select(User.id, User.name)
        .join_from(RoundReviewer, User, RoundReviewer.reviewer == User.id)
        .where(RoundReviewer.round == round_id, RoundReviewer.left_at.is_(None))
        .order_by(RoundReviewer.ordinal, User.id)
    )
    return [(row.id, row.name) for row in rows]


def seconds_per_cell(session: Reading, dataset: int) -> float | None:
    """The active seconds that a review took in this dataset so far, None without any."""
    done, seconds = session.execute(
        select(func.sum(RoundCounter.n), func.sum(RoundCounter.seconds))
        .join(Round, RoundCounter.round == Round.id)
        .where(Round.dataset == dataset, RoundCounter.state == "done")
    ).one()
    return seconds / done if done and seconds else None
