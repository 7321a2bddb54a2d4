"""Which reviewer sees which cell at which place: pure, and the same for the same seed, so that a killed plan goes on
where it stopped and an auditor can make it again."""

from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import NamedTuple

from app.images.transforms import any_transform
from app.review.models import Kind

LEAST_DISTANCE = 100
"""Cells between a first showing and its repeat, in a queue that is long enough."""

AUDITED_WITHIN = 0.2
"""The part of a queue in which its audit cells come, so that there is an estimate when most of the errors are found."""

LEAST_BETWEEN = 2
"""Of so many places at most one is an audit cell's: with a large audit its part of the queue grows."""


class Place(NamedTuple):
    """What stands at a place in a queue. ``wrong_label`` is what a trap shows."""

    cell: int
    kind: Kind = Kind.FIRST
    transform: int | None = None
    wrong_label: int | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A place in a reviewer's queue, and what stands there."""

    reviewer: int
    position: int
    place: Place


@dataclass(frozen=True, slots=True)
class Ranking:
    """The order of suspicion of a wave's cells: ``ranks``, 1 the most suspicious, and those drawn for the audit."""

    ranks: Mapping[int, int]
    audited: Container[int]


def ranked(suspicions: Mapping[int, float | None], seed: int) -> dict[int, int]:
    """The rank of every cell: the most suspicious first, equals as the seed shuffles them, cells of which nothing is
    known last."""
    shuffled = sorted(suspicions)
    Random(f"{seed}:ranks").shuffle(shuffled)
    known = [(cell, suspicion) for cell in shuffled if (suspicion := suspicions[cell]) is not None]
    unknown = [cell for cell in shuffled if suspicions[cell] is None]
    known.sort(key=lambda pair: -pair[1])
    return {cell: rank for rank, cell in enumerate([*(cell for cell, _ in known), *unknown], start=1)}


def drawn_for_audit(cells: Collection[int], share: float, seed: int) -> frozenset[int]:
    """The cells that are looked at whatever their rank, drawn from all of them by the seed alone."""
    return frozenset(Random(f"{seed}:audit").sample(sorted(cells), how_many_audited(share, len(cells))))


def how_many_audited(share: float, cells: int) -> int:
    """How many cells an audit draws: at least one where there is an audit at all."""
    return min(cells, max(1, int(share * cells + 0.5))) if share else 0


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


def queue_order(
    cells: Sequence[int], reviewer: int, order: str, seed: int, ranking: Ranking | None = None
) -> list[int]:
    """A reviewer's cells in the order in which they come: shuffled by the seed, as they were imported, or the most
    suspicious first where there is a ranking, with the audit's among them."""
    if order == "import":
        return sorted(cells)
    shuffled = sorted(cells)
    random = Random(f"{seed}:queue:{reviewer}")
    random.shuffle(shuffled)
    if order != "suspicion" or ranking is None:
        return shuffled
    audited = [cell for cell in shuffled if cell in ranking.audited]
    by_rank = sorted((cell for cell in shuffled if cell not in ranking.audited), key=ranking.ranks.__getitem__)
    return with_audits(by_rank, audited, random)


def with_audits(by_rank: Sequence[int], audited: Sequence[int], random: Random) -> list[int]:
    """The cells in order of rank, with those of the audit spread evenly over the first of them, each at a place drawn
    by chance, so that nothing tells which they are."""
    length = len(by_rank) + len(audited)
    within = min(length, max(int(AUDITED_WITHIN * length), LEAST_BETWEEN * len(audited)))
    ends = [within * at // len(audited) for at in range(len(audited) + 1)] if audited else []
    places = frozenset(random.randrange(start, end) for start, end in pairwise(ends))
    audit, rest = iter(audited), iter(by_rank)
    return [next(audit) if at in places else next(rest) for at in range(length)]


def plan_assignments(
    cells: Sequence[int],
    reviewers: Sequence[int],
    reviews_per_cell: int,
    order: str,
    seed: int,
    ranking: Ranking | None = None,
) -> dict[int, list[int]]:
    """Every reviewer's queue of cells. Reviewers are named by what doesn't change between two plannings."""
    shares = share_out(sorted(cells), reviewers, reviews_per_cell, seed)
    return {reviewer: queue_order(share, reviewer, order, seed, ranking) for reviewer, share in shares.items()}


def how_many(share: float, firsts: int) -> int:
    """How many repeats or traps a share of a queue's first showings is; never more than one for every two of them."""
    return min(int(share * firsts + 0.5), firsts // 2)


def least_distance(queue_length: int) -> int:
    """How many places a repeat comes after its first showing at least: a hundred, or half of a shorter queue."""
    return min(LEAST_DISTANCE, (queue_length + 1) // 2)


def filled_queue(
    cells: Sequence[int],
    traps: Sequence[Place],
    repeat_share: float,
    oblong: Container[int],
    random: Random,
    before: int = 0,
) -> list[Place]:
    """A queue of first showings in their order, with traps and repeats at places that nothing tells.

    ``before``: the places that lie before this part of the queue; ``oblong``: the cells whose pictures are no squares.
    A part that is too short for a repeat to be far enough from its first showing gets none.
    """
    if not cells:
        return []
    firsts = with_traps(cells, traps, random)
    repeats = how_many(repeat_share, len(cells))
    distance = least_distance(before + len(firsts) + repeats)
    if not repeats or distance > len(cells):
        return firsts
    length = len(firsts) + repeats
    drawn = frozenset(random.sample(range(distance, length), repeats))
    at_the_end = frozenset(range(len(firsts), length))
    queue = with_repeats(firsts, drawn, distance, oblong, random)
    return queue or with_repeats(firsts, at_the_end, distance, oblong, random) or firsts


def with_traps(cells: Sequence[int], traps: Sequence[Place], random: Random) -> list[Place]:
    """First showings in their order, with traps at places drawn among them."""
    trapped = frozenset(random.sample(range(len(cells) + len(traps)), len(traps)))
    trap, first = iter(traps), iter(cells)
    return [next(trap) if at in trapped else Place(next(first)) for at in range(len(cells) + len(traps))]


def with_repeats(
    firsts: Sequence[Place], places: Collection[int], distance: int, oblong: Container[int], random: Random
) -> list[Place] | None:
    """The same with a repeat at each of the places, or later where no cell was shown long enough ago; None where that
    leaves too few places. A cell is shown again once at most."""
    long_ago: list[int] = []
    queue: list[Place] = []
    waiting = iter(firsts)
    owed = 0
    for position in range(len(firsts) + len(places)):
        if position >= distance and queue[position - distance].kind == Kind.FIRST:
            long_ago.append(queue[position - distance].cell)
        owed += position in places
        if owed and long_ago:
            owed -= 1
            drawn = random.randrange(len(long_ago))
            long_ago[drawn], long_ago[-1] = long_ago[-1], long_ago[drawn]
            cell = long_ago.pop()
            queue.append(Place(cell, Kind.REPEAT, any_transform(cell not in oblong, random)))
        else:
            place = next(waiting, None)
            if place is None:
                return None
            queue.append(place)
    return queue


def wrong_label(named: Container[int], shown: Mapping[int, int], random: Random) -> int | None:
    """A label for a trap: one that nothing names of its cell, and as frequent as in the queue, so that it doesn't stand
    out; None where there is none."""
    wrong = sorted(label for label in shown if label not in named)
    return random.choices(wrong, [shown[label] for label in wrong])[0] if wrong else None


def lapsed_repeats(queue: Sequence[Place], stays: Container[int] = frozenset()) -> list[int]:
    """The indexes of repeats whose first showing is gone from the queue, or has come too near to them.

    A repeat that goes brings others nearer to their first showing, so it is asked again until none goes. Those in
    ``stays`` were answered and are part of the queue whatever their distance.
    """
    kept = list(range(len(queue)))
    while True:
        distance = least_distance(len(kept))
        first = {queue[index].cell: at for at, index in enumerate(kept) if queue[index].kind != Kind.REPEAT}
        lapsing = {
            index
            for at, index in enumerate(kept)
            if queue[index].kind == Kind.REPEAT
            and index not in stays
            and (queue[index].cell not in first or at - first[queue[index].cell] < distance)
        }
        if not lapsing:
            return sorted(set(range(len(queue))) - set(kept))
        kept = [index for index in kept if index not in lapsing]


def in_rounds_of_positions(queues: Mapping[int, list[Place]], first_positions: Mapping[int, int]) -> Iterator[Planned]:
    """All places, the first of everybody before the second of anybody: a chunk of it lets everybody begin."""
    for at in range(max((len(queue) for queue in queues.values()), default=0)):
        for reviewer, queue in queues.items():
            if at < len(queue):
                yield Planned(reviewer, first_positions.get(reviewer, 1) + at, queue[at])
