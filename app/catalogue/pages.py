"""The page of a new dataset, and how jobs are put into words."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.accounts.access import Admin
from app.catalogue.service import FEATURES, IMPORT, RECOUNT, SUSPICION
from app.jobs.queries import JobView
from app.labels import queries as labels
from app.labels.labelset import builtin_names, load_builtin
from app.web.dependencies import Database
from app.web.speech import Speech
from app.web.templating import page
from app.words import msg

router = APIRouter(include_in_schema=False)

TITLES = {
    IMPORT: msg("Import into {name}"),
    FEATURES: msg("Measuring what cells of {name} look like"),
    SUSPICION: msg("Suspicion of {name}"),
    RECOUNT: msg("Recount of {name}"),
    "release": msg("Release of {name}"),
    "plan_round": msg("Planning of a round"),
    "recount_round": msg("Recount of a round"),
    "fit_consensus": msg("Fit of the raters of {name}"),
}


@router.get("/datasets/new")
def show_new_dataset(request: Request, admin: Admin, database: Database) -> Response:
    """The form of a new dataset."""
    with database.reading() as session:
        stored = {one.name: one.title for one in labels.label_sets(session)}
    offered = {name: load_builtin(name).title for name in builtin_names()} | stored
    return page(request, "catalogue/dataset_new.html", admin, label_sets=list(offered.items()))


def in_words(speech: Speech, job: JobView, name: str) -> dict[str, Any]:
    """A job as the templates take it."""
    title = TITLES.get(job.kind, job.kind.replace("_", " ").capitalize())
    return asdict(job) | {"title": speech.say(title, name=name)}
