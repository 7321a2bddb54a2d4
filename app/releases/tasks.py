"""The job that freezes a release."""

from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.database import Reading
from app.images.store import BlobStore
from app.jobs.runner import Handler, RunningJob
from app.releases import queries, service
from app.releases.apart import write_files_apart
from app.releases.models import ReleaseState


def handlers(store: BlobStore) -> Mapping[str, Handler]:
    """The jobs of this room."""
    return {service.KIND: partial(freeze_release, store)}


def freeze_release(store: BlobStore, job: RunningJob) -> Mapping[str, Any]:
    """Write a release's files from one snapshot, store them by content, then record them in one short transaction.

    Nothing of it is seen before that transaction. A run that was killed leaves blobs which the next run finds again or
    which nobody names; a release that is frozen stays as it is, however often this is called.
    """
    with job.database.reading() as session:
        release = queries.release_of_job(session, job.pid)
    if release.state != ReleaseState.FROZEN:
        with TemporaryDirectory(prefix="cytoreview-release-") as name:
            folder = Path(name)
            frozen = write_files_apart(
                job.database,
                release.id,
                version("cytoreview"),
                folder,
                lambda done, total: job.report(done, total, f"Writing release {release.number}"),
            )
            keys = {file.name: blob_key(file.sha256) for file in frozen.files}
            for file in frozen.files:
                store.put_file(keys[file.name], folder / file.name)
        with job.database.writing() as writing:
            service.record_frozen(writing, release.id, frozen, keys)
    with job.database.reading() as session:
        return report(session, release.id, release.number)


def report(session: Reading, release: int, number: int) -> dict[str, Any]:
    """What came of it. The counts are left out: an admin who reviews in a blind round may read a job."""
    files = queries.files(session, [release])[release]
    return {
        "number": number,
        "files": [{"name": file.name, "bytes": file.size, "sha256": file.sha256.hex()} for file in files],
    }


def blob_key(sha256: bytes) -> str:
    """Where a file of a release lies: by its content, so two releases of the same data share their files."""
    digest = sha256.hex()
    return f"releases/{digest[:2]}/{digest}"
