"""Recording reviews: what stands, what is refused, and what the cell becomes in the same transaction."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, func, select

from app.accounts.people import Person
from app.catalogue.models import Cell, Counter
from app.database import Writing
from app.review.models import Assignment, Review, RoundCounter
from app.review.service import record_reviews
from tests.factories import a_cell, a_dataset, a_person, an_answer, an_open_round, assignment_of


class Scene:
    """A dataset with cells, a round of three reviewers, and what its people say."""

    def __init__(self, session: Writing, **settings: Any) -> None:
        self.session = session
        self.dataset = a_dataset(session)
        self.cells = [a_cell(session, self.dataset, "neutrophil_band") for _ in range(3)]
        self.born_disputed = a_cell(session, self.dataset, "eosinophil", "neutrophil_band")
        names = ("reviewer1", "reviewer2", "reviewer3")
        self.round = an_open_round(session, reviewers=names, **({"reviews_per_cell": 3} | settings))
        self.people = [a_person(session, name) for name in names]

    def assignment(self, person: int = 0, cell: int | None = None) -> str:
        return assignment_of(self.session, self.round, self.people[person], cell or self.cells[0])

    def send(self, *answers: dict[str, Any], person: int = 0) -> list[Any]:
        return record_reviews(self.session, self.people[person], answers).items

    def cell(self, cell: int | None = None) -> Any:
        return self.session.execute(select(Cell.__table__).where(Cell.id == (cell or self.cells[0]))).one()


@pytest.fixture
def scene(session: Writing) -> Scene:
    return Scene(session)


def test_a_review_is_recorded_and_its_assignment_done(scene: Scene) -> None:
    [result] = scene.send(an_answer(scene.assignment(), "neutrophil_band", seconds=1.5))
    assert (result.status, result.reason) == ("recorded", None)
    state = scene.session.scalar(select(Assignment.state).where(Assignment.pid == scene.assignment()))
    assert state == "done"
    counted = scene.session.execute(
        select(RoundCounter.n, RoundCounter.seconds).where(
            RoundCounter.reviewer == scene.people[0].id, RoundCounter.state == "done"
        )
    ).one()
    assert counted == (1, 1.5)


def test_a_review_sent_twice_is_recorded_once(scene: Scene) -> None:
    answer = an_answer(scene.assignment(), "neutrophil_band")
    statuses = [item.status for item in scene.send(answer, answer)] + [scene.send(answer)[0].status]
    assert statuses == ["recorded", "already_recorded", "already_recorded"]
    assert scene.session.scalar(select(func.count()).select_from(Review)) == 1


def test_an_id_used_for_another_answer_is_a_conflict(scene: Scene) -> None:
    answer = an_answer(scene.assignment(), "neutrophil_band")
    scene.send(answer)
    [result] = scene.send(answer | {"label": "monocyte"})
    assert (result.status, result.reason) == ("conflict", "id_reused")


def test_a_second_answer_without_supersedes_is_a_conflict_with_the_last_one_attached(scene: Scene) -> None:
    first = an_answer(scene.assignment(), "neutrophil_band")
    scene.send(first)
    [result] = scene.send(an_answer(scene.assignment(), "monocyte"))
    assert (result.status, result.reason) == ("conflict", "already_answered")
    assert str(result.last.id) == first["id"]
    assert result.last.label == "neutrophil_band"


def test_a_second_thought_supersedes_the_first(scene: Scene) -> None:
    first = an_answer(scene.assignment(), "neutrophil_band")
    second = an_answer(scene.assignment(), "neutrophil_segmented", supersedes=first["id"])
    late = an_answer(scene.assignment(), "monocyte", supersedes=first["id"])
    results = scene.send(first, second, late)
    assert [(item.status, item.reason) for item in results] == [
        ("recorded", None),
        ("recorded", None),
        ("conflict", "superseded"),
    ]
    assert scene.cell().reviews == 1


def test_undo_takes_the_vote_back_and_the_assignment_waits_at_its_place(scene: Scene) -> None:
    first = an_answer(scene.assignment(), "neutrophil_band")
    undo = an_answer(scene.assignment(), supersedes=first["id"]) | {"verdict": "withdrawn"}
    scene.send(first)
    assert scene.cell().state == "in_review"
    scene.send(undo)
    assert (scene.cell().state, scene.cell().reviews) == ("unreviewed", 0)
    place = select(Assignment.state).where(Assignment.pid == scene.assignment())
    assert scene.session.scalar(place) == "pending"
    [again] = scene.send(an_answer(scene.assignment(), "monocyte", supersedes=undo["id"]))
    assert again.status == "recorded"
    assert scene.session.scalar(place) == "done"


def test_one_bad_item_never_stops_the_others(scene: Scene) -> None:
    good = an_answer(scene.assignment(), "neutrophil_band")
    bad = [
        an_answer(scene.assignment(), "neutrophil_bund"),
        {"id": "no uuid", "assignment_id": scene.assignment(), "verdict": "unsure"},
        an_answer("aaaaaaaaaaaaaaaa", "monocyte"),
        an_answer(scene.assignment(), None) | {"verdict": "borderline", "label": "monocyte"},
        an_answer(scene.assignment(), "monocyte") | {"colour": "blue"},
        an_answer(scene.assignment(), "monocyte", comment="a\x00b"),
        an_answer(scene.assignment(), "monocyte", seconds=float("nan")),
        {},
    ]
    results = scene.send(*bad, good)
    assert [item.status for item in results] == ["invalid"] * len(bad) + ["recorded"]
    assert "neutrophil_band" in (results[0].reason or "")
    assert all(item.reason for item in results[:-1])


def test_nobody_answers_for_a_colleague(scene: Scene) -> None:
    [result] = scene.send(an_answer(scene.assignment(person=1), "monocyte"), person=0)
    assert result.status == "invalid"


def test_the_cell_waits_for_the_planned_reviews_then_follows_the_rule(scene: Scene) -> None:
    states = []
    for person, label in enumerate(("neutrophil_band", "neutrophil_band", "neutrophil_segmented")):
        scene.send(an_answer(scene.assignment(person), label), person=person)
        states.append(scene.cell().state)
    assert states == ["in_review", "in_review", "agreed"]
    assert (scene.cell().label, scene.cell().dissent, scene.cell().probability) == (5, True, 2 / 3)


def test_a_cell_that_was_born_disputed_is_shown_without_a_label_and_counts_as_blind(scene: Scene) -> None:
    assert scene.cell(scene.born_disputed).state == "disputed"
    scene.send(an_answer(scene.assignment(cell=scene.born_disputed), "eosinophil"))
    review = scene.session.execute(select(Review.shown_label, Review.presentation)).one()
    assert review == (None, "blind")
    assert scene.cell(scene.born_disputed).state == "in_review"


def test_counters_follow_the_states(scene: Scene) -> None:
    for person in range(3):
        scene.send(an_answer(scene.assignment(person), "neutrophil_band"), person=person)
    counted = dict(
        scene.session.execute(
            select(Counter.state, func.sum(Counter.n)).where(Counter.dataset == scene.dataset).group_by(Counter.state)
        ).all()
    )
    actual = dict(scene.session.execute(select(Cell.state, func.count()).group_by(Cell.state)).all())
    assert {state: n for state, n in counted.items() if n} == actual


def test_a_batch_is_a_handful_of_statements_whatever_its_size(scene: Scene) -> None:
    statements: list[str] = []
    connection = scene.session._connection

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    answers = [an_answer(scene.assignment(cell=cell), "monocyte") for cell in scene.cells]
    event.listen(connection, "before_cursor_execute", note)
    scene.send(answers[0])
    one = len(statements)
    statements.clear()
    scene.send(*answers[1:])
    event.remove(connection, "before_cursor_execute", note)
    assert len(statements) == one
    assert one <= 14


@pytest.mark.parametrize("size", [0, 1])
def test_an_empty_or_wholly_invalid_batch_writes_nothing(scene: Scene, size: int) -> None:
    assert len(scene.send(*[{"id": str(uuid4())}] * size)) == size
    assert scene.session.scalar(select(func.count()).select_from(Review)) == 0


def test_a_person_is_needed(scene: Scene) -> None:
    stranger = Person(10**6, "aaaaaaaaaaaaaaaa", "nobody", scene.people[0].role)
    [result] = record_reviews(scene.session, stranger, [an_answer(scene.assignment(), "monocyte")]).items
    assert result.status == "invalid"
