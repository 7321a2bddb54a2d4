"""Classifiers that are fitted to some cells and asked about others. NumPy alone, and nothing but the seed is random.

Each takes coordinates ``x`` (N, D) and labels ``y`` (N,) below ``classes`` and gives scores (M, K) for other cells: of
a logistic regression or a discriminant the log-probabilities, of a ridge regression what
:func:`tempered` makes log-probabilities of.
"""

from collections.abc import Callable

import numpy as np

from app.quality.suspicion.arrays import Floats, Ints, Singles, blocks, normalised

BLOCK = 4096
MEMORY = 8
PENALTY = 30.0


# Multinomial logistic regression


def logistic(x: Singles, y: Ints, classes: int, penalty: float = PENALTY, most: int = 100) -> Singles:
    """Weights (D + 1, K), the last row the intercepts, of least cross-entropy + ½ penalty ‖weights‖².

    Minimised by L-BFGS (J. Nocedal, Mathematics of Computation 35 (1980) 773) from zero: weights of another fold
    would know the labels that this one holds back.
    """
    n, dimensions = x.shape
    rows = blocks(n, BLOCK)

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(dimensions + 1, classes)
        single = weights.astype(np.float32)
        gradient = np.zeros_like(weights)
        value = 0.0
        for run in rows:
            log = x[run] @ single[:-1] + single[-1]
            log -= log.max(axis=1, keepdims=True)
            p = np.exp(log)
            total = p.sum(axis=1, keepdims=True)
            at = np.arange(len(p)), y[run]
            value += float((np.log(total[:, 0]) - log[at]).sum(dtype=np.float64))
            p /= total
            p[at] -= 1
            gradient[:-1] += x[run].T @ p
            gradient[-1] += p.sum(axis=0)
        gradient[:-1] += penalty * weights[:-1]
        return (value + 0.5 * penalty * float((weights[:-1] ** 2).sum())) / n, gradient.ravel() / n

    return np.asarray(least(loss, np.zeros((dimensions + 1) * classes), most).reshape(-1, classes), np.float32)


def least(loss: Callable[[Floats], tuple[float, Floats]], at: Floats, most: int, tolerance: float = 1e-5) -> Floats:
    """Where a smooth function is least, by L-BFGS with backtracking from ``at``, after at most so many steps."""
    value, gradient = loss(at)
    steps: list[tuple[Floats, Floats, float]] = []
    for _ in range(most):
        if np.abs(gradient).max(initial=0) < tolerance:
            break
        direction = -newtonian(gradient, steps)
        slope = float(direction @ gradient)
        length = 1.0 if steps else 1 / max(float(np.abs(gradient).sum()), 1e-12)
        while True:
            there = at + length * direction
            new, new_gradient = loss(there)
            if new <= value + 1e-4 * length * slope:
                break
            length /= 2
            if length < 1e-8:
                return at
        step, change = there - at, new_gradient - gradient
        curvature = float(step @ change)
        if curvature > 1e-12:
            steps = [*steps[1 - MEMORY :], (step, change, 1 / curvature)]
        if value - new < 1e-5 * abs(value):
            return there
        at, value, gradient = there, new, new_gradient
    return at


def newtonian(gradient: Floats, steps: list[tuple[Floats, Floats, float]]) -> Floats:
    """The gradient times the inverse of the curvature that the last steps have met."""
    q = gradient.copy()
    shares = []
    for step, change, inverse in reversed(steps):
        shares.append(inverse * float(step @ q))
        q -= shares[-1] * change
    if steps:
        step, change, inverse = steps[-1]
        q /= inverse * float(change @ change)
    for (step, change, inverse), share in zip(steps, reversed(shares), strict=True):
        q += (share - inverse * float(change @ q)) * step
    return q


def logistic_scores(x: Singles, weights: Singles) -> Floats:
    """Log-probabilities (M, K)."""
    return normalised((x @ weights[:-1] + weights[-1]).astype(np.float64))


# Ridge regression on random Fourier features


class Waves:
    """Random Fourier features √(2/R) cos(x w + b) of a Gaussian kernel (A. Rahimi and B. Recht, NIPS 20 (2007)).

    The kernel's width is ``widths`` times the median distance of some pairs of cells.
    """

    def __init__(self, x: Singles, count: int, seed: int, widths: float = 1.0) -> None:
        random = np.random.default_rng(seed)
        n, dimensions = x.shape
        one, other = random.integers(0, n, (2, 2000)) if n else np.zeros((2, 0), np.int64)
        apart = np.sqrt(((x[one] - x[other]) ** 2).sum(axis=1, dtype=np.float64))
        apart = apart[apart > 0]
        width = widths * float(np.median(apart)) if len(apart) else 1.0
        self._frequencies = (random.normal(size=(dimensions, count)) / width).astype(np.float32)
        self._phases = random.uniform(0, 2 * np.pi, count).astype(np.float32)
        self._scale = np.float32(np.sqrt(2 / count))

    def of(self, x: Singles) -> Singles:
        """Shape (M, count)."""
        waves = x @ self._frequencies
        waves += self._phases
        np.cos(waves, out=waves)
        waves *= self._scale
        return np.asarray(waves)


def tempered(scores: Floats, labels: Ints) -> Floats:
    """Scores as log-probabilities: their softmax at the temperature by which the labels are likeliest.

    One number for all cells, sought where it can't overfit: between 1/100 and 1000 per unit of score.
    """
    rows = np.arange(len(labels))

    def likelihood(log_scale: float) -> float:
        return float(normalised(np.exp(log_scale) * scores)[rows, labels].mean())

    low, high = np.log(0.01), np.log(1000.0)
    inner = (np.sqrt(5) - 1) / 2
    left, right = high - inner * (high - low), low + inner * (high - low)
    at_left, at_right = likelihood(left), likelihood(right)
    while high - low > 0.01:
        if at_left > at_right:
            high, right, at_right = right, left, at_left
            left = high - inner * (high - low)
            at_left = likelihood(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + inner * (high - low)
            at_right = likelihood(right)
    return normalised(np.exp((low + high) / 2) * scores)


# Linear discriminant


def discriminant(x: Singles, y: Ints, classes: int, asked: Singles, shrinkage: float = 0.3) -> Floats:
    """Log-probabilities (M, K) by normal distributions of one covariance, shrunk to its mean variance by a share.

    J. H. Friedman, "Regularized discriminant analysis", JASA 84 (1989) 165, with λ = 1. The prevalence of a class is
    that of its cells and one more; one without a cell has the mean of all, and that prevalence.
    """
    counts = np.bincount(y, minlength=classes)
    coordinates = x.astype(np.float64)
    overall = coordinates.mean(axis=0)
    means = np.tile(overall, (classes, 1))
    for k in np.flatnonzero(counts):
        means[k] = coordinates[y == k].mean(axis=0)
    apart = coordinates - means[y]
    covariance = apart.T @ apart / max(len(y) - int((counts > 0).sum()), 1)
    dimensions = len(covariance)
    even = max(float(np.trace(covariance)) / dimensions, 1e-12)
    covariance = (1 - shrinkage) * covariance + shrinkage * even * np.eye(dimensions)
    directions = np.linalg.solve(covariance, means.T)
    prevalence = (counts + 1) / (counts + 1).sum()
    constants = -0.5 * (means.T * directions).sum(axis=0) + np.log(prevalence)
    return normalised(asked.astype(np.float64) @ directions + constants)
