"""A folder of drawn cells, small enough to be looked at one by one, with what real folders hold."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.demo.drawing import draw_cell, tiff

LABELS = (
    "myeloblast",
    "promyelocyte",
    "myelocyte",
    "metamyelocyte",
    "neutrophil_band",
    "neutrophil_segmented",
    "eosinophil",
    "basophil",
    "monocyte",
    "lymphocyte",
    "plasma_cell",
    "normoblast",
)
CONTRADICTING = ("neutrophil_band", "neutrophil_segmented")
BROKEN = {
    "monocyte/monocyte_9998.TIF": "breaks off",
    "eosinophil/eosinophil_9999.TIF": "is a text",
}
SEED = 23


@dataclass(frozen=True)
class Corpus:
    """``given`` are the labels of each distinct picture, by the digest of its pixels."""

    folder: Path
    given: dict[str, tuple[str, ...]]

    @property
    def plain(self) -> list[str]:
        """The cells with one given label, in order of digest."""
        return sorted(digest for digest, labels in self.given.items() if len(labels) == 1)

    @property
    def files(self) -> int:
        return sum(len(labels) for labels in self.given.values()) + len(BROKEN)

    def zipped(self) -> Path:
        """The folder as a ZIP beside it."""
        return Path(shutil.make_archive(str(self.folder), "zip", self.folder))


def drawn_corpus(folder: Path) -> Corpus:
    """One cell of each of a dozen classes, one picture filed under two classes, and two files that are no pictures."""
    given = {}
    for number, labels in enumerate((*((label,) for label in LABELS), CONTRADICTING)):
        picture = draw_cell(labels[0], np.random.default_rng([SEED, number]))
        given[hashlib.sha256(picture.tobytes()).hexdigest()] = labels
        for label in labels:
            path = folder / label / f"{label}_{number:04}.TIF"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(tiff(picture, "tiff_lzw"))
    whole = next((folder / "monocyte").iterdir()).read_bytes()
    for name, content in zip(BROKEN, (whole[: len(whole) // 3], b"Meant to be a picture.\n"), strict=True):
        (folder / name).write_bytes(content)
    return Corpus(folder, given)
