"""Wilson's interval, against the examples that R. G. Newcombe printed in Statistics in Medicine 17 (1998), table I."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.consensus.statistics import intervals
from app.consensus.statistics.intervals import wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_printed_examples_come_out(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson(successes, n)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


def test_the_example_in_its_description_holds() -> None:
    assert doctest.testmod(intervals).failed == 0


def test_without_a_failure_or_a_success_one_end_is_exact() -> None:
    assert wilson(0, 7).low == 0
    assert wilson(7, 7).high == 1


@given(some.integers(1, 10**9).flatmap(lambda n: some.tuples(some.integers(0, n), some.just(n))))
def test_it_holds_the_share_and_mirrors_when_success_and_failure_change_places(counts: tuple[int, int]) -> None:
    successes, n = counts
    interval, mirrored = wilson(successes, n), wilson(n - successes, n)
    assert 0 <= interval.low <= successes / n <= interval.high <= 1
    assert interval.low == pytest.approx(1 - mirrored.high, abs=1e-9)


def test_more_confidence_needs_more_room() -> None:
    usual, surer = wilson(9, 28), wilson(9, 28, confidence=0.99)
    assert surer.low < usual.low < usual.high < surer.high


@pytest.mark.parametrize(("successes", "n", "confidence"), [(0, 0, 0.95), (3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0)])
def test_it_refuses_what_is_no_number_of_successes(successes: int, n: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="is no"):
        wilson(successes, n, confidence)
