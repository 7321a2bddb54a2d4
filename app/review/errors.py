"""What can go wrong with rounds, reviews and adjudications."""

from app.errors import Conflict, Forbidden, Invalid, NotFound


class UnknownRound(NotFound):
    """No such round, or not one of this reviewer's."""


class UnknownAssignment(NotFound):
    """No such assignment of this reviewer."""


class UnknownCell(NotFound):
    """No such cell, or not one that this person may see."""


class UnknownDataset(Invalid):
    """A round names a dataset that isn't there."""


class UnknownReviewer(Invalid):
    """A round names a person who isn't there."""


class RoundIsOpened(Conflict):
    """A round that was opened can't be edited or deleted any more."""


class RoundIsNotOpen(Conflict):
    """The round's state doesn't allow what was asked."""


class ReviewersOverlap(Conflict):
    """A reviewer would meet a cell of a blind round in another open round."""


class UnusableRound(Invalid):
    """A round that can't be planned as it is described."""


class UnusableFilter(Invalid):
    """A filter that names something unknown."""


class NoSuggestions(NotFound):
    """A round that tells its reviewers nothing but the label."""


class RoundHasNoGrid(Invalid):
    """A round that hides labels can't be asked for by label."""


class UnusableAnswer(Invalid):
    """A review or adjudication that contradicts itself."""


class OwnCell(Forbidden):
    """An adjudicator may not settle a cell that they reviewed."""


class NotTheLast(Conflict):
    """An answer to a state that is not the last one any more."""


class OwnReviewsOnly(Forbidden):
    """A reviewer asked for a colleague's reviews."""


class FitsWait(Forbidden):
    """Somebody reviews in an open blind round of the dataset: its fits would tell of what colleagues said."""


class UnknownDatasetPage(NotFound):
    """No such dataset, or not one that this person may see."""
