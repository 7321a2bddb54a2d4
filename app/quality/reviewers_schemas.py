"""What goes over the wire about reviewers."""

from uuid import UUID

from pydantic import AwareDatetime, BaseModel


class ShareOf(BaseModel):
    """`n` of `of`, with Wilson's 95 % interval; null where there are none."""

    n: int
    of: int
    value: float | None
    low: float | None
    high: float | None


class ReviewersClass(BaseModel):
    """A class, `unusable` among them. `said`: right answers of those that name it. `found`: of the cells held to be it,
    those that the reviewer called so."""

    label: str
    said: ShareOf
    found: ShareOf


class StretchOf(BaseModel):
    """Two hundred answers, in the order in which they were given."""

    begun_at: AwareDatetime
    ended_at: AwareDatetime
    answers: int
    median_seconds: float | None
    agreement: ShareOf


class ReviewerFigures(BaseModel):
    """How reliable a reviewer is. What a cell is held to be comes from its adjudication, else from the others' answers.

    `answers` and what follows count standing reviews by verdict. `repeats`: same answer to a cell shown again. `traps`:
    wrong labels shown on purpose that were not confirmed. `anchoring`: blind answers that differed from the label then
    revealed, and were changed to it. `matrix`: by true class, how likely each class is said, where a model was fitted.
    `undefined` says of each figure that is undefined why.
    """

    reviewer: str
    own: bool
    answers: int
    labels: int
    borderline: int
    unusable: int
    unsure: int
    agreement: ShareOf
    classes: list[ReviewersClass]
    repeats: ShareOf
    repeats_blind: ShareOf
    repeats_sighted: ShareOf
    traps: ShareOf
    anchoring: ShareOf
    median_seconds: float | None
    stretches: list[StretchOf]
    matrix: dict[str, dict[str, float]] | None
    undefined: dict[str, str]


class ReviewersAnswer(BaseModel):
    """Reviewers in order of their first review; to a reviewer their own figures alone, of closed rounds."""

    items: list[ReviewerFigures]
    notes: list[str]


class VoteReliability(BaseModel):
    """How often a vote's reviewer was right when they said the same; null where the vote names no single class."""

    id: UUID
    right: ShareOf | None


class CellReliability(BaseModel):
    """The standing votes of a cell. `note` says why there are none."""

    items: list[VoteReliability]
    note: str
