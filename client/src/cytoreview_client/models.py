"""What the server answers and what it takes.

Answers ignore fields that this version doesn't know, so that a newer server stays usable. What is sent refuses unknown
fields, so that a misspelt one is an error and not a silence.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypedDict
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field

Role = Literal["reviewer", "adjudicator", "admin"]
Size = Literal["display", "thumbnail", "original"]
VerdictName = Literal["label", "borderline", "unsure", "unusable", "withdrawn"]


class Answer(BaseModel):
    """Something that the server says."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Given(BaseModel):
    """Something that is sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Answer):
    """Text in English and, where there is one, German."""

    en: str
    de: str | None = None


class LabelClass(Answer):
    """One class of a label set."""

    name: str
    title: Words
    abbreviation: str
    group: str
    short: Words | None = None
    lineage: str | None = None
    stage: int | None = None
    neoplastic: bool = False
    key: str | None = None
    place: str | None = None


class Confusable(Answer):
    """Two classes that experts take for each other."""

    pair: tuple[str, str]
    reason: str


class LabelSet(Answer):
    """The classes of a dataset, in order."""

    name: str
    version: int
    title: str
    classes: list[LabelClass]
    confusable: list[Confusable] = []
    ladder: list[str] = []


class ClassCounts(Answer):
    """Cells with one given label; None for cells without one, and where they differ."""

    given_label: str | None
    born_disputed: bool
    cells: int
    states: dict[str, int] | None


class Dataset(Answer):
    """A dataset. Counts are None where an open blind round hides them, and in the answer to a change."""

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
    given_votes: bool = False
    refit_after: int = 500
    created_at: datetime
    cells: int | None = None
    states: dict[str, int] | None = None
    classes: list[ClassCounts] | None = None
    job: str | None = None


class Job(Answer):
    """Long work; an import's report is what ``cytoreview import --json`` prints."""

    id: str
    kind: str
    subject: str
    state: str
    done: int
    total: int | None
    message: str
    report: dict[str, Any] | None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("done", "failed")


class LoadedPredictions(Answer):
    """What came of a file of predictions: lines about cells or classes that the dataset doesn't have were skipped."""

    rows: int
    cells: int
    unknown_cells: list[str]
    unknown_classes: list[str]
    rows_of_unknown_cells: int = 0
    rows_of_unknown_classes: int = 0
    nearest: dict[str, str] = {}


class Occurrence(Answer):
    """A file that a cell came from."""

    path: str
    file_sha256: str
    given_label: str | None
    attributes: dict[str, Any]


class Consensus(Answer):
    """What a cell is held to be."""

    outcome: str | None
    label: str | None
    second_label: str | None
    probability: float | None
    method: str | None
    dissent: bool
    reviews: int
    posterior: dict[str, float] | None = None


class Prediction(Answer):
    """What a model says of a cell; it may have given a label alone."""

    model: str
    version: str
    label: str
    probabilities: dict[str, float] | None = None


class Cell(Answer):
    """A cell. What the blind rule hides from the token's person is None."""

    id: str
    dataset: str
    width: int
    height: int
    pixel_sha256: str | None
    given_label: str | None
    born_disputed: bool | None
    occurrences: list[Occurrence] | None
    predictions: list[Prediction] | None
    suspicion: float | None = None
    state: str | None
    consensus: Consensus | None
    flagged: bool | None
    reviewed_since: bool | None


class CellFilter(TypedDict, total=False):
    """Which cells of a dataset: what isn't named doesn't matter, what is named must all hold."""

    round: str
    given_label: str
    label: str
    predicted_label: str
    min_suspicion: float
    state: str
    outcome: str
    dissent: bool
    flagged: bool
    born_disputed: bool
    reviewer: str
    pair: str
    attribute: str
    q: str


class Suspect(Answer):
    """A cell, how likely its given label is wrong, and why."""

    cell_id: str
    given_label: str
    suspicion: float
    suggested: str | None
    source: str | None
    reason: str


class RoundSettings(Given):
    """What a round is to be like. Where ``reviews_per_cell`` or ``seed`` is left out the server chooses.

    ``filter`` is a :class:`CellFilter`.
    """

    name: str
    dataset: str
    reviewers: list[str]
    filter: Mapping[str, Any] = {}
    reviews_per_cell: int | None = None
    presentation: Literal["blind", "sighted", "reveal"] = "sighted"
    order: Literal["shuffled", "import"] = "shuffled"
    repeat_share: float = 0.0
    trap_share: float = 0.0
    names_hidden: bool = True
    adjudicate_own: bool = False
    reason_required: bool = False
    seed: int | None = None


class RoundEdit(TypedDict, total=False):
    """What changes in a draft; what isn't named stays."""

    name: str
    reviewers: list[str]
    filter: CellFilter
    reviews_per_cell: int
    presentation: Literal["blind", "sighted", "reveal"]
    order: Literal["shuffled", "import"]
    repeat_share: float
    trap_share: float
    names_hidden: bool
    adjudicate_own: bool
    reason_required: bool
    seed: int


class PlannedReviewer(Answer):
    """What a plan gives one reviewer."""

    reviewer: str
    assignments: int
    repeats: int
    traps: int
    hours: float | None


class PlannedClass(Answer):
    """What a plan covers of one given label."""

    given_label: str | None
    cells: int
    assignments: int


class Plan(Answer):
    """What a round would ask of whom. ``assignments`` holds repeats and traps; ``traps_missing`` had too few cells."""

    cells: int
    assignments: int
    repeats: int
    traps: int
    traps_missing: int
    born_disputed: int
    reviews_per_cell: int
    seconds_per_cell: float | None
    reviewers: list[PlannedReviewer]
    classes: list[PlannedClass]


class Progress(Answer):
    """Assignments by state."""

    total: int
    done: int
    pending: int
    skipped: int
    seconds_per_cell: float | None


class ReviewerProgress(Progress):
    """The same for one reviewer."""

    reviewer: str
    left: bool


class Round(Answer):
    """A round. ``progress`` is a reviewer's own, and everybody's for adjudicators and admins."""

    id: str
    name: str
    dataset: str
    state: str
    presentation: str
    order: str
    repeat_share: float | None
    trap_share: float | None
    has_traps: bool
    reviews_per_cell: int
    filter: dict[str, Any]
    names_hidden: bool
    adjudicate_own: bool
    reason_required: bool
    seed: int | None
    cells: int
    created_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    progress: Progress
    reviewers: list[ReviewerProgress] | None


class RoundChange(Answer):
    """What opening, closing or extending a round set going."""

    id: str
    state: str
    job: str | None


class Assignment(Answer):
    """The next cell to review. ``last`` is what the answer must supersede, after an answer was taken back."""

    assignment_id: str
    position: int
    image_url: str
    thumbnail_url: str
    shown_label: str | None
    last: UUID | None


class Review(Given):
    """One answer to one assignment. Its id is made here, so that sending it again changes nothing."""

    assignment_id: str
    verdict: VerdictName
    label: str | None = None
    second_label: str | None = None
    mode: Literal["single", "grid"] = "single"
    flag: bool = False
    comment: str = ""
    seconds: float | None = None
    supersedes: UUID | None = None
    id: UUID = Field(default_factory=uuid4)


class RecordedReview(Answer):
    """A review as it stands in the record."""

    id: UUID
    verdict: str
    label: str | None
    second_label: str | None
    comment: str
    flag: bool
    recorded_at: datetime


class ReviewResult(Answer):
    """What became of one review: ``recorded``, ``already_recorded``, ``conflict`` or ``invalid``."""

    id: UUID | str | None
    status: str
    reason: str | None = None
    field: str | None = None
    last: RecordedReview | None = None
    shown_label: str | None = None

    @property
    def durable(self) -> bool:
        """Whether the review is in the record."""
        return self.status in ("recorded", "already_recorded")


class Vote(Answer):
    """A review in a list. To a reviewer of an open round cell, digest, kind and standing are None."""

    id: UUID
    cell_id: str | None
    pixel_sha256: str | None
    assignment_id: str | None
    reviewer: str
    verdict: str
    label: str | None
    second_label: str | None
    shown_label: str | None
    presentation: str | None
    mode: str
    flag: bool
    round: str | None
    kind: str | None
    reviewed_at: datetime
    seconds: float | None
    standing: bool | None
    comment: str
    reason: str
    supersedes: UUID | None


class DisputeVote(Answer):
    """A standing review of a disputed cell; the reviewer is a letter where names are hidden."""

    id: UUID
    reviewer: str
    verdict: str
    label: str | None
    second_label: str | None
    comment: str
    presentation: str | None
    flag: bool
    seconds: float | None


class Dispute(Answer):
    """A cell that waits for an adjudicator. ``own``: the token's person reviewed it and may not settle it."""

    cell_id: str
    state: str
    entropy: float | None
    costly: bool = False
    born_disputed: bool
    flagged: bool
    reviewed_since: bool
    dissent: bool
    given_labels: list[str]
    votes: list[DisputeVote]
    names_hidden: bool
    reason_required: bool
    own: bool
    adjudication: RecordedReview | None


class Adjudication(Given):
    """How a cell is settled. Its id is made here, so that sending it again changes nothing."""

    verdict: Literal["label", "borderline", "unusable", "withdrawn"]
    label: str | None = None
    second_label: str | None = None
    reason: str = ""
    comment: str = ""
    supersedes: UUID | None = None
    id: UUID = Field(default_factory=uuid4)


class Adjudicated(Answer):
    """The cell after it was settled."""

    id: UUID
    cell_id: str
    status: str
    state: str
    outcome: str | None
    label: str | None
    second_label: str | None


class ReleaseFile(Answer):
    """A file of a release."""

    name: str
    bytes: int
    sha256: str
    url: str


class Release(Answer):
    """A release; its files are there once its state is ``frozen``."""

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
    files: list[ReleaseFile]
    created_by: str | None
    created_at: datetime
    frozen_at: datetime | None


class ReleaseJob(Answer):
    """The job that freezes a release, and the number that the release will have."""

    id: str
    state: str
    release: int


class Outcome(Answer):
    """What a release says of a cell."""

    outcome: str | None
    label: str | None
    second_label: str | None
    state: str
    method: str | None


class ReviewOfChange(Answer):
    """A review that only one of two releases has."""

    reviewer: str
    kind: str
    verdict: str
    label: str | None
    second_label: str | None
    reason: str
    comment: str
    reviewed_at: datetime


class Change(Answer):
    """A cell of which two releases say different things; None where one of them doesn't have it."""

    cell_id: str
    before: Outcome | None = Field(alias="from")
    after: Outcome | None = Field(alias="to")
    reviews: list[ReviewOfChange]


class User(Answer):
    """A person. ``invited``: they have chosen no password yet."""

    id: str
    name: str
    role: str
    created_at: datetime
    disabled: bool
    invited: bool


class Invited(Answer):
    """A person with the link by which they choose a password; it works once."""

    id: str
    name: str
    role: str
    link: str


class Token(Answer):
    """A personal token, which is never shown again."""

    id: str
    name: str
    created_at: datetime
    expires_at: datetime


class MadeToken(Answer):
    """A personal token, shown once."""

    id: str
    name: str
    token: str


class Event(Answer):
    """An entry of the audit trail."""

    id: int
    at: datetime
    actor: str | None
    kind: str
    subject: str
    body: dict[str, Any]
