"""What stands in the CSV files of a release: their columns, and the row for a cell or a review that was read.

Whatever a database may write in its own way (a truth value, a moment, a digest, a share) is written here, so that the
same data gives the same bytes on every database.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from app.releases.spreadsheet import harmless, harmless_list
from app.review.verdicts import Said

LABELS_FILE = "labels.csv"
VOTES_FILE = "votes.csv"

LABELS = (
    "cell_id",
    "pixel_sha256",
    "paths",
    "given_labels",
    "label",
    "second_label",
    "probability",
    "state",
    "outcome",
    "dissent",
    "reviews",
    "method",
)
"""The columns of ``labels.csv``."""

VOTES = (
    "cell_id",
    "pixel_sha256",
    "reviewer",
    "verdict",
    "label",
    "second_label",
    "shown_label",
    "presentation",
    "mode",
    "flag",
    "round",
    "kind",
    "reviewed_at",
    "seconds",
    "standing",
    "settles",
    "reason",
    "comment",
)
"""The columns of ``votes.csv``."""

TRUTH = ("false", "true")
Fields = tuple[str | int | float | None, ...]


class CellRow(NamedTuple):
    """A cell as it was read."""

    id: int
    pid: str
    pixel_sha256: bytes
    given_label: int | None
    born_disputed: bool
    state: str
    outcome: str | None
    label: int | None
    second_label: int | None
    probability: float | None
    dissent: bool
    reviews: int
    method: str | None


class ReviewRow(NamedTuple):
    """A review as it was read."""

    said: Said
    shown_label: int | None
    presentation: str | None
    mode: str
    recorded_at: datetime
    seconds: float | None
    reason: str
    comment: str


class Words:
    """How the numbers of a dataset are written: classes by name, rounds by public id, reviewers as chosen."""

    def __init__(self, classes: Sequence[str], rounds: Mapping[int, str], reviewers: Mapping[int, str]) -> None:
        self.classes: dict[int | None, str] = {None: "", **dict(enumerate(classes))}
        self.rounds: dict[int | None, str] = {None: ""} | dict(rounds)
        self.reviewers = {reviewer: harmless(name) for reviewer, name in reviewers.items()}


def label_row(cell: CellRow, paths: Iterable[str], given_labels: Iterable[int], words: Words) -> Fields:
    """The row of a cell in ``labels.csv``: paths in order of their bytes, given labels in order of the label set."""
    return (
        cell.pid,
        cell.pixel_sha256.hex(),
        harmless_list(sorted(paths)),
        "|".join(words.classes[label] for label in sorted(given_labels)),
        words.classes[cell.label],
        words.classes[cell.second_label],
        cell.probability,
        cell.state,
        cell.outcome,
        TRUTH[cell.dissent],
        cell.reviews,
        cell.method,
    )


def vote_row(cell: CellRow, review: ReviewRow, stands: bool, settles: bool, words: Words) -> Fields:
    """The row of a review in ``votes.csv``."""
    said = review.said
    return (
        cell.pid,
        cell.pixel_sha256.hex(),
        words.reviewers[said.reviewer],
        said.verdict,
        words.classes[said.label],
        words.classes[said.second_label],
        words.classes[review.shown_label],
        review.presentation,
        review.mode,
        TRUTH[said.flag],
        words.rounds[said.round],
        said.kind,
        moment(review.recorded_at),
        review.seconds,
        TRUTH[stands],
        TRUTH[settles],
        harmless(review.reason),
        harmless(review.comment),
    )


def moment(value: datetime) -> str:
    """A moment to the millisecond in UTC, as ISO 8601 has it; one without a time zone is in UTC already."""
    if value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return value.isoformat(timespec="milliseconds") + "Z"
