"""How many wrong labels are left when the most suspicious cells have been looked at: when to stop.

A random sample of *all* cells, drawn before the ranking is used, is looked at as well: the audit. Of M cells that the
ranking hasn't reached yet, n were audited and x of those were wrong. With Jeffreys' prior the share of wrong ones is
Beta(x + ½, n − x + ½), so the wrong ones among the M − n that nobody looked at are beta-binomial. Nothing is assumed of
the ranking: a useless one leaves many errors, and the audit shows it.

Jeffreys' prior: L. D. Brown, T. T. Cai, A. DasGupta, "Interval estimation for a binomial proportion", Statistical
Science 16 (2001) 101–133; the beta-binomial as predictive distribution: A. Gelman et al., Bayesian Data Analysis, 3rd
ed. 2013, ch. 2 and 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from app.consensus.statistics.votes import Floats


@dataclass(frozen=True, slots=True)
class ErrorsLeft:
    """Wrong labels that nobody has seen yet: the middle of what is likely, and the ends of 95 % of it.

    ``known`` more were found in the audit ahead of the ranking and are no part of it.
    """

    unseen: int
    median: int
    low: int
    high: int
    known: int


def errors_left(unreached: int, audited: int, wrong: int, confidence: float = 0.95) -> ErrorsLeft:
    """The estimate from ``wrong`` errors among ``audited`` of ``unreached`` cells.

    With no audit the interval spans nearly everything: that is what is known. Raises ValueError where the counts don't
    fit into each other.

    >>> errors_left(13_000, 290, 0).high
    111
    """
    if not 0 <= wrong <= audited <= unreached:
        raise ValueError(f"{wrong} of {audited} of {unreached} are no counts of one another")
    if not 0 < confidence < 1:
        raise ValueError(f"{confidence} is no confidence between 0 and 1")
    unseen = unreached - audited
    cumulative = np.cumsum(beta_binomial(unseen, wrong + 0.5, audited - wrong + 0.5))
    tail = (1 - confidence) / 2
    low, median, high = np.searchsorted(cumulative, [tail, 0.5, 1 - tail]).clip(max=unseen).tolist()
    return ErrorsLeft(unseen, median, low, high, wrong)


@dataclass(frozen=True, slots=True)
class Stratum:
    """Cells with an audit sample of their own: those that the ranking hasn't reached, how many of them were audited,
    and how many of these were found wrong, or looked at without a decision. Expected counts may be broken numbers."""

    unreached: int
    audited: float
    wrong: float
    undecided: float = 0


def errors_left_in_all(strata: Sequence[Stratum], confidence: float = 0.95) -> ErrorsLeft:
    """The estimate over several strata, whose distributions are independent and so are convolved.

    Audited cells without a decision are taken for right at the low end and for wrong at the high one, and half of them
    for wrong in the middle: nothing is assumed of them. Without strata nothing is left. Raises ValueError where counts
    don't fit into each other.

    >>> errors_left_in_all([Stratum(13_000, 290, 0)]).high
    111
    """
    for one in strata:
        if not (one.wrong >= 0 and one.undecided >= 0 and one.wrong + one.undecided <= one.audited <= one.unreached):
            raise ValueError(f"{one} has no counts of one another")
    if not 0 < confidence < 1:
        raise ValueError(f"{confidence} is no confidence between 0 and 1")
    unseen = sum(unaudited(one) for one in strata)
    tail = (1 - confidence) / 2
    low, median, high = (
        quantile([(unaudited(one), one.wrong + share * one.undecided, one.audited) for one in strata], at)
        for share, at in ((0.0, tail), (0.5, 0.5), (1.0, 1 - tail))
    )
    return ErrorsLeft(unseen, median, low, high, round(sum(one.wrong for one in strata)))


def unaudited(stratum: Stratum) -> int:
    """How many cells of a stratum nobody looks at."""
    return round(stratum.unreached - stratum.audited)


def quantile(strata: Sequence[tuple[int, float, float]], at: float) -> int:
    """Below which sum a share of the distribution lies. A stratum is its trials, its wrong ones, its audited ones."""
    parts = [beta_binomial(trials, wrong + 0.5, audited - wrong + 0.5) for trials, wrong, audited in strata if trials]
    if not parts:
        return 0
    cumulative = np.cumsum(reduce(convolved, parts))
    return int(np.searchsorted(cumulative, at).clip(max=len(cumulative) - 1))


def convolved(one: Floats, other: Floats) -> Floats:
    """The distribution of the sum of two independent counts, by Fourier's transform: strata may be large. It is fast
    where the length is a power of two."""
    length = len(one) + len(other) - 1
    padded = 1 << (length - 1).bit_length()
    spectrum = np.fft.rfft(one, padded) * np.fft.rfft(other, padded)
    return np.asarray(np.fft.irfft(spectrum, padded)[:length].clip(min=0))


def beta_binomial(n: int, a: float, b: float) -> Floats:
    """The probabilities of 0 to n successes in n trials whose chance is Beta(a, b), shape (n + 1,).

    By the ratio of neighbours, p(k + 1) / p(k) = (n − k) (a + k) / ((k + 1) (b + n − k − 1)), added up as logarithms.
    """
    k = np.arange(n, dtype=np.float64)
    steps = np.log(n - k) + np.log(a + k) - np.log(k + 1) - np.log(b + n - k - 1)
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())
