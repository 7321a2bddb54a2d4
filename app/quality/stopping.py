"""When to stop looking for errors: what a round that is ordered by suspicion has found, and what it has left.

Pure. What *read* and *wrong* mean is told in `docs/explanation/stopping.md`. Statistics are loaded where they are used:
a server that nobody asks needs no NumPy.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil
from typing import NamedTuple

from app.catalogue.models import Outcome

STEP_SHARE = 0.05
LEAST_STEP = 20
"""So many cells, or a twentieth of the ranked ones, are what was read last and what may be read next."""

LARGER = (2, 4)
POINTS = 200
"""Of the yield curve at most."""


class Looked(NamedTuple):
    """A cell with a given label in the round. ``read`` is the place in the order of reading, None for an unread one;
    ``wrong`` whether its given label was found wrong, None where that is not decided."""

    wave: int
    rank: int
    audit: bool
    read: int | None
    wrong: bool | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cells there are of a kind, and what became of them."""

    cells: int
    read: int
    wrong: int
    undecided: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """Wrong labels among the ``unread`` cells: the middle of what is likely, and the ends of 95 % of it.

    It rests on ``audited`` cells beyond what the ranking has reached, ``wrong`` of them wrong and ``unsure_of`` without
    a decision, or not read though they should have been.
    """

    low: int
    median: int
    high: int
    unread: int
    audited: int
    wrong: int
    unsure_of: int


@dataclass(frozen=True, slots=True)
class NextCells:
    """What the next cells in order of rank hold at most, if the ranking is worth anything: it was ``wrong`` of the last
    ``seen``, and those to come are less suspicious."""

    cells: int
    median: int
    high: int
    seen: int
    wrong: int


class More(StrEnum):
    """How one could look further."""

    NOTHING = "nothing"
    RANK = "rank"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the estimate would be after further ``cells``, if the audit goes on as it did."""

    more: More
    cells: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Stopping:
    """All that a round tells about stopping. ``reached``: so many cells lie before the first one in order of rank that
    nobody has read. ``curve``: ranked cells in the order in which they were read, and how many were wrong by then."""

    ranked: Tally
    audit: Tally
    reached: int
    estimate: Estimate | None
    next: NextCells | None
    outlooks: list[Outlook]
    curve: list[tuple[int, int]]

    @property
    def all(self) -> Tally:
        """Ranked and audited cells together."""
        one, other = self.ranked, self.audit
        return Tally(
            one.cells + other.cells, one.read + other.read, one.wrong + other.wrong, one.undecided + other.undecided
        )


def is_wrong(given: int, outcome: str | None, label: int | None, second_label: int | None) -> bool | None:
    """Whether a given label is wrong, by what the cell is held to be; None where that is not decided.

    A pair that holds the given class doesn't contradict it, and that a picture is unusable says nothing of its class.
    """
    match outcome:
        case Outcome.LABEL:
            return label != given
        case Outcome.BORDERLINE:
            return given not in (label, second_label)
        case Outcome.UNUSABLE:
            return False
        case _:
            return None


def when_to_stop(cells: Sequence[Looked], in_order: bool = True) -> Stopping:
    """What was found and what is left. ``in_order``: whether the cells were read as their queues bring them; class by
    class the audit's cells that were read are no sample of all of them, so those that are missing may be anything."""
    ranked = [cell for cell in cells if not cell.audit]
    audit = [cell for cell in cells if cell.audit]
    both = parts(cells, in_order)
    estimate = estimated(both) if any(cell.read is not None for cell in audit) else None
    return Stopping(
        ranked=tally(ranked),
        audit=tally(audit),
        reached=round(sum(one.cells for one in both if one.is_reached)),
        estimate=estimate,
        next=next_cells(ranked) if in_order else None,
        outlooks=outlooks(both, step_of(len(ranked)), estimate) if estimate else [],
        curve=thinned(yield_curve(ranked)),
    )


def tally(cells: Sequence[Looked]) -> Tally:
    """Counts of some cells."""
    read = [cell for cell in cells if cell.read is not None]
    return Tally(
        cells=len(cells),
        read=len(read),
        wrong=sum(cell.wrong is True for cell in read),
        undecided=sum(cell.wrong is None for cell in read),
    )


def step_of(ranked: int) -> int:
    """How many cells are a step of looking further."""
    return max(LEAST_STEP, ceil(STEP_SHARE * ranked))


@dataclass(frozen=True, slots=True)
class Part:
    """The cells of a wave that lie before, or after, the first unread cell in order of rank.

    Of the ``sampled`` ones, which stand for all of them, ``wrong`` were wrong and ``unsure_of`` are unknown. After that
    cell some ranked ones were read too: ``found`` were wrong and ``open`` are undecided. ``unread`` are left;
    ``missing`` of them are of the audit and should have been read.
    """

    is_reached: bool
    cells: float
    sampled: float
    wrong: float
    unsure_of: float
    found: float
    open: float
    unread: float
    missing: float


def parts(cells: Sequence[Looked], in_order: bool) -> list[Part]:
    """The two parts of every wave. Each wave has an order and an audit of its own, and cells that came later may be of
    another kind."""
    waves: dict[int, list[Looked]] = defaultdict(list)
    for cell in cells:
        waves[cell.wave].append(cell)
    found = []
    for of_wave in waves.values():
        unread = [cell.rank for cell in of_wave if not cell.audit and cell.read is None]
        first = min(unread) if unread else 1 + max(cell.rank for cell in of_wave)
        before = [cell for cell in of_wave if cell.rank < first]
        after = [cell for cell in of_wave if cell.rank >= first]
        found += [part(some, some is before, in_order) for some in (before, after) if some]
    return found


def part(cells: Sequence[Looked], is_reached: bool, in_order: bool) -> Part:
    """The counts of a part. In the reached one nothing but cells of the audit is unread, and those were drawn by
    chance: all others are their sample. In the other one the audit is the sample."""
    audit = tally([cell for cell in cells if cell.audit])
    ranked = tally([cell for cell in cells if not cell.audit])
    missing = audit.cells - audit.read
    lost = 0 if in_order else missing
    return Part(
        is_reached=is_reached,
        cells=len(cells),
        sampled=audit.read + lost + is_reached * ranked.read,
        wrong=audit.wrong + is_reached * ranked.wrong,
        unsure_of=audit.undecided + lost + is_reached * ranked.undecided,
        found=0 if is_reached else ranked.wrong,
        open=0 if is_reached else ranked.undecided,
        unread=ranked.cells - ranked.read + missing,
        missing=lost,
    )


def estimated(cells: Sequence[Part]) -> Estimate:
    """Wrong labels among the unread cells: those among all that no sample looked at, without those found there."""
    from app.consensus.statistics.stopping import Stratum, errors_left_in_all

    left = [one for one in cells if one.unread]
    whole = errors_left_in_all([Stratum(round(one.cells), one.sampled, one.wrong, one.unsure_of) for one in left])
    found = sum(one.found for one in left)
    undecided = sum(one.open for one in left)
    unread = round(sum(one.unread for one in left))
    high = min(max(0, round(whole.high - found + sum(one.missing for one in left))), unread)
    low = min(max(0, round(whole.low - found - undecided)), high)
    audits = [one for one in left if not one.is_reached]
    return Estimate(
        low=low,
        median=min(max(low, round(whole.median - found - undecided / 2)), high),
        high=high,
        unread=unread,
        audited=round(sum(one.sampled for one in audits)),
        wrong=round(sum(one.wrong for one in audits)),
        unsure_of=round(sum(one.unsure_of for one in audits)),
    )


def next_cells(ranked: Sequence[Looked]) -> NextCells | None:
    """What the next step in order of rank holds, by the last one; None before anything was decided, or at the end."""
    from app.consensus.statistics.stopping import quantile

    read = sorted((cell.read, cell.wrong) for cell in ranked if cell.read is not None and cell.wrong is not None)
    last = read[-step_of(len(ranked)) :]
    cells = min(step_of(len(ranked)), sum(cell.read is None for cell in ranked))
    if not last or not cells:
        return None
    wrong = sum(1 for _, was_wrong in last if was_wrong)
    alike = [(cells, float(wrong), float(len(last)))]
    return NextCells(cells, quantile(alike, 0.5), quantile(alike, 0.975), len(last), wrong)


def outlooks(cells: Sequence[Part], step: int, now: Estimate) -> list[Outlook]:
    """What one would know after reading on in order of rank, and with a larger audit."""
    found = [Outlook(More.NOTHING, 0, now.low, now.high)]
    if not now.high:
        return found
    to_read = sum(one.unread for one in cells if not one.is_reached)
    for times in (1, *LARGER):
        further = step * times
        if further < to_read:
            left = estimated([shrunk(one, 1 - further / to_read) for one in cells])
            found.append(Outlook(More.RANK, further, left.low, left.high))
    for times in LARGER:
        further = now.audited * (times - 1)
        if 0 < further < to_read and all(one.is_reached or one.sampled * times <= one.cells for one in cells):
            left = estimated([with_larger_audit(one, times) for one in cells])
            found.append(Outlook(More.AUDIT, further, left.low, left.high))
    return found


def shrunk(one: Part, share: float) -> Part:
    """A part of which only this share is left, the audit in it going on as it did."""
    if one.is_reached:
        return one
    cells = round(one.cells * share)
    sampled = min(one.sampled * share, cells)
    scale = sampled / one.sampled if one.sampled else 0.0
    return Part(
        False,
        cells,
        sampled,
        one.wrong * scale,
        one.unsure_of * scale,
        one.found * share,
        one.open * share,
        one.unread * share,
        one.missing * share,
    )


def with_larger_audit(one: Part, times: int) -> Part:
    """A part with so many times the audit, in which as large a share is wrong."""
    if one.is_reached:
        return one
    return replace(
        one,
        sampled=one.sampled * times,
        wrong=one.wrong * times,
        unsure_of=one.unsure_of * times,
        unread=one.unread - one.sampled * (times - 1),
    )


def yield_curve(ranked: Sequence[Looked]) -> list[tuple[int, int]]:
    """How many were wrong among the first so many ranked cells that were read, in the order of reading."""
    wrong = 0
    curve = [(0, 0)]
    order = sorted((cell.read, cell.wrong is True) for cell in ranked if cell.read is not None)
    for at, (_, was_wrong) in enumerate(order, start=1):
        wrong += was_wrong
        curve.append((at, wrong))
    return curve


def thinned(curve: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """At most POINTS of a curve's points, evenly, with its two ends."""
    if len(curve) <= POINTS:
        return list(curve)
    last = len(curve) - 1
    return [curve[round(at * last / (POINTS - 1))] for at in range(POINTS)]
