"""Entity tags: a reader that has the current state gets 304, a writer that has an old one gets a conflict."""

import hashlib

from fastapi import Request, Response

from app.errors import Conflict


def entity_tag(*parts: object) -> str:
    """A strong tag for what the parts say."""
    return '"' + hashlib.sha256(repr(parts).encode()).hexdigest()[:22] + '"'


def is_current(request: Request, tag: str) -> bool:
    """Whether the caller's ``If-None-Match`` names this tag."""
    given = request.headers.get("if-none-match", "")
    return given == "*" or tag in (part.strip().removeprefix("W/") for part in given.split(","))


def not_modified(tag: str, cache_control: str) -> Response:
    """304 with what the caller needs to keep its copy."""
    return Response(status_code=304, headers={"ETag": tag, "Cache-Control": cache_control})


def check_if_match(request: Request, tag: str) -> None:
    """Refuse an edit of a state that the caller hasn't seen. Without ``If-Match`` the last writer wins."""
    given = request.headers.get("if-match")
    if given is not None and given != "*" and tag not in (part.strip() for part in given.split(",")):
        raise Conflict("Somebody changed it in the meantime: load it again, then repeat your change.")
