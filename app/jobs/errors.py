"""What can go wrong with a job."""

from app.errors import NotFound


class UnknownJob(NotFound):
    """A job that is not there."""

    title = "Unknown job"


class JobInterrupted(Exception):
    """The runner stops: the job goes back into the queue and is taken up again later. Handlers let it pass."""


class JobLost(Exception):
    """Another runner took the job, because this one gave no sign of life for too long. Handlers let it pass."""
