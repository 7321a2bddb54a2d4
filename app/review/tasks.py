"""Long work on rounds: planning a wave, and recounting a round's cells after it was closed or opened again."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import select

from app.catalogue.models import Cell, Dataset
from app.consensus import service as consensus
from app.database import Database, Reading
from app.jobs.runner import RunningJob
from app.review import planning
from app.review.models import RoundCell
from app.review.service import lock_and_recount

PLACES_IN_A_TRANSACTION = 250
CELLS_IN_A_TRANSACTION = 100

Item = TypeVar("Item")


def plan_round(job: RunningJob) -> Mapping[str, Any]:
    """Write a wave's plan chunk by chunk; what a killed run wrote is left as it is."""
    arguments = job.arguments
    with job.database.reading() as session:
        places = planning.places(
            session,
            arguments["round"],
            arguments["wave"],
            arguments["reviewers"],
            dict(arguments["first_positions"]),
            arguments.get("traps", ()),
        )
    written = 0
    for chunk in chunks(places, PLACES_IN_A_TRANSACTION):
        job.report(written, len(places), "Planning")
        with job.database.writing() as writing:
            planning.write_places(writing, arguments["round"], chunk)
        written += len(chunk)
    with job.database.writing() as writing:
        planning.finish_planning(writing, arguments["round"])
    return planning.counted_kinds(places)


def recount_round(job: RunningJob) -> Mapping[str, Any]:
    """Recount the cells of a round, which wait for nothing any more, or do again."""
    with job.database.reading() as session:
        cells = (
            session.execute(
                select(RoundCell.cell)
                .join(Cell, RoundCell.cell == Cell.id)
                .where(RoundCell.round == job.arguments["round"], Cell.reviews > 0)
                .order_by(RoundCell.cell)
            )
            .scalars()
            .all()
        )
    return recount_all(job, cells)


def recount_dataset(job: RunningJob) -> Mapping[str, Any]:
    """Recount every cell of a dataset, whose rule has changed."""
    with job.database.reading() as session:
        cells = cells_of_datasets(session, job.arguments["dataset"])
    return recount_all(job, cells)


def recount_all(job: RunningJob, cells: Sequence[int]) -> Mapping[str, Any]:
    """Recount cells in short transactions."""
    changed = done = 0
    for chunk in chunks(cells, CELLS_IN_A_TRANSACTION):
        job.report(done, len(cells), "Recounting")
        with job.database.writing() as writing:
            changed += lock_and_recount(writing, chunk)
        done += len(chunk)
    return {"cells": len(cells), "changed": changed}


def rebuild(database: Database, dataset: str | None) -> dict[str, Any]:
    """Derive every consensus row anew, of one dataset or of all; the digest tells whether two databases agree."""
    with database.reading() as session:
        cells = cells_of_datasets(session, dataset)
    changed = 0
    for chunk in chunks(cells, 500):
        with database.writing() as writing:
            changed += lock_and_recount(writing, chunk)
    with database.reading(snapshot=True) as session:
        digest = consensus.digest(session, dataset)
    return {"cells": len(cells), "changed": changed, "digest": digest}


def cells_of_datasets(session: Reading, slug: str | None) -> Sequence[int]:
    """The cells of one dataset, or of all. Walks ix_cell_dataset_id."""
    statement = select(Cell.id).order_by(Cell.id)
    if slug is not None:
        statement = statement.join(Dataset, Cell.dataset == Dataset.id).where(Dataset.slug == slug)
    return session.execute(statement).scalars().all()


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Runs of at most ``size`` items."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
