"""Wrong labels stand out among cells that look alike, and no cell's own label speaks for it."""

import numpy as np
import pytest

from app.quality.suspicion import classifiers, from_neighbours
from app.quality.suspicion.arrays import Floats, Ints
from app.quality.suspicion.from_neighbours import LOOK_ALIKES, looks
from app.quality.suspicion.noise import judged, labelling, log_odds_against
from app.quality.suspicion.space import CLIP, space


@pytest.fixture(autouse=True)
def _hundreds_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_neighbours, "FEW", 250)
    monkeypatch.setattr(from_neighbours, "WAVES", 300)


def clouds(n: int, classes: int, seed: int = 0, width: int = 30) -> tuple[Floats, Ints]:
    """Cells around a middle for each class."""
    random = np.random.default_rng(seed)
    label = np.arange(n) % classes
    return random.normal(0, 2, (classes, width))[label] + random.normal(size=(n, width)), label


def flipped(label: Ints, classes: int, count: int, seed: int = 1) -> tuple[Ints, Ints]:
    random = np.random.default_rng(seed)
    hit = random.choice(len(label), count, replace=False)
    given = label.copy()
    given[hit] = (label[hit] + 1 + random.integers(0, classes - 1, count)) % classes
    return given, hit


def most_suspicious(log_p: Floats, given: Ints, classes: int, count: int) -> set[int]:
    odds = log_odds_against(judged(log_p, given, labelling(classes, [])), given)
    return set(np.argsort(-odds, kind="stable")[:count].tolist())


@pytest.mark.parametrize("n", [240, 600])
def test_planted_errors_come_first_among_few_cells_and_among_many(n: int) -> None:
    vectors, label = clouds(n, 4)
    given, hit = flipped(label, 4, n // 30)
    found = looks(vectors, given, 4)
    assert len(most_suspicious(found.log_p, given, 4, len(hit)) & set(hit.tolist())) >= 0.9 * len(hit)


def test_a_second_time_gives_the_same_to_the_bit() -> None:
    vectors, label = clouds(300, 3)
    once, twice = looks(vectors, label, 3, seed=4), looks(vectors, label, 3, seed=4)
    assert np.array_equal(once.log_p, twice.log_p)
    assert np.array_equal(once.look_alikes, twice.look_alikes)


def test_stored_half_precision_is_enough() -> None:
    vectors, label = clouds(300, 3)
    given, hit = flipped(label, 3, 9)
    found = looks(vectors.astype(np.float16), given, 3)
    assert len(most_suspicious(found.log_p, given, 3, 9) & set(hit.tolist())) >= 8


@pytest.mark.parametrize("n", [200, 600])
def test_where_looks_say_nothing_a_cell_does_not_know_its_own_label(n: int) -> None:
    random = np.random.default_rng(3)
    given = random.integers(0, 2, n)
    found = looks(random.normal(size=(n, 12)), given, 2)
    own = np.exp(found.log_p)[np.arange(n), given]
    assert own.mean() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("n", [200, 400])
def test_the_same_picture_does_not_vouch_for_itself(n: int) -> None:
    apart, leaking = [], []
    for seed in range(6):
        random = np.random.default_rng(seed)
        vectors = np.repeat(random.normal(size=(n // 2, 40)), 2, axis=0)
        given = np.repeat(random.permutation(np.arange(n // 2) % 2), 2)
        group = np.repeat(np.arange(n // 2), 2)
        apart.append(share_believed(looks(vectors, given, 2, group).log_p, given))
        leaking.append(share_believed(looks(vectors, given, 2).log_p, given))
    assert np.mean(apart) < 0.56 < np.mean(leaking)


def share_believed(log_p: Floats, given: Ints) -> float:
    return float((log_p.argmax(axis=1) == given).mean())


def test_look_alikes_are_the_nearest_of_other_groups() -> None:
    vectors, given = clouds(240, 3)
    group = np.arange(240) // 4
    found = looks(vectors, given, 3, group)
    x = space(vectors, from_neighbours.COMPONENTS_OF_FEW).astype(np.float64)
    apart = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    apart[group[:, None] == group[None]] = np.inf
    expected = np.argsort(apart, axis=1)[:, :LOOK_ALIKES]
    assert found.look_alikes.shape == (240, LOOK_ALIKES)
    assert (found.look_alikes == expected).mean() > 0.99


def test_a_search_in_runs_finds_what_a_full_one_finds() -> None:
    x = np.random.default_rng(8).normal(size=(3000, 5)).astype(np.float32)
    steps = from_neighbours._Steps(lambda _, __: None, 99)
    found = from_neighbours.neighbours(x, np.arange(3000), 20, steps)
    apart = ((x[:50, None].astype(np.float64) - x[None]) ** 2).sum(axis=2)
    apart[np.arange(50), np.arange(50)] = np.inf
    assert (found[:50] == np.argsort(apart, axis=1)[:, :20]).mean() > 0.99


def test_of_very_many_cells_enough_are_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_neighbours, "ENOUGH", 150)
    vectors, label = clouds(600, 4)
    given, hit = flipped(label, 4, 20)
    found = looks(vectors, given, 4)
    assert len(np.unique(found.look_alikes)) <= 151
    assert (found.look_alikes != np.arange(600)[:, None]).all()
    assert len(most_suspicious(found.log_p, given, 4, 20) & set(hit.tolist())) >= 18


@pytest.mark.parametrize("n", [60, 300])
def test_a_class_of_one_cell_is_neither_impossible_nor_sure(n: int) -> None:
    vectors, label = clouds(n, 3)
    given = label.copy()
    given[0] = 3
    found = looks(vectors, given, 5)
    assert np.isfinite(found.log_p).all()
    assert np.exp(found.log_p).sum(axis=1) == pytest.approx(1)
    assert 0 < np.exp(found.log_p[0, 3]) < 0.5


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_fewer_cells_than_folds_or_components_are_no_trouble(n: int) -> None:
    vectors, label = clouds(n, 2, width=30)
    found = looks(vectors, label, 3)
    assert np.isfinite(found.log_p).all()
    assert found.look_alikes.shape == (n, LOOK_ALIKES)
    assert (found.look_alikes < n).all()
    assert (found.look_alikes[:, n - 1 :] == -1).all()


def test_no_cells_give_no_looks() -> None:
    found = looks(np.zeros((0, 30)), np.zeros(0, np.int64), 4)
    assert found.log_p.shape == (0, 4)
    assert found.look_alikes.shape == (0, LOOK_ALIKES)


@pytest.mark.parametrize("n", [50, 300])
def test_cells_that_all_look_the_same_or_have_one_class_are_no_trouble(n: int) -> None:
    same = looks(np.zeros((n, 8)), np.arange(n) % 2, 2)
    assert np.isfinite(same.log_p).all()
    one = looks(np.random.default_rng(0).normal(size=(n, 8)), np.ones(n, np.int64), 3)
    assert (one.log_p.argmax(axis=1) == 1).all()


def test_one_patient_alone_teaches_nothing() -> None:
    vectors, label = clouds(80, 2)
    found = looks(vectors, label, 2, np.zeros(80, np.int64))
    assert np.isfinite(found.log_p).all()
    assert (found.look_alikes == -1).all()
    assert np.exp(found.log_p) == pytest.approx(0.5)


def test_an_empty_nucleus_is_a_far_but_finite_thing() -> None:
    vectors, label = clouds(200, 2)
    vectors[7] = 0
    vectors[8] = 60_000
    assert np.isfinite(looks(vectors, label, 2).log_p).all()
    assert np.abs(space(np.array([[0.0]] * 99 + [[1.0]]), 1)).max() <= 2 * CLIP


def test_a_feature_that_is_not_finite_is_refused() -> None:
    vectors, label = clouds(20, 2)
    vectors[3, 3] = np.nan
    with pytest.raises(ValueError, match="finite"):
        looks(vectors, label, 2)


@pytest.mark.parametrize("n", [100, 300])
def test_progress_is_told_up_to_its_end_and_may_stop_the_work(n: int) -> None:
    vectors, label = clouds(n, 3)
    told: list[tuple[int, int]] = []
    two_patients = np.arange(n) % 2
    looks(vectors, label, 3, two_patients, progress=lambda done, of: told.append((done, of)))
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == list(range(1, told[-1][1] + 1))
    assert len({of for _, of in told}) == 1

    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        looks(vectors, label, 3, progress=stop)


def test_logistic_regression_is_where_its_loss_is_least() -> None:
    vectors, label = clouds(400, 3, width=6)
    x = vectors.astype(np.float32)
    weights = classifiers.logistic(x, label, 3, penalty=5.0, most=500).astype(np.float64)
    p = np.exp(classifiers.logistic_scores(x, weights.astype(np.float32)))
    p[np.arange(400), label] -= 1
    gradient = x.T.astype(np.float64) @ p + 5.0 * weights[:-1]
    assert np.abs(gradient).max() / 400 < 2e-3
    assert np.abs(p.sum(axis=0)).max() / 400 < 2e-3


def test_random_waves_stand_for_a_gaussian_kernel() -> None:
    x = np.random.default_rng(2).normal(size=(60, 4)).astype(np.float32)
    waves = classifiers.Waves(x, 20_000, seed=1).of(x)
    apart = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    kernel = waves @ waves.T
    width = np.sqrt(-apart[apart > 1] / (2 * np.log(np.clip(kernel[apart > 1], 1e-2, 0.99))))
    middle = np.median(width)
    assert kernel == pytest.approx(np.exp(-apart / (2 * middle**2)), abs=0.06)


def test_a_temperature_makes_scores_as_sure_as_they_are_right() -> None:
    random = np.random.default_rng(4)
    p = random.dirichlet([0.4, 0.4, 0.4], 4000)
    label = (random.random(4000)[:, None] > p.cumsum(axis=1)).sum(axis=1)
    log_p = np.log(p)
    assert classifiers.tempered(7 * log_p, label) == pytest.approx(classifiers.tempered(log_p, label), abs=0.5)
    assert np.abs(np.exp(classifiers.tempered(7 * log_p, label)) - p).max() < 0.05
