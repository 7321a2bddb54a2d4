"""What can go wrong with releases."""

from app.errors import CytoreviewError, Forbidden, Invalid, NotFound


class UnknownRelease(NotFound):
    """A number that no release of the dataset has, or a file that the release doesn't have."""


class UnknownRule(Invalid):
    """A rule that isn't there, or a parameter that it doesn't take."""


class UnknownFormat(Invalid):
    """A format in which nothing is written."""


class ReleasesWait(Forbidden):
    """Somebody reviews in an open blind round of the dataset: its releases would tell what the round hides."""


class WritingFailed(CytoreviewError):
    """The files of a release could not be written."""
