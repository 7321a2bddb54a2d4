"""Rounds that reveal: answered blind, then with the label told; both answers are kept and the last one votes."""

from typing import Any

import pytest
from sqlalchemy import event, select, update

from app.catalogue.models import Cell
from app.database import Writing
from app.review import planning, queries
from app.review.models import Assignment, Review, Round, RoundState
from app.review.recounting import recount_cells
from app.review.schemas import ReviewerChange
from app.review.service import record_reviews
from tests.factories import a_cell, a_dataset, a_person, an_answer, an_open_round, assignment_of

GIVEN = "neutrophil_band"
OTHER = "eosinophil"


class Scene:
    """A cell, one that was born disputed and one without a label, in a reveal round of two."""

    def __init__(self, session: Writing) -> None:
        self.session = session
        dataset = a_dataset(session)
        self.cell = a_cell(session, dataset, GIVEN)
        self.born_disputed = a_cell(session, dataset, GIVEN, OTHER)
        self.unlabelled = a_cell(session, dataset)
        self.round = an_open_round(session, reviewers=["reviewer1", "reviewer2"], presentation="reveal")
        self.person = a_person(session, "reviewer1")
        self.admin = a_person(session, "admin", "admin")

    def assignment(self, cell: int | None = None) -> str:
        return assignment_of(self.session, self.round, self.person, cell or self.cell)

    def send(self, *answers: dict[str, Any]) -> list[Any]:
        return record_reviews(self.session, self.person, answers).items

    def answered(self, label: str = OTHER, cell: int | None = None) -> dict[str, Any]:
        """An answer that was given blind."""
        answer = an_answer(self.assignment(cell), label)
        assert self.send(answer)[0].status == "recorded"
        return answer

    def then(self, before: dict[str, Any], label: str | None = None, **fields: Any) -> dict[str, Any]:
        """An answer after the one before."""
        return an_answer(before["assignment_id"], label, supersedes=before["id"], **fields)

    def taken_back(self, before: dict[str, Any]) -> dict[str, Any]:
        return self.then(before, verdict="withdrawn")

    def state(self) -> str | None:
        return self.session.scalar(select(Assignment.state).where(Assignment.pid == self.assignment()))

    def kept(self) -> list[tuple[Any, ...]]:
        """What was recorded of the cell: verdict, label shown and presentation, in order."""
        rows = self.session.execute(
            select(Review.verdict, Review.shown_label, Review.presentation)
            .where(Review.cell == self.cell)
            .order_by(Review.id)
        )
        return [tuple(row) for row in rows]

    def votes(self) -> list[str | None]:
        """The labels of the reviews that stand."""
        found, _ = queries.votes(self.session, self.admin, queries.VoteFilter(round=self.round), 100)
        return [vote.label for vote in found if vote.standing]


@pytest.fixture
def scene(session: Writing) -> Scene:
    return Scene(session)


def test_the_queue_shows_no_label(scene: Scene) -> None:
    items = queries.next_assignments(scene.session, scene.round, scene.person, 10, 0).items
    assert [item.shown_label for item in items] == [None] * 3


def test_a_blind_answer_is_done_and_brings_the_label(scene: Scene) -> None:
    [result] = scene.send(an_answer(scene.assignment(), OTHER))
    assert (result.status, result.shown_label) == ("recorded", GIVEN)
    assert scene.state() == "done"
    assert scene.kept() == [("label", None, "blind")]


@pytest.mark.parametrize("second", [GIVEN, OTHER])
def test_keeping_or_changing_is_a_second_review_and_the_last_one_votes(scene: Scene, second: str) -> None:
    first = scene.answered()
    [result] = scene.send(scene.then(first, second))
    assert result.status == "recorded"
    assert [(verdict, presentation) for verdict, _, presentation in scene.kept()] == [
        ("label", "blind"),
        ("label", "reveal"),
    ]
    assert [shown is None for _, shown, _ in scene.kept()] == [True, False]
    assert scene.votes() == [second]


def test_a_cell_without_one_given_label_has_no_second_step(scene: Scene) -> None:
    for cell in (scene.born_disputed, scene.unlabelled):
        [result] = scene.send(an_answer(scene.assignment(cell), OTHER))
        assert (result.status, result.shown_label) == ("recorded", None)


def test_the_label_comes_again_with_what_was_recorded_before(scene: Scene) -> None:
    first = scene.answered()
    [result] = scene.send(first)
    assert (result.status, result.shown_label) == ("already_recorded", GIVEN)


def test_once_the_label_was_told_a_withdrawal_opens_the_second_step_alone(scene: Scene) -> None:
    first = scene.answered(OTHER)
    second = scene.then(first, GIVEN)
    scene.send(second)
    undone = scene.taken_back(second)
    [result] = scene.send(undone)
    assert (result.status, result.shown_label) == ("recorded", GIVEN)
    assert scene.state() == "done"
    assert scene.votes() == [OTHER]
    third = scene.then(undone, GIVEN)
    assert scene.send(third)[0].status == "recorded"
    assert scene.votes() == [GIVEN]
    assert [presentation for *_, presentation in scene.kept()] == ["blind", "reveal", "reveal", "reveal"]


def test_a_withdrawn_blind_answer_stays_once_its_label_was_told(scene: Scene) -> None:
    first = scene.answered(OTHER)
    scene.send(scene.taken_back(first))
    assert scene.state() == "done"
    assert scene.votes() == [OTHER]


def test_what_was_undone_before_anything_was_sent_is_answered_blind_again(scene: Scene) -> None:
    first = an_answer(scene.assignment(), OTHER)
    undone = scene.taken_back(first)
    results = scene.send(first, undone)
    assert [(result.status, result.shown_label) for result in results] == [("recorded", None)] * 2
    assert scene.state() == "pending"
    [repeated] = scene.send(first)
    assert (repeated.status, repeated.shown_label) == ("already_recorded", None)
    [result] = scene.send(scene.then(undone, GIVEN))
    assert result.shown_label == GIVEN
    assert [presentation for *_, presentation in scene.kept()] == ["blind"] * 3


def test_a_second_thought_in_the_same_batch_is_still_blind(scene: Scene) -> None:
    first = an_answer(scene.assignment(), OTHER)
    results = scene.send(first, scene.then(first, GIVEN))
    assert [result.shown_label for result in results] == [GIVEN] * 2
    assert [presentation for *_, presentation in scene.kept()] == ["blind", "blind"]


def test_an_answer_that_does_not_know_the_last_one_is_a_conflict(scene: Scene) -> None:
    first = scene.answered()
    scene.send(scene.then(first, GIVEN))
    results = scene.send(scene.then(first, OTHER), an_answer(scene.assignment(), OTHER))
    assert [(result.status, result.reason) for result in results] == [
        ("conflict", "superseded"),
        ("conflict", "already_answered"),
    ]
    assert all(result.last.label == GIVEN for result in results)


def test_a_closed_round_takes_no_second_step(scene: Scene) -> None:
    first = scene.answered()
    scene.session.execute(update(Round).values(state=RoundState.CLOSED))
    [result] = scene.send(scene.then(first, GIVEN))
    assert (result.status, result.reason) == ("conflict", "round_closed")


def test_who_leaves_after_the_blind_answer_has_answered(scene: Scene) -> None:
    first = scene.answered()
    planning.change_reviewers(scene.session, scene.round, ReviewerChange(leave=["reviewer1"]), scene.admin)
    assert scene.state() == "done"
    assert scene.votes() == [OTHER]
    assert scene.send(scene.then(first, GIVEN))[0].status == "recorded"


def test_a_reveal_round_is_under_the_blind_rule(scene: Scene) -> None:
    scene.answered()
    own, _ = queries.votes(scene.session, scene.person, queries.VoteFilter(), 10)
    assert [(vote.cell_id, vote.kind, vote.shown_label) for vote in own] == [(None, None, None)]


def test_a_rebuilt_consensus_is_the_same(scene: Scene) -> None:
    first = scene.answered(OTHER)
    second = scene.then(first, GIVEN)
    scene.send(second, scene.taken_back(second))
    before = scene.session.execute(select(Cell.__table__)).all()
    assert recount_cells(scene.session, [scene.cell, scene.born_disputed]) == 0
    assert scene.session.execute(select(Cell.__table__)).all() == before


def test_revealing_takes_no_statement_more(scene: Scene) -> None:
    sighted = an_open_round(scene.session, reviewers=["reviewer3"], author="admin", filter={"given_label": "none"})
    other = a_person(scene.session, "reviewer3")
    counted: list[str] = []

    def count(_: Any, __: Any, statement: str, *___: Any) -> None:
        counted.append(statement)

    event.listen(scene.session._connection, "before_cursor_execute", count)
    try:
        record_reviews(
            scene.session, other, [an_answer(assignment_of(scene.session, sighted, other, scene.unlabelled), OTHER)]
        )
        in_sighted = len(counted)
        scene.send(an_answer(scene.assignment(), OTHER))
    finally:
        event.remove(scene.session._connection, "before_cursor_execute", count)
    assert len(counted) == 2 * in_sighted
