"""A round's plan as a pure function: repeats far from their first showing, traps that nothing tells, by the seed."""

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from app.images.transforms import KEEPING_SHAPE
from app.review.models import Kind
from app.review.plan import (
    Place,
    filled_queue,
    how_many,
    lapsed_repeats,
    least_distance,
    plan_assignments,
    wrong_label,
)

SHARES = st.sampled_from([0.0, 0.01, 0.05, 0.1, 0.2, 1 / 3, 0.5])


def a_queue(cells: int, repeat_share: float, trap_share: float, seed: int, before: int = 0) -> list[Place]:
    traps = [Place(-1 - at, Kind.TRAP, None, 3) for at in range(how_many(trap_share, cells))]
    return filled_queue(range(cells), traps, repeat_share, range(0, cells, 3), Random(seed), before)


@settings(max_examples=300)
@given(cells=st.integers(0, 700), repeats=SHARES, traps=SHARES, seed=st.integers(0, 2**31))
def test_every_repeat_comes_late_enough_once_and_laid_another_way(
    cells: int, repeats: float, traps: float, seed: int
) -> None:
    queue = a_queue(cells, repeats, traps, seed)
    firsts = {place.cell: at for at, place in enumerate(queue) if place.kind == Kind.FIRST}
    again = [(at, place) for at, place in enumerate(queue) if place.kind == Kind.REPEAT]
    assert list(firsts) == list(range(cells)), "first showings keep their order"
    assert len(again) == how_many(repeats, cells)
    assert len({place.cell for _, place in again}) == len(again)
    assert all(at - firsts[place.cell] >= min(100, len(queue) / 2) for at, place in again)
    assert all(place.transform is not None for _, place in again)
    assert all(place.transform in KEEPING_SHAPE for _, place in again if place.cell % 3 == 0)
    assert all(place.transform is None for place in queue if place.kind != Kind.REPEAT)
    assert sum(place.kind == Kind.TRAP for place in queue) == how_many(traps, cells)
    assert queue == a_queue(cells, repeats, traps, seed)
    assert lapsed_repeats(queue) == []


@given(cells=st.integers(0, 300), before=st.integers(1, 5000), repeats=SHARES, seed=st.integers(0, 2**31))
def test_a_part_that_is_added_later_keeps_the_distance_of_the_whole_queue(
    cells: int, before: int, repeats: float, seed: int
) -> None:
    queue = a_queue(cells, repeats, 0.1, seed, before)
    firsts = {place.cell: at for at, place in enumerate(queue) if place.kind == Kind.FIRST}
    for at, place in enumerate(queue):
        if place.kind == Kind.REPEAT:
            assert at - firsts[place.cell] >= least_distance(before + len(queue))


def test_repeats_lie_all_over_the_rest_of_a_queue() -> None:
    queue = a_queue(4000, 0.1, 0.0, 7)
    repeats = [at for at, place in enumerate(queue) if place.kind == Kind.REPEAT]
    by_quarter = Counter(at * 4 // len(queue) for at in repeats)
    assert all(60 < n < 140 for n in by_quarter.values())


@given(
    named=st.frozensets(st.integers(0, 6)),
    shown=st.dictionaries(st.integers(0, 6), st.integers(1, 50), max_size=7),
    seed=st.integers(0, 2**31),
)
def test_a_traps_label_is_one_of_the_queue_that_nothing_names(
    named: frozenset[int], shown: dict[int, int], seed: int
) -> None:
    label = wrong_label(named, shown, Random(seed))
    assert (label is None) == (set(shown) <= named)
    assert label is None or (label in shown and label not in named)
    assert label == wrong_label(named, shown, Random(seed))


def test_wrong_labels_are_as_frequent_as_the_labels_of_the_queue() -> None:
    random = Random(1)
    drawn = Counter(wrong_label({2}, {0: 90, 1: 10, 2: 500}, random) for _ in range(2000))
    assert 0.85 < drawn[0] / 2000 < 0.95
    assert set(drawn) == {0, 1}


def test_a_repeat_whose_first_showing_was_given_away_lapses() -> None:
    queue = a_queue(1000, 0.1, 0.0, 3)
    gone = next(place.cell for place in queue if place.kind == Kind.REPEAT)
    left = [place for place in queue if place.kind == Kind.REPEAT or place.cell != gone]
    assert [left[at].cell for at in lapsed_repeats(left) if left[at].cell == gone] == [gone]


def test_a_repeat_to_which_its_first_showing_has_come_near_lapses() -> None:
    queue = [Place(cell) for cell in range(300)] + [Place(290, Kind.REPEAT, 2), Place(5, Kind.REPEAT, 2)]
    assert lapsed_repeats(queue) == [300]


@given(cells=st.integers(1, 300), repeats=SHARES, seed=st.integers(0, 2**31), data=st.data())
def test_whatever_is_given_away_the_repeats_that_stay_keep_their_distance(
    cells: int, repeats: float, seed: int, data: st.DataObject
) -> None:
    given_away = data.draw(st.sets(st.integers(0, cells - 1)))
    queue = [
        place for place in a_queue(cells, repeats, 0, seed) if place.kind == Kind.REPEAT or place.cell not in given_away
    ]
    lapsed = set(lapsed_repeats(queue))
    left = [place for at, place in enumerate(queue) if at not in lapsed]
    firsts = {place.cell: at for at, place in enumerate(left) if place.kind == Kind.FIRST}
    for at, place in enumerate(left):
        if place.kind == Kind.REPEAT:
            assert at - firsts[place.cell] >= least_distance(len(left))
    assert len(left) - len(firsts) == sum(place.kind == Kind.REPEAT for place in left)


def test_a_repeat_that_was_answered_stays_however_near_it_came() -> None:
    queue = [Place(0), Place(1), Place(2), Place(2, Kind.REPEAT), Place(0, Kind.REPEAT), Place(3)]
    assert lapsed_repeats(queue) == [3]
    assert lapsed_repeats(queue, stays={3}) == []


def test_forty_thousand_cells_for_two_have_all_their_repeats() -> None:
    queues = plan_assignments(range(41_621), (1, 2), 2, "shuffled", 5)
    filled = [filled_queue(queue, [], 0.05, frozenset(), Random(at)) for at, queue in queues.items()]
    assert [len(queue) for queue in filled] == [41_621 + 2081] * 2
