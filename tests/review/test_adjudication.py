"""Settling cells."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.accounts.people import Person
from app.catalogue.models import Cell
from app.database import Writing
from app.review import disputes
from app.review.disputes import DisputeFilter
from app.review.errors import NotTheLast, OwnCell, UnknownCell, UnusableAnswer
from app.review.schemas import Adjudicated, GivenAdjudication
from app.review.service import adjudicate
from tests.factories import a_cell, a_dataset, a_person, an_open_round, say


@pytest.fixture
def cell(session: Writing) -> int:
    dataset = a_dataset(session)
    return a_cell(session, dataset, "neutrophil_band")


@pytest.fixture
def adjudicator(session: Writing) -> Person:
    return a_person(session, "adjudicator1", "adjudicator")


def disputed(session: Writing, cell: int, **settings: Any) -> str:
    pid = an_open_round(session, reviewers=("reviewer1", "reviewer2"), **settings)
    say(session, pid, "reviewer1", cell, "neutrophil_band", comment="even width")
    say(session, pid, "reviewer2", cell, "neutrophil_segmented")
    return pid


def settle(
    session: Writing, by: Person, cell: int, label: str | None = "neutrophil_band", **fields: Any
) -> Adjudicated:
    pid = session.execute(select(Cell.pid).where(Cell.id == cell)).scalar_one()
    given = {"id": str(uuid4()), "verdict": "label", "label": label} | fields
    return adjudicate(session, by, pid, GivenAdjudication.model_validate(given))


def test_a_settled_cell_outranks_its_votes_and_a_withdrawal_lets_them_count_again(
    session: Writing, cell: int, adjudicator: Person
) -> None:
    disputed(session, cell)
    done = settle(session, adjudicator, cell)
    assert (done.status, done.state, done.outcome, done.label) == (
        "recorded",
        "adjudicated",
        "label",
        "neutrophil_band",
    )
    back = settle(session, adjudicator, cell, None, verdict="withdrawn", supersedes=str(done.id))
    assert (back.state, back.outcome) == ("disputed", None)
    again = settle(session, adjudicator, cell, None, verdict="unusable", supersedes=str(back.id))
    assert (again.state, again.outcome) == ("adjudicated", "unusable")


def test_truly_borderline_is_a_legal_outcome(session: Writing, cell: int, adjudicator: Person) -> None:
    done = settle(
        session, adjudicator, cell, "neutrophil_segmented", verdict="borderline", second_label="neutrophil_band"
    )
    assert (done.outcome, done.label, done.second_label) == ("borderline", "neutrophil_band", "neutrophil_segmented")


def test_sent_twice_it_is_recorded_once(session: Writing, cell: int, adjudicator: Person) -> None:
    same = str(uuid4())
    statuses = [settle(session, adjudicator, cell, id=same).status for _ in range(2)]
    assert statuses == ["recorded", "already_recorded"]
    with pytest.raises(NotTheLast):
        settle(session, adjudicator, cell, "monocyte", id=same)


def test_a_second_adjudicator_names_the_standing_one(session: Writing, cell: int, adjudicator: Person) -> None:
    first = settle(session, adjudicator, cell)
    other = a_person(session, "adjudicator2", "adjudicator")
    with pytest.raises(NotTheLast):
        settle(session, other, cell, "monocyte")
    assert settle(session, other, cell, "monocyte", supersedes=str(first.id)).label == "monocyte"
    with pytest.raises(NotTheLast):
        settle(session, other, cell, "basophil", supersedes=str(first.id))


def test_nobody_settles_what_they_reviewed_unless_the_round_allows_it(session: Writing, cell: int) -> None:
    disputed(session, cell)
    own = a_person(session, "reviewer1", "reviewer")
    with pytest.raises(OwnCell):
        settle(session, own, cell)


def test_a_round_may_allow_its_reviewers_to_settle(session: Writing, cell: int) -> None:
    disputed(session, cell, adjudicate_own=True)
    assert settle(session, a_person(session, "reviewer1"), cell).state == "adjudicated"


def test_unsure_settles_nothing(session: Writing, cell: int, adjudicator: Person) -> None:
    with pytest.raises(UnusableAnswer):
        settle(session, adjudicator, cell, None, verdict="unsure")


def test_a_round_may_ask_for_a_reason(session: Writing, cell: int, adjudicator: Person) -> None:
    disputed(session, cell, reason_required=True)
    with pytest.raises(UnusableAnswer) as refused:
        settle(session, adjudicator, cell)
    assert refused.value.field == "reason"
    assert settle(session, adjudicator, cell, reason="nucleus").state == "adjudicated"


def test_a_later_review_that_differs_is_said(session: Writing, cell: int, adjudicator: Person) -> None:
    pid = an_open_round(session, reviewers=("reviewer1", "reviewer2"))
    settle(session, adjudicator, cell)
    say(session, pid, "reviewer1", cell, "neutrophil_band")
    assert session.scalar(select(Cell.reviewed_since).where(Cell.id == cell)) is False
    say(session, pid, "reviewer2", cell, "monocyte")
    found = session.execute(select(Cell.state, Cell.reviewed_since, Cell.label).where(Cell.id == cell)).one()
    assert found == ("adjudicated", True, 5)


def test_an_unknown_cell_is_not_found(session: Writing, adjudicator: Person) -> None:
    with pytest.raises(UnknownCell):
        adjudicate(
            session,
            adjudicator,
            "aaaaaaaaaaaaaaaa",
            GivenAdjudication.model_validate({"id": str(uuid4()), "verdict": "unusable"}),
        )


def test_disputes_come_worst_first_with_every_vote_and_hidden_names(
    session: Writing, cell: int, adjudicator: Person
) -> None:
    dataset = session.execute(select(Cell.dataset).where(Cell.id == cell)).scalar_one()
    third = a_cell(session, dataset, "monocyte")
    names = ("reviewer1", "reviewer2", "reviewer3")
    pid = an_open_round(session, reviewers=names, reviews_per_cell=3)
    for name, label in zip(names, ("monocyte", "basophil", "eosinophil"), strict=True):
        say(session, pid, name, third, label)
    for name, label in zip(names, ("neutrophil_band", "neutrophil_segmented"), strict=False):
        say(session, pid, name, cell, label, comment="a filament?")
    torn = {"verdict": "borderline", "second_label": "neutrophil_segmented"}
    say(session, pid, "reviewer3", cell, "neutrophil_band", **torn)
    found, more, total = disputes.disputes(session, adjudicator, DisputeFilter("smears"), 1)
    assert (total, len(found), found[0].votes[0].label) == (2, 1, "monocyte")
    assert more is not None
    found, _, _ = disputes.disputes(session, adjudicator, DisputeFilter("smears"), 5, more)
    assert [vote.reviewer for vote in found[0].votes] == ["Reviewer A", "Reviewer B", "Reviewer C"]
    assert (found[0].votes[2].verdict, found[0].votes[0].comment) == ("borderline", "a filament?")
    pair = DisputeFilter("smears", pair="neutrophil_band,neutrophil_segmented")
    assert len(disputes.disputes(session, adjudicator, pair, 5)[0]) == 1


def test_flagged_cells_are_listed_with_the_disputes(session: Writing, cell: int, adjudicator: Person) -> None:
    pid = an_open_round(session, reviewers=("reviewer1",))
    say(session, pid, "reviewer1", cell, "neutrophil_band", flag=True)
    found, _, _ = disputes.disputes(session, adjudicator, DisputeFilter("smears"), 5)
    assert [(each.state, each.flagged) for each in found] == [("agreed", True)]
    settle(session, adjudicator, cell)
    assert disputes.disputes(session, adjudicator, DisputeFilter("smears"), 5)[2] == 0
