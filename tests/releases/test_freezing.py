"""Freezing in a job: whole or not at all, once, and as often as the job is begun."""

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.audit.models import Event
from app.database import Database
from app.errors import Invalid
from app.images.store import BlobStore
from app.jobs import queries as jobs
from app.jobs.errors import JobInterrupted
from app.jobs.runner import Runner
from app.jobs.service import JobState
from app.releases import queries, service, tasks
from app.releases.apart import write_files_apart
from app.releases.models import Release, ReleaseFile
from app.releases.schemas import NewRelease
from tests.releases.laboratory import BLAST, Smears, ask, freeze, settle, smears, written


@pytest.fixture
def lab(database: Database) -> Smears:
    with database.writing() as session:
        return smears(session)


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore((tmp_path / "blobs").as_uri())


def files_of(database: Database, release: int) -> dict[str, queries.FileRow]:
    with database.reading() as session:
        return {file.name: file for file in queries.files(session, [release])[release]}


def rows_of(database: Database, table: type[Release] | type[ReleaseFile]) -> list[Any]:
    with database.reading() as session:
        return [tuple(row) for row in session.execute(select(table.__table__))]


def test_a_job_freezes_a_release_and_stores_its_files_by_content(
    database: Database, lab: Smears, store: BlobStore, tmp_path: Path
) -> None:
    release = freeze(database, store)
    assert (release.number, release.state, release.error) == (1, "frozen", None)
    assert release.frozen_at
    made = files_of(database, release.id)
    assert list(made) == ["labels.csv", "votes.csv", "manifest.json"]
    expected = written(database, release, tmp_path / "here")
    for file in expected.files[:2]:
        assert made[file.name].sha256 == file.sha256
        assert store.get(made[file.name].key) == (tmp_path / "here" / file.name).read_bytes()
        assert made[file.name].key.endswith(file.sha256.hex())
    assert release.counts == expected.counts


def test_the_report_of_the_job_names_files_and_digests_and_tells_no_counts(
    database: Database, lab: Smears, store: BlobStore
) -> None:
    release = freeze(database, store)
    with database.reading() as session:
        job = jobs.job(session, release.job)
    assert (job.state, job.done, job.total) == (JobState.DONE, 9, 9)
    assert job.report is not None
    assert set(job.report) == {"number", "files"}
    assert [file["name"] for file in job.report["files"]] == ["labels.csv", "votes.csv", "manifest.json"]


def test_a_release_that_is_frozen_stays_as_it_is_when_its_job_is_done_again(
    database: Database, lab: Smears, store: BlobStore
) -> None:
    release = freeze(database, store)
    before = rows_of(database, Release), rows_of(database, ReleaseFile)
    with database.writing() as session:
        settle(session, lab.disputed, BLAST)
    report = tasks.freeze_release(store, FakeJob(database, release.job))  # type: ignore[arg-type]
    assert (rows_of(database, Release), rows_of(database, ReleaseFile)) == before
    assert report["number"] == 1


def test_a_job_that_was_broken_off_while_it_wrote_leaves_nothing_and_is_done_again(
    database: Database, lab: Smears, store: BlobStore, tmp_path: Path
) -> None:
    release = ask(database)
    with pytest.raises(JobInterrupted):
        tasks.freeze_release(store, FakeJob(database, release.job, breaks_off=True))  # type: ignore[arg-type]
    assert rows_of(database, ReleaseFile) == []
    assert not (tmp_path / "blobs" / "releases").exists()
    assert Runner(database, tasks.handlers(store)).run_waiting() == 1
    with database.reading() as session:
        assert queries.release_of_job(session, release.job).state == "frozen"


def test_of_two_runs_that_reach_the_end_the_first_one_stands(database: Database, lab: Smears, tmp_path: Path) -> None:
    release = ask(database)
    first = written(database, release, tmp_path / "1")
    with database.writing() as session:
        settle(session, lab.disputed, BLAST)
    second = written(database, release, tmp_path / "2")
    assert first != second
    for frozen in (first, second):
        with database.writing() as session:
            service.record_frozen(session, release.id, frozen, {file.name: "key" for file in frozen.files})
    made = files_of(database, release.id)
    assert {name: file.sha256 for name, file in made.items()} == {file.name: file.sha256 for file in first.files}


def test_a_release_that_can_not_be_written_has_failed_and_its_number_is_not_given_again(
    database: Database, lab: Smears, store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    failed = freeze(database, store)
    assert failed.state == "failed"
    assert failed.error is not None
    assert "could not be written" in failed.error
    assert rows_of(database, ReleaseFile) == []
    monkeypatch.undo()
    assert freeze(database, store).number == 2


def test_the_other_process_says_why_it_can_not_go_on(database: Database, lab: Smears, tmp_path: Path) -> None:
    release = ask(database)
    (tmp_path / "labels.csv").touch()
    with pytest.raises(Exception, match="ended with code 1"):
        write_files_apart(database, release.id, "1", tmp_path, lambda done, total: None)


def test_the_other_process_writes_the_same_and_tells_how_far_it_is(
    database: Database, lab: Smears, tmp_path: Path
) -> None:
    release = ask(database)
    told: list[tuple[int, int]] = []
    here, there = tmp_path / "here", tmp_path / "there"
    there.mkdir()
    frozen = write_files_apart(database, release.id, "1.2.3", there, lambda *progress: told.append(progress))
    assert frozen == written(database, release, here)
    assert told == [(9, 9)]
    for file in frozen.files:
        assert (there / file.name).read_bytes() == (here / file.name).read_bytes()


def test_two_releases_of_the_same_data_share_their_files(database: Database, lab: Smears, store: BlobStore) -> None:
    first, second = freeze(database, store), freeze(database, store)
    assert (first.number, second.number) == (1, 2)
    one, other = files_of(database, first.id), files_of(database, second.id)
    assert one["labels.csv"] == other["labels.csv"]
    assert one["votes.csv"] == other["votes.csv"]
    assert one["manifest.json"].sha256 != other["manifest.json"].sha256


def test_a_release_leaves_an_event_in_the_trail(database: Database, lab: Smears) -> None:
    ask(database, names=True)
    with database.reading() as session:
        event = session.execute(select(Event.subject, Event.body).where(Event.kind == "release.create")).one()
    assert event.subject == "smears"
    assert event.body == {"number": 1, "rule": "majority", "formats": ["csv"], "names": True}


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"rule": "oracle"}, "rule"),
        ({"threshold": 0.9}, "threshold"),
        ({"formats": ["csv", "xlsx"]}, "formats.1"),
    ],
)
def test_what_is_not_there_is_refused_by_field_and_nothing_is_numbered(
    database: Database, lab: Smears, wanted: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        ask(database, **wanted)
    assert refusal.value.field == field
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Release)) == 0
    assert ask(database).number == 1


def test_csv_is_always_written(database: Database, lab: Smears) -> None:
    assert ask(database, formats=[]).formats == ["csv"]
    assert NewRelease().formats == ["csv"]


class FakeJob:
    """A job that a test holds in its hands."""

    def __init__(self, database: Database, pid: str, breaks_off: bool = False) -> None:
        self.database = database
        self.pid = pid
        self.breaks_off = breaks_off

    def report(self, done: int, total: int | None = None, message: str = "") -> None:
        if self.breaks_off:
            raise JobInterrupted
