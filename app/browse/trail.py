"""The audit trail as a person may read it: not even an admin learns from it what is known of a cell that they review
blind."""

from sqlalchemy import ColumnElement, and_, not_, select

from app.accounts import queries as accounts
from app.accounts.people import Person
from app.audit import queries as audit
from app.audit.models import Event
from app.browse.schemas import EventView
from app.catalogue.models import Cell
from app.database import Reading
from app.review.blind import sight_of

ADJUDICATED = "cell.adjudicate"


def events(
    session: Reading, person: Person, limit: int, before: int | None, kind: str | None, actor: str | None
) -> list[EventView]:
    """The newest events first, with the names of those who did them."""
    by = accounts.person_by_name(session, actor).id if actor else None
    rows = audit.events(session, limit, before, kind, by, shown_to(session, person))
    names = accounts.names(session, {row.actor for row in rows if row.actor is not None})
    return [
        EventView(
            id=row.id,
            at=row.at,
            actor=names.get(row.actor) if row.actor is not None else None,
            kind=row.kind,
            subject=row.subject,
            body=row.body,
        )
        for row in rows
    ]


def shown_to(session: Reading, person: Person) -> ColumnElement[bool] | None:
    """Adjudications of cells whose consensus is hidden wait until the round closes. Walks uq_cell_pid."""
    sight = sight_of(session, person)
    if not sight.is_blinded:
        return None
    hidden = select(Cell.id).where(Cell.pid == Event.subject, sight.is_secret()).exists()
    return not_(and_(Event.kind == ADJUDICATED, hidden))
