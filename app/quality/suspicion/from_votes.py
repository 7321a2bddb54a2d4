"""How strongly reviewers contradict a given label."""

from dataclasses import dataclass

import numpy as np

from app.consensus.statistics.votes import Votes
from app.quality.suspicion.arrays import TINY, Floats

REVIEWER_RIGHT = 0.9
"""How often a reviewer of whom nothing is known is right; `noise.labelling` makes the matrix of it."""


@dataclass(frozen=True, eq=False)
class Said:
    """``log_p`` (N, K): of each cell's class by its votes, relative, 0 where it has none. ``counts`` (N, K): its votes
    by class, halves among them."""

    log_p: Floats
    counts: Floats


def said(votes: Votes, reviewer: Floats, posterior: Floats | None = None, prevalence: Floats | None = None) -> Said:
    """What reviewers say of all the cells, ``votes.items`` of them.

    ``reviewer`` (K, K): the chance that one says l of a k. A vote counts by it, each half of a borderline answer with
    exponent ½. ``posterior`` (M, K), of each cell with a vote in order of cell, is taken in the place of that: it knows
    who said it. ``prevalence`` (K,) is what the posterior already holds of how frequent the classes are, and is taken
    out of it again: other sources bring it too.

    Raises ValueError where the shapes don't fit.
    """
    counts = np.zeros((votes.items, votes.classes))
    log_p = np.zeros((votes.items, votes.classes))
    if reviewer.shape != (votes.classes, votes.classes):
        raise ValueError("the reviewer's matrix must have a row and a column for each class")
    voted = votes.item[votes.starts]
    counts[voted] = votes.patterns.counts[votes.patterns.of_item]
    if posterior is None:
        log_p = counts @ np.log(np.maximum(reviewer, TINY)).T
    elif posterior.shape == (len(voted), votes.classes):
        frequent = np.ones(votes.classes) if prevalence is None else prevalence
        log_p[voted] = np.log(np.maximum(posterior, TINY)) - np.log(np.maximum(frequent, TINY))
    else:
        raise ValueError("the posterior must have a row for each cell with a vote")
    return Said(log_p, counts)
