"""Which reviewer sees which cell at which place: pure, and the same for the same seed, so that a killed plan goes on
where it stopped and an auditor can make it again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Planned:
    """A place in a reviewer's queue."""

    reviewer: int
    position: int
    cell: int


def share_out(cells: Sequence[int], reviewers: Sequence[int], reviews_per_cell: int, seed: int) -> dict[int, list[int]]:
    """The cells of every reviewer: each cell goes to ``reviews_per_cell`` of them, loads differ by one at most.

    A block of as many cells as there are reviewers gives each reviewer exactly ``reviews_per_cell``; within a block
    the reviewers stand in a ring whose order is drawn anew, so that all pairs of reviewers share cells.
    """
    random = Random(f"{seed}:cells")
    shuffled = list(cells)
    random.shuffle(shuffled)
    ring = list(reviewers)
    size = len(ring)
    shares: dict[int, list[int]] = {reviewer: [] for reviewer in reviewers}
    for ordinal, cell in enumerate(shuffled):
        place = ordinal % size
        if place == 0:
            random.shuffle(ring)
        for offset in range(reviews_per_cell):
            shares[ring[(place * reviews_per_cell + offset) % size]].append(cell)
    return shares


def queue_order(cells: Sequence[int], reviewer: int, order: str, seed: int) -> list[int]:
    """A reviewer's cells in the order in which they come: shuffled by the seed, or as they were imported."""
    if order == "import":
        return sorted(cells)
    shuffled = sorted(cells)
    Random(f"{seed}:queue:{reviewer}").shuffle(shuffled)
    return shuffled


def plan_assignments(
    cells: Sequence[int], reviewers: Sequence[int], reviews_per_cell: int, order: str, seed: int
) -> dict[int, list[int]]:
    """Every reviewer's queue of cells. Reviewers are named by what doesn't change between two plannings."""
    shares = share_out(sorted(cells), reviewers, reviews_per_cell, seed)
    return {reviewer: queue_order(share, reviewer, order, seed) for reviewer, share in shares.items()}


def in_rounds_of_positions(queues: dict[int, list[int]], first_positions: dict[int, int]) -> Iterator[Planned]:
    """All places, the first of everybody before the second of anybody: a chunk of it lets everybody begin."""
    for place in range(max((len(queue) for queue in queues.values()), default=0)):
        for reviewer, queue in queues.items():
            if place < len(queue):
                yield Planned(reviewer, first_positions.get(reviewer, 1) + place, queue[place])
