"""The space in which cells are compared: standardised features, in fewer dimensions. Labels play no part in it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.quality.suspicion.arrays import Singles, blocks

CLIP = 6.0
BLOCK = 4096


def space(vectors: NDArray[Any], components: int) -> Singles:
    """The features (N, F) standardised, clipped at ± 6 and turned to their principal components (N, D).

    D is ``components``, or fewer where the cells or the features span fewer. A feature that is the same for all is
    left out by being 0. Raises ValueError where a value isn't finite.
    """
    n, width = vectors.shape
    if not all(np.isfinite(vectors[rows]).all() for rows in blocks(n, BLOCK)):
        raise ValueError("a feature isn't finite")
    if n == 0:
        return np.zeros((0, 0), np.float32)
    total = sum((vectors[rows].sum(axis=0, dtype=np.float64) for rows in blocks(n, BLOCK)), np.zeros(width))
    mean = total / n
    squares = sum(
        (((vectors[rows].astype(np.float64) - mean) ** 2).sum(axis=0) for rows in blocks(n, BLOCK)), np.zeros(width)
    )
    sd = np.sqrt(squares / n)
    scale = np.divide(1, sd, out=np.zeros(width), where=sd > 1e-6 * np.maximum(np.abs(mean), 1e-6))

    def standardised(rows: slice) -> NDArray[np.float64]:
        return np.asarray(np.clip((vectors[rows] - mean) * scale, -CLIP, CLIP))

    # Clipping has moved the mean of what is skewed.
    middle = sum((standardised(rows).sum(axis=0) for rows in blocks(n, BLOCK)), np.zeros(width)) / n
    covariance = np.zeros((width, width))
    for rows in blocks(n, BLOCK):
        apart = standardised(rows) - middle
        covariance += apart.T @ apart
    variance, directions = np.linalg.eigh(covariance / n)
    kept = min(components, max(1, int((variance > 1e-6 * max(variance[-1], 1e-30)).sum())))
    directions = directions[:, ::-1][:, :kept]
    # An eigenvector's sign is free: its largest part shall be positive, so that every machine turns one way.
    directions = directions * np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(kept)])
    coordinates = np.empty((n, kept), np.float32)
    for rows in blocks(n, BLOCK):
        coordinates[rows] = (standardised(rows) - middle) @ directions
    return coordinates
