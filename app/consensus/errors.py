"""What can be wrong with votes that somebody brings."""

from app.errors import Invalid


class VotesRefused(Invalid):
    """A file of votes that can't be understood; nothing is computed from a part of it."""
