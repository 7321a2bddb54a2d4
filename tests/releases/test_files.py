"""What stands in the files of a release."""

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.accounts.models import User
from app.catalogue.models import Cell, Dataset
from app.catalogue.service import RECOUNT
from app.database import Base, Database
from app.jobs.service import enqueue
from app.releases.freezing import write_files
from app.releases.layout import LABELS, VOTES, moment
from app.releases.spreadsheet import original, original_list
from app.review.models import Review
from tests.factories import a_cell, a_dataset, an_open_round, say
from tests.releases.laboratory import (
    BAND,
    BLAST,
    REVIEWERS,
    SEGMENTED,
    Smears,
    ask,
    by_cell,
    pid_of,
    rows,
    settle,
    smears,
    withdraw,
    written,
)


@pytest.fixture
def lab(database: Database) -> Smears:
    with database.writing() as session:
        return smears(session)


def files(database: Database, folder: Path, **wanted: Any) -> dict[str, bytes]:
    """The files of a new release by name."""
    frozen = written(database, ask(database, **wanted), folder)
    return {file.name: (folder / file.name).read_bytes() for file in frozen.files}


def labels(database: Database, folder: Path, **wanted: Any) -> dict[int, dict[str, str]]:
    """The rows of ``labels.csv`` by cell."""
    return dict(by_cell(database, rows(files(database, folder, **wanted)["labels.csv"])))


def votes(database: Database, folder: Path, cell: int, **wanted: Any) -> list[dict[str, str]]:
    """The rows of ``votes.csv`` of a cell."""
    with database.writing() as session:
        pid = pid_of(session, cell)
    return [row for row in rows(files(database, folder, **wanted)["votes.csv"]) if row["cell_id"] == pid]


def test_the_columns_are_those_of_the_contract(database: Database, lab: Smears, tmp_path: Path) -> None:
    made = files(database, tmp_path)
    assert made["labels.csv"].split(b"\r\n")[0] == (
        b"cell_id,pixel_sha256,paths,given_labels,label,second_label,probability,state,outcome,dissent,reviews,method"
    )
    assert made["votes.csv"].split(b"\r\n")[0] == (
        b"cell_id,pixel_sha256,reviewer,verdict,label,second_label,shown_label,presentation,mode,flag,round,kind,"
        b"reviewed_at,seconds,standing,settles,reason,comment"
    )


def test_every_cell_has_one_row_in_order_of_its_pixels(database: Database, lab: Smears, tmp_path: Path) -> None:
    found = rows(files(database, tmp_path)["labels.csv"])
    assert len(found) == 9
    digests = [row["pixel_sha256"] for row in found]
    assert digests == sorted(digests)


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("agreed", (BAND, "", "1.0", "agreed", "label", "false", "3", "majority")),
        ("dissent", (BAND, "", "0.6666666666666666", "agreed", "label", "true", "3", "majority")),
        ("disputed", ("", "", "", "disputed", "", "false", "3", "")),
        ("borderline", (BAND, SEGMENTED, "0.6666666666666666", "agreed", "borderline", "false", "3", "majority")),
        ("unusable", ("", "", "1.0", "agreed", "unusable", "false", "3", "majority")),
        ("in_review", ("", "", "", "in_review", "", "false", "1", "")),
        ("untouched", ("", "", "", "unreviewed", "", "false", "0", "")),
        ("twice", ("", "", "", "disputed", "", "false", "0", "")),
        ("adjudicated", (BLAST, "", "", "adjudicated", "label", "true", "3", "adjudication")),
    ],
)
def test_a_cell_has_its_outcome(
    database: Database, lab: Smears, tmp_path: Path, cell: str, says: tuple[str, ...]
) -> None:
    row = labels(database, tmp_path)[getattr(lab, cell)]
    assert tuple(row[column] for column in LABELS[4:]) == says


def test_a_cell_that_was_filed_twice_has_both_paths_and_both_labels(
    database: Database, lab: Smears, tmp_path: Path
) -> None:
    row = labels(database, tmp_path)[lab.twice]
    assert row["given_labels"] == f"{BAND}|{SEGMENTED}"
    paths = original_list(row["paths"])
    assert len(paths) == 2
    assert paths == sorted(paths)


def test_a_path_that_looks_like_a_formula_or_holds_a_bar_comes_back(
    database: Database, lab: Smears, tmp_path: Path
) -> None:
    row = labels(database, tmp_path)[lab.untouched]
    assert row["paths"] == r"'=1+1\x7codd\\name.TIF"
    assert original_list(row["paths"]) == ["=1+1|odd\\name.TIF"]
    assert row["given_labels"] == ""


def test_comments_come_back_and_none_begins_like_a_formula(database: Database, lab: Smears, tmp_path: Path) -> None:
    made = rows(files(database, tmp_path)["votes.csv"])
    written_comments = {row["comment"] for row in made if row["comment"]}
    assert written_comments == {"'=SUM(A1)", "''quoted'\r\nand so on, in two lines", "'@two nucleoli"}
    assert {original(comment) for comment in written_comments} == {
        "=SUM(A1)",
        "'quoted'\r\nand so on, in two lines",
        "@two nucleoli",
    }


def test_every_review_is_a_vote_row_with_what_was_said(database: Database, lab: Smears, tmp_path: Path) -> None:
    (row,) = votes(database, tmp_path, lab.in_review)
    assert tuple(row) == VOTES
    assert row["round"] == lab.round
    assert {
        name: row[name] for name in ("verdict", "label", "shown_label", "presentation", "mode", "flag", "kind")
    } == {
        "verdict": "label",
        "label": BAND,
        "shown_label": BAND,
        "presentation": "sighted",
        "mode": "single",
        "flag": "true",
        "kind": "first",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["reviewed_at"])
    assert (row["seconds"], row["standing"]) == ("", "true")
    assert {row["seconds"] for row in votes(database, tmp_path / "again", lab.unusable)} == {"1.25"}


@pytest.mark.parametrize(
    "given",
    [
        datetime(2026, 11, 20, 17, 5),  # noqa: DTZ001 SQLite stores none
        datetime(2026, 11, 20, 17, 5, tzinfo=UTC),
        datetime(2026, 11, 20, 18, 5, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_a_moment_is_written_in_utc_whatever_the_driver_makes_of_it(given: datetime) -> None:
    assert moment(given) == "2026-11-20T17:05:00.000Z"


def test_votes_go_by_pixels_then_reviewer_then_recording(database: Database, lab: Smears, tmp_path: Path) -> None:
    with database.writing() as session:
        for comment in ("later", "later still"):
            last = session.execute(
                select(Review.uuid)
                .join(User, Review.reviewer == User.id)
                .where(Review.cell == lab.agreed, User.name == "reviewer1")
                .order_by(Review.id.desc())
                .limit(1)
            ).scalar_one()
            say(session, lab.round, "reviewer1", lab.agreed, BAND, comment=comment, supersedes=str(last))
    found = rows(files(database, tmp_path)["votes.csv"])
    assert [row["pixel_sha256"] for row in found] == sorted(row["pixel_sha256"] for row in found)
    of_cell = votes(database, tmp_path / "again", lab.agreed)
    assert [(row["reviewer"], row["comment"], row["standing"]) for row in of_cell] == [
        ("reviewer-1", "", "false"),
        ("reviewer-1", "later", "false"),
        ("reviewer-1", "later still", "true"),
        ("reviewer-2", "", "true"),
        ("reviewer-3", "", "true"),
    ]


def test_a_withdrawn_review_is_there_and_does_not_stand(database: Database, lab: Smears, tmp_path: Path) -> None:
    with database.writing() as session:
        review = session.execute(select(Review.uuid).where(Review.cell == lab.in_review)).scalar_one()
        withdraw(session, lab.round, "reviewer2", lab.in_review, str(review))
    found = votes(database, tmp_path, lab.in_review)
    assert [(row["verdict"], row["standing"]) for row in found] == [("label", "false"), ("withdrawn", "false")]
    assert labels(database, tmp_path / "again")[lab.in_review]["reviews"] == "0"


def test_the_adjudication_that_settles_is_marked_and_votes_for_nothing(
    database: Database, lab: Smears, tmp_path: Path
) -> None:
    found = votes(database, tmp_path, lab.adjudicated)
    (row,) = [row for row in found if row["kind"] == "adjudication"]
    assert (row["label"], row["standing"], row["settles"], row["reason"]) == (BLAST, "false", "true", "nucleus")
    assert (row["round"], row["presentation"], row["shown_label"]) == ("", "", "")
    assert {row["settles"] for row in found if row["kind"] != "adjudication"} == {"false"}


def test_a_withdrawn_adjudication_settles_nothing(database: Database, lab: Smears, tmp_path: Path) -> None:
    with database.writing() as session:
        settled = session.execute(
            select(Review.uuid).where(Review.cell == lab.adjudicated, Review.kind == "adjudication")
        ).scalar_one()
        settle(session, lab.adjudicated, None, verdict="withdrawn", supersedes=str(settled))
    found = votes(database, tmp_path, lab.adjudicated)
    assert [(row["verdict"], row["settles"]) for row in found if row["kind"] == "adjudication"] == [
        ("label", "false"),
        ("withdrawn", "false"),
    ]
    assert labels(database, tmp_path / "again")[lab.adjudicated]["state"] == "disputed"


def test_reviewers_are_numbered_by_their_first_review_unless_names_are_chosen(
    database: Database, lab: Smears, tmp_path: Path
) -> None:
    pseudonyms = {row["reviewer"] for row in rows(files(database, tmp_path)["votes.csv"])}
    assert pseudonyms == {"reviewer-1", "reviewer-2", "reviewer-3", "reviewer-4"}
    assert {row["reviewer"] for row in votes(database, tmp_path / "a", lab.adjudicated)} == pseudonyms
    (row,) = votes(database, tmp_path / "b", lab.in_review)
    assert row["reviewer"] == "reviewer-2"
    named = {row["reviewer"] for row in rows(files(database, tmp_path / "c", names=True)["votes.csv"])}
    assert named == {*REVIEWERS, "adjudicator1"}


def test_reviews_of_another_dataset_do_not_number_reviewers(database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        cell = a_cell(session, a_dataset(session, "other"), BAND)
        say(session, an_open_round(session, "other", ("reviewer3",)), "reviewer3", cell, BAND)
        lab = smears(session)
    assert [row["reviewer"] for row in votes(database, tmp_path, lab.unusable)] == [
        "reviewer-1",
        "reviewer-2",
        "reviewer-3",
    ]


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("agreed", (BAND, "", "1.0", "agreed", "label", "false", "3", "unanimous")),
        ("dissent", ("", "", "", "disputed", "", "false", "3", "")),
        ("borderline", ("", "", "", "disputed", "", "false", "3", "")),
        ("in_review", ("", "", "", "in_review", "", "false", "1", "")),
        ("twice", ("", "", "", "disputed", "", "false", "0", "")),
        ("untouched", ("", "", "", "unreviewed", "", "false", "0", "")),
        ("adjudicated", (BLAST, "", "", "adjudicated", "label", "true", "3", "adjudication")),
    ],
)
def test_another_rule_is_applied_to_the_same_votes_and_adjudications_outrank_it(
    database: Database, lab: Smears, tmp_path: Path, cell: str, says: tuple[str, ...]
) -> None:
    row = labels(database, tmp_path, rule="unanimous")[getattr(lab, cell)]
    assert tuple(row[column] for column in LABELS[4:]) == says


def test_while_a_changed_rule_is_being_recounted_the_rule_is_applied_by_the_release(
    database: Database, lab: Smears, tmp_path: Path
) -> None:
    with database.writing() as session:
        session.execute(update(Dataset).values(rule="unanimous"))
        enqueue(session, RECOUNT, "smears", {"dataset": "smears"})
    assert labels(database, tmp_path)[lab.dissent]["state"] == "disputed"


def test_the_counts_are_those_of_the_rows(database: Database, lab: Smears, tmp_path: Path) -> None:
    counts = written(database, ask(database), tmp_path).counts
    by_class = counts.pop("by_class")
    assert counts == {
        "cells": 9,
        "reviews": 20,
        "reviewers": 4,
        "by_state": {"unreviewed": 1, "in_review": 1, "agreed": 4, "disputed": 2, "adjudicated": 1},
        "by_outcome": {"label": 3, "borderline": 1, "unusable": 1, "none": 4},
    }
    assert len(by_class) == 18
    assert {name: n for name, n in by_class.items() if n} == {BLAST: 1, BAND: 2}


def test_the_manifest_says_what_it_is_and_the_digest_of_each_file(
    database: Database, lab: Smears, tmp_path: Path
) -> None:
    made = files(database, tmp_path)
    manifest = json.loads(made["manifest.json"])
    assert manifest["release"] == 1
    assert manifest["dataset"]["license"] == "CC BY 4.0"
    assert manifest["dataset"]["citation"] == "A laboratory, 2026"
    assert manifest["dataset"]["px_per_um"] == 11.52
    assert (manifest["label_set"]["name"], manifest["label_set"]["version"]) == ("mll23", 2)
    assert len(manifest["label_set"]["classes"]) == 18
    assert manifest["rule"] == {"name": "majority", "threshold": None, "adjudications": "outrank votes"}
    assert manifest["reviewers"] == "pseudonyms"
    assert manifest["made_by"] == {"program": "cytoreview", "version": "1.2.3"}
    for file in manifest["files"]:
        content = made[file["name"]]
        assert file["bytes"] == len(content)
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        found = rows(content)
        assert file["rows"] == len(found)
        assert file["columns"] == list(found[0])


def test_an_empty_dataset_has_files_with_a_header_only(database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        a_dataset(session)
    made = files(database, tmp_path)
    assert made["labels.csv"].decode() == ",".join(LABELS) + "\r\n"
    assert made["votes.csv"].decode() == ",".join(VOTES) + "\r\n"
    assert json.loads(made["manifest.json"])["counts"]["cells"] == 0


def test_more_cells_than_a_block_are_all_there_once(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite_database.writing() as session:
        smears(session)
    whole = files(sqlite_database, tmp_path)
    monkeypatch.setattr("app.releases.queries.BLOCK", 2)
    in_blocks = files(sqlite_database, tmp_path / "blocks")
    assert in_blocks["labels.csv"] == whole["labels.csv"]
    assert in_blocks["votes.csv"] == whole["votes.csv"]


def test_the_same_data_gives_the_same_bytes(database: Database, lab: Smears, tmp_path: Path) -> None:
    first, second = files(database, tmp_path / "1"), files(database, tmp_path / "2")
    assert first["labels.csv"] == second["labels.csv"]
    assert first["votes.csv"] == second["votes.csv"]
    differing = [
        (a, b)
        for a, b in zip(first["manifest.json"].splitlines(), second["manifest.json"].splitlines(), strict=True)
        if a != b
    ]
    assert differing == [(b'  "release": 1,', b'  "release": 2,')]


def test_both_databases_give_the_same_bytes(
    sqlite_database: Database, postgres_database: Database, tmp_path: Path
) -> None:
    with sqlite_database.writing() as session:
        lab = smears(session)
        another = an_open_round(session, reviewers=("reviewer3", "reviewer1"), presentation="sighted")
        say(session, another, "reviewer3", lab.agreed, SEGMENTED, seconds=0.1)
    release = ask(sqlite_database)
    copy_rows(sqlite_database, postgres_database)
    here, there = tmp_path / "sqlite", tmp_path / "postgresql"
    assert written(sqlite_database, release, here) == written(postgres_database, release, there)
    for path in here.iterdir():
        assert path.read_bytes() == (there / path.name).read_bytes()


def copy_rows(source: Database, target: Database) -> None:
    """Every row with its ids and times, so that both databases hold the same."""
    with source.reading() as reading, target.writing() as session:
        for table in Base.metadata.sorted_tables:
            found = [dict(row._mapping) for row in reading.execute(select(table))]
            if table.name == Review.__tablename__:
                found.sort(key=lambda row: row["id"])
            if found:
                session.execute(insert(table), found)


def test_a_release_is_one_moment_however_much_is_written_meanwhile(
    database: Database, lab: Smears, tmp_path: Path
) -> None:
    release = ask(database)
    quiet = written(database, release, tmp_path / "quiet")
    with database.reading(snapshot=True) as session:
        session.scalar(select(Cell.id).limit(1))
        with database.writing() as writing:
            say(writing, lab.round, "reviewer1", lab.in_review, SEGMENTED)
            settle(writing, lab.disputed, BLAST)
        (tmp_path / "busy").mkdir()
        busy = write_files(session, release.id, "1.2.3", tmp_path / "busy", lambda done, total: None)
    assert busy == quiet
    assert written(database, release, tmp_path / "later") != quiet
