"""A round that looks for errors, from its opening to the question when to stop, as its people do it."""

from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, update

from app.catalogue.models import Cell
from app.database import Database, Writing
from app.labels.labelset import load_builtin
from app.review import rounds
from app.review.models import Assignment, RoundCell
from app.review.queries import next_assignments
from app.review.schemas import RoundSettings
from app.review.service import record_reviews
from tests.browse.laboratory import API, Laboratory
from tests.factories import a_cell, a_dataset, a_person, an_answer, an_open_round, say

MLL23 = load_builtin("mll23")
RIGHT, WRONG = "neutrophil_segmented", "neutrophil_band"
CELLS, ERRORS = 120, 12
ASSIGNED = select(Assignment.pid, Assignment.cell)


@pytest.fixture
def lab(database: Database, tmp_path: Path) -> Laboratory:
    """The whole application over each kind of database."""
    return Laboratory(database, tmp_path)


def planted(session: Writing, cells: int = CELLS, errors: int = ERRORS) -> set[int]:
    """Cells that are all the same, some of them with a wrong given label, which most suspicious ones are."""
    dataset = a_dataset(session)
    random = Random(5)
    made = [a_cell(session, dataset, RIGHT) for _ in range(cells)]
    wrong = set(random.sample(made, errors))
    for cell in made:
        session.execute(
            update(Cell).where(Cell.id == cell).values(suspicion=random.random() * 0.5 + 0.45 * (cell in wrong))
        )
    return wrong


def read_on(session: Writing, pid: str, name: str, wrong: set[int], cells: int, **fields: Any) -> None:
    """Somebody answers the next cells of their queue as they truly are."""
    person = a_person(session, name)
    items = next_assignments(session, pid, person, cells, 0).items
    of = {row.pid: row.cell for row in session.execute(ASSIGNED)}
    answers = [an_answer(i.assignment_id, WRONG if of[i.assignment_id] in wrong else RIGHT, **fields) for i in items]
    results = record_reviews(session, person, answers)
    assert {one.status for one in results.items} <= {"recorded"}


def test_planted_errors_are_found_first_and_the_interval_covers_those_that_are_left(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        wrong = planted(session)
        pid = an_open_round(session, order="suspicion", audit_share=0.2, seed=3, reviews_per_cell=1)
        read_on(session, pid, "reviewer1", wrong, 48)
    told = lab.read(f"/rounds/{pid}/stopping", "adjudicator1")
    assert (told["all"]["cells"], told["all"]["read"], told["audit"]["read"]) == (120, 48, 24)
    found = told["all"]["wrong"]
    assert found > ERRORS / 2, "in order of suspicion most of them come early"
    assert told["curve"][-1] == {"read": 24, "wrong": told["ranked"]["wrong"]}
    assert told["estimate"]["unread"] == 72
    assert told["estimate"]["low"] <= ERRORS - found <= told["estimate"]["high"] < 30
    assert told["next"]["cells"] == 20
    assert told["outlooks"][0]["more"] == "nothing"
    assert told["notes"] == []
    tag = lab.get(f"{API}/rounds/{pid}/stopping", "adjudicator1").headers["etag"]
    assert lab.get(f"{API}/rounds/{pid}/stopping", "adjudicator1", if_none_match=tag).status_code == 304
    with lab.database.writing() as session:
        read_on(session, pid, "reviewer1", wrong, 72)
    told = lab.read(f"/rounds/{pid}/stopping", "adjudicator1")
    assert told["all"] == {"cells": 120, "read": 120, "wrong": ERRORS, "undecided": 0}
    assert (told["estimate"]["low"], told["estimate"]["high"], told["reached"]) == (0, 0, 120)


def test_a_cell_is_read_when_all_planned_reviews_are_in_and_wrong_when_the_rule_says_so(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        cells = [a_cell(session, dataset, RIGHT) for _ in range(5)]
        pid = an_open_round(
            session, reviewers=["reviewer1", "reviewer2"], order="suspicion", audit_share=0.2, reviews_per_cell=2
        )
        for name, said in (
            ("reviewer1", [WRONG, WRONG, RIGHT, None, WRONG]),
            ("reviewer2", [WRONG, RIGHT, RIGHT, None]),
        ):
            for cell, label in zip(cells, said, strict=False):
                say(session, pid, name, cell, label)
    told = lab.read(f"/rounds/{pid}/stopping")
    assert told["all"] == {"cells": 5, "read": 4, "wrong": 1, "undecided": 2}
    with lab.database.writing() as session:
        rounds.close_round(session, pid, a_person(session, "admin", "admin"))
    assert lab.read(f"/rounds/{pid}/stopping")["all"]["read"] == 5, "nothing is waited for any more"


def test_cells_without_one_given_label_are_left_out(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        a_cell(session, dataset)
        a_cell(session, dataset, RIGHT, WRONG)
        pid = an_open_round(session, order="suspicion", audit_share=0.5)
    told = lab.read(f"/rounds/{pid}/stopping")
    assert (told["all"]["cells"], told["without_given_label"], told["estimate"]) == (0, 2, None)
    assert told["notes"] == ["None of this round’s cells has one given label, so none can be wrong."]
    assert "None of this round’s cells" in lab.page(f"/rounds/{pid}/stopping")


@pytest.mark.parametrize(
    ("settings", "note"),
    [
        ({"order": "shuffled"}, "doesn’t bring the most suspicious cells first"),
        ({"order": "suspicion"}, "No cells were drawn by chance"),
        ({"order": "suspicion", "audit_share": 0.2}, "Nothing has been read yet"),
    ],
)
def test_what_cannot_be_told_is_said_in_words(lab: Laboratory, settings: dict[str, Any], note: str) -> None:
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        for _ in range(10):
            a_cell(session, dataset, RIGHT)
        pid = an_open_round(session, **settings)
    told = lab.read(f"/rounds/{pid}/stopping")
    assert told["estimate"] is None
    assert told["next"] is None
    assert any(note in one for one in told["notes"])
    assert note in lab.page(f"/rounds/{pid}/stopping")


def test_a_draft_has_nothing_to_tell(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        planted(session, 4, 1)
        admin = a_person(session, "admin", "admin")
        a_person(session, "reviewer1")
        wanted = {"name": "A round", "dataset": "smears", "reviewers": ["reviewer1"], "order": "suspicion"}
        pid = rounds.draft_round(session, RoundSettings.model_validate(wanted), admin)
    assert "isn’t open yet" in lab.page(f"/rounds/{pid}/stopping")


def test_undecided_cells_of_the_audit_widen_the_estimate_and_are_named(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        wrong = planted(session)
        pid = an_open_round(session, order="suspicion", audit_share=0.2, reviews_per_cell=1)
        read_on(session, pid, "reviewer1", wrong, 48)
        before = session.execute(
            select(RoundCell.cell).where(RoundCell.audit).order_by(RoundCell.rank.desc())
        ).scalars()
        session.execute(update(Cell).where(Cell.id.in_(list(before)[:3])).values(state="disputed", outcome=None))
    told = lab.read(f"/rounds/{pid}/stopping")
    assert told["audit"]["undecided"] == 3
    assert told["estimate"]["unsure_of"] == 3
    assert "without an outcome: 3" in told["notes"][0]


def test_reading_class_by_class_is_told_and_widens_the_estimate(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        wrong = planted(session)
        pid = an_open_round(session, order="suspicion", audit_share=0.2, reviews_per_cell=1)
        read_on(session, pid, "reviewer1", wrong, 20, mode="grid")
    told = lab.read(f"/rounds/{pid}/stopping")
    assert told["next"] is None
    assert told["estimate"]["unsure_of"] > 0
    assert "class by class" in told["notes"][0]


def test_figures_wait_while_their_reader_reviews_what_they_tell_of(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        wrong = planted(session, 20, 3)
        a_person(session, "adjudicator1", "adjudicator")
        pid = an_open_round(
            session, reviewers=["reviewer1", "adjudicator1"], order="suspicion", audit_share=0.2, presentation="blind"
        )
        read_on(session, pid, "reviewer1", wrong, 5)
    for person in ("reviewer1", "adjudicator1"):
        assert lab.get(f"{API}/rounds/{pid}/stopping", person).status_code == 403
        assert "wait until that round closes" in lab.page(f"/rounds/{pid}/stopping", person)
        assert "Found wrong" not in lab.page(f"/rounds/{pid}/stopping", person)
        assert "/stopping" not in lab.page(f"/rounds/{pid}", person) or person == "adjudicator1"
    assert lab.get(f"{API}/rounds/{pid}/stopping", "reviewer9").status_code == 404
    assert lab.read(f"/rounds/{pid}/stopping", "admin")["all"]["read"] == 0
    with lab.database.writing() as session:
        rounds.close_round(session, pid, a_person(session, "admin", "admin"))
    told = lab.read(f"/rounds/{pid}/stopping", "reviewer1")
    assert told["all"]["read"] == 5
    assert told["audit_share"] is None
    assert f"/rounds/{pid}/stopping" in lab.page(f"/rounds/{pid}", "reviewer1")


def test_a_sighted_rounds_reviewer_waits_and_its_adjudicator_does_not(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        planted(session, 20, 3)
        a_person(session, "adjudicator1", "adjudicator")
        pid = an_open_round(session, reviewers=["reviewer1", "adjudicator1"], order="suspicion", audit_share=0.2)
    assert lab.get(f"{API}/rounds/{pid}/stopping", "reviewer1").status_code == 403
    assert lab.read(f"/rounds/{pid}/stopping", "adjudicator1")["all"]["cells"] == 20
