"""The releases of a dataset as a page: freeze the next one, read and fetch those that were frozen."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.accounts.access import Adjudicator
from app.catalogue import queries as catalogue
from app.catalogue.models import CellState
from app.database import Reading
from app.images.api import Blobs
from app.images.store import BlobStore
from app.jobs import queries as jobs
from app.labels import queries as labels
from app.labels.labelset import LabelSet
from app.releases import comparing, queries
from app.releases.api import file_url
from app.releases.errors import ReleasesWait
from app.releases.layout import LABELS_FILE, VOTES_FILE
from app.releases.queries import FileRow, ReleaseRow
from app.review.blind import sight_of
from app.review.heads import dataset_head
from app.web.dependencies import Database
from app.web.templating import page

router = APIRouter(include_in_schema=False)

RELEASES_ON_A_PAGE = 200
WHAT = {
    LABELS_FILE: "one row a cell: given labels and consensus",
    VOTES_FILE: "one row a review: every vote and adjudication",
}


@router.get("/datasets/{slug}/releases")
def show_releases(
    request: Request, slug: str, adjudicator: Adjudicator, database: Database, blobs: Blobs, number: int | None = None
) -> Response:
    """The releases of a dataset, one of them in full. Figures wait while a blind round of this person is open."""
    with database.reading() as session:
        head = dataset_head(session, sight_of(session, adjudicator), slug)
        context: dict[str, Any] = {"releases": [], "release": None, "next_number": 1, "ready": 0, "held": None}
        try:
            dataset = queries.readable_dataset(session, adjudicator, slug)
        except ReleasesWait as waiting:
            context["held"] = waiting.message
        else:
            found = queries.releases(session, dataset.id, RELEASES_ON_A_PAGE)
            chosen = next((each for each in found if each.number == number), found[0] if found else None)
            counts = catalogue.counts(session, dataset.id).by_state
            context |= {
                "releases": [in_list(each) for each in found],
                "release": None if chosen is None else in_full(session, blobs, slug, dataset.label_set, found, chosen),
                "next_number": queries.last_number(session, dataset.id) + 1,
                "ready": counts.get(CellState.AGREED, 0) + counts.get(CellState.ADJUDICATED, 0),
            }
    formats = [("csv", "CSV: labels.csv and votes.csv, with a manifest of their digests", True)]
    return page(request, "releases/releases.html", adjudicator, dataset=head, formats=formats, **context)


def in_list(release: ReleaseRow) -> dict[str, Any]:
    """A release in the list."""
    return {
        "number": release.number,
        "state": release.state,
        "created_at": release.created_at,
        "frozen_at": release.frozen_at,
        "created_by": release.created_by,
        "labels": labelled(release),
        "rule": release.rule,
    }


def labelled(release: ReleaseRow) -> int | None:
    """Cells with a class as their outcome; None before the release is frozen."""
    return release.counts["by_outcome"]["label"] if release.counts else None


def in_full(
    session: Reading,
    store: BlobStore,
    slug: str,
    label_set: int,
    others: Sequence[ReleaseRow],
    release: ReleaseRow,
) -> dict[str, Any]:
    """A release with its files, its counts and what changed since the one before."""
    facts = queries.facts_of(session, release.id)
    classes = labels.label_set(session, label_set)
    files = queries.files(session, [release.id])[release.id]
    counts = release.counts or {"cells": 0, "by_state": dict.fromkeys(CellState, 0), "by_class": {}, "by_outcome": {}}
    job = jobs.job(session, release.job)
    before = next((each for each in others if each.number < release.number and each.state == "frozen"), None)
    return {
        **in_list(release),
        "threshold": release.threshold,
        "names": release.names,
        "label_set": f"{facts.label_set.name} {facts.label_set.version}",
        "code_version": queries.code_version(),
        "error": release.error,
        "job": {
            "pid": job.pid,
            "done": job.done,
            "total": job.total,
            "message": job.message,
            "state": job.state,
        }
        if release.state == "writing"
        else None,
        "cells": counts["cells"],
        "labels": labelled(release) or 0,
        "left_out": counts["cells"] - (labelled(release) or 0),
        "by_state": counts["by_state"],
        "files": [
            {
                "name": file.name,
                "what": WHAT.get(file.name, "what it was made from, and the digests"),
                "rows": {LABELS_FILE: counts["cells"], VOTES_FILE: counts.get("reviews")}.get(file.name),
                "bytes": file.size,
                "sha256": file.sha256.hex(),
                "url": file_url(slug, release.number, file.name),
            }
            for file in files
        ],
        "total_bytes": sum(file.size for file in files),
        "by_class": [{"label": one, "n": counts["by_class"].get(one.name, 0)} for one in classes],
        "changes": changes_since(session, store, slug, classes, before, release, files),
    }


def changes_since(
    session: Reading,
    store: BlobStore,
    slug: str,
    classes: LabelSet,
    before: ReleaseRow | None,
    release: ReleaseRow,
    files: Sequence[FileRow],
) -> dict[str, Any] | None:
    """How labels changed since the release before; None where there is none to compare with."""
    if before is None or release.state != "frozen":
        return None
    summary = comparing.summarise(store, queries.files(session, [before.id])[before.id], files)
    known = {one.name: one for one in classes}
    return {
        "since": before.number,
        "changed": summary.changed,
        "added": summary.added,
        "removed": summary.removed,
        "items": [
            {"before": known.get(was, was or "none"), "after": known.get(now, now or "none"), "cells": cells}
            for was, now, cells in summary.ways[:20]
        ],
        "url": f"/api/v1/datasets/{slug}/releases/{before.number}/diff/{release.number}",
    }
