"""Pages of a new dataset and of jobs (whose own room lies below that of accounts)."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.accounts.access import Admin
from app.catalogue import queries
from app.catalogue.service import IMPORT, RECOUNT
from app.database import Reading
from app.jobs import queries as jobs
from app.jobs.queries import JobView
from app.labels import queries as labels
from app.labels.labelset import builtin_names, load_builtin
from app.web.dependencies import Database
from app.web.templating import page

router = APIRouter(include_in_schema=False)

TITLES = {
    IMPORT: "Import into %s",
    RECOUNT: "Recount of %s",
    "release": "Release of %s",
    "plan_round": "Planning of a round",
    "recount_round": "Recount of a round",
}


@router.get("/datasets/new")
def show_new_dataset(request: Request, admin: Admin, database: Database) -> Response:
    """The form of a new dataset."""
    with database.reading() as session:
        stored = {one.name: one.title for one in labels.label_sets(session)}
    offered = {name: load_builtin(name).title for name in builtin_names()} | stored
    return page(request, "catalogue/dataset_new.html", admin, label_sets=list(offered.items()))


@router.get("/jobs/{pid}")
def show_job(request: Request, pid: str, admin: Admin, database: Database) -> Response:
    """How far long work is, and what came of it."""
    with database.reading() as session:
        job = jobs.job(session, pid)
        name, back = about(session, job)
    return page(request, "jobs/job.html", admin, job=in_words(job, name), back=back)


def about(session: Reading, job: JobView) -> tuple[str, tuple[str, str] | None]:
    """What a job is about, in words, and the page that it leads back to."""
    if job.kind.endswith("_round"):
        return "", ("Round", f"/rounds/{job.subject}")
    dataset = queries.find_dataset(session, job.subject)
    return (dataset.name, (dataset.name, f"/datasets/{dataset.slug}")) if dataset else (job.subject, None)


def in_words(job: JobView, name: str) -> dict[str, Any]:
    """A job as the templates take it."""
    title = TITLES.get(job.kind, job.kind.replace("_", " ").capitalize())
    return asdict(job) | {"title": title % name if "%s" in title else title}
