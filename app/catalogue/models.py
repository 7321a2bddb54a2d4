"""The tables of datasets, their cells and the files that the cells came from."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime, public_id

NO_LABEL = -1
"""The given label of a counter's row whose cells carry none."""

LABELS_DIFFER = -2
"""The given label of a counter's row whose cells were born disputed."""


class CellState(StrEnum):
    """How far the question what a cell is has come."""

    UNREVIEWED = "unreviewed"
    IN_REVIEW = "in_review"
    AGREED = "agreed"
    DISPUTED = "disputed"
    ADJUDICATED = "adjudicated"


class Outcome(StrEnum):
    """What a rule or an adjudication gives."""

    LABEL = "label"
    BORDERLINE = "borderline"
    UNUSABLE = "unusable"


class Dataset(Base):
    """A named collection of cells with one label set and one rule.

    Under ``dawid-skene`` the reviewers are fitted anew after ``refit_after`` further reviews, and with ``given_votes``
    the given labels are the votes of one more rater.
    """

    __tablename__ = "dataset"

    id: Mapped[int] = mapped_column(primary_key=True)
    pid: Mapped[str] = public_id()
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    label_set: Mapped[int] = mapped_column(ForeignKey("label_set.id"))
    px_per_um: Mapped[float | None]
    stain: Mapped[str] = mapped_column(String(200), default="")
    source: Mapped[str] = mapped_column(String(1000), default="")
    license: Mapped[str] = mapped_column(String(200), default="")
    citation: Mapped[str] = mapped_column(String(2000), default="")
    url: Mapped[str] = mapped_column(String(1000), default="")
    rule: Mapped[str] = mapped_column(String(12))
    rule_threshold: Mapped[float | None]
    given_votes: Mapped[bool] = mapped_column(default=False, server_default=false())
    refit_after: Mapped[int] = mapped_column(default=500, server_default=text("500"))
    releases: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("rule in ('majority', 'unanimous', 'dawid-skene')", name="rule"),
        CheckConstraint("refit_after >= 1", name="refit_after"),
    )


class Cell(Base):
    """One distinct picture in a dataset, and what it is held to be: the second half is derived and can be made anew.

    ``given_label`` is null where no occurrence carries a label and where they differ (``born_disputed``). ``fit`` is
    the fit by which its posterior was computed, where it has one. ``predicted_label`` is what the model says that was
    loaded last; ``suspicion``, from 0 to 1, is how likely the given label is wrong, and only its order means something.
    ``costly``: its reviews, or its given labels, stand between a class that is dear to miss and another one.
    """

    __tablename__ = "cell"

    id: Mapped[int] = mapped_column(primary_key=True)
    pid: Mapped[str] = public_id()
    dataset: Mapped[int] = mapped_column(ForeignKey("dataset.id"))
    pixel_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    width: Mapped[int]
    height: Mapped[int]
    given_label: Mapped[int | None]
    born_disputed: Mapped[bool] = mapped_column(default=False)

    state: Mapped[str] = mapped_column(String(11), default=CellState.UNREVIEWED)
    outcome: Mapped[str | None] = mapped_column(String(10))
    label: Mapped[int | None]
    second_label: Mapped[int | None]
    probability: Mapped[float | None]
    entropy: Mapped[float | None]
    dissent: Mapped[bool] = mapped_column(default=False)
    flagged: Mapped[bool] = mapped_column(default=False)
    reviewed_since: Mapped[bool] = mapped_column(default=False)
    method: Mapped[str | None] = mapped_column(String(12))
    reviews: Mapped[int] = mapped_column(default=0)
    fit: Mapped[int | None]
    predicted_label: Mapped[int | None]
    suspicion: Mapped[float | None]
    costly: Mapped[bool] = mapped_column(default=False, server_default=false())

    __table_args__ = (
        UniqueConstraint("dataset", "pixel_sha256", "width", "height"),
        CheckConstraint("state in ('unreviewed', 'in_review', 'agreed', 'disputed', 'adjudicated')", name="state"),
        CheckConstraint("outcome in ('label', 'borderline', 'unusable')", name="outcome"),
        Index("ix_cell_dataset_id", "dataset", "id"),
        Index("ix_cell_dataset_given_label_id", "dataset", "given_label", "id"),
        Index("ix_cell_dataset_state_id", "dataset", "state", "id"),
        Index("ix_cell_dataset_label_id", "dataset", "label", "id"),
        Index("ix_cell_dataset_predicted_label_id", "dataset", "predicted_label", "id"),
        Index("ix_cell_dataset_suspicion_id", "dataset", "suspicion", "id"),
        Index("ix_cell_dataset_given_label_suspicion_id", "dataset", "given_label", "suspicion", "id"),
        Index(
            "ix_cell_dataset_second_label_id",
            "dataset",
            "second_label",
            "id",
            sqlite_where=text("second_label is not null"),
        ),
        Index(
            "ix_cell_settled",
            "dataset",
            "given_label",
            "label",
            "second_label",
            "outcome",
            sqlite_where=text("state in ('agreed', 'adjudicated')"),
        ),
        Index(
            "ix_cell_dataset_entropy_id",
            "dataset",
            "entropy",
            "id",
            sqlite_where=text("state = 'disputed'"),
        ),
        Index(
            "ix_cell_waiting",
            "dataset",
            "costly",
            "entropy",
            "id",
            sqlite_where=text("state = 'disputed' or flagged or reviewed_since or (dissent and state = 'agreed')"),
        ),
        Index(
            "ix_cell_dataset_flagged_id",
            "dataset",
            "id",
            sqlite_where=text("flagged"),
        ),
    )


IS_DISPUTED = text("cell.state = 'disputed'")
"""Spelled out, because a partial index serves no bound parameter."""

IS_FLAGGED = text("cell.flagged")
"""Spelled out for the same reason."""

IS_WAITING = text(
    "(cell.state = 'disputed' or cell.flagged or cell.reviewed_since or (cell.dissent and cell.state = 'agreed'))"
)
"""An adjudicator may want to look; spelled out for the same reason."""

IS_SETTLED = text("cell.state in ('agreed', 'adjudicated')")
"""Spelled out for the same reason."""


class Counter(Base):
    """Cells of a dataset by given label (or NO_LABEL, LABELS_DIFFER) and state, kept in the recording transaction."""

    __tablename__ = "counter"

    dataset: Mapped[int] = mapped_column(ForeignKey("dataset.id"), primary_key=True, autoincrement=False)
    given_label: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(11), primary_key=True)
    n: Mapped[int]


class Source(Base):
    """Where an import's files lie: a folder that is indexed in place, or the blob store that keeps their copies.

    ``name`` goes before the path of a file whose path is already taken by another picture from another source.
    """

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset: Mapped[int] = mapped_column(ForeignKey("dataset.id"))
    root: Mapped[str] = mapped_column(String(4000))
    name: Mapped[str] = mapped_column(String(200))
    copied: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("dataset", "root", "copied"), UniqueConstraint("dataset", "name"))


class Occurrence(Base):
    """One file that a cell came from."""

    __tablename__ = "occurrence"

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset: Mapped[int] = mapped_column(ForeignKey("dataset.id"))
    cell: Mapped[int] = mapped_column(ForeignKey("cell.id"), index=True)
    source: Mapped[int] = mapped_column(ForeignKey("source.id"))
    path: Mapped[str] = mapped_column(String(4000))
    file_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    size: Mapped[int] = mapped_column(BigInteger)
    mtime_ns: Mapped[int] = mapped_column(BigInteger)
    given_label: Mapped[int | None]
    attributes: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    normalised: Mapped[str] = mapped_column(String(400), default="")

    __table_args__ = (
        UniqueConstraint("dataset", "path"),
        Index("ix_occurrence_dataset_file_sha256", "dataset", "file_sha256"),
    )


class FeatureSpace(Base):
    """How the features of a dataset's cells are compared: fitted on them, and never changed once it is ready.

    The arrays are little-endian 32-bit floats, as `app/images/likeness.py` packs them. Readers take the newest ready
    one; an older one stays until the newer one knows every cell.
    """

    __tablename__ = "feature_space"

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset: Mapped[int] = mapped_column(ForeignKey("dataset.id"), index=True)
    version: Mapped[int]
    cells: Mapped[int]
    arrays: Mapped[bytes] = mapped_column(LargeBinary)
    ready: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CellFeature(Base):
    """What a cell looks like, in numbers (16-bit floats), by which version of the recipe."""

    __tablename__ = "cell_feature"

    cell: Mapped[int] = mapped_column(ForeignKey("cell.id"), primary_key=True, autoincrement=False)
    version: Mapped[int]
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class CellSignature(Base):
    """A cell's place in a feature space, in 32 bytes. A bucket's cells look alike and lie side by side in the table."""

    __tablename__ = "cell_signature"

    space: Mapped[int] = mapped_column(ForeignKey("feature_space.id"), primary_key=True, autoincrement=False)
    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cell: Mapped[int] = mapped_column(ForeignKey("cell.id"), primary_key=True, autoincrement=False)
    signature: Mapped[bytes] = mapped_column(LargeBinary(32))

    __table_args__ = (Index("ix_cell_signature_cell", "cell"), {"sqlite_with_rowid": False})


class PredictionModel(Base):
    """A model whose predictions were loaded."""

    __tablename__ = "prediction_model"

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset: Mapped[int] = mapped_column(ForeignKey("dataset.id"))
    name: Mapped[str] = mapped_column(String(200))
    version: Mapped[str] = mapped_column(String(200))
    loaded_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("dataset", "name", "version"),)


class Prediction(Base):
    """What a model says of a cell: a label and, where it gives them, a probability for each class as 32-bit floats."""

    __tablename__ = "prediction"

    model: Mapped[int] = mapped_column(ForeignKey("prediction_model.id"), primary_key=True, autoincrement=False)
    cell: Mapped[int] = mapped_column(ForeignKey("cell.id"), primary_key=True, autoincrement=False)
    label: Mapped[int]
    probabilities: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (Index("ix_prediction_cell", "cell"), {"sqlite_with_rowid": False})


class CellSuspicion(Base):
    """Why a cell's given label is in doubt, or isn't, in the numbers that a sentence needs (`app/review/reasons.py`).
    The rank itself is ``cell.suspicion``.

    ``votes``: whether reviewers' votes were heard. A cell that has some has a row with them, for those who may know of
    them, and one without; one that has none has only the latter.
    """

    __tablename__ = "cell_suspicion"

    cell: Mapped[int] = mapped_column(ForeignKey("cell.id"), primary_key=True, autoincrement=False)
    votes: Mapped[bool] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(11))
    suggested: Mapped[int | None]
    said: Mapped[float | None]
    of: Mapped[float | None]
    probability: Mapped[float | None]

    __table_args__ = (
        CheckConstraint("source in ('votes', 'predictions', 'looks')", name="source"),
        CheckConstraint("votes or source <> 'votes'", name="votes_are_heard"),
        {"sqlite_with_rowid": False},
    )


class CellHash(Base):
    """A perceptual hash of 64 bits in four parts of 16: two that differ in at most three bits share a part."""

    __tablename__ = "cell_hash"

    cell: Mapped[int] = mapped_column(ForeignKey("cell.id"), primary_key=True, autoincrement=False)
    dataset: Mapped[int] = mapped_column(ForeignKey("dataset.id"))
    part0: Mapped[int]
    part1: Mapped[int]
    part2: Mapped[int]
    part3: Mapped[int]

    __table_args__ = tuple(Index(f"ix_cell_hash_dataset_part{n}", "dataset", f"part{n}") for n in range(4))
