"""``cytoreview release create``."""

import json
import shutil
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from app.database import Database
from app.errors import CytoreviewError
from app.images.store import BlobStore
from app.jobs import queries as jobs
from app.jobs.runner import Runner
from app.jobs.service import JobState
from app.releases import queries, service, tasks
from app.releases.schemas import NewRelease
from app.settings import load_settings

SECONDS_BETWEEN_LOOKS = 0.2

release = typer.Typer(help="Frozen, numbered exports of a dataset's consensus.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Put this room's commands into the command line."""
    app.add_typer(release, name="release")


@release.callback()
def releases() -> None:
    """Frozen, numbered exports of a dataset's consensus."""


@release.command("create")
def create(
    dataset: Annotated[str, typer.Option(help="The dataset's slug.")],
    rule: Annotated[str | None, typer.Option(help="majority or unanimous; the dataset's unless given.")] = None,
    threshold: Annotated[float | None, typer.Option(help="A parameter of rules that weigh reviewers.")] = None,
    format_: Annotated[list[str] | None, typer.Option("--format", help="csv, which is always written.")] = None,
    names: Annotated[bool, typer.Option("--names", help="Reviewers by name instead of by pseudonym.")] = False,
    out: Annotated[Path | None, typer.Option(help="Also write the files into this folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
) -> None:
    """Freeze a dataset's consensus as its next release."""
    settings = load_settings()
    database = Database(settings.database)
    database.ready()
    store = BlobStore(settings.blobs)
    wanted = NewRelease(rule=rule, threshold=threshold, formats=format_ or ["csv"], names=names)
    with database.writing() as session:
        asked = service.ask_for_release(session, dataset, wanted, None)
    document = frozen(database, store, dataset, asked)
    if out is not None:
        write_out(database, store, dataset, asked.number, out)
    database.close()
    if as_json:
        sys.stdout.write(json.dumps(document) + "\n")
        return
    sys.stdout.write(f"Release {document['number']}: {document['counts']['cells']:,} cells\n")
    for file in document["files"]:
        sys.stdout.write(f"  {file['sha256']}  {file['bytes']:>12,}  {file['name']}\n")


def frozen(database: Database, store: BlobStore, dataset: str, asked: service.Asked) -> dict[str, Any]:
    """Have the job done, here or by a server that was quicker, and say what came of it."""
    runner = Runner(database, tasks.handlers(store))
    runner.start()
    try:
        while True:
            with database.reading() as session:
                job = jobs.job(session, asked.job)
            if job.state in (JobState.DONE, JobState.FAILED):
                break
            runner.wait(SECONDS_BETWEEN_LOOKS)
    finally:
        runner.stop()
    if job.state == JobState.FAILED:
        raise CytoreviewError(f"Release {asked.number} failed: {job.message}")
    with database.reading() as session:
        found = queries.release_of_job(session, asked.job)
    return {**(job.report or {}), "counts": found.counts}


def write_out(database: Database, store: BlobStore, dataset: str, number: int, out: Path) -> None:
    """Copy a release's files into a folder; each appears whole or not at all."""
    out.mkdir(parents=True, exist_ok=True)
    with database.reading() as session:
        release_id = queries.number_of(session, dataset, number)
        files = queries.files(session, [release_id])[release_id]
    for file in files:
        part = out / f"{file.name}.part"
        with part.open("wb") as target:
            for block in store.stream(file.key):
                target.write(block)
        shutil.move(part, out / file.name)
