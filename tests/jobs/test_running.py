"""Jobs are done once, resumed when their worker dies, and say why when they can't be done."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from app.database import Database, now
from app.errors import Invalid
from app.jobs import queries, service
from app.jobs.errors import JobLost, UnknownJob
from app.jobs.models import Job
from app.jobs.queries import JobView
from app.jobs.runner import Runner, RunningJob
from app.jobs.service import MOST_STARTS, enqueue, silence

LONG = 20.0
"""Seconds after which a test that waits for another thread gives up."""


def ask(database: Database, kind: str = "count", **arguments: Any) -> str:
    with database.writing() as session:
        return enqueue(session, kind, "smears", arguments)


def state_of(database: Database, pid: str) -> JobView:
    with database.reading() as session:
        return queries.job(session, pid)


def count(job: RunningJob) -> Mapping[str, Any]:
    upto = job.arguments["upto"]
    for number in range(upto):
        job.report(number, upto, "Counting")
    return {"counted": upto}


def test_a_job_is_done_and_leaves_its_report(database: Database) -> None:
    pid = ask(database, upto=3)
    assert state_of(database, pid).state == "queued"
    assert Runner(database, {"count": count}).run_waiting() == 1
    job = state_of(database, pid)
    assert (job.state, job.report, job.total) == ("done", {"counted": 3}, 3)
    assert job.started_at
    assert job.finished_at
    assert Runner(database, {"count": count}).run_waiting() == 0


def test_a_job_of_a_kind_without_a_handler_waits(database: Database) -> None:
    pid = ask(database, "release")
    assert Runner(database, {"count": count}).run_waiting() == 0
    assert state_of(database, pid).state == "queued"


@pytest.mark.parametrize(
    ("error", "words"),
    [(Invalid("The ZIP is damaged."), "The ZIP is damaged."), (KeyError("x"), "Something went wrong")],
)
def test_a_job_that_fails_says_why(database: Database, error: Exception, words: str) -> None:
    def handler(_: RunningJob) -> None:
        raise error

    pid = ask(database)
    Runner(database, {"count": handler}).run_waiting()
    job = state_of(database, pid)
    assert job.state == "failed"
    assert words in job.message
    assert job.finished_at


def test_an_unknown_job_is_not_found(database: Database) -> None:
    with pytest.raises(UnknownJob):
        state_of(database, "nothing")


def test_a_job_that_was_rolled_back_was_never_asked_for(database: Database) -> None:
    def ask_and_fail() -> None:
        with database.writing() as session:
            enqueue(session, "count", "smears", {})
            raise Invalid("no")

    with pytest.raises(Invalid):
        ask_and_fail()
    assert Runner(database, {"count": count}).run_waiting() == 0


def test_a_thread_begins_as_soon_as_a_job_is_committed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.jobs.runner.SECONDS_BETWEEN_LOOKS", 10 * LONG)
    begun = threading.Event()

    def handler(_: RunningJob) -> None:
        begun.set()

    runner = Runner(database, {"count": handler})
    runner.start()
    ask(database)
    assert begun.wait(LONG)
    assert runner.stop(LONG)


def test_quick_jobs_do_not_wait_for_slow_ones(database: Database) -> None:
    counted = threading.Event()

    def slow(_: RunningJob) -> None:
        assert counted.wait(LONG)

    def quick(_: RunningJob) -> None:
        counted.set()

    runner = Runner(database, {"import": slow, "count": quick}, slow=("import",))
    slow_pid = ask(database, "import")
    ask(database)
    runner.start()
    assert counted.wait(LONG)
    assert runner.stop(LONG)
    assert state_of(database, slow_pid).state == "done"


def test_a_runner_that_stops_puts_its_job_back_and_another_goes_on(database: Database) -> None:
    begun, stopping = threading.Event(), threading.Event()

    def endless(job: RunningJob) -> None:
        begun.set()
        assert stopping.wait(LONG)
        while True:
            job.report(1, 2)

    runner = Runner(database, {"count": endless})
    pid = ask(database, upto=1)
    runner.start()
    assert begun.wait(LONG)
    stopping.set()
    assert runner.stop(LONG)
    assert state_of(database, pid).state == "queued"
    Runner(database, {"count": count}).run_waiting()
    assert state_of(database, pid).state == "done"


def abandoned(database: Database, **arguments: Any) -> str:
    """A job whose worker was killed while it ran."""
    pid = ask(database, **arguments)
    with database.writing() as session:
        claimed = service.claim(session, ["count"], "dead", silence(60))
        assert claimed is not None
    return pid


def grow_silent(database: Database) -> None:
    """As if the last sign of life were long ago."""
    with database.writing() as session:
        session.execute(update(Job).values(beat_at=silence(3600)))


def test_a_job_that_the_database_broke_off_goes_on_but_not_for_ever(database: Database) -> None:
    starts = []

    def handler(job: RunningJob) -> Mapping[str, Any]:
        starts.append(job.pid)
        if len(starts) < 3:
            raise OperationalError("update cell", {}, Exception("deadlock detected"))
        return {}

    def never(job: RunningJob) -> Mapping[str, Any]:
        raise OperationalError("update cell", {}, Exception("deadlock detected"))

    pid = ask(database)
    assert Runner(database, {"count": handler}).run_waiting() == 3
    assert (state_of(database, pid).state, starts) == ("done", [pid] * 3)
    hopeless = ask(database)
    assert Runner(database, {"count": never}).run_waiting() == MOST_STARTS
    assert state_of(database, hopeless).state == "failed"


def test_the_job_of_a_dead_worker_is_taken_up_again(database: Database) -> None:
    pid = abandoned(database, upto=2)
    assert Runner(database, {"count": count}).run_waiting() == 0
    grow_silent(database)
    assert Runner(database, {"count": count}).run_waiting() == 1
    assert state_of(database, pid).state == "done"


def test_a_job_that_takes_every_worker_down_is_given_up(database: Database) -> None:
    pid = abandoned(database)
    for _ in range(MOST_STARTS - 1):
        grow_silent(database)
        with database.writing() as session:
            assert service.claim(session, ["count"], "dead", silence(60)) is not None
    grow_silent(database)
    assert Runner(database, {"count": count}).run_waiting() == 0
    job = state_of(database, pid)
    assert job.state == "failed"
    assert "Given up" in job.message


def test_who_lost_a_job_writes_nothing_any_more(database: Database) -> None:
    ask(database)
    with database.writing() as session:
        first = service.claim(session, ["count"], "first", silence(60))
    grow_silent(database)
    with database.writing() as session:
        second = service.claim(session, ["count"], "second", silence(60))
    assert first
    assert second
    changes: list[Callable[[Any], None]] = [
        lambda session: service.beat(session, first),
        lambda session: service.progress(session, first, 1, 2, ""),
        lambda session: service.finish(session, first, {}),
        lambda session: service.fail(session, first, ""),
    ]
    for change in changes:
        with pytest.raises(JobLost), database.writing() as session:
            change(session)
    with database.writing() as session:
        service.finish(session, second, None)


def test_two_runners_never_do_the_same_job(database: Database) -> None:
    done: list[str] = []
    together = threading.Barrier(2)

    def handler(job: RunningJob) -> None:
        done.append(job.pid)

    asked = [ask(database) for _ in range(20)]

    def work() -> None:
        together.wait(LONG)
        Runner(database, {"count": handler}).run_waiting()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert sorted(done) == sorted(asked)


def test_a_silent_handler_lives_on_by_the_signs_that_are_given_for_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.jobs.runner.SECONDS_BETWEEN_BEATS", 0.01)
    beaten = threading.Event()
    beat = RunningJob.beat

    def beat_and_tell(job: RunningJob) -> None:
        beat(job)
        beaten.set()

    monkeypatch.setattr(RunningJob, "beat", beat_and_tell)

    def silent(_: RunningJob) -> None:
        with database.writing() as session:
            session.execute(update(Job).values(beat_at=silence(3600)))
        beaten.clear()
        assert beaten.wait(LONG)
        with database.reading() as session:
            beat_at = session.execute(select(Job.beat_at)).scalar_one()
        assert beat_at is not None
        assert beat_at > silence(60)

    pid = ask(database)
    Runner(database, {"count": silent}).run_waiting()
    assert state_of(database, pid).state == "done"


def test_jobs_of_a_subject_come_newest_first(database: Database) -> None:
    pids = [ask(database) for _ in range(3)]
    with database.reading() as session:
        assert [job.pid for job in queries.jobs_of(session, "count", "smears")] == pids[::-1]
        assert queries.under_way(session, "count", "smears")
        assert not queries.under_way(session, "count", "other")
        assert queries.jobs_of(session, "count", "smears")[0].created_at <= now()
