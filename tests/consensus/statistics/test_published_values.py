"""Every published value beside the clone comes out, within the tolerance that stands with it."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.consensus.statistics import agreement, dawid_skene
from app.consensus.statistics.agreement import Sums, sums_of_patterns, total
from app.consensus.statistics.summary import agreement_of
from tests.consensus.statistics.multirater import Reading, expected, read

pytestmark = pytest.mark.shared


@pytest.fixture
def folder(shared_folder: Path) -> Path:
    return shared_folder / "data" / "multirater"


def test_every_expected_value_comes_out(folder: Path) -> None:
    checks = expected(folder)["checks"]
    wrong = []
    for check in checks:
        options = check.get("options", {})
        missing = ["UNC"] if "missing" in options.get("unc", "") else []
        found = CHECKS[check["statistic"]](read(folder, check["dataset"], missing), options, folder)
        wanted = check["value"] if not isinstance(check["value"], str) else table(folder / check["value"])
        if not np.allclose(found, wanted, rtol=0, atol=check["tolerance"]):
            wrong.append((check["dataset"], check["statistic"], options, found, wanted))
    assert wrong == []
    assert len(checks) > 70


def sums(reading: Reading, distance: Any = None) -> Sums:
    patterns = reading.votes.patterns
    return total(sums_of_patterns(patterns, distance), patterns.items)


def percent_agreement(reading: Reading, options: dict[str, Any], _: Path) -> Any:
    if "raters" in options:
        table = pair(reading, options)
        return np.trace(table) / table.sum()
    return agreement.percent_agreement(sums(reading))


def alpha(reading: Reading, options: dict[str, Any], _: Path) -> Any:
    level = options.get("level", "nominal")
    if level == "nominal":
        return agreement.krippendorff_alpha(sums(reading))
    values = np.array([float(name) for name in reading.classes])
    distance = {
        "interval": agreement.interval_distance(values),
        "ratio": agreement.ratio_distance(values),
        "ordinal": agreement.ordinal_distance(sums(reading).pairable),
    }[level]
    return agreement.weighted_alpha(sums(reading, distance), distance)


def pair(reading: Reading, options: dict[str, Any]) -> Any:
    """The table of the two raters that the options name, or of the only two there are."""
    wanted = set(options["raters"].split("|")) if "raters" in options else set(reading.raters)
    (found,) = [
        one.table
        for one in agreement.pair_tables(reading.votes)
        if {reading.raters[one.rater_a], reading.raters[one.rater_b]} == wanted
    ]
    return found


def cohen_interval(reading: Reading, options: dict[str, Any], _: Path) -> Any:
    (kappa,) = agreement_of(reading.votes, samples=0).cohen_kappa
    return [kappa.kappa.low, kappa.kappa.high]


def alpha_interval(reading: Reading, options: dict[str, Any], _: Path) -> Any:
    found = agreement_of(reading.votes, samples=2000, seed=1).krippendorff_alpha
    return [found.low, found.high]


def linear_kappa(reading: Reading, options: dict[str, Any], _: Path) -> Any:
    rungs = np.arange(float(len(reading.classes)))
    return agreement.cohen_kappa(pair(reading, options), agreement.ladder_distance(rungs))


def item_agreement(reading: Reading, options: dict[str, Any], _: Path) -> Any:
    patterns = reading.votes.patterns
    return sums_of_patterns(patterns).agreement[patterns.of_item]


def labels_said(reading: Reading) -> list[int]:
    patterns = reading.votes.patterns
    return [int(np.count_nonzero(counts)) for counts in patterns.counts[patterns.of_item]]


def error_rates(reading: Reading, options: dict[str, Any], folder: Path) -> Any:
    matrices = dawid_skene.fit(reading.votes).matrices
    return [list(matrices[reading.raters.index(str(rater)), row]) for rater in range(1, 6) for row in range(4)]


def posteriors(reading: Reading, options: dict[str, Any], folder: Path) -> Any:
    return dawid_skene.fit(reading.votes).posterior


def table(path: Path) -> Any:
    """The figures of a file, without its naming columns."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    figures = [name for name in rows[0] if name.startswith(("says_", "p"))]
    return [[float(row[name]) for name in figures] for row in rows]


CHECKS: dict[str, Callable[[Reading, dict[str, Any], Path], Any]] = {
    "percent_agreement": percent_agreement,
    "krippendorff_alpha": alpha,
    "krippendorff_alpha_ci95": alpha_interval,
    "gwet_ac1": lambda reading, *_: agreement.gwet_ac1(sums(reading), len(reading.classes)),
    "gwet_ac1_se": lambda reading, *_: agreement.standard_error(reading.votes, "gwet_ac1", len(reading.classes)),
    "fleiss_kappa": lambda reading, *_: agreement.fleiss_kappa(sums(reading)),
    "fleiss_kappa_se": lambda reading, *_: agreement.standard_error(reading.votes, "fleiss_kappa", 0),
    "fleiss_kappa_category": lambda reading, options, _: agreement.fleiss_kappa_by_class(sums(reading))[
        reading.column(options["category"])
    ],
    "item_agreement_P_i": item_agreement,
    "conger_kappa": lambda reading, *_: agreement.conger_kappa(reading.votes)[0],
    "conger_kappa_se": lambda reading, *_: agreement.conger_kappa(reading.votes)[1],
    "brennan_prediger": lambda reading, *_: agreement.brennan_prediger(sums(reading), len(reading.classes)),
    "brennan_prediger_se": lambda reading, *_: agreement.standard_error(
        reading.votes, "brennan_prediger", len(reading.classes)
    ),
    "cohen_kappa": lambda reading, options, _: agreement.cohen_kappa(pair(reading, options)),
    "cohen_kappa_ase": lambda reading, options, _: agreement.cohen_standard_error(pair(reading, options)),
    "cohen_kappa_ci95": cohen_interval,
    "cohen_kappa_linear_weights": linear_kappa,
    "scott_pi": lambda reading, options, _: agreement.scott_pi(pair(reading, options)),
    "dawid_skene_class_marginals": lambda reading, *_: dawid_skene.fit(reading.votes).marginals,
    "dawid_skene_loglik": lambda reading, *_: dawid_skene.fit(reading.votes).log_likelihood[-1],
    "dawid_skene_error_rates": error_rates,
    "dawid_skene_posteriors": posteriors,
    "items": lambda reading, *_: reading.votes.items,
    "unanimous_items": lambda reading, *_: labels_said(reading).count(1),
    "items_with_three_different_labels": lambda reading, *_: labels_said(reading).count(3),
}
