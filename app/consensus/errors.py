"""What can be wrong with votes that somebody brings."""

from app.errors import Conflict, Invalid


class VotesRefused(Invalid):
    """A file of votes that can't be understood; nothing is computed from a part of it."""


class NothingToFit(Conflict):
    """A dataset without a single vote for a class."""

    title = "Nothing to fit"

    def __init__(self) -> None:
        super().__init__("No standing review names a class yet, so there is nothing to fit.")
