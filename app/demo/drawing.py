"""Drawn blood cells: synthetic pictures in MLL23's form, for a first look at the product without anybody's data.

Each is a field of 25 × 25 µm with one nucleated cell among red cells, coloured as the Pappenheim stain colours it. They
are told apart by what tells real ones apart, and prove nothing about those.
"""

import io
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.demo.canvas import PX_PER_UM, SIDE, developed, glass
from app.demo.cell import laid_out, paint_cell
from app.demo.looks import LOOKS, Look, between
from app.demo.surroundings import platelet, red_cells
from app.errors import Invalid
from app.labels.labelset import load_builtin

FREQUENCY = {
    "myeloblast": 15,
    "promyelocyte": 4,
    "promyelocyte_atypical": 6,
    "myelocyte": 4,
    "metamyelocyte": 3,
    "neutrophil_band": 5,
    "neutrophil_segmented": 15,
    "eosinophil": 6,
    "basophil": 3,
    "monocyte": 7,
    "lymphocyte": 12,
    "lymphocyte_large_granular": 4,
    "lymphocyte_reactive": 1,
    "lymphocyte_neoplastic": 1,
    "hairy_cell": 6,
    "plasma_cell": 4,
    "normoblast": 5,
    "smudge_cell": 3,
}
"""How often a class comes, beside the few that each has: uneven as in real smears."""

FEWEST = 8
"""Cells of each class, however rare."""

CONTRADICTING = (
    ("neutrophil_band", "neutrophil_segmented"),
    ("myeloblast", "monocyte"),
    ("promyelocyte", "myelocyte"),
    ("metamyelocyte", "neutrophil_band"),
    ("lymphocyte", "lymphocyte_reactive"),
    ("lymphocyte_neoplastic", "hairy_cell"),
)
"""Pairs of classes under which one borderline picture is filed twice."""

TWICE = ("lymphocyte", "neutrophil_segmented")
"""Classes in which one picture stands twice."""

BORDERLINE_EVERY = 9
"""One cell in so many of a class is drawn on the way to the class that it is most often taken for."""

MISLABELLED_EVERY = 71
"""One cell in so many stands in that other class's folder."""


@dataclass(frozen=True)
class Drawn:
    """One distinct picture: the class it was drawn as, on the way to which other, and where it was filed."""

    label: str
    other: str | None
    share: float
    paths: tuple[str, ...]


@dataclass(frozen=True)
class DrawnDataset:
    """What was drawn. ``broken`` files are no pictures; every other file shows one of ``cells``."""

    cells: tuple[Drawn, ...]
    broken: tuple[str, ...]

    @property
    def files(self) -> int:
        """How many files there are, broken ones too."""
        return sum(len(cell.paths) for cell in self.cells) + len(self.broken)


def draw_cell(label: str, rng: np.random.Generator, other: str | None = None, share: float = 0.5) -> NDArray[np.uint8]:
    """One cell of a class, (288, 288, 3); with ``other`` one that stands ``share`` of the way to that class."""
    look = look_of(label) if other is None else between(look_of(label), look_of(other), share)
    canvas = glass(rng)
    x, y = SIDE / 2 + rng.normal(0, 4, 2)
    radius = look.radius * PX_PER_UM * float(np.clip(rng.normal(1, 0.06), 0.86, 1.14))
    room = radius * (1 - 0.16 * look.moulded) + look.hairs / 5
    around = red_cells(canvas, x, y, room, rng)
    if rng.random() < 0.3:
        platelet(canvas, x, y, radius, rng)
    paint_cell(canvas, laid_out(look, x, y, radius, around, rng), rng)
    return developed(canvas, rng)


def look_of(label: str) -> Look:
    """The look of a class; :class:`app.labels.errors.UnknownClass` names the nearest one."""
    if label not in LOOKS:
        load_builtin("mll23").index(label)
    return LOOKS[label]


def draw_dataset(
    out: Path, cells: int = 400, seed: int = 23, progress: Callable[[int, int], None] | None = None
) -> DrawnDataset:
    """Draw a folder of cells in MLL23's layout, ``<class>/<class>_NNNN.TIF``; the same seed gives the same bytes.

    Beside clear cells it holds what real folders hold: borderline cells, some in the wrong folder, pictures filed under
    two classes (``CONTRADICTING``) or twice under one (``TWICE``), and two files that are no pictures. ``progress`` is
    called with the number of pictures done and of all.
    """
    least = FEWEST * len(LOOKS)
    if cells < least:
        raise Invalid(f"A drawn dataset has at least {least} cells, {FEWEST} of each class.", "cells")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Invalid(f"{out} is not an empty folder, and drawing would mix with what is there.", "out")
    plan = planned(cells, np.random.default_rng(seed))
    for label in LOOKS:
        (out / label).mkdir(parents=True)

    def draw(number: int) -> None:
        cell = plan[number]
        picture = draw_cell(cell.label, np.random.default_rng([seed, number]), cell.other, cell.share)
        for path, compression in zip(cell.paths, ("tiff_lzw", "raw"), strict=False):
            (out / path).write_bytes(tiff(picture, compression))

    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for done, _ in enumerate(pool.map(draw, range(len(plan))), start=1):
            if progress:
                progress(done, len(plan))
    return DrawnDataset(plan, broken_files(out, plan))


def planned(cells: int, rng: np.random.Generator) -> tuple[Drawn, ...]:
    """Which cells to draw and where to file them."""
    label_set = load_builtin("mll23")
    filed = dict.fromkeys(label_set.names, 0)

    def path(label: str) -> str:
        filed[label] += 1
        return f"{label}/{label}_{filed[label]:04d}.TIF"

    plan = [Drawn(one, other, 0.5, (path(one), path(other))) for one, other in CONTRADICTING]
    for label, count in shared_out(cells - len(CONTRADICTING)).items():
        rivals = [label_set[index].name for index in label_set.confusable(label_set.index(label))]
        for number in range(1, count + 1):
            rival = rivals[int(rng.integers(min(2, len(rivals))))]
            borderline = number % BORDERLINE_EVERY == 0
            folder = rival if (len(plan) + 1) % MISLABELLED_EVERY == 0 else label
            again = (path(label),) if number == 1 and label in TWICE else ()
            share = round(float(rng.uniform(0.3, 0.55)), 3) if borderline else 0.0
            plan.append(Drawn(label, rival if borderline else None, share, (path(folder), *again)))
    return tuple(plan)


def shared_out(cells: int) -> dict[str, int]:
    """How many cells each class gets: a few each, the others by frequency, remainders to the largest."""
    few = min(FEWEST, cells // len(FREQUENCY))
    spare, total = cells - few * len(FREQUENCY), sum(FREQUENCY.values())
    shares = {label: spare * often / total for label, often in FREQUENCY.items()}
    counts = {label: few + int(share) for label, share in shares.items()}
    by_remainder = sorted(shares, key=lambda label: int(shares[label]) - shares[label])
    for label in by_remainder[: cells - sum(counts.values())]:
        counts[label] += 1
    return counts


def tiff(picture: NDArray[np.uint8], compression: str) -> bytes:
    """The bytes of a TIFF file."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "TIFF", compression=compression)
    return file.getvalue()


def broken_files(out: Path, plan: Iterable[Drawn]) -> tuple[str, ...]:
    """A picture that breaks off and a text that calls itself a picture."""
    whole = next(out / cell.paths[0] for cell in plan if cell.label == "monocyte").read_bytes()
    broken = {
        "monocyte/monocyte_9998.TIF": whole[: len(whole) // 3],
        "eosinophil/eosinophil_9999.TIF": b"This file was meant to be a picture.\n",
    }
    for path, content in broken.items():
        (out / path).write_bytes(content)
    return tuple(broken)
