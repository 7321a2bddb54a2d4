"""Writing the trail: one event for each writing request, in that request's transaction."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert

from app.audit.models import Event
from app.database import Writing, now

RECORD = insert(Event)


def record(session: Writing, actor: int | None, kind: str, subject: str, body: Mapping[str, Any] | None = None) -> None:
    """Note what is done. ``kind`` is ``noun.verb``, ``subject`` a public id or slug; no secret goes into ``body``."""
    event = {"at": now(), "actor": actor, "kind": kind, "subject": subject, "body": dict(body or {})}
    session.execute(RECORD, event)
