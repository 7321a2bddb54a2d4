"""A folder of MLL23's form to measure with: its class counts, 288 × 288 RGB TIFF without compression, 10 GB at scale 1.

Pictures are the demonstration's drawings, a few of each class, each file with its own grain, so all are distinct. Some
stand in a second class folder as well, byte for byte, and some files are broken in various ways.
"""

import io
import os
import struct
import tempfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from app.demo.drawing import FREQUENCY, draw_cell
from app.labels.labelset import load_builtin

CELLS = 41_621
SIDE = 288
DRAWINGS = 6
CONTRADICTING = 0.007
BROKEN = 25
FILES_A_PART = 200


def cached(scale: float) -> Path:
    """The corpus of a scale, drawn where it isn't there yet."""
    folder = Path(tempfile.gettempdir()) / "cytoreview-bench" / f"corpus-{scale:g}"
    if not (folder / "complete").exists():
        draw(folder, scale)
    return folder


def counts(scale: float) -> dict[str, int]:
    """Pictures by class."""
    total = sum(FREQUENCY.values())
    return {label: max(2, round(scale * CELLS * often / total)) for label, often in FREQUENCY.items()}


def draw(folder: Path, scale: float) -> None:
    """Draw the corpus; the same scale gives the same bytes."""
    by_class = counts(scale)
    parts = [
        (str(folder), label, first, min(first + FILES_A_PART, count))
        for label, count in by_class.items()
        for first in range(0, count, FILES_A_PART)
    ]
    for label in by_class:
        (folder / label).mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(draw_part, parts))
    contradict(folder, by_class)
    whole = (folder / path_of("monocyte", 0)).read_bytes()
    for number, content in zip(range(BROKEN), broken(whole), strict=False):
        label = list(by_class)[number % len(by_class)]
        (folder / label / f"{label}_bad_{number:03d}.TIF").write_bytes(content)
    (folder / "complete").touch()


def path_of(label: str, index: int) -> str:
    return f"{label}/{label}_{index + 1:04d}.TIF"


def draw_part(part: tuple[str, str, int, int]) -> None:
    folder, label, first, stop = part
    drawings = [draw_cell(label, np.random.default_rng([23, number])) for number in range(DRAWINGS)]
    assert drawings[0].shape == (SIDE, SIDE, 3)
    seed = zlib.crc32(label.encode())
    for index in range(first, stop):
        grain = np.random.default_rng([seed, index]).integers(0, 7, (SIDE, SIDE, 3), np.uint8)
        picture = np.minimum(drawings[index % DRAWINGS], 249) + grain
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "TIFF")
        Path(folder, path_of(label, index)).write_bytes(file.getbuffer())


def contradict(folder: Path, by_class: dict[str, int]) -> None:
    """Put some pictures of each class into the folder of a class that it is confused with."""
    label_set = load_builtin("mll23")
    filed = dict(by_class)
    for label, count in by_class.items():
        rival = label_set[next(iter(label_set.confusable(label_set.index(label))))].name
        for index in range(max(1, round(count * CONTRADICTING))):
            (folder / path_of(rival, filed[rival])).write_bytes((folder / path_of(label, index)).read_bytes())
            filed[rival] += 1


def broken(whole: bytes) -> Iterator[bytes]:
    """Files that break off, are empty, are text, or promise far more pixels than there are; a PNG can be read."""
    png = io.BytesIO()
    Image.open(io.BytesIO(whole)).save(png, "PNG")
    sorts = (whole[: len(whole) // 3], b"", b"not a picture\n" * 40, promising(60_000), png.getvalue())
    while True:
        yield from sorts


def promising(side: int) -> bytes:
    """A TIFF of one strip that says it has this many pixels each way."""
    data = zlib.compress(bytes(10_000_000))
    tags = (
        (256, 4, side),
        (257, 4, side),
        (258, 3, 8),
        (259, 3, 8),
        (262, 3, 2),
        (273, 4, 8 + 2 + 9 * 12 + 4),
        (277, 3, 3),
        (278, 4, side),
        (279, 4, len(data)),
    )
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + bytes(4) + data


def warm(folder: Path) -> tuple[int, int]:
    """Have the system hold all files in memory; returns their number and bytes."""
    files = size = 0
    for path in folder.rglob("*"):
        if path.is_file():
            files += 1
            size += len(path.read_bytes())
    return files, size
