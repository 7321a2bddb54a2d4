"""What can go wrong with figures of quality."""

from app.errors import Forbidden, Invalid, NotFound


class UnknownDataset(NotFound):
    """No such dataset, or not one that this person may see."""

    title = "Unknown dataset"


class FiguresWait(Forbidden):
    """Figures would tell what an open round of this person hides."""

    title = "Figures wait"


class NotYourFigures(Forbidden):
    """A reviewer asked for figures that are not their own."""

    title = "Not your figures"


class UnusableMerge(Invalid):
    """A merge that the label set doesn't name, or two that share a class."""


class UnusableRound(Invalid):
    """A round that isn't there, isn't this dataset's, or was never opened."""


class UnusableGroup(Invalid):
    """An attribute that no cell has."""


class UnusableAxis(Invalid):
    """Rows or columns of a confusion matrix that can't be counted, or not against each other."""


class UnusableField(Invalid):
    """A row or a column that the matrix doesn't have."""
