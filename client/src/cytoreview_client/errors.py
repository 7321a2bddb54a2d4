"""What can go wrong, by the status of the server's answer."""


class CytoreviewError(Exception):
    """The server refused, or couldn't be reached.

    ``detail`` says what is wrong and how to mend it, ``field`` names the input at fault, and ``request_id`` finds the
    request in the server's log. ``status`` is None where there was no answer.
    """

    def __init__(
        self,
        status: int | None,
        title: str,
        detail: str = "",
        field: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{title}: {detail}" if detail else title)
        self.status = status
        self.title = title
        self.detail = detail
        self.field = field
        self.request_id = request_id
        self.retry_after = retry_after


class Unreachable(CytoreviewError):
    """No answer came, also not after trying again."""


class NotSignedIn(CytoreviewError):
    """401: the token doesn't work."""


class Forbidden(CytoreviewError):
    """403: the token's person may see this and may not do it."""


class NotFound(CytoreviewError):
    """404: there is no such thing, or it isn't this person's to see."""


class Conflict(CytoreviewError):
    """409: it contradicts what is there by now."""


class Invalid(CytoreviewError):
    """422: the input can't be used as it is; ``field`` names what is wrong."""


class TooMany(CytoreviewError):
    """429: too often; try again after ``retry_after`` seconds."""


class ServerFault(CytoreviewError):
    """5xx: a defect of the server, or a part of it that isn't there."""


class JobFailed(CytoreviewError):
    """Long work came to nothing; ``detail`` is its message."""


class DamagedDownload(CytoreviewError):
    """The bytes that came aren't those whose SHA-256 the release names."""


BY_STATUS: dict[int, type[CytoreviewError]] = {
    401: NotSignedIn,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    422: Invalid,
    429: TooMany,
}


def kind_of(status: int) -> type[CytoreviewError]:
    """The class of the error behind a status."""
    return BY_STATUS.get(status) or (ServerFault if status >= 500 else CytoreviewError)
