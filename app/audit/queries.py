"""Reading the trail."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.accounts.models import User
from app.audit.models import Event
from app.database import Reading


@dataclass(frozen=True)
class EventRow:
    """One event as it is shown."""

    id: int
    at: datetime
    actor: str | None
    kind: str
    subject: str
    body: dict[str, Any]


def events(
    session: Reading, limit: int, before: int | None = None, kind: str | None = None, actor: str | None = None
) -> list[EventRow]:
    """The newest events first. Walks event's primary key, or ix_event_kind_id or ix_event_actor_id."""
    statement = (
        select(Event.id, Event.at, User.name, Event.kind, Event.subject, Event.body)
        .join_from(Event, User, Event.actor == User.id, isouter=True)
        .order_by(Event.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(Event.id < before)
    if kind:
        statement = statement.where(Event.kind == kind)
    if actor:
        statement = statement.where(User.name == actor.strip().casefold())
    return [EventRow(*row) for row in session.execute(statement)]
