"""What waits for a reviewer whose sighted round is open: colleagues' answers, and all that is made of them."""

import pytest
from sqlalchemy import select

from app.catalogue.models import Cell
from app.review import rounds
from app.review.models import Round
from app.review.schemas import GivenAdjudication
from app.review.service import adjudicate
from tests.browse.laboratory import Laboratory, pid_of
from tests.factories import a_cell, a_dataset, a_person, an_open_round, say


@pytest.fixture
def cells(lab: Laboratory) -> list[str]:
    """Three cells of a round of two reviewers: agreed with a flag, disputed, and one that only reviewer2 answered."""
    for person in ("reviewer1", "reviewer2", "adjudicator1", "admin"):
        lab.get("/", person)
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        made = [a_cell(session, dataset, "monocyte") for _ in range(3)]
        round = an_open_round(session, reviewers=["reviewer1", "reviewer2"])
        say(session, round, "reviewer1", made[0], "monocyte", flag=True)
        say(session, round, "reviewer2", made[0], "monocyte")
        say(session, round, "reviewer2", made[1], "hairy_cell", comment="fine hairs all round")
        say(session, round, "reviewer1", made[1], "lymphocyte", comment="too small")
        say(session, round, "reviewer2", made[2], "hairy_cell")
        return [pid_of(session, cell) for cell in made]


def test_a_reviewer_sees_the_given_label_and_nothing_that_came_of_answers(lab: Laboratory, cells: list[str]) -> None:
    for cell in lab.read("/cells?dataset=smears", "reviewer1")["items"]:
        assert cell["given_label"] == "monocyte"
        assert cell["born_disputed"] is False
        assert cell["occurrences"][0]["path"].startswith("monocyte/")
        assert [cell[name] for name in ("state", "consensus", "flagged", "reviewed_since")] == [None] * 4


@pytest.mark.parametrize(
    "search", ["state=agreed", "state=in_review", "label=monocyte", "flagged=true", "outcome=label", "sort=entropy",
               "reviewer=reviewer2", "pair=hairy_cell,lymphocyte", "dissent=false"],
)  # fmt: skip
def test_a_filter_by_what_came_of_answers_leaves_the_cells_out(lab: Laboratory, cells: list[str], search: str) -> None:
    assert lab.listed(f"dataset=smears&{search}", "reviewer1") == []
    assert lab.listed(f"dataset=smears&{search}", "admin") != []


def test_counts_by_given_label_are_told_and_those_by_state_wait(lab: Laboratory, cells: list[str]) -> None:
    counts = lab.read("/datasets/smears", "reviewer1")
    assert counts["states"] is None
    monocytes = next(one for one in counts["classes"] if one["given_label"] == "monocyte")
    assert monocytes == {"given_label": "monocyte", "born_disputed": False, "cells": 3, "states": None}
    page = lab.page("/datasets/smears", "reviewer1")
    assert "hidden while a round of yours is open" in page
    assert "Monocyte" in page
    assert "no settled cells" not in page
    told = lab.read("/datasets/smears", "adjudicator1")
    assert told["states"] == {"unreviewed": 0, "in_review": 1, "agreed": 1, "disputed": 1, "adjudicated": 0}


def test_of_reviews_only_the_persons_own_are_told(lab: Laboratory, cells: list[str]) -> None:
    found = [lab.read(f"/cells/{cell}/reviews", "reviewer1")["items"] for cell in cells]
    assert [[one["label"] for one in items] for items in found] == [["monocyte"], ["lymphocyte"], []]
    for cell in cells:
        page = lab.page(f"/cells/{cell}", "reviewer1")
        assert "fine hairs" not in page
        assert "reviewer2" not in page


def test_names_are_letters_until_the_cell_is_adjudicated(lab: Laboratory, cells: list[str]) -> None:
    for person in ("adjudicator1", "admin"):
        reviews = lab.read(f"/cells/{cells[1]}/reviews", person)["items"]
        assert [one["reviewer"] for one in reviews] == ["Reviewer A", "Reviewer B"]
        assert "reviewer2" not in lab.page(f"/cells/{cells[1]}", person)
    with lab.database.writing() as session:
        senior = a_person(session, "adjudicator1")
        given = {"id": "0b7e1c3e-6f0c-4a53-9d57-5e2c1f3a9b10", "verdict": "label", "label": "hairy_cell"}
        adjudicate(session, senior, cells[1], GivenAdjudication.model_validate(given))
    reviews = lab.read(f"/cells/{cells[1]}/reviews", "adjudicator1")["items"]
    assert [one["reviewer"] for one in reviews] == ["reviewer2", "reviewer1", "adjudicator1"]
    assert "reviewer2" in lab.page(f"/cells/{cells[1]}", "adjudicator1")


def test_a_person_has_the_same_letter_whoever_looks(lab: Laboratory, cells: list[str]) -> None:
    with lab.database.writing() as session:
        cell = session.execute(select(Cell.id).where(Cell.pid == cells[2])).scalar_one()
        round = an_open_round(session, reviewers=["adjudicator1"], author="admin")
        say(session, round, "adjudicator1", cell, "monocyte")
    assert [one["reviewer"] for one in lab.read(f"/cells/{cells[2]}/reviews", "admin")["items"]] == [
        "Reviewer A",
        "Reviewer B",
    ]
    assert [one["reviewer"] for one in lab.read(f"/cells/{cells[2]}/reviews", "adjudicator1")["items"]] == [
        "Reviewer A",
        "adjudicator1",
    ]


def test_where_the_rounds_hide_no_names_they_are_told_at_once(lab: Laboratory) -> None:
    lab.get("/", "adjudicator1")
    with lab.database.writing() as session:
        cell = a_cell(session, a_dataset(session), "monocyte")
        say(session, an_open_round(session, names_hidden=False), "reviewer1", cell, "monocyte")
        pid = pid_of(session, cell)
    assert [one["reviewer"] for one in lab.read(f"/cells/{pid}/reviews", "adjudicator1")["items"]] == ["reviewer1"]


def test_once_the_round_has_closed_the_consensus_is_told(lab: Laboratory, cells: list[str]) -> None:
    with lab.database.writing() as session:
        pid = session.execute(select(Round.pid)).scalar_one()
        rounds.close_round(session, pid, a_person(session, "admin", "admin"))
    cell = lab.read(f"/cells/{cells[0]}", "reviewer1")
    assert cell["state"] == "agreed"
    assert cell["consensus"]["label"] == "monocyte"
    assert lab.read("/datasets/smears", "reviewer1")["states"]["agreed"] == 1


def test_a_dataset_of_others_is_not_found(lab: Laboratory, cells: list[str]) -> None:
    for path in (
        "/api/v1/datasets/smears",
        "/api/v1/cells?dataset=smears",
        f"/api/v1/cells/{cells[0]}",
        f"/api/v1/cells/{cells[0]}/image",
        f"/api/v1/cells/{cells[0]}/reviews",
        "/datasets/smears",
        "/datasets/smears/cells",
        f"/cells/{cells[0]}",
    ):
        assert lab.get(path, "reviewer9").status_code == 404, path
    assert lab.read("/datasets", "reviewer9") == {"items": []}
    assert "No datasets yet." in lab.page("/datasets", "reviewer9")
