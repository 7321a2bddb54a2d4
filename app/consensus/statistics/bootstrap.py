"""Intervals by drawing items, or groups of them, again and again (B. Efron, R. J. Tibshirani, An Introduction to the
Bootstrap, New York 1993, ch. 13: percentile intervals).

Items with the same answers are exchangeable, so drawing items is drawing from a multinomial over their patterns: a
million items cost no more than their few thousand patterns.
"""

from collections.abc import Iterator

import numpy as np

from app.consensus.statistics.agreement import NAMES, Sums, gathered, total
from app.consensus.statistics.votes import Floats, Ints, Patterns

SAMPLES_AT_ONCE = 4_000_000
"""How many drawn counts are held at a time."""


def draws(counts: Floats, samples: int, seed: int) -> Iterator[Floats]:
    """Blocks (B, P) of how often each pattern is drawn when as many items are drawn as there are."""
    random = np.random.default_rng(seed)
    n = round(float(counts.sum()))
    share = counts / n
    block = max(1, SAMPLES_AT_ONCE // max(1, len(counts)))
    for start in range(0, samples, block):
        yield random.multinomial(n, share, size=min(block, samples - start)).astype(float)


def resampled(one: Sums, counts: Floats, samples: int, seed: int) -> Sums:
    """The sums of ``samples`` draws of items: leading axis ``samples``. ``counts`` (P,): items of each pattern."""
    blocks = [total(one, weight) for weight in draws(counts, samples, seed)]
    return Sums(*(np.concatenate([getattr(block, name) for block in blocks]) for name in NAMES))


def resampled_by_group(patterns: Patterns, one: Sums, group: Ints, samples: int, seed: int) -> Sums:
    """The sums of ``samples`` draws of whole groups: cells of one patient, or of one slide, are drawn together.

    ``group`` (M,): the group of each item that has an answer, in order of item.
    """
    names, index = np.unique(group, return_inverse=True)
    # Groups whose items have the same patterns are exchangeable, as items are: where most groups are one cell, seen in
    # more than one round, there are few different ones. A sum of random 64-bit numbers names a multiset of patterns.
    random = np.random.default_rng(20_190_602)
    name_of_pattern = random.integers(0, 2**63, len(patterns.items), dtype=np.uint64)
    order = np.argsort(index, kind="stable")
    starts = np.searchsorted(index[order], np.arange(len(names)))
    signature = np.add.reduceat(name_of_pattern[patterns.of_item[order]], starts)
    _, first, kind, alike = np.unique(signature, return_index=True, return_inverse=True, return_counts=True)
    chosen = np.flatnonzero(first[kind[index]] == index)
    rows = Sums(*(getattr(one, name)[patterns.of_item[chosen]] for name in NAMES))
    return resampled(gathered(rows, kind[index[chosen]], len(first)), alike.astype(float), samples, seed)


def resampled_tables(table: Floats, samples: int, seed: int) -> Floats:
    """Contingency tables (samples, K, K) of items drawn anew.

    Where borderline answers left fractions, the table's quarters are drawn as if they were items.
    """
    n = round(float(table.sum()))
    filled = np.flatnonzero(table)
    drawn = np.zeros((samples, table.size))
    random = np.random.default_rng(seed)
    drawn[:, filled] = random.multinomial(n, table.flat[filled] / table.sum(), size=samples)
    return drawn.reshape(samples, *table.shape)
