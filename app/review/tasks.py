"""Long work on rounds: planning a wave, and recounting a round's cells after it was closed or opened again."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import select

from app.catalogue import queries as catalogue
from app.catalogue.models import Cell, Dataset
from app.consensus import service as consensus
from app.consensus.errors import NothingToFit
from app.consensus.queries import newest_fit
from app.consensus.weighing import PRIOR
from app.database import Database, Reading
from app.jobs.apart import run_apart
from app.jobs.runner import RunningJob
from app.review import planning, refitting
from app.review.doubting import ask_again
from app.review.models import Round, RoundCell
from app.review.service import lock_and_recount

PLACES_IN_A_TRANSACTION = 250
CELLS_IN_A_TRANSACTION = 40

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
        dataset = session.scalar(select(Round.dataset).where(Round.id == job.arguments["round"]))
    report = recount_all(job, cells)
    if dataset is not None:
        with job.database.writing() as writing:
            ask_again(writing, dataset)
    return report


def recount_dataset(job: RunningJob) -> Mapping[str, Any]:
    """Recount every cell of a dataset whose rule has changed, by a new fit where its settings ask for one."""
    with job.database.reading() as session:
        dataset = catalogue.dataset(session, job.arguments["dataset"])
        wanted = refitting.wants_fit(session, dataset)
        before = newest_fit(session, dataset.id)
    if wanted:
        fit_apart(job, dataset.id, PRIOR if before is None else before.prior)
    with job.database.reading() as session:
        cells = cells_of_datasets(session, dataset.slug)
    return recount_all(job, cells)


def fit_consensus(job: RunningJob) -> Mapping[str, Any]:
    """Fit a dataset's raters, then recount every cell of it. What a run that was broken off has fitted is not fitted
    again; its cells are all recounted."""
    dataset = job.arguments["dataset"]
    if not is_fitted_by(job, dataset) and not fit_apart(job, dataset, job.arguments["prior"]):
        raise NothingToFit
    with job.database.reading() as session:
        cells = cells_of_datasets(session, catalogue.dataset_by_id(session, dataset).slug)
    report = fit_report(job.database, dataset) | recount_all(job, cells)
    with job.database.writing() as writing:
        ask_again(writing, dataset)
    return report


def is_fitted_by(job: RunningJob, dataset: int) -> bool:
    """Whether an earlier run of this job came as far as a fit."""
    with job.database.reading() as session:
        newest = newest_fit(session, dataset)
    return newest is not None and newest.parameters.get("job") == job.pid


def fit_apart(job: RunningJob, dataset: int, prior: float) -> bool:
    """Fit in a process apart from the threads that answer reviewers; whether there was something to fit."""
    order = {
        "database": job.database.url.render_as_string(hide_password=False),
        "dataset": dataset,
        "prior": prior,
        "job": job.pid,
    }
    found = run_apart(
        "app.review.fitting", order, lambda done, total: job.report(done, total, "Reading votes and fitting")
    )
    return "fit" in found


def fit_report(database: Database, dataset: int) -> dict[str, Any]:
    """What is told of a dataset's newest fit."""
    with database.reading() as session:
        fit = newest_fit(session, dataset)
    assert fit is not None
    return {
        "fitted_cells": fit.cells,
        "votes": fit.votes,
        "raters": len(fit.raters),
        "prior": fit.prior,
        "given_votes": fit.given_votes,
        "iterations": fit.iterations,
        "converged": fit.converged,
        "log_likelihood": fit.log_likelihood,
        "sha256": fit.sha256.hex(),
    }


def refit(database: Database, dataset: int, prior: float) -> dict[str, Any]:
    """Fit a dataset's raters and recount its cells, here and now."""
    # NumPy is loaded where somebody fits, and nowhere else.
    from app.review.fitting import fit_dataset

    if fit_dataset(database, dataset, prior, lambda done, total: None) is None:
        raise NothingToFit
    with database.reading() as session:
        cells = cells_of_datasets(session, catalogue.dataset_by_id(session, dataset).slug)
    changed = 0
    for chunk in chunks(cells, CELLS_IN_A_TRANSACTION):
        with database.writing() as writing:
            changed += lock_and_recount(writing, chunk)
    return fit_report(database, dataset) | {"cells": len(cells), "changed": changed}


def recount_all(job: RunningJob, cells: Sequence[int]) -> dict[str, Any]:
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
