"""The tables of the fits by which posteriors are computed, and of the posteriors."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime


class ConsensusFit(Base):
    """How far a dataset's raters are to be believed, as found from the votes up to ``through_review``. Never changed:
    a later fit follows it, and the newest one of a dataset is the one in use.

    ``raters``: the users' public ids in the order of the matrices, and *given* for the given labels where they vote.
    ``arrays``: little-endian 64-bit floats, the marginals (K) and then the matrices (raters, K true, K said).
    ``sha256``: of raters and arrays; the same votes and parameters give the same.
    """

    __tablename__ = "consensus_fit"

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset: Mapped[int] = mapped_column(ForeignKey("dataset.id"))
    method: Mapped[str] = mapped_column(String(12))
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    raters: Mapped[list[Any]] = mapped_column(JSON)
    classes: Mapped[int]
    arrays: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    through_review: Mapped[int]
    cells: Mapped[int]
    votes: Mapped[int]
    iterations: Mapped[int]
    converged: Mapped[bool]
    log_likelihood: Mapped[float | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_consensus_fit_dataset_id", "dataset", "id"),)


class Posterior(Base):
    """How probable each class is for a cell with votes, by a fit: 32-bit floats, one a class."""

    __tablename__ = "posterior"

    cell: Mapped[int] = mapped_column(ForeignKey("cell.id"), primary_key=True, autoincrement=False)
    fit: Mapped[int] = mapped_column(ForeignKey("consensus_fit.id"))
    values: Mapped[bytes] = mapped_column(LargeBinary)
