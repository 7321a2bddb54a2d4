"""What goes over the wire about releases."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.catalogue.schemas import JobAnswer
from app.database import Text

ReleaseNumber = Annotated[int, Field(ge=1, lt=2**31)]
"""A release's number in its dataset."""


class Format(StrEnum):
    """In which form a release is written."""

    CSV = "csv"


class NewRelease(BaseModel):
    """What is to be frozen, and how. All of it may be left out."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"rule": "majority", "formats": ["csv"], "names": False}}
    )

    rule: Annotated[
        Text | None, Field(description="`majority`, `unanimous` or `dawid-skene`; the dataset's unless given.")
    ] = None
    threshold: Annotated[
        float | None, Field(gt=0, le=1, description="The posterior that a class has to reach under `dawid-skene`.")
    ] = None
    formats: Annotated[list[str], Field(max_length=10, description="`csv`, which is always written.")] = [Format.CSV]
    names: Annotated[bool, Field(description="Reviewers by name instead of by pseudonym.")] = False


class ReleaseFileAnswer(BaseModel):
    """A file of a release, and where to get it."""

    name: str
    bytes: int
    sha256: str
    url: str


class ReleaseAnswer(BaseModel):
    """A release. ``state`` is ``writing``, ``frozen`` or ``failed``; ``error`` says why it failed."""

    dataset: str
    number: int
    state: str
    job_id: str
    error: str | None
    rule: str
    threshold: float | None
    formats: list[str]
    names: bool
    counts: dict[str, Any] | None
    files: list[ReleaseFileAnswer]
    created_by: str | None
    created_at: datetime
    frozen_at: datetime | None


class ReleaseList(BaseModel):
    """Releases, newest first."""

    items: list[ReleaseAnswer]


class ReleaseJobAnswer(JobAnswer):
    """The job that freezes a release, and the release's number; its report is what came of it."""

    release: int


class OutcomeAnswer(BaseModel):
    """What a release says of a cell."""

    outcome: str | None
    label: str | None
    second_label: str | None
    state: str
    method: str | None


class ReviewOfChange(BaseModel):
    """A review that only one of the two releases has: it is why the cell changed."""

    reviewer: str
    kind: str
    verdict: str
    label: str | None
    second_label: str | None
    reason: str
    comment: str
    reviewed_at: datetime


class ChangeAnswer(BaseModel):
    """A cell of which two releases say different things; null where one of them doesn't have it."""

    model_config = ConfigDict(populate_by_name=True)

    cell_id: str
    from_: Annotated[OutcomeAnswer | None, Field(alias="from")]
    to: OutcomeAnswer | None
    reviews: list[ReviewOfChange]


class DiffAnswer(BaseModel):
    """The cells that changed from one release to another, in order of pixel digest."""

    items: list[ChangeAnswer]
