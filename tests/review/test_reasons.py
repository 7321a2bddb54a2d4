"""Why a cell is suspected, in words, and who may know."""

from typing import Any

import pytest
from sqlalchemy import insert, select

from app.catalogue.models import Cell, CellSuspicion
from app.database import Writing
from app.labels.labelset import load_builtin
from app.review.blind import sight_of
from app.review.reasons import Reason, reason_in_words, reasons_of
from app.web.speech import speech
from tests.factories import a_cell, a_dataset, a_person, an_open_round

MLL23 = load_builtin("mll23")
BAND = MLL23.index("neutrophil_band")

IN_WORDS = [
    (Reason("votes", BAND, 2, 3, None), "2 of 3 reviewers say band neutrophil"),
    (Reason("votes", BAND, 1, 3, None), "1 of 3 reviewers says band neutrophil"),
    (Reason("votes", BAND, 1, 1, None), "the one reviewer says band neutrophil"),
    (Reason("votes", BAND, 1.5, 3, None), "votes for band neutrophil: 1.5 of 3"),
    (Reason("votes", None, 3, 3, None), "votes for the given label: 3 of 3"),
    (Reason("votes", None, 1, 1, None), "the one vote speaks for the given label"),
    (Reason("predictions", BAND, None, None, 0.934), "a model gives band neutrophil 0.93"),
    (Reason("predictions", BAND, None, None, None), "what a model says of it speaks for band neutrophil"),
    (Reason("predictions", None, None, None, 0.934), "a model gives the given label 0.93"),
    (Reason("predictions", None, None, None, None), "what a model says of it fits the given label"),
    (Reason("looks", BAND, 6, 8, 0.9), "6 of 8 look-alikes are given as band neutrophil"),
    (Reason("looks", BAND, 1, 8, 0.9), "1 of 8 look-alikes is given as band neutrophil"),
    (Reason("looks", BAND, 0, 0, 0.61), "it looks like band neutrophil, 0.61"),
    (Reason("looks", None, 8, 8, 0.9), "8 of 8 look-alikes are given as the same"),
    (Reason("looks", None, 0, 8, 0.9), "it looks like what it’s given as, 0.90"),
]


@pytest.mark.parametrize(("reason", "words"), IN_WORDS)
def test_a_reason_is_a_phrase_with_its_numbers(reason: Reason, words: str) -> None:
    assert str(reason_in_words(reason, MLL23, "en")) == words
    assert speech("en").phrase(reason_in_words(reason, MLL23, "en")) == words


def test_a_reason_is_said_in_german_with_german_figures() -> None:
    said = [speech("de").phrase(reason_in_words(reason, MLL23, "de")) for reason, _ in IN_WORDS]
    assert said[0] == "2 von 3 Reviewern sagen Stabkerniger"
    assert said[3].endswith("1,5 von 3")
    assert said[6].endswith("0,93")
    assert len(set(said)) == len(said)


def test_votes_are_heard_only_in_the_reasons_for_those_who_may_know_of_them(session: Writing) -> None:
    cell, unheard, silent = (a_cell(session, a_dataset(session, slug), "monocyte") for slug in "abc")
    for at, votes, row in (
        (cell, False, ("looks", None, 7, 8, 0.9)),
        (cell, True, ("votes", BAND, 2, 3, None)),
        (unheard, False, ("predictions", BAND, None, None, 0.9)),
    ):
        names = ("source", "suggested", "said", "of", "probability")
        session.execute(insert(CellSuspicion).values(cell=at, votes=votes, **dict(zip(names, row, strict=True))))
    assert reasons_of(session, [cell, unheard, silent]) == {
        cell: Reason("votes", BAND, 2, 3, None),
        unheard: Reason("predictions", BAND, None, None, 0.9),
    }
    assert reasons_of(session, [cell, unheard, silent], votes=False)[cell] == Reason("looks", None, 7, 8, 0.9)


@pytest.mark.parametrize(
    ("settings", "role", "predictions", "suspicion"),
    [
        ({"presentation": "blind"}, "reviewer", False, False),
        ({"presentation": "blind"}, "admin", False, False),
        ({"presentation": "sighted"}, "reviewer", False, False),
        ({"presentation": "sighted"}, "admin", False, False),
    ],
)
def test_who_reviews_without_suggestions_is_told_neither_predictions_nor_suspicion(
    session: Writing, settings: dict[str, Any], role: str, predictions: bool, suspicion: bool
) -> None:
    dataset = a_dataset(session)
    a_cell(session, dataset, "monocyte")
    person = a_person(session, f"{role}7", role)
    an_open_round(session, reviewers=[person.name], **settings)
    sight = sight_of(session, person)
    assert bool(session.execute(select(Cell.id).where(sight.sees_predictions())).all()) == predictions
    assert bool(session.execute(select(Cell.id).where(sight.sees_suspicion())).all()) == suspicion
    other = sight_of(session, a_person(session, "admin9", "admin"))
    assert session.execute(select(Cell.id).where(other.sees_predictions(), other.sees_suspicion())).all()
