"""Our statistics beside well-kept libraries that compute the same, over random votes.

Missing votes, one rater, one class, everybody agreeing and raters who never meet are all drawn. Where a library gives
no figure, or another one on purpose, the test says so.
"""

import warnings

import krippendorff
import numpy as np
import pandas as pd
import pytest
from crowdkit.aggregation import DawidSkene
from hypothesis import assume, given, settings
from hypothesis import strategies as some
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater
from statsmodels.stats.proportion import proportion_confint

from app.consensus.statistics import agreement, dawid_skene
from app.consensus.statistics.intervals import wilson
from app.consensus.statistics.votes import Votes, votes

CLASSES = 4
NEAR = 1e-9

tables = some.lists(some.lists(some.integers(-1, CLASSES - 1), min_size=3, max_size=3), min_size=1, max_size=25).map(
    np.array
)
"""Items × three raters; -1 is a missing vote."""


def votes_of(table: np.ndarray) -> Votes:
    item, rater = np.nonzero(table >= 0)
    return votes(item, rater, table[item, rater], items=len(table), raters=table.shape[1], classes=CLASSES)


def sums(table: np.ndarray, distance: np.ndarray | None = None) -> agreement.Sums:
    patterns = votes_of(table).patterns
    return agreement.total(agreement.sums_of_patterns(patterns, distance), patterns.items)


@settings(deadline=None, max_examples=300)
@given(tables)
def test_alpha_is_that_of_krippendorff(table: np.ndarray) -> None:
    said = np.unique(table[table >= 0])
    paired = (table >= 0).sum(axis=1) >= 2
    assume(len(np.unique(table[paired][table[paired] >= 0])) > 1)
    data = np.where(table >= 0, table, np.nan).T
    theirs = krippendorff.alpha(reliability_data=data, level_of_measurement="nominal")
    assert float(agreement.krippendorff_alpha(sums(table))) == pytest.approx(theirs, abs=NEAR)
    assert len(said) > 1


@settings(deadline=None, max_examples=200)
@given(tables)
def test_interval_and_ordinal_alpha_are_that_of_krippendorff(table: np.ndarray) -> None:
    paired = (table >= 0).sum(axis=1) >= 2
    kept = table[paired]
    assume(len(np.unique(kept[kept >= 0])) > 1)
    data = np.where(table >= 0, table, np.nan).T
    domain = list(range(CLASSES))
    for level, distance in (
        ("interval", agreement.interval_distance(np.arange(float(CLASSES)))),
        ("ordinal", agreement.ordinal_distance(sums(table).pairable)),
    ):
        theirs = krippendorff.alpha(reliability_data=data, level_of_measurement=level, value_domain=domain)
        assert float(agreement.weighted_alpha(sums(table, distance), distance)) == pytest.approx(theirs, abs=NEAR)


@settings(deadline=None, max_examples=200)
@given(some.lists(some.tuples(some.integers(0, 3), some.integers(0, 3)), min_size=2, max_size=40))
def test_cohens_kappa_is_that_of_scikit_learn_and_statsmodels(pairs: list[tuple[int, int]]) -> None:
    table = np.array(pairs)
    (pair,) = agreement.pair_tables(votes_of(table))
    ours = float(agreement.cohen_kappa(pair.table))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = cohen_kappa_score(table[:, 0], table[:, 1], labels=range(CLASSES))
    if np.isnan(ours):
        # scikit-learn gives NaN as well, or 1 by convention in some versions: 0/0 is undefined.
        assert np.isnan(theirs) or len(np.unique(table)) == 1
        return
    assert ours == pytest.approx(theirs, abs=NEAR)
    linear = agreement.cohen_kappa(pair.table, agreement.ladder_distance(np.arange(float(CLASSES))))
    weighted = cohen_kappa_score(table[:, 0], table[:, 1], labels=range(CLASSES), weights="linear")
    assert float(linear) == pytest.approx(weighted, abs=NEAR)
    found = inter_rater.cohens_kappa(pair.table)
    if found.var_kappa > 0:
        assert agreement.cohen_standard_error(pair.table) == pytest.approx(found.std_kappa, abs=1e-7)


@settings(deadline=None, max_examples=200)
@given(some.lists(some.lists(some.integers(0, 3), min_size=3, max_size=3), min_size=1, max_size=25))
def test_fleiss_kappa_is_that_of_statsmodels_where_all_items_have_as_many_votes(rows: list[list[int]]) -> None:
    table = np.array(rows)
    assume(len(np.unique(table)) > 1)
    counts = np.stack([(table == label).sum(axis=1) for label in range(CLASSES)], axis=1)
    theirs = inter_rater.fleiss_kappa(counts)
    assert float(agreement.fleiss_kappa(sums(table))) == pytest.approx(theirs, abs=NEAR)


@given(some.integers(1, 500), some.data())
def test_wilsons_interval_is_that_of_statsmodels(n: int, data: some.DataObject) -> None:
    successes = data.draw(some.integers(0, n))
    ours = wilson(successes, n)
    theirs = proportion_confint(successes, n, method="wilson")
    assert (ours.low, ours.high) == pytest.approx(theirs, abs=NEAR)


def test_dawid_skene_is_near_that_of_crowd_kit() -> None:
    """crowd-kit stops early by its own bound, so the two are near and not equal."""
    random = np.random.default_rng(5)
    truth = random.integers(0, 3, 400)
    skill = np.array([0.9, 0.8, 0.7, 0.6])
    wrong = random.random((400, 4)) > skill
    said = np.where(wrong, (truth[:, None] + random.integers(1, 3, (400, 4))) % 3, truth[:, None])
    item, rater = np.nonzero(said >= 0)
    ours = dawid_skene.fit(votes(item, rater, said[item, rater], classes=3))
    frame = pd.DataFrame({"task": item, "worker": rater, "label": said[item, rater]})
    theirs = DawidSkene(n_iter=300, tol=0).fit(frame)
    assert np.abs(ours.posterior - theirs.probas_.sort_index()[[0, 1, 2]].to_numpy()).max() < 0.02
    assert ours.marginals == pytest.approx(theirs.priors_.sort_index().to_numpy(), abs=0.005)
