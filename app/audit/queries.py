"""Reading the trail."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from app.audit.models import Event
from app.database import Reading


@dataclass(frozen=True)
class EventRow:
    """One event; ``actor`` is the row of a person, None where nobody was signed in."""

    id: int
    at: datetime
    actor: int | None
    kind: str
    subject: str
    body: dict[str, Any]


def events(
    session: Reading,
    limit: int,
    before: int | None = None,
    kind: str | None = None,
    actor: int | None = None,
    shown: ColumnElement[bool] | None = None,
) -> list[EventRow]:
    """The newest events first; with ``shown`` only those of which it is true. Walks event's primary key, or
    ix_event_kind_id or ix_event_actor_id."""
    statement = select(Event.id, Event.at, Event.actor, Event.kind, Event.subject, Event.body)
    statement = statement.order_by(Event.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Event.id < before)
    if kind:
        statement = statement.where(Event.kind == kind)
    if actor is not None:
        statement = statement.where(Event.actor == actor)
    if shown is not None:
        statement = statement.where(shown)
    return [EventRow(*tuple(row)) for row in session.execute(statement)]


def kinds(session: Reading) -> list[str]:
    """Every kind of event that happened."""
    return list(session.execute(select(Event.kind).distinct().order_by(Event.kind)).scalars())
