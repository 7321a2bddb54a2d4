"""The estimate of wrong labels left."""

import doctest
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.consensus.statistics import stopping
from app.consensus.statistics.stopping import beta_binomial, errors_left


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


def test_counts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="no counts"):
        errors_left(10, 20, 0)


def test_the_example_in_its_description_holds() -> None:
    assert doctest.testmod(stopping).failed == 0
