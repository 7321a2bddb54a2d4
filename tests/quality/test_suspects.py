"""Suspicion and predictions as people and scripts read them."""

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app import cli
from app.catalogue.models import Cell, CellSuspicion
from app.catalogue.queries import dataset as dataset_at
from app.catalogue.service import ask_for_suspicion
from app.database import Database
from app.jobs.runner import Runner
from app.labels.labelset import load_builtin
from app.quality.tasks import handlers
from app.review import rounds
from tests.browse.laboratory import Laboratory
from tests.factories import a_cell, a_dataset, a_person, an_open_round, say
from tests.quality.test_ranking import a_model, predict, two_kinds
from tests.serving import Server, token_for

MLL23 = load_builtin("mll23")
BASOPHIL = MLL23.index("basophil")


@pytest.fixture
def lab(database: Database, tmp_path: Path) -> Laboratory:
    """Four cells: two that are suspected, one that isn't, and one of which nobody says anything."""
    with database.writing() as session:
        dataset = a_dataset(session)
        cells = [a_cell(session, dataset, label) for label in ("monocyte", "monocyte", "basophil", "lymphocyte")]
        for cell, value in zip(cells, (0.5, 0.9, 0.1), strict=False):
            session.execute(update(Cell).where(Cell.id == cell).values(suspicion=value, predicted_label=BASOPHIL))
        model = a_model(session, dataset, "net", "2")
        for cell in cells[:3]:
            predict(session, model, cell, BASOPHIL, 0.875)
        for cell, row in (
            (cells[0], ("looks", BASOPHIL, 6, 8, 0.8)),
            (cells[1], ("predictions", BASOPHIL, None, None, 0.875)),
            (cells[2], ("looks", None, 8, 8, 0.9)),
        ):
            names = ("source", "suggested", "said", "of", "probability")
            session.execute(insert(CellSuspicion).values(cell=cell, votes=False, **dict(zip(names, row, strict=True))))
    return Laboratory(database, tmp_path)


def pids(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.execute(select(Cell.pid).order_by(Cell.id)).scalars())


def test_the_list_comes_worst_first_with_the_reason_in_words(lab: Laboratory, database: Database) -> None:
    ids = pids(database)
    first = lab.get("/api/v1/datasets/smears/suspicion?limit=2", "adjudicator1")
    assert first.status_code == 200, first.text
    body = first.json()
    assert [(one["cell_id"], one["suspicion"]) for one in body["items"]] == [(ids[1], 0.9), (ids[0], 0.5)]
    assert body["items"][0] == {
        "cell_id": ids[1], "given_label": "monocyte", "suspicion": 0.9, "suggested": "basophil",
        "source": "predictions", "reason": "a model gives basophil 0.88",
        "thumbnail_url": f"/api/v1/cells/{ids[1]}/image?size=thumbnail",
    }  # fmt: skip
    assert (body["ranked_at"], body["sources"], body["job"]) == (None, None, None)
    second = lab.get(first.links["next"]["url"], "adjudicator1")
    assert [one["reason"] for one in second.json()["items"]] == ["8 of 8 look-alikes are given as the same"]
    assert second.json()["items"][0]["suggested"] is None
    assert "next" not in second.links
    again = lab.get("/api/v1/datasets/smears/suspicion?limit=2", "adjudicator1", if_none_match=first.headers["etag"])
    assert again.status_code == 304


def test_a_cell_that_got_a_second_label_since_the_ranking_is_no_suspect(lab: Laboratory, database: Database) -> None:
    ids = pids(database)
    with database.writing() as session:
        session.execute(update(Cell).where(Cell.pid == ids[1]).values(given_label=None, born_disputed=True))
    body = lab.get("/api/v1/datasets/smears/suspicion?limit=2", "adjudicator1").json()
    assert ids[1] not in [one["cell_id"] for one in body["items"]]
    assert len(body["items"]) == 2


def test_the_list_comes_as_a_table_for_who_accepts_one(lab: Laboratory, database: Database) -> None:
    answer = lab.get("/api/v1/datasets/smears/suspicion?limit=1", "admin", accept="text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-type"].startswith("text/csv")
    assert [(row["given_label"], row["suggested"], row["source"]) for row in rows] == [
        ("monocyte", "basophil", "predictions"),
        ("monocyte", "basophil", "looks"),
        ("basophil", "", "looks"),
    ]


def test_a_reviewer_is_shown_their_own_cells_once_the_round_is_closed(lab: Laboratory, database: Database) -> None:
    ids = pids(database)
    with database.writing() as session:
        round = an_open_round(session, reviewers=["reviewer1"], filter={"given_label": "monocyte,lymphocyte"})
        cells = list(session.execute(select(Cell.id).order_by(Cell.id)).scalars())
        say(session, round, "reviewer1", cells[0], "monocyte")
    address = "/datasets/smears/suspicion"
    assert lab.read(address, "reviewer1")["items"] == []
    with database.writing() as session:
        rounds.close_round(session, round, a_person(session, "admin", "admin"))
    body = lab.read(address, "reviewer1")
    assert [one["cell_id"] for one in body["items"]] == [ids[0]]
    assert (body["ranked"], body["sources"], body["job"]) == (None, None, None)
    assert [one["cell_id"] for one in lab.read(address, "admin")["items"]] == [ids[1], ids[0], ids[2]]


@pytest.mark.parametrize("role", ["reviewer", "adjudicator", "admin"])
def test_figures_wait_while_somebody_reviews_there_blind(lab: Laboratory, database: Database, role: str) -> None:
    lab.get("/", f"{role}5", role)
    with database.writing() as session:
        an_open_round(session, reviewers=[f"{role}5"], presentation="blind", filter={"given_label": "monocyte"})
    assert lab.get("/api/v1/datasets/smears/suspicion", f"{role}5").status_code == 403
    assert lab.get("/api/v1/datasets/nothing/suspicion", f"{role}5").status_code == 404
    cells = lab.read("/cells?dataset=smears", f"{role}5")["items"]
    assert all(cell["suspicion"] is None for cell in cells)
    assert [cell["predictions"] is None for cell in cells].count(True) == 2
    assert lab.listed("dataset=smears&min_suspicion=0.1", f"{role}5") == []
    assert lab.listed("dataset=smears&sort=suspicion", f"{role}5") == []
    assert len(lab.listed("dataset=smears&predicted_label=basophil", f"{role}5")) == 1


def test_who_reviews_there_without_suggestions_is_told_nothing_of_those_cells(
    lab: Laboratory, database: Database
) -> None:
    lab.get("/", "admin5", "admin")
    with database.writing() as session:
        an_open_round(session, reviewers=["admin5"], filter={"given_label": "monocyte"})
    cells = lab.read("/cells?dataset=smears&sort=path", "admin5")["items"]
    told = {cell["given_label"]: (cell["suspicion"], cell["predictions"]) for cell in cells}
    assert told["monocyte"] == (None, None)
    assert told["basophil"][0] == 0.1
    assert told["basophil"][1][0]["label"] == "basophil"
    assert lab.listed("dataset=smears&min_suspicion=0.3", "admin5") == []
    assert len(lab.listed("dataset=smears&min_suspicion=0.3", "admin")) == 2


def test_cells_are_found_by_prediction_and_suspicion_and_sorted_by_it(lab: Laboratory, database: Database) -> None:
    ids = pids(database)
    assert lab.listed("dataset=smears&predicted_label=basophil&limit=2") == ids[:3]
    assert lab.listed("dataset=smears&predicted_label=none") == ids[3:]
    assert lab.listed("dataset=smears&predicted_label=basophil,none") == ids
    assert lab.listed("dataset=smears&min_suspicion=0.5") == ids[:2]
    for limit in (1, 2, 3, 100):
        assert lab.listed(f"dataset=smears&sort=suspicion&limit={limit}") == [ids[1], ids[0], ids[2], ids[3]]
    assert lab.listed("dataset=smears&sort=suspicion&min_suspicion=0.5&limit=1") == [ids[1], ids[0]]
    assert lab.listed("dataset=smears&sort=suspicion&given_label=monocyte&limit=1") == [ids[1], ids[0]]
    for query in ("min_suspicion=2", "min_suspicion=nan", "predicted_label=monocytes", "min_suspicion=much"):
        assert lab.get(f"/api/v1/cells?dataset=smears&{query}").status_code == 422


def test_a_cell_tells_what_models_say_and_how_suspicious_it_is(lab: Laboratory, database: Database) -> None:
    ids = pids(database)
    cell = lab.read(f"/cells/{ids[0]}")
    (said,) = cell["predictions"]
    assert (said["model"], said["version"], said["label"]) == ("net", "2", "basophil")
    assert said["probabilities"]["basophil"] == 0.875
    assert sum(said["probabilities"].values()) == pytest.approx(1)
    assert cell["suspicion"] == 0.5
    assert lab.read(f"/cells/{ids[3]}")["predictions"] == []
    page = lab.page(f"/cells/{ids[0]}")
    assert "6 of 8 look-alikes are given as basophil" in page
    assert "The given label may be wrong" in page
    assert f"{MLL23[BASOPHIL].abbreviation} 0.88" in page
    assert "Nothing speaks against the given label" in lab.page(f"/cells/{ids[2]}")
    assert "Suspicion and predictions" not in lab.page(f"/cells/{ids[3]}")


def test_the_list_of_cells_has_columns_for_what_is_known(lab: Laboratory, database: Database) -> None:
    page = lab.page("/datasets/smears/cells?sort=suspicion&min_suspicion=0.25")
    assert "Most suspicious first" in page
    assert "suspicious from 0.25 on" in page
    assert "0.90" in page
    assert 'value="0.25"' in page
    assert "predicted as basophil" in lab.page("/datasets/smears/cells?predicted_label=basophil")


def test_the_dataset_says_when_its_cells_were_ranked_and_by_what(database: Database, tmp_path: Path) -> None:
    lab = Laboratory(database, tmp_path)
    two_kinds(database)
    assert "The cells aren’t ranked yet" in lab.page("/datasets/smears", "adjudicator1")
    with database.writing() as session:
        ask_for_suspicion(session, dataset_at(session, "smears"), None)
    waiting = lab.page("/datasets/smears")
    assert "Being made anew" in waiting
    assert "Rank the cells" not in waiting
    Runner(database, handlers()).run_waiting()
    page = lab.page("/datasets/smears")
    assert "24 cells ranked" in page
    assert "looks of 24 cells" in page
    assert "Rank the cells again" in page
    assert "Rank the cells again" not in lab.page("/datasets/smears", "adjudicator1")
    body = lab.read("/datasets/smears/suspicion")
    assert (body["ranked"], body["sources"]["looks"], body["unmeasured"]) == (24, 24, 0)
    assert body["ranked_at"] is not None
    assert len(body["items"]) == 24


def test_the_command_ranks_and_says_so(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    two_kinds(database)
    monkeypatch.setenv("CYTOREVIEW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CYTOREVIEW_DATABASE_URL", database.url.render_as_string(hide_password=False))
    for arguments, code in ((("Smears", "--json"), 0), (("smears",), 0), (("nothing",), 1)):
        monkeypatch.setattr(sys, "argv", ["cytoreview", "suspicion", "--dataset", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        assert int(left.value.code or 0) == code
    out, error = capsys.readouterr()
    assert json.loads(out.splitlines()[0])["ranked"] == 24
    assert "24 ranked by" in out
    assert "no such dataset" in error
    assert "24 cells ranked" in Laboratory(database, tmp_path).page("/datasets/smears")


def test_an_admin_asks_for_it_over_rest(server: Server, database: Database) -> None:
    two_kinds(database)
    with server.client(token_for(database, "admin", "admin")) as client:
        answer = client.post("/api/v1/datasets/smears/suspicion")
        assert answer.status_code == 202, answer.text
        assert answer.json()["kind"] == "suspicion"
        assert answer.headers["location"] == f"/api/v1/jobs/{answer.json()['id']}"
        assert client.post("/api/v1/datasets/nothing/suspicion").status_code == 404
    with server.client(token_for(database, "adjudicator1", "adjudicator")) as client:
        assert client.post("/api/v1/datasets/smears/suspicion").status_code == 403


@pytest.mark.parametrize("labels", [[], ["monocyte"]])
def test_a_dataset_without_anything_to_rank_answers_in_words(
    database: Database, tmp_path: Path, labels: list[str]
) -> None:
    lab = Laboratory(database, tmp_path)
    with database.writing() as session:
        dataset = a_dataset(session)
        for label in labels:
            a_cell(session, dataset, label)
        ask_for_suspicion(session, dataset_at(session, "smears"), None)
    Runner(database, handlers()).run_waiting()
    body: dict[str, Any] = lab.read("/datasets/smears/suspicion")
    assert body["items"] == []
    assert (body["ranked"], body["sources"]) == (0, {"votes": 0, "predictions": 0, "looks": 0})
    page = lab.page("/datasets/smears")
    assert ("nothing: no features, no predictions, no votes" in page) == bool(labels)
    assert "NaN" not in page
