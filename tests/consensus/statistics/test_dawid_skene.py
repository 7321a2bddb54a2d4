"""Dawid and Skene's model on simulated reviewers, and where there is little to go by."""

import numpy as np
import pytest

from app.consensus.statistics.dawid_skene import fit, posterior, prior_matrix
from app.consensus.statistics.votes import Floats, Ints, Votes, votes


def simulated(items: int, skill: list[float], classes: int, seed: int) -> tuple[Votes, Ints, Floats]:
    """Votes of raters who are right with their skill and otherwise say any other class; the truth; the matrices."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, classes, items)
    matrices = np.stack([np.full((classes, classes), (1 - s) / (classes - 1)) for s in skill])
    for matrix, right in zip(matrices, skill, strict=True):
        np.fill_diagonal(matrix, right)
    item = np.repeat(np.arange(items), len(skill))
    rater = np.tile(np.arange(len(skill)), items)
    edges = matrices[rater, truth[item]].cumsum(axis=1)
    label = (random.random((len(item), 1)) > edges).sum(axis=1)
    return votes(item, rater, label, classes=classes), truth, matrices


def test_a_reliable_reviewer_outweighs_two_unreliable_ones() -> None:
    given, truth, _ = simulated(3000, [0.95, 0.5, 0.5], 4, seed=1)
    fitted = fit(given)
    counts = given.patterns.counts[given.patterns.of_item]
    by_majority = (counts.argmax(axis=1) == truth).mean()
    assert (fitted.posterior.argmax(axis=1) == truth).mean() > by_majority + 0.05


def test_the_reviewers_matrices_are_found_again() -> None:
    given, _, matrices = simulated(20_000, [0.9, 0.8, 0.7], 3, seed=2)
    fitted = fit(given)
    assert fitted.converged
    assert np.abs(fitted.matrices - matrices).max() < 0.03
    assert fitted.marginals == pytest.approx([1 / 3] * 3, abs=0.02)


def test_the_likelihood_never_falls() -> None:
    given, _, _ = simulated(500, [0.8, 0.6, 0.4, 0.7], 5, seed=3)
    assert np.diff(fit(given).log_likelihood).min() > -1e-6


def test_the_same_votes_give_the_same_fit_in_whatever_order() -> None:
    given, _, _ = simulated(400, [0.8, 0.6, 0.7], 3, seed=4)
    order = np.random.default_rng(0).permutation(len(given))
    again = votes(given.item[order], given.rater[order], given.label[order], classes=3)
    one, other = fit(given), fit(again)
    assert np.array_equal(one.posterior, fit(given).posterior)
    assert one.posterior == pytest.approx(other.posterior, abs=1e-9)


def test_the_posterior_of_new_items_by_a_fit_is_that_of_the_fit_itself() -> None:
    given, _, _ = simulated(600, [0.9, 0.6, 0.7], 4, seed=5)
    fitted = fit(given, tolerance=1e-12)
    again = posterior(given, fitted.marginals, fitted.matrices)
    assert again == pytest.approx(fitted.posterior, abs=1e-6)


def test_a_reviewer_whom_the_fit_does_not_know_moves_nothing() -> None:
    given, _, _ = simulated(600, [0.9, 0.6, 0.7], 4, seed=5)
    fitted = fit(given)
    matrices = np.concatenate([fitted.matrices, np.full((1, 4, 4), np.nan)])
    alone = votes(np.array([0]), np.array([0]), np.array([2]), raters=4, classes=4)
    joined = votes(np.array([0, 0]), np.array([0, 3]), np.array([2, 1]), raters=4, classes=4)
    assert posterior(joined, fitted.marginals, matrices) == pytest.approx(posterior(alone, fitted.marginals, matrices))


def test_a_borderline_answer_leaves_both_classes_open() -> None:
    given, _, _ = simulated(600, [0.9, 0.9, 0.9], 3, seed=6)
    fitted = fit(given)
    torn = votes(np.array([0]), np.array([0]), np.array([0]), np.array([1]), raters=3, classes=3)
    (found,) = posterior(torn, fitted.marginals, fitted.matrices)
    assert found[0] + found[1] > 0.85
    assert min(found[0], found[1]) > 0.3


def test_a_prior_keeps_a_reviewer_of_few_answers_from_certainty() -> None:
    given = votes(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), classes=3)
    assert fit(given).posterior.max() == pytest.approx(1)
    assert 0.7 < fit(given, prior=2).posterior.max(axis=1).min() < 1


def test_what_nobody_said_has_no_rate_and_no_share() -> None:
    given = votes(np.array([0, 0]), np.array([0, 1]), np.array([0, 0]), classes=3)
    fitted = fit(given)
    assert fitted.marginals.tolist() == [1, 0, 0]
    assert np.isnan(fitted.matrices[:, 1:]).all()
    assert not np.isnan(fitted.posterior).any()


def test_no_votes_are_no_fit() -> None:
    fitted = fit(votes(np.zeros(0), np.zeros(0), np.zeros(0), raters=2, classes=3))
    assert fitted.posterior.shape == (0, 3)
    assert np.isnan(fitted.marginals).all()


def test_a_negative_prior_is_refused() -> None:
    with pytest.raises(ValueError, match="pseudo-answers"):
        fit(votes(np.zeros(1), np.zeros(1), np.zeros(1), classes=2), prior=-1)


def test_the_rows_of_a_prior_are_distributions() -> None:
    for classes in (1, 2, 18):
        assert prior_matrix(classes).sum(axis=1) == pytest.approx(np.ones(classes))
