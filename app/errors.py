"""The kinds of error that the product knows, without HTTP.

A room's own errors subclass one of these kinds; the HTTP edge turns a kind into a status and a problem document in one
place, and the command line turns it into a line of text and an exit code.
"""


class CytoreviewError(Exception):
    """Something the caller can understand and mend.

    ``message`` says what is wrong and how to mend it; ``field`` names the input that is at fault, as a dotted path,
    where there is one. A message with values is a template, so that pages can say it in another language:
    ``NotFound("There is no dataset {slug}.", slug=slug)``.
    """

    title = "Something went wrong"

    def __init__(self, message: str, field: str | None = None, /, **values: object) -> None:
        self.template = message
        self.values = values
        self.message = message.format(**values) if values else message
        self.field = field
        super().__init__(self.message)


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

    def __init__(self, message: str, retry_after: int, field: str | None = None, /, **values: object) -> None:
        super().__init__(message, field, **values)
        self.retry_after = retry_after


class Unavailable(CytoreviewError):
    """A part that is needed is missing or not ready."""

    title = "Not available"
