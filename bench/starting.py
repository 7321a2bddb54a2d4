"""How long a start takes, and what lies in memory and on disk."""

import compileall
import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from statistics import median

from bench.figures import Figure, at_most, at_most_floors
from bench.processes import ROOT, serving
from bench.stage import people

RUNS = 5
BARE = "bare FastAPI + SQLAlchemy"


def starts(work: Path) -> list[Figure]:
    """First and later starts in turn with those of the bare application, until each says that it is ready.

    Modules are byte-compiled first, as `make setup` does it; at a later start there are people, as there are in use.
    """
    first, later, memory = list[float](), list[float](), list[float]()
    bare_first, bare_later, bare_memory = list[float](), list[float](), list[float]()
    for part in ("app", "cytoreview", "migrations", "bench"):
        compileall.compile_dir(ROOT / part, quiet=2)
    for run in range(RUNS):
        ours, bare = work / f"start-{run}", work / f"start-bare-{run}"
        for seconds, held, home, module in (
            (first, None, ours, ()),
            (bare_first, None, bare, ("-m", "bench.bare", str(bare))),
            (later, memory, ours, ()),
            (bare_later, bare_memory, bare, ("-m", "bench.bare", str(bare))),
        ):
            with serving(home, *module) as server:
                seconds.append(server.started_in)
                if held is not None:
                    held.append(server.memory())
            if seconds is first:
                people(home)
    return [
        Figure("first start", "s", first, at_most_floors(3), median(bare_first), f"{BARE}, first start"),
        Figure("later start", "s", later, at_most_floors(1.5), median(bare_later), f"{BARE}, later start"),
        Figure("memory idle", "MB", memory, at_most(110), median(bare_memory), f"{BARE}, idle"),
    ]


def footprint() -> list[Figure]:
    """What the locked runtime requirements take on this machine's disk, byte-compiled, with the product itself."""
    distributions = installed()
    size = sum(blocks(path) for files in distributions.values() for path in files)
    size += sum(blocks(path) for folder in PARTS for path in (ROOT / folder).rglob("*"))
    return [
        Figure("installed size", "MB", [size / 1e6], at_most(250)),
        Figure("packages", "", [len(distributions)], at_most(60)),
    ]


PARTS = ("app", "cytoreview", "migrations", "static", "templates")


def installed() -> dict[str, list[Path]]:
    """The files of every distribution that the lock file names and this machine needs."""
    lock = (ROOT / "requirements" / "base.txt").read_text(encoding="utf-8")
    found: dict[str, list[Path]] = {}
    for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE):
        try:
            found[name] = [Path(str(file.locate())) for file in distribution(name).files or ()]
        except PackageNotFoundError:
            continue  # for other systems
    return found


def blocks(path: Path) -> int:
    """What a file takes on the disk."""
    try:
        return 512 * path.stat().st_blocks if path.is_file() else 0
    except OSError:
        return 0
