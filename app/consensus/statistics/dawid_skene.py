"""What a cell most probably is, and how each reviewer errs, both at once.

The model of A. P. Dawid and A. M. Skene, "Maximum likelihood estimation of observer error-rates using the EM
algorithm", Applied Statistics 28 (1979) 20–28: an item has one true class, of prevalence p_k, and rater u says l of an
item of class k with probability π_u,kl, whatever the others say. EM starts from the proportions of the votes, which
reaches the solution that they published; from elsewhere EM may end at a higher likelihood with less sensible rates, so
the likelihood chooses nothing here and nothing is random.

A borderline answer is half an answer for each of its classes: both enter the likelihood with exponent ½. Items with the
same answers of the same raters are fitted as one.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.consensus.statistics.votes import NOBODY, Bools, Floats, Ints, Votes, rows_of, spread

CORRECT_IN_PRIOR = 0.8
"""The share of a prior's pseudo-answers that is right; the rest is spread evenly over the other classes."""

TINY = 1e-300


@dataclass(frozen=True, eq=False)
class Fit:
    """``marginals`` (K,): p_k. ``matrices`` (U, K, K): π_u,kl, NaN in rows of which a rater has no answer and the
    prior nothing to say. ``posterior`` (M, K): of each item with an answer, in order of item. ``log_likelihood``: after
    each iteration, of the answers alone."""

    marginals: Floats
    matrices: Floats
    posterior: Floats
    log_likelihood: tuple[float, ...]
    converged: bool

    @property
    def iterations(self) -> int:
        """How often the parameters were estimated."""
        return len(self.log_likelihood)


@dataclass(frozen=True, eq=False)
class Profiles:
    """F different sets of answers by named raters. Answer a of profile ``profile[a]`` is ``answer[a]`` = u K + l with
    weight 1 or ½; ``items`` (F,): how many items have it; ``of_item`` (M,): the profile of each item."""

    profile: Ints
    answer: Ints
    weight: Floats
    items: Floats
    of_item: Ints

    @cached_property
    def counted(self) -> Floats:
        """Shape (A,): how many items' answers each answer stands for, by weight."""
        return self.weight * self.items[self.profile]

    @cached_property
    def is_torn(self) -> bool:
        """Whether any answer is half."""
        return bool((self.weight < 1).any())

    @cached_property
    def starts(self) -> Ints:
        """Shape (F,): the first answer of each profile."""
        return np.flatnonzero(np.diff(self.profile, prepend=-1))


def profiles_of(votes: Votes) -> Profiles:
    """The items by who said what of them."""
    classes = votes.classes
    random = np.random.default_rng(20_240_611)
    kinds = np.stack([votes.rater, votes.label, votes.second + 1], axis=1) @ np.array(
        [classes * (classes + 1), classes + 1, 1]
    )
    named, at = np.unique(kinds, return_inverse=True)
    names = random.integers(0, 2**63, len(named), dtype=np.uint64)[at]
    name = np.add.reduceat(names, votes.starts)
    _, first, of_item, items = np.unique(name, return_index=True, return_inverse=True, return_counts=True)
    lengths = np.diff(np.append(votes.starts, len(votes)))
    rows, profile = rows_of(votes.starts[first], lengths[first])
    torn = votes.second[rows] != NOBODY
    one = votes.rater[rows] * classes + votes.label[rows]
    two = (votes.rater[rows] * classes + votes.second[rows])[torn]
    return in_order(profile, torn, one, two, items.astype(float), of_item)


def fit(votes: Votes, prior: float = 0.0, tolerance: float = 1e-6, most: int = 1000) -> Fit:
    """Fit by EM until an item's posterior moves by no more than ``tolerance`` on average, at most ``most`` times.

    ``prior``: pseudo-answers of each rater for each true class, a Dirichlet prior on the rows of the matrices that is
    right in 0.8 of them; 0 gives maximum likelihood. Raises ValueError for a negative or infinite prior.
    """
    if not 0 <= prior < np.inf:
        raise ValueError(f"a prior is a number of pseudo-answers, 0 or more, not {prior}")
    classes, raters = votes.classes, votes.raters
    if not len(votes):
        none = np.full((raters, classes, classes), np.nan)
        return Fit(np.full(classes, np.nan), none, np.zeros((0, classes)), (), True)
    profiles = profiles_of(votes)
    pseudo = prior * prior_matrix(classes)
    said = spread((classes, len(profiles.items)), profiles.answer % classes, profiles.profile, profiles.weight)
    likely = said / said.sum(axis=0)
    marginals, rates = estimated(profiles, likely, pseudo, raters)
    history: list[float] = []
    converged = False
    while len(history) < most and not converged:
        before = likely
        likely, likelihood = expected(profiles, marginals, rates)
        history.append(likelihood)
        marginals, rates = estimated(profiles, likely, pseudo, raters)
        converged = mean_move(before, likely, profiles.items) <= tolerance
    matrices = rates.reshape(classes, raters, classes).transpose(1, 0, 2)
    return Fit(marginals, matrices, likely.T[profiles.of_item], tuple(history), converged)


def prior_matrix(classes: int) -> Floats:
    """Shape (K, K): what a rater of whom nothing is known says."""
    if classes == 1:
        return np.ones((1, 1))
    apart = (1 - CORRECT_IN_PRIOR) / (classes - 1)
    return np.full((classes, classes), apart) + np.eye(classes) * (CORRECT_IN_PRIOR - apart)


def estimated(profiles: Profiles, likely: Floats, pseudo: Floats, raters: int) -> tuple[Floats, Floats]:
    """The M-step from the posterior (K, F): marginals (K,) and rates (K, U K), π_u,kl at row k, column u K + l."""
    classes = len(likely)
    marginals = likely @ profiles.items / profiles.items.sum()
    weight = profiles.counted
    counted = np.empty((classes, raters * classes))
    for true, share in enumerate(likely):
        counted[true] = np.bincount(profiles.answer, weight * share[profiles.profile], raters * classes)
    by_rater = counted.reshape(classes, raters, classes) + pseudo[:, None, :]
    seen = by_rater.sum(axis=2, keepdims=True)
    rates = np.where(seen > TINY, by_rater / np.where(seen > TINY, seen, 1.0), np.nan)
    return marginals, rates.reshape(classes, raters * classes)


def expected(profiles: Profiles, marginals: Floats, rates: Floats) -> tuple[Floats, float]:
    """The E-step: the posterior (K, F) of each profile, and the log-likelihood of all answers."""
    log_rates = np.log(np.nan_to_num(rates, nan=0.0) + TINY)
    joint = np.empty((len(marginals), len(profiles.items)))
    for true, rate in enumerate(log_rates):
        said = rate[profiles.answer]
        if profiles.is_torn:
            said *= profiles.weight
        joint[true] = np.add.reduceat(said, profiles.starts)
    joint += np.log(marginals + TINY)[:, None]
    highest = joint.max(axis=0)
    joint -= highest
    np.exp(joint, out=joint)
    whole = joint.sum(axis=0)
    joint /= whole
    return joint, float(profiles.items @ (highest + np.log(whole)))


def mean_move(before: Floats, now: Floats, items: Floats) -> float:
    """By how much an item's posterior (K, F) moved, a mean over items of the total variation."""
    moved = np.zeros(len(items))
    for one, other in zip(before, now, strict=True):
        moved += np.abs(one - other)
    return float(items @ moved / (2 * items.sum()))


def posterior(votes: Votes, marginals: Floats, matrices: Floats) -> Floats:
    """The posterior (M, K) of items by a fit that was made before, ``matrices`` (U, K, K).

    A rater's row without a rate says nothing (a rater whom the fit doesn't know has NaN throughout).
    """
    if not len(votes):
        return np.zeros((0, votes.classes))
    rates = matrices.transpose(1, 0, 2).reshape(votes.classes, -1)
    return expected(profiles_by_item(votes), marginals, np.where(np.isnan(rates), 1.0, rates))[0].T


def profiles_by_item(votes: Votes) -> Profiles:
    """Every item as a profile of its own, in order."""
    count = len(votes.starts)
    item = np.repeat(np.arange(count), np.diff(np.append(votes.starts, len(votes))))
    torn = votes.second != NOBODY
    one = votes.rater * votes.classes + votes.label
    two = (votes.rater * votes.classes + votes.second)[torn]
    return in_order(item, torn, one, two, np.ones(count), np.arange(count))


def in_order(profile: Ints, torn: Bools, one: Ints, two: Ints, items: Floats, of_item: Ints) -> Profiles:
    """The first and, where an answer is torn, the second halves, in order of profile."""
    if not torn.any():
        return Profiles(profile, one, np.ones(len(one)), items, of_item)
    both = np.concatenate([profile, profile[torn]])
    weight = np.concatenate([np.where(torn, 0.5, 1.0), np.full(len(two), 0.5)])
    order = np.argsort(both, kind="stable")
    return Profiles(both[order], np.concatenate([one, two])[order], weight[order], items, of_item)
