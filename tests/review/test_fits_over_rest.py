"""Fits asked for and listed over REST, on the dataset's page, and by command."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.audit.models import Event
from app.catalogue.models import Dataset
from app.consensus.weighing import PRIOR
from app.database import Database
from app.review.tasks import refit
from tests.factories import a_cell, a_dataset, an_open_round, say
from tests.releases.laboratory import Rest

FITS = "/api/v1/datasets/smears/fits"


@pytest.fixture
def rest(database: Database, tmp_path: Path) -> Rest:
    """A dataset under ``dawid-skene`` that two people have reviewed."""
    with database.writing() as session:
        dataset = a_dataset(session, rule="dawid-skene")
        cells = [a_cell(session, dataset, "basophil") for _ in range(4)]
        pid = an_open_round(session, reviewers=["reviewer1", "reviewer2"], reviews_per_cell=2)
        for cell in cells:
            for name in ("reviewer1", "reviewer2"):
                say(session, pid, name, cell, "basophil")
    return Rest(database, tmp_path)


def dataset_of(database: Database) -> int:
    with database.reading() as session:
        return session.execute(select(Dataset.id)).scalar_one()


def test_a_fit_is_asked_for_and_the_job_is_told(rest: Rest) -> None:
    answer = rest.ask("POST", FITS, json={"prior": 2})
    assert answer.status_code == 202
    job = answer.json()
    assert (job["kind"], job["subject"], job["state"]) == ("fit_consensus", "smears", "queued")
    assert answer.headers["Location"] == f"/api/v1/jobs/{job['id']}"
    again = rest.ask("POST", FITS)
    assert again.json()["id"] != job["id"]
    with rest.database.reading() as session:
        asked = session.execute(select(Event.body).where(Event.kind == "dataset.fit")).scalars().all()
    assert {"prior": 2.0} in asked


def test_fits_are_listed_newest_first_with_how_they_converged(rest: Rest) -> None:
    empty = rest.ask("GET", FITS).json()
    assert empty["items"] == []
    assert "No fit yet" in empty["note"]
    for prior in (PRIOR, 2.0):
        refit(rest.database, dataset_of(rest.database), prior)
    answer = rest.ask("GET", FITS, params={"limit": 1})
    [newest] = answer.json()["items"]
    assert (newest["prior"], newest["in_use"], newest["converged"], newest["raters"]) == (2.0, True, True, 2)
    assert (newest["cells"], newest["votes"]) == (4, 8)
    following = rest.ask("GET", answer.headers["Link"].split(">")[0][1:]).json()["items"]
    assert [(fit["prior"], fit["in_use"]) for fit in following] == [(PRIOR, False)]


@pytest.mark.parametrize("body", [{"prior": 0}, {"prior": -1}, {"prior": "much"}, {"raters": 3}])
def test_a_prior_that_can_not_be_is_refused(rest: Rest, body: dict[str, Any]) -> None:
    assert rest.ask("POST", FITS, json=body).status_code == 422


def test_fits_are_for_admins(rest: Rest) -> None:
    for method in ("GET", "POST"):
        assert rest.ask(method, FITS, name="judge", role="adjudicator").status_code == 403
    assert rest.ask("GET", "/api/v1/datasets/nothing/fits").status_code == 404


def test_the_datasets_page_says_how_far_the_fit_is(rest: Rest) -> None:
    before = rest.ask("GET", "/datasets/smears").text
    assert "None yet. Until the first one no class is an outcome" in before
    refit(rest.database, dataset_of(rest.database), PRIOR)
    after = rest.ask("GET", "/datasets/smears").text
    assert "8 votes of 2 raters on 4 cells" in after
    assert "Fit reviewers anew" in after
    assert "Fit reviewers anew" not in rest.ask("GET", "/datasets/smears", name="judge", role="adjudicator").text


def test_a_cell_tells_its_posterior_over_rest_and_on_its_page(rest: Rest) -> None:
    [cell, *_] = rest.ask("GET", "/api/v1/cells", params={"dataset": "smears"}).json()["items"]
    assert cell["consensus"]["posterior"] is None
    assert "no fit was made yet" in rest.ask("GET", f"/cells/{cell['id']}").text
    refit(rest.database, dataset_of(rest.database), PRIOR)
    after = rest.ask("GET", f"/api/v1/cells/{cell['id']}").json()["consensus"]
    assert len(after["posterior"]) == 18
    assert sum(after["posterior"].values()) == pytest.approx(1, abs=1e-4)
    assert after["posterior"][after["label"]] == pytest.approx(after["probability"], abs=1e-5)
    page = rest.ask("GET", f"/cells/{cell['id']}").text
    assert "weighed by how reliable their reviewers are" in page
    assert "By how reliable each reviewer is" in page
    assert "no fit was made yet" not in page


def test_settings_of_the_rule_are_changed_and_read(rest: Rest) -> None:
    wanted = {"rule_threshold": 0.8, "given_votes": True, "refit_after": 50}
    answer = rest.ask("PATCH", "/api/v1/datasets/smears", json=wanted)
    assert answer.status_code == 202
    assert answer.json()["job"]
    read = rest.ask("GET", "/api/v1/datasets/smears").json()
    assert {name: read[name] for name in wanted} == wanted
    assert rest.ask("PATCH", "/api/v1/datasets/smears", json={"refit_after": 60}).status_code == 200
    assert rest.ask("PATCH", "/api/v1/datasets/smears", json={"refit_after": 0}).status_code == 422


def run(home: Path, address: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CYTOREVIEW_")}
    return subprocess.run(
        [sys.executable, "-m", "cytoreview", "consensus", *arguments],
        env=environment | {"CYTOREVIEW_HOME": str(home), "CYTOREVIEW_DATABASE_URL": address},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_command_fits_and_recounts(rest: Rest, database_address: str, tmp_path: Path) -> None:
    done = run(tmp_path / "home", database_address, "refit", "--dataset", "Smears", "--prior", "3", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert (report["votes"], report["raters"], report["cells"], report["changed"]) == (8, 2, 4, 4)
    assert report["prior"] == 3
    rebuilt = run(tmp_path / "home", database_address, "rebuild", "--json")
    assert json.loads(rebuilt.stdout)["changed"] == 0
    failed = run(tmp_path / "home", database_address, "refit", "--dataset", "nothing")
    assert (failed.returncode, failed.stderr) == (1, "There is no such dataset.\n")
