"""All agreement figures of a set of votes at once, each with its interval."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.consensus.statistics import agreement
from app.consensus.statistics.agreement import (
    NEVER_MET,
    NO_PAIRS,
    ONE_CLASS,
    ONE_POSSIBLE,
    Coefficient,
    Note,
    Sums,
    as_coefficient,
    cohen_kappa,
    cohen_standard_error,
    pair_tables,
    sums_of_patterns,
    total,
)
from app.consensus.statistics.bootstrap import resampled, resampled_by_group
from app.consensus.statistics.votes import Floats, Ints, Votes
from app.words import msg, phrase

NORMAL_95 = 1.959963984540054
SAMPLES = 1000
NOT_SAID = msg("Nobody said it of an item with two votes.")


@dataclass(frozen=True)
class PairAgreement:
    """Cohen's κ of two raters over the items that both answered; the interval is the large-sample one."""

    rater_a: int
    rater_b: int
    kappa: Coefficient
    items: int


@dataclass(frozen=True)
class ClassAgreement:
    """How far raters agree on one class: specific agreement, and α of it against all others."""

    label: int
    votes: float
    specific_agreement: Coefficient
    krippendorff_alpha: Coefficient


@dataclass(frozen=True)
class Agreement:
    """Everything about a set of votes; ``classes`` is the q of AC1: how many classes could be said.

    ``weighted_alpha`` is None where no ladder was given.
    """

    items: int
    raters: int
    votes: int
    classes: int
    percent_agreement: Coefficient
    krippendorff_alpha: Coefficient
    weighted_alpha: Coefficient | None
    fleiss_kappa: Coefficient
    gwet_ac1: Coefficient
    cohen_kappa: tuple[PairAgreement, ...]
    per_class: tuple[ClassAgreement, ...]
    notes: tuple[Note, ...]


def agreement_of(
    votes: Votes,
    ladder: Floats | None = None,
    group: Ints | None = None,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Agreement:
    """The figures with percentile intervals of ``samples`` bootstrap draws of items, or of groups.

    ``ladder`` (K,): the rung of each class, NaN for one that isn't on it, for the weighted α. ``group`` (M,): the group
    of each item that has an answer, in order of item; its intervals are wider where cells of a group resemble each
    other. ``samples`` 0 leaves the intervals out. What is undefined is None, with the reason.
    """
    distance = None if ladder is None else agreement.ladder_distance(ladder)
    patterns = votes.patterns
    one = sums_of_patterns(patterns, distance)
    whole = total(one, patterns.items)
    drawn = drawn_sums(votes, one, group, samples, seed)
    q = votes.classes
    why = NO_PAIRS if not whole.paired else ONE_CLASS

    def coefficient(figure: Callable[[Sums], Floats]) -> Coefficient:
        return as_coefficient(figure(whole), why, figure(drawn) if drawn else None)

    def by_class(figure: Callable[[Sums], Floats]) -> list[Coefficient]:
        values, samples_of = figure(whole), figure(drawn) if drawn else None
        return [
            as_coefficient(values[k], why_of_class(k, whole), None if samples_of is None else samples_of[:, k])
            for k in range(q)
        ]

    said = np.asarray(patterns.items @ patterns.counts)
    return Agreement(
        items=len(votes.starts),
        raters=len(np.unique(votes.rater)),
        votes=len(votes),
        classes=q,
        percent_agreement=coefficient(agreement.percent_agreement),
        krippendorff_alpha=coefficient(agreement.krippendorff_alpha),
        weighted_alpha=None if distance is None else coefficient(lambda sums: agreement.weighted_alpha(sums, distance)),
        fleiss_kappa=coefficient(agreement.fleiss_kappa),
        gwet_ac1=coefficient(lambda sums: agreement.gwet_ac1(sums, q))
        if q > 1
        else Coefficient(None, notes=(ONE_POSSIBLE,)),
        cohen_kappa=pairs_of(votes),
        per_class=tuple(
            ClassAgreement(label, float(said[label]), specific, alpha)
            for label, (specific, alpha) in enumerate(
                zip(
                    by_class(agreement.specific_agreement),
                    by_class(agreement.krippendorff_alpha_by_class),
                    strict=True,
                )
            )
        ),
        notes=notes_of(votes, whole),
    )


def drawn_sums(votes: Votes, one: Sums, group: Ints | None, samples: int, seed: int) -> Sums | None:
    """The bootstrap's sums, None where none are wanted or there is nothing to draw from."""
    if not samples or not len(votes):
        return None
    if group is None:
        return resampled(one, votes.patterns.items, samples, seed)
    return resampled_by_group(votes.patterns, one, group, samples, seed)


def why_of_class(label: int, whole: Sums) -> str:
    """Why a figure of one class is undefined, where it is."""
    if not whole.paired:
        return NO_PAIRS
    return ONE_CLASS if whole.pairable[label] else NOT_SAID


def pairs_of(votes: Votes) -> tuple[PairAgreement, ...]:
    """Cohen's κ of every two raters that answered; those who never met are named with the reason."""
    met = {(pair.rater_a, pair.rater_b): pair for pair in pair_tables(votes)}
    present = np.unique(votes.rater).tolist()
    pairs = []
    for at, a in enumerate(present):
        for b in present[at + 1 :]:
            pair = met.get((a, b))
            if pair is None:
                pairs.append(PairAgreement(a, b, Coefficient(None, notes=(NEVER_MET,)), 0))
            else:
                pairs.append(PairAgreement(a, b, kappa_with_interval(pair.table), pair.items))
    return tuple(pairs)


def kappa_with_interval(table: Floats) -> Coefficient:
    """Cohen's κ ± 1.96 standard errors, kept within -1 and 1."""
    value = float(cohen_kappa(table))
    if np.isnan(value):
        return Coefficient(None, notes=(ONE_CLASS,))
    reach = NORMAL_95 * cohen_standard_error(table)
    return Coefficient(value, max(-1.0, value - reach), min(1.0, value + reach))


def notes_of(votes: Votes, whole: Sums) -> tuple[Note, ...]:
    """What a reader of the figures has to know."""
    notes: list[Note] = [phrase("AC1 takes q = {classes:,} classes that could be said.", classes=votes.classes)]
    alone = round(float(whole.items - whole.paired))
    if alone:
        notes.append(
            phrase("{n:,} items have one vote: α leaves them out, κ and AC1 take them for the class shares.", n=alone)
        )
    return tuple(notes)
