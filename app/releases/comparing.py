"""Two frozen releases side by side, read from the blob store as streams."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from app.images.store import BlobStore
from app.releases.diff import Change, Row, Summary, changes, summary
from app.releases.files import csv_rows
from app.releases.layout import LABELS_FILE, VOTES_FILE
from app.releases.queries import FileRow
from app.releases.schemas import ChangeAnswer, OutcomeAnswer, ReviewOfChange
from app.releases.spreadsheet import original


def compare(
    store: BlobStore, before: Sequence[FileRow], after: Sequence[FileRow], limit: int, past: str = ""
) -> tuple[list[ChangeAnswer], str | None]:
    """The changed cells past a pixel digest, at most about ``limit``, and the digest to go on past, None at the end.

    Cells that share a digest (and differ in width or height) stay together.
    """
    found = changes(
        rows(store, before, LABELS_FILE),
        rows(store, after, LABELS_FILE),
        rows(store, before, VOTES_FILE),
        rows(store, after, VOTES_FILE),
        past,
    )
    page = list(islice(found, limit))
    for change in found:
        if change.pixel_sha256 != page[-1].pixel_sha256:
            return [change_answer(each) for each in page], page[-1].pixel_sha256
        page.append(change)
    return [change_answer(change) for change in page], None


def summarise(store: BlobStore, before: Sequence[FileRow], after: Sequence[FileRow]) -> Summary:
    """How labels changed from one release to the other."""
    return summary_of(store, key_of(before, LABELS_FILE), key_of(after, LABELS_FILE))


@lru_cache(maxsize=64)
def summary_of(store: BlobStore, before: str, after: str) -> Summary:
    """The summary of two files by their keys: what lies under a key never changes, so it is worked out once."""
    return summary(changes(csv_rows(store.stream(before)), csv_rows(store.stream(after))))


def rows(store: BlobStore, files: Sequence[FileRow], name: str) -> Iterator[Row]:
    return csv_rows(store.stream(key_of(files, name)))


def key_of(files: Sequence[FileRow], name: str) -> str:
    return next(file.key for file in files if file.name == name)


def change_answer(change: Change) -> ChangeAnswer:
    return ChangeAnswer(
        cell_id=change.cell_id,
        from_=outcome_answer(change.before),
        to=outcome_answer(change.after),
        reviews=[review_answer(row) for row in change.reviews],
    )


def outcome_answer(row: Row | None) -> OutcomeAnswer | None:
    if row is None:
        return None
    return OutcomeAnswer(
        outcome=row["outcome"] or None,
        label=row["label"] or None,
        second_label=row["second_label"] or None,
        state=row["state"],
        method=row["method"] or None,
    )


def review_answer(row: Row) -> ReviewOfChange:
    return ReviewOfChange.model_validate(
        {
            "reviewer": original(row["reviewer"]),
            "kind": row["kind"],
            "verdict": row["verdict"],
            "label": row["label"] or None,
            "second_label": row["second_label"] or None,
            "reason": original(row["reason"]),
            "comment": original(row["comment"]),
            "reviewed_at": row["reviewed_at"],
        }
    )
