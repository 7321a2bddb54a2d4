"""What can go wrong with finding cells."""

from app.errors import Forbidden, Invalid, NotFound


class UnknownDataset(NotFound):
    """No such dataset, or not one that this person may see."""


class UnknownCell(NotFound):
    """No such cell, or not one that this person may see."""


class HiddenOriginal(Forbidden):
    """The file's name and bytes would tell what a blind round hides."""


class UnusableSort(Invalid):
    """An order that lists of cells don't have."""
