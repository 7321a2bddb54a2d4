"""The estimate of wrong labels left."""

import doctest
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.consensus.statistics import stopping
from app.consensus.statistics.stopping import Stratum, beta_binomial, convolved, errors_left, errors_left_in_all


def test_a_beta_binomial_with_a_flat_prior_is_flat() -> None:
    assert beta_binomial(4, 1, 1) == pytest.approx([0.2] * 5)


def test_a_beta_binomial_of_integers_can_be_counted() -> None:
    # Pólya's urn with 2 white and 3 black: the chance of k white in 3 draws.
    urn = [comb(k + 1, 1) * comb(3 - k + 2, 2) / comb(7, 4) for k in range(4)]
    assert beta_binomial(3, 2, 3) == pytest.approx(urn)


@given(some.integers(0, 400), some.data())
def test_the_interval_holds_its_middle_and_no_more_than_there_is(unreached: int, data: some.DataObject) -> None:
    audited = data.draw(some.integers(0, unreached))
    wrong = data.draw(some.integers(0, audited))
    left = errors_left(unreached, audited, wrong)
    assert 0 <= left.low <= left.median <= left.high <= left.unseen == unreached - audited


def test_a_larger_audit_narrows_the_interval() -> None:
    assert errors_left(13_000, 650, 0).high < errors_left(13_000, 260, 0).high / 2


def test_everything_audited_leaves_nothing() -> None:
    assert errors_left(50, 50, 3).high == 0


def test_the_interval_covers_the_truth() -> None:
    random = np.random.default_rng(7)
    covered = 0
    for _ in range(400):
        wrong = random.random(4000) < 0.02
        audited = random.random(4000) < 0.05
        left = errors_left(4000, int(audited.sum()), int((wrong & audited).sum()))
        covered += left.low <= int((wrong & ~audited).sum()) <= left.high
    assert covered >= 0.93 * 400


@given(some.integers(0, 400), some.data())
def test_a_single_stratum_is_what_it_is_alone(unreached: int, data: some.DataObject) -> None:
    audited = data.draw(some.integers(0, unreached))
    wrong = data.draw(some.integers(0, audited))
    assert errors_left_in_all([Stratum(unreached, audited, wrong)]) == errors_left(unreached, audited, wrong)


def test_sums_of_counts_are_counted() -> None:
    assert convolved(np.array([0.5, 0.5]), np.array([0.25, 0.5, 0.25])) == pytest.approx([0.125, 0.375, 0.375, 0.125])


def test_what_was_not_decided_widens_the_interval_to_both_sides() -> None:
    decided = errors_left_in_all([Stratum(4000, 200, 4)])
    open_ends = errors_left_in_all([Stratum(4000, 200, 2, undecided=4)])
    assert open_ends.low == errors_left(4000, 200, 2).low < decided.low
    assert open_ends.high == errors_left(4000, 200, 6).high > decided.high
    assert open_ends.median == decided.median


def test_strata_without_cells_leave_nothing() -> None:
    left = errors_left_in_all([])
    assert (left.unseen, left.low, left.median, left.high) == (0, 0, 0, 0)
    assert errors_left_in_all([Stratum(0, 0, 0)]) == left


def test_the_interval_over_two_strata_covers_the_truth() -> None:
    random = np.random.default_rng(11)
    covered = 0
    for _ in range(400):
        strata, left = [], 0
        for cells, share in ((3000, 0.01), (800, 0.08)):
            wrong, audited = random.random(cells) < share, random.random(cells) < 0.1
            strata.append(Stratum(cells, int(audited.sum()), int((wrong & audited).sum())))
            left += int((wrong & ~audited).sum())
        found = errors_left_in_all(strata)
        covered += found.low <= left <= found.high
    assert covered >= 0.93 * 400


@pytest.mark.parametrize(
    "stratum", [Stratum(10, 20, 0), Stratum(10, 5, 4, 2), Stratum(10, 5, -1), Stratum(9, 5, 1, -1)]
)
def test_strata_that_do_not_fit_are_refused(stratum: Stratum) -> None:
    with pytest.raises(ValueError, match="no counts"):
        errors_left_in_all([stratum])


def test_counts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="no counts"):
        errors_left(10, 20, 0)


def test_the_example_in_its_description_holds() -> None:
    assert doctest.testmod(stopping).failed == 0
