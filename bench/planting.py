"""Errors that we planted ourselves, and a model that we drew: how early does a ranking find them?"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FLIPPED = 0.03
ACCURACY = 0.9
TO_A_RIVAL = 0.8
SHARES = (0.01, 0.02, 0.05, 0.10, 0.20)


def rivals_of(classes: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The classes with which each is confused."""
    rivals: list[list[int]] = [[] for _ in range(classes)]
    for one, other in pairs:
        rivals[one].append(other)
        rivals[other].append(one)
    return rivals


def flipped(label: Ints, rivals: Sequence[Sequence[int]], seed: int, share: float = FLIPPED) -> tuple[Ints, Bools]:
    """Labels of which a share is moved to a rival of its class, and which ones."""
    random = np.random.default_rng([seed, 1])
    movable = np.flatnonzero([bool(rivals[k]) for k in label])
    hit = random.choice(movable, min(len(movable), max(1, round(share * len(label)))), replace=False)
    given = label.copy()
    given[hit] = [random.choice(rivals[k]) for k in label[hit]]
    return given, given != label


def model_of(
    label: Ints, rivals: Sequence[Sequence[int]], seed: int, accuracy: float = ACCURACY, sharpness: float = 1.0
) -> Floats:
    """Probabilities (N, K) of a model that knows the true labels this well: a cell's score for its class, for one
    other that it resembles, mostly a rival, and noise; the higher, the surer, and ``sharpness`` is how much too sure.
    """
    random = np.random.default_rng([seed, 2])
    n, classes = len(label), len(rivals)
    rows = np.arange(n)
    other = (label + random.integers(1, classes, n)) % classes
    to_rival = random.random(n) < TO_A_RIVAL
    other = np.array(
        [
            random.choice(rivals[k]) if near and rivals[k] else far
            for k, near, far in zip(label, to_rival, other, strict=True)
        ],
        np.int64,
    )
    scores = random.normal(size=(n, classes))
    scores[rows, other] += 2.0
    # The lead that makes a cell right is what its class lacks to the best of the others.
    rest = scores.copy()
    rest[rows, label] = -np.inf
    scores[rows, label] += np.quantile(rest.max(axis=1) - scores[rows, label], accuracy)
    p = np.exp(sharpness * (scores - scores.max(axis=1, keepdims=True)))
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def found(suspicion: Floats, wrong: Bools, shares: Sequence[float] = SHARES) -> list[float]:
    """Which share of the wrong labels stands in the first so many of a ranking; equals stay in the cells' order."""
    reached = np.cumsum(wrong[np.argsort(-suspicion, kind="stable")]) / max(int(wrong.sum()), 1)
    return [float(reached[max(0, round(share * len(wrong)) - 1)]) for share in shares]
