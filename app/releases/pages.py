"""The page of a dataset's releases."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.accounts.access import Adjudicator
from app.catalogue import queries as catalogue
from app.database import Reading
from app.images.api import Blobs
from app.images.store import BlobStore
from app.jobs import queries as jobs
from app.labels.labelset import LabelSet
from app.releases import comparing, queries
from app.releases.api import file_url
from app.releases.diff import Summary
from app.releases.layout import LABELS_FILE, VOTES_FILE
from app.releases.manifest import MANIFEST, NO_OUTCOME
from app.releases.models import ReleaseState
from app.releases.queries import FileRow, ReleaseRow
from app.releases.schemas import Format
from app.review.blind import sight_of
from app.review.heads import dataset_head
from app.web.dependencies import Database
from app.web.templating import page
from app.words import msg, phrase

router = APIRouter(include_in_schema=False)

RELEASES_IN_THE_LIST = 200
WAYS_IN_THE_TABLE = 7
FORMATS = ((Format.CSV.value, msg("CSV: one line a cell, one line a review"), True),)
WHAT = {
    LABELS_FILE: msg("one line a cell"),
    VOTES_FILE: msg("every review and adjudication"),
    MANIFEST: msg("what it is, and the digest of each file"),
}
ROWS = {LABELS_FILE: "cells", VOTES_FILE: "reviews"}
"""Which of the counts says how many rows a file has."""


@router.get("/datasets/{slug}/releases")
def show_releases(
    request: Request,
    slug: str,
    person: Adjudicator,
    database: Database,
    blobs: Blobs,
    number: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> Response:
    """The releases of a dataset, and one of them whole: the chosen one, or the newest."""
    with database.reading() as session:
        sight = sight_of(session, person)
        head = dataset_head(session, sight, slug)
        dataset = catalogue.dataset(session, slug)
        held = queries.held_back(sight, dataset.id)
        releases = [] if held else queries.releases(session, dataset.id, RELEASES_IN_THE_LIST)
        chosen = releases[0] if releases else None
        if number is not None and not held:
            chosen = queries.release(session, dataset.id, number)
        shown = chosen and whole(session, blobs, slug, dataset.id, chosen)
        ready = 0 if held else queries.count_labels(session, dataset.id)
    return page(
        request,
        "releases/releases.html",
        person,
        dataset=head,
        releases=[in_list(release) for release in releases],
        release=shown,
        next_number=dataset.releases + 1,
        ready=ready,
        formats=FORMATS,
        held=held,
    )


def in_list(release: ReleaseRow) -> dict[str, Any]:
    """A release as the list at the side shows it."""
    return {
        "number": release.number,
        "state": release.state,
        "created_at": release.created_at,
        "frozen_at": release.frozen_at,
        "created_by": release.created_by,
        "labels": release.counts and labels_in(release.counts),
        "rule": release.rule,
    }


def whole(session: Reading, blobs: BlobStore, slug: str, dataset: int, release: ReleaseRow) -> dict[str, Any]:
    """A release with all that the page says of it."""
    shown = in_list(release) | {
        "threshold": release.threshold,
        "names": release.names,
        "error": release.error,
        "job": jobs.job(session, release.job) if release.state == ReleaseState.WRITING else None,
    }
    return shown if release.counts is None else shown | frozen(session, blobs, slug, dataset, release, release.counts)


def frozen(
    session: Reading, blobs: BlobStore, slug: str, dataset: int, release: ReleaseRow, counts: dict[str, Any]
) -> dict[str, Any]:
    """What only a frozen release has. What it was made with stands in its manifest."""
    files = queries.files(session, [release.id])[release.id]
    manifest = json.loads(blobs.get(comparing.key_of(files, MANIFEST)))
    label_set = queries.label_set_of(session, manifest["label_set"])
    before = queries.frozen_before(session, dataset, release.number)
    return {
        "label_set": phrase("{name}, version {version}", name=label_set.name, version=label_set.version),
        "code_version": manifest["made_by"]["version"],
        "cells": counts["cells"],
        "left_out": counts["cells"] - labels_in(counts),
        "by_state": counts["by_state"],
        "files": [
            {
                "name": file.name,
                "what": WHAT[file.name],
                "rows": counts[ROWS[file.name]] if file.name in ROWS else None,
                "bytes": file.size,
                "sha256": file.sha256.hex(),
                "url": file_url(slug, release.number, file.name),
            }
            for file in files
        ],
        "total_bytes": sum(file.size for file in files),
        "by_class": [{"label": one, "n": counts["by_class"][one.name]} for one in label_set],
        "changes": before and changes(session, blobs, slug, before, release, files, label_set),
    }


def changes(
    session: Reading,
    blobs: BlobStore,
    slug: str,
    before: ReleaseRow,
    release: ReleaseRow,
    files: Sequence[FileRow],
    label_set: LabelSet,
) -> dict[str, Any]:
    """How labels changed since the release before, the most frequent ways first."""
    files_before = queries.files(session, [before.id])[before.id]
    summary = comparing.summarise(blobs, files_before, files)
    return {
        "since": before.number,
        "changed": summary.changed,
        "added": summary.added,
        "removed": summary.removed,
        "items": ways_in_table(summary, label_set),
        "url": f"/api/v1/datasets/{slug}/releases/{before.number}/diff/{release.number}",
    }


def ways_in_table(summary: Summary, label_set: LabelSet) -> list[dict[str, Any]]:
    """The most frequent ways, and the others in one line."""
    shown = [
        {"before": in_words(before, label_set), "after": in_words(after, label_set), "cells": cells}
        for before, after, cells in summary.ways[:WAYS_IN_THE_TABLE]
    ]
    others = sum(cells for _, _, cells in summary.ways[WAYS_IN_THE_TABLE:])
    return [*shown, {"before": msg("other changes"), "after": "", "cells": others}] if others else shown


def in_words(outcome: str, label_set: LabelSet) -> Any:
    """A class where an outcome is one, else words; of a class that a later version renamed, the name it had."""
    classes = {one.name: one for one in label_set}
    if outcome in classes:
        return classes[outcome]
    pair = outcome.split("/")
    if len(pair) == 2:
        return phrase(
            "borderline {pair}",
            pair="/".join(classes[name].abbreviation if name in classes else name for name in pair),
        )
    return outcome or NO_OUTCOME


def labels_in(counts: dict[str, Any]) -> int:
    """Cells whose outcome is a class."""
    return int(counts["by_outcome"]["label"])
