"""What a round may tell its reviewers beside a cell: what a model says of it, and why the cell is suspected."""

from struct import unpack_from

from sqlalchemy import bindparam, select

from app.accounts.people import Person
from app.catalogue.models import Cell, Dataset
from app.catalogue.predictions import ModelSays, predictions_of
from app.database import Reading
from app.labels import queries as labels
from app.review.blind import sight_of
from app.review.errors import NoSuggestions, UnknownAssignment
from app.review.models import Assignment, Round, Suggestions
from app.review.reasons import reason_in_words, reasons_of
from app.review.schemas import Suggestion
from app.words import Words

ASKED = (
    select(
        Assignment.cell,
        Assignment.shown_label,
        Round.suggestions,
        Cell.dataset,
        Cell.given_label,
        Dataset.label_set,
    )
    .join_from(Assignment, Round, Assignment.round == Round.id)
    .join(Cell, Assignment.cell == Cell.id)
    .join(Dataset, Cell.dataset == Dataset.id)
    .where(Assignment.pid == bindparam("assignment"), Assignment.reviewer == bindparam("reviewer"))
)
NOTHING = Suggestion(label=None, probability=None, model=None, version=None, reason=None)


def suggestion(
    session: Reading, reviewer: Person, assignment_pid: str, language: str
) -> tuple[Suggestion, Words | None]:
    """What is suggested for an assignment of this reviewer, and apart the reason of its cell's suspicion.

    Nothing where the cell is shown without a label, because that answer is to be blind, and nothing that another open
    round of theirs hides. Reviewers' votes are no part of the reason. Walks uq_assignment_pid and the keys of
    prediction and cell_suspicion.
    """
    asked = session.execute(ASKED, {"assignment": assignment_pid, "reviewer": reviewer.id}).one_or_none()
    if asked is None:
        raise UnknownAssignment("You have no such assignment.")
    if asked.suggestions != Suggestions.PREDICTIONS:
        raise NoSuggestions("This round shows no suggestions.")
    sight = sight_of(session, reviewer)
    told = session.scalar(select(Cell.id).where(Cell.id == asked.cell, sight.sees_predictions())) is not None
    if not told or asked.shown_label is None:
        return NOTHING, None
    label_set = labels.label_set(session, asked.label_set)
    models = predictions_of(session, [asked.cell]).get(asked.cell)
    found = NOTHING
    if models:
        last = models[0]
        found = Suggestion(
            label=label_set[last.label].name,
            probability=probability_of(last),
            model=last.model,
            version=last.version,
            reason=None,
        )
    if asked.dataset in sight.blind_datasets or asked.shown_label != asked.given_label:
        return found, None
    reason = reasons_of(session, [asked.cell], votes=False).get(asked.cell)
    return found, reason_in_words(reason, label_set, language) if reason else None


def probability_of(says: ModelSays) -> float | None:
    """How probable a model holds the class that it names; None where it gave a label alone."""
    if says.probabilities is None:
        return None
    [probability] = unpack_from("<f", says.probabilities, 4 * says.label)
    return float(probability)
