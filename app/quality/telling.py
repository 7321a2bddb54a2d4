"""Figures as documents and as CSV: what REST answers, and what the page downloads."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from app.consensus.statistics.intervals import wilson
from app.database import Reading
from app.quality import queries
from app.quality.service import Confusion, Scope

COEFFICIENTS = (
    "percent_agreement",
    "krippendorff_alpha",
    "krippendorff_alpha_weighted",
    "fleiss_kappa",
    "gwet_ac1",
)
AGREEMENT_COLUMNS = ("presentation", "figure", "label", "rater_a", "rater_b", "value", "low", "high", "n", "notes")
CONFUSION_COLUMNS = ("rows", "columns", "presentation", "row", "column", "cells", "share_of_row")


def confusion_answer(session: Reading, scope: Scope, found: Confusion) -> dict[str, Any]:
    """A matrix as REST answers it, all classes in it."""
    matrix = found.matrix
    rows, columns = matrix.shown_codes(len(matrix.codes.classes))
    counts = [[matrix.counts.get((row, column), 0) for column in columns] for row in rows]
    totals = [sum(line) for line in counts]
    return {
        "rows": found.rows.name,
        "columns": found.columns.name,
        "presentation": found.presentation,
        "cells": matrix.total,
        "same": matrix.same,
        "row_labels": [matrix.codes.name(row) for row in rows],
        "column_labels": [matrix.codes.name(column) for column in columns],
        "counts": counts,
        "shares": [[n / total for n in line] if total else None for line, total in zip(counts, totals, strict=True)],
        "row_totals": totals,
        "column_totals": [matrix.columns.get(column, 0) for column in columns],
        "errors": errors_answer(session, scope) if {found.rows.kind, found.columns.kind} == GIVEN_LABELS else None,
    }


GIVEN_LABELS = {"given", "consensus"}
"""The axes between which a given label is found to be wrong."""


def errors_answer(session: Reading, scope: Scope) -> list[dict[str, Any]]:
    """The given labels of settled cells, class by class."""
    errors = label_errors(session, scope)
    return [{"label": scope.classes.names[label], **errors[label]} for label in sorted(errors)]


def label_errors(session: Reading, scope: Scope) -> dict[int, dict[str, Any]]:
    """How often each given label is wrong, as classes are counted, with its Wilson interval."""
    of = dict(enumerate(scope.classes.of))
    found = queries.given_label_errors(session, scope.dataset.id, of, scope.cells_of_rounds)
    return {label: share_of(one.wrong, one.of) for label, one in found.items()}


def share_of(wrong: int, of: int) -> dict[str, Any]:
    """A share with its Wilson interval."""
    interval = wilson(wrong, of)
    return {"wrong": wrong, "of": of, "value": wrong / of, "low": interval.low, "high": interval.high}


def agreement_rows(answer: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """A line for each figure of each presentation."""
    for presentation, found in answer.items():
        if found is None:
            continue
        for name in COEFFICIENTS:
            if name in found:
                yield line(presentation, name, found[name], n=found["items"])
        for pair in found["cohen_kappa"]:
            raters = {"rater_a": pair["rater_a"], "rater_b": pair["rater_b"]}
            yield line(presentation, "cohen_kappa", pair, **raters, n=pair["items"])
        for one in found["per_class"]:
            for name in ("specific_agreement", "krippendorff_alpha"):
                yield line(presentation, name, one[name], label=one["label"], n=one["votes"])


def line(presentation: str, name: str, figure: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A figure in a line; what is undefined is empty, and the notes say why."""
    shown = {key: figure[key] for key in ("value", "low", "high")}
    return {"presentation": presentation, "figure": name, **shown, **more, "notes": " ".join(figure.get("notes", []))}


def confusion_rows(answer: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """A line for each field."""
    about = {"rows": answer["rows"], "columns": answer["columns"], "presentation": answer["presentation"]}
    for row, counts, shares in zip(answer["row_labels"], answer["counts"], answer["shares"], strict=True):
        for at, column in enumerate(answer["column_labels"]):
            share = shares[at] if shares else None
            yield {**about, "row": row, "column": column, "cells": counts[at], "share_of_row": share}


def as_csv(columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """A CSV with a header, an empty field for what there isn't."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
