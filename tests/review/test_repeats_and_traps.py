"""Cells that are shown again and wrong labels shown on purpose: planned, served like all others, and never counted."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select, update

from app.accounts.people import Person
from app.catalogue.models import Cell
from app.database import Writing
from app.jobs.models import Job
from app.labels.labelset import load_builtin
from app.review import planning, queries, rounds
from app.review.errors import UnusableRound
from app.review.models import Assignment, Kind, Review, Round
from app.review.schemas import Plan, ReviewerChange, RoundEdit, RoundSettings
from app.review.service import record_reviews
from app.review.tasks import chunks
from tests.factories import a_cell, a_dataset, a_person, an_answer, an_open_round, plan_at_once, say

LABELS = ("monocyte", "lymphocyte", "eosinophil", "basophil")


@pytest.fixture
def admin(session: Writing) -> Person:
    return a_person(session, "admin", "admin")


@pytest.fixture
def dataset(session: Writing, admin: Person) -> int:
    for name in ("reviewer1", "reviewer2"):
        a_person(session, name)
    return a_dataset(session)


def some_cells(session: Writing, dataset: int, n: int, *labels: str) -> list[int]:
    return [a_cell(session, dataset, (labels or LABELS)[at % len(labels or LABELS)]) for at in range(n)]


def agreed_cells(session: Writing, dataset: int, n: int, label: str = "monocyte", said: str | None = None) -> list[int]:
    """Cells on which somebody has said something already."""
    cells = some_cells(session, dataset, n, label)
    a_person(session, "reviewer9")
    pid = an_open_round(session, reviewers=["reviewer9"], reviews_per_cell=1)
    for cell in cells:
        say(session, pid, "reviewer9", cell, said or label)
    rounds.close_round(session, pid, a_person(session, "admin", "admin"))
    return cells


def places(session: Writing, pid: str, name: str) -> list[Any]:
    """A reviewer's queue as it was planned, without what is gone."""
    return list(
        session.execute(
            select(Assignment.__table__)
            .join(Round, Assignment.round == Round.id)
            .where(
                Round.pid == pid,
                Assignment.reviewer == a_person(session, name).id,
                Assignment.moved.is_(False),
            )
            .order_by(Assignment.position)
        )
    )


def opened_with_traps(session: Writing, admin: Person, **settings: Any) -> str:
    """A round that is opened and planned as its job would do it."""
    needed = {"name": "A round", "dataset": "smears", "reviewers": ["reviewer1"]}
    pid = rounds.draft_round(session, RoundSettings.model_validate(needed | settings), admin)
    rounds.open_round(session, pid, admin)
    arguments = session.execute(select(Job.arguments).where(Job.subject == pid)).scalar_one()
    planned = planning.places(
        session,
        arguments["round"],
        arguments["wave"],
        arguments["reviewers"],
        dict(arguments["first_positions"]),
        arguments["traps"],
    )
    planning.write_places(session, arguments["round"], planned)
    plan_at_once(session, pid)
    return pid


def previewed(session: Writing, admin: Person, **settings: Any) -> Plan:
    given = RoundSettings.model_validate({"name": "-", "dataset": "smears", "reviewers": ["reviewer1"]} | settings)
    return rounds.preview(session, given, admin)


def test_repeats_are_laid_another_way_and_show_the_same_label(session: Writing, dataset: int) -> None:
    cells = some_cells(session, dataset, 60)
    pid = an_open_round(session, repeat_share=0.25)
    queue = places(session, pid, "reviewer1")
    first = {place.cell: place for place in queue if place.kind == Kind.FIRST}
    again = [place for place in queue if place.kind == Kind.REPEAT]
    assert set(first) == set(cells)
    assert len(again) == 15
    assert all(place.transform and place.shown_label == first[place.cell].shown_label for place in again)
    assert all(place.position - first[place.cell].position >= len(queue) / 2 for place in again)
    assert [place.position for place in queue] == list(range(1, 76))


def test_oblong_pictures_are_not_given_a_quarter_turn(session: Writing, dataset: int) -> None:
    cells = some_cells(session, dataset, 40)
    session.execute(update(Cell).where(Cell.id.in_(cells)).values(width=200))
    pid = an_open_round(session, repeat_share=0.5)
    assert {place.transform for place in places(session, pid, "reviewer1")} == {None, 2, 4, 6}


def test_a_queue_with_repeats_has_the_form_of_one_without(session: Writing, dataset: int) -> None:
    some_cells(session, dataset, 30)
    plain = an_open_round(session, reviewers=["reviewer1"])
    repeating = an_open_round(session, reviewers=["reviewer2"], repeat_share=0.5)
    forms = [
        {
            (tuple(sorted(item.model_dump())), item.last, item.image_url.replace(item.assignment_id, "-"))
            for item in queries.next_assignments(session, pid, a_person(session, name), 200, 0).items
        }
        for pid, name in ((plain, "reviewer1"), (repeating, "reviewer2"))
    ]
    assert forms[0] == forms[1]
    assert len(forms[0]) == 1


def test_repeats_are_counted_as_work_and_never_as_votes(session: Writing, dataset: int, admin: Person) -> None:
    some_cells(session, dataset, 10, "monocyte")
    pid = an_open_round(session, repeat_share=0.5)
    reviewer = a_person(session, "reviewer1")
    assert queries.round_view(session, reviewer, pid).progress.total == 15
    for place in places(session, pid, "reviewer1"):
        label = "basophil" if place.kind == Kind.REPEAT else "monocyte"
        assert record_reviews(session, reviewer, [an_answer(place.pid, label)]).items[0].status == "recorded"
    assert queries.round_view(session, reviewer, pid).progress.done == 15
    assert {(row.state, row.reviews) for row in session.execute(select(Cell.state, Cell.reviews))} == {("agreed", 1)}
    votes, _ = queries.votes(session, admin, queries.VoteFilter(round=pid), 100)
    assert Counter((vote.kind, vote.standing) for vote in votes) == {("first", True): 10, ("repeat", False): 5}


def test_a_reviewer_of_an_open_round_is_told_no_kind_and_no_share(session: Writing, dataset: int) -> None:
    some_cells(session, dataset, 10)
    adjudicator = a_person(session, "adjudicator1", "adjudicator")
    pid = an_open_round(session, reviewers=["adjudicator1", "reviewer1"], repeat_share=0.5)
    for person in (adjudicator, a_person(session, "reviewer1")):
        for place in places(session, pid, person.name):
            record_reviews(session, person, [an_answer(place.pid, "monocyte")])
    for person in (a_person(session, "reviewer1"), adjudicator):
        votes, _ = queries.votes(session, person, queries.VoteFilter(round=pid), 100)
        assert {vote.kind for vote in votes} == {None}
        assert {vote.cell_id for vote in votes if vote.reviewer == person.name} == {None}
    view = queries.round_view(session, a_person(session, "reviewer1"), pid)
    assert (view.repeat_share, view.trap_share, view.has_traps) == (None, None, False)


def test_traps_are_settled_cells_from_elsewhere_with_a_label_that_nobody_named(
    session: Writing, dataset: int, admin: Person
) -> None:
    settled = agreed_cells(session, dataset, 6, "monocyte", said="lymphocyte")
    some_cells(session, dataset, 40)
    pid = opened_with_traps(session, admin, filter={"state": "unreviewed"}, trap_share=0.1)
    traps = [place for place in places(session, pid, "reviewer1") if place.kind == Kind.TRAP]
    names = [each.name for each in load_builtin("mll23")]
    assert len(traps) == 4
    assert {trap.cell for trap in traps} <= set(settled)
    assert {names[trap.shown_label] for trap in traps} <= {"eosinophil", "basophil"}
    assert all(trap.transform is None for trap in traps)


def test_too_few_cells_for_traps_is_said_and_fewer_are_set(session: Writing, dataset: int, admin: Person) -> None:
    agreed_cells(session, dataset, 3)
    some_cells(session, dataset, 40)
    settings: dict[str, Any] = {"filter": {"state": "unreviewed"}, "trap_share": 0.25}
    plan = previewed(session, admin, **settings)
    assert (plan.cells, plan.assignments, plan.traps, plan.traps_missing) == (40, 43, 3, 7)
    pid = opened_with_traps(session, admin, **settings)
    assert sum(place.kind == Kind.TRAP for place in places(session, pid, "reviewer1")) == 3


def test_a_round_of_one_class_sets_traps_that_show_that_class(session: Writing, dataset: int, admin: Person) -> None:
    settled = agreed_cells(session, dataset, 5, "eosinophil")
    agreed_cells(session, dataset, 5, "monocyte")
    some_cells(session, dataset, 20, "monocyte")
    pid = opened_with_traps(session, admin, filter={"given_label": "monocyte", "state": "unreviewed"}, trap_share=0.2)
    queue = places(session, pid, "reviewer1")
    assert len({place.shown_label for place in queue}) == 1
    assert {place.cell for place in queue if place.kind == Kind.TRAP} <= set(settled)
    assert sum(place.kind == Kind.TRAP for place in queue) == 4


def test_a_cell_of_an_open_blind_round_is_no_trap(session: Writing, dataset: int, admin: Person) -> None:
    agreed_cells(session, dataset, 5)
    an_open_round(session, presentation="blind", filter={"state": "agreed"})
    some_cells(session, dataset, 20, "eosinophil")
    plan = previewed(session, admin, filter={"state": "unreviewed"}, trap_share=0.2)
    assert (plan.traps, plan.traps_missing) == (0, 4)


def test_traps_never_vote(session: Writing, dataset: int, admin: Person) -> None:
    agreed_cells(session, dataset, 6)
    some_cells(session, dataset, 40)
    pid = opened_with_traps(session, admin, filter={"state": "unreviewed"}, trap_share=0.1)
    before = session.execute(select(Cell.id, Cell.state, Cell.label, Cell.reviews).order_by(Cell.id)).all()
    for place in places(session, pid, "reviewer1"):
        if place.kind == Kind.TRAP:
            record_reviews(session, a_person(session, "reviewer1"), [an_answer(place.pid, "eosinophil")])
    assert session.execute(select(Cell.id, Cell.state, Cell.label, Cell.reviews).order_by(Cell.id)).all() == before
    assert session.execute(select(Review.kind).where(Review.kind == "trap")).all()


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"presentation": "blind", "trap_share": 0.1}, "trap_share"),
        ({"presentation": "reveal", "trap_share": 0.1}, "trap_share"),
        ({"order": "import", "repeat_share": 0.1}, "order"),
        ({"order": "import", "trap_share": 0.1}, "order"),
        ({"order": "import", "presentation": "reveal"}, "order"),
    ],
)
def test_settings_that_would_tell_are_refused(
    session: Writing, dataset: int, admin: Person, settings: dict[str, Any], field: str
) -> None:
    some_cells(session, dataset, 4)
    with pytest.raises(UnusableRound) as refused:
        previewed(session, admin, **settings)
    assert refused.value.field == field
    pid = rounds.draft_round(session, RoundSettings(name="-", dataset="smears", reviewers=["reviewer1"]), admin)
    with pytest.raises(UnusableRound):
        rounds.edit_draft(session, pid, RoundEdit.model_validate(settings), admin)


def test_a_preview_counts_what_opening_plans(session: Writing, dataset: int, admin: Person) -> None:
    some_cells(session, dataset, 33)
    settings: dict[str, Any] = {"reviewers": ["reviewer1", "reviewer2"], "repeat_share": 0.1, "seed": 5}
    plan = previewed(session, admin, **settings)
    pid = an_open_round(session, **settings)
    for one in plan.reviewers:
        assert one.assignments == len(places(session, pid, one.reviewer))
    assert (plan.repeats, plan.assignments) == (6, 72)


def test_a_killed_plan_goes_on_with_the_same_repeats(session: Writing, dataset: int, admin: Person) -> None:
    some_cells(session, dataset, 50)
    given = RoundSettings(name="-", dataset="smears", reviewers=["reviewer1", "reviewer2"], repeat_share=0.2)
    pid = rounds.draft_round(session, given, admin)
    rounds.open_round(session, pid, admin)
    arguments = session.execute(select(Job.arguments).where(Job.subject == pid)).scalar_one()

    def planned() -> Any:
        return planning.places(
            session, arguments["round"], 0, arguments["reviewers"], dict(arguments["first_positions"]), ()
        )

    for chunk in list(chunks(planned(), 30))[:2]:
        planning.write_places(session, arguments["round"], chunk)
    for chunk in chunks(planned(), 30):
        planning.write_places(session, arguments["round"], chunk)
    for name in ("reviewer1", "reviewer2"):
        queue = places(session, pid, name)
        mine = [each.place for each in planned() if each.reviewer == a_person(session, name).id]
        assert [(row.cell, row.kind, row.transform) for row in queue] == [
            (place.cell, place.kind, place.transform) for place in mine
        ]


def test_repeats_of_who_leaves_lapse(session: Writing, dataset: int, admin: Person) -> None:
    some_cells(session, dataset, 40)
    pid = an_open_round(session, reviewers=["reviewer1", "reviewer2"], repeat_share=0.2)
    planning.change_reviewers(session, pid, ReviewerChange(leave=["reviewer1"]), admin)
    assert places(session, pid, "reviewer1") == []
    firsts = [row.cell for row in places(session, pid, "reviewer2") if row.kind == Kind.FIRST]
    assert len(set(firsts)) == len(firsts) == 40
    assert queries.next_assignments(session, pid, a_person(session, "reviewer1"), 200, 0).items == []


def test_repeats_whose_first_showing_goes_to_a_newcomer_lapse(session: Writing, dataset: int, admin: Person) -> None:
    some_cells(session, dataset, 60)
    a_person(session, "reviewer3")
    pid = an_open_round(session, reviewers=["reviewer1", "reviewer2"], repeat_share=0.3)
    planning.change_reviewers(session, pid, ReviewerChange(join=["reviewer3"]), admin)
    for name in ("reviewer1", "reviewer2", "reviewer3"):
        queue = places(session, pid, name)
        firsts = {row.cell: at for at, row in enumerate(queue) if row.kind == Kind.FIRST}
        for at, row in enumerate(queue):
            if row.kind == Kind.REPEAT:
                assert at - firsts[row.cell] >= min(100, len(queue) / 2) - 1


def test_a_newcomers_queue_does_not_come_class_by_class(session: Writing, dataset: int, admin: Person) -> None:
    some_cells(session, dataset, 90)
    a_person(session, "reviewer2")
    pid = an_open_round(session, reviewers=["reviewer1"], presentation="blind")
    planning.change_reviewers(session, pid, ReviewerChange(join=["reviewer2"]), admin)
    cells = [row.cell for row in places(session, pid, "reviewer2")]
    assert len(cells) == 45
    assert cells != sorted(cells)


def test_cells_that_are_added_later_get_repeats_of_their_own(session: Writing, dataset: int, admin: Person) -> None:
    some_cells(session, dataset, 20)
    pid = an_open_round(session, repeat_share=0.5)
    before = len(places(session, pid, "reviewer1"))
    added = some_cells(session, dataset, 60)
    rounds.extend_round(session, pid, admin)
    arguments = session.execute(select(Job.arguments).where(Job.subject == pid)).scalar_one()
    planned = planning.places(
        session, arguments["round"], 1, arguments["reviewers"], dict(arguments["first_positions"]), arguments["traps"]
    )
    planning.write_places(session, arguments["round"], planned)
    new = places(session, pid, "reviewer1")[before:]
    assert sorted(row.cell for row in new if row.kind == Kind.FIRST) == added
    firsts = {row.cell: row.position for row in new if row.kind == Kind.FIRST}
    repeats = [row for row in new if row.kind == Kind.REPEAT]
    assert len(repeats) == 30
    assert all(row.position - firsts[row.cell] >= (before + len(new)) / 2 for row in repeats)
