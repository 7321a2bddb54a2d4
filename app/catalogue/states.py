"""How cells are counted by given label and state, and what a cell is that nobody has reviewed."""

from math import log

from app.catalogue.models import LABELS_DIFFER, NO_LABEL, CellState

BORN_DISPUTED_ENTROPY = log(2)
"""How torn a cell is that nobody reviewed and that was filed under two classes."""


def counted_label(given_label: int | None, born_disputed: bool) -> int:
    """Under which given label a cell is counted."""
    if born_disputed:
        return LABELS_DIFFER
    return NO_LABEL if given_label is None else given_label


def unreviewed_state(born_disputed: bool) -> tuple[CellState, float | None]:
    """State and entropy of a cell without any review."""
    if born_disputed:
        return CellState.DISPUTED, BORN_DISPUTED_ENTROPY
    return CellState.UNREVIEWED, None
