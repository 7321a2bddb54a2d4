"""What goes over the wire about rounds, reviews and adjudications."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, GetJsonSchemaHandler

from app.database import Text
from app.review.filters import CellFilter
from app.review.models import Mode, Order, Presentation, Suggestions, Verdict

LARGEST_BATCH = 500


class Given(BaseModel):
    """What a caller sends: an unknown field is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class GivenReview(Given):
    """One answer to one assignment."""

    id: Annotated[UUID, Field(description="Made by the client: sending the same again changes nothing.")]
    assignment_id: Text
    verdict: Verdict
    label: Text | None = None
    second_label: Text | None = None
    mode: Mode = Mode.SINGLE
    flag: bool = False
    comment: Annotated[Text, Field(max_length=2000)] = ""
    seconds: Annotated[float | None, Field(ge=0, le=86400, allow_inf_nan=False, description="Active seconds.")] = None
    supersedes: Annotated[UUID | None, Field(description="The assignment's last review, where it has one.")] = None


class NewFit(Given):
    """How a dataset's raters are to be fitted. All of it may be left out."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"prior": 5}})

    prior: Annotated[
        float | None,
        Field(
            gt=0,
            le=1000,
            allow_inf_nan=False,
            description="Pseudo-answers of each rater for each true class, four fifths of them right; 5 unless given.",
        ),
    ] = None


class FitView(BaseModel):
    """A fit of a dataset's raters by Dawid and Skene's model. ``converged`` says whether EM came to rest within
    ``iterations``; ``sha256`` is the same for the same votes and settings."""

    method: str
    prior: float
    given_votes: bool
    cells: Annotated[int, Field(description="Cells with a vote for a class.")]
    votes: int
    raters: int
    iterations: int
    converged: bool
    log_likelihood: float | None
    sha256: str
    in_use: bool
    created_at: datetime


class FitList(BaseModel):
    """Fits, newest first. The first one is in use; where there is none, `note` says what that means."""

    items: list[FitView]
    note: str


class CheckedLater:
    """Describes an item as the review that it ought to be, although items are checked one by one later on."""

    @classmethod
    def __get_pydantic_json_schema__(cls, _: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(GivenReview.__pydantic_core_schema__)


class ReviewBatch(Given):
    """Answers in the order in which they were given. One bad item never stops the others."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "reviews": [
                    {
                        "id": "0b7e1c3e-6f0c-4a53-9d57-5e2c1f3a9b10",
                        "assignment_id": "k3f7q2mzxw5a6bcd",
                        "verdict": "label",
                        "label": "neutrophil_band",
                        "seconds": 1.8,
                    }
                ]
            }
        },
    )

    reviews: Annotated[list[Annotated[dict[str, Any], CheckedLater]], Field(max_length=LARGEST_BATCH)]


class RecordedReview(BaseModel):
    """A review as it stands in the record, attached to a conflict."""

    id: UUID
    verdict: str
    label: str | None
    second_label: str | None
    comment: str
    flag: bool
    recorded_at: datetime


class ReviewResult(BaseModel):
    """What became of one item. ``reason`` names a conflict in one word, or says in words what is not valid."""

    id: UUID | str | None
    status: Literal["recorded", "already_recorded", "conflict", "invalid"]
    reason: str | None = None
    field: str | None = None
    last: RecordedReview | None = None
    shown_label: str | None = None


class ReviewResults(BaseModel):
    """One result an item, in order."""

    items: list[ReviewResult]


class QueueItem(BaseModel):
    """An assignment to answer. No cell, no kind: nothing tells what the round hides."""

    assignment_id: str
    position: int
    image_url: str
    thumbnail_url: str
    shown_label: str | None
    last: Annotated[UUID | None, Field(description="What an answer must supersede: the withdrawal of an undone one.")]


class Queue(BaseModel):
    """The next assignments, in order of position."""

    items: list[QueueItem]


class GridItem(QueueItem):
    """An assignment among others that show the same class."""

    side: Annotated[int, Field(description="The picture's longer side in pixels: a grid draws all at one scale.")]
    thumbnail: Annotated[
        str | None,
        Field(description="With `thumbnails=true`: the thumbnail itself as a `data:` URL, where it lies ready."),
    ]


class ClassQueue(BaseModel):
    """The next assignments that show one class, in order of position."""

    items: list[GridItem]


class WaitingClass(BaseModel):
    """The caller's cells that wait and show one label; null for those of which two labels were given."""

    shown_label: str | None
    cells: int


class AnsweredItem(QueueItem):
    """An assignment taken up again, with the answer that stands, or was taken back."""

    answer: RecordedReview | None


class Suggestion(BaseModel):
    """What the model that was loaded last says of an assignment's cell, and in words why the cell's label is suspected.
    Null where nothing is known, and where the cell is shown without a label.
    """

    label: str | None
    probability: float | None
    model: str | None
    version: str | None
    reason: str | None


class OwnReview(BaseModel):
    """One of the caller's own answers, by assignment. No cell, no kind, as in the queue."""

    assignment_id: str
    position: int
    thumbnail_url: str
    verdict: str
    label: str | None
    second_label: str | None
    shown_label: str | None
    flag: bool
    comment: str
    seconds: float | None
    recorded_at: datetime


Share = Annotated[
    float,
    Field(ge=0, le=0.5, allow_inf_nan=False, description="Of each reviewer's first showings, such as 0.05."),
]


AuditShare = Annotated[
    float,
    Field(
        ge=0,
        le=0.5,
        allow_inf_nan=False,
        description="Of the round's cells: drawn by chance and read early, so that the errors left can be estimated. "
        "Only with the order `suspicion`.",
    ),
]
TargetProbability = Annotated[
    float,
    Field(
        gt=0.5,
        lt=1,
        allow_inf_nan=False,
        description="A cell whose class is this probable is asked about no further; one that isn't, once more. "
        "Only where the dataset's rule is `dawid-skene` and has been fitted.",
    ),
]


class RoundSettings(Given):
    """What a round is like."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "Bands, second look",
                    "dataset": "mll23",
                    "reviewers": ["reviewer1", "reviewer2"],
                    "filter": {"given_label": "neutrophil_band"},
                    "presentation": "reveal",
                    "repeat_share": 0.05,
                },
                {
                    "name": "Where the errors hide",
                    "dataset": "mll23",
                    "reviewers": ["reviewer1"],
                    "order": "suspicion",
                    "audit_share": 0.05,
                },
            ]
        },
    )

    name: Annotated[Text, Field(min_length=1, max_length=200)]
    dataset: Text
    reviewers: Annotated[list[Text], Field(min_length=1, max_length=1000)]
    filter: CellFilter = CellFilter()
    reviews_per_cell: Annotated[int | None, Field(ge=1, le=1000)] = None
    presentation: Presentation = Presentation.SIGHTED
    order: Order = Order.SHUFFLED
    repeat_share: Share = 0.0
    trap_share: Share = 0.0
    audit_share: AuditShare = 0.0
    target_probability: TargetProbability | None = None
    suggestions: Suggestions = Suggestions.NONE
    names_hidden: bool = True
    adjudicate_own: bool = False
    reason_required: bool = False
    seed: Annotated[int | None, Field(ge=0, lt=2**53)] = None


class RoundEdit(Given):
    """What changes in a draft; what isn't named stays."""

    name: Annotated[Text | None, Field(min_length=1, max_length=200)] = None
    reviewers: Annotated[list[Text] | None, Field(min_length=1, max_length=1000)] = None
    filter: CellFilter | None = None
    reviews_per_cell: Annotated[int | None, Field(ge=1, le=1000)] = None
    presentation: Presentation | None = None
    order: Order | None = None
    repeat_share: Share | None = None
    trap_share: Share | None = None
    audit_share: AuditShare | None = None
    target_probability: Annotated[TargetProbability | None, Field(description="Null takes it away.")] = None
    suggestions: Suggestions | None = None
    names_hidden: bool | None = None
    adjudicate_own: bool | None = None
    reason_required: bool | None = None
    seed: Annotated[int | None, Field(ge=0, lt=2**53)] = None


class ReviewerChange(Given):
    """Who joins and who leaves."""

    join: list[Text] = []
    leave: list[Text] = []


class PlannedReviewer(BaseModel):
    """What a plan gives one reviewer."""

    reviewer: str
    assignments: int
    repeats: int
    traps: int
    hours: float | None


class PlannedClass(BaseModel):
    """What a plan covers of one given label, repeats and traps apart; null for cells without one, or with two."""

    given_label: str | None
    cells: int
    assignments: int


class Plan(BaseModel):
    """A dry run. ``assignments`` holds repeats and traps too; ``traps_missing`` are more than there are cells for.

    Where the order is suspicion, ``audited`` of the cells are drawn by chance, and ``unranked`` ones come last, because
    there is no suspicion of them.
    """

    cells: int
    assignments: int
    repeats: int
    traps: int
    traps_missing: int
    audited: int
    unranked: int
    born_disputed: int
    reviews_per_cell: int
    seconds_per_cell: float | None
    reviewers: list[PlannedReviewer]
    classes: list[PlannedClass]


class Progress(BaseModel):
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


class ClassProgress(BaseModel):
    """The caller's assignments that show one label; null for those that show none."""

    label: str | None
    done: int
    total: int


class OwnProgress(Progress):
    """The caller's progress in a round, by the label shown where the round is sighted, else null."""

    classes: list[ClassProgress] | None


class NextRound(BaseModel):
    """An open round in which cells wait for the caller."""

    id: str
    name: str
    pending: int


class OwnSummary(BaseModel):
    """What the caller did in a round, and where cells wait for them next."""

    cells: int
    total: int
    corrected: int
    unsure: int
    seconds: float
    seconds_per_cell: float | None
    next: NextRound | None


class RoundView(BaseModel):
    """A round as its readers see it. ``progress`` is the caller's own for a reviewer, everybody's for others.

    ``has_traps`` tells reviewers that some labels are wrong on purpose; how many, and what is shown again, isn't told.
    """

    id: str
    name: str
    dataset: str
    state: str
    presentation: str
    order: str
    repeat_share: float | None
    trap_share: float | None
    audit_share: float | None
    target_probability: float | None
    suggestions: str
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


class RoundList(BaseModel):
    """Rounds, newest first."""

    items: list[RoundView]


class Opened(BaseModel):
    """What opening, closing or extending a round set going."""

    id: str
    state: str
    job: str | None


class Vote(BaseModel):
    """A review in a list. To a reviewer of an open round cell, digest, kind and standing are null."""

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
    reviewed_at: AwareDatetime
    seconds: float | None
    standing: bool | None
    comment: str
    reason: str
    supersedes: UUID | None


class VoteList(BaseModel):
    """Reviews, oldest first."""

    items: list[Vote]


class DisputeVote(BaseModel):
    """A standing review of a disputed cell. ``reviewer`` is a letter where names are hidden."""

    id: UUID
    reviewer: str
    verdict: str
    label: str | None
    second_label: str | None
    comment: str
    mode: str
    presentation: str | None
    flag: bool
    seconds: float | None


class Dispute(BaseModel):
    """A cell that waits for an adjudicator."""

    cell_id: str
    state: str
    entropy: float | None
    costly: bool
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
    thumbnail_url: str
    image_url: str


class DisputeList(BaseModel):
    """Disputes, worst first."""

    items: list[Dispute]
    total: int


class GivenAdjudication(Given):
    """How an adjudicator settles a cell."""

    id: UUID
    verdict: Verdict
    label: Text | None = None
    second_label: Text | None = None
    reason: Annotated[Text, Field(max_length=200)] = ""
    comment: Annotated[Text, Field(max_length=2000)] = ""
    supersedes: UUID | None = None


class Adjudicated(BaseModel):
    """The cell after it was settled."""

    id: UUID
    cell_id: str
    status: Literal["recorded", "already_recorded"]
    state: str
    outcome: str | None
    label: str | None
    second_label: str | None


class LookAlike(BaseModel):
    """A cell that looks like another. Labels are null where they are hidden from the caller, and where there is none.

    To an assignment's reviewer `cell_id` and `distance` are null.
    """

    cell_id: str | None
    distance: float | None
    width: int
    height: int
    px_per_um: float | None
    given_label: str | None
    state: str | None
    outcome: str | None
    label: str | None
    second_label: str | None
    probability: float | None
    image_url: str
    thumbnail_url: str


class NearDuplicate(LookAlike):
    """A cell whose picture is nearly the same: `differing_bits` of the 64 of its hash differ; `turned`: it lies turned
    or mirrored."""

    differing_bits: int
    turned: bool


class NearDuplicates(BaseModel):
    """The nearest first. Where there are none, `note` says why: `not_measured`, `hidden` by a blind round, or `none`
    that differ so little. They are shown for inspection, and nothing is ever merged."""

    items: list[NearDuplicate]
    reason: str | None
    note: str


class LookAlikes(BaseModel):
    """The most alike first. Where there are none, `note` says why: `not_measured`, or `hidden` by a blind round."""

    items: list[LookAlike]
    reason: str | None
    note: str
