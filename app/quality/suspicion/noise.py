"""How labels go wrong, and what that makes of a label that is given.

T, of shape (K, K): T_kj is the chance that a cell which truly is a k is labelled j. With p_k the probability that a
cell is a k, told by something that hasn't seen its label g, Bayes' rule gives the probability that the label is right::

    p_g T_gg / Σ_k p_k T_kg

and its suspicion is one less that. The sum of suspicions is no count of errors: T assumes how many there are.
"""

from collections.abc import Iterable

import numpy as np

from app.quality.suspicion.arrays import Floats, Ints, checked_labels, normalised

RIGHT = 0.97
TO_PARTNERS = 0.7
"""Of what is labelled wrong. More would be trusted at a cost: errors outside of the known pairs would go unseen."""


def labelling(
    classes: int, pairs: Iterable[tuple[int, int]], right: float = RIGHT, to_partners: float = TO_PARTNERS
) -> Floats:
    """T (K, K): ``right`` on the diagonal; of the rest ``to_partners`` goes evenly to the classes that a class is
    confused with, by ``pairs`` of either order, and what is left evenly to the others. Where a class has no partners,
    or no others, all of the rest goes to the classes that there are.

    Raises ValueError where a share is none, or a pair names no class.
    """
    if classes < 1 or not 0 < right < 1 or not 0 <= to_partners <= 1:
        raise ValueError("there must be a class, and right and to_partners must be shares")
    partners = np.zeros((classes, classes), bool)
    for one, other in pairs:
        if not (0 <= one < classes and 0 <= other < classes):
            raise ValueError(f"the pair {one}, {other} names no class below {classes}")
        partners[one, other] = partners[other, one] = one != other
    others = ~partners & ~np.eye(classes, dtype=bool)
    weight = partners * _evenly(partners, to_partners) + others * _evenly(others, 1 - to_partners)
    total = weight.sum(axis=1, keepdims=True)
    matrix = np.divide((1 - right) * weight, total, out=np.zeros_like(weight), where=total > 0)
    # Floats leave crumbs: the diagonal takes them, and all of it where there is one class.
    np.fill_diagonal(matrix, 1 - matrix.sum(axis=1))
    return np.asarray(matrix)


def _evenly(flags: np.ndarray, share: float) -> Floats:
    return np.asarray(share / np.maximum(flags.sum(axis=1, keepdims=True), 1))


def judged(log_evidence: Floats, given: Ints, matrix: Floats) -> Floats:
    """Log-probabilities (N, K) of what each cell is, after its given label (N,) is heard as well.

    ``log_evidence`` (N, K) needn't be normalised.
    """
    given = checked_labels(given, len(matrix))
    with np.errstate(divide="ignore"):
        return normalised(np.asarray(log_evidence, np.float64) + np.log(matrix.T[given]))


def log_odds_against(log_judged: Floats, given: Ints) -> Floats:
    """Log-odds (N,) that the given label is wrong: they part cells that have all but the same probability."""
    rows = np.arange(len(given))
    right = log_judged[rows, given]
    rest = log_judged.copy()
    rest[rows, given] = -np.inf
    if rest.shape[1] == 1:
        return np.full(len(given), -np.inf)
    most = rest.max(axis=1)
    most[~np.isfinite(most)] = -1e300
    wrong = most + np.log(np.maximum(np.exp(rest - most[:, None]).sum(axis=1), 1e-300))
    return np.asarray(wrong - right)


def suspicion(log_odds: Floats) -> Floats:
    """Log-odds as probabilities."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -700, 700))))
