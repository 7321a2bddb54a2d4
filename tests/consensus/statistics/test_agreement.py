"""Agreement on small votes whose answer can be said by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.consensus.statistics.agreement import (
    Coefficient,
    Sums,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    ladder_distance,
    nominal_distance,
    pair_tables,
    percent_agreement,
    specific_agreement,
    sums_of_patterns,
    total,
    weighted_alpha,
)
from app.consensus.statistics.bootstrap import resampled_by_group
from app.consensus.statistics.summary import agreement_of
from app.consensus.statistics.votes import Votes, votes
from tests.consensus.statistics.multirater import reading_of

ONE_CLASS = [("1", "A", "x"), ("1", "B", "x"), ("2", "A", "x"), ("2", "B", "x")]
PERFECT = [("1", "A", "x"), ("1", "B", "x"), ("2", "A", "y"), ("2", "B", "y")]
OPPOSED = [("1", "A", "x"), ("1", "B", "y"), ("2", "A", "y"), ("2", "B", "x")]
APART = [("1", "A", "x"), ("2", "B", "y")]
NEVER_MEET = [("1", "A", "x"), ("1", "B", "x"), ("2", "C", "y"), ("2", "D", "y")]


def said(*answers: tuple[int, int, int] | tuple[int, int, int, int], classes: int) -> Votes:
    """Votes from answers (item, rater, label) or (item, rater, label, second)."""
    rows = np.array([(*answer, -1)[:4] for answer in answers], np.int64).reshape(-1, 4)
    return votes(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], classes=classes)


def width(figure: Coefficient) -> float:
    """How wide the interval is."""
    assert figure.low is not None
    assert figure.high is not None
    return figure.high - figure.low


def sums(given: Votes) -> Sums:
    return total(sums_of_patterns(given.patterns), given.patterns.items)


def test_one_class_alone_leaves_chance_corrected_figures_undefined_with_the_reason() -> None:
    found = agreement_of(reading_of(ONE_CLASS).votes)
    assert found.percent_agreement.value == 1
    for figure in (found.krippendorff_alpha, found.fleiss_kappa, found.cohen_kappa[0].kappa):
        assert figure.value is None
        assert figure.notes == ("Only one class was said, so chance alone would give the same: 0/0.",)


def test_ac1_is_1_where_all_say_one_of_two_possible_classes() -> None:
    given = votes(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.zeros(4, np.int64), classes=2)
    assert agreement_of(given).gwet_ac1.value == 1


def test_perfect_agreement_is_1_by_every_figure() -> None:
    found = agreement_of(reading_of(PERFECT).votes)
    figures = (found.krippendorff_alpha, found.fleiss_kappa, found.gwet_ac1, found.cohen_kappa[0].kappa)
    assert [figure.value for figure in figures] == pytest.approx([1, 1, 1, 1])


def test_perfect_disagreement() -> None:
    found = agreement_of(reading_of(OPPOSED).votes)
    assert found.cohen_kappa[0].kappa.value == pytest.approx(-1)
    assert found.krippendorff_alpha.value == pytest.approx(-0.5)
    assert found.fleiss_kappa.value == pytest.approx(-1)


def test_without_an_item_that_two_answered_nothing_is_defined() -> None:
    found = agreement_of(reading_of(APART).votes)
    for figure in (found.percent_agreement, found.krippendorff_alpha, found.fleiss_kappa, found.gwet_ac1):
        assert figure.value is None
        assert figure.notes == ("No item has two votes.",)


def test_raters_that_never_meet_have_no_kappa_and_say_why() -> None:
    reading = reading_of(NEVER_MEET)
    found = agreement_of(reading.votes)
    assert found.krippendorff_alpha.value == pytest.approx(1)
    assert found.fleiss_kappa.value == pytest.approx(1)
    (apart,) = [one for one in found.cohen_kappa if (one.rater_a, one.rater_b) == (0, 2)]
    assert (apart.items, apart.kappa.value) == (0, None)
    assert apart.kappa.notes == ("The two raters have no item in common.",)


def test_nothing_at_all_gives_words() -> None:
    found = agreement_of(votes(np.zeros(0), np.zeros(0), np.zeros(0), classes=18))
    assert (found.items, found.votes, found.cohen_kappa) == (0, 0, ())
    assert found.krippendorff_alpha.notes == ("No item has two votes.",)
    assert len(found.per_class) == 18


def test_a_borderline_answer_agrees_by_half_with_each_of_its_classes() -> None:
    assert percent_agreement(sums(said((0, 0, 0), (0, 1, 0, 1), classes=2))) == pytest.approx(0.5)
    assert percent_agreement(sums(said((0, 0, 0, 1), (0, 1, 1, 0), classes=2))) == pytest.approx(0.5)
    assert percent_agreement(sums(said((0, 0, 2), (0, 1, 0, 1), classes=3))) == pytest.approx(0)


def test_a_pair_table_spreads_a_borderline_answer() -> None:
    (pair,) = pair_tables(said((0, 0, 0), (0, 1, 0, 1), (1, 0, 1), (1, 1, 1), classes=2))
    assert pair.table.tolist() == [[0.5, 0.5], [0, 1]]


def test_weighted_alpha_with_the_nominal_distance_is_alpha() -> None:
    given = said((0, 0, 0), (0, 1, 0, 1), (1, 0, 1), (1, 1, 2), (2, 0, 2), (2, 1, 2), (3, 0, 0), classes=3)
    distance = nominal_distance(3)
    weighted = total(sums_of_patterns(given.patterns, distance), given.patterns.items)
    assert weighted_alpha(weighted, distance) == pytest.approx(krippendorff_alpha(sums(given)))


def test_a_step_on_the_ladder_counts_less_than_a_fall_from_it() -> None:
    rungs = np.array([0.0, 1.0, 2.0, np.nan])
    distance = ladder_distance(rungs)
    assert distance[0, 1] == 0.5
    assert distance[0, 2] == distance[0, 3] == distance[3, 1] == 1
    assert not distance.diagonal().any()


def test_specific_agreement_of_two_raters_is_twice_the_common_over_the_sum() -> None:
    given = said((0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 1), (2, 0, 1), (2, 1, 1), classes=3)
    assert specific_agreement(sums(given))[:2] == pytest.approx([2 / 3, 2 / 3])
    assert np.isnan(specific_agreement(sums(given))[2])


def test_votes_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        votes(np.zeros(2), np.zeros(1), np.zeros(2))
    with pytest.raises(ValueError, match="label lies outside"):
        votes(np.zeros(1), np.zeros(1), np.array([3]), classes=3)
    with pytest.raises(ValueError, match="must differ"):
        votes(np.zeros(1), np.zeros(1), np.array([1]), np.array([1]), classes=2)


def test_an_interval_by_group_is_wider_where_a_group_answers_alike() -> None:
    random = np.random.default_rng(3)
    hard = np.repeat(random.random(30) < 0.3, 20)
    first = random.integers(0, 3, 600)
    second = np.where(hard, (first + 1) % 3, first)
    item = np.repeat(np.arange(600), 2)
    given = votes(item, np.tile([0, 1], 600), np.stack([first, second], axis=1).ravel(), classes=3)
    alone = agreement_of(given, samples=400).krippendorff_alpha
    together = agreement_of(given, group=np.repeat(np.arange(30), 20), samples=400).krippendorff_alpha
    assert width(together) > 1.5 * width(alone)


def test_groups_of_one_item_are_items() -> None:
    given = said(*((item, rater, (item * rater) % 3) for item in range(40) for rater in range(3)), classes=3)
    one = sums_of_patterns(given.patterns)
    drawn = resampled_by_group(given.patterns, one, np.arange(40), samples=4000, seed=0)
    by_item = agreement_of(given, samples=4000)
    low, high = np.quantile(krippendorff_alpha(drawn), [0.025, 0.975])
    assert (low, high) == pytest.approx((by_item.krippendorff_alpha.low, by_item.krippendorff_alpha.high), abs=0.02)


answers = some.lists(
    some.tuples(some.integers(0, 7), some.integers(0, 3), some.integers(0, 3)),
    unique_by=lambda answer: answer[:2],
    max_size=32,
)


@given(answers)
def test_no_figure_is_above_1_and_none_is_nan(rows: list[tuple[int, int, int]]) -> None:
    found = agreement_of(said(*rows, classes=4), samples=20)
    figures = [found.percent_agreement, found.krippendorff_alpha, found.fleiss_kappa, found.gwet_ac1]
    figures += [pair.kappa for pair in found.cohen_kappa]
    figures += [one for each in found.per_class for one in (each.specific_agreement, each.krippendorff_alpha)]
    for figure in figures:
        assert figure.notes if figure.value is None else figure.value <= 1 + 1e-9


@given(answers, some.randoms(use_true_random=False))
def test_neither_the_order_of_votes_nor_the_names_of_raters_matter(
    rows: list[tuple[int, int, int]], random: object
) -> None:
    given_votes = said(*rows, classes=4)
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = said(*((item, 3 - rater, label) for item, rater, label in shuffled), classes=4)
    for figure in (percent_agreement, krippendorff_alpha, fleiss_kappa, lambda one: gwet_ac1(one, 4)):
        assert figure(sums(given_votes)) == pytest.approx(figure(sums(other)), nan_ok=True)


@given(answers)
def test_two_raters_alone_have_one_kappa_whoever_comes_first(rows: list[tuple[int, int, int]]) -> None:
    for pair in pair_tables(said(*rows, classes=4)):
        assert cohen_kappa(pair.table) == pytest.approx(cohen_kappa(pair.table.T), nan_ok=True)
