"""The jobs that import and that measure what was imported."""

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from app.catalogue import queries
from app.catalogue.importing import Progress, import_files
from app.catalogue.origins import open_origin
from app.catalogue.service import FEATURES, IMPORT, ask_for_suspicion
from app.errors import CytoreviewError
from app.images.store import BlobStore
from app.jobs.apart import run_apart
from app.jobs.runner import Handler, RunningJob
from app.labels import queries as labels


def handlers(store: BlobStore) -> Mapping[str, Handler]:
    """The jobs of this room."""
    return {IMPORT: partial(import_job, store), FEATURES: partial(features_job, store)}


def import_job(store: BlobStore, job: RunningJob) -> Mapping[str, Any]:
    """Import what the arguments name: ``path`` and ``copy``, or for an uploaded ZIP ``upload`` and the ``name`` it had.

    An upload is deleted when nothing more can come of it; an import that is broken off finds it again.
    """
    arguments = job.arguments
    upload = arguments.get("upload")
    path = Path(upload or arguments["path"])
    with job.database.reading() as session:
        dataset = queries.dataset_by_id(session, arguments["dataset"])
        label_set = labels.label_set(session, dataset.label_set)
    begun = time.monotonic()

    def tell(progress: Progress) -> None:
        job.report(progress.files, progress.files_total, in_words(progress, time.monotonic() - begun))

    try:
        origin = open_origin(path, arguments.get("copy", False), arguments.get("name"))
        report = import_files(
            job.database, origin, dataset, label_set, blobs_url=store.url, actor=job.actor, on_progress=tell
        )
    except CytoreviewError:
        if upload:
            path.unlink(missing_ok=True)
        raise
    if upload:
        path.unlink(missing_ok=True)
    return report.as_json()


def in_words(progress: Progress, seconds: float) -> str:
    """What a job's page says while the import runs."""
    words = f"{progress.cells_new:,} new cells, {progress.refused:,} refused"
    if progress.bytes_read and seconds > 1:
        words += f", {progress.bytes_read / seconds / 1e6:,.0f} MB/s"
    return words


def features_job(store: BlobStore, job: RunningJob) -> Mapping[str, Any]:
    """Measure the cells of a dataset that aren't measured yet, apart from the threads that answer reviewers."""
    order = {
        "database": job.database.url.render_as_string(hide_password=False),
        "blobs": store.url,
        "dataset": job.arguments["dataset"],
    }
    report = run_apart(
        "app.catalogue.measuring", order, lambda done, total: job.report(done, total, "Measuring what cells look like")
    )
    with job.database.writing() as session:
        ask_for_suspicion(session, queries.dataset_by_id(session, job.arguments["dataset"]), job.actor)
    return report
