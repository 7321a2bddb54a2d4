"""Releases over REST and on their page."""

import hashlib
import shutil
import sys
from pathlib import Path

import pytest

from app.database import Database
from tests.factories import an_open_round
from tests.releases.laboratory import API, BAND, BLAST, SEGMENTED, Rest, Smears, pid_of, rows, settle, smears


@pytest.fixture
def rest(database: Database, tmp_path: Path) -> Rest:
    return Rest(database, tmp_path)


@pytest.fixture
def lab(rest: Rest) -> Smears:
    with rest.database.writing() as session:
        return smears(session)


def test_an_admin_asks_for_a_release_and_is_told_the_job(rest: Rest, lab: Smears) -> None:
    answer = rest.ask("POST", API, json={"rule": "majority", "formats": ["csv"], "names": True})
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["Location"] == f"/api/v1/jobs/{job['id']}"
    assert (job["state"], job["kind"], job["release"]) == ("queued", "release", 1)
    release = rest.ask("GET", f"{API}/1").json()
    assert (release["state"], release["names"], release["created_by"], release["files"]) == (
        "writing",
        True,
        "admin",
        [],
    )
    assert release["job_id"] == job["id"]


def test_a_release_needs_no_body(rest: Rest, lab: Smears) -> None:
    assert rest.ask("POST", API).status_code == 202
    assert rest.ask("GET", f"{API}/1").json()["rule"] == "majority"


def test_a_frozen_release_has_counts_and_files_whose_bytes_have_the_digest(rest: Rest, lab: Smears) -> None:
    rest.freeze()
    release = rest.ask("GET", f"{API}/1", "adjudicator1", "adjudicator").json()
    assert release["state"] == "frozen"
    assert release["counts"]["by_state"]["agreed"] == 4
    assert [file["name"] for file in release["files"]] == ["labels.csv", "votes.csv", "manifest.json"]
    for file in release["files"]:
        answer = rest.ask("GET", file["url"])
        assert answer.status_code == 200
        assert len(answer.content) == file["bytes"] == int(answer.headers["Content-Length"])
        assert hashlib.sha256(answer.content).hexdigest() == file["sha256"]
        assert answer.headers["ETag"] == f'"{file["sha256"]}"'
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{file["name"]}"'
    assert rest.ask("GET", f"{API}/1/files/labels.csv").headers["Content-Type"].startswith("text/csv; charset=utf-8")
    assert rest.ask("GET", f"{API}/1/files/manifest.json").headers["Content-Type"] == "application/json"


def test_who_has_a_file_or_a_release_is_not_sent_it_again(rest: Rest, lab: Smears) -> None:
    rest.freeze()
    for path in (f"{API}/1", f"{API}/1/files/labels.csv"):
        tag = rest.ask("GET", path).headers["ETag"]
        again = rest.ask("GET", path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)


def test_releases_are_listed_newest_first_page_by_page(rest: Rest, lab: Smears) -> None:
    for _ in range(3):
        rest.freeze()
    first = rest.ask("GET", f"{API}?limit=2")
    assert [release["number"] for release in first.json()["items"]] == [3, 2]
    path = first.links["next"]["url"]
    last = rest.ask("GET", path)
    assert [release["number"] for release in last.json()["items"]] == [1]
    assert "next" not in last.links
    assert len(last.json()["items"][0]["files"]) == 3


@pytest.mark.parametrize(
    "path",
    ["/2", "/1/files/nothing.csv", "/1/files/..%2Fcytoreview.db", "/2/files/labels.csv", "/1/diff/2"],
)
def test_what_is_not_there_is_not_found(rest: Rest, lab: Smears, path: str) -> None:
    rest.freeze()
    answer = rest.ask("GET", API + path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_a_dataset_that_is_not_there_has_no_releases(rest: Rest) -> None:
    assert rest.ask("GET", "/api/v1/datasets/nothing/releases").status_code == 404
    assert rest.ask("POST", "/api/v1/datasets/nothing/releases").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rule": "oracle"}, "rule"),
        ({"threshold": 0.9}, "threshold"),
        ({"formats": ["xlsx"]}, "formats.0"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wish_that_can_not_be_met_is_refused_by_field(
    rest: Rest, lab: Smears, body: dict[str, object], field: str
) -> None:
    answer = rest.ask("POST", API, json=body)
    assert answer.status_code == 422
    assert answer.json()["field"] == field


def test_adjudicators_read_and_admins_freeze(rest: Rest, lab: Smears) -> None:
    rest.freeze()
    for path in ("", "/1", "/1/files/labels.csv", "/1/diff/1"):
        assert rest.ask("GET", API + path, "adjudicator1", "adjudicator").status_code == 200
        assert rest.ask("GET", API + path, "reviewer1").status_code == 403
    assert rest.ask("POST", API, "adjudicator1").status_code == 403
    assert rest.ask("POST", API, "reviewer1").status_code == 403


def test_who_reviews_the_dataset_blind_waits_for_its_releases_whatever_their_role(rest: Rest, lab: Smears) -> None:
    rest.freeze()
    rest.ask("GET", API, "adjudicator2", "adjudicator")
    with rest.database.writing() as session:
        an_open_round(session, reviewers=("adjudicator2",), presentation="blind", reviews_per_cell=1)
    for path in ("", "/1", "/1/files/votes.csv", "/1/diff/1"):
        answer = rest.ask("GET", API + path, "adjudicator2")
        assert answer.status_code == 403
        assert "until that round closes" in answer.json()["detail"]
        assert rest.ask("GET", API + path).status_code == 200
    shown = rest.ask("GET", "/datasets/smears/releases", "adjudicator2")
    assert shown.status_code == 200
    assert "until that round closes" in shown.text
    assert "labels.csv" not in shown.text


def test_a_diff_names_the_cells_that_changed_and_the_reviews_that_changed_them(rest: Rest, lab: Smears) -> None:
    rest.freeze()
    with rest.database.writing() as session:
        settle(session, lab.disputed, BLAST, reason="chromatin", comment="=fine")
        settle(session, lab.agreed, BAND)
        settle(session, lab.dissent, BAND, verdict="borderline", second_label=SEGMENTED)
        disputed, dissent = pid_of(session, lab.disputed), pid_of(session, lab.dissent)
    rest.freeze()
    items = {item["cell_id"]: item for item in rest.ask("GET", f"{API}/1/diff/2").json()["items"]}
    assert set(items) == {disputed, dissent}
    change = items[disputed]
    assert change["from"] == {
        "outcome": None,
        "label": None,
        "second_label": None,
        "state": "disputed",
        "method": None,
    }
    assert (change["to"]["outcome"], change["to"]["label"], change["to"]["method"]) == ("label", BLAST, "adjudication")
    (review,) = change["reviews"]
    assert (review["kind"], review["label"], review["reason"], review["comment"]) == (
        "adjudication",
        BLAST,
        "chromatin",
        "=fine",
    )
    assert items[dissent]["to"]["outcome"] == "borderline"
    back = rest.ask("GET", f"{API}/2/diff/1").json()["items"]
    assert {item["cell_id"]: (item["from"], item["to"]) for item in back} == {
        cell: (item["to"], item["from"]) for cell, item in items.items()
    }
    assert rest.ask("GET", f"{API}/2/diff/2").json() == {"items": []}


def test_a_diff_comes_in_pages(rest: Rest, lab: Smears) -> None:
    rest.freeze()
    with rest.database.writing() as session:
        for cell in (lab.disputed, lab.twice, lab.untouched):
            settle(session, cell, BLAST)
    rest.freeze()
    whole = rest.ask("GET", f"{API}/1/diff/2").json()["items"]
    assert len(whole) == 3
    found, path = [], f"{API}/1/diff/2?limit=2"
    while path:
        answer = rest.ask("GET", path)
        found += answer.json()["items"]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert found == whole


def test_the_page_shows_the_newest_release_its_files_and_what_changed(rest: Rest, lab: Smears) -> None:
    empty = rest.ask("GET", "/datasets/smears/releases").text
    assert "No release yet." in empty
    assert "The first one freezes 3 labels." in empty
    rest.freeze()
    with rest.database.writing() as session:
        settle(session, lab.disputed, BLAST)
        settle(session, lab.agreed, SEGMENTED)
    rest.freeze()
    answer = rest.ask("GET", "/datasets/smears/releases")
    assert answer.status_code == 200
    assert "Freeze release 3" in answer.text
    assert "Changed since release 1" in answer.text
    assert "1 labels changed, 0 taken out, 1 added" in answer.text
    digest = rest.ask("GET", f"{API}/2").json()["files"][0]["sha256"]
    assert digest in answer.text
    first = rest.ask("GET", "/datasets/smears/releases?number=1").text
    assert "Changed since" not in first
    assert "Release 1" in first
    assert rest.ask("GET", "/datasets/smears/releases?number=3").status_code == 404


def test_the_page_of_an_adjudicator_offers_no_freezing(rest: Rest, lab: Smears) -> None:
    rest.freeze()
    text = rest.ask("GET", "/datasets/smears/releases", "adjudicator1", "adjudicator").text
    assert "Release 1" in text
    assert "Freeze release" not in text
    assert rest.ask("GET", "/datasets/smears/releases", "reviewer1").status_code == 403


def test_the_page_says_that_a_release_is_being_written(rest: Rest, lab: Smears) -> None:
    job = rest.ask("POST", API).json()["id"]
    text = rest.ask("GET", "/datasets/smears/releases").text
    assert f'data-job="{job}"' in text


def test_the_page_says_why_a_release_failed(rest: Rest, lab: Smears, monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    rest.freeze()
    text = rest.ask("GET", "/datasets/smears/releases").text
    assert "could not be written" in text
    assert "Try again" in text
    assert rest.ask("GET", f"{API}/1").json()["state"] == "failed"


def test_labels_over_rest_are_those_of_the_page(rest: Rest, lab: Smears) -> None:
    rest.freeze()
    labels = rows(rest.ask("GET", f"{API}/1/files/labels.csv").content)
    counts = rest.ask("GET", f"{API}/1").json()["counts"]
    assert len(labels) == counts["cells"]
    assert sum(1 for row in labels if row["outcome"] == "label") == sum(counts["by_class"].values())
