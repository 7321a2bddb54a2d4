"""What goes over the wire about suspicion."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field


class Suspect(BaseModel):
    """A cell, how likely its given label is wrong, and why. `suggested` is null where nothing speaks against it."""

    cell_id: str
    given_label: str
    suspicion: float
    suggested: str | None
    source: Literal["votes", "predictions", "looks"] | None
    reason: Annotated[str, Field(description="A phrase in the caller's language.")]
    thumbnail_url: str


class SuspectList(BaseModel):
    """Cells, the most suspicious first, and what they were ranked by.

    `ranked_at` is null before the first ranking; `job` is the one that waits or runs. `sources` says of how many cells
    each speaks, `unmeasured` how many have no features yet. A reviewer is told none of that.
    """

    items: list[Suspect]
    ranked_at: datetime | None
    ranked: int | None
    sources: dict[str, int] | None
    models: list[str] | None
    unmeasured: int | None
    job: str | None
