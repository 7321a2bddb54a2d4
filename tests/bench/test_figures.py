"""What the bench says of a figure."""

import json
from pathlib import Path

from bench.figures import Figure, at_least_floors, at_most, at_most_floors, p95, percentile, table, write


def test_a_figure_is_judged_by_its_median_and_beside_its_floor() -> None:
    assert Figure("time", "s", [1.0, 2.0, 9.0], at_most(2)).is_met
    assert not Figure("time", "s", [1.0, 2.1, 9.0], at_most(2)).is_met
    assert Figure("rate", "1/s", [40.0], at_least_floors(0.35), 100.0, "bare").is_met
    assert not Figure("rate", "1/s", [34.0], at_least_floors(0.35), 100.0, "bare").is_met
    assert Figure("tail", "ms", [12.0], at_most_floors(4), 3.0, "bare").is_met
    assert Figure("count", "", [3.0]).is_met is None


def test_a_percentile_is_one_of_the_values() -> None:
    assert p95([float(n) for n in range(1, 101)]) == 95
    assert p95([5.0]) == 5
    assert percentile([1.0, 2.0, 3.0], 0.5) == 2


def test_the_results_have_the_form_that_is_promised(tmp_path: Path) -> None:
    figures = [Figure("rate", "1/s", [1.23456, 3.0, 2.0], at_least_floors(0.5), 4.0, "bare"), Figure("n", "", [44.0])]
    write(tmp_path / "results" / "latest.json", figures, "10 files")
    document = json.loads((tmp_path / "results" / "latest.json").read_text(encoding="utf-8"))
    assert set(document) == {"machine", "date", "figures"}
    assert document["machine"].endswith("10 files")
    assert document["figures"] == [
        {"name": "rate", "unit": "1/s", "min": 1.235, "median": 2, "max": 3, "floor": 4, "floor_name": "bare"},
        {"name": "n", "unit": "", "min": 44, "median": 44, "max": 44, "floor": None, "floor_name": None},
    ]


def test_the_table_says_what_falls_short() -> None:
    lines = table([Figure("slow", "ms", [9.0], at_most(5)), Figure("quick", "ms", [1.0], at_most(5))]).splitlines()
    assert lines[2].split()[-1] == "NO"
    assert lines[3].split()[-1] == "yes"
