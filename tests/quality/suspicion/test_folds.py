"""Cells that could tell on each other are held back together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.quality.suspicion.folds import FOLDS, folds, joined

labels = some.lists(some.integers(0, 4), min_size=1, max_size=60).map(np.array)


@settings(deadline=None, max_examples=60)
@given(labels, some.integers(0, 9))
def test_each_class_is_spread_evenly_over_the_folds(label: np.ndarray, seed: int) -> None:
    fold = folds(label, seed=seed)
    assert set(fold) <= set(range(FOLDS))
    for k in np.unique(label):
        counts = np.bincount(fold[label == k], minlength=FOLDS)
        assert counts.max() - counts.min() <= 1
    counts = np.bincount(fold, minlength=FOLDS)
    assert counts.max() - counts.min() <= len(np.unique(label))


@settings(deadline=None, max_examples=60)
@given(labels, some.data())
def test_a_group_shares_a_fold(label: np.ndarray, data: some.DataObject) -> None:
    groups = np.array(data.draw(some.lists(some.integers(0, 12), min_size=len(label), max_size=len(label))))
    fold = folds(label, groups)
    for group in np.unique(groups):
        assert len(set(fold[groups == group])) == 1


def test_the_same_seed_gives_the_same_folds_and_another_one_others() -> None:
    label = np.arange(200) % 3
    assert np.array_equal(folds(label, seed=5), folds(label, seed=5))
    assert not np.array_equal(folds(label, seed=5), folds(label, seed=6))


def test_large_groups_go_where_their_classes_are_few() -> None:
    label = np.repeat([0, 1, 0, 1, 0], 10)
    fold = folds(label, np.repeat(np.arange(5), 10))
    assert sorted(np.bincount(fold, minlength=FOLDS)) == [10] * 5


def test_cells_are_joined_by_picture_and_by_patient_and_by_way_of_others() -> None:
    picture = np.array([7, 7, 3, 4, 5, 6])
    patient = np.array([-1, 1, 1, -1, 2, -1])
    group = joined(picture, patient)
    assert group[0] == group[1] == group[2]
    assert len({group[0], group[3], group[4], group[5]}) == 4


def test_cells_of_no_known_patient_are_not_one_group() -> None:
    assert len(set(joined(np.full(4, -1)))) == 4


def test_a_cell_without_a_group_is_refused() -> None:
    with pytest.raises(ValueError, match="group"):
        folds(np.zeros(3, np.int64), np.zeros(2, np.int64))
