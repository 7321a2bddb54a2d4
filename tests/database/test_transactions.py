"""What the rest of the tests, and the product, rely on."""

import threading

import pytest
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import DBAPIError

from app.accounts.models import User
from app.database import Database, Reading, Writing, new_pid, new_pids, now


def add_user(session: Writing, name: str) -> None:
    session.execute(insert(User).values(pid=new_pid(), name=name, role="reviewer", settings={}, created_at=now()))


class Broken(Exception):
    """Something went wrong in the middle."""


def add_and_break(database: Database, name: str) -> None:
    with database.writing() as session:
        add_user(session, name)
        raise Broken


def add_and_break_inside(session: Writing, name: str) -> None:
    with session.savepoint():
        add_user(session, name)
        raise Broken


def users(session: Reading) -> int | None:
    return session.scalar(select(func.count()).select_from(User))


def test_rows_of_a_rolled_back_transaction_are_gone(database: Database) -> None:
    for number in range(20):
        with pytest.raises(Broken):
            add_and_break(database, f"reviewer{number}")
    with database.reading() as session:
        assert users(session) == 0


@pytest.mark.parametrize("_", range(3))
def test_the_session_fixture_leaves_nothing_behind(session: Writing, _: int) -> None:
    assert users(session) == 0
    add_user(session, "reviewer1")
    assert users(session) == 1


def test_a_reading_transaction_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError), database.reading() as session:
        session._connection.execute(delete(User))


def test_a_savepoint_undoes_only_what_is_inside(database: Database) -> None:
    with database.writing() as session:
        add_user(session, "reviewer1")
        with pytest.raises(Broken):
            add_and_break_inside(session, "reviewer2")
    with database.reading() as session:
        assert session.execute(select(User.name)).scalars().all() == ["reviewer1"]


def test_a_snapshot_sees_one_state(database: Database) -> None:
    with database.reading(snapshot=True) as session:
        assert users(session) == 0
        with database.writing() as writing:
            add_user(writing, "reviewer1")
        assert users(session) == 0


def test_writers_wait_for_each_other(database: Database) -> None:
    def count_up(number: int) -> None:
        for turn in range(10):
            with database.writing() as session:
                add_user(session, f"reviewer{number}-{turn}")

    threads = [threading.Thread(target=count_up, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert users(session) == 60


def test_a_moment_comes_back_as_it_went_in(database: Database) -> None:
    moment = now()
    with database.writing() as session:
        session.execute(insert(User).values(pid=new_pid(), name="a", role="admin", settings={}, created_at=moment))
        assert session.scalar(select(User.created_at)) == moment


def test_public_ids_are_sixteen_letters_that_tell_nothing() -> None:
    pids = new_pids(1000)
    assert len(set(pids)) == 1000
    assert all(len(pid) == 16 and set(pid) <= set("abcdefghijklmnopqrstuvwxyz234567") for pid in pids)
