"""Rounds that look for errors: the most suspicious cells first, and among them those that chance drew for the audit."""

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import insert, select, update

from app.accounts.people import Person
from app.catalogue.models import Cell, Dataset
from app.consensus.models import ConsensusFit
from app.database import Writing, now
from app.review import planning, queries, rounds
from app.review.errors import UnusableRound
from app.review.models import Assignment, Kind, Round, RoundCell
from app.review.plan import (
    Ranking,
    drawn_for_audit,
    how_many_audited,
    plan_assignments,
    ranked,
)
from app.review.schemas import ReviewerChange, RoundEdit, RoundSettings
from tests.factories import a_cell, a_dataset, a_person, an_open_round, plan_at_once

NAMES = ("reviewer1", "reviewer2", "reviewer3")
SUSPICIONS = st.lists(st.none() | st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]) | st.floats(0, 1), max_size=120)
SHARES = st.sampled_from([0.0, 0.01, 0.05, 0.1, 0.25, 1 / 3, 0.5])


@given(suspicions=SUSPICIONS, seed=st.integers(0, 2**31))
def test_ranks_follow_suspicion_and_what_is_unknown_comes_last(suspicions: list[float | None], seed: int) -> None:
    ranks = ranked(dict(enumerate(suspicions)), seed)
    by_rank = [suspicions[cell] for cell, _ in sorted(ranks.items(), key=lambda pair: pair[1])]
    assert sorted(ranks.values()) == list(range(1, len(suspicions) + 1))
    assert all(second is None or (first is not None and first >= second) for first, second in pairwise(by_rank)), (
        "no cell comes before a more suspicious one, and none of which nothing is known before another"
    )
    assert ranks == ranked(dict(enumerate(suspicions)), seed)


def test_equals_are_shuffled_by_the_seed() -> None:
    equal: dict[int, float | None] = dict.fromkeys(range(40), 0.5)
    orders = {tuple(ranked(equal, seed)) for seed in range(5)}
    assert len(orders) == 5
    assert tuple(range(40)) not in orders


@given(
    suspicions=SUSPICIONS,
    share=SHARES,
    reviewers=st.integers(1, 5),
    per_cell=st.integers(1, 5),
    seed=st.integers(0, 2**31),
)
def test_a_plan_of_suspicion_has_every_cell_once_in_order_with_the_audit_early(
    suspicions: list[float | None], share: float, reviewers: int, per_cell: int, seed: int
) -> None:
    per_cell = min(per_cell, reviewers)
    cells = range(len(suspicions))
    ranks = ranked(dict(enumerate(suspicions)), seed)
    audited = drawn_for_audit(cells, share, seed)
    assert len(audited) == how_many_audited(share, len(cells))
    plan = plan_assignments(cells, range(reviewers), per_cell, "suspicion", seed, Ranking(ranks, audited))
    assert Counter(cell for queue in plan.values() for cell in queue) == dict.fromkeys(cells, per_cell)
    for queue in plan.values():
        assert len(set(queue)) == len(queue)
        by_rank = [ranks[cell] for cell in queue if cell not in audited]
        assert by_rank == sorted(by_rank)
        places = [at for at, cell in enumerate(queue) if cell in audited]
        assert all(at < max(0.2 * len(queue), 2 * len(places)) for at in places)
    assert plan == plan_assignments(cells, range(reviewers), per_cell, "suspicion", seed, Ranking(ranks, audited))


def test_the_audit_knows_nothing_of_the_ranks_and_is_spread_evenly_over_the_first_fifth() -> None:
    ranks = ranked({cell: cell / 4000 for cell in range(4000)}, 1)
    audited = drawn_for_audit(range(4000), 0.05, 1)
    assert audited == drawn_for_audit(range(4000), 0.05, 1) != drawn_for_audit(range(4000), 0.05, 2)
    by_quarter = Counter(ranks[cell] * 4 // 4001 for cell in audited)
    assert all(30 < by_quarter[quarter] < 70 for quarter in range(4))
    [queue] = plan_assignments(range(4000), [7], 1, "suspicion", 1, Ranking(ranks, audited)).values()
    places = [at for at, cell in enumerate(queue) if cell in audited]
    assert Counter(at // 80 for at in places) == dict.fromkeys(range(10), 20)
    assert len({second - first for first, second in pairwise(places)}) > 3, "not every so many cells"
    met = [ranks[queue[at]] for at in places]
    assert met != sorted(met)


@pytest.fixture
def admin(session: Writing) -> Person:
    return a_person(session, "admin", "admin")


@pytest.fixture
def cells(session: Writing, admin: Person) -> list[int]:
    """Forty cells, the later ones more suspicious, four of them unknown to suspicion."""
    for name in NAMES:
        a_person(session, name)
    dataset = a_dataset(session)
    made = [a_cell(session, dataset, ("monocyte", "lymphocyte")[at % 2]) for at in range(40)]
    for at, cell in enumerate(made[4:], start=4):
        session.execute(update(Cell).where(Cell.id == cell).values(suspicion=at / 40))
    return made


def planned(session: Writing, pid: str, name: str = "reviewer1") -> list[Any]:
    """A reviewer's places in order, each with the rank and the audit of its cell."""
    return list(
        session.execute(
            select(Assignment.cell, Assignment.kind, Assignment.position, RoundCell.rank, RoundCell.audit)
            .join_from(Assignment, Round, Assignment.round == Round.id)
            .join(RoundCell, (RoundCell.round == Round.id) & (RoundCell.cell == Assignment.cell))
            .where(
                Round.pid == pid,
                Assignment.reviewer == a_person(session, name).id,
                Assignment.moved.is_(False),
            )
            .order_by(Assignment.position)
        )
    )


def test_the_most_suspicious_cell_comes_first_and_the_unknown_last(session: Writing, cells: list[int]) -> None:
    pid = an_open_round(session, order="suspicion")
    places = planned(session, pid)
    assert [place.cell for place in places][:36] == cells[:3:-1]
    assert {place.cell for place in places[36:]} == set(cells[:4])
    assert [place.rank for place in places] == list(range(1, 41))
    assert not any(place.audit for place in places)


@pytest.mark.parametrize("presentation", ["sighted", "blind", "reveal"])
def test_ranks_and_audit_are_fixed_when_the_round_opens(
    session: Writing, admin: Person, cells: list[int], presentation: str
) -> None:
    settings = {"name": "A round", "dataset": "smears", "reviewers": ["reviewer1"], "presentation": presentation}
    wanted = RoundSettings.model_validate(settings | {"order": "suspicion", "audit_share": 0.25, "seed": 11})
    pid = rounds.draft_round(session, wanted, admin)
    rounds.open_round(session, pid, admin)
    session.execute(update(Cell).values(suspicion=0.5))
    plan_at_once(session, pid)
    places = planned(session, pid)
    drawn = [place for place in places if place.audit]
    assert len(drawn) == 10
    assert max(place.position for place in drawn) <= 20
    assert [place.rank for place in places if not place.audit] == sorted(
        place.rank for place in places if not place.audit
    )
    assert sorted(place.rank for place in places) == list(range(1, 41))


def test_a_killed_plan_goes_on_and_repeats_keep_their_distance(
    session: Writing, admin: Person, cells: list[int]
) -> None:
    settings = {"name": "A round", "dataset": "smears", "reviewers": ["reviewer1"], "order": "suspicion"}
    wanted = RoundSettings.model_validate(settings | {"audit_share": 0.2, "repeat_share": 0.2})
    pid = rounds.draft_round(session, wanted, admin)
    rounds.open_round(session, pid, admin)
    round_id = session.execute(select(Round.id).where(Round.pid == pid)).scalar_one()
    reviewers = [id for id, _ in rounds.reviewers_of(session, round_id)]
    planning.write_places(session, round_id, planning.places(session, round_id, 0, reviewers, {})[:13])
    again = planning.places(session, round_id, 0, reviewers, {})
    planning.write_places(session, round_id, again)
    places = planned(session, pid)
    assert len(places) == 48
    assert [(place.cell, place.kind) for place in places] == [(each.place.cell, each.place.kind) for each in again]
    ranks = [place.rank for place in places if place.kind == Kind.FIRST and not place.audit]
    assert ranks == sorted(ranks)


def test_cells_that_come_later_are_ranked_and_audited_among_themselves(
    session: Writing, admin: Person, cells: list[int]
) -> None:
    pid = an_open_round(session, order="suspicion", audit_share=0.1)
    dataset = session.execute(select(Cell.dataset).where(Cell.id == cells[0])).scalar_one()
    late = [a_cell(session, dataset, "basophil") for _ in range(20)]
    for at, cell in enumerate(late):
        session.execute(update(Cell).where(Cell.id == cell).values(suspicion=at / 20))
    rounds.extend_round(session, pid, admin)
    round_id = session.execute(select(Round.id).where(Round.pid == pid)).scalar_one()
    reviewers = [id for id, _ in rounds.reviewers_of(session, round_id)]
    first = rounds.next_positions(session, round_id, reviewers)
    planning.write_places(session, round_id, planning.places(session, round_id, 1, reviewers, first))
    places = planned(session, pid)[40:]
    assert {place.cell for place in places} == set(late)
    assert sum(place.audit for place in places) == 2
    assert sorted(place.rank for place in places) == list(range(1, 21))
    by_rank = [place.cell for place in places if not place.audit]
    assert by_rank == sorted(by_rank, reverse=True)


def test_who_joins_gets_their_share_in_order_of_suspicion(session: Writing, admin: Person, cells: list[int]) -> None:
    pid = an_open_round(session, order="suspicion", audit_share=0.1, reviews_per_cell=1)
    planning.change_reviewers(session, pid, ReviewerChange(join=["reviewer2"]), admin)
    places = planned(session, pid, "reviewer2")
    assert len(places) == 20
    ranks = [place.rank for place in places if not place.audit]
    assert ranks == sorted(ranks)


def test_the_preview_says_how_many_are_drawn_and_of_how_many_nothing_is_known(
    session: Writing, admin: Person, cells: list[int]
) -> None:
    settings = {"name": "A round", "dataset": "smears", "reviewers": ["reviewer1"]}
    plan = rounds.preview(
        session, RoundSettings.model_validate(settings | {"order": "suspicion", "audit_share": 0.1}), admin
    )
    assert (plan.audited, plan.unranked, plan.assignments) == (4, 4, 40)
    plan = rounds.preview(session, RoundSettings.model_validate(settings), admin)
    assert (plan.audited, plan.unranked) == (0, 0)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"audit_share": 0.05}, "audit_share"),
        ({"target_probability": 0.95}, "target_probability"),
        ({"suggestions": "predictions", "presentation": "blind"}, "suggestions"),
        ({"suggestions": "predictions", "presentation": "reveal"}, "suggestions"),
        ({"suggestions": "predictions", "trap_share": 0.1}, "suggestions"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(
    session: Writing, admin: Person, cells: list[int], settings: dict[str, Any], field: str
) -> None:
    needed = {"name": "A round", "dataset": "smears", "reviewers": ["reviewer1"]}
    with pytest.raises(UnusableRound) as refused:
        rounds.draft_round(session, RoundSettings.model_validate(needed | settings), admin)
    assert refused.value.field == field
    with pytest.raises(UnusableRound):
        rounds.preview(session, RoundSettings.model_validate(needed | settings), admin)


@pytest.mark.parametrize(
    "settings",
    [{"audit_share": 0.6}, {"target_probability": 0.5}, {"target_probability": 1.0}, {"suggestions": "look-alikes"}],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RoundSettings.model_validate({"name": "A round", "dataset": "smears", "reviewers": ["reviewer1"]} | settings)


def a_fit(session: Writing) -> None:
    """The dataset's rule is Dawid and Skene's, and its reviewers were fitted."""
    session.execute(update(Dataset).values(rule="dawid-skene"))
    dataset = session.execute(select(Dataset.id)).scalar_one()
    session.execute(
        insert(ConsensusFit).values(
            dataset=dataset,
            method="dawid-skene",
            parameters={},
            raters=[],
            classes=18,
            arrays=b"",
            sha256=b"",
            through_review=0,
            cells=0,
            votes=0,
            iterations=1,
            converged=True,
            created_at=now(),
        )
    )


def test_a_target_needs_a_fit_when_it_is_drafted_and_when_it_is_opened(
    session: Writing, admin: Person, cells: list[int]
) -> None:
    a_fit(session)
    settings = {"name": "A round", "dataset": "smears", "reviewers": ["reviewer1"], "target_probability": 0.95}
    pid = rounds.draft_round(session, RoundSettings.model_validate(settings), admin)
    assert queries.round_view(session, admin, pid).target_probability == 0.95
    session.execute(update(Dataset).values(rule="majority"))
    with pytest.raises(UnusableRound) as refused:
        rounds.open_round(session, pid, admin)
    assert refused.value.field == "target_probability"
    rounds.edit_draft(session, pid, RoundEdit.model_validate({"target_probability": None}), admin)
    assert queries.round_view(session, admin, pid).target_probability is None
    rounds.open_round(session, pid, admin)


def test_a_reviewer_is_told_the_order_but_not_how_much_chance_has_drawn(session: Writing, cells: list[int]) -> None:
    pid = an_open_round(session, order="suspicion", audit_share=0.1)
    view = queries.round_view(session, a_person(session, "reviewer1"), pid)
    assert (view.order, view.audit_share) == ("suspicion", None)
    queue = queries.next_assignments(session, pid, a_person(session, "reviewer1"), 40, 0)
    assert {name for item in queue.items for name in item.model_dump()} == {
        "assignment_id",
        "position",
        "image_url",
        "thumbnail_url",
        "shown_label",
        "last",
    }
