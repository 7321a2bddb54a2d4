"""The cells of one shown class, as the grid asks for them."""

from typing import Any

import pytest
from sqlalchemy import bindparam, select, text, update

from app.accounts.people import Person
from app.catalogue.models import Cell
from app.database import Database, Writing
from app.labels.errors import UnknownClass
from app.review import grid, rounds
from app.review.errors import RoundHasNoGrid, UnknownRound
from app.review.models import Assignment, Round
from app.review.service import record_reviews
from tests.factories import a_cell, a_dataset, a_person, an_answer, an_open_round
from tests.serving import Server, token_for


@pytest.fixture
def reviewer(session: Writing) -> Person:
    return a_person(session, "reviewer1")


@pytest.fixture
def pid(session: Writing) -> str:
    """A round over six monocytes, three lymphocytes, a cell of two given labels and one of none."""
    dataset = a_dataset(session)
    for label in ["monocyte"] * 6 + ["lymphocyte"] * 3:
        a_cell(session, dataset, label)
    a_cell(session, dataset, "monocyte", "lymphocyte")
    a_cell(session, dataset)
    return an_open_round(session)


def next_of(session: Writing, pid: str, reviewer: Person, label: str, limit: int = 100, after: int = 0) -> list[str]:
    queue = grid.next_of_class(session, pid, reviewer, label, limit, after)
    assert {item.shown_label for item in queue.items} <= {label}
    return [item.assignment_id for item in queue.items]


def counts(session: Writing, pid: str, reviewer: Person) -> dict[str | None, int]:
    return {one.shown_label: one.cells for one in grid.waiting_by_class(session, pid, reviewer)}


def test_a_class_comes_in_the_order_of_the_queue_and_goes_on_after_a_position(
    session: Writing, pid: str, reviewer: Person
) -> None:
    items = grid.next_of_class(session, pid, reviewer, "monocyte", 100, 0).items
    assert len(items) == 6
    positions = [item.position for item in items]
    assert positions == sorted(positions)
    assert next_of(session, pid, reviewer, "monocyte", 2) == [item.assignment_id for item in items[:2]]
    assert next_of(session, pid, reviewer, "monocyte", 100, positions[1]) == [item.assignment_id for item in items[2:]]


def test_cells_of_two_given_labels_or_none_are_left_out_and_counted(
    session: Writing, pid: str, reviewer: Person
) -> None:
    assert counts(session, pid, reviewer) == {None: 2, "monocyte": 6, "lymphocyte": 3}


def test_what_was_answered_is_left_out_and_comes_again_when_it_is_taken_back(
    session: Writing, pid: str, reviewer: Person
) -> None:
    before = grid.next_of_class(session, pid, reviewer, "lymphocyte", 100, 0).items
    first = before[0].assignment_id
    given = an_answer(first, "monocyte")
    record_reviews(session, reviewer, [given])
    assert next_of(session, pid, reviewer, "lymphocyte") == [item.assignment_id for item in before[1:]]
    assert counts(session, pid, reviewer)["lymphocyte"] == 2
    taken_back = an_answer(first, None, verdict="withdrawn", supersedes=given["id"])
    record_reviews(session, reviewer, [taken_back])
    again = grid.next_of_class(session, pid, reviewer, "lymphocyte", 100, 0).items
    assert [item.assignment_id for item in again] == [item.assignment_id for item in before]
    assert str(again[0].last) == taken_back["id"]


def test_thumbnails_that_lie_ready_come_along_and_the_others_are_left_to_be_asked_for(
    session: Writing, pid: str, reviewer: Person
) -> None:
    pictures = iter([b"one", None, b"two"])
    items = grid.next_of_class(session, pid, reviewer, "lymphocyte", 100, 0, lambda row: next(pictures)).items
    ready = "data:image/webp;base64,"
    assert [item.thumbnail for item in items] == [f"{ready}b25l", None, f"{ready}dHdv"]
    assert all(item.thumbnail is None for item in grid.next_of_class(session, pid, reviewer, "monocyte", 9, 0).items)
    session.execute(update(Round).values(repeat_share=0.1))
    items = grid.next_of_class(session, pid, reviewer, "lymphocyte", 100, 0, lambda row: b"one").items
    assert [item.thumbnail for item in items] == [None] * 3


def test_the_longer_side_of_a_picture_is_told(session: Writing, pid: str, reviewer: Person) -> None:
    session.execute(update(Cell).values(width=300, height=360))
    assert {item.side for item in grid.next_of_class(session, pid, reviewer, "monocyte", 100, 0).items} == {360}


@pytest.mark.parametrize("presentation", ["blind", "reveal"])
def test_a_round_that_hides_labels_has_no_grid(session: Writing, reviewer: Person, presentation: str) -> None:
    a_cell(session, a_dataset(session), "monocyte")
    pid = an_open_round(session, presentation=presentation)
    with pytest.raises(RoundHasNoGrid, match="This round is blind"):
        grid.next_of_class(session, pid, reviewer, "monocyte", 100, 0)
    with pytest.raises(RoundHasNoGrid, match="This round is blind"):
        grid.waiting_by_class(session, pid, reviewer)


def test_a_closed_round_serves_nothing(session: Writing, pid: str, reviewer: Person) -> None:
    rounds.close_round(session, pid, a_person(session, "admin", "admin"))
    assert next_of(session, pid, reviewer, "monocyte") == []
    assert counts(session, pid, reviewer) == {}


def test_somebody_elses_round_and_an_unknown_class_are_refused(session: Writing, pid: str, reviewer: Person) -> None:
    with pytest.raises(UnknownRound):
        grid.next_of_class(session, pid, a_person(session, "reviewer2"), "monocyte", 100, 0)
    with pytest.raises(UnknownClass):
        grid.next_of_class(session, pid, reviewer, "monocite", 100, 0)


def test_a_class_of_a_queue_is_a_range_of_an_index_and_its_counts_touch_no_row(
    sqlite_database: Database,
) -> None:
    with sqlite_database.reading() as session:
        values = {"round": 1, "reviewer": 1, "shown_label": 1, "after": 0, "most": 60}
        for statement, wanted in (
            (grid.NEXT_OF_CLASS, "INDEX ix_assignment_pending_shown (round=? AND reviewer=? AND shown_label=? AND "),
            (grid.WAITING, "COVERING INDEX ix_assignment_pending_shown (round=? AND reviewer=?)"),
        ):
            spelled = statement.compile(compile_kwargs={"render_postcompile": True})
            told = {name: values.get(name, value) for name, value in spelled.params.items()}
            plan = session._connection.execute(
                text(f"explain query plan {spelled}").bindparams(*(bindparam(name, told[name]) for name in told))
            ).all()
            steps = [row[3] for row in plan if "assignment" in row[3].lower()]
            assert any(wanted in step for step in steps), steps
            assert not any("TEMP B-TREE" in row[3] for row in plan)


def test_the_queue_of_a_class_is_asked_for_over_rest(server: Server, database: Database) -> None:
    with database.writing() as session:
        dataset = a_dataset(session)
        for label in ("monocyte", "monocyte", "lymphocyte"):
            a_cell(session, dataset, label)
        sighted = an_open_round(session)
    with server.client(token_for(database, "reviewer1")) as client:
        items = client.get(f"/api/v1/rounds/{sighted}/queue", params={"shown_label": "monocyte"}).json()["items"]
        assert [item["shown_label"] for item in items] == ["monocyte", "monocyte"]
        assert set(items[0]) == {
            *("assignment_id", "position", "image_url", "thumbnail_url", "shown_label", "last", "side", "thumbnail"),
        }
        whole = client.get(f"/api/v1/rounds/{sighted}/queue").json()["items"]
        assert len(whole) == 3
        assert "side" not in whole[0]


def test_a_blind_round_says_why_it_can_not_be_asked_by_class(server: Server, database: Database) -> None:
    with database.writing() as session:
        a_cell(session, a_dataset(session), "monocyte")
        pid = an_open_round(session, presentation="blind")
    with server.client(token_for(database, "reviewer1")) as client:
        answer = client.get(f"/api/v1/rounds/{pid}/queue", params={"shown_label": "monocyte"})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "This round is blind, so it has no grid: a grid would show the label."


def test_every_pending_assignment_is_in_the_grid_or_counted_beside_it(
    session: Writing, pid: str, reviewer: Person
) -> None:
    waiting = counts(session, pid, reviewer)
    in_grid = {id for label in waiting if label for id in next_of(session, pid, reviewer, label)}
    everything = set(session.execute(Assignment.__table__.select().with_only_columns(Assignment.pid)).scalars())
    assert len(everything - in_grid) == waiting[None]


def suspect(session: Writing) -> list[int]:
    """Six monocytes and three lymphocytes, the later ones more suspicious, and a monocyte of which nothing is known."""
    dataset = a_dataset(session)
    cells = [a_cell(session, dataset, "monocyte" if at < 6 else "lymphocyte") for at in range(9)]
    for at, cell in enumerate(cells):
        session.execute(update(Cell).where(Cell.id == cell).values(suspicion=at / 10))
    return [a_cell(session, dataset, "monocyte"), *cells]


def cells_in_grid(session: Writing, pid: str, reviewer: Person, limit: int = 100, after: int = 0) -> list[int]:
    of = dict(session.execute(select(Assignment.pid, Assignment.cell)).all())
    return [of[one] for one in next_of(session, pid, reviewer, "monocyte", limit, after)]


def test_the_most_suspicious_cells_of_a_class_come_first_whatever_the_order_of_the_queue(
    session: Writing, reviewer: Person
) -> None:
    unknown, *cells = suspect(session)
    pid = an_open_round(session)
    assert grid.comes_by_suspicion(session, pid, reviewer)
    assert cells_in_grid(session, pid, reviewer) == [*cells[5::-1], unknown]
    session.execute(update(Cell).values(suspicion=0.5))
    found: list[int] = []
    after = 0
    while page := grid.next_of_class(session, pid, reviewer, "monocyte", 2, after).items:
        found += cells_in_grid(session, pid, reviewer, 2, after)
        after = page[-1].position
    assert found == [*cells[5::-1], unknown], "as suspicion was when the round was opened, page by page"


@pytest.mark.parametrize("settings", [{"repeat_share": 0.2}, {"trap_share": 0.2}])
def test_a_round_with_repeats_or_traps_keeps_the_order_of_its_queue(
    session: Writing, reviewer: Person, settings: dict[str, Any]
) -> None:
    suspect(session)
    pid = an_open_round(session, **settings)
    assert not grid.comes_by_suspicion(session, pid, reviewer)
    positions = [item.position for item in grid.next_of_class(session, pid, reviewer, "monocyte", 100, 0).items]
    assert positions == sorted(positions)


def test_a_round_that_was_opened_before_there_was_suspicion_keeps_its_order(
    session: Writing, pid: str, reviewer: Person
) -> None:
    session.execute(update(Cell).values(suspicion=0.5))
    assert not grid.comes_by_suspicion(session, pid, reviewer)


def test_a_round_in_order_of_suspicion_has_its_audit_where_the_queue_has_it(session: Writing, reviewer: Person) -> None:
    suspect(session)
    pid = an_open_round(session, order="suspicion", audit_share=0.3)
    assert grid.comes_by_suspicion(session, pid, reviewer)
    positions = [item.position for item in grid.next_of_class(session, pid, reviewer, "monocyte", 100, 0).items]
    assert positions == sorted(positions)
