"""The manifest: what a release is, how it came about, and the digest of every file. Pure; no clock, nothing random."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from app.catalogue.models import CellState, Outcome
from app.releases.files import WrittenFile
from app.releases.layout import CellRow

MANIFEST = "manifest.json"
NO_OUTCOME = "none"


@dataclass(frozen=True)
class DatasetFacts:
    """What an export must say of its dataset."""

    slug: str
    name: str
    px_per_um: float | None
    stain: str
    source: str
    license: str
    citation: str
    url: str


@dataclass(frozen=True)
class LabelSetFacts:
    """Which classes the labels mean, in their order."""

    name: str
    version: int
    sha256: str
    classes: tuple[str, ...]


@dataclass(frozen=True)
class FitFacts:
    """The fit by which raters were weighed: what it was made from, and the digest of what came of it."""

    prior: float
    given_votes: bool
    cells: int
    votes: int
    raters: int
    iterations: int
    converged: bool
    log_likelihood: float | None
    sha256: str


@dataclass(frozen=True)
class Facts:
    """All that is fixed about a release before its files are written.

    ``rule_is_the_datasets``: every cell has the outcome of this rule already. ``fit``: where the rule weighs raters.
    """

    dataset_id: int
    rule_is_the_datasets: bool
    number: int
    dataset: DatasetFacts
    label_set: LabelSetFacts
    rule: str
    threshold: float | None
    formats: tuple[str, ...]
    names: bool
    fit: FitFacts | None = None


@dataclass
class Tally:
    """What a release holds, counted while it is written."""

    classes: Sequence[str]
    reviewers: int
    cells: int = 0
    reviews: int = 0
    states: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    labels: Counter[int] = field(default_factory=Counter)

    def add(self, cells: Iterable[CellRow]) -> None:
        """Count a block of cells."""
        for cell in cells:
            self.cells += 1
            self.states[cell.state] += 1
            self.outcomes[cell.outcome or NO_OUTCOME] += 1
            if cell.outcome == Outcome.LABEL and cell.label is not None:
                self.labels[cell.label] += 1

    def counts(self) -> dict[str, Any]:
        """The counts as JSON; every state, outcome and class is named, also where there is none."""
        return {
            "cells": self.cells,
            "reviews": self.reviews,
            "reviewers": self.reviewers,
            "by_state": {state.value: self.states[state] for state in CellState},
            "by_outcome": {outcome: self.outcomes[outcome] for outcome in (*map(str, Outcome), NO_OUTCOME)},
            "by_class": {name: self.labels[number] for number, name in enumerate(self.classes)},
        }


def manifest(facts: Facts, counts: dict[str, Any], files: Sequence[WrittenFile], version: str) -> bytes:
    """The manifest as JSON, in an order that never changes."""
    document = {
        "release": facts.number,
        "dataset": asdict(facts.dataset),
        "label_set": asdict(facts.label_set),
        "rule": {"name": facts.rule, "threshold": facts.threshold, "adjudications": "outrank votes"}
        | ({} if facts.fit is None else {"fit": asdict(facts.fit)}),
        "reviewers": "names" if facts.names else "pseudonyms",
        "formats": list(facts.formats),
        "counts": counts,
        "files": [
            {
                "name": file.name,
                "bytes": file.size,
                "sha256": file.sha256.hex(),
                "rows": file.rows,
                "columns": list(file.columns or ()),
            }
            for file in files
        ],
        "made_by": {"program": "cytoreview", "version": version},
    }
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
