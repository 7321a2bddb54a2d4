"""What goes over the wire about label sets, datasets and cells."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from app.review.schemas import Vote


class LabelSetList(BaseModel):
    """Every label set, in its newest version."""

    items: list[dict[str, Any]]


class ClassCounts(BaseModel):
    """Cells with one given label; it is null for cells without one, and where they differ (`born_disputed`).

    `states` are null while an open round of the caller hides them.
    """

    given_label: str | None
    born_disputed: bool
    cells: int
    states: dict[str, int] | None


class DatasetView(BaseModel):
    """A dataset. Counts are null while an open round of the caller hides them."""

    slug: str
    name: str
    label_set: str
    label_set_version: int
    px_per_um: float | None
    stain: str
    source: str
    license: str
    citation: str
    url: str
    rule: str
    rule_threshold: float | None
    given_votes: bool
    refit_after: int
    cells: int
    created_at: datetime
    states: dict[str, int] | None
    classes: list[ClassCounts] | None


class DatasetList(BaseModel):
    """Datasets, by name."""

    items: list[DatasetView]


class OccurrenceView(BaseModel):
    """A file that a cell came from."""

    path: str
    file_sha256: str
    given_label: str | None
    attributes: dict[str, Any]


class ConsensusView(BaseModel):
    """What a cell is held to be."""

    outcome: str | None
    label: str | None
    second_label: str | None
    probability: float | None
    posterior: Annotated[
        dict[str, float] | None,
        Field(description="How probable each class is by the newest fit; null before the first, and without a vote."),
    ]
    method: str | None
    dissent: bool
    reviews: int


class PredictionView(BaseModel):
    """What a model says of a cell; ``probabilities`` is null where it gave a label alone."""

    model: str
    version: str
    label: str
    probabilities: dict[str, float] | None


class CellView(BaseModel):
    """A cell. What the blind rule hides from the caller is null."""

    id: str
    dataset: str
    width: int
    height: int
    pixel_sha256: str | None
    given_label: str | None
    born_disputed: bool | None
    occurrences: list[OccurrenceView] | None
    predictions: Annotated[
        list[PredictionView] | None, Field(description="What models say, the one that was loaded last first.")
    ]
    suspicion: Annotated[
        float | None, Field(description="From 0 to 1, how likely the given label is wrong; its order counts.")
    ]
    state: str | None
    consensus: ConsensusView | None
    flagged: bool | None
    reviewed_since: bool | None
    image_url: str
    thumbnail_url: str


class CellList(BaseModel):
    """Cells in the order that was asked for."""

    items: list[CellView]


class CellReviews(BaseModel):
    """Every review of a cell that the caller may see, oldest first."""

    items: list[Vote]


class ReferenceCell(BaseModel):
    """A cell that shows what a class looks like. `by`: `adjudicated`, `agreed`, or `given` where nobody said more."""

    cell_id: str
    dataset: str
    by: str
    reviews: int | None
    width: int
    height: int
    px_per_um: float | None
    image_url: str
    thumbnail_url: str


class ReferenceList(BaseModel):
    """A class with its cue and reference cells, the surest first. Where there are none, `note` says so."""

    name: str
    items: list[ReferenceCell]
    cue: dict[str, str]
    confusable: list[str]
    note: str


class EventView(BaseModel):
    """An entry of the audit trail."""

    id: int
    at: datetime
    actor: str | None
    kind: str
    subject: str
    body: dict[str, Any]


class EventList(BaseModel):
    """Events, newest first."""

    items: list[EventView]
