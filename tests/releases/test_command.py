"""``cytoreview release create``."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.database import Database
from tests.releases.laboratory import Smears, rows, smears


@pytest.fixture
def lab(database: Database) -> Smears:
    with database.writing() as session:
        return smears(session)


def create(home: Path, address: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in a process of its own, from another folder."""
    home.mkdir(exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CYTOREVIEW_")}
    return subprocess.run(
        [sys.executable, "-m", "cytoreview", "release", "create", *options],
        cwd=home,
        env=environment | {"CYTOREVIEW_HOME": str(home), "CYTOREVIEW_DATABASE_URL": address},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_it_prints_one_json_document_and_writes_the_files(
    database: Database, database_address: str, lab: Smears, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = create(tmp_path / "home", database_address, "--dataset", "smears", "--out", str(out), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert set(document) == {"number", "files", "counts"}
    assert document["number"] == 1
    assert document["counts"]["cells"] == 9
    assert [file["name"] for file in document["files"]] == ["labels.csv", "votes.csv", "manifest.json"]
    for file in document["files"]:
        content = (out / file["name"]).read_bytes()
        assert len(content) == file["bytes"]
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
    assert len(rows((out / "labels.csv").read_bytes())) == 9


def test_rule_and_names_are_chosen(database: Database, database_address: str, lab: Smears, tmp_path: Path) -> None:
    out = tmp_path / "out"
    chosen = ("--dataset", "Smears", "--rule", "unanimous", "--format", "csv", "--names", "--out", str(out))
    done = create(tmp_path / "home", database_address, *chosen)
    assert done.returncode == 0
    assert done.stdout.startswith("Release 1 of smears: 9 cells, ")
    assert json.loads((out / "manifest.json").read_bytes())["rule"]["name"] == "unanimous"
    assert {row["reviewer"] for row in rows((out / "votes.csv").read_bytes())} >= {"reviewer1", "adjudicator1"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--dataset", "nothing"), "There is no such dataset."),
        (("--dataset", "smears", "--rule", "oracle"), "There is no rule oracle"),
        (("--dataset", "smears", "--threshold", "0.9"), "takes no threshold"),
        (("--dataset", "smears", "--threshold", "7"), "threshold"),
        (("--dataset", "smears", "--format", "xlsx"), "There is no format xlsx"),
    ],
)
def test_what_can_not_be_done_is_said_on_standard_error(
    sqlite_database: Database, tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    with sqlite_database.writing() as session:
        smears(session)
    address = sqlite_database.url.render_as_string()
    done = create(tmp_path / "home", address, *options, "--json")
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_can_not_be_written_is_said_after_the_release_was_frozen(
    sqlite_database: Database, tmp_path: Path
) -> None:
    with sqlite_database.writing() as session:
        smears(session)
    (tmp_path / "taken").touch()
    done = create(
        tmp_path / "home",
        sqlite_database.url.render_as_string(),
        *("--dataset", "smears", "--out", str(tmp_path / "taken")),
    )
    assert done.returncode == 1
    assert "The release is frozen, but its files can't be written" in done.stderr
