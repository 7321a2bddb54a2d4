"""The tables of releases and their files."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime, public_id


class ReleaseState(StrEnum):
    """``writing → frozen``. A release whose job failed stays as it is for ever; its number is not given again."""

    WRITING = "writing"
    FROZEN = "frozen"


class Release(Base):
    """A frozen, numbered export of a dataset's consensus. It is followed, never changed.

    ``job`` writes it, and knows why where it failed.
    """

    __tablename__ = "release"

    id: Mapped[int] = mapped_column(primary_key=True)
    pid: Mapped[str] = public_id()
    dataset: Mapped[int] = mapped_column(ForeignKey("dataset.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(7))
    job: Mapped[str] = mapped_column(ForeignKey("job.pid"))
    rule: Mapped[str] = mapped_column(String(12))
    threshold: Mapped[float | None]
    formats: Mapped[list[str]] = mapped_column(JSON)
    names: Mapped[bool]
    counts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("dataset", "number"),
        CheckConstraint("state in ('writing', 'frozen')", name="state"),
    )


class ReleaseFile(Base):
    """One file of a release: its digest, and where its bytes are."""

    __tablename__ = "release_file"

    release: Mapped[int] = mapped_column(ForeignKey("release.id"), primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    key: Mapped[str] = mapped_column(String(300))
