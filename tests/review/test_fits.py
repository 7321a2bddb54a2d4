"""Raters fitted, and the posterior of every cell kept current with the newest fit."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, update

from app.catalogue import queries as catalogue
from app.catalogue.importing import import_files
from app.catalogue.models import Cell
from app.catalogue.origins import open_origin
from app.catalogue.schemas import DatasetChanges
from app.catalogue.service import RECOUNT, change_dataset
from app.consensus.errors import NothingToFit
from app.consensus.models import ConsensusFit, Posterior
from app.consensus.queries import newest_fit, newest_weights
from app.consensus.weighing import GIVEN, PRIOR, unpacked
from app.database import Database, Writing
from app.jobs.models import Job
from app.jobs.runner import Runner
from app.labels.labelset import load_builtin
from app.review import tasks
from app.review.models import Verdict
from app.review.refitting import FIT, ask_for_fit, ask_if_due, due_at
from app.review.schemas import GivenAdjudication
from app.review.service import adjudicate, record_reviews
from app.review.tasks import rebuild, refit
from tests.catalogue.cells import lay, picture
from tests.factories import a_cell, a_dataset, a_person, an_answer, an_open_round, assignment_of, say

NAMES = load_builtin("mll23").names
HANDLERS = {FIT: tasks.fit_consensus, RECOUNT: tasks.recount_dataset}
SAID = ("neutrophil_band", "neutrophil_segmented", "metamyelocyte")


def laboratory(
    database: Database, cells: int = 12, reviewers: int = 3, seed: int = 1, quiet: bool = True, **dataset: Any
) -> tuple[int, list[int], str]:
    """A dataset under ``dawid-skene`` whose reviewers have said what they think; the dataset, its cells, the round."""
    random = Random(seed)
    people = [f"reviewer{number}" for number in range(1, reviewers + 1)]
    with database.writing() as session:
        smears = a_dataset(session, **{"rule": "dawid-skene", **dataset})
        made = [a_cell(session, smears, random.choice(SAID)) for _ in range(cells)]
        pid = an_open_round(session, reviewers=people, reviews_per_cell=reviewers)
        for cell in made:
            truth = random.choice(SAID)
            for skill, person in zip((0.95, 0.85, 0.6), people, strict=False):
                say(session, pid, person, cell, truth if random.random() < skill else random.choice(SAID))
        if quiet:
            session.execute(delete(Job))
    return smears, made, pid


SHOWN = (Cell.state, Cell.outcome, Cell.label, Cell.probability, Cell.entropy, Cell.method, Posterior.values)


def rows(database: Database) -> list[Any]:
    """What every cell is held to be."""
    statement = select(*SHOWN).join(Posterior, Posterior.cell == Cell.id, isouter=True).order_by(Cell.id)
    with database.reading() as session:
        return list(session.execute(statement).all())


def test_a_fit_gives_every_cell_with_votes_a_posterior_and_the_rule_its_outcomes(database: Database) -> None:
    dataset, cells, _ = laboratory(database)
    assert {row.state for row in rows(database)} == {"disputed"}
    report = refit(database, dataset, PRIOR)
    assert (report["raters"], report["fitted_cells"], report["votes"], report["converged"]) == (3, 12, 36, True)
    assert report["cells"] == report["changed"] == len(cells)
    for row in rows(database):
        posterior = unpacked(row.values)
        assert len(posterior) == len(NAMES)
        assert sum(posterior) == pytest.approx(1, abs=1e-5)
        reaches = max(posterior) >= 0.9
        assert (row.state, row.method) == (("agreed", "dawid-skene") if reaches else ("disputed", None))
        if reaches:
            assert row.probability == pytest.approx(posterior[row.label], abs=1e-6)
    assert {row.state for row in rows(database)} == {"agreed", "disputed"}


def test_posteriors_are_those_of_the_model_by_the_stored_arrays(sqlite_database: Database) -> None:
    import numpy as np

    from app.consensus.statistics import dawid_skene
    from app.consensus.statistics.votes import votes
    from app.review.votes import standing_votes

    dataset, _, _ = laboratory(sqlite_database)
    refit(sqlite_database, dataset, PRIOR)
    with sqlite_database.reading() as session:
        stored = session.execute(select(ConsensusFit.arrays, ConsensusFit.raters, ConsensusFit.classes)).one()
        said = [vote for of_cell in standing_votes(session, dataset) for vote in of_cell]
        fitted = newest_weights(session, dataset)
    assert fitted is not None
    arrays = np.frombuffer(stored.arrays, "<f8")
    marginals, matrices = arrays[: stored.classes], arrays[stored.classes :].reshape(-1, stored.classes, stored.classes)
    given = votes(
        [vote.cell - 1 for vote in said],
        [fitted.raters[vote.reviewer] for vote in said],
        [vote.label for vote in said],
        raters=3,
        classes=stored.classes,
    )
    expected = dawid_skene.posterior(given, marginals, matrices)
    found = [unpacked(row.values) for row in rows(sqlite_database)]
    assert np.allclose(found, expected, atol=1e-6)


def test_the_same_votes_give_the_same_fit(database: Database) -> None:
    dataset, _, _ = laboratory(database)
    first = refit(database, dataset, PRIOR)
    before = rows(database)
    second = refit(database, dataset, PRIOR)
    assert first["sha256"] == second["sha256"]
    assert first | {"changed": 0} == second | {"changed": 0}
    assert rows(database) == before


def test_another_prior_is_another_fit(sqlite_database: Database) -> None:
    dataset, _, _ = laboratory(sqlite_database)
    assert refit(sqlite_database, dataset, 1)["sha256"] != refit(sqlite_database, dataset, 20)["sha256"]


def test_a_vote_after_the_fit_moves_the_posterior_in_its_transaction(database: Database) -> None:
    dataset, cells, pid = laboratory(database)
    refit(database, dataset, PRIOR)
    before = rows(database)[0]
    with database.writing() as session:
        person = a_person(session, "reviewer1")
        place = assignment_of(session, pid, person, cells[0])
        last = session.execute(last_of(cells[0], person.id)).scalar_one()
        [item] = record_reviews(session, person, [an_answer(place, "basophil", supersedes=str(last))]).items
        assert item.status == "recorded"
    after = rows(database)[0]
    assert after.values != before.values
    assert rebuild(database, None)["changed"] == 0


def last_of(cell: int, reviewer: int) -> Any:
    from app.review.models import Review

    return (
        select(Review.uuid).where(Review.cell == cell, Review.reviewer == reviewer).order_by(Review.id.desc()).limit(1)
    )


def test_votes_that_are_taken_back_take_the_posterior_with_them(database: Database) -> None:
    with database.writing() as session:
        dataset = a_dataset(session, rule="dawid-skene")
        cells = [a_cell(session, dataset) for _ in range(2)]
        pid = an_open_round(session)
        for cell in cells:
            say(session, pid, "reviewer1", cell, "basophil")
    refit(database, dataset, PRIOR)
    with database.writing() as session:
        person = a_person(session, "reviewer1")
        last = session.execute(last_of(cells[0], person.id)).scalar_one()
        answer = an_answer(assignment_of(session, pid, person, cells[0]), None, supersedes=str(last))
        record_reviews(session, person, [answer | {"verdict": "withdrawn"}])
    first, second = rows(database)
    assert (first.state, first.values, first.entropy) == ("unreviewed", None, None)
    assert second.values is not None
    assert rebuild(database, None)["changed"] == 0


@pytest.mark.parametrize("rule", ["majority", "unanimous"])
def test_once_there_is_a_fit_posteriors_stand_beside_every_rule(database: Database, rule: str) -> None:
    dataset, _, _ = laboratory(database, rule=rule)
    before = rows(database)
    refit(database, dataset, PRIOR)
    after = rows(database)
    assert [row[:4] for row in after] == [row[:4] for row in before]
    assert all(row.values is not None for row in after)
    assert {row.entropy for row in after}.isdisjoint({row.entropy for row in before} - {0.0})


def test_rebuild_gives_the_same_rows_after_any_votes(database: Database) -> None:
    """Second thoughts, undone ones, borderline, unsure and unusable ones, an adjudication, a newcomer, two fits."""
    random = Random(7)
    dataset, cells, pid = laboratory(database, cells=10)
    refit(database, dataset, PRIOR)
    with database.writing() as session:
        later = an_open_round(session, reviewers=["reviewer4", "reviewer5"], reviews_per_cell=2)
    for step in range(60):
        if step == 30:
            refit(database, dataset, PRIOR)
        with database.writing() as session:
            name = random.choice(["reviewer1", "reviewer2", "reviewer4", "reviewer5"])
            person = a_person(session, name)
            batch = []
            for cell in random.sample(cells, 3):
                place = assignment_of(session, pid if name < "reviewer4" else later, person, cell)
                batch.append(any_answer(session, random, place, person.id, cell))
            record_reviews(session, person, batch)
            if step == 20:
                judge = a_person(session, "judge", "adjudicator")
                cell_pid = session.execute(select(Cell.pid).where(Cell.id == cells[0])).scalar_one()
                given = GivenAdjudication(id=uuid4(), verdict=Verdict.BORDERLINE, label=SAID[0], second_label=SAID[1])
                adjudicate(session, judge, cell_pid, given)
    before = rows(database)
    report = rebuild(database, None)
    assert report["changed"] == 0
    with database.writing() as session:
        session.execute(delete(Posterior))
        session.execute(update(Cell).values(label=3, probability=0.1, entropy=5, fit=None, state="agreed"))
    assert rebuild(database, "smears")["digest"] == report["digest"]
    assert rows(database) == before


def any_answer(session: Writing, random: Random, place: str, reviewer: int, cell: int) -> dict[str, Any]:
    from app.review.models import Assignment, Review

    last = session.execute(
        select(Review.uuid)
        .join(Assignment, Review.assignment == Assignment.id)
        .where(Assignment.pid == place)
        .order_by(Review.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    fields: dict[str, Any] = {} if last is None else {"supersedes": str(last)}
    verdict = random.choice(["label", "label", "borderline", "unsure", "unusable", *(["withdrawn"] if last else [])])
    if verdict == "label":
        return an_answer(place, random.choice(SAID), **fields)
    if verdict == "borderline":
        one, two = random.sample(SAID, 2)
        return an_answer(place, one, verdict="borderline", second_label=two, **fields)
    return an_answer(place, None, verdict=verdict, **fields)


def test_the_digest_tells_posteriors_apart(sqlite_database: Database) -> None:
    dataset, _, _ = laboratory(sqlite_database)
    refit(sqlite_database, dataset, PRIOR)
    before = rebuild(sqlite_database, None)["digest"]
    from app.consensus.service import digest

    with sqlite_database.writing() as session:
        session.execute(update(Posterior).values(values=b"\0" * 72))
        assert digest(session) != before
    assert rebuild(sqlite_database, None)["digest"] == before


def test_given_labels_vote_where_the_dataset_says_so(database: Database) -> None:
    dataset, _, _ = laboratory(database, given_votes=True)
    report = refit(database, dataset, PRIOR)
    assert (report["raters"], report["given_votes"], report["votes"]) == (4, True, 48)
    with database.reading() as session:
        fit = newest_fit(session, dataset)
        assert fit is not None
        assert fit.raters[-1] == GIVEN
    assert rebuild(database, None)["changed"] == 0


def test_a_given_label_alone_is_no_vote_and_two_of_them_are_none(database: Database) -> None:
    with database.writing() as session:
        dataset = a_dataset(session, rule="dawid-skene", given_votes=True)
        cells = [a_cell(session, dataset, "basophil"), a_cell(session, dataset, "basophil", "eosinophil"),
                 a_cell(session, dataset, "eosinophil")]  # fmt: skip
        pid = an_open_round(session)
        for cell in cells[:2]:
            say(session, pid, "reviewer1", cell, "basophil")
    report = refit(database, dataset, PRIOR)
    assert (report["fitted_cells"], report["votes"]) == (2, 3)
    assert [row.values is None for row in rows(database)] == [False, False, True]


def test_without_a_vote_for_a_class_there_is_nothing_to_fit(database: Database) -> None:
    with database.writing() as session:
        dataset = a_dataset(session, rule="dawid-skene")
        cell = a_cell(session, dataset)
        pid = an_open_round(session)
    with pytest.raises(NothingToFit):
        refit(database, dataset, PRIOR)
    with database.writing() as session:
        say(session, pid, "reviewer1", cell, None)
    with pytest.raises(NothingToFit):
        refit(database, dataset, PRIOR)
    assert rows(database)[0].state == "disputed"


def test_one_reviewer_and_one_class_are_fitted(database: Database) -> None:
    with database.writing() as session:
        dataset = a_dataset(session, rule="dawid-skene")
        cells = [a_cell(session, dataset) for _ in range(20)]
        pid = an_open_round(session)
        for cell in cells:
            say(session, pid, "reviewer1", cell, "basophil")
    assert refit(database, dataset, PRIOR)["converged"]
    assert {(row.state, row.label) for row in rows(database)} == {("agreed", NAMES.index("basophil"))}


def test_a_class_that_nobody_had_named_can_be_named_after_the_fit(database: Database) -> None:
    dataset, _, _ = laboratory(database, cells=20)
    refit(database, dataset, PRIOR)
    with database.writing() as session:
        cell = a_cell(session, dataset)
        pid = an_open_round(session, reviewers=["reviewer1", "reviewer2"], reviews_per_cell=2)
        for name in ("reviewer1", "reviewer2"):
            say(session, pid, name, cell, "plasma_cell")
    assert rows(database)[-1].label == NAMES.index("plasma_cell")


def test_a_fit_is_due_with_the_first_answer_then_with_twice_as_many_then_after_so_many() -> None:
    assert [due_at(answered, 500) for answered in (0, 1, 2, 400, 500, 5000)] == [1, 2, 4, 800, 1000, 5500]
    assert due_at(30, 10) == 40


def test_recording_asks_for_a_fit_once(database: Database) -> None:
    with database.writing() as session:
        dataset = a_dataset(session, rule="dawid-skene")
        cells = [a_cell(session, dataset) for _ in range(3)]
        pid = an_open_round(session)
        say(session, pid, "reviewer1", cells[0], "basophil")
    with database.writing() as session:
        say(session, pid, "reviewer1", cells[1], "basophil")
        assert session.execute(select(Job.kind, Job.state, Job.subject)).all() == [(FIT, "queued", "smears")]
    Runner(database, HANDLERS).run_waiting()
    with database.writing() as session:
        assert session.execute(select(Job.state)).scalars().all() == ["done"]
        fit = newest_fit(session, dataset)
        assert fit is not None
        assert (fit.cells, fit.parameters["answered"]) == (2, 2)
        say(session, pid, "reviewer1", cells[2], "basophil")
        assert session.execute(select(Job.state)).scalars().all() == ["done"]


def test_another_rule_asks_for_no_fit(database: Database) -> None:
    laboratory(database, quiet=False, rule="majority")
    with database.reading() as session:
        assert session.execute(select(Job.kind)).scalars().all() == []


def test_a_fit_that_failed_is_not_asked_for_with_every_answer(database: Database) -> None:
    with database.writing() as session:
        dataset = a_dataset(session, rule="dawid-skene")
        cells = [a_cell(session, dataset) for _ in range(6)]
        pid = an_open_round(session)
        say(session, pid, "reviewer1", cells[0], None)
    Runner(database, HANDLERS).run_waiting()
    with database.writing() as session:
        job = session.execute(select(Job.state, Job.message)).one()
        assert job.state == "failed"
        assert "nothing to fit" in job.message
        session.execute(update(Job).values(arguments={"dataset": dataset, "prior": PRIOR, "answered": 4}))
        say(session, pid, "reviewer1", cells[1], "basophil")
        assert session.execute(select(Job.state)).scalars().all() == ["failed"]


def test_a_fit_that_was_broken_off_goes_on_with_its_cells(database: Database) -> None:
    dataset, cells, _ = laboratory(database)
    with database.writing() as session:
        pid = ask_for_fit(session, catalogue.dataset_by_id(session, dataset), None, None)
    refit(database, dataset, PRIOR)
    with database.writing() as session:
        parameters = session.execute(select(ConsensusFit.parameters)).scalar_one()
        session.execute(update(ConsensusFit).values(parameters=parameters | {"job": pid}))
        session.execute(update(Cell).where(Cell.id > cells[5]).values(fit=None, state="unreviewed"))
        session.execute(delete(Posterior).where(Posterior.cell > cells[5]))
    Runner(database, HANDLERS).run_waiting()
    with database.reading() as session:
        assert len(session.execute(select(ConsensusFit.id)).all()) == 1
        assert session.execute(select(Job.state)).scalars().all() == ["done"]
    assert rebuild(database, None)["changed"] == 0


def test_asking_twice_is_one_job_unless_the_prior_differs(database: Database) -> None:
    dataset, _, _ = laboratory(database)
    with database.writing() as session:
        row = catalogue.dataset_by_id(session, dataset)
        first = ask_for_fit(session, row, None, None)
        assert ask_for_fit(session, row, PRIOR, None) == first
        assert ask_for_fit(session, row, 2, None) != first
        ask_if_due(session, dataset)
        assert len(session.execute(select(Job.id)).all()) == 2


def changed(database: Database, dataset: int, **values: Any) -> Sequence[Any]:
    """What becomes of a change of settings once its job has run: the fits by now."""
    with database.writing() as session:
        admin = a_person(session, "admin", "admin")
        job = change_dataset(session, catalogue.dataset_by_id(session, dataset), DatasetChanges(**values), admin.id)
        assert job is not None
    Runner(database, HANDLERS).run_waiting()
    with database.reading() as session:
        assert session.execute(select(Job.state).where(Job.pid == job)).scalar_one() == "done"
        return session.execute(select(ConsensusFit.parameters).order_by(ConsensusFit.id)).scalars().all()


def test_choosing_the_rule_makes_the_first_fit_and_recounts(database: Database) -> None:
    dataset, _, _ = laboratory(database, rule="majority")
    assert len(changed(database, dataset, rule="dawid-skene")) == 1
    assert {row.method for row in rows(database)} == {"dawid-skene", None}
    assert len(changed(database, dataset, rule_threshold=0.5)) == 1
    assert {row.state for row in rows(database)} == {"agreed"}
    assert [fit["given_votes"] for fit in changed(database, dataset, given_votes=True)] == [False, True]
    assert len(changed(database, dataset, rule="unanimous")) == 2
    assert "dawid-skene" not in {row.method for row in rows(database)}


def test_choosing_the_rule_before_any_review_recounts_alone(database: Database) -> None:
    with database.writing() as session:
        dataset = a_dataset(session)
        a_cell(session, dataset)
    assert changed(database, dataset, rule="dawid-skene") == []
    assert rows(database)[0].state == "unreviewed"


def test_adjudications_outrank_the_posterior(database: Database) -> None:
    dataset, cells, _ = laboratory(database)
    with database.writing() as session:
        judge = a_person(session, "judge", "adjudicator")
        cell_pid = session.execute(select(Cell.pid).where(Cell.id == cells[0])).scalar_one()
        adjudicate(session, judge, cell_pid, GivenAdjudication(id=uuid4(), verdict=Verdict.UNUSABLE))
    refit(database, dataset, PRIOR)
    row = rows(database)[0]
    assert (row.state, row.outcome, row.label, row.probability, row.method) == (
        "adjudicated", "unusable", None, None, "adjudication",
    )  # fmt: skip
    assert row.values is not None


def test_a_dataset_with_another_ones_fit_has_none(database: Database) -> None:
    dataset, _, _ = laboratory(database)
    refit(database, dataset, PRIOR)
    with database.writing() as session:
        other = a_dataset(session, "other", rule="dawid-skene")
        cell = a_cell(session, other)
        pid = an_open_round(session, "other")
        say(session, pid, "reviewer1", cell, "basophil")
        assert session.execute(select(Posterior.cell).where(Posterior.cell == cell)).all() == []
        assert session.execute(select(Cell.fit).where(Cell.id == cell)).scalar_one() is None


def test_an_import_recounts_where_given_labels_vote(sqlite_database: Database, tmp_path: Path) -> None:
    origin = open_origin(lay(tmp_path / "cells", {"basophil/one.tif": picture(1)}), False)
    for name in ("quiet", "voting"):
        with sqlite_database.writing() as session:
            row = catalogue.dataset_by_id(session, a_dataset(session, name, given_votes=name == "voting"))
        import_files(
            sqlite_database, origin, row, load_builtin("mll23"), blobs_url=(tmp_path / "blobs").as_uri(), processes=0
        )
    with sqlite_database.reading() as session:
        asked = session.execute(select(Job.subject).where(Job.kind == RECOUNT)).scalars().all()
    assert asked == ["voting"]
