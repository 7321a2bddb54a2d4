"""When suspicion is made anew because of what reviewers said."""

from collections.abc import Iterable, Mapping, Sequence

from app.catalogue import queries as catalogue
from app.catalogue.service import SUSPICION, ask_for_suspicion
from app.database import Writing
from app.jobs import queries as jobs
from app.review.verdicts import Said

REVIEWS_A_TIME = 500
"""After so many further reviews, of whatever dataset: their ids tell without a further question to the database."""


def ask_if_heard_enough(
    session: Writing, datasets: Iterable[int], said: Mapping[int, Sequence[Said]], recorded: int
) -> None:
    """Ask for suspicion of the datasets whose reviews, ``recorded`` of them now, have come to another five hundred.

    ``said``: what was said of the touched cells, with the new reviews.
    """
    newest = max((one.order for reviews in said.values() for one in reviews), default=0)
    if not newest:  # Repeats and traps alone: they are no votes.
        return
    if newest // REVIEWS_A_TIME == (newest - recorded) // REVIEWS_A_TIME:
        return
    for dataset in sorted(set(datasets)):
        ask_again(session, dataset)


def ask_again(session: Writing, dataset: int) -> None:
    """Ask for suspicion of a dataset that was ranked before."""
    row = catalogue.dataset_by_id(session, dataset)
    if jobs.jobs_of(session, SUSPICION, row.slug, 1):
        ask_for_suspicion(session, row, None)
