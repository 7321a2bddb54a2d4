"""What can stand in a demonstration's way."""

from app.errors import Conflict, Unavailable


class NotADemoHome(Conflict):
    """The home folder holds somebody's own work."""


class DemoUnfinished(Unavailable):
    """A job that the demonstration needs has failed."""
