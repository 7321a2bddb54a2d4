"""The tables of rounds, assignments and reviews."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    Uuid,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime, public_id


class Presentation(StrEnum):
    """How a round shows a cell."""

    BLIND = "blind"
    SIGHTED = "sighted"
    REVEAL = "reveal"


class Order(StrEnum):
    """In which order a reviewer's queue comes."""

    SHUFFLED = "shuffled"
    IMPORT = "import"
    SUSPICION = "suspicion"


class Suggestions(StrEnum):
    """What a round tells reviewers of what others than people think."""

    NONE = "none"
    PREDICTIONS = "predictions"


class RoundState(StrEnum):
    """``draft → planning → open ⇄ closed``."""

    DRAFT = "draft"
    PLANNING = "planning"
    OPEN = "open"
    CLOSED = "closed"


class AssignmentState(StrEnum):
    """``pending ⇄ done``; ``pending ⇄ skipped`` where a round's target is reached; a moved one is skipped for good."""

    PENDING = "pending"
    DONE = "done"
    SKIPPED = "skipped"


class Verdict(StrEnum):
    """What a reviewer can say."""

    LABEL = "label"
    BORDERLINE = "borderline"
    UNSURE = "unsure"
    UNUSABLE = "unusable"
    WITHDRAWN = "withdrawn"


class Kind(StrEnum):
    """Why a review was asked for. ``first`` and ``escalation`` vote."""

    FIRST = "first"
    ESCALATION = "escalation"
    REPEAT = "repeat"
    TRAP = "trap"
    ADJUDICATION = "adjudication"


class Mode(StrEnum):
    """On which page a review was given."""

    SINGLE = "single"
    GRID = "grid"


class Round(Base):
    """A review campaign over a chosen set of cells."""

    __tablename__ = "round"

    id: Mapped[int] = mapped_column(primary_key=True)
    pid: Mapped[str] = public_id()
    dataset: Mapped[int] = mapped_column(ForeignKey("dataset.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(8))
    presentation: Mapped[str] = mapped_column(String(8))
    order: Mapped[str] = mapped_column(String(9))
    reviews_per_cell: Mapped[int]
    filter: Mapped[dict[str, Any]] = mapped_column(JSON)
    repeat_share: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    trap_share: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    audit_share: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    target_probability: Mapped[float | None]
    suggestions: Mapped[str] = mapped_column(String(11), default="none", server_default="none")
    names_hidden: Mapped[bool]
    adjudicate_own: Mapped[bool]
    reason_required: Mapped[bool]
    seed: Mapped[int] = mapped_column(BigInteger)
    created_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("state in ('draft', 'planning', 'open', 'closed')", name="state"),
        CheckConstraint("presentation in ('blind', 'sighted', 'reveal')", name="presentation"),
        CheckConstraint("\"order\" in ('shuffled', 'import', 'suspicion')", name="order"),
        CheckConstraint("not (presentation in ('blind', 'reveal') and \"order\" = 'import')", name="blind_is_shuffled"),
        CheckConstraint("reviews_per_cell >= 1", name="reviews_per_cell"),
        CheckConstraint("repeat_share between 0 and 0.5", name="repeat_share"),
        CheckConstraint("trap_share between 0 and 0.5", name="trap_share"),
        CheckConstraint("trap_share = 0 or presentation = 'sighted'", name="traps_are_sighted"),
        CheckConstraint("audit_share between 0 and 0.5", name="audit_share"),
        CheckConstraint("target_probability > 0.5 and target_probability < 1", name="target_probability"),
        CheckConstraint("suggestions in ('none', 'predictions')", name="suggestions"),
        CheckConstraint("audit_share = 0 or \"order\" = 'suspicion'", name="audits_are_ranked"),
    )


class RoundReviewer(Base):
    """Who reviews in a round, in the order in which they were named."""

    __tablename__ = "round_reviewer"

    round: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True, autoincrement=False)
    reviewer: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, autoincrement=False)
    ordinal: Mapped[int]
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_round_reviewer_reviewer", "reviewer"),)


class RoundCell(Base):
    """The cells that a round covers, fixed when it opens: the plan is made from this list and can be made again.

    ``wave`` is 0 for the cells of the opening and grows with every extension. ``rank`` is the place of a cell in the
    order of suspicion when it was planned, 1 the most suspicious; ``audit`` marks those that were drawn by chance.
    """

    __tablename__ = "round_cell"

    round: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True, autoincrement=False)
    cell: Mapped[int] = mapped_column(ForeignKey("cell.id"), primary_key=True, autoincrement=False)
    wave: Mapped[int] = mapped_column(default=0)
    shown_label: Mapped[int | None]
    rank: Mapped[int | None]
    audit: Mapped[bool] = mapped_column(default=False, server_default=false())


class Assignment(Base):
    """One cell for one reviewer in one round, at a position in that reviewer's queue.

    ``transform`` is how the server turns or mirrors the picture, as ``app.images.transforms`` numbers it.
    """

    __tablename__ = "assignment"

    id: Mapped[int] = mapped_column(primary_key=True)
    pid: Mapped[str] = public_id()
    round: Mapped[int] = mapped_column(ForeignKey("round.id"))
    reviewer: Mapped[int] = mapped_column(ForeignKey("user.id"))
    position: Mapped[int]
    cell: Mapped[int] = mapped_column(ForeignKey("cell.id"))
    kind: Mapped[str] = mapped_column(String(10))
    transform: Mapped[int | None] = mapped_column(SmallInteger)
    shown_label: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(7))
    moved: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        UniqueConstraint("round", "reviewer", "position"),
        CheckConstraint("kind in ('first', 'escalation', 'repeat', 'trap')", name="kind"),
        CheckConstraint("transform between 1 and 7", name="transform"),
        CheckConstraint("state in ('pending', 'done', 'skipped')", name="state"),
        Index(
            "ix_assignment_pending",
            "round",
            "reviewer",
            "position",
            sqlite_where=text("state = 'pending'"),
        ),
        Index(
            "ix_assignment_pending_shown",
            "round",
            "reviewer",
            "shown_label",
            "position",
            "state",  # always pending; SQLite counts from the index alone only if it finds the column there
            sqlite_where=text("state = 'pending'"),
        ),
        Index("ix_assignment_cell_round", "cell", "round"),
        Index("ix_assignment_reviewer_cell", "reviewer", "cell"),
    )


IS_PENDING = text("assignment.state = 'pending'")
"""Spelled out, because a partial index serves no bound parameter."""


class RoundCounter(Base):
    """Assignments of a round by reviewer and state, kept in the recording transaction."""

    __tablename__ = "round_counter"

    round: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True, autoincrement=False)
    reviewer: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(7), primary_key=True)
    n: Mapped[int]
    seconds: Mapped[float] = mapped_column(default=0.0)


class Review(Base):
    """What a reviewer said of an assignment, or an adjudicator of a cell. Never changed and never deleted.

    ``supersedes`` is the UUID of the review before, so that a batch may hold a review and its withdrawal.
    """

    __tablename__ = "review"

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    assignment: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"))
    round: Mapped[int | None] = mapped_column(ForeignKey("round.id"))
    cell: Mapped[int] = mapped_column(ForeignKey("cell.id"))
    reviewer: Mapped[int] = mapped_column(ForeignKey("user.id"))
    verdict: Mapped[str] = mapped_column(String(10))
    label: Mapped[int | None]
    second_label: Mapped[int | None]
    shown_label: Mapped[int | None]
    presentation: Mapped[str | None] = mapped_column(String(8))
    mode: Mapped[str] = mapped_column(String(6))
    flag: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(200), default="")
    comment: Mapped[str] = mapped_column(String(2000), default="")
    seconds: Mapped[float | None]
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    supersedes: Mapped[UUID | None] = mapped_column(ForeignKey("review.uuid"), unique=True)

    __table_args__ = (
        CheckConstraint("kind in ('first', 'escalation', 'repeat', 'trap', 'adjudication')", name="kind"),
        CheckConstraint("(kind = 'adjudication') = (assignment is null)", name="assignment"),
        CheckConstraint(
            "(verdict = 'label' and label is not null and second_label is null)"
            " or (verdict = 'borderline' and label is not null and second_label is not null and label <> second_label)"
            " or (verdict in ('unsure', 'unusable') and label is null and second_label is null)"
            " or (verdict = 'withdrawn' and label is null and second_label is null and supersedes is not null)",
            name="verdict",
        ),
        Index("ix_review_cell_id", "cell", "id"),
        Index("ix_review_reviewer_id", "reviewer", "id"),
        Index("ix_review_round_id", "round", "id"),
        Index("ix_review_assignment_id", "assignment", "id"),
        Index(
            "uq_review_first_of_assignment",
            "assignment",
            unique=True,
            sqlite_where=text("supersedes is null"),
        ),
    )
