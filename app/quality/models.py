"""The table of what suspicion says of each cell."""

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class CellSuspicion(Base):
    """Why a cell's given label is in doubt, or isn't, in the numbers that a sentence needs; see
    `app/quality/suspicion/reasons.py`. The rank itself is ``cell.suspicion``.
    """

    __tablename__ = "cell_suspicion"

    cell: Mapped[int] = mapped_column(ForeignKey("cell.id"), primary_key=True, autoincrement=False)
    source: Mapped[str | None] = mapped_column(String(11))
    suggested: Mapped[int | None]
    said: Mapped[float | None]
    of: Mapped[float | None]
    probability: Mapped[float | None]

    __table_args__ = (CheckConstraint("source in ('votes', 'predictions', 'looks')", name="source"),)
