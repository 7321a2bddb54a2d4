"""Intervals of shares."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Interval:
    """A share's interval, both ends in 0 to 1."""

    low: float
    high: float


def wilson(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """The score interval of a binomial share: ``successes`` of ``n``.

    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n) with p = successes/n.
    Source: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209–212, doi 10.1080/01621459.1927.10502953.
    Raises ValueError where n is not positive: nothing was observed, so there is no interval.

    >>> interval = wilson(25, 1356)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.013, 0.027)
    """
    if n <= 0 or not 0 <= successes <= n:
        raise ValueError("an interval needs 0 ≤ successes ≤ n and n > 0")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / n
    centre = share + z * z / (2 * n)
    spread = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return Interval(max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale))
