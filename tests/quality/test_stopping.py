"""When to stop: what a round that looks for errors found, and what it has left."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.quality.stopping import (
    Estimate,
    Looked,
    More,
    is_wrong,
    step_of,
    thinned,
    when_to_stop,
    yield_curve,
)
from app.review.plan import Ranking, drawn_for_audit, plan_assignments, ranked


@pytest.mark.parametrize(
    ("outcome", "label", "second_label", "wrong"),
    [
        ("label", 3, None, False),
        ("label", 4, None, True),
        ("borderline", 3, 4, False),
        ("borderline", 4, 3, False),
        ("borderline", 4, 5, True),
        ("unusable", None, None, False),
        (None, None, None, None),
    ],
)
def test_a_given_label_is_wrong_where_the_outcome_contradicts_it(
    outcome: str | None, label: int | None, second_label: int | None, wrong: bool | None
) -> None:
    assert is_wrong(3, outcome, label, second_label) is wrong


LOOKED = st.builds(
    lambda wave, audit, read, wrong: (wave, audit, read, wrong),
    st.integers(0, 1),
    st.booleans(),
    st.booleans(),
    st.sampled_from([True, False, None]),
)


@settings(deadline=None)
@given(st.lists(LOOKED, max_size=80), st.booleans(), st.integers(0, 2**31))
def test_whatever_was_read_the_figures_fit_into_each_other(
    drawn: list[tuple[int, bool, bool, bool | None]], in_order: bool, seed: int
) -> None:
    places = list(range(len(drawn)))
    Random(seed).shuffle(places)
    cells = [
        Looked(wave, rank, audit, place if read else None, wrong if read else None)
        for rank, (place, (wave, audit, read, wrong)) in enumerate(zip(places, drawn, strict=True), start=1)
    ]
    told = when_to_stop(cells, in_order)
    assert told.all.cells == len(cells)
    assert told.all.wrong + told.all.undecided <= told.all.read <= told.all.cells
    assert 0 <= told.reached <= len(cells)
    assert told.curve[-1] == (told.ranked.read, told.ranked.wrong)
    if told.audit.read == 0:
        assert told.estimate is None
        return
    assert told.estimate is not None
    assert 0 <= told.estimate.low <= told.estimate.median <= told.estimate.high <= told.estimate.unread
    assert told.estimate.unread == told.all.cells - told.all.read
    for outlook in told.outlooks:
        assert 0 <= outlook.low <= outlook.high <= told.estimate.unread
    assert told.outlooks[0].more == More.NOTHING


def test_a_round_without_an_audit_has_found_something_and_estimates_nothing() -> None:
    cells = [Looked(0, rank, False, rank if rank <= 50 else None, rank % 2 == 0) for rank in range(1, 101)]
    told = when_to_stop(cells)
    assert (told.ranked.read, told.ranked.wrong, told.reached) == (50, 25, 50)
    assert told.estimate is None
    assert told.outlooks == []
    assert told.next is not None
    assert (told.next.cells, told.next.seen, told.next.wrong) == (20, 20, 10)
    assert told.next.median < told.next.high < 20


def test_nothing_read_and_no_cells_at_all() -> None:
    told = when_to_stop([])
    assert (told.all.cells, told.reached, told.estimate, told.next, told.curve) == (0, 0, None, None, [(0, 0)])
    told = when_to_stop([Looked(0, 1, False, None, None), Looked(0, 2, True, None, None)])
    assert (told.all.read, told.estimate, told.next) == (0, None, None)


def test_everything_read_leaves_nothing() -> None:
    cells = [Looked(0, rank, rank % 10 == 0, rank, rank % 7 == 0) for rank in range(1, 101)]
    told = when_to_stop(cells)
    assert told.estimate == Estimate(0, 0, 0, unread=0, audited=0, wrong=0, unsure_of=0)
    assert told.reached == 100
    assert [one.more for one in told.outlooks] == [More.NOTHING]


def test_what_is_undecided_may_be_wrong_or_right() -> None:
    def told(wrong: bool | None) -> Estimate:
        cells = [
            Looked(0, rank, rank % 10 == 0, rank if rank % 10 == 0 else None, wrong if rank % 50 == 0 else False)
            for rank in range(1, 1001)
        ]
        found = when_to_stop(cells).estimate
        assert found is not None
        return found

    assert told(None).low == told(False).low
    assert told(None).high == told(True).high
    assert told(None).unsure_of == 20


def test_read_class_by_class_what_is_missing_of_the_audit_may_be_anything() -> None:
    cells = [
        Looked(0, rank, rank % 10 == 0, rank if rank % 20 == 0 else None, False if rank % 20 == 0 else None)
        for rank in range(1, 1001)
    ]
    in_order, by_class = when_to_stop(cells).estimate, when_to_stop(cells, in_order=False).estimate
    assert in_order is not None
    assert by_class is not None
    assert by_class.high > in_order.high + 50
    assert when_to_stop(cells, in_order=False).next is None


def test_a_larger_audit_and_reading_on_narrow_the_interval() -> None:
    cells = [
        Looked(0, rank, rank % 20 == 0, rank if rank <= 200 or rank % 20 == 0 else None, rank % 40 == 0)
        for rank in range(1, 2001)
    ]
    told = when_to_stop(cells)
    by_kind: dict[More, list[int]] = {}
    for one in told.outlooks:
        by_kind.setdefault(one.more, []).append(one.high - one.low)
    [now] = by_kind[More.NOTHING]
    assert now > by_kind[More.RANK][0] > by_kind[More.RANK][-1]
    assert now > by_kind[More.AUDIT][0] > by_kind[More.AUDIT][-1]


def test_a_long_curve_is_drawn_with_few_points_and_both_ends() -> None:
    curve = yield_curve([Looked(0, at, False, at, at % 3 == 0) for at in range(1, 5001)])
    drawn = thinned(curve)
    assert len(drawn) == 200
    assert (drawn[0], drawn[-1]) == (curve[0], curve[-1])
    assert step_of(5000) == 250


def read_round(seed: int, cells: int, share: float, skill: float, read: float) -> tuple[Estimate, int]:
    """A round of two reviewers that is stopped somewhere: what was estimated, and how many were truly left.

    ``skill`` is how much a ranking knows of what is wrong: 0 nothing.
    """
    random = Random(seed)
    wrong = [random.random() < share for _ in range(cells)]
    suspicion: dict[int, float | None] = {at: random.random() + skill * wrong[at] for at in range(cells)}
    ranks = ranked(suspicion, seed)
    audit = drawn_for_audit(range(cells), 0.05, seed)
    queues = plan_assignments(range(cells), (1, 2), 1, "suspicion", seed, Ranking(ranks, audit))
    done = {cell for which, queue in queues.items() for cell in queue[: int(len(queue) * read * (1, 0.7)[which - 1])]}
    looked = [
        Looked(0, ranks[at], at in audit, at if at in done else None, wrong[at] if at in done else None)
        for at in range(cells)
    ]
    found = when_to_stop(looked).estimate
    assert found is not None
    return found, sum(wrong[at] for at in range(cells) if at not in done)


@pytest.mark.parametrize(("skill", "read"), [(0.8, 0.3), (0.0, 0.3), (0.8, 0.12)])
def test_the_interval_covers_what_is_left_however_good_the_ranking_is(skill: float, read: float) -> None:
    rounds = [read_round(seed, 2000, 0.03, skill, read) for seed in range(200)]
    covered = sum(found.low <= left <= found.high for found, left in rounds)
    assert covered >= 0.93 * len(rounds)
