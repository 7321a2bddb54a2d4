"""How labels go wrong, and what a given label makes of the evidence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.quality.suspicion.noise import judged, labelling, log_odds_against, suspicion

some_pairs = some.lists(some.tuples(some.integers(0, 4), some.integers(0, 4)), max_size=12)


@given(some.integers(5, 9), some_pairs)
def test_rows_add_up_and_right_labels_are_the_rule(classes: int, pairs: list[tuple[int, int]]) -> None:
    matrix = labelling(classes, pairs)
    assert matrix.sum(axis=1) == pytest.approx(1)
    assert np.diag(matrix) == pytest.approx(0.97)
    assert (matrix > 0).all()


def test_most_errors_go_to_the_classes_that_a_class_is_confused_with() -> None:
    matrix = labelling(5, [(0, 1), (2, 0)])
    assert matrix[0] == pytest.approx([0.97, 0.0105, 0.0105, 0.0045, 0.0045])
    assert matrix[1] == pytest.approx([0.021, 0.97, 0.003, 0.003, 0.003])


def test_a_class_without_partners_errs_evenly() -> None:
    assert labelling(4, [(0, 1)])[3] == pytest.approx([0.01, 0.01, 0.01, 0.97])


def test_two_classes_err_into_each_other_and_one_class_cannot_err() -> None:
    assert labelling(2, [(0, 1)])[0] == pytest.approx([0.97, 0.03])
    assert labelling(2, [])[0] == pytest.approx([0.97, 0.03])
    assert labelling(1, []) == pytest.approx(np.ones((1, 1)))


@pytest.mark.parametrize(("classes", "pairs"), [(0, []), (2, [(0, 2)]), (2, [(-1, 0)])])
def test_what_is_no_class_is_refused(classes: int, pairs: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="class"):
        labelling(classes, pairs)


@settings(max_examples=50)
@given(some.lists(some.floats(-30, 30), min_size=3, max_size=3), some.integers(0, 2))
def test_suspicion_is_bayes_rule(log_p: list[float], given_label: int) -> None:
    matrix = labelling(3, [(0, 1)])
    p = np.exp(np.array(log_p) - max(log_p))
    right = p[given_label] * matrix[given_label, given_label] / (p * matrix[:, given_label]).sum()
    given_labels = np.array([given_label])
    found = suspicion(log_odds_against(judged(np.array([log_p]), given_labels, matrix), given_labels))
    assert found[0] == pytest.approx(1 - right, abs=1e-9)


def test_cells_that_are_all_but_surely_wrong_still_have_an_order() -> None:
    log_p = np.array([[-60.0, 0.0], [-80.0, 0.0]])
    given_labels = np.zeros(2, np.int64)
    odds = log_odds_against(judged(log_p, given_labels, labelling(2, [])), given_labels)
    assert odds[1] > odds[0]
    assert suspicion(odds)[0] == suspicion(odds)[1] == 1.0


def test_of_one_class_nothing_is_suspicious() -> None:
    given_labels = np.zeros(2, np.int64)
    odds = log_odds_against(judged(np.zeros((2, 1)), given_labels, labelling(1, [])), given_labels)
    assert suspicion(odds) == pytest.approx(0)


def test_a_label_that_is_no_class_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 1"):
        judged(np.zeros((1, 2)), np.array([2]), labelling(2, []))
