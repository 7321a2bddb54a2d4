"""``cytoreview release``."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from app.catalogue import queries as catalogue
from app.catalogue.errors import UnknownDataset
from app.database import Database
from app.images.store import BlobStore
from app.jobs import queries as jobs
from app.jobs.runner import Runner
from app.jobs.service import JobState
from app.releases import queries, service, tasks
from app.releases.errors import WritingFailed
from app.releases.queries import FileRow, ReleaseRow
from app.releases.schemas import Format, NewRelease
from app.settings import load_settings

SECONDS_BETWEEN_LOOKS = 0.2


def register(app: typer.Typer) -> None:
    """Put this room's commands into the command line."""
    release = typer.Typer(help="Frozen exports of a dataset's consensus.", no_args_is_help=True)
    release.command("create")(create)
    app.add_typer(release, name="release")


def create(
    dataset: Annotated[str, typer.Option(help="The dataset's name, or its short name as in its address.")],
    rule: Annotated[
        str | None, typer.Option(help="majority, unanimous or dawid-skene; the dataset's unless given.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(min=0.001, max=1, help="The posterior that a class has to reach under dawid-skene.")
    ] = None,
    formats: Annotated[list[str] | None, typer.Option("--format", help="csv, which is always written.")] = None,
    names: Annotated[bool, typer.Option("--names", help="Reviewers by name instead of by pseudonym.")] = False,
    out: Annotated[Path | None, typer.Option(help="Also write the files into this folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
) -> None:
    """Freeze a dataset's consensus as its next release."""
    settings = load_settings()
    database = Database(settings.database)
    database.ready()
    store = BlobStore(settings.blobs)
    wanted = NewRelease(rule=rule, threshold=threshold, formats=formats or [Format.CSV], names=names)
    with database.writing() as session:
        found = catalogue.find_dataset(session, dataset) or catalogue.dataset_called(session, dataset)
        if found is None:
            raise UnknownDataset
        asked = service.ask_for_release(session, found.slug, wanted, None)
    wait_for(database, store, asked.job)
    with database.reading() as session:
        release = queries.release_of_job(session, asked.job)
        files = queries.files(session, [release.id])[release.id]
    database.close()
    if release.error is not None:
        raise WritingFailed(release.error)
    if out is not None:
        write_out(store, files, out)
    sys.stdout.write(json.dumps(document(release, files)) + "\n" if as_json else in_words(found.slug, release, files))


def wait_for(database: Database, store: BlobStore, job: str) -> None:
    """Do the job here, unless a server that shares the database was quicker; then wait for it."""
    runner = Runner(database, tasks.handlers(store))
    while True:
        runner.run_waiting()
        with database.reading() as session:
            if jobs.job(session, job).state in (JobState.DONE, JobState.FAILED):
                return
        time.sleep(SECONDS_BETWEEN_LOOKS)


def write_out(store: BlobStore, files: list[FileRow], folder: Path) -> None:
    """The files as they are in the store."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            with (folder / file.name).open("wb") as written:
                written.writelines(store.stream(file.key))
    except OSError as error:
        raise WritingFailed(
            f"The release is frozen, but its files can't be written to {folder}: {error.strerror}.", "out"
        ) from error


def document(release: ReleaseRow, files: list[FileRow]) -> dict[str, Any]:
    """What ``--json`` prints."""
    return {
        "number": release.number,
        "files": [{"name": file.name, "bytes": file.size, "sha256": file.sha256.hex()} for file in files],
        "counts": release.counts,
    }


def in_words(dataset: str, release: ReleaseRow, files: list[FileRow]) -> str:
    """What a person reads."""
    counts = release.counts or {}
    what = (
        f"Release {release.number} of {dataset}: {counts['cells']:,} cells, {counts['by_outcome']['label']:,} of them "
        f"with a label; {counts['reviews']:,} reviews by {counts['reviewers']:,} people\n"
    )
    return what + "".join(f"{file.sha256.hex()}  {file.name}  {file.size:,} bytes\n" for file in files)
