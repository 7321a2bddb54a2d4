"""What a round tells its reviewers beside a cell, and what it keeps from them."""

from pathlib import Path
from struct import pack
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.catalogue.models import Cell, CellSuspicion, Prediction, PredictionModel
from app.database import Database, Writing, now
from app.labels.labelset import load_builtin
from app.review.models import Assignment
from tests.browse.laboratory import API, Laboratory
from tests.factories import a_cell, a_dataset, a_person, an_open_round, assignment_of

MLL23 = load_builtin("mll23")
SEGMENTED, BAND = MLL23.index("neutrophil_segmented"), MLL23.index("neutrophil_band")
NOTHING = {"label": None, "probability": None, "model": None, "version": None, "reason": None}


@pytest.fixture
def lab(database: Database, tmp_path: Path) -> Laboratory:
    """The whole application over each kind of database."""
    return Laboratory(database, tmp_path)


def a_prediction(session: Writing, dataset: int, cell: int, label: int, probability: float | None, name: str) -> None:
    """What a model says of a cell."""
    model = session.execute(
        insert(PredictionModel)
        .values(dataset=dataset, name=name, version="2", loaded_at=now())
        .returning(PredictionModel.id)
    ).scalar_one()
    given = [0.0] * len(MLL23)
    given[label] = probability or 0.0
    values = None if probability is None else pack(f"<{len(given)}f", *given)
    session.execute(insert(Prediction).values(model=model, cell=cell, label=label, probabilities=values))


def a_reason(session: Writing, cell: int, votes: bool = False) -> None:
    """Why a cell is suspected."""
    source = "votes" if votes else "looks"
    session.execute(insert(CellSuspicion).values(cell=cell, votes=votes, source=source, suggested=BAND, said=6, of=8))
    session.execute(update(Cell).where(Cell.id == cell).values(suspicion=0.9, predicted_label=BAND))


def asked(lab: Laboratory, session: Writing, pid: str, cell: int, name: str = "reviewer1") -> str:
    return f"/assignments/{assignment_of(session, pid, a_person(session, name), cell)}/suggestion"


def smears(session: Writing, *labels: str, **settings: Any) -> tuple[int, str]:
    """A cell with a prediction and a reason, in an open round; the cell and the round."""
    dataset = a_dataset(session)
    cell = a_cell(session, dataset, *(labels or ["neutrophil_segmented"]))
    a_prediction(session, dataset, cell, SEGMENTED, 0.6, "older")
    a_prediction(session, dataset, cell, BAND, 0.75, "newer")
    a_reason(session, cell)
    return cell, an_open_round(session, **settings)


def test_the_model_that_was_loaded_last_and_the_reason_are_told(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        cell, pid = smears(session, suggestions="predictions")
        a_reason(session, cell, votes=True)
        path = asked(lab, session, pid, cell)
    assert lab.read(path, "reviewer1") == {
        "label": "neutrophil_band",
        "probability": 0.75,
        "model": "newer",
        "version": "2",
        "reason": "6 of 8 look-alikes are given as band neutrophil",
    }, "of votes nothing is told"
    assert lab.get(API + path, "reviewer2").status_code == 404


def test_a_round_without_suggestions_has_none(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        cell, pid = smears(session)
        path = asked(lab, session, pid, cell)
    assert lab.get(API + path, "reviewer1").status_code == 404
    page = lab.page(f"/rounds/{pid}/review", "reviewer1")
    assert "data-suggestion" not in page
    assert "data-suggestion" not in lab.page(f"/rounds/{pid}/grid", "reviewer1")


def test_a_round_with_suggestions_has_a_place_for_them_on_both_pages(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        _, pid = smears(session, suggestions="predictions", order="suspicion")
    assert "data-suggestion" in lab.page(f"/rounds/{pid}/review", "reviewer1")
    grid = lab.page(f"/rounds/{pid}/grid", "reviewer1")
    assert "data-suggestion" in grid
    assert "Most suspicious first" in grid


def test_a_cell_without_predictions_or_reason_says_so(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        cell = a_cell(session, dataset, "monocyte")
        bare = a_cell(session, dataset, "monocyte")
        a_prediction(session, dataset, bare, BAND, None, "labels only")
        pid = an_open_round(session, suggestions="predictions")
        path, other = asked(lab, session, pid, cell), asked(lab, session, pid, bare)
    assert lab.read(path, "reviewer1") == NOTHING
    assert lab.read(other, "reviewer1") == NOTHING | {
        "label": "neutrophil_band",
        "model": "labels only",
        "version": "2",
    }


def test_a_cell_that_is_shown_without_a_label_is_judged_blind(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        cell, pid = smears(session, "monocyte", "hairy_cell", suggestions="predictions")
        path = asked(lab, session, pid, cell)
    assert lab.read(path, "reviewer1") == NOTHING


def test_what_another_open_round_keeps_from_somebody_is_not_told_here(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        cell, pid = smears(session, suggestions="predictions")
        an_open_round(session)
        path = asked(lab, session, pid, cell)
    assert lab.read(path, "reviewer1") == NOTHING


def test_a_reason_about_another_label_than_the_one_shown_is_not_told(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        cell, pid = smears(session, suggestions="predictions")
        session.execute(update(Assignment).where(Assignment.cell == cell).values(shown_label=BAND))
        path = asked(lab, session, pid, cell)
    assert lab.read(path, "reviewer1")["reason"] is None


def test_who_asks_in_german_is_answered_in_german_on_pages(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        _, pid = smears(session, suggestions="predictions", order="suspicion")
        assert session.scalar(select(Assignment.id).limit(1)) is not None
    german = lab.get(f"/rounds/{pid}/grid", "reviewer1", accept_language="de").text
    assert "Die verdächtigsten zuerst" in german
