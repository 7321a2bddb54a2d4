"""What the grid page asks for: a reviewer's waiting cells of one shown class, and how many wait of each class.

They come by suspicion, the highest first. In a round of that order the queue itself does, with the cells of the audit
among them. In another one the ranks do that were written down when it opened, unless it has repeats or traps: sorted, a
repeat would stand beside its first showing and a trap among the cells that nobody doubts, so there the queue's order
stays.
"""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from sqlalchemy import Integer, and_, bindparam, func, or_, select

from app.accounts.people import Person
from app.catalogue.models import Cell, Dataset
from app.database import Reading
from app.images.service import RENDITION_MEDIA_TYPE
from app.labels import queries as labels
from app.labels.models import LabelSetRow
from app.review.errors import RoundHasNoGrid
from app.review.models import IS_PENDING, Assignment, Order, Presentation, Round, RoundCell, RoundState
from app.review.queries import LAST_OF_ASSIGNMENT, own_round
from app.review.schemas import ClassQueue, GridItem, WaitingClass

ThumbnailAtHand = Callable[[Any], bytes | None]
"""The thumbnail of a row with ``pixel_sha256, width, height, transform``, where it was made before and lies in memory.
"""

NO_GRID = "This round is blind, so it has no grid: a grid would show the label."

# Made once: what a grid asks for again and again.
ROUND_AND_CLASSES = (
    select(
        Round.id,
        Round.state,
        Round.presentation,
        Round.order,
        Round.repeat_share,
        Round.trap_share,
        Dataset.label_set,
        LabelSetRow.digest,
    )
    .join_from(Round, Dataset, Round.dataset == Dataset.id)
    .join(LabelSetRow, Dataset.label_set == LabelSetRow.id)
    .where(Round.id == bindparam("round"))
)
MINE_PENDING = (Assignment.round == bindparam("round"), Assignment.reviewer == bindparam("reviewer"), IS_PENDING)
AS_SHOWN = select(
    Assignment.pid,
    Assignment.position,
    Cell.pixel_sha256,
    Cell.width,
    Cell.height,
    Assignment.transform,
    LAST_OF_ASSIGNMENT.label("last"),
).join_from(Assignment, Cell, Assignment.cell == Cell.id)
OF_CLASS = (*MINE_PENDING, Assignment.shown_label == bindparam("shown_label"))
MOST = bindparam("most", type_=Integer)
NEXT_OF_CLASS = (
    AS_SHOWN.where(*OF_CLASS, Assignment.position > bindparam("after")).order_by(Assignment.position).limit(MOST)
)
UNRANKED = 2**31 - 1
RANK = func.coalesce(RoundCell.rank, UNRANKED)
IS_RANKED = and_(RoundCell.round == Assignment.round, RoundCell.cell == Assignment.cell)
# Sorted with nothing but their ranks; what is shown of them is read of those that come.
BY_RANK = (
    select(Assignment.id, RANK.label("rank"))
    .join(RoundCell, IS_RANKED, isouter=True)
    .where(
        *OF_CLASS,
        or_(
            bindparam("after_rank") < RANK,
            and_(bindparam("after_rank") == RANK, Assignment.position > bindparam("after")),
        ),
    )
    .order_by(RANK, Assignment.position)
    .limit(MOST)
    .subquery()
)
NEXT_BY_RANK = AS_SHOWN.join(BY_RANK, BY_RANK.c.id == Assignment.id).order_by(BY_RANK.c.rank, Assignment.position)
FIRST_RANKS = select(RoundCell.rank).where(RoundCell.round == bindparam("round")).order_by(RoundCell.cell).limit(100)
RANK_AT = (
    select(RANK)
    .select_from(Assignment)
    .join(RoundCell, IS_RANKED, isouter=True)
    .where(
        Assignment.round == bindparam("round"),
        Assignment.reviewer == bindparam("reviewer"),
        Assignment.position == bindparam("after"),
    )
)
WAITING = (
    select(Assignment.shown_label, func.count())
    .where(*MINE_PENDING)
    .group_by(Assignment.shown_label)
    .order_by(Assignment.shown_label)
)


def next_of_class(
    session: Reading,
    round_pid: str,
    reviewer: Person,
    shown_label: str,
    limit: int,
    after: int,
    thumbnail_at_hand: ThumbnailAtHand | None = None,
) -> ClassQueue:
    """The caller's next assignments that show a class, after the one at a position, with those thumbnails that take no
    waiting where they are asked for. A round that shows cells again brings none: a turned picture is made when it is
    first shown, so one that doesn't lie ready would tell.

    One range of ix_assignment_pending_shown; where they are sorted by rank it is the whole class, and round_cell's key.
    """
    round = sighted_round(session, round_pid, reviewer)
    label_set = labels.label_set_with(session, round.label_set, round.digest)
    index = label_set.index(shown_label)
    if round.state != RoundState.OPEN:
        return ClassQueue(items=[])
    asked = {"round": round.id, "reviewer": reviewer.id, "shown_label": index, "after": after, "most": limit}
    by_rank = is_sorted_by_rank(session, round)
    if by_rank:
        asked["after_rank"] = session.scalar(RANK_AT, asked) or 0
    return ClassQueue(
        items=[
            GridItem(
                assignment_id=row.pid,
                position=row.position,
                image_url=f"/api/v1/assignments/{row.pid}/image?size=display",
                thumbnail_url=f"/api/v1/assignments/{row.pid}/image?size=thumbnail",
                shown_label=label_set[index].name,
                last=row.last,
                side=max(row.width, row.height),
                thumbnail=in_line(thumbnail_at_hand(row)) if thumbnail_at_hand and not round.repeat_share else None,
            )
            for row in session.execute(NEXT_BY_RANK if by_rank else NEXT_OF_CLASS, asked)
        ]
    )


def comes_by_suspicion(session: Reading, round_pid: str, reviewer: Person) -> bool:
    """Whether the most suspicious cells of a class come first, as the page says then."""
    round = sighted_round(session, round_pid, reviewer)
    return round.order == Order.SUSPICION or is_sorted_by_rank(session, round)


def is_sorted_by_rank(session: Reading, round: Any) -> bool:
    """Whether the ranks give the cells their order, not the queue; a round that was opened before there was any
    suspicion has none. Looks at the first few of round_cell's key."""
    if round.order == Order.SUSPICION or round.repeat_share or round.trap_share:
        return False
    return any(rank is not None for rank in session.execute(FIRST_RANKS, {"round": round.id}).scalars())


def in_line(picture: bytes | None) -> str | None:
    """A rendition as an address that holds it."""
    return None if picture is None else f"data:{RENDITION_MEDIA_TYPE};base64,{b64encode(picture).decode()}"


def waiting_by_class(session: Reading, round_pid: str, reviewer: Person) -> list[WaitingClass]:
    """How many of the caller's cells wait of each shown class, in class order; none where none waits.

    Counts the reviewer's part of ix_assignment_pending_shown alone, without a row of the table.
    """
    round = sighted_round(session, round_pid, reviewer)
    if round.state != RoundState.OPEN:
        return []
    label_set = labels.label_set_with(session, round.label_set, round.digest)
    counted = session.execute(WAITING, {"round": round.id, "reviewer": reviewer.id}).all()
    return [
        WaitingClass(shown_label=None if index is None else label_set[index].name, cells=cells)
        for index, cells in counted
    ]


def sighted_round(session: Reading, round_pid: str, reviewer: Person) -> Any:
    """The row of a round of the caller's that shows labels; any other is refused."""
    round = session.execute(ROUND_AND_CLASSES, {"round": own_round(session, round_pid, reviewer)}).one()
    if round.presentation != Presentation.SIGHTED:
        raise RoundHasNoGrid(NO_GRID, "shown_label")
    return round
