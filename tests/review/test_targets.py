"""Rounds with a target probability: when they are possible, whom they spare, and whom they ask once more."""

import threading
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import OperationalError

from app.catalogue.models import Cell, Dataset
from app.consensus.weighing import PRIOR
from app.database import Database, Reading, Writing
from app.jobs.models import Job
from app.jobs.service import enqueue
from app.review.escalation import hold_ends, target_is_possible
from app.review.models import Assignment, Review, Round, RoundCell, RoundCounter
from app.review.planning import change_reviewers
from app.review.queries import next_assignments
from app.review.schemas import ReviewerChange
from app.review.service import record_reviews
from app.review.tasks import rebuild, refit
from tests.factories import a_cell, a_dataset, a_person, an_answer, an_open_round, assignment_of, say

BAND, SEGMENTED, BASOPHIL = "neutrophil_band", "neutrophil_segmented", "basophil"
FOUR = ["reviewer1", "reviewer2", "reviewer3", "reviewer4"]


CLASSES = (BAND, SEGMENTED, BASOPHIL, "eosinophil")


def a_fitted_dataset(database: Database, **values: Any) -> int:
    """A dataset under ``dawid-skene`` whose four reviewers agreed on twenty cells but for a slip in five, so that two
    of them convince and one alone doesn't."""
    with database.writing() as session:
        dataset = a_dataset(session, **{"rule": "dawid-skene", "refit_after": 100_000, **values})
        cells = [a_cell(session, dataset, label) for label in CLASSES for _ in range(5)]
        pid = an_open_round(session, reviewers=FOUR, reviews_per_cell=4)
        for at, cell in enumerate(cells):
            for number, name in enumerate(FOUR):
                slips = (at + number) % 5 == 0
                say(session, pid, name, cell, SEGMENTED if slips else CLASSES[at // 5])
    refit(database, dataset, PRIOR)
    with database.writing() as session:
        session.execute(update(Round).values(state="closed"))
        session.execute(delete(Job))
    return dataset


def aiming(
    session: Writing, dataset: int, cells: int = 1, target: float = 0.99, **settings: Any
) -> tuple[str, list[int]]:
    """An open round over new cells with a target; its public id and the cells."""
    made = [a_cell(session, dataset, BASOPHIL, path=f"new/{number}.tif") for number in range(cells)]
    chosen = {"reviewers": FOUR, "reviews_per_cell": 3, "filter": {"q": "new/"}, **settings}
    return an_open_round(session, target_probability=target, **chosen), made


def assigned(session: Reading, pid: str, cell: int) -> dict[str, tuple[str, str]]:
    """Kind and state of each reviewer's assignment of a cell."""
    from app.accounts.models import User

    rows = session.execute(
        select(User.name, Assignment.kind, Assignment.state)
        .join(Assignment, Assignment.reviewer == User.id)
        .join(Round, Assignment.round == Round.id)
        .where(Round.pid == pid, Assignment.cell == cell)
    )
    return {name: (kind, state) for name, kind, state in rows}


def check_counters(session: Reading) -> None:
    """The rounds' counters say what the assignments say."""
    counted = {
        (row.round, row.reviewer, row.state): row.n for row in session.execute(select(RoundCounter.__table__)) if row.n
    }
    rows = session.execute(
        select(Assignment.round, Assignment.reviewer, Assignment.state, func.count()).group_by(
            Assignment.round, Assignment.reviewer, Assignment.state
        )
    )
    assert counted == {(round_id, reviewer, state): n for round_id, reviewer, state, n in rows}


def planned(session: Reading, pid: str, cell: int) -> list[str]:
    """Who was asked at first, by name."""
    return sorted(name for name, (kind, _) in assigned(session, pid, cell).items() if kind == "first")


def withdraw(session: Writing, pid: str, name: str, cell: int) -> None:
    """Undo what somebody said of a cell."""
    person = a_person(session, name)
    place = assignment_of(session, pid, person, cell)
    answer = an_answer(place, None, supersedes=str(last_of(session, place))) | {"verdict": "withdrawn"}
    assert record_reviews(session, person, [answer]).items[0].status == "recorded"


def last_of(session: Reading, place: str) -> Any:
    """The last review of an assignment."""
    return session.execute(
        select(Review.uuid)
        .join(Assignment, Review.assignment == Assignment.id)
        .where(Assignment.pid == place)
        .order_by(Review.id.desc())
        .limit(1)
    ).scalar_one()


def test_a_target_needs_the_rule_and_a_fit(database: Database) -> None:
    with database.writing() as session:
        dataset = a_dataset(session)
        assert not target_is_possible(session, dataset)
        session.execute(update(Dataset).values(rule="dawid-skene"))
        assert not target_is_possible(session, dataset)
        cell = a_cell(session, dataset)
        say(session, an_open_round(session), "reviewer1", cell, BASOPHIL)
    refit(database, dataset, PRIOR)
    with database.writing() as session:
        assert target_is_possible(session, dataset)
        session.execute(update(Dataset).values(rule="majority"))
        assert not target_is_possible(session, dataset)


def test_votes_that_pass_the_target_spare_the_others(database: Database) -> None:
    dataset = a_fitted_dataset(database)
    with database.writing() as session:
        pid, [cell] = aiming(session, dataset)
        first, second, third = planned(session, pid, cell)
        say(session, pid, first, cell, BASOPHIL)
        states = Counter(state for _, state in assigned(session, pid, cell).values())
        assert states == {"done": 1, "pending": 2}
        say(session, pid, second, cell, BASOPHIL)
        assert assigned(session, pid, cell)[third] == ("first", "skipped")
        assert next_assignments(session, pid, a_person(session, third), 30, 0).items == []
        row = session.execute(select(Cell.state, Cell.probability).where(Cell.id == cell)).one()
        assert row.state == "agreed"
        assert row.probability is not None
        assert row.probability >= 0.99
        check_counters(session)
    assert rebuild(database, None)["changed"] == 0


def test_an_answer_to_a_skipped_one_that_was_on_a_screen_counts(database: Database) -> None:
    dataset = a_fitted_dataset(database)
    with database.writing() as session:
        pid, [cell] = aiming(session, dataset)
        first, second, third = planned(session, pid, cell)
        for name in (first, second):
            say(session, pid, name, cell, BASOPHIL)
        assert say(session, pid, third, cell, BASOPHIL).items[0].status == "recorded"
        assert assigned(session, pid, cell)[third] == ("first", "done")
        assert session.execute(select(Cell.reviews).where(Cell.id == cell)).scalar_one() == 3
        check_counters(session)


def test_planned_votes_that_do_not_reach_it_ask_one_more_reviewer(database: Database) -> None:
    dataset = a_fitted_dataset(database)
    with database.writing() as session:
        pid, [cell] = aiming(session, dataset, reviews_per_cell=2)
        first, second = planned(session, pid, cell)
        say(session, pid, first, cell, BASOPHIL)
        say(session, pid, second, cell, "eosinophil")
        after = assigned(session, pid, cell)
        assert Counter(after.values()) == {("first", "done"): 2, ("escalation", "pending"): 1}
        [third] = [name for name, (kind, _) in after.items() if kind == "escalation"]
        assert session.execute(select(Cell.state).where(Cell.id == cell)).scalar_one() == "in_review"
        [item] = next_assignments(session, pid, a_person(session, third), 30, 0).items
        assert item.shown_label == BASOPHIL
        assert set(item.model_dump()) == {
            "assignment_id",
            "position",
            "image_url",
            "thumbnail_url",
            "shown_label",
            "last",
        }
        check_counters(session)
        say(session, pid, third, cell, BASOPHIL)
        kinds = session.execute(select(Review.kind).where(Review.cell == cell)).scalars().all()
        assert kinds == ["first", "first", "escalation"]
        check_counters(session)
    assert rebuild(database, None)["changed"] == 0


def test_when_none_is_left_the_rule_decides(database: Database) -> None:
    dataset = a_fitted_dataset(database)
    with database.writing() as session:
        pid, [cell] = aiming(session, dataset, target=0.999999, reviews_per_cell=1)
        for label in (BASOPHIL, "eosinophil", BASOPHIL, "eosinophil"):
            [name] = [name for name, (_, state) in assigned(session, pid, cell).items() if state == "pending"]
            say(session, pid, name, cell, label)
        assert Counter(assigned(session, pid, cell).values()) == {("first", "done"): 1, ("escalation", "done"): 3}
        assert session.execute(select(Cell.state).where(Cell.id == cell)).scalar_one() in ("agreed", "disputed")
        check_counters(session)


def test_the_one_with_the_fewest_pending_is_asked_and_at_the_end_of_the_queue(database: Database) -> None:
    dataset = a_fitted_dataset(database)
    with database.writing() as session:
        pid, cells = aiming(session, dataset, cells=8, reviews_per_cell=2)
        cell = cells[0]
        first, second = planned(session, pid, cell)
        one, other = sorted(set(FOUR) - {first, second})
        person = a_person(session, other)
        busy = next_assignments(session, pid, person, 1, 0).items[0]
        record_reviews(session, person, [an_answer(busy.assignment_id, BASOPHIL)])
        say(session, pid, first, cell, BASOPHIL)
        say(session, pid, second, cell, "eosinophil")
        pending = dict(session.execute(
            select(RoundCounter.reviewer, RoundCounter.n)
            .join(Round, RoundCounter.round == Round.id)
            .where(Round.pid == pid, RoundCounter.state == "pending")
        ).all())  # fmt: skip
        asked = assigned(session, pid, cell)
        assert other in asked
        assert one not in asked
        assert pending[person.id] == pending[a_person(session, one).id]
        queue = next_assignments(session, pid, person, 30, 0).items
        assert queue[-1].assignment_id == assignment_of(session, pid, person, cell)
        check_counters(session)


@pytest.mark.parametrize("verdict", ["unsure", "unusable"])
def test_unsure_asks_for_one_more_and_unusable_does_not(database: Database, verdict: str) -> None:
    dataset = a_fitted_dataset(database)
    with database.writing() as session:
        pid, [cell] = aiming(session, dataset, reviews_per_cell=2)
        for name in planned(session, pid, cell):
            say(session, pid, name, cell, None, verdict=verdict)
        escalated = ("escalation", "pending") in assigned(session, pid, cell).values()
        assert escalated == (verdict == "unsure")


def test_one_unusable_vote_spares_nobody(database: Database) -> None:
    dataset = a_fitted_dataset(database)
    with database.writing() as session:
        pid, [cell] = aiming(session, dataset)
        say(session, pid, planned(session, pid, cell)[0], cell, None, verdict="unusable")
        assert Counter(state for _, state in assigned(session, pid, cell).values()) == {"done": 1, "pending": 2}


def test_what_is_taken_back_waits_again_and_the_target_is_checked_when_it_is_answered(database: Database) -> None:
    dataset = a_fitted_dataset(database)
    with database.writing() as session:
        pid, [cell] = aiming(session, dataset)
        first, second, third = planned(session, pid, cell)
        for name in (first, second):
            say(session, pid, name, cell, BASOPHIL)
        withdraw(session, pid, second, cell)
        assert assigned(session, pid, cell) == {
            first: ("first", "done"), second: ("first", "pending"), third: ("first", "skipped"),
        }  # fmt: skip
        check_counters(session)
        place = assignment_of(session, pid, a_person(session, second), cell)
        say(session, pid, second, cell, "eosinophil", supersedes=str(last_of(session, place)))
        assert assigned(session, pid, cell)[third] == ("first", "pending")
        check_counters(session)
    assert rebuild(database, None)["changed"] == 0


def test_a_repeat_goes_with_what_it_repeats(database: Database) -> None:
    dataset = a_fitted_dataset(database)
    with database.writing() as session:
        pid, cells = aiming(session, dataset, cells=6, reviews_per_cell=4, repeat_share=0.5)
        repeated = session.execute(select(Assignment.cell).where(Assignment.kind == "repeat")).scalars().first()
        assert repeated in cells
        for name in ("reviewer1", "reviewer2"):
            say_first(session, pid, name, repeated)
        rows = session.execute(
            select(Assignment.reviewer, Assignment.kind, Assignment.state)
            .join(Round, Assignment.round == Round.id)
            .where(Round.pid == pid, Assignment.cell == repeated)
        ).all()
        of_reviewer = {row.reviewer: row.state for row in rows if row.kind == "first"}
        assert Counter(of_reviewer.values()) == {"done": 2, "skipped": 2}
        for row in rows:
            if row.kind == "repeat":
                assert row.state == ("skipped" if of_reviewer[row.reviewer] == "skipped" else "pending")
        check_counters(session)


def say_first(session: Writing, pid: str, name: str, cell: int) -> None:
    """Answer somebody's first showing of a cell."""
    person = a_person(session, name)
    place = session.execute(
        select(Assignment.pid)
        .join(Round, Assignment.round == Round.id)
        .where(Round.pid == pid, Assignment.reviewer == person.id, Assignment.cell == cell, Assignment.kind == "first")
    ).scalar_one()
    assert record_reviews(session, person, [an_answer(place, BASOPHIL)]).items[0].status == "recorded"


def test_one_more_is_asked_behind_all_that_is_still_planned(sqlite_database: Database) -> None:
    database = sqlite_database
    dataset = a_fitted_dataset(database)
    with database.writing() as session:
        pid, [cell] = aiming(session, dataset, reviews_per_cell=2)
        round_id = session.execute(select(Round.id).where(Round.pid == pid)).scalar_one()
        first, second = planned(session, pid, cell)
        new = [a_cell(session, dataset) for _ in range(3)]
        session.execute(insert(RoundCell), [{"round": round_id, "cell": one, "wave": 1} for one in new])
        positions = [[a_person(session, name).id, 2] for name in FOUR]
        enqueue(session, "plan_round", pid, {"round": round_id, "wave": 1, "first_positions": positions})
        say(session, pid, first, cell, BASOPHIL)
        say(session, pid, second, cell, "eosinophil")
        asked = session.execute(select(Assignment.position).where(Assignment.kind == "escalation")).scalar_one()
        assert asked > 2 + 2 * len(new)


def test_nobody_is_asked_more_while_the_planned_places_are_still_written(sqlite_database: Database) -> None:
    database = sqlite_database
    dataset = a_fitted_dataset(database)
    with database.writing() as session:
        pid, [cell] = aiming(session, dataset, reviews_per_cell=2)
        first, second = planned(session, pid, cell)
        place = assignment_of(session, pid, a_person(session, second), cell)
        session.execute(delete(Assignment).where(Assignment.pid == place))
        enqueue(session, "plan_round", pid, {"round": 0, "wave": 0, "first_positions": []})
        say(session, pid, first, cell, BASOPHIL)
        assert assigned(session, pid, cell) == {first: ("first", "done")}


def test_who_left_is_not_asked_and_what_they_were_asked_once_more_goes_on(database: Database) -> None:
    dataset = a_fitted_dataset(database)
    with database.writing() as session:
        pid, [cell] = aiming(session, dataset, reviews_per_cell=2)
        first, second = planned(session, pid, cell)
        say(session, pid, first, cell, BASOPHIL)
        say(session, pid, second, cell, "eosinophil")
        [asked] = [name for name, (kind, _) in assigned(session, pid, cell).items() if kind == "escalation"]
        [last] = set(FOUR) - {first, second, asked}
        change_reviewers(session, pid, ReviewerChange(leave=[asked]), a_person(session, "admin", "admin"))
        after = assigned(session, pid, cell)
        assert after[asked] == ("escalation", "skipped")
        assert after[last] == ("escalation", "pending")
        check_counters(session)


def test_who_was_spared_is_asked_again_when_a_withdrawn_answer_leaves_with_its_reviewer(database: Database) -> None:
    dataset = a_fitted_dataset(database)
    with database.writing() as session:
        pid, [cell] = aiming(session, dataset, reviewers=FOUR[:3])
        first, second, third = planned(session, pid, cell)
        for name in (first, second):
            say(session, pid, name, cell, BASOPHIL)
        withdraw(session, pid, first, cell)
        assert assigned(session, pid, cell)[third] == ("first", "skipped")
        change_reviewers(session, pid, ReviewerChange(leave=[first]), a_person(session, "admin", "admin"))
        assert assigned(session, pid, cell) == {
            first: ("first", "skipped"), second: ("first", "done"), third: ("first", "pending"),
        }  # fmt: skip
        check_counters(session)
        assert session.execute(select(Cell.state).where(Cell.id == cell)).scalar_one() == "in_review"
    assert rebuild(database, None)["changed"] == 0


def test_a_round_without_a_target_runs_no_statement_more(sqlite_database: Database) -> None:
    from sqlalchemy import event

    counts = []
    with sqlite_database.writing() as session:
        dataset = a_dataset(session)
        cells = [a_cell(session, dataset) for _ in range(2)]
        pid = an_open_round(session)
        person = a_person(session)
        places = [assignment_of(session, pid, person, cell) for cell in cells]
        ran: list[str] = []
        event.listen(session._connection, "before_cursor_execute", lambda *given: ran.append(given[2]))
        for place in places:
            ran.clear()
            record_reviews(session, person, [an_answer(place, BASOPHIL)])
            counts.append(len(ran))
    assert counts == [11, 11]
    assert not any("posterior (" in statement or "from consensus_fit" in statement.lower() for statement in ran[-3:])


def test_whatever_is_said_and_taken_back_somebody_is_asked_as_long_as_it_is_needed(database: Database) -> None:
    """Any answers, second thoughts and undone ones: the counters hold, one more is asked when nobody is left to
    answer and one at a time, and where nobody is asked any more, the votes reach the target or everybody was asked."""
    random = Random(3)
    dataset = a_fitted_dataset(database)
    with database.writing() as session:
        pid, cells = aiming(session, dataset, cells=5, reviews_per_cell=2)
        people = {name: a_person(session, name) for name in FOUR}
    for _ in range(80):
        with database.writing() as session:
            cell = random.choice(cells)
            before = set(assigned(session, pid, cell))
            name = random.choice(sorted(before))
            place = assignment_of(session, pid, people[name], cell)
            last = session.execute(
                select(Review.uuid, Review.verdict)
                .join(Assignment, Review.assignment == Assignment.id)
                .where(Assignment.pid == place)
                .order_by(Review.id.desc())
            ).first()
            fields = {} if last is None else {"supersedes": str(last.uuid)}
            if last is not None and last.verdict != "withdrawn" and random.random() < 0.3:
                answer = an_answer(place, None, verdict="withdrawn", **fields)
            else:
                answer = an_answer(place, random.choice([*CLASSES, BASOPHIL, BASOPHIL, None]), **fields)
            assert record_reviews(session, people[name], [answer]).items[0].status == "recorded"
            check_counters(session)
            of_cell = assigned(session, pid, cell)
            new = set(of_cell) - before
            if new:
                assert [one for one, (_, state) in of_cell.items() if state == "pending"] == list(new)
            states = {state for _, state in of_cell.values()}
            row = session.execute(select(Cell.state, Cell.probability).where(Cell.id == cell)).one()
            if "pending" not in states and len(of_cell) < len(FOUR):
                assert row.probability is not None
                assert row.probability >= 0.99
            if "skipped" in states and "pending" not in states:
                assert row.state == "agreed"
    assert rebuild(database, None)["changed"] == 0


@pytest.mark.parametrize("batch", [1, 10])
def test_two_who_answer_at_the_same_time_ask_one_third(postgres_database: Database, batch: int) -> None:
    """The planned two of each of forty cells disagree at the same moment: each cell gets one third opinion, and no two
    of them stand at one place."""
    database = postgres_database
    dataset = a_fitted_dataset(database)
    with database.writing() as session:
        pid, cells = aiming(session, dataset, cells=40, reviews_per_cell=2, target=0.99)
        work = {
            name: [
                assignment_of(session, pid, a_person(session, name), cell)
                for cell in cells
                if name in planned(session, pid, cell)
            ]
            for name in FOUR
        }
        people = {name: a_person(session, name) for name in FOUR}
    failures: list[BaseException] = []
    begin = threading.Barrier(len(FOUR))

    def answer(name: str, label: str) -> None:
        begin.wait()
        try:
            for start in range(0, len(work[name]), batch):
                with database.writing() as session:
                    answers = [an_answer(place, label) for place in work[name][start : start + batch]]
                    items = record_reviews(session, people[name], answers).items
                assert {item.status for item in items} == {"recorded"}
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=answer, args=both) for both in zip(FOUR, CLASSES, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with database.reading() as reading:
        for cell in cells:
            assert Counter(kind for kind, _ in assigned(reading, pid, cell).values()) == {"first": 2, "escalation": 1}
        check_counters(reading)
    assert rebuild(database, None)["changed"] == 0


def test_who_asks_once_more_or_changes_the_reviewers_waits_for_who_does_so(postgres_database: Database) -> None:
    """Places at the ends of the same queues are given by one transaction after the other: three that wait for each
    other's places would never end."""
    database = postgres_database
    dataset = a_fitted_dataset(database)
    with database.writing() as session:
        pid, [cell] = aiming(session, dataset, reviews_per_cell=2, target=0.99)
        first, second = planned(session, pid, cell)
        say(session, pid, first, cell, CLASSES[0])
        place = assignment_of(session, pid, a_person(session, second), cell)
        [round_id] = session.execute(select(Round.id).where(Round.pid == pid)).scalars()
        admin = a_person(session, "admin", "admin")

    def answer(session: Writing) -> None:
        [item] = record_reviews(session, a_person(session, second), [an_answer(place, CLASSES[1])]).items
        assert item.status == "recorded"

    def go(session: Writing) -> None:
        change_reviewers(session, pid, ReviewerChange(leave=[first]), admin)

    def impatiently(act: Callable[[Writing], None]) -> None:
        with database.writing() as session:
            session.execute(text("set local lock_timeout = '100ms'"))
            act(session)

    with database.writing() as other:
        hold_ends(other, [round_id])
        for act in (answer, go):
            with pytest.raises(OperationalError, match="lock timeout"):
                impatiently(act)
    for act in (answer, go):
        impatiently(act)
