"""Several writers at once: no vote is missed and no counter is off."""

import threading
from collections import Counter
from collections.abc import Callable

from sqlalchemy import delete, func, select, update

from app.catalogue.models import Cell
from app.catalogue.models import Counter as CellCounter
from app.consensus.models import ConsensusFit, Posterior
from app.consensus.weighing import PRIOR
from app.database import Database
from app.jobs.models import Job
from app.review.models import RoundCounter
from app.review.service import record_reviews
from app.review.tasks import rebuild, refit
from tests.factories import a_cell, a_dataset, a_person, an_answer, an_open_round, assignment_of, say

WRITERS = 8
CELLS = 50


def everybody_answers_at_once(
    database: Database, dataset: int | None = None, beside: Callable[[], object] | None = None
) -> None:
    """Eight reviewers answer the same fifty cells, one cell a transaction, as fast as they can; ``beside``: what is
    done at the same time."""
    names = [f"reviewer{number}" for number in range(WRITERS)]
    with database.writing() as session:
        dataset = dataset or a_dataset(session)
        cells = [a_cell(session, dataset, "neutrophil_band") for _ in range(CELLS)]
        pid = an_open_round(session, reviewers=names, reviews_per_cell=WRITERS)
        people = [a_person(session, name) for name in names]
        places = {person.name: [assignment_of(session, pid, person, cell) for cell in cells] for person in people}
    failures: list[BaseException] = []
    begin = threading.Barrier(WRITERS)

    def answer(number: int) -> None:
        person = people[number]
        label = "neutrophil_band" if number < WRITERS // 2 else "neutrophil_segmented"
        begin.wait()
        try:
            for place in places[person.name]:
                with database.writing() as session:
                    [item] = record_reviews(session, person, [an_answer(place, label)]).items
                assert item.status == "recorded"
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=answer, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    if beside is not None:
        beside()
    for thread in threads:
        thread.join()
    assert not failures


def test_eight_writers_leave_no_stale_consensus(database: Database) -> None:
    everybody_answers_at_once(database)
    with database.reading() as session:
        states = Counter(session.execute(select(Cell.state)).scalars())
        reviews = set(session.execute(select(Cell.reviews)).scalars())
    assert states == {"disputed": CELLS}
    assert reviews == {WRITERS}
    assert rebuild(database, None)["changed"] == 0


def test_eight_writers_leave_no_stale_posterior_while_raters_are_fitted(database: Database) -> None:
    with database.writing() as session:
        dataset = a_dataset(session, rule="dawid-skene", refit_after=40)
        earlier = [a_cell(session, dataset) for _ in range(5)]
        pid = an_open_round(session, reviewers=["reviewer0", "reviewer7"], reviews_per_cell=2)
        for cell in earlier:
            for name in ("reviewer0", "reviewer7"):
                say(session, pid, name, cell, "neutrophil_band")
        session.execute(delete(Job))
    refit(database, dataset, PRIOR)
    everybody_answers_at_once(database, dataset, lambda: [refit(database, dataset, PRIOR) for _ in range(3)])
    with database.reading() as session:
        fits = session.execute(select(ConsensusFit.id)).scalars().all()
        of_cells = set(session.execute(select(Cell.fit)).scalars())
        believed = set(session.execute(select(Posterior.fit)).scalars())
        asked = session.execute(select(Job.kind)).scalars().all()
    assert len(fits) == 4
    assert of_cells == believed == {max(fits)}
    assert len(asked) == 1
    assert rebuild(database, None)["changed"] == 0


def test_counters_are_right_after_eight_writers(database: Database) -> None:
    everybody_answers_at_once(database)
    with database.reading() as session:
        counted = dict(session.execute(select(CellCounter.state, CellCounter.n).where(CellCounter.n != 0)).all())
        done = session.scalar(select(func.sum(RoundCounter.n)).where(RoundCounter.state == "done"))
        pending = session.scalar(select(func.sum(RoundCounter.n)).where(RoundCounter.state == "pending"))
    assert counted == {"disputed": CELLS}
    assert (done, pending) == (WRITERS * CELLS, 0)


def test_rebuild_mends_a_row_that_was_changed_and_gives_the_same_digest(database: Database) -> None:
    everybody_answers_at_once(database)
    before = rebuild(database, "smears")
    assert (before["cells"], before["changed"]) == (CELLS, 0)
    with database.writing() as session:
        session.execute(update(Cell).values(label=3, outcome="label", probability=0.5))
    after = rebuild(database, "smears")
    assert after["changed"] == CELLS
    assert after["digest"] == before["digest"]
