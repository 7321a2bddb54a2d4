"""Which cells look like another, and what of them a person is told."""

import numpy as np
import pytest
from sqlalchemy import insert, select

from app.catalogue.measuring import make_comparable
from app.catalogue.models import Cell, CellFeature
from app.database import Database, Writing
from app.images.features import NAMES, VERSION
from app.review.alike import alike_to_assignment, alike_to_cell
from app.review.errors import UnknownAssignment
from app.review.models import Assignment
from app.review.schemas import LookAlikes
from tests.factories import a_cell, a_dataset, a_person, an_open_round, assignment_of, say

KINDS = ("lymphocyte", "monocyte", "eosinophil")
OF_A_KIND = 20


def laboratory(database: Database, measured: bool = True, kinds: tuple[str, ...] = KINDS) -> list[int]:
    """A dataset with twenty cells of each kind, alike among themselves."""
    random = np.random.default_rng(5)
    with database.writing() as session:
        dataset = a_dataset(session)
        cells = [a_cell(session, dataset, kind) for kind in kinds for _ in range(OF_A_KIND)]
        if measured:
            middles = random.normal(size=(len(kinds), len(NAMES))) * 4
            for at, cell in enumerate(cells):
                vector = (middles[at // OF_A_KIND] + random.normal(size=len(NAMES))).astype(np.float16)
                session.execute(insert(CellFeature).values(cell=cell, version=VERSION, vector=vector.tobytes()))
    if measured:
        make_comparable(database, dataset, len(cells))
    return cells


def pids(session: Writing, cells: list[int]) -> set[str]:
    return set(session.execute(select(Cell.pid).where(Cell.id.in_(cells))).scalars())


def labels_in(answer: LookAlikes) -> set[object]:
    hidden = ("given_label", "state", "outcome", "label", "second_label", "probability")
    return {getattr(one, name) for one in answer.items for name in hidden} - {None}


def test_the_nearest_cells_are_of_the_same_kind_and_the_cell_itself_is_not_among_them(database: Database) -> None:
    cells = laboratory(database)
    with database.writing() as session:
        admin = a_person(session, "admin", "admin")
        answer = alike_to_cell(session, admin, cells[25], 1, 12)
        assert {one.given_label for one in answer.items} == {"monocyte"}
        assert len(answer.items) == 12
        found = {str(one.cell_id) for one in answer.items}
        assert found <= pids(session, cells[20:40]) - pids(session, [cells[25]])
        distances = [one.distance or 0.0 for one in answer.items]
        assert distances == sorted(distances)
        assert answer.items[0].px_per_um == 11.52


def test_before_cells_are_measured_there_are_none_and_the_answer_says_why(database: Database) -> None:
    cells = laboratory(database, measured=False)
    with database.writing() as session:
        answer = alike_to_cell(session, a_person(session, "admin", "admin"), cells[0], 1, 12)
    assert (answer.items, answer.reason) == ([], "not_measured")
    assert "measured" in answer.note


def test_the_consensus_of_look_alikes_is_told_to_whoever_may_know_it(database: Database) -> None:
    cells = laboratory(database)
    with database.writing() as session:
        pid = an_open_round(session, reviewers=["reviewer1"], reviews_per_cell=1, presentation="sighted")
        for cell in cells[:5]:
            say(session, pid, "reviewer1", cell, "plasma_cell")
        told = alike_to_cell(session, a_person(session, "adjudicator1", "adjudicator"), cells[6], 1, 19)
        assert "plasma_cell" in {one.label for one in told.items}
        secret = alike_to_cell(session, a_person(session, "reviewer1"), cells[6], 1, 19)
        assert {one.label for one in secret.items} == {None}
        assert {one.state for one in secret.items} == {None}
        assert {one.given_label for one in secret.items} == {"lymphocyte"}


@pytest.mark.parametrize("role", ["reviewer", "admin"])
def test_cells_of_an_open_blind_round_are_left_out_whoever_reviews_in_it(database: Database, role: str) -> None:
    cells = laboratory(database)
    with database.writing() as session:
        a_person(session, f"{role}1", role)
        an_open_round(session, reviewers=[f"{role}1"], presentation="blind", filter={"given_label": "lymphocyte"})
        reader = a_person(session, f"{role}1")
        others = alike_to_cell(session, reader, cells[30], 1, 48)
        assert {one.given_label for one in others.items} == {"monocyte", "eosinophil"}
        hidden = alike_to_cell(session, reader, cells[3], 1, 48)
        assert {str(one.cell_id) for one in hidden.items} <= pids(session, cells[20:])
        assert labels_in(hidden) == set()


def test_where_every_look_alike_is_blind_the_answer_says_so(database: Database) -> None:
    cells = laboratory(database)
    with database.writing() as session:
        an_open_round(session, reviewers=["reviewer1"], presentation="blind")
        answer = alike_to_cell(session, a_person(session, "reviewer1"), cells[0], 1, 12)
    assert (answer.items, answer.reason) == ([], "hidden")


@pytest.mark.parametrize("presentation", ["blind", "reveal"])
def test_a_blind_assignment_has_pictures_and_no_word(database: Database, presentation: str) -> None:
    cells = laboratory(database)
    with database.writing() as session:
        pid = an_open_round(
            session, reviewers=["reviewer1"], presentation=presentation, filter={"given_label": "lymphocyte"}
        )
        reviewer = a_person(session, "reviewer1")
        answer = alike_to_assignment(session, reviewer, assignment_of(session, pid, reviewer, cells[0]), 6)
        own = pids(session, cells[:20])
    assert len(answer.items) == 6
    assert labels_in(answer) == set()
    assert {(one.cell_id, one.distance) for one in answer.items} == {(None, None)}
    text = answer.model_dump_json()
    assert not any(pid in text for pid in own)


def test_a_sighted_assignment_has_given_labels_and_not_its_own_cell(database: Database) -> None:
    cells = laboratory(database)
    with database.writing() as session:
        pid = an_open_round(session, reviewers=["reviewer1"], presentation="sighted")
        reviewer = a_person(session, "reviewer1")
        answer = alike_to_assignment(session, reviewer, assignment_of(session, pid, reviewer, cells[0]), 4)
        assert {one.given_label for one in answer.items} == {"lymphocyte"}
        (own,) = pids(session, [cells[0]])
        assert own not in answer.model_dump_json()


def test_a_cell_that_is_shown_again_has_other_look_alikes_of_the_same_kind(database: Database) -> None:
    cells = laboratory(database)
    with database.writing() as session:
        pid = an_open_round(session, reviewers=["reviewer1"], presentation="sighted")
        reviewer = a_person(session, "reviewer1")
        first = assignment_of(session, pid, reviewer, cells[0])
        row = dict(session.execute(select(Assignment.__table__).where(Assignment.pid == first)).mappings().one())
        session.execute(
            insert(Assignment).values(row | {"id": 9999, "pid": "again", "position": 9999, "kind": "repeat"})
        )
        shown = [alike_to_assignment(session, reviewer, one, 4) for one in (first, "again", first)]
    assert shown[0] == shown[2]
    assert {one.image_url for one in shown[0].items} != {one.image_url for one in shown[1].items}
    assert [len(one.items) for one in shown] == [4, 4, 4]


def test_somebody_else_s_assignment_has_no_answer(database: Database) -> None:
    cells = laboratory(database)
    with database.writing() as session:
        pid = an_open_round(session, reviewers=["reviewer1"])
        theirs = assignment_of(session, pid, a_person(session, "reviewer1"), cells[0])
        with pytest.raises(UnknownAssignment):
            alike_to_assignment(session, a_person(session, "reviewer2"), theirs, 6)
