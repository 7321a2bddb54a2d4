"""One suspicion a cell, of all that is said about it.

Looks and predictions are learned from the same labels, so they err alike and are averaged (in logarithms, each model
and the looks with one voice); reviewers judge for themselves, so their votes count in full. `noise.judged` then hears
the given label.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.quality.suspicion.arrays import Floats, Ints, checked_labels
from app.quality.suspicion.from_neighbours import Looks
from app.quality.suspicion.from_predictions import Told
from app.quality.suspicion.from_votes import Said
from app.quality.suspicion.noise import judged, log_odds_against, suspicion
from app.quality.suspicion.reasons import SOURCES, Reasons, Source


@dataclass(frozen=True, eq=False)
class Suspicions:
    """``suspicion`` (N,): how probably each given label is wrong. ``log_odds`` (N,): the same, where cells differ that
    probabilities round to 1. ``suggested`` (N,): the likeliest other class, -1 where there is one class. ``rank`` (N,):
    0 for the most suspicious. ``of_source``: what each source alone would say (N,), NaN where it says nothing."""

    suspicion: Floats
    log_odds: Floats
    suggested: Ints
    rank: Ints
    of_source: dict[Source, Floats]
    reasons: Reasons


def combined(
    given: Ints,
    matrix: Floats,
    looks: Looks | None = None,
    told: Sequence[Told] = (),
    said: Said | None = None,
) -> Suspicions:
    """Rank N cells by all that is known of them, any part of which may be missing.

    ``given`` (N,) are their labels, ``matrix`` (K, K) how labels go wrong. Cells of one suspicion keep their order.
    Raises ValueError where shapes don't fit.
    """
    classes = len(matrix)
    given = checked_labels(given, classes)
    heard = evidence_by_source(given, classes, looks, told, said)
    total = sum((log_p for log_p, _ in heard.values()), np.zeros((len(given), classes)))
    log_judged = judged(total, given, matrix)
    log_odds = log_odds_against(log_judged, given)
    suggested = likeliest_other(log_judged, given)
    rank = np.empty(len(given), np.int64)
    rank[np.argsort(-log_odds, kind="stable")] = np.arange(len(given))
    of_source = alone(given, matrix, looks, told, said)
    return Suspicions(
        suspicion(log_odds),
        log_odds,
        suggested,
        rank,
        of_source,
        reasons_of(given, suggested, heard, looks, told, said),
    )


Heard = dict[Source, tuple[Floats, NDArray[np.bool_]]]


def evidence_by_source(
    given: Ints, classes: int, looks: Looks | None, told: Sequence[Told], said: Said | None
) -> Heard:
    """What each source adds to a cell's log-probabilities (N, K), 0 where it says nothing, and where it speaks (N,)."""
    shape = (len(given), classes)
    voices = sum((one.known.astype(np.float64) for one in told), np.full(len(given), float(looks is not None)))
    share = (1 / np.maximum(voices, 1))[:, None]
    heard: Heard = {}
    if said is not None:
        heard[Source.VOTES] = said.log_p, said.counts.sum(axis=1) > 0
    if told:
        spoken = sum((np.where(one.known[:, None], one.log_p, 0.0) for one in told), np.zeros(shape))
        heard[Source.PREDICTIONS] = share * spoken, np.any([one.known for one in told], axis=0)
    if looks is not None:
        heard[Source.LOOKS] = share * looks.log_p, np.ones(len(given), bool)
    if any(log_p.shape != shape for log_p, _ in heard.values()):
        raise ValueError(f"every source must speak of {shape[0]} cells and {shape[1]} classes")
    return heard


def alone(
    given: Ints, matrix: Floats, looks: Looks | None, told: Sequence[Told], said: Said | None
) -> dict[Source, Floats]:
    """What each source alone would make of the cells."""
    found = {}
    for source, only in (
        (Source.VOTES, evidence_by_source(given, len(matrix), None, (), said)),
        (Source.PREDICTIONS, evidence_by_source(given, len(matrix), None, told, None)),
        (Source.LOOKS, evidence_by_source(given, len(matrix), looks, (), None)),
    ):
        if source in only:
            log_p, speaks = only[source]
            own = suspicion(log_odds_against(judged(log_p, given, matrix), given))
            found[source] = np.where(speaks, own, np.nan)
    return found


def likeliest_other(log_judged: Floats, given: Ints) -> Ints:
    """The likeliest class but the given one (N,), -1 where there is no other."""
    if log_judged.shape[1] == 1:
        return np.full(len(given), -1)
    others = log_judged.copy()
    others[np.arange(len(given)), given] = -np.inf
    return np.asarray(others.argmax(axis=1))


def reasons_of(
    given: Ints, suggested: Ints, heard: Heard, looks: Looks | None, told: Sequence[Told], said: Said | None
) -> Reasons:
    """The source that speaks most for the suggested class against the given one has the word."""
    rows = np.arange(len(given))
    strength = np.full((len(SOURCES), len(given)), -np.inf)
    for who, (log_p, speaks) in heard.items():
        against = np.where(suggested >= 0, log_p[rows, suggested] - log_p[rows, given], 0.0)
        strength[SOURCES.index(who)] = np.where(speaks, against, -np.inf)
    source = np.where(np.isfinite(strength).any(axis=0), strength.argmax(axis=0), -1)
    doubted = strength.max(axis=0) > 0
    about = np.where(doubted, suggested, given)
    said_for, of, probability = (np.full(len(given), np.nan) for _ in range(3))
    if said is not None:
        mine = np.flatnonzero(source == SOURCES.index(Source.VOTES))
        said_for[mine] = said.counts[mine, about[mine]]
        of[mine] = said.counts[mine].sum(axis=1)
    if told:
        mine = np.flatnonzero(source == SOURCES.index(Source.PREDICTIONS))
        probability[mine] = _stated(told, mine, about[mine])
    if looks is not None:
        mine = np.flatnonzero(source == SOURCES.index(Source.LOOKS))
        alike = looks.look_alikes[mine]
        said_for[mine] = ((alike >= 0) & (given[alike] == about[mine, None])).sum(axis=1)
        of[mine] = (alike >= 0).sum(axis=1)
        probability[mine] = np.exp(looks.log_p[mine, about[mine]])
    return Reasons(source, np.where(doubted, suggested, -1), said_for, of, probability)


def _stated(told: Sequence[Told], cells: Ints, about: Ints) -> Floats:
    """The highest probability that a model states of a class, NaN where all gave labels alone."""
    stated = np.full(len(cells), np.nan)
    for one in told:
        if one.stated is not None:
            stated = np.fmax(stated, np.where(one.known[cells], one.stated[cells, about], np.nan))
    return stated
