"""How early wrong labels are found, by planting some: with no model, and with nothing but a model's predictions.

Three in a hundred labels are flipped to a class that theirs is confused with, seeded. Pictures that are there twice are
one cell, and those that stand under two classes are left out: which of their labels is wrong nobody knows.
"""

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.images.decode import decode
from app.images.errors import PictureRefused
from app.images.features import NAMES, VERSION, features
from app.labels.labelset import LabelSet, load_builtin
from app.quality.suspicion.combining import combined
from app.quality.suspicion.from_neighbours import looks
from app.quality.suspicion.from_predictions import from_labels, from_probabilities
from app.quality.suspicion.from_votes import REVIEWER_RIGHT
from app.quality.suspicion.noise import labelling
from bench.figures import Figure, Target, at_least, at_most
from bench.planting import FLIPPED, SHARES, Ints, flipped, found, model_of, rivals_of
from bench.processes import ROOT

PX_PER_UM = 11.52
REAL = ROOT.parent / "shared" / "data" / "wbc-sample"
SEEDS = 3
SEEDS_OF_FEW = 20
FLIPPED_OF_FEW = 0.06
CELLS = 42_000
TIMED = 200
FILES_A_TASK = 64


def ranking(folder: Path) -> list[Figure]:
    """What is found in the first 1 to 20 % of the corpus, with and without a model, and of real cells."""
    measured = features_of(folder)
    figures = [Figure("suspicion: features of a cell", "ms", times_a_cell(folder), at_most(10))]
    figures += by_looks("drawn", measured, SEEDS, {0.05: at_least(0.98)})
    figures += by_predictions(measured)
    if REAL.is_dir():
        figures += by_looks(REAL.name, features_of(REAL), SEEDS_OF_FEW, {}, FLIPPED_OF_FEW)
    return [*figures, *forty_two_thousand(measured)]


def by_looks(
    name: str, measured: Path, seeds: int, targets: dict[float, Target], share: float = FLIPPED
) -> list[Figure]:
    """The curve with no model, the random one beside it."""
    vectors, label, label_set = stored(measured)
    pairs = pairs_of(label_set)
    rivals, matrix = rivals_of(len(label_set), pairs), labelling(len(label_set), pairs)
    ours, random = [], []
    for seed in range(seeds):
        given, wrong = flipped(label, present_only(rivals, label), seed, share)
        ranked = combined(given, matrix, looks(vectors, given, len(label_set), seed=seed))
        ours.append(found(ranked.log_odds, wrong))
        random.append(found(np.random.default_rng(seed).random(len(wrong)), wrong))
    return curve(f"{name}, by looks", ours, random, targets)


def by_predictions(measured: Path) -> list[Figure]:
    """The curves with nothing but what a model says that is right in nine of ten, its probabilities or labels alone."""
    _, label, label_set = stored(measured)
    classes, pairs = len(label_set), pairs_of(label_set)
    rivals, matrix = rivals_of(classes, pairs), labelling(classes, pairs)
    with_probabilities, with_labels, random = [], [], []
    for seed in range(SEEDS):
        given, wrong = flipped(label, rivals, seed)
        p = model_of(label, rivals, seed)
        told = from_probabilities(p, given, matrix)
        with_probabilities.append(found(combined(given, matrix, told=[told]).log_odds, wrong))
        told = from_labels(p.argmax(axis=1), given, classes, labelling(classes, pairs, REVIEWER_RIGHT))
        with_labels.append(found(combined(given, matrix, told=[told]).log_odds, wrong))
        random.append(found(np.random.default_rng(seed).random(len(wrong)), wrong))
    return [
        *curve("by a model's probabilities", with_probabilities, random, {0.10: at_least(0.85)}),
        *curve("by a model's labels alone", with_labels, random, {0.10: at_least(0.85)}),
    ]


def curve(
    name: str, ours: Sequence[Sequence[float]], random: Sequence[Sequence[float]], targets: dict[float, Target]
) -> list[Figure]:
    return [
        Figure(
            f"suspicion {name}: found in {share:.0%}",
            "share",
            [one[at] for one in ours],
            targets.get(share),
            float(np.mean([one[at] for one in random])),
            "random order",
        )
        for at, share in enumerate(SHARES)
    ]


def pairs_of(label_set: LabelSet) -> list[tuple[int, int]]:
    """Which classes are confused, by number."""
    return [(label_set.index(each.pair[0]), label_set.index(each.pair[1])) for each in label_set.confusable_pairs]


def present_only(rivals: Sequence[Sequence[int]], label: Ints) -> list[list[int]]:
    """The rivals that there are cells of: an error into a class of its own would be told by that alone."""
    there = set(label.tolist())
    return [[one for one in own if one in there] for own in rivals]


# Features, measured once


def features_of(folder: Path) -> Path:
    """The file of a folder's features, made where it isn't there yet."""
    files = pictures(folder)
    name = hashlib.sha256(f"{folder.resolve()} {len(files)} {VERSION}".encode()).hexdigest()[:16]
    kept = Path(tempfile.gettempdir()) / "cytoreview-bench" / f"features-{name}.npz"
    if kept.exists():
        return kept
    label_set = load_builtin("mll23")
    tasks = [files[start : start + FILES_A_TASK] for start in range(0, len(files), FILES_A_TASK)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        rows = [row for rows in pool.map(measured_files, tasks) for row in rows]
    by_picture: dict[bytes, tuple[set[int], bytes]] = {}
    for path, digest, vector in rows:
        by_picture.setdefault(digest, (set(), vector))[0].add(label_set.index(path.parent.name))
    cells = [(min(labels), vector) for labels, vector in by_picture.values() if len(labels) == 1]
    kept.parent.mkdir(parents=True, exist_ok=True)
    vectors = np.frombuffer(b"".join(vector for _, vector in cells), np.float16).reshape(-1, len(NAMES))
    with tempfile.NamedTemporaryFile(dir=kept.parent, suffix=".npz", delete=False) as file:
        np.savez(file, vectors=vectors, label=np.array([label for label, _ in cells], np.int64))
    Path(file.name).replace(kept)
    return kept


def pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*/*") if path.suffix.lower() in (".tif", ".tiff"))


def measured_files(paths: Sequence[Path]) -> list[tuple[Path, bytes, bytes]]:
    """Path, digest of the pixels and features of what can be read."""
    rows = []
    for path in paths:
        try:
            picture = decode(path.read_bytes())
        except PictureRefused:
            continue
        vector = features(picture.width, picture.height, picture.rgb, PX_PER_UM)
        rows.append((path, picture.pixel_sha256, vector.tobytes()))
    return rows


def times_a_cell(folder: Path) -> list[float]:
    """Milliseconds of one core, without decoding."""
    times = []
    files = pictures(folder)
    for path in files[:: max(1, len(files) // TIMED)]:
        try:
            picture = decode(path.read_bytes())
        except PictureRefused:
            continue
        begun = time.process_time()
        features(picture.width, picture.height, picture.rgb, PX_PER_UM)
        times.append(1000 * (time.process_time() - begun))
    return times


def stored(measured: Path) -> tuple[NDArray[np.float16], Ints, LabelSet]:
    with np.load(measured) as file:
        return file["vectors"], file["label"], load_builtin("mll23")


# Time and memory


def forty_two_thousand(measured: Path) -> list[Figure]:
    """Seconds and memory of ranking so many cells, in a process of its own."""
    command = [sys.executable, "-m", "bench.suspicion", str(measured)]
    # On one core there is nothing to wait for, and it's fast enough: threads of BLAS that spin beside a server aren't.
    alone = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=alone)
    spent: dict[str, Any] = json.loads(done.stdout)
    return [
        Figure(f"suspicion: ranking {CELLS:,} cells", "s", [spent["seconds"]], at_most(60)),
        Figure(f"suspicion: ranking {CELLS:,} cells, of one core", "s", [spent["processor"]], at_most(60)),
        Figure(f"suspicion: memory for {CELLS:,} cells", "GB", [spent["memory"]], at_most(2.5)),
    ]


def as_many(vectors: NDArray[np.float16], label: Ints) -> tuple[NDArray[np.float16], Ints]:
    """Cells drawn again, each a little different, until there are enough."""
    random = np.random.default_rng(0)
    at = np.concatenate([np.arange(len(label)), random.integers(0, len(label), max(0, CELLS - len(label)))])[:CELLS]
    drawn = vectors[at].astype(np.float32)
    drawn[len(label) :] *= 1 + 0.01 * random.standard_normal(drawn[len(label) :].shape, np.float32)
    return drawn.astype(np.float16), label[at]


def main() -> None:
    """Rank, and print the seconds and the memory as JSON."""
    vectors, label, label_set = stored(Path(sys.argv[1]))
    vectors, label = as_many(vectors, label)
    pairs = pairs_of(label_set)
    given, _ = flipped(label, rivals_of(len(label_set), pairs), 0)
    p = model_of(label, rivals_of(len(label_set), pairs), 0)
    begun, used = time.perf_counter(), time.process_time()
    matrix = labelling(len(label_set), pairs)
    combined(given, matrix, looks(vectors, given, len(label_set)), [from_probabilities(p, given, matrix)])
    spent = {
        "seconds": time.perf_counter() - begun,
        "processor": time.process_time() - used,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }
    sys.stdout.write(json.dumps(spent))


if __name__ == "__main__":
    main()
