"""The table of label sets."""

from typing import Any

from sqlalchemy import JSON, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class LabelSetRow(Base):
    """One version of a label set. Never changed: a dataset's class numbers mean what its version says."""

    __tablename__ = "label_set"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    document: Mapped[dict[str, Any]] = mapped_column(JSON)

    __table_args__ = (UniqueConstraint("name", "version"),)
