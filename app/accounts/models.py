"""The tables of people and of the ways in which they prove who they are."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime, public_id


class Role(StrEnum):
    """What a person may do; each includes the one before."""

    REVIEWER = "reviewer"
    ADJUDICATOR = "adjudicator"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Whether this role may do what ``other`` may."""
        ladder = list(Role)
        return ladder.index(self) >= ladder.index(other)


class User(Base):
    """A person. The password's hash is null until an invitation was taken up."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    pid: Mapped[str] = public_id()
    name: Mapped[str] = mapped_column(String(60), unique=True)
    role: Mapped[str] = mapped_column(String(12))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("role in ('reviewer', 'adjudicator', 'admin')", name="role"),)


class SignIn(Base):
    """A signed-in browser; the cookie's token is stored hashed."""

    __tablename__ = "session"

    token_sha256: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(43))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Token(Base):
    """A personal API token: shown once, stored hashed."""

    __tablename__ = "token"

    id: Mapped[int] = mapped_column(primary_key=True)
    pid: Mapped[str] = public_id()
    user: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Invitation(Base):
    """A link that works once: first set-up, an invitation, a reset, or a demo's sign-in."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    purpose: Mapped[str] = mapped_column(String(8))
    user: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("purpose in ('setup', 'invite', 'reset', 'sign-in')", name="purpose"),
        CheckConstraint("(purpose = 'setup') = (\"user\" is null)", name="user"),
    )


class Attempt(Base):
    """Failed sign-ins of one name in one window, so that passwords can't be guessed quickly."""

    __tablename__ = "sign_in_attempt"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    failures: Mapped[int]
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
