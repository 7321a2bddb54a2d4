"""The kinds of error that the product knows, without HTTP.

A room's own errors subclass one of these kinds; the HTTP edge turns a kind into a status and a problem document in one
place, and the command line turns it into a line of text and an exit code.
"""


class CytoreviewError(Exception):
    """Something the caller can understand and mend.

    ``message`` says what is wrong and how to mend it; ``field`` names the input that is at fault, as a dotted path,
    where there is one.
    """

    title = "Something went wrong"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(CytoreviewError):
    """It does not exist, or it is not the caller's to see."""

    title = "Not found"


class Conflict(CytoreviewError):
    """It contradicts what is there by now."""

    title = "Conflict"


class Invalid(CytoreviewError):
    """The input cannot be used as it is."""

    title = "Not valid"


class Unauthenticated(CytoreviewError):
    """Nobody is signed in, and the route is not public."""

    title = "Not signed in"


class Forbidden(CytoreviewError):
    """The caller may see it and may not do this."""

    title = "Not allowed"


class TooMany(CytoreviewError):
    """Too often in too short a time; ``retry_after`` says in how many seconds to try again."""

    title = "Too many requests"

    def __init__(self, message: str, retry_after: int, field: str | None = None) -> None:
        super().__init__(message, field)
        self.retry_after = retry_after


class Unavailable(CytoreviewError):
    """A part that is needed is missing or not ready."""

    title = "Not available"
