"""The published votes that lie beside a clone, and what the statistics must give for them."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.consensus.statistics.votes import Votes, indexed, votes


@dataclass(frozen=True)
class Reading:
    """Votes with the names of their raters and classes."""

    votes: Votes
    raters: list[str]
    classes: list[str]

    def column(self, label: str) -> int:
        """The index of a class."""
        return self.classes.index(label)


def reading_of(rows: Iterable[Sequence[str]]) -> Reading:
    """Votes from rows of item, rater and label; classes in order of name."""
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    item, items = indexed(columns[0])
    rater, raters = indexed(columns[1])
    classes = sorted(set(columns[2]))
    label = np.array([classes.index(name) for name in columns[2]], np.int64)
    made = votes(item, rater, label, items=len(items), raters=len(raters), classes=len(classes))
    return Reading(made, [str(name) for name in raters], classes)


def read(folder: Path, name: str, missing: Sequence[str] = ()) -> Reading:
    """A file of votes; labels named in ``missing`` are no votes."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["item"], row["rater"], row["label"]) for row in csv.DictReader(file)]
    return reading_of(row for row in rows if row[2] not in missing)


def expected(folder: Path) -> dict[str, Any]:
    """The values, with tolerances and where they are from."""
    loaded: dict[str, Any] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return loaded
