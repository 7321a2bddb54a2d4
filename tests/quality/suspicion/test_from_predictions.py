"""A model's say is weighed by how right it turns out to be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.quality.suspicion.arrays import Floats, Ints
from app.quality.suspicion.confident import confident_joint
from app.quality.suspicion.from_predictions import from_labels, from_probabilities
from app.quality.suspicion.noise import judged, labelling, log_odds_against

CLASSES = 5
PAIRS = [(0, 1), (1, 2), (2, 3), (3, 4)]
MATRIX = labelling(CLASSES, PAIRS)


def simulated(seed: int, n: int = 4000) -> tuple[Ints, Ints, Floats]:
    """Given labels, which of them are wrong, and the probabilities of a model that is right in nine of ten."""
    random = np.random.default_rng(seed)
    truth = random.choice(CLASSES, n, p=[0.5, 0.2, 0.15, 0.1, 0.05])
    scores = random.normal(0, 1.2, (n, CLASSES))
    scores[np.arange(n), truth] += 3.0
    p = np.exp(scores)
    p /= p.sum(axis=1, keepdims=True)
    assert 0.88 < (p.argmax(axis=1) == truth).mean() < 0.92
    hit = random.choice(n, n * 3 // 100, replace=False)
    label = truth.copy()
    step = np.where(truth[hit] == 0, 1, np.where(truth[hit] == CLASSES - 1, -1, random.choice([-1, 1], len(hit))))
    label[hit] += step
    return label, hit, p


def found_in(log_p: Floats, label: Ints, hit: Ints, share: float) -> float:
    odds = log_odds_against(judged(log_p, label, MATRIX), label)
    first = np.argsort(-odds, kind="stable")[: round(share * len(label))]
    return float(np.isin(hit, first).mean())


def test_a_tenth_of_the_cells_holds_nearly_all_errors() -> None:
    label, hit, p = simulated(0)
    assert found_in(from_probabilities(p, label, MATRIX).log_p, label, hit, 0.1) >= 0.9


def test_bare_labels_find_most_of_them_too() -> None:
    label, hit, p = simulated(1)
    told = from_labels(p.argmax(axis=1), label, CLASSES, labelling(CLASSES, PAIRS, right=0.9))
    assert told.stated is None
    assert found_in(told.log_p, label, hit, 0.1) >= 0.85


@pytest.mark.parametrize("power", [0.25, 4.0])
def test_a_model_that_is_too_sure_or_too_shy_is_put_right(power: float) -> None:
    label, _, p = simulated(2)
    off = p**power / (p**power).sum(axis=1, keepdims=True)
    honest, mended = (np.exp(from_probabilities(one, label, MATRIX).log_p) for one in (p, off))
    assert np.abs(honest - mended).mean() < 0.01


def test_a_model_that_says_one_class_too_often_is_put_right() -> None:
    label, hit, p = simulated(3)
    leaning = p * [1, 1, 1, 1, 30.0]
    leaning /= leaning.sum(axis=1, keepdims=True)
    log_p = from_probabilities(leaning, label, MATRIX).log_p
    assert np.exp(log_p).mean(axis=0)[4] == pytest.approx(np.mean(label == 4), abs=0.02)
    assert found_in(log_p, label, hit, 0.1) >= 0.88


def test_a_model_that_knows_nothing_is_not_heard() -> None:
    label, _, _ = simulated(4)
    noise = np.random.default_rng(0).dirichlet(np.ones(CLASSES), len(label))
    p = np.exp(from_probabilities(noise, label, MATRIX).log_p)
    assert p == pytest.approx(np.tile(np.bincount(label) / len(label), (len(label), 1)), abs=0.05)


def test_cells_without_a_prediction_are_left_even() -> None:
    label, _, p = simulated(5, 200 * 5)
    p[3] = np.nan
    p[4] = 0
    told = from_probabilities(p, label, MATRIX)
    assert not told.known[3]
    assert not told.known[4]
    assert told.known.sum() == len(label) - 2
    assert np.exp(told.log_p[3]) == pytest.approx(0.2)
    assert told.label[3] == -1
    bare = from_labels(told.label, label, CLASSES, MATRIX)
    assert np.array_equal(bare.known, told.known)
    assert np.exp(bare.log_p[4]) == pytest.approx(0.2)


@settings(deadline=None, max_examples=40)
@given(some.data())
def test_any_prediction_gives_numbers(data: some.DataObject) -> None:
    n = data.draw(some.integers(0, 8))
    label = np.array(data.draw(some.lists(some.integers(0, 2), min_size=n, max_size=n)), np.int64)
    said = np.array(data.draw(some.lists(some.integers(-1, 2), min_size=n, max_size=n)), np.int64)
    hard = np.zeros((n, 3))
    hard[said >= 0, said[said >= 0]] = 1
    matrix = labelling(3, [(0, 1)])
    for told in (from_probabilities(hard, label, matrix), from_labels(said, label, 3, matrix)):
        assert np.isfinite(told.log_p).all()
        assert np.exp(told.log_p).sum(axis=1) == pytest.approx(np.ones(n))
        assert np.array_equal(told.label, said)


def test_what_cannot_be_is_refused() -> None:
    label = np.zeros(2, np.int64)
    with pytest.raises(ValueError, match="negative"):
        from_probabilities(np.array([[1.5, -0.5], [1, 0]]), label, labelling(2, []))
    with pytest.raises(ValueError, match="2 probabilities"):
        from_probabilities(np.ones((2, 3)), label, labelling(2, []))
    with pytest.raises(ValueError, match="predicted label"):
        from_labels(np.array([0, 2]), label, 2, labelling(2, []))


def test_the_confident_joint_is_counted_by_each_classs_own_threshold() -> None:
    p = np.array([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.4, 0.6], [0.1, 0.9], [0.45, 0.55]])
    label = np.array([0, 0, 0, 1, 1, 1])
    found = confident_joint(p, label)
    assert found.thresholds == pytest.approx([0.6, 2.05 / 3])
    assert found.confident.tolist() == [0, 0, 1, -1, 1, -1]
    assert found.counts.tolist() == [[2, 1], [0, 1]]
    assert found.joint == pytest.approx(np.array([[2, 1], [0, 3]]) / 6)
    assert found.expected_errors == pytest.approx(1 / 6)
    assert found.errors(label).tolist() == [False, False, True, False, False, False]


@settings(deadline=None, max_examples=60)
@given(some.integers(0, 1000), some.integers(1, 40))
def test_the_joint_says_how_often_each_label_is_given(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    label = random.integers(0, 3, n)
    found = confident_joint(random.dirichlet(np.ones(4), n), label)
    assert found.joint.sum(axis=1) == pytest.approx(np.bincount(label, minlength=4) / n)
    assert 0 <= found.expected_errors <= 1
