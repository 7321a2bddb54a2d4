"""A measured figure, what it must reach, and the two forms in which figures are told."""

import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Target:
    """What a figure must reach: a bound on itself, or on its ratio to the floor, or nearness to it."""

    bound: float
    of_floor: bool = False
    at_least: bool = False
    within: float | None = None

    def is_met(self, value: float, floor: float | None) -> bool:
        """Whether a figure reaches it."""
        if self.of_floor:
            assert floor is not None
            value /= floor
        if self.within is not None:
            return abs(value - self.bound) <= self.within + 1e-9
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        if self.within is not None:
            return f"{self.bound - self.within:g} to {self.bound + self.within:g}"
        return f"{'≥' if self.at_least else '≤'} {self.bound:g}{' ×' if self.of_floor else ''}"


@dataclass(frozen=True)
class Figure:
    """One value a run, and the floor under them."""

    name: str
    unit: str
    values: Sequence[float]
    target: Target | None = None
    floor: float | None = None
    floor_name: str | None = None

    @property
    def median(self) -> float:
        """The run in the middle, by which the figure is judged."""
        return median(self.values)

    @property
    def ratio(self) -> float | None:
        """How many floors it is."""
        return self.median / self.floor if self.floor else None

    @property
    def is_met(self) -> bool | None:
        """Whether it reaches its target, None without one."""
        return self.target.is_met(self.median, self.floor) if self.target else None

    def document(self) -> dict[str, Any]:
        """The figure as `latest.json` holds it."""
        return {
            "name": self.name,
            "unit": self.unit,
            "min": rounded(min(self.values)),
            "median": rounded(self.median),
            "max": rounded(max(self.values)),
            "floor": None if self.floor is None else rounded(self.floor),
            "floor_name": self.floor_name,
        }


def at_most(bound: float) -> Target:
    """A bound that must not be passed."""
    return Target(bound)


def at_least(bound: float) -> Target:
    """A bound that must be reached."""
    return Target(bound, at_least=True)


def about(value: float, within: float) -> Target:
    """A value and how far from it a figure may be."""
    return Target(value, within=within)


def at_most_floors(bound: float) -> Target:
    """As many floors and no more."""
    return Target(bound, of_floor=True)


def at_least_floors(bound: float) -> Target:
    """As many floors or more."""
    return Target(bound, of_floor=True, at_least=True)


def rounded(value: float) -> float:
    """Four significant digits: more would be noise."""
    return float(f"{value:.4g}")


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values doesn't pass (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1)]


def p95(values: Sequence[float]) -> float:
    """What all but the slowest twentieth keep to."""
    return percentile(values, 0.95)


HEADINGS = ("name", "unit", "min", "median", "max", "floor", "floor name", "ratio", "target", "met")


def table(figures: Sequence[Figure]) -> str:
    """The figures for people."""
    rows = [HEADINGS, *(cells_of(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def cells_of(figure: Figure) -> tuple[str, ...]:
    met = {None: "", True: "yes", False: "NO"}[figure.is_met]
    return (
        figure.name,
        figure.unit,
        short(min(figure.values)),
        short(figure.median),
        short(max(figure.values)),
        "" if figure.floor is None else short(figure.floor),
        figure.floor_name or "",
        "" if figure.ratio is None else f"{figure.ratio:.2f}",
        str(figure.target) if figure.target else "",
        met,
    )


def short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def write(path: Path, figures: Sequence[Figure], scale: str) -> None:
    """The figures for scripts, as the contract has them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "machine": f"{machine()}; {scale}",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "figures": [figure.document() for figure in figures],
    }
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def machine() -> str:
    """What the figures depend on."""
    import os

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{cores} cores, {memory:.0f} GB, {processor()}, {platform.system()}, Python {platform.python_version()}"


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
