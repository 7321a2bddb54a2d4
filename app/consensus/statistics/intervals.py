"""Intervals for what is estimated from a sample."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Interval:
    """From where to where the truth is likely to lie."""

    low: float
    high: float


def wilson(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """The score interval of a proportion, without continuity correction.

    ``successes`` of ``n`` trials, ``n`` at least 1. Unlike the interval of the normal approximation it stays between 0
    and 1 and says something where nothing, or everything, succeeded. With p = successes / n and z the normal quantile
    of (1 + confidence) / 2::

        (p + z² / 2n ± z √(p (1 − p) / n + z² / 4n²)) / (1 + z² / n)

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    Statistical Association 22 (1927) 209–212.

    >>> interval = wilson(81, 263)  # printed as 0.2553 to 0.3662 in Newcombe, Statistics in Medicine 17 (1998), table I
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.2553, 0.3662)

    Raises ValueError where the counts are no counts of trials, or the confidence is no probability.
    """
    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"{successes} of {n} is no number of successes")
    if not 0 < confidence < 1:
        raise ValueError(f"{confidence} is no confidence between 0 and 1")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p = successes / n
    centre = p + z**2 / (2 * n)
    reach = z * sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    low = 0.0 if successes == 0 else (centre - reach) / scale
    high = 1.0 if successes == n else (centre + reach) / scale
    return Interval(low, high)
