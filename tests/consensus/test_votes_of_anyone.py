"""``cytoreview agreement`` and ``cytoreview consensus fit`` on files that people bring."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from app import cli

VOTES = "item,rater,label\n1,A,x\n1,B,x\n2,A,y\n2,B,x\n3,A,y\n3,B,y\n4,A,x\n"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command; gives its exit code, output and errors."""

    def running(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cytoreview", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0), *capsys.readouterr()

    return running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "votes.csv"
    path.write_text(VOTES, encoding="utf-8")
    return path


def test_agreement_prints_every_figure_with_its_interval(run: Any, file: Path) -> None:
    code, out, _ = run("agreement", str(file), "--json")
    document = json.loads(out)
    assert code == 0
    assert [document[name] for name in ("items", "raters", "votes", "classes")] == [4, 2, 7, 2]
    assert document["percent_agreement"]["value"] == pytest.approx(2 / 3)
    for name in ("krippendorff_alpha", "fleiss_kappa", "gwet_ac1"):
        assert document[name]["low"] <= document[name]["value"] <= document[name]["high"]
    (pair,) = document["cohen_kappa"]
    assert (pair["rater_a"], pair["rater_b"], pair["items"]) == ("A", "B", 3)
    assert pair["value"] == pytest.approx(0.4)
    assert [one["label"] for one in document["per_class"]] == ["x", "y"]


def test_the_same_seed_gives_the_same_intervals(run: Any, file: Path) -> None:
    first, again = run("agreement", str(file), "--json")[1], run("agreement", str(file), "--json")[1]
    assert first == again


def test_the_ladder_weighs_steps_of_maturation(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    rows = "".join(f"{item},A,{a}\n{item},B,{b}\n" for item, (a, b) in enumerate(NEIGHBOURS * 5))
    path.write_text("item,rater,label\n" + rows, encoding="utf-8")
    document = json.loads(run("agreement", str(path), "--ladder", "mll23", "--json")[1])
    assert document["krippendorff_alpha_weighted"]["value"] > document["krippendorff_alpha"]["value"] + 0.2
    assert any("monocyte" in note for note in document["notes"])


NEIGHBOURS = [
    ("myeloblast", "promyelocyte"),
    ("myelocyte", "metamyelocyte"),
    ("neutrophil_band", "neutrophil_segmented"),
    ("monocyte", "monocyte"),
]


def test_undefined_figures_are_null_with_words(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text("item,rater,label\n1,A,x\n1,B,x\n", encoding="utf-8")
    document = json.loads(run("agreement", str(path), "--json")[1])
    assert document["krippendorff_alpha"]["value"] is None
    assert "0/0" in document["krippendorff_alpha"]["notes"][0]


def test_a_fit_names_items_raters_and_classes(run: Any, file: Path) -> None:
    document = json.loads(run("consensus", "fit", str(file), "--json", "--prior", "1")[1])
    assert document["converged"] is True
    assert sum(document["marginals"].values()) == pytest.approx(1)
    assert [item["item"] for item in document["items"]] == ["1", "2", "3", "4"]
    assert document["items"][0]["label"] == "x"
    for rater in document["raters"]:
        for row in rater["matrix"].values():
            assert sum(row.values()) == pytest.approx(1)


def test_a_tie_has_no_label_whatever_the_order_of_votes(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    for rows in ("1,A,x\n1,B,y\n", "1,B,y\n1,A,x\n"):
        path.write_text("item,rater,label\n" + rows, encoding="utf-8")
        (item,) = json.loads(run("consensus", "fit", str(path), "--json")[1])["items"]
        assert (item["label"], item["probability"]) == (None, pytest.approx(0.5))


def test_no_votes_at_all_are_answered(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text("item,rater,label\n1,A,\n", encoding="utf-8")
    assert json.loads(run("agreement", str(path), "--json")[1])["votes"] == 0
    assert json.loads(run("consensus", "fit", str(path), "--json")[1])["items"] == []
    assert run("agreement", str(path))[0] == run("consensus", "fit", str(path))[0] == 0


def test_words_for_people(run: Any, file: Path) -> None:
    assert "Krippendorff’s α" in run("agreement", str(file))[1]
    assert "converged" in run("consensus", "fit", str(file))[1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("item,rater\n1,A\n", "no column “label”"),
        ("item,rater,label\n1,A\n", "Line 2"),
        ("item,rater,label\n,A,x\n", "names no item"),
        ("", "no column"),
    ],
)
def test_a_file_that_is_none_is_refused_with_what_to_mend(run: Any, tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "votes.csv"
    path.write_text(text, encoding="utf-8")
    code, out, errors = run("agreement", str(path), "--json")
    assert (code, out) == (1, "")
    assert words in errors


def test_semicolons_and_a_byte_order_mark_are_read(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_bytes(b"\xef\xbb\xbf" + VOTES.replace(",", ";").encode())
    assert json.loads(run("agreement", str(path), "--json")[1])["votes"] == 7


def test_an_unknown_ladder_is_named(run: Any, file: Path) -> None:
    code, _, errors = run("agreement", str(file), "--ladder", "nothing")
    assert code == 1
    assert "mll23" in errors
