"""What a cell is that nobody has reviewed."""

from math import log

from app.catalogue.models import CellState

BORN_DISPUTED_ENTROPY = log(2)
"""How torn a cell is that nobody reviewed and that was filed under two classes."""


def unreviewed_state(born_disputed: bool) -> tuple[CellState, float | None]:
    """State and entropy of a cell without any review."""
    if born_disputed:
        return CellState.DISPUTED, BORN_DISPUTED_ENTROPY
    return CellState.UNREVIEWED, None
