"""How long an import takes, the second one too, and when the first cells can be reviewed meanwhile."""

import time
from pathlib import Path
from statistics import median

from bench.figures import Figure, at_most, at_most_floors
from bench.processes import Server, answer, command, imported, serving, timed
from bench.stage import DATASET, open_round, people

FIRST_CELLS = 30
LARGE = 10_000


def imports(work: Path, corpus: Path, files: int) -> list[Figure]:
    """A whole import into an empty place in turn with its floor, then again with nothing changed."""
    runs = 1 if files > LARGE else 3
    taken, again, floors = [], [], []
    for run in range(runs):
        home = work / f"import-{run}"
        floors.append(float(timed(work, str(corpus), module="bench.decoding")[1].split()[0]))
        seconds, report = imported(home, corpus)
        taken.append(seconds)
        print(f"  imported {report['cells_new']:,} cells of {report['files']:,} files in {seconds:.1f} s", flush=True)
        for _ in range(3):
            seconds, report = imported(home, corpus)
            if report["cells_new"] or report["occurrences_new"]:
                raise RuntimeError("importing again added something")
            again.append(seconds)
    return [
        Figure(
            "import, page cache warm",
            "s",
            taken,
            at_most_floors(3),
            median(floors),
            "read, SHA-256, decode with Pillow in two processes",
        ),
        Figure("import again, nothing changed", "s", again, at_most(2)),
    ]


def first_cells(work: Path, corpus: Path) -> list[Figure]:
    """From the start of an import to a round over the first cells whose queue's pictures load."""
    values = []
    for run in range(3):
        home = work / f"first-{run}"
        with serving(home) as server:
            admin, reviewers, _ = people(home)
            begun = time.perf_counter()
            importing = command(home, "import", str(corpus), "--dataset", "MLL23", "--json")
            try:
                wait_for_cells(server, admin)
                first = reviewers[0]
                pid = open_round(server, admin, [first.name], 1)
                queue = server.call("GET", f"/api/v1/rounds/{pid}/queue?limit={FIRST_CELLS}", first.token)["items"]
                for item in queue:
                    status, content = answer(server.port, "GET", item["image_url"], first.token)
                    if status != 200 or not content:
                        raise RuntimeError(f"a picture didn't load: {status}")
                if not queue:
                    raise RuntimeError("the queue is empty")
                values.append(time.perf_counter() - begun)
            finally:
                importing.terminate()
                importing.communicate()
    return [Figure("import begun to a queue with its pictures", "s", values, at_most(3))]


def wait_for_cells(server: Server, admin: str) -> None:
    """Until the dataset has its first cells."""
    while True:
        status, _ = answer(server.port, "GET", f"/api/v1/datasets/{DATASET}", admin)
        if status == 200 and server.call("GET", f"/api/v1/datasets/{DATASET}", admin)["cells"] >= FIRST_CELLS:
            return
        time.sleep(0.02)
