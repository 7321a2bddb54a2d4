"""Confident learning: how many labels of each class are wrong, by probabilities out of sample.

C. G. Northcutt, L. Jiang, I. L. Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", Journal of
Artificial Intelligence Research 70 (2021) 1373–1411.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.quality.suspicion.arrays import Floats, Ints, checked_labels


@dataclass(frozen=True, eq=False)
class ConfidentJoint:
    """``thresholds`` (K,): the mean confidence in a class of the cells that bear it, infinite where none does.
    ``counts`` (K, K): cells labelled i that are confidently j (eq. 1). ``joint`` (K, K): the share of all cells that
    is labelled i and truly is j (eq. 3). ``confident`` (N,): the class that a cell confidently is, -1 for none."""

    thresholds: Floats
    counts: Ints
    joint: Floats
    confident: Ints

    def errors(self, given: Ints) -> NDArray[np.bool_]:
        """Which cells (N,) are confidently of another class than their label's."""
        return np.asarray((self.confident >= 0) & (self.confident != given))

    @property
    def expected_errors(self) -> float:
        """The share of all labels that is wrong."""
        return float(self.joint.sum() - np.trace(self.joint))


def confident_joint(p: Floats, given: Ints) -> ConfidentJoint:
    """Count by each class's own threshold, then calibrate to how often each label is given.

    ``p`` (N, K) are probabilities of cells that weren't trained on, ``given`` (N,) their labels. A cell that passes
    several thresholds is of the likeliest of those classes. A label without a confident cell is held to be right.
    """
    classes = p.shape[1]
    given = checked_labels(given, classes)
    often = np.bincount(given, minlength=classes)
    own = p[np.arange(len(given)), given]
    sums = np.bincount(given, weights=own, minlength=classes)
    thresholds = np.divide(sums, often, out=np.full(classes, np.inf), where=often > 0)
    # A mean may come out a rounding above the values of which it is the mean.
    passing = p >= thresholds - 1e-12
    confident = np.where(passing.any(axis=1), np.where(passing, p, -1.0).argmax(axis=1), -1)
    sure = confident >= 0
    counts = np.bincount(given[sure] * classes + confident[sure], minlength=classes**2).reshape(classes, classes)
    shares = counts.astype(np.float64)
    empty = counts.sum(axis=1) == 0
    shares[empty, empty] = 1
    shares *= (often / shares.sum(axis=1))[:, None]
    return ConfidentJoint(thresholds, counts, shares / max(len(given), 1), confident)
