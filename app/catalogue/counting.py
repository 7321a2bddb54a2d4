"""Cells by given label and state, kept in the transaction that changes them: a page never counts a million rows."""

from collections.abc import Mapping

from sqlalchemy import text

from app.catalogue.models import LABELS_DIFFER, NO_LABEL
from app.database import Writing

ADD = text(
    "insert into counter (dataset, given_label, state, n) values (:dataset, :given_label, :state, :n) "
    "on conflict (dataset, given_label, state) do update set n = counter.n + excluded.n"
)


def counted_label(given_label: int | None, born_disputed: bool) -> int:
    """Under which given label a cell is counted."""
    if born_disputed:
        return LABELS_DIFFER
    return NO_LABEL if given_label is None else given_label


def count_cells(session: Writing, changes: Mapping[tuple[int, int, str], int]) -> None:
    """Add to the counters of (dataset, counted label, state); in order of key, so that two writers can't deadlock."""
    rows = [
        {"dataset": dataset, "given_label": label, "state": state, "n": n}
        for (dataset, label, state), n in sorted(changes.items())
        if n
    ]
    if rows:
        session.execute(ADD, rows)
