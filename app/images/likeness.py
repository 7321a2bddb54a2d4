"""How alike cells look: a space in which distance is likeness, fitted on a dataset's own features.

A vector is standardised, clipped at ± 6, laid on the 32 directions in which the dataset varies most, and rounded to
32 signed bytes, its *signature*. The space is parted by k-means into *buckets* of some 250 cells. Who looks for
look-alikes reads the buckets whose centres are nearest, so what it costs doesn't grow with the dataset: an inverted
file, as in H. Jégou et al., IEEE Trans. PAMI 33 (2011) 117, without its quantiser's residuals.

Everything is deterministic: the same vectors in the same order give the same space.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DIRECTIONS = 32
CELLS_A_BUCKET = 256
MOST_BUCKETS = 2048
CLIP = 6.0
ROUNDS_OF_K_MEANS = 12
BLOCK = 2000
LARGEST_BYTE = 127

Floats = NDArray[np.float32]
Signatures = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Space:
    """A fitted space over vectors of D values.

    ``mean`` and ``scale`` have shape (D,), ``directions`` (D, 32), ``centres`` (buckets, 32); ``step`` is what one
    unit of a signature's byte stands for.
    """

    mean: Floats
    scale: Floats
    directions: Floats
    centres: Floats
    step: float

    def placed(self, vectors: Floats) -> Floats:
        """Vectors of shape (n, D) as points of shape (n, 32), in units of a signature's byte."""
        standard = np.clip((vectors - self.mean) * self.scale, -CLIP, CLIP)
        points: Floats = (standard @ self.directions) / np.float32(self.step)
        return points

    def signatures(self, points: Floats) -> Signatures:
        """Points as bytes."""
        return np.clip(np.rint(points), -LARGEST_BYTE, LARGEST_BYTE).astype(np.int8)

    def buckets(self, points: Floats) -> NDArray[np.intp]:
        """The bucket of each point."""
        return nearest(points, self.centres)

    def near(self, point: Floats, count: int) -> list[int]:
        """The buckets whose centres are nearest to one point of shape (32,), nearest first."""
        return [int(bucket) for bucket in np.argsort(((self.centres - point) ** 2).sum(axis=1))[:count]]

    def packed(self) -> bytes:
        """The space as little-endian 32-bit floats: D, step, mean, scale, directions, centres."""
        head = np.array([len(self.mean), self.step], "<f4")
        return b"".join(
            np.ascontiguousarray(part, "<f4").tobytes()
            for part in (head, self.mean, self.scale, self.directions, self.centres)
        )


def unpacked(arrays: bytes) -> Space:
    """The space that was packed."""
    values = np.frombuffer(arrays, "<f4")
    size = int(values[0])
    mean, scale, rest = values[2 : 2 + size], values[2 + size : 2 + 2 * size], values[2 + 2 * size :]
    directions, centres = rest[: size * DIRECTIONS], rest[size * DIRECTIONS :]
    return Space(
        mean, scale, directions.reshape(size, DIRECTIONS), centres.reshape(-1, DIRECTIONS), step=float(values[1])
    )


def fitted(vectors: Floats, cells: int) -> Space:
    """The space of a sample of vectors, shape (n, D) with n ≥ 1, for a dataset of so many cells."""
    mean = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    spread = vectors.std(axis=0, dtype=np.float64).astype(np.float32)
    # What hardly ever differs tells nothing, and would be blown up where it does.
    scale = np.where(spread > 1e-4, 1 / np.maximum(spread, 1e-4), 0).astype(np.float32)
    standard = np.clip((vectors - mean) * scale, -CLIP, CLIP)
    directions = principal_directions(standard)
    points = standard @ directions
    step = max(float(np.abs(points).max()) / LARGEST_BYTE, 1e-6)
    points = (points / np.float32(step)).astype(np.float32)
    buckets = max(1, min(MOST_BUCKETS, round(cells / CELLS_A_BUCKET)))
    return Space(mean, scale, directions, centres_of(points, buckets), step)


def principal_directions(standard: Floats) -> Floats:
    """The directions of largest variance, of shape (D, 32); empty ones where there are fewer."""
    centred = standard - standard.mean(axis=0)
    _, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    largest = vectors[:, ::-1][:, :DIRECTIONS]
    # An eigenvector has no sign of its own: its largest value is made positive.
    largest = largest * np.sign(largest[np.abs(largest).argmax(axis=0), np.arange(largest.shape[1])])
    directions = np.zeros((standard.shape[1], DIRECTIONS), np.float32)
    directions[:, : largest.shape[1]] = largest
    return directions


def centres_of(points: Floats, buckets: int) -> Floats:
    """The centres of a k-means, begun at points that lie evenly in the sample; a centre that loses all stays."""
    count = min(buckets, len(points))
    centres = points[np.linspace(0, len(points) - 1, count).astype(np.intp)].copy()
    for _ in range(ROUNDS_OF_K_MEANS):
        own = nearest(points, centres)
        sums = np.stack([np.bincount(own, weights=column, minlength=count) for column in points.T], axis=1)
        sizes = np.bincount(own, minlength=count)
        centres = np.where(sizes[:, None] > 0, sums / np.maximum(sizes, 1)[:, None], centres).astype(np.float32)
    return centres


def nearest(points: Floats, centres: Floats) -> NDArray[np.intp]:
    """The index of the nearest centre of each point."""
    lengths = (centres**2).sum(axis=1)
    found = [
        (lengths - 2 * points[start : start + BLOCK] @ centres.T).argmin(axis=1)
        for start in range(0, len(points), BLOCK)
    ]
    return np.concatenate(found) if found else np.zeros(0, np.intp)


def distances(point: Floats, signatures: Signatures) -> Floats:
    """How far signatures of shape (n, 32) are from a point of shape (32,), in units of a signature's byte."""
    apart = signatures.astype(np.float32) - point
    far: Floats = np.sqrt((apart**2).sum(axis=1))
    return far
