"""What a model says, made comparable: its probabilities calibrated, and its bare labels given probabilities.

A model is calibrated against the given labels, wrong ones among them: what is fitted are a temperature and an offset
for each class, so few numbers that no cell's own label can be learned by heart.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.quality.suspicion.arrays import TINY, Floats, Ints, checked_labels, normalised
from app.quality.suspicion.classifiers import least

FLOOR = 1e-6
ENOUGH = 20_000
"""Cells by which a model is calibrated, evenly chosen: more would tell no more."""

PRIOR = 10.0
"""Cells by which a class of predicted labels is judged before any is seen."""


@dataclass(frozen=True, eq=False)
class Told:
    """``log_p`` (N, K): what each cell is by the model, calibrated; even where it says nothing of it. ``known`` (N,):
    whether it says something. ``stated`` (N, K): the model's own probabilities, None where it gave labels alone.
    ``label`` (N,): what it says the cell is, -1 for nothing."""

    log_p: Floats
    known: NDArray[np.bool_]
    stated: Floats | None
    label: Ints


def from_probabilities(probabilities: Floats, given: Ints, matrix: Floats, weight: float = 1.0) -> Told:
    """``probabilities`` (N, K), not learned from these labels; a row with a NaN, or of zeros, says nothing.

    Calibrated, log q_k = s log p_k + b_k, where the given labels are likeliest, each a mistake by ``matrix`` (K, K) at
    times: Σ_n log Σ_k q_nk T_kg. ``weight`` holds s to 1 and b to 0, as so many cells would.

    Raises ValueError for a negative probability or one of no class.
    """
    classes = len(matrix)
    given = checked_labels(given, classes)
    if probabilities.shape != (len(given), classes) or (probabilities < 0).any():
        raise ValueError(f"each cell needs {classes} probabilities, none of them negative")
    total = probabilities.sum(axis=1)
    known = np.isfinite(total) & (total > 0)
    stated = np.zeros((len(given), classes))
    stated[known] = probabilities[known] / total[known, None]
    log_p = np.full((len(given), classes), -np.log(classes))
    if known.any():
        log_p[known] = calibrated(np.log(stated[known] + FLOOR), given[known], matrix, weight)
    return Told(log_p, known, stated, np.where(known, stated.argmax(axis=1), -1))


def calibrated(log_p: Floats, given: Ints, matrix: Floats, weight: float) -> Floats:
    """The log-probabilities sharpened or softened, and shifted class by class, to where the labels are likeliest."""
    every = -(-len(log_p) // ENOUGH)
    some, labelled = log_p[::every], matrix.T[given[::every]]
    n, classes = some.shape

    def loss(at: Floats) -> tuple[float, Floats]:
        log_q = normalised(np.exp(at[0]) * some + at[1:])
        q = np.exp(log_q)
        heard = q * labelled
        likelihood = np.maximum(heard.sum(axis=1, keepdims=True), TINY)
        off = q - heard / likelihood
        slope = np.concatenate([[np.exp(at[0]) * float((off * some).sum())], off.sum(axis=0)])
        value = float(-np.log(likelihood).sum()) + 0.5 * weight * float(at @ at)
        return value / n, (slope + weight * at) / n

    best = least(loss, np.zeros(1 + classes), 100)
    return normalised(np.exp(best[0]) * log_p + best[1:])


def from_labels(label: Ints, given: Ints, classes: int, reviewer: Floats, prior: float = PRIOR) -> Told:
    """``label`` (N,), -1 for nothing: what the model calls j is a k as often as other cells called j are given k.

    Its own label is left out of that count, and before any is counted there are ``prior`` cells by ``reviewer``
    (K, K), the chance that a model of which nothing is known calls a k an l.
    """
    given = checked_labels(given, classes)
    label = np.asarray(label, np.int64)
    if label.shape != given.shape or label.min(initial=-1) < -1 or label.max(initial=-1) >= classes:
        raise ValueError(f"each cell needs a predicted label from 0 to {classes - 1}, or -1")
    known = label >= 0
    often = np.bincount(given, minlength=classes) + 1.0
    expected = reviewer * (often / often.sum())[:, None]
    expected = prior * expected / np.maximum(expected.sum(axis=0), TINY)
    counts = np.bincount(given[known] * classes + label[known], minlength=classes**2).reshape(classes, classes)
    log_p = np.full((len(given), classes), -np.log(classes))
    shares = (counts + expected).T[label[known]]
    shares[np.arange(len(shares)), given[known]] -= 1
    log_p[known] = normalised(np.log(np.maximum(shares, TINY)))
    return Told(log_p, known, None, label)
