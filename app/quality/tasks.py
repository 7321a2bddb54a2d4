"""The job that makes suspicion anew."""

from collections.abc import Mapping
from typing import Any

from app.catalogue.service import SUSPICION
from app.database import Database
from app.jobs.apart import Progress, run_apart
from app.jobs.runner import Handler, RunningJob


def handlers() -> Mapping[str, Handler]:
    """The jobs of this room."""
    return {SUSPICION: suspicion_job}


def suspicion_job(job: RunningJob) -> Mapping[str, Any]:
    """Make a dataset's suspicion anew, apart from the threads that answer reviewers."""
    return rank_apart(
        job.database,
        job.arguments["dataset"],
        lambda done, total: job.report(done, total, "Comparing labels with looks, predictions and votes"),
    )


def rank_apart(database: Database, dataset: int, progress: Progress) -> dict[str, Any]:
    """What `app/quality/ranking.py` does, in another process. An exception from ``progress`` ends it."""
    order = {"database": database.url.render_as_string(hide_password=False), "dataset": dataset}
    return run_apart("app.quality.ranking", order, progress)
