"""What a cell looks like, learned from the other cells and never from itself: no model is needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.quality.suspicion.arrays import Floats, Ints, Progress, Singles, blocks, checked_labels, normalised, silent
from app.quality.suspicion.classifiers import Waves, discriminant, logistic, logistic_scores, tempered
from app.quality.suspicion.folds import FOLDS, folds
from app.quality.suspicion.space import space

FEW = 1000
"""Below so many cells there is a simple classifier in a small space."""

FOLDS_OF_FEW = 20
"""A fold of few takes much of what there is to learn from away."""

ENOUGH = 60_000
"""Cells that a logistic regression learns from, and that neighbours are sought among: more would teach little more."""

COMPONENTS = 256
COMPONENTS_OF_FEW = 20
WAVES = 2000
RIDGE = 1.0
NEIGHBOURS = 20
NEIGHBOURS_OF_FEW = 10
NEIGHBOUR_COMPONENTS = 64
LOOK_ALIKES = 8
"""Of its neighbours so many are shown and counted in words."""

WAVES_BLOCK = 2048
NEIGHBOUR_BLOCK = 256
RUN = 64


@dataclass(frozen=True, eq=False)
class Looks:
    """``log_p`` (N, K): what each cell looks like, its own label unheard. ``look_alikes`` (N, A): the nearest cells
    outside of its own group, nearest first, -1 where there are no more."""

    log_p: Floats
    look_alikes: Ints


def looks(
    vectors: NDArray[Any],
    given: Ints,
    classes: int,
    groups: Ints | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Looks:
    """What N cells look like, by their features (N, F) and the labels given to the others.

    The geometric mean of a logistic regression, a ridge regression on random Fourier features and the nearest
    neighbours, or of a discriminant and the neighbours where cells are few, at one temperature for all. The mean beats
    each of its parts: they err about different cells.

    ``groups`` (N,): what shares a number is never told of each other: pictures that are the same to the byte, cells of
    a patient or slide. Raises ValueError where an array doesn't fit or a feature isn't finite.
    """
    given = checked_labels(given, classes)
    group = np.arange(len(given)) if groups is None else np.asarray(groups, np.int64)
    if not len(vectors) == len(given) == len(group):
        raise ValueError("each cell needs features, a given label and a group")
    if not len(given):
        return Looks(np.zeros((0, classes)), np.zeros((0, LOOK_ALIKES), np.int64))
    few = len(given) < FEW
    fold = folds(given, group, FOLDS_OF_FEW if few else FOLDS, seed)
    learning = 0 if few else len(np.unique(fold)) + 2 * FOLDS
    steps = _Steps(progress, 1 + learning + len(blocks(len(given), NEIGHBOUR_BLOCK)))
    present, label = np.unique(given, return_inverse=True)
    coordinates = space(vectors, COMPONENTS_OF_FEW if few else COMPONENTS)
    steps.done()
    nearest = neighbours(coordinates[:, :NEIGHBOUR_COMPONENTS], group, NEIGHBOURS_OF_FEW if few else NEIGHBOURS, steps)
    opinions = [by_neighbours(nearest, label, len(present), fold)]
    if few:
        opinions.append(by_discriminant(coordinates, label, len(present), fold))
    else:
        opinions.append(by_logistic(coordinates, label, len(present), fold, seed, steps))
        opinions.append(by_ridge(coordinates, label, len(present), fold, seed, steps))
    log_p = tempered(sum(opinions, np.zeros(opinions[0].shape)) / len(opinions), label)
    return Looks(_with_unseen(log_p, present, given, fold, classes), nearest[:, :LOOK_ALIKES])


class _Steps:
    def __init__(self, progress: Progress, of: int) -> None:
        self._progress, self._at, self._of = progress, 0, of

    def done(self) -> None:
        self._at += 1
        self._progress(self._at, self._of)


def by_discriminant(x: Singles, y: Ints, classes: int, fold: Ints) -> Floats:
    """Log-probabilities (N, K) out of folds, by a linear discriminant."""
    found = np.full((len(y), classes), -np.log(classes))
    for held, rest in held_and_rest(fold):
        if len(rest):
            found[held] = discriminant(x[rest], y[rest], classes, x[held])
    return found


def held_and_rest(fold: Ints) -> Iterator[tuple[Ints, Ints]]:
    """The cells of each fold, and all the others."""
    for f in np.unique(fold):
        yield np.flatnonzero(fold == f), np.flatnonzero(fold != f)


def by_logistic(x: Singles, y: Ints, classes: int, fold: Ints, seed: int, steps: _Steps) -> Floats:
    """Log-probabilities (N, K) out of folds, by logistic regression."""
    random = np.random.default_rng(seed)
    found = np.full((len(y), classes), -np.log(classes))
    for held, rest in held_and_rest(fold):
        if len(rest):
            some = some_of(rest, random)
            found[held] = logistic_scores(x[held], logistic(x[some], y[some], classes))
        steps.done()
    return found


def some_of(cells: Ints, random: np.random.Generator) -> Ints:
    """All of them, or as many as are enough, in order."""
    return cells if len(cells) <= ENOUGH else np.sort(random.choice(cells, ENOUGH, replace=False))


def by_ridge(x: Singles, y: Ints, classes: int, fold: Ints, seed: int, steps: _Steps) -> Floats:
    """Out of folds, by ridge regression on random Fourier features, its temperature chosen out of folds as well.

    The normal equations of a fold are those of all cells less its own, so each cell enters them once.
    """
    waves = Waves(x, WAVES, seed)
    grams = np.zeros((FOLDS, WAVES, WAVES), np.float32)
    targets = np.zeros((FOLDS, WAVES, classes), np.float32)
    for f in range(FOLDS):
        members = np.flatnonzero(fold == f)
        for run in blocks(len(members), WAVES_BLOCK):
            cells = members[run]
            some = waves.of(x[cells])
            grams[f] += some.T @ some
            targets[f] += some.T @ _hot(y[cells], classes)
        steps.done()
    gram, target = grams.sum(axis=0), targets.sum(axis=0)
    scores = np.zeros((len(y), classes))
    for f in range(FOLDS):
        members = np.flatnonzero(fold == f)
        if len(members) < len(y):
            own = gram - grams[f]
            own[np.diag_indices(WAVES)] += RIDGE
            weights = np.linalg.solve(own, target - targets[f])
            for run in blocks(len(members), WAVES_BLOCK):
                scores[members[run]] = waves.of(x[members[run]]) @ weights
        steps.done()
    return tempered(scores, y)


def _hot(y: Ints, classes: int) -> Singles:
    hot = np.zeros((len(y), classes), np.float32)
    hot[np.arange(len(y)), y] = 1
    return hot


def _with_unseen(log_p: Floats, present: Ints, given: Ints, fold: Ints, classes: int) -> Floats:
    """Every class of the label set gets the share that one more cell would have, so that none is impossible.

    A class that no other fold holds can't be learned: whoever bears its label isn't more wrong than rare things are.
    """
    n = len(given)
    share = 1 / (n + classes)
    p = np.full((n, classes), share)
    p[:, present] += np.exp(log_p) * (1 - classes * share)
    for held, rest in held_and_rest(fold):
        known = np.bincount(given[rest], minlength=classes) > 0
        p[np.ix_(held, ~known)] = share
    return normalised(np.log(p))


def neighbours(x: Singles, group: Ints, count: int, steps: _Steps, seed: int = 0) -> Ints:
    """The nearest cells (N, count) of other groups, nearest first, -1 where there are no more."""
    n = len(x)
    found = np.full((n, count), -1, np.int64)
    others = some_of(np.arange(n), np.random.default_rng(seed))
    coordinates = np.ascontiguousarray(x[others].T)
    squares = (coordinates**2).sum(axis=0)
    members = np.argsort(group[others], kind="stable")
    first, last = (np.searchsorted(group[others][members], group, side) for side in ("left", "right"))
    for rows in blocks(n, NEIGHBOUR_BLOCK):
        apart = x[rows] @ coordinates
        apart *= -2
        apart += squares
        for row, own in enumerate(zip(first[rows], last[rows], strict=True)):
            apart[row, members[slice(*own)]] = np.inf
        farthest = _no_nearer_than(apart, count)
        for row, cell in enumerate(range(rows.start, rows.stop)):
            near = np.flatnonzero(apart[row] <= farthest[row])
            near = near[np.argsort(apart[row, near], kind="stable")][:count]
            near = near[np.isfinite(apart[row, near])]
            found[cell, : len(near)] = others[near]
        steps.done()
    return found


def _no_nearer_than(apart: Singles, count: int) -> Singles:
    """Bounds (M,) within which each row has ``count`` values or all of them: the count-th least of the runs' minima.

    Partitioning the rows themselves would take most of the time of it all.
    """
    starts = np.arange(0, apart.shape[1], RUN)
    if len(starts) <= count:
        return np.full(len(apart), np.inf, np.float32)
    least = np.minimum.reduceat(apart, starts, axis=1)
    return np.asarray(np.partition(least, count - 1, axis=1)[:, count - 1])


def by_neighbours(nearest: Ints, y: Ints, classes: int, fold: Ints) -> Floats:
    """Log-shares (N, K) of the classes among each cell's neighbours, and half a vote for each class, by how frequent
    it is in the other folds."""
    n, count = nearest.shape
    shares = np.zeros((n, classes))
    for held, rest in held_and_rest(fold):
        often = np.bincount(y[rest], minlength=classes) + 0.5
        shares[held] = 0.5 * classes * often / often.sum()
    for place in range(count):
        there = np.flatnonzero(nearest[:, place] >= 0)
        shares[there, y[nearest[there, place]]] += 1
    return normalised(np.log(shares))
