"""Lists by keyset: a cursor names the last row that the caller has, a ``Link`` header leads on."""

import base64
import binascii
import json
from math import isfinite
from typing import Annotated, Any

from fastapi import Query, Request, Response

from app.database import storable
from app.errors import Invalid

Limit = Annotated[int, Query(ge=1, le=500, description="How many items at most.")]
Cursor = Annotated[str | None, Query(description="From the `Link` header of the page before.", max_length=500)]


def encode_cursor(key: list[Any]) -> str:
    """An opaque text for the sort key of a page's last row."""
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, *kinds: type | tuple[type, ...]) -> list[Any] | None:
    """The sort key behind a cursor, whose parts must be of the given kinds."""
    if cursor is None:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, UnicodeError) as error:
        raise Invalid("The cursor can't be read: take it from the Link header as it is.", "cursor") from error
    if not isinstance(key, list) or len(key) != len(kinds):
        raise Invalid("The cursor belongs to another list.", "cursor")
    if not all(isinstance(part, kind) and not isinstance(part, bool) for part, kind in zip(key, kinds, strict=True)):
        raise Invalid("The cursor belongs to another list.", "cursor")
    if not all(is_storable(part) for part in key):
        raise Invalid("The cursor can't be read: take it from the Link header as it is.", "cursor")
    return key


def is_storable(part: Any) -> bool:
    """Whether both databases can be asked about it."""
    if isinstance(part, str):
        try:
            storable(part)
        except ValueError:
            return False
    if isinstance(part, float):
        return isfinite(part)
    return not isinstance(part, int) or -(2**31) <= part < 2**31


def link_next(request: Request, response: Response, key: list[Any] | None) -> None:
    """Say where the list goes on; nothing is said on its last page."""
    if key is not None:
        url = request.url.include_query_params(cursor=encode_cursor(key))
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
