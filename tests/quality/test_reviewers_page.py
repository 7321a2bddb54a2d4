"""Whose figures somebody may see, on the page, over REST and as CSV, and what it says where there are none."""

import csv
import io
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import insert, select

from app.accounts import queries as accounts
from app.accounts.people import Person
from app.consensus.models import ConsensusFit
from app.database import Database, Writing, now
from app.labels.labelset import from_document, load_builtin
from app.labels.service import store_label_set
from app.quality.own_reliability import own_reliability
from app.review import rounds
from app.review.models import Assignment
from app.review.schemas import GivenAdjudication
from app.review.service import adjudicate, record_reviews
from tests.browse.laboratory import API, Laboratory, pid_of
from tests.factories import a_cell, a_dataset, a_person, an_answer, an_open_round, say
from tests.review.test_repeats_and_traps import opened_with_traps

BAND, SEGMENTED, MONO = "neutrophil_band", "neutrophil_segmented", "monocyte"
REVIEWERS = "/datasets/smears/reviewers"
PEOPLE = ("reviewer1", "reviewer2", "reviewer3")


def reviewed(
    database: Database, said: Sequence[Sequence[str | None]], people: Sequence[str] = PEOPLE, **settings: Any
) -> tuple[str, list[int]]:
    """A round in which these people answered; the round and the cells."""
    with database.writing() as session:
        dataset = a_dataset(session)
        cells = [a_cell(session, dataset, MONO) for _ in said]
        pid = an_open_round(session, reviewers=people, **({"reviews_per_cell": len(people)} | settings))
        for cell, answers in zip(cells, said, strict=True):
            for person, label in zip(people, answers, strict=False):
                say(session, pid, person, cell, label, seconds=2.5)
        return pid, cells


def settled(session: Writing, by: Person, cell: int, label: str) -> None:
    given = {"id": str(uuid4()), "verdict": "label", "label": label}
    adjudicate(session, by, pid_of(session, cell), GivenAdjudication.model_validate(given))


def close(database: Database, pid: str) -> None:
    with database.writing() as session:
        rounds.close_round(session, pid, a_person(session, "admin", "admin"))


def test_everybodys_figures_to_an_admin_and_the_settled_cell_counts_as_it_was_settled(lab: Laboratory) -> None:
    _, cells = reviewed(lab.database, [(BAND, BAND, SEGMENTED), (BAND, SEGMENTED, MONO)])
    with lab.database.writing() as session:
        settled(session, a_person(session, "adjudicator1", "adjudicator"), cells[1], SEGMENTED)
    found = lab.read(REVIEWERS)
    assert [one["reviewer"] for one in found["items"]] == list(PEOPLE)
    first, second, third = found["items"]
    assert (first["agreement"]["n"], first["agreement"]["of"]) == (0, 1)
    assert (second["agreement"]["n"], second["agreement"]["of"]) == (1, 1)
    assert (third["agreement"]["n"], third["agreement"]["of"]) == (0, 2)
    by_class = {one["label"]: one for one in second["classes"]}
    assert by_class[SEGMENTED]["said"]["value"] == 1
    assert second["median_seconds"] == 2.5
    assert second["stretches"][0]["answers"] == 2
    assert set(second["undefined"]) == {"repeats", "traps", "anchoring"}
    assert second["matrix"] is None


def test_an_adjudicator_sees_numbers_where_a_round_hides_names(lab: Laboratory) -> None:
    reviewed(lab.database, [(BAND, BAND, SEGMENTED)])
    names = [one["reviewer"] for one in lab.read(REVIEWERS, "adjudicator1")["items"]]
    assert names == ["reviewer-1", "reviewer-2", "reviewer-3"]
    page = lab.page("/datasets/smears/reviewers", "adjudicator1")
    assert "reviewer-2" in page
    assert "reviewer2" not in page


def test_a_reviewer_sees_their_own_figures_once_the_round_is_closed(lab: Laboratory) -> None:
    pid, _ = reviewed(lab.database, [(BAND, BAND, SEGMENTED)] * 3)
    waiting = lab.read(REVIEWERS, "reviewer3")
    assert waiting["items"] == []
    assert waiting["notes"]
    assert "closed" in lab.page("/datasets/smears/reviewers", "reviewer3")
    close(lab.database, pid)
    [mine] = lab.read(REVIEWERS, "reviewer3")["items"]
    assert (mine["reviewer"], mine["own"], mine["agreement"]["of"]) == ("reviewer3", True, 3)
    page = lab.page("/datasets/smears/reviewers?reviewer=reviewer1", "reviewer3")
    assert "My reliability" in page
    assert "reviewer1" not in page.replace("?reviewer=reviewer1", "")


@pytest.mark.parametrize("role", ["reviewer", "adjudicator", "admin"])
def test_while_somebody_reviews_blind_the_figures_wait_whatever_their_role(lab: Laboratory, role: str) -> None:
    with lab.database.writing() as session:
        a_person(session, f"{role}7", role)
    reviewed(lab.database, [(BAND, BAND)], people=("reviewer1", f"{role}7"), presentation="blind")
    assert lab.get(API + REVIEWERS, f"{role}7", role).status_code == 403
    assert "wait until it closes" in lab.page("/datasets/smears/reviewers", f"{role}7")


def test_own_traps_and_repeats_are_told_when_the_round_closes(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        me = a_person(session, "admin1", "admin")
        agreed = [a_cell(session, dataset, SEGMENTED) for _ in range(12)]
        first = an_open_round(session, reviewers=("reviewer1",))
        for cell in agreed:
            say(session, first, "reviewer1", cell, SEGMENTED)
        cells = [a_cell(session, dataset, MONO) for _ in range(12)]
    close(lab.database, first)
    with lab.database.writing() as session:
        settings: dict[str, Any] = {"filter": {"given_label": MONO}, "repeat_share": 0.3, "trap_share": 0.3}
        pid = opened_with_traps(session, me, reviewers=["admin1"], **settings)
        asked = session.execute(select(Assignment.pid).where(Assignment.reviewer == me.id).order_by(Assignment.id))
        answers = [an_answer(assignment, MONO) for assignment in asked.scalars()]
        record_reviews(session, me, answers)
        assert len(cells) == 12

    def told(person: str) -> tuple[int, int]:
        [mine] = [one for one in lab.read(REVIEWERS, person)["items"] if one["reviewer"] == "admin1"]
        return mine["repeats"]["of"], mine["traps"]["of"]

    assert told("admin1") == (0, 0)
    repeats, traps = told("admin2")
    assert repeats
    assert traps
    close(lab.database, pid)
    assert told("admin1") == (repeats, traps)
    with lab.database.reading() as reading:
        at_home = own_reliability(reading, accounts.person_by_name(reading, "admin1"))
    [mine] = [one for one in lab.read(REVIEWERS, "admin1")["items"] if one["own"]]
    assert at_home is not None
    assert (at_home.same_again.n, at_home.same_again.of) == (mine["repeats"]["n"], mine["repeats"]["of"])
    assert (at_home.caught.n, at_home.caught.of) == (mine["traps"]["n"], mine["traps"]["of"])
    assert not at_home.waits


def test_the_table_can_be_had_as_csv(lab: Laboratory) -> None:
    reviewed(lab.database, [(BAND, BAND, SEGMENTED)])
    answer = lab.get(API + REVIEWERS + "?format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    [right] = [row for row in rows if row["reviewer"] == "reviewer3" and row["figure"] == "agreement"]
    assert (right["n"], right["of"], right["value"]) == ("0", "1", "0.0")
    [undefined] = [row for row in rows if row["reviewer"] == "reviewer3" and row["figure"] == "traps"]
    assert undefined["value"] == ""
    assert undefined["notes"]


def test_the_fitted_models_matrix_stands_beside(lab: Laboratory) -> None:
    reviewed(lab.database, [(BAND, BAND, BAND)])
    with lab.database.writing() as session:
        k = len(load_builtin("mll23"))
        matrix = np.full((1, k, k), 0.1 / (k - 1))
        matrix[0][np.arange(k), np.arange(k)] = 0.9
        arrays = np.concatenate([np.full(k, 1 / k), matrix.ravel()]).astype("<f8").tobytes()
        values = {
            "dataset": 1, "method": "dawid-skene", "parameters": {"prior": 0.0, "given_votes": False},
            "raters": [a_person(session, "reviewer2").pid], "classes": k, "arrays": arrays, "through_review": 3,
            "cells": 1, "votes": 3, "iterations": 2, "converged": True, "log_likelihood": -1.0, "created_at": now(),
        }  # fmt: skip
        if "sha256" in ConsensusFit.__table__.columns:
            values["sha256"] = bytes(32)
        session.execute(insert(ConsensusFit).values(**values))
    one, two, _ = lab.read(REVIEWERS)["items"]
    assert one["matrix"] is None
    assert two["matrix"][BAND][BAND] == pytest.approx(0.9)
    assert "90" in lab.page("/datasets/smears/reviewers?reviewer=reviewer2")


@pytest.mark.parametrize("classes", [2, 200])
def test_degenerate_data_has_words_and_no_error(lab: Laboratory, classes: int) -> None:
    document = load_builtin("mll23").document()
    one = {name: value for name, value in document["classes"][0].items() if name not in ("key", "place", "rival")}
    many = [one | {"name": f"class_{number}", "abbreviation": f"C{number}", "codes": {}} for number in range(classes)]
    kept = {name: document[name] for name in ("title", "groups")}
    label_set = from_document(kept | {"name": f"of-{classes}", "version": 1, "classes": many})
    with lab.database.writing() as session:
        dataset = a_dataset(session, label_set=store_label_set(session, label_set))
        cells = [a_cell(session, dataset) for _ in range(3)]
    for path in (REVIEWERS, REVIEWERS + "?format=csv"):
        assert lab.get(API + path).status_code == 200
    assert "Nobody has answered yet" in lab.page("/datasets/smears/reviewers")
    with lab.database.writing() as session:
        pid = an_open_round(session)
        say(session, pid, "reviewer1", cells[0], None)
        say(session, pid, "reviewer1", cells[1], "class_1")
    [alone] = lab.read(REVIEWERS)["items"]
    assert (alone["unsure"], alone["labels"], alone["agreement"]["value"]) == (1, 1, None)
    assert "undefined" in lab.page("/datasets/smears/reviewers")
    assert "NaN" not in lab.page("/datasets/smears/reviewers")


def test_a_vote_stands_beside_how_often_its_reviewer_was_right_without_a_name(lab: Laboratory) -> None:
    said = [(BAND, BAND, SEGMENTED), (BAND, BAND, BAND), (BAND, SEGMENTED, MONO), (None, SEGMENTED, MONO)]
    _, cells = reviewed(lab.database, said)
    with lab.database.reading() as session:
        pids = [pid_of(session, cell) for cell in cells]
    dispute = lab.read(f"/cells/{pids[2]}/dispute", "adjudicator1")
    found = lab.read(f"/cells/{pids[2]}/reliability", "adjudicator1")
    assert [one["id"] for one in found["items"]] == [vote["id"] for vote in dispute["votes"]]
    right = [(one["right"]["n"], one["right"]["of"]) for one in found["items"]]
    assert right == [(1, 1), (0, 0), (0, 0)]
    assert "reviewer" not in str(found)
    assert found["note"] == ""
    unsure = lab.read(f"/cells/{pids[3]}/reliability", "adjudicator1")["items"][0]
    assert unsure["right"] is None
    assert lab.get(f"{API}/cells/{pids[2]}/reliability", "reviewer1").status_code == 403
