"""The examples of votes in the contract, word for word, and what holds for any votes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.consensus.rules import Ballot, Ruling, entropy, majority, unanimous

A = Ballot("label", 0)
B = Ballot("label", 1)
AB = Ballot("borderline", 1, 0)
AC = Ballot("borderline", 0, 2)
UNSURE = Ballot("unsure")
UNUSABLE = Ballot("unusable")
NONE = Ruling()

EXAMPLES = {
    "one": ([A], Ruling("label", 0, None, 1.0)),
    "two alike": ([A, A], Ruling("label", 0, None, 1.0)),
    "a tie": ([A, B], NONE),
    "two to one": ([A, A, B], Ruling("label", 0, None, 2 / 3, dissent=True)),
    "one unsure": ([A, UNSURE], NONE),
    "a class and a pair that holds it": ([A, AB], Ruling("label", 0, None, 0.75)),
    "two pairs alike": ([AB, AB], Ruling("borderline", 0, 1, 1.0)),
    "two pairs and a class of theirs": ([AB, AB, A], Ruling("borderline", 0, 1, 2 / 3)),
    "two pairs with a class in common": ([AB, AC], NONE),
    "a class and unusable": ([A, UNUSABLE], NONE),
    "two unusable, one class": ([UNUSABLE, UNUSABLE, A], Ruling("unusable", None, None, 2 / 3, dissent=True)),
    "all unsure": ([UNSURE, UNSURE], NONE),
    "one pair alone": ([AB], Ruling("borderline", 0, 1, 1.0)),
}


@pytest.mark.parametrize(("ballots", "ruling"), EXAMPLES.values(), ids=EXAMPLES)
def test_majority_gives_what_the_contract_says(ballots: list[Ballot], ruling: Ruling) -> None:
    assert majority(ballots) == ruling


def test_unanimous_wants_all_to_say_the_same() -> None:
    assert unanimous([A, A]) == Ruling("label", 0, None, 1.0)
    assert unanimous([AB, Ballot("borderline", 0, 1)]) == Ruling("borderline", 0, 1, 1.0)
    assert unanimous([UNUSABLE, UNUSABLE]).outcome == "unusable"
    assert unanimous([A, A, B]) == NONE
    assert unanimous([A, UNSURE]) == NONE
    assert unanimous([UNSURE, UNSURE]) == NONE


def test_a_pair_that_holds_the_class_is_no_dissent_and_another_pair_is() -> None:
    assert not majority([A, A, AB]).dissent
    assert majority([A, A, A, Ballot("borderline", 1, 2)]).dissent
    assert not majority([A, A, UNSURE]).dissent


ballots = st.lists(
    st.one_of(
        st.integers(0, 3).map(lambda label: Ballot("label", label)),
        st.permutations(range(4)).map(lambda order: Ballot("borderline", order[0], order[1])),
        st.sampled_from([UNSURE, UNUSABLE]),
    ),
    min_size=1,
    max_size=9,
)


@given(ballots, st.randoms())
def test_the_order_of_answers_does_not_matter(given_ballots: list[Ballot], random: object) -> None:
    shuffled = list(given_ballots)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert majority(shuffled) == majority(given_ballots)
    assert unanimous(shuffled) == unanimous(given_ballots)


@given(ballots)
def test_what_is_unanimous_is_the_majority_too(given_ballots: list[Ballot]) -> None:
    ruling = unanimous(given_ballots)
    if ruling.outcome:
        assert majority(given_ballots) == ruling
        assert entropy(given_ballots) == pytest.approx(0.693147 if ruling.outcome == "borderline" else 0, abs=1e-6)
