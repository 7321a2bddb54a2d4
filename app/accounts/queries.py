"""Reading people, their sessions and tokens."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select

from app.accounts.errors import UnknownUser
from app.accounts.models import Invitation, Role, SignIn, Token, User
from app.accounts.people import Person
from app.accounts.service import digest
from app.database import Reading, now


@dataclass(frozen=True)
class UserRow:
    """A person in the list of people."""

    id: str
    name: str
    role: str
    created_at: datetime
    disabled: bool
    invited: bool


@dataclass(frozen=True)
class TokenRow:
    """A token in the list of a person's tokens."""

    id: str
    name: str
    created_at: datetime
    expires_at: datetime


# Every request runs one of these two: made once, they cost half of what they cost when they are made anew.
BY_SESSION = (
    select(User.id, User.pid, User.name, User.role, User.settings, SignIn.csrf)
    .join_from(SignIn, User, SignIn.user == User.id)
    .where(
        SignIn.token_sha256 == bindparam("digest"),
        SignIn.expires_at > bindparam("now"),
        User.disabled_at.is_(None),
    )
)
BY_TOKEN = (
    select(User.id, User.pid, User.name, User.role, User.settings)
    .join_from(Token, User, Token.user == User.id)
    .where(
        Token.token_sha256 == bindparam("digest"),
        Token.expires_at > bindparam("now"),
        Token.revoked_at.is_(None),
        User.disabled_at.is_(None),
    )
)


def person_by_session(session: Reading, secret: str) -> Person | None:
    """Who is signed in with this cookie. Walks session's primary key."""
    row = session.execute(BY_SESSION, {"digest": digest(secret), "now": now()}).one_or_none()
    return Person(row.id, row.pid, row.name, Role(row.role), row.settings, row.csrf) if row else None


def person_by_token(session: Reading, secret: str) -> Person | None:
    """Whose token this is. Walks uq_token_token_sha256."""
    row = session.execute(BY_TOKEN, {"digest": digest(secret), "now": now()}).one_or_none()
    return Person(row.id, row.pid, row.name, Role(row.role), row.settings) if row else None


def person_by_name(session: Reading, name: str) -> Person:
    """A person by sign-in name."""
    row = session.execute(
        select(User.id, User.pid, User.name, User.role, User.settings).where(User.name == name.strip().casefold())
    ).one_or_none()
    if row is None:
        raise UnknownUser("There is no user named {name}.", "name", name=name)
    return Person(row.id, row.pid, row.name, Role(row.role), row.settings)


def user_id(session: Reading, pid: str) -> int:
    """The row behind a public id."""
    found = session.scalar(select(User.id).where(User.pid == pid))
    if found is None:
        raise UnknownUser("There is no such user.")
    return found


def users(session: Reading) -> list[UserRow]:
    """Everybody, by name."""
    rows = session.execute(
        select(User.pid, User.name, User.role, User.created_at, User.disabled_at, User.password_hash).order_by(
            User.name
        )
    )
    return [
        UserRow(
            row.pid,
            row.name,
            row.role,
            row.created_at,
            row.disabled_at is not None,
            row.password_hash is None,
        )
        for row in rows
    ]


def any_user(session: Reading) -> bool:
    """Whether somebody was set up already."""
    return session.scalar(select(User.id).limit(1)) is not None


def tokens(session: Reading, user: int) -> list[TokenRow]:
    """A person's tokens that work, newest first."""
    rows = session.execute(
        select(Token.pid, Token.name, Token.created_at, Token.expires_at)
        .where(Token.user == user, Token.revoked_at.is_(None), Token.expires_at > now())
        .order_by(Token.id.desc())
    )
    return [TokenRow(row.pid, row.name, row.created_at, row.expires_at) for row in rows]


def link(session: Reading, secret: str) -> tuple[str, str | None] | None:
    """Purpose and person's name of a one-time link that still works."""
    row = session.execute(
        select(Invitation.purpose, User.name)
        .join_from(Invitation, User, Invitation.user == User.id, isouter=True)
        .where(
            Invitation.token_sha256 == digest(secret),
            Invitation.used_at.is_(None),
            Invitation.expires_at > now(),
        )
    ).one_or_none()
    return (row.purpose, row.name) if row else None


def admins(session: Reading) -> int:
    """How many can administer."""
    return (
        session.scalar(
            select(func.count()).select_from(User).where(User.role == Role.ADMIN, User.disabled_at.is_(None))
        )
        or 0
    )


def names(session: Reading, ids: set[int]) -> dict[int, str]:
    """The sign-in names of people by row."""
    return dict(session.execute(select(User.id, User.name).where(User.id.in_(ids))).all())
