"""``python -m bench``: every figure of the table, beside its floor."""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import answering, corpus, grid, importing, keying, predictions, quality, simulations, starting, suspicion
from bench.figures import Figure, machine, table, write
from bench.processes import ROOT, Server, answer, imported, serving
from bench.stage import Stage, staged

RESULTS = ROOT / "bench" / "results" / "latest.json"
ANSWERS: dict[str, Callable[[Stage, Server], list[Figure]]] = {
    "queue": answering.queue,
    "submit-one": answering.submit_one,
    "submit-eight": answering.submit_eight,
    "submit-tens": answering.submit_tens,
    "picture": answering.picture,
    "cells": answering.cells,
    "labels": answering.labels,
    "key": lambda stage, _: keying.key_press(stage),
    "memory": lambda stage, _: keying.memory(stage),
    "grid": lambda stage, _: grid.grid_page(stage),
}
BARE = ("size", "start", "simulations", "quality", "predictions")
"""What needs no corpus."""

ALONE = (*BARE, "first-cells", "import", "suspicion")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="size of the drawn corpus; 1 is MLL23's 10 GB")
    parser.add_argument("--corpus", type=Path, help="a folder that is there already, instead of a drawn one")
    parser.add_argument("--only", nargs="+", choices=(*ALONE, *ANSWERS), help="measure only these")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the JSON goes")
    given = parser.parse_args()
    chosen = given.only or (*ALONE, *ANSWERS)
    work = Path(tempfile.mkdtemp(prefix="cytoreview-bench-"))
    try:
        figures, scale = measured(work, given.corpus, given.scale, chosen)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"\n{machine()}; {scale}\n\n{table(figures)}\n")
    write(given.out, figures, scale)
    print(given.out)


def measured(work: Path, given: Path | None, scale: float, chosen: Sequence[str]) -> tuple[list[Figure], str]:
    """Everything that was chosen, in the order of the table, and over what."""
    figures: list[Figure] = []

    def measure(name: str, act: Callable[[], list[Figure]]) -> None:
        if name in chosen:
            print(f"{time.strftime('%H:%M:%S')} {name}", flush=True)
            found = act()
            print(table(found), flush=True)
            figures.extend(found)

    measure("size", starting.footprint)
    measure("start", lambda: starting.starts(work))
    measure("simulations", lambda: [*simulations.simulations(), *simulations.a_million()])
    measure("quality", lambda: quality.quality_page(work))
    measure("predictions", lambda: predictions.loading(work))
    if not set(chosen) - set(BARE):
        return figures, "no corpus"
    folder = given or corpus.cached(scale)
    files, size = corpus.warm(folder)
    print(f"{files:,} files, {size / 1e9:.2f} GB in {folder}", flush=True)
    measure("first-cells", lambda: importing.first_cells(work, folder))
    measure("import", lambda: importing.imports(work, folder, files))
    measure("suspicion", lambda: suspicion.ranking(folder))
    if set(chosen) & set(ANSWERS):
        answers(work, folder, measure)
    return figures, f"{files:,} files, {size / 1e9:.2f} GB"


def answers(work: Path, folder: Path, measure: Callable[[str, Callable[[], list[Figure]]], None]) -> None:
    """What is measured over an open round of all cells, the bare application beside it."""
    home = work / "import-0"
    _, report = imported(home, folder)
    bare = work / "bare"
    bare.mkdir()
    with staged(home, report["cells_total"]) as stage:
        one = stage.reviewers[0]
        path = f"/api/v1/assignments/{one.pictures[0]}/image?size=display"
        (bare / "picture").write_bytes(answer(stage.server.port, "GET", path, one.token)[1])
        with serving(bare, "-m", "bench.bare", str(bare)) as floor:
            for name, act in ANSWERS.items():
                measure(name, lambda act=act: act(stage, floor))  # type: ignore[misc]


if __name__ == "__main__":
    main()
