"""What the grid page asks for: a reviewer's waiting cells of one shown class, and how many wait of each class."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from sqlalchemy import Integer, bindparam, func, select

from app.accounts.people import Person
from app.catalogue.models import Cell, Dataset
from app.database import Reading
from app.images.service import RENDITION_MEDIA_TYPE
from app.labels import queries as labels
from app.labels.models import LabelSetRow
from app.review.errors import RoundHasNoGrid
from app.review.models import IS_PENDING, Assignment, Presentation, Round, RoundState
from app.review.queries import LAST_OF_ASSIGNMENT, own_round
from app.review.schemas import ClassQueue, GridItem, WaitingClass

ThumbnailAtHand = Callable[[Any], bytes | None]
"""The thumbnail of a row with ``pixel_sha256, width, height, transform``, where it was made before and lies in memory.
"""

NO_GRID = "This round is blind, so it has no grid: a grid would show the label."

# Made once: what a grid asks for again and again.
ROUND_AND_CLASSES = (
    select(Round.id, Round.state, Round.presentation, Dataset.label_set, LabelSetRow.digest)
    .join_from(Round, Dataset, Round.dataset == Dataset.id)
    .join(LabelSetRow, Dataset.label_set == LabelSetRow.id)
    .where(Round.id == bindparam("round"))
)
MINE_PENDING = (Assignment.round == bindparam("round"), Assignment.reviewer == bindparam("reviewer"), IS_PENDING)
NEXT_OF_CLASS = (
    select(
        Assignment.pid,
        Assignment.position,
        Cell.pixel_sha256,
        Cell.width,
        Cell.height,
        Assignment.transform,
        LAST_OF_ASSIGNMENT.label("last"),
    )
    .join_from(Assignment, Cell, Assignment.cell == Cell.id)
    .where(
        *MINE_PENDING,
        Assignment.shown_label == bindparam("shown_label"),
        Assignment.position > bindparam("after"),
    )
    .order_by(Assignment.position)
    .limit(bindparam("most", type_=Integer))
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
    """The caller's next assignments that show a class, with those thumbnails that take no waiting where they are asked
    for. One range of ix_assignment_pending_shown."""
    round = sighted_round(session, round_pid, reviewer)
    label_set = labels.label_set_with(session, round.label_set, round.digest)
    index = label_set.index(shown_label)
    if round.state != RoundState.OPEN:
        return ClassQueue(items=[])
    asked = {"round": round.id, "reviewer": reviewer.id, "shown_label": index, "after": after, "most": limit}
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
                thumbnail=in_line(thumbnail_at_hand(row)) if thumbnail_at_hand else None,
            )
            for row in session.execute(NEXT_OF_CLASS, asked)
        ]
    )


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
