"""When a dataset's raters are fitted anew: by command, and by itself where the rule weighs them.

By itself it is asked for in the recording transaction: with the first answer, then whenever there are twice as many, so
that a young dataset doesn't wait, and at the latest after as many as the dataset says.
"""

from sqlalchemy import bindparam, func, select

from app.audit import service as audit
from app.catalogue import queries as catalogue
from app.catalogue.errors import UnknownDataset
from app.catalogue.models import Dataset
from app.catalogue.queries import DatasetRow
from app.consensus import queries as consensus
from app.consensus.rules import DAWID_SKENE
from app.consensus.weighing import PRIOR
from app.database import Reading, Writing
from app.jobs import queries as jobs
from app.jobs.models import Job
from app.jobs.service import JobState, enqueue
from app.labels import queries as labels
from app.review.models import AssignmentState, Round, RoundCounter

FIT = "fit_consensus"

ANSWERED = (
    select(func.coalesce(func.sum(RoundCounter.n), 0))
    .join(Round, RoundCounter.round == Round.id)
    .where(Round.dataset == bindparam("dataset"), RoundCounter.state == AssignmentState.DONE)
)
"""Walks ix_round_dataset, then round_counter's primary key: a few rows a round."""
SETTINGS = select(Dataset.slug, Dataset.refit_after).where(Dataset.id == bindparam("dataset"))
LAST_ASKED = (
    select(Job.state, Job.arguments)
    .where(Job.kind == FIT, Job.subject == bindparam("subject"))
    .order_by(Job.id.desc())
    .limit(1)
)


def ask_for_fit(session: Writing, dataset: DatasetRow, prior: float | None, actor: int | None) -> str:
    """Have the raters fitted and the cells recounted; returns the job, the waiting one where it asks for the same."""
    wanted = PRIOR if prior is None else prior
    waiting = session.execute(
        select(Job.pid, Job.arguments).where(Job.kind == FIT, Job.subject == dataset.slug, Job.state == JobState.QUEUED)
    ).all()
    for job in waiting:
        if job.arguments["prior"] == wanted:
            return str(job.pid)
    audit.record(session, actor, "dataset.fit", dataset.slug, {"prior": wanted})
    answered = session.scalar(ANSWERED, {"dataset": dataset.id})
    return enqueue(session, FIT, dataset.slug, {"dataset": dataset.id, "prior": wanted, "answered": answered}, actor)


def dataset_named(session: Reading, name: str) -> DatasetRow:
    """The dataset that somebody means by its short name or its name."""
    found = catalogue.find_dataset(session, name) or catalogue.dataset_called(session, name)
    if found is None:
        raise UnknownDataset
    return found


def ask_if_due(session: Writing, dataset: int) -> None:
    """Ask for a fit where enough was answered since the last one, unless one waits or runs."""
    answered = session.scalar(ANSWERED, {"dataset": dataset}) or 0
    slug, refit_after = session.execute(SETTINGS, {"dataset": dataset}).one()
    fit = consensus.newest_fit(session, dataset)
    if answered < due_at(0 if fit is None else fit.parameters["answered"], refit_after):
        return
    if not session.claims(f"{FIT} {dataset}") or jobs.under_way(session, FIT, slug):
        return
    last = session.execute(LAST_ASKED, {"subject": slug}).one_or_none()
    tried = last.arguments["answered"] if last is not None and last.state == JobState.FAILED else 0
    if answered < due_at(tried, refit_after):
        return
    prior = PRIOR if fit is None else fit.prior
    enqueue(session, FIT, slug, {"dataset": dataset, "prior": prior, "answered": answered})


def due_at(answered: int, refit_after: int) -> int:
    """After how many answers a fit over ``answered`` of them is old.

    >>> [due_at(answered, 500) for answered in (0, 1, 40, 500, 2000)]
    [1, 2, 80, 1000, 2500]
    """
    return answered + min(refit_after, max(1, answered))


def wants_fit(session: Reading, dataset: DatasetRow) -> bool:
    """Whether the dataset's settings ask for a fit that there isn't: a first one, or one over other raters or
    classes."""
    fit = consensus.newest_fit(session, dataset.id)
    if fit is None:
        return dataset.rule == DAWID_SKENE
    return fit.given_votes != dataset.given_votes or fit.classes != len(labels.label_set(session, dataset.label_set))
