"""The votes of a dataset, as whoever fits or measures takes them: streamed, and known to no other room's tables."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import bindparam, select

from app.catalogue.models import Cell
from app.database import Reading
from app.review.models import Review
from app.review.recounting import SAID_COLUMNS
from app.review.verdicts import VOTING_KINDS, Said, standing

ROWS_A_BLOCK = 5000
OF_DATASET = (
    select(*SAID_COLUMNS)
    .join_from(Cell, Review, Review.cell == Cell.id)
    .where(Cell.dataset == bindparam("dataset"))
    .order_by(Cell.id, Review.id)
)


class StandingVote(NamedTuple):
    """A standing review that names a class: whose it is, and what it names; ``second_label`` where it is borderline."""

    cell: int
    reviewer: int
    label: int
    second_label: int | None
    order: int


def standing_votes(session: Reading, dataset: int) -> Iterator[list[StandingVote]]:
    """The votes for classes by cell, cells in order of id; nothing of cells without one.

    *Unsure* and *unusable* are no votes for a class. Walks ix_cell_dataset_id, then ix_review_cell_id.
    """
    rows = session.stream(OF_DATASET.params(dataset=dataset), ROWS_A_BLOCK)
    for _, of_cell in groupby(rows, key=attrgetter("cell")):
        votes = [
            StandingVote(said.cell, said.reviewer, said.label, said.second_label, said.order)
            for said in those_that_stand([Said(*tuple(row)) for row in of_cell])
            if said.label is not None
        ]
        if votes:
            yield votes


def those_that_stand(said: Sequence[Said]) -> Sequence[Said]:
    """What stands of a cell's reviews. Most cells have one review of each reviewer: then all do."""
    plain = all(review.kind in VOTING_KINDS and review.verdict != "withdrawn" for review in said)
    if plain and len({review.reviewer for review in said}) == len(said):
        return said
    return standing(said)
