"""Making people, proving who they are, and one-time links."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, insert, select, update

from app.accounts.errors import (
    LastAdmin,
    NameTaken,
    SpentLink,
    TooManyAttempts,
    UnknownRole,
    UnknownToken,
    WrongPassword,
)
from app.accounts.models import Attempt, Invitation, Role, SignIn, Token, User
from app.accounts.people import check_password, checked_name
from app.accounts.preferences import PersonSettings, SettingsEdit, check_own_keys, edited
from app.database import Reading, Writing, new_pid, now
from app.labels import queries as labels
from app.labels.errors import UnknownLabelSet
from app.labels.labelset import LabelSet, builtin_names, load_builtin

INVITATION_HOURS = 7 * 24
SETUP_HOURS = 24
ATTEMPTS = 10
ATTEMPT_WINDOW = timedelta(minutes=15)
ABSENT_HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0c2FsdA$Jc0nKbZ7tMZ8wtyxXy1n4vQZ9rPZrI6qzC7Yp0v1k2E"
"""Checked where a name has no password, so that an answer takes as long as for a name that has one."""


@dataclass(frozen=True)
class NewSecret:
    """A secret that is shown once, and the public id of what it belongs to."""

    pid: str
    secret: str


def digest(secret: str) -> bytes:
    """What is stored of a random secret: 256 bits of entropy need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def hashed(password: str) -> str:
    """Argon2id with the library's recommended costs."""
    from pwdlib import PasswordHash

    return PasswordHash.recommended().hash(password)


def fits(password: str, password_hash: str | None) -> bool:
    """Whether a password is the one behind the hash; as slow for a name without one."""
    from pwdlib import PasswordHash

    fitting = PasswordHash.recommended().verify(password, password_hash or ABSENT_HASH)
    return fitting and password_hash is not None


def checked_role(role: str) -> Role:
    """A role by its name."""
    try:
        return Role(role)
    except ValueError:
        raise UnknownRole("{role} is no role: take {roles}.", "role", role=role, roles=", ".join(Role)) from None


def create_user(session: Writing, name: str, role: str, password: str | None = None) -> int:
    """A new person; without a password they take up an invitation first. Returns the row's id."""
    stored = checked_name(name)
    wanted = checked_role(role)
    if password is not None:
        check_password(password, stored)
    if session.scalar(select(User.id).where(User.name == stored)) is not None:
        raise NameTaken("There is already a user named {name}: choose another name.", "name", name=stored)
    return session.execute(
        insert(User)
        .values(
            pid=new_pid(),
            name=stored,
            role=wanted,
            password_hash=hashed(password) if password is not None else None,
            settings={},
            created_at=now(),
        )
        .returning(User.id)
    ).scalar_one()


def issue_link(session: Writing, purpose: str, user: int | None, hours: float = INVITATION_HOURS) -> str:
    """A secret for a one-time link; earlier links of the same purpose and person no longer work."""
    secret = secrets.token_urlsafe(32)
    same = Invitation.user.is_(None) if user is None else Invitation.user == user
    session.execute(delete(Invitation).where(same, Invitation.purpose == purpose, Invitation.used_at.is_(None)))
    session.execute(
        insert(Invitation).values(
            token_sha256=digest(secret),
            purpose=purpose,
            user=user,
            created_at=now(),
            expires_at=now() + timedelta(hours=hours),
        )
    )
    return secret


def spend_link(session: Writing, secret: str, *purposes: str) -> tuple[str, int | None]:
    """Use up a one-time link; returns its purpose and person."""
    spent = session.execute(
        update(Invitation)
        .where(
            Invitation.token_sha256 == digest(secret),
            Invitation.purpose.in_(purposes),
            Invitation.used_at.is_(None),
            Invitation.expires_at > now(),
        )
        .values(used_at=now())
        .returning(Invitation.purpose, Invitation.user)
    ).one_or_none()
    if spent is None:
        raise SpentLink("This link was used already or has expired: ask an admin for a new one.")
    return spent.purpose, spent.user


def take_up(session: Writing, secret: str, name: str, password: str) -> int:
    """Set the password behind a set-up, invitation or reset link; set-up makes the first admin. Returns the user."""
    purpose, user = spend_link(session, secret, "setup", "invite", "reset")
    if user is None:
        return create_user(session, name, Role.ADMIN, password)
    stored = session.execute(select(User.name).where(User.id == user)).scalar_one()
    check_password(password, stored)
    session.execute(update(User).where(User.id == user).values(password_hash=hashed(password)))
    if purpose == "reset":
        end_sessions(session, user)
    return user


def check_attempts(session: Reading, name: str) -> None:
    """Refuse a sign-in after too many wrong passwords in a short time."""
    failed = session.execute(select(Attempt.failures, Attempt.first_at).where(Attempt.name == name)).one_or_none()
    if failed and failed.failures >= ATTEMPTS and now() - failed.first_at < ATTEMPT_WINDOW:
        wait = int((failed.first_at + ATTEMPT_WINDOW - now()).total_seconds()) + 1
        raise TooManyAttempts(
            "Too many wrong passwords for {name}: try again in {minutes} minutes.",
            wait,
            name=name,
            minutes=wait // 60 + 1,
        )


def note_failure(session: Writing, name: str) -> None:
    """Count a wrong password; a window that has passed begins anew."""
    session.execute(delete(Attempt).where(Attempt.name == name, Attempt.first_at < now() - ATTEMPT_WINDOW))
    counted = session.execute(
        update(Attempt).where(Attempt.name == name).values(failures=Attempt.failures + 1)
    ).rowcount
    if not counted:
        session.execute(insert(Attempt).values(name=name, failures=1, first_at=now()))


def credentials(session: Reading, name: str, password: str) -> int:
    """The person whom name and password fit, else an error that doesn't say which of the two is wrong."""
    stored = name.strip().casefold()[:60]
    check_attempts(session, stored)
    found = session.execute(
        select(User.id, User.password_hash).where(User.name == stored, User.disabled_at.is_(None))
    ).one_or_none()
    if not fits(password, found.password_hash if found else None) or found is None:
        raise WrongPassword("Name and password don't fit. Try again, or ask an admin for a reset link.", "password")
    user: int = found.id
    return user


def open_session(session: Writing, user: int, hours: int) -> str:
    """Sign a browser in. Returns the cookie's secret; sessions that have expired are cleared on the way."""
    secret = secrets.token_urlsafe(32)
    session.execute(delete(SignIn).where(SignIn.expires_at < now()))
    name = session.execute(select(User.name).where(User.id == user)).scalar_one()
    session.execute(delete(Attempt).where(Attempt.name == name))
    session.execute(
        insert(SignIn).values(
            token_sha256=digest(secret),
            user=user,
            csrf=secrets.token_urlsafe(32),
            created_at=now(),
            expires_at=now() + timedelta(hours=hours),
        )
    )
    return secret


def close_session(session: Writing, secret: str) -> None:
    """Sign a browser out."""
    session.execute(delete(SignIn).where(SignIn.token_sha256 == digest(secret)))


def end_sessions(session: Writing, user: int) -> None:
    """Sign a person out everywhere."""
    session.execute(delete(SignIn).where(SignIn.user == user))


def change_password(session: Writing, user: int, name: str, password: str) -> None:
    """A new password; every other browser of this person is signed out."""
    check_password(password, name)
    session.execute(update(User).where(User.id == user).values(password_hash=hashed(password)))
    end_sessions(session, user)


def change_user(session: Writing, user: int, role: str | None, disabled: bool | None) -> None:
    """Another role, or no more access. The last admin stays one."""
    if role is not None:
        session.execute(update(User).where(User.id == user).values(role=checked_role(role)))
    if disabled is not None:
        session.execute(update(User).where(User.id == user).values(disabled_at=now() if disabled else None))
        if disabled:
            end_sessions(session, user)
    admins = session.scalar(
        select(func.count()).select_from(User).where(User.role == Role.ADMIN, User.disabled_at.is_(None))
    )
    if not admins:
        raise LastAdmin("This is the last admin: make somebody else an admin first.", "role")


def change_settings(session: Writing, user: int, edit: SettingsEdit) -> PersonSettings:
    """Change what a person prefers, and nothing that isn't named. Own keys are checked against their label sets."""
    stored = session.scalar(select(User.settings).where(User.id == user).with_for_update())
    for name, layouts in (edit.own_keys or {}).items():
        label_set = label_set_named(session, name)
        for layout, own in layouts.items():
            check_own_keys(label_set, layout, own)
    settings = edited(PersonSettings.of(stored or {}), edit)
    kept = settings.model_dump(mode="json", exclude_defaults=True)
    session.execute(update(User).where(User.id == user).values(settings=kept))
    return settings


def label_set_named(session: Reading, name: str) -> LabelSet:
    """The newest version of a label set, or the built-in one of which no dataset has made use yet."""
    try:
        return labels.newest(session, name)[1]
    except UnknownLabelSet:
        if name not in builtin_names():
            raise
        return load_builtin(name)


def create_token(session: Writing, user: int, name: str, days: int) -> NewSecret:
    """A personal API token."""
    secret = "cyto_" + secrets.token_urlsafe(32)
    pid = new_pid()
    session.execute(
        insert(Token).values(
            pid=pid,
            user=user,
            name=name,
            token_sha256=digest(secret),
            created_at=now(),
            expires_at=now() + timedelta(days=days),
        )
    )
    return NewSecret(pid, secret)


def revoke_token(session: Writing, user: int, pid: str) -> None:
    """End a token of this person."""
    revoked = session.execute(
        update(Token).where(Token.pid == pid, Token.user == user, Token.revoked_at.is_(None)).values(revoked_at=now())
    ).rowcount
    if not revoked:
        raise UnknownToken("You have no such token.")
