"""Somebody's own answers: found again and taken up again, and nothing told by them that the round hides."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from app.accounts.people import Person
from app.catalogue.models import Cell
from app.database import Writing
from app.labels.errors import UnknownClass
from app.review import own_reviews, rounds
from app.review.errors import UnknownAssignment, UnknownRound
from app.review.models import Assignment, Kind
from app.review.own_reviews import OwnFilter, answered_assignment, find_own, progress_by_class, summary
from app.review.schemas import OwnReview
from app.review.service import record_reviews
from tests.factories import a_cell, a_dataset, a_person, an_answer, an_open_round, assignment_of, say

CLASSES = ("monocyte", "eosinophil", "basophil", "lymphocyte", "plasma_cell")
ALL = OwnFilter()


@pytest.fixture
def cells(session: Writing) -> list[int]:
    dataset = a_dataset(session)
    return [a_cell(session, dataset, label) for label in CLASSES]


@pytest.fixture
def person(session: Writing) -> Person:
    return a_person(session, "reviewer1")


def found(session: Writing, person: Person, round: str, chosen: OwnFilter = ALL) -> list[OwnReview]:
    return find_own(session, person, round, chosen, 100)[0]


def test_own_answers_come_last_one_first_in_pages(session: Writing, cells: list[int], person: Person) -> None:
    round = an_open_round(session, reviewers=["reviewer1", "reviewer2"])
    for cell, label in zip(cells, CLASSES, strict=True):
        say(session, round, "reviewer1", cell, label)
        say(session, round, "reviewer2", cell, "monocyte")
    labels: list[str | None] = []
    after = None
    while True:
        items, after, total = find_own(session, person, round, ALL, 2, after)
        labels += [item.label for item in items]
        assert total == len(CLASSES)
        if after is None:
            break
    assert labels == list(reversed(CLASSES))


def test_only_what_stands_is_listed(session: Writing, cells: list[int], person: Person) -> None:
    round = an_open_round(session)
    first = an_answer(assignment_of(session, round, person, cells[0]), "monocyte")
    again = an_answer(first["assignment_id"], "eosinophil", supersedes=first["id"])
    taken = an_answer(assignment_of(session, round, person, cells[1]), "monocyte")
    back = an_answer(taken["assignment_id"], verdict="withdrawn", supersedes=taken["id"])
    record_reviews(session, person, [first, again, taken, back])
    assert [item.label for item in found(session, person, round)] == ["eosinophil"]


def test_answers_are_found_by_what_they_say(session: Writing, cells: list[int], person: Person) -> None:
    round = an_open_round(session)
    say(session, round, "reviewer1", cells[0], "monocyte")
    say(session, round, "reviewer1", cells[1], "monocyte", flag=True)
    say(session, round, "reviewer1", cells[2], None, comment="Too dark, 100 % out of focus")
    pair = {"verdict": "borderline", "second_label": "monocyte"}
    say(session, round, "reviewer1", cells[3], "lymphocyte", **pair)

    def positions(**chosen: Any) -> set[int]:
        return {item.position for item in found(session, person, round, replace(ALL, **chosen))}

    at = {cell: session.scalar(select(Assignment.position).where(Assignment.cell == cell)) for cell in cells}
    assert positions(verdict="unsure") == {at[cells[2]]}
    assert positions(label="monocyte") == {at[cells[0]], at[cells[1]], at[cells[3]]}
    assert positions(flagged=True) == {at[cells[1]]}
    assert positions(commented=True) == positions(q="FOCUS") == positions(q="100 %") == {at[cells[2]]}
    assert positions(corrected=True) == {at[cells[1]]}
    assert positions(q="_") == set()
    with pytest.raises(UnknownClass):
        positions(label="no such class")


def test_a_colleagues_answers_are_never_listed(session: Writing, cells: list[int], person: Person) -> None:
    round = an_open_round(session, reviewers=["reviewer2"])
    say(session, round, "reviewer2", cells[0], "monocyte")
    for whoever in (person, a_person(session, "adjudicator1", "adjudicator")):
        with pytest.raises(UnknownRound):
            found(session, whoever, round)


def test_an_answer_with_its_label_is_kept_back_while_the_cell_is_in_a_blind_round(
    session: Writing, cells: list[int], person: Person
) -> None:
    sighted = an_open_round(session)
    say(session, sighted, "reviewer1", cells[0], "monocyte")
    rounds.close_round(session, sighted, a_person(session, "admin", "admin"))
    assert [item.shown_label for item in found(session, person, sighted)] == ["monocyte"]
    an_open_round(session, presentation="blind")
    assert found(session, person, sighted) == []
    assert summary(session, person, sighted).corrected == 0


def test_an_answered_assignment_is_taken_up_again(session: Writing, cells: list[int], person: Person) -> None:
    round = an_open_round(session)
    first = an_answer(assignment_of(session, round, person, cells[0]), "eosinophil", comment="Large")
    record_reviews(session, person, [first])
    item = answered_assignment(session, person, round, first["assignment_id"])
    assert item.answer is not None
    assert (str(item.last), item.answer.label, item.answer.comment) == (first["id"], "eosinophil", "Large")
    assert item.shown_label == "monocyte"
    again = an_answer(item.assignment_id, "monocyte", supersedes=str(item.last))
    assert [result.status for result in record_reviews(session, person, [again]).items] == ["recorded"]


def test_an_assignment_is_taken_up_only_by_its_reviewer_and_while_the_round_is_open(
    session: Writing, cells: list[int], person: Person
) -> None:
    round = an_open_round(session)
    assignment = assignment_of(session, round, person, cells[0])
    other = an_open_round(session, reviewers=["reviewer2"])
    for who, where in ((a_person(session, "reviewer2"), round), (person, other)):
        with pytest.raises(UnknownAssignment):
            answered_assignment(session, who, where, assignment)
    rounds.close_round(session, round, a_person(session, "admin", "admin"))
    with pytest.raises(UnknownAssignment):
        answered_assignment(session, person, round, assignment)


@pytest.mark.parametrize("kind", [Kind.FIRST, Kind.REPEAT])
def test_nothing_tells_an_own_answer_to_a_blind_cell_from_one_that_repeats_it(
    session: Writing, cells: list[int], person: Person, kind: Kind
) -> None:
    round = an_open_round(session, presentation="blind")
    session.execute(update(Assignment).where(Assignment.cell == cells[0]).values(kind=kind))
    say(session, round, "reviewer1", cells[0], "eosinophil")
    (review,) = found(session, person, round)
    item = answered_assignment(session, person, round, review.assignment_id)
    told = review.model_dump_json() + item.model_dump_json()
    assert review.shown_label is None
    assert item.shown_label is None
    assert str(session.scalar(select(Cell.pid).where(Cell.id == cells[0]))) not in told
    assert kind not in told.replace("first_", "")
    assert "monocyte" not in told


def test_progress_goes_by_the_label_shown_where_one_is(session: Writing, cells: list[int], person: Person) -> None:
    a_cell(session, a_dataset(session, "others"), "monocyte")
    sighted = an_open_round(session)
    say(session, sighted, "reviewer1", cells[1], "monocyte", seconds=3)
    progress = progress_by_class(session, person, sighted)
    assert progress.classes is not None
    assert {one.label: (one.done, one.total) for one in progress.classes} == {
        label: (int(label == "eosinophil"), 1) for label in CLASSES
    }
    assert (progress.done, progress.total, progress.seconds_per_cell) == (1, 5, 3)
    blind = an_open_round(session, "others", presentation="blind")
    assert progress_by_class(session, person, blind).classes is None


def test_a_summary_has_the_figures_and_the_next_round_with_cells_waiting(
    session: Writing, cells: list[int], person: Person
) -> None:
    round = an_open_round(session)
    done = an_open_round(session, filter={"given_label": "monocyte"})
    say(session, done, "reviewer1", cells[0], "monocyte")
    waiting = an_open_round(session, filter={"given_label": "eosinophil"})
    for cell in cells[:3]:
        say(session, round, "reviewer1", cell, "monocyte", seconds=2)
    say(session, round, "reviewer1", cells[3], None, seconds=4)
    said = summary(session, person, round)
    assert (said.cells, said.total, said.corrected, said.unsure, said.seconds) == (4, 5, 2, 1, 10)
    assert said.next is not None
    assert (said.next.id, said.next.pending) == (waiting, 1)
    assert own_reviews.next_round(session, a_person(session, "reviewer2"), round) is None


def test_a_revealed_cell_is_taken_up_again_with_its_label_and_what_stands(
    session: Writing, cells: list[int], person: Person
) -> None:
    round = an_open_round(session, presentation="reveal")
    first = an_answer(assignment_of(session, round, person, cells[0]), "eosinophil")
    assert answered_assignment(session, person, round, first["assignment_id"]).shown_label is None
    record_reviews(session, person, [first])
    second = an_answer(first["assignment_id"], "monocyte", supersedes=first["id"])
    record_reviews(session, person, [second])
    undone = an_answer(first["assignment_id"], verdict="withdrawn", supersedes=second["id"])
    record_reviews(session, person, [undone])
    item = answered_assignment(session, person, round, first["assignment_id"])
    assert item.answer is not None
    assert (item.shown_label, item.answer.label, str(item.last)) == ("monocyte", "eosinophil", undone["id"])
    assert len(found(session, person, round)) == 1
