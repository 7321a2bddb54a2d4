"""The arrays that the rules of suspicion take and give."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Singles: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int64]
Progress: TypeAlias = Callable[[int, int], None]
"""Is told how many steps are done, of how many; an exception from it ends the work."""

TINY = 1e-12


def blocks(n: int, size: int) -> list[slice]:
    """0 to n in runs of at most so many."""
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def normalised(log: Floats) -> Floats:
    """Log-probabilities whose exponentials add up to 1 in each row."""
    log = log - log.max(axis=1, keepdims=True)
    return np.asarray(log - np.log(np.exp(log).sum(axis=1, keepdims=True)))


def checked_labels(given: Ints, classes: int) -> Ints:
    """Given labels as indexes of classes; ValueError where one is no class."""
    given = np.asarray(given, np.int64)
    if given.ndim != 1 or given.min(initial=0) < 0 or given.max(initial=-1) >= classes:
        raise ValueError(f"given labels must be a row of numbers from 0 to {classes - 1}")
    return given


def silent(step: int, of: int) -> None:
    """Progress that nobody watches."""
