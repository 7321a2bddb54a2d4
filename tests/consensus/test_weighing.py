"""The posterior of a cell in plain Python: the same as the model's, for any votes and any fit."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.consensus.rules import Ballot, Rule, Ruling, dawid_skene, majority
from app.consensus.statistics import dawid_skene as model
from app.consensus.statistics.votes import NOBODY, votes
from app.consensus.weighing import Belief, Weights, unpacked

A = Ballot("label", 0)
B = Ballot("label", 1)
AB = Ballot("borderline", 0, 1)
UNSURE = Ballot("unsure")
UNUSABLE = Ballot("unusable")


def weights(classes: int, raters: int, seed: int, given_votes: bool = False) -> tuple[Weights, np.ndarray, np.ndarray]:
    """A fit drawn by chance: people 10, 11 … and, where they vote, the given labels last."""
    random = np.random.default_rng(seed)
    marginals = random.dirichlet(np.ones(classes))
    matrices = random.dirichlet(np.full(classes, 0.5), (raters + given_votes, classes))
    packed = np.concatenate([marginals, matrices.ravel()]).astype("<f8").tobytes()
    people = {10 + place: place for place in range(raters)}
    return Weights(7, classes, people, raters if given_votes else None, packed), marginals, matrices


answers = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=7)


@given(answers, st.integers(0, 50))
@settings(deadline=None)
def test_it_is_the_models_posterior(said: list[tuple[int, int, int]], seed: int) -> None:
    fitted, marginals, matrices = weights(4, 3, seed)
    ballots = [
        (10 + rater, Ballot("label", one) if one == two else Ballot("borderline", one, two)) for rater, one, two in said
    ]
    belief = fitted.belief(ballots, None)
    seconds = [NOBODY if one == two else two for _, one, two in said]
    given_votes = votes(
        [0] * len(said), [rater for rater, _, _ in said], [one for _, one, _ in said], seconds, raters=3, classes=4
    )
    assert belief is not None
    assert belief.values == pytest.approx(model.posterior(given_votes, marginals, matrices)[0].tolist(), abs=2e-9)
    assert belief.fit == 7


def test_given_labels_are_one_more_rater_where_the_fit_knows_them() -> None:
    fitted, marginals, matrices = weights(3, 1, 4, given_votes=True)
    belief = fitted.belief([(10, B)], 2)
    two = votes([0, 0], [0, 1], [1, 2], raters=2, classes=3)
    assert belief is not None
    assert belief.values == pytest.approx(model.posterior(two, marginals, matrices)[0].tolist(), abs=2e-9)
    alone = weights(3, 1, 4)[0]
    assert alone.belief([(10, B)], 2) == alone.belief([(10, B)], None)


def test_somebody_new_is_taken_for_the_mean_of_those_who_were_fitted() -> None:
    fitted, marginals, matrices = weights(3, 2, 5, given_votes=True)
    mean = matrices[:2].mean(axis=0)
    belief = fitted.belief([(99, A)], None)
    assert belief is not None
    expected = marginals * mean[:, 0]
    assert belief.values == pytest.approx((expected / expected.sum()).tolist(), abs=2e-9)


def test_no_vote_for_a_class_gives_no_posterior() -> None:
    fitted, _, _ = weights(3, 2, 6, given_votes=True)
    assert fitted.belief([(10, UNSURE), (11, UNUSABLE)], 1) is None
    assert fitted.belief([], 1) is None


def test_a_class_that_came_after_the_fit_waits_for_the_next_one() -> None:
    fitted, _, _ = weights(3, 2, 6)
    assert fitted.belief([(10, A), (11, Ballot("label", 3))], None) is None


def test_entropy_is_that_of_the_posterior() -> None:
    assert Belief(1, (0.5, 0.5, 0.0)).entropy == pytest.approx(math.log(2), abs=1e-9)
    assert Belief(1, (1.0, 0.0)).entropy == 0


def test_it_is_kept_as_a_float_a_class() -> None:
    assert unpacked(Belief(1, (0.75, 0.25, 0.0)).packed()) == (0.75, 0.25, 0.0)


def test_a_label_set_may_have_two_classes_or_two_hundred() -> None:
    for classes in (2, 200):
        fitted, _, _ = weights(classes, 3, 8)
        belief = fitted.belief([(10, A), (11, AB)], None)
        assert belief is not None
        assert sum(belief.values) == pytest.approx(1, abs=1e-6)


def test_the_rule_gives_the_class_that_reaches_the_threshold() -> None:
    rule = Rule("dawid-skene", 0.9)
    assert rule([A, B], (0.9, 0.1)) == Ruling("label", 0, None, 0.9, dissent=True)
    assert rule([A, B], (0.89, 0.11)) == Ruling()
    assert rule([A, A], (0.95, 0.05)) == Ruling("label", 0, None, 0.95)
    assert rule([A, UNSURE], (0.95, 0.05)) == Ruling("label", 0, None, 0.95)
    assert Rule("dawid-skene")([A], (0.9, 0.1)).outcome == "label"
    assert Rule("dawid-skene", 0.4)([A, B], (0.5, 0.5)) == Ruling()


def test_the_rule_gives_pairs_and_unusable_as_a_majority_does() -> None:
    sure = (0.99, 0.01)
    for ballots in ([AB, AB], [AB, AB, A], [UNUSABLE, UNUSABLE, A]):
        assert dawid_skene(ballots, sure, 0.9) == majority(ballots)


def test_the_rule_gives_no_class_without_a_posterior() -> None:
    assert Rule("dawid-skene")([A, A], None) == Ruling()
    assert Rule("dawid-skene")([UNUSABLE], None).outcome == "unusable"
