"""What goes over the wire about datasets, imports and jobs."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.database import Text

Name = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Scale = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]
Threshold = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Rule = Literal["majority", "unanimous", "dawid-skene"]
RefitAfter = Annotated[int, Field(ge=1, le=10_000_000)]


def words(longest: int) -> Any:
    """Free text of at most so many characters."""
    return StringConstraints(strip_whitespace=True, max_length=longest)


class DatasetFields(BaseModel):
    """What a dataset says of itself."""

    model_config = ConfigDict(extra="forbid")

    px_per_um: Scale | None = Field(None, description="Pixels per micrometre; without it a cell gets no scale bar.")
    stain: Annotated[Text, words(200)] = ""
    source: Annotated[Text, words(1000)] = ""
    license: Annotated[Text, words(200)] = ""
    citation: Annotated[Text, words(2000)] = ""
    url: Annotated[Text, words(1000)] = ""
    rule: Rule = "majority"
    rule_threshold: Annotated[
        Threshold | None,
        Field(description="Under `dawid-skene` the posterior that a class has to reach; 0.9 unless set."),
    ] = None
    given_votes: Annotated[
        bool, Field(description="Given labels are weighed as the votes of one more rater, where cells were reviewed.")
    ] = False
    refit_after: Annotated[
        RefitAfter, Field(description="Under `dawid-skene` raters are fitted anew after so many answers at the latest.")
    ] = 500


class NewDataset(DatasetFields):
    """A dataset to be made. Only the name is required."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "MLL23", "px_per_um": 11.52, "stain": "Pappenheim"}]},
    )

    name: Name
    slug: Slug | None = Field(None, description="Its address; made from the name where none is given.")
    label_set: Annotated[Text, words(60)] = "mll23"


class DatasetChanges(DatasetFields):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"rule": "dawid-skene", "rule_threshold": 0.95}]}
    )

    name: Name = ""
    slug: Slug = ""
    label_set: Annotated[Text, words(60)] = ""


class DatasetAnswer(BaseModel):
    """A dataset as it stands. ``job`` recounts its cells where a change asked for that."""

    id: str
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
    created_at: datetime
    job: str | None = None


class ImportByPath(BaseModel):
    """A folder, ZIP or manifest that lies below an import root of the server."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"path": "/data/MLL23_dataset"}]})

    path: Text = Field(min_length=1, max_length=4000)
    copy_files: bool = Field(False, alias="copy", description="Copy the files into the blob store.")


class LoadedPredictions(BaseModel):
    """What came of a file of predictions. ``cells`` have one by it now.

    Lines about cells or classes that the dataset doesn't have were skipped: of each list the first thousand are named,
    and ``nearest`` says what of the label set a class is called most like.
    """

    rows: int
    cells: int
    unknown_cells: list[str]
    unknown_classes: list[str]
    rows_of_unknown_cells: int
    rows_of_unknown_classes: int
    nearest: dict[str, str]


class JobAnswer(BaseModel):
    """Long work. ``message`` is the reason where it failed; an import's report is what ``import --json`` prints."""

    id: str
    kind: str
    subject: str
    state: Literal["queued", "running", "done", "failed"]
    done: int
    total: int | None
    message: str
    report: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
