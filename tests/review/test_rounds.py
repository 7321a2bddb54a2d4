"""The life of a round, as the contract's states have it."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.accounts.people import Person
from app.catalogue.models import Cell
from app.database import Writing
from app.review import planning, queries, rounds
from app.review.errors import (
    ReviewersOverlap,
    RoundIsNotOpen,
    RoundIsOpened,
    UnknownReviewer,
    UnknownRound,
    UnusableFilter,
    UnusableRound,
)
from app.review.filters import CellFilter
from app.review.models import Assignment, Review, Round
from app.review.plan import plan_assignments
from app.review.recounting import recount_cells
from app.review.schemas import ReviewerChange, RoundEdit, RoundSettings
from tests.factories import a_cell, a_dataset, a_person, an_open_round, plan_at_once, say

NAMES = ("reviewer1", "reviewer2", "reviewer3")


@pytest.fixture
def admin(session: Writing) -> Person:
    return a_person(session, "admin", "admin")


@pytest.fixture
def cells(session: Writing) -> list[int]:
    dataset = a_dataset(session)
    for name in NAMES:
        a_person(session, name)
    labels = ["monocyte"] * 6 + ["lymphocyte"] * 6
    return [a_cell(session, dataset, label) for label in labels]


def wanted(**settings: Any) -> RoundSettings:
    return RoundSettings.model_validate({"name": "A round", "dataset": "smears", "reviewers": list(NAMES)} | settings)


def queue(session: Writing, pid: str, name: str) -> list[Any]:
    return queries.next_assignments(session, pid, a_person(session, name), 200, 0).items


@given(
    cells=st.integers(0, 60),
    reviewers=st.integers(1, 7),
    per_cell=st.integers(1, 7),
    seed=st.integers(0, 2**31),
    order=st.sampled_from(["shuffled", "import"]),
)
def test_a_plan_is_balanced_complete_and_the_same_for_the_same_seed(
    cells: int, reviewers: int, per_cell: int, seed: int, order: str
) -> None:
    per_cell = min(per_cell, reviewers)
    plan = plan_assignments(range(cells), range(reviewers), per_cell, order, seed)
    loads = [len(each) for each in plan.values()]
    assert max(loads) - min(loads) <= 1
    assert Counter(cell for each in plan.values() for cell in each) == dict.fromkeys(range(cells), per_cell)
    assert all(len(set(each)) == len(each) for each in plan.values())
    assert plan == plan_assignments(range(cells), range(reviewers), per_cell, order, seed)


def test_a_draft_is_edited_and_deleted_and_an_opened_round_is_not(
    session: Writing, admin: Person, cells: list[int]
) -> None:
    pid = rounds.draft_round(session, wanted(), admin)
    rounds.edit_draft(session, pid, RoundEdit(name="Another name", reviews_per_cell=3), admin)
    view = queries.round_view(session, admin, pid)
    assert (view.name, view.reviews_per_cell, view.state) == ("Another name", 3, "draft")
    rounds.open_round(session, pid, admin)
    with pytest.raises(RoundIsOpened):
        rounds.edit_draft(session, pid, RoundEdit(name="x"), admin)
    with pytest.raises(RoundIsOpened):
        rounds.delete_draft(session, pid, admin)
    other = rounds.draft_round(session, wanted(), admin)
    rounds.delete_draft(session, other, admin)
    with pytest.raises(UnknownRound):
        queries.round_view(session, admin, other)


@pytest.mark.parametrize(
    ("settings", "error", "field"),
    [
        ({"reviewers": ["reviewer1"], "reviews_per_cell": 2}, UnusableRound, "reviews_per_cell"),
        ({"presentation": "blind", "order": "import"}, UnusableRound, "order"),
        ({"reviewers": ["nobody"]}, UnknownReviewer, "reviewers"),
        ({"filter": {"given_label": "monocite"}}, UnusableFilter, "given_label"),
        ({"filter": {"pair": "monocyte"}}, UnusableFilter, "pair"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    session: Writing,
    admin: Person,
    cells: list[int],
    settings: dict[str, Any],
    error: type[UnusableRound],
    field: str,
) -> None:
    with pytest.raises(error) as refused:
        rounds.preview(session, wanted(**settings), admin)
    assert refused.value.field == field
    with pytest.raises(error):
        rounds.draft_round(session, wanted(**settings), admin)


def test_the_preview_says_what_the_plan_then_does(session: Writing, admin: Person, cells: list[int]) -> None:
    given_settings = wanted(seed=7, filter={"given_label": "monocyte"})
    plan = rounds.preview(session, given_settings, admin)
    assert (plan.cells, plan.assignments, plan.reviews_per_cell) == (6, 12, 2)
    pid = rounds.draft_round(session, given_settings, admin)
    rounds.open_round(session, pid, admin)
    plan_at_once(session, pid)
    assert {each.reviewer: each.assignments for each in plan.reviewers} == {
        name: len(queue(session, pid, name)) for name in NAMES
    }


def test_a_round_that_covers_nothing_is_not_opened(session: Writing, admin: Person, cells: list[int]) -> None:
    pid = rounds.draft_round(session, wanted(filter={"given_label": "basophil"}), admin)
    with pytest.raises(UnusableRound):
        rounds.open_round(session, pid, admin)


def test_nothing_is_served_while_a_round_is_planned_and_a_killed_plan_goes_on(
    session: Writing, admin: Person, cells: list[int]
) -> None:
    pid = rounds.draft_round(session, wanted(), admin)
    rounds.open_round(session, pid, admin)
    round_id = session.execute(select(Round.id).where(Round.pid == pid)).scalar_one()
    reviewers = [id for id, _ in rounds.reviewers_of(session, round_id)]
    places = planning.places(session, round_id, 0, reviewers, {})
    planning.write_places(session, round_id, places[:5])
    assert queue(session, pid, "reviewer1") == []
    planning.write_places(session, round_id, places[:10])
    planning.write_places(session, round_id, places[10:])
    planning.finish_planning(session, round_id)
    assert sum(len(queue(session, pid, name)) for name in NAMES) == len(places) == 24
    assert queries.round_view(session, admin, pid).progress.pending == 24


def test_opening_a_round_changes_no_cells_state(session: Writing, cells: list[int]) -> None:
    an_open_round(session, reviewers=NAMES)
    assert set(session.execute(select(Cell.state)).scalars()) == {"unreviewed"}


def test_nobody_meets_a_blind_cell_in_another_open_round(session: Writing, admin: Person, cells: list[int]) -> None:
    an_open_round(session, reviewers=NAMES, presentation="blind", filter=CellFilter(given_label="monocyte"))
    pid = rounds.draft_round(session, wanted(reviewers=["reviewer1"], reviews_per_cell=1), admin)
    with pytest.raises(ReviewersOverlap) as refused:
        rounds.open_round(session, pid, admin)
    assert "reviewer1 has 4 of these cells" in refused.value.message
    an_open_round(session, reviewers=NAMES, filter=CellFilter(given_label="lymphocyte"))


def test_a_closed_round_serves_nothing_refuses_answers_and_lets_the_cell_settle(
    session: Writing, admin: Person, cells: list[int]
) -> None:
    pid = an_open_round(session, reviewers=NAMES[:2])
    say(session, pid, "reviewer1", cells[0], "monocyte")
    assert session.scalar(select(Cell.state).where(Cell.id == cells[0])) == "in_review"
    rounds.close_round(session, pid, admin)
    recount_cells(session, cells)
    assert session.scalar(select(Cell.state).where(Cell.id == cells[0])) == "agreed"
    [result] = say(session, pid, "reviewer2", cells[0], "monocyte").items
    assert (result.status, result.reason) == ("conflict", "round_closed")
    assert queue(session, pid, "reviewer2") == []
    rounds.open_round(session, pid, admin)
    recount_cells(session, cells)
    assert session.scalar(select(Cell.state).where(Cell.id == cells[0])) == "in_review"
    [result] = say(session, pid, "reviewer2", cells[0], "monocyte").items
    assert result.status == "recorded"


def test_a_round_is_extended_by_cells_that_came_later(session: Writing, admin: Person, cells: list[int]) -> None:
    pid = an_open_round(session, reviewers=NAMES[:1])
    with pytest.raises(UnusableRound):
        rounds.extend_round(session, pid, admin)
    dataset = session.execute(select(Cell.dataset).where(Cell.id == cells[0])).scalar_one()
    late = a_cell(session, dataset, "basophil")
    rounds.extend_round(session, pid, admin)
    with pytest.raises(RoundIsNotOpen):
        rounds.close_round(session, pid, admin)
    round_id = session.execute(select(Round.id).where(Round.pid == pid)).scalar_one()
    reviewers = [id for id, _ in rounds.reviewers_of(session, round_id)]
    first = rounds.next_positions(session, round_id, reviewers)
    planning.write_places(session, round_id, planning.places(session, round_id, 1, reviewers, first))
    added = session.execute(select(Assignment.position).where(Assignment.cell == late)).scalar_one()
    assert added == len(cells) + 1


def test_who_joins_takes_an_even_share_and_who_leaves_gives_theirs_away(
    session: Writing, admin: Person, cells: list[int]
) -> None:
    pid = an_open_round(session, reviewers=NAMES[:2], reviews_per_cell=1)
    planning.change_reviewers(session, pid, ReviewerChange(join=["reviewer3"]), admin)
    shares = [len(queue(session, pid, name)) for name in NAMES]
    assert shares == [4, 4, 4]
    planning.change_reviewers(session, pid, ReviewerChange(leave=["reviewer1"]), admin)
    assert queue(session, pid, "reviewer1") == []
    assert [len(queue(session, pid, name)) for name in NAMES[1:]] == [6, 6]
    assert queries.round_view(session, admin, pid).progress.total == 12


def test_who_left_changes_no_answer_any_more(session: Writing, admin: Person, cells: list[int]) -> None:
    pid = an_open_round(session, reviewers=NAMES[:2], reviews_per_cell=2, presentation="blind")
    assert say(session, pid, "reviewer1", cells[0], "monocyte").items[0].status == "recorded"
    planning.change_reviewers(session, pid, ReviewerChange(leave=["reviewer1"]), admin)
    first = session.execute(select(Review.uuid).where(Review.cell == cells[0])).scalar_one()
    [result] = say(session, pid, "reviewer1", cells[0], "basophil", supersedes=str(first)).items
    assert (result.status, result.reason) == ("conflict", "moved")


def test_an_admin_who_reviews_blind_learns_nothing_by_what_a_filter_finds(
    session: Writing, admin: Person, cells: list[int]
) -> None:
    an_open_round(session, reviewers=["reviewer1", "admin"], reviews_per_cell=2, presentation="blind")
    a_person(session, "reviewer2")
    settings = RoundSettings(
        name="Probe", dataset="smears", reviewers=["reviewer2"], filter=CellFilter(given_label="monocyte")
    )
    probe = rounds.draft_round(session, settings, admin)
    with pytest.raises(UnusableRound, match="another admin"):
        rounds.open_round(session, probe, admin)
    rounds.open_round(session, probe, a_person(session, "admin2", "admin"))


def test_an_answer_to_a_moved_assignment_is_a_conflict(session: Writing, admin: Person, cells: list[int]) -> None:
    pid = an_open_round(session, reviewers=NAMES[:2], reviews_per_cell=1)
    first = session.execute(
        select(Assignment.cell).where(Assignment.reviewer == a_person(session, "reviewer1").id).limit(1)
    ).scalar_one()
    planning.change_reviewers(session, pid, ReviewerChange(leave=["reviewer1"]), admin)
    [result] = say(session, pid, "reviewer1", first, "monocyte").items
    assert (result.status, result.reason) == ("conflict", "moved")


def test_a_reviewer_who_leaves_lets_lapse_what_nobody_else_can_take(
    session: Writing, admin: Person, cells: list[int]
) -> None:
    pid = an_open_round(session, reviewers=NAMES[:2], reviews_per_cell=2)
    say(session, pid, "reviewer2", cells[0], "monocyte")
    planning.change_reviewers(session, pid, ReviewerChange(leave=["reviewer1"]), admin)
    assert session.scalar(select(Cell.state).where(Cell.id == cells[0])) == "agreed"
    assert queries.round_view(session, admin, pid).progress.total == 12
