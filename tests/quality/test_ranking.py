"""Suspicion as it is stored: made of looks, predictions and votes, and kept current by a job."""

from collections.abc import Sequence
from struct import pack
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert, select, update

from app.catalogue import queries as catalogue
from app.catalogue.models import Cell, CellFeature, Prediction, PredictionModel
from app.catalogue.service import ask_for_suspicion
from app.database import Database, Reading, Writing, now
from app.images.features import NAMES, VERSION
from app.jobs import queries as jobs
from app.jobs.models import Job
from app.jobs.runner import Runner
from app.labels.labelset import from_document, load_builtin
from app.labels.service import store_label_set
from app.quality import ranking
from app.quality.ranking import apart, rank
from app.quality.tasks import handlers
from app.review import doubting, rounds, service, tasks
from app.review.reasons import Reason, reasons_of
from app.review.schemas import GivenAdjudication
from tests.factories import a_cell, a_dataset, a_person, an_open_round, say

MLL23 = load_builtin("mll23")
MONOCYTE, BASOPHIL = MLL23.index("monocyte"), MLL23.index("basophil")


def silent(done: int, total: int | None) -> None: ...


def look_alike(session: Writing, cells: Sequence[int], kind: int, seed: int) -> None:
    """Features of cells that look like each other: of one kind, and each a little different."""
    random = np.random.default_rng(seed)
    middle = np.random.default_rng(kind).normal(size=len(NAMES))
    session.execute(
        insert(CellFeature),
        [
            {
                "cell": cell,
                "version": VERSION,
                "vector": (middle + 0.1 * random.normal(size=len(NAMES))).astype(np.float16).tobytes(),
            }
            for cell in cells
        ],
    )


def two_kinds(database: Database) -> list[int]:
    """Twelve monocytes and twelve basophils; the first of the monocytes looks like a basophil."""
    with database.writing() as session:
        dataset = a_dataset(session)
        cells = [a_cell(session, dataset, label) for label in ("monocyte", "basophil") for _ in range(12)]
        look_alike(session, cells[1:12], MONOCYTE, 1)
        look_alike(session, [cells[0], *cells[12:]], BASOPHIL, 2)
    return cells


def dataset_of(database: Database) -> int:
    with database.reading() as session:
        return catalogue.dataset(session, "smears").id


def ranked(database: Database) -> dict[str, Any]:
    return rank(database, dataset_of(database), silent)


def worst_first(session: Reading) -> list[int]:
    statement = select(Cell.id).where(Cell.suspicion.is_not(None)).order_by(Cell.suspicion.desc(), Cell.id)
    return list(session.execute(statement).scalars())


def suspicions(session: Reading) -> dict[int, float | None]:
    return dict(session.execute(select(Cell.id, Cell.suspicion)).all())


def a_model(session: Writing, dataset: int, name: str, version: str = "") -> int:
    return session.execute(
        insert(PredictionModel)
        .values(dataset=dataset, name=name, version=version, loaded_at=now())
        .returning(PredictionModel.id)
    ).scalar_one()


def predict(session: Writing, model: int, cell: int, label: int, probability: float | None = None) -> None:
    values = [0.0] * len(MLL23)
    values[label] = probability or 0.0
    values[-1] += 1 - sum(values)
    packed = None if probability is None else pack(f"<{len(values)}f", *values)
    session.execute(insert(Prediction).values(model=model, cell=cell, label=label, probabilities=packed))


def test_without_a_model_or_a_review_the_cell_that_looks_like_others_comes_first(database: Database) -> None:
    cells = two_kinds(database)
    report = ranked(database)
    assert (report["cells"], report["ranked"], report["unmeasured"], report["changed"]) == (24, 24, 0, 24)
    assert report["sources"] == {"votes": 0, "predictions": 0, "looks": 24}
    with database.reading() as session:
        assert worst_first(session)[0] == cells[0]
        reason = reasons_of(session, [cells[0]])[cells[0]]
        assert (reason.source, reason.suggested, reason.said, reason.of) == ("looks", BASOPHIL, 8, 8)
        assert reasons_of(session, cells)[cells[1]].suggested is None
        values = [value for value in suspicions(session).values() if value is not None]
    assert len(set(values)) == 24
    assert all(0 <= value <= 1 for value in values)


def test_a_second_run_changes_nothing(database: Database) -> None:
    two_kinds(database)
    ranked(database)
    assert ranked(database)["changed"] == 0


def test_what_is_written_comes_in_short_transactions(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    two_kinds(database)
    monkeypatch.setattr(ranking, "CELLS_A_CHUNK", 10)
    sizes: list[int] = []
    write_some = ranking.write_some

    def noted(session: Writing, changes: Sequence[Any]) -> None:
        sizes.append(len(changes))
        write_some(session, changes)

    monkeypatch.setattr(ranking, "write_some", noted)
    ranked(database)
    assert sizes == [10, 10, 4]


def test_predictions_alone_are_enough_by_label_and_by_probability(database: Database) -> None:
    with database.writing() as session:
        dataset = a_dataset(session)
        cells = [a_cell(session, dataset, label) for label in ("monocyte", "basophil") for _ in range(12)]
        sure, bare, older = (a_model(session, dataset, *name) for name in (("net", "2"), ("tree",), ("net", "1")))
        session.execute(update(PredictionModel).where(PredictionModel.id == sure).values(loaded_at=now()))
        for cell in cells[:20]:
            truth = BASOPHIL if cell in (cells[0], *cells[12:]) else MONOCYTE
            predict(session, sure, cell, truth, 0.95)
            predict(session, bare, cell, truth)
            predict(session, older, cell, MONOCYTE, 0.99)
    report = ranked(database)
    assert report["sources"] == {"votes": 0, "predictions": 20, "looks": 0}
    assert sorted(report["models"]) == ["net 2", "tree"]
    assert (report["ranked"], report["unmeasured"]) == (20, 24)
    with database.reading() as session:
        assert worst_first(session)[0] == cells[0]
        reason = reasons_of(session, cells)[cells[0]]
        assert (reason.source, reason.suggested) == ("predictions", BASOPHIL)
        assert reason.probability == pytest.approx(0.95, abs=1e-6)
        assert suspicions(session)[cells[-1]] is None


def test_votes_are_heard_and_the_reason_without_them_stands_beside(database: Database) -> None:
    cells = two_kinds(database)
    with database.writing() as session:
        round = an_open_round(session, reviewers=["reviewer1", "reviewer2", "reviewer3"], reviews_per_cell=3)
        for name, label in (("reviewer1", "basophil"), ("reviewer2", "basophil")):
            say(session, round, name, cells[5], label)
        say(session, round, "reviewer1", cells[6], None)
    report = ranked(database)
    assert report["sources"]["votes"] == 1
    assert report["through_review"] == 3
    with database.reading() as session:
        assert worst_first(session)[:2] == [cells[5], cells[0]]
        assert reasons_of(session, cells[5:7])[cells[5]] == Reason("votes", BASOPHIL, 2, 2, None)
        unheard = reasons_of(session, cells[5:7], votes=False)
        assert unheard[cells[5]].source == "looks"
        assert unheard[cells[5]].suggested is None
        assert unheard[cells[6]] == reasons_of(session, [cells[6]])[cells[6]]


def test_a_cell_whose_question_is_answered_is_not_suspicious_any_more(database: Database) -> None:
    cells = two_kinds(database)
    ranked(database)
    with database.writing() as session:
        judge = a_person(session, "adjudicator1", "adjudicator")
        pids = dict(session.execute(select(Cell.id, Cell.pid)).all())
        service.adjudicate(
            session,
            judge,
            pids[cells[0]],
            GivenAdjudication.model_validate(
                {"id": "00000000-0000-4000-8000-000000000001", "verdict": "label", "label": "basophil"}
            ),
        )
        round = an_open_round(session, filter={"given_label": "monocyte"})
        say(session, round, "reviewer1", cells[1], "basophil")  # found to be wrong
        say(session, round, "reviewer1", cells[2], "monocyte")  # confirmed
        say(session, round, "reviewer1", cells[3], None, verdict="unusable")
    ranked(database)
    with database.reading() as session:
        found = suspicions(session)
        assert [found[cell] is None for cell in cells[:5]] == [True, True, False, True, False]
        assert set(reasons_of(session, cells[:5])) == {cells[2], cells[4]}


def test_cells_without_one_given_label_have_no_suspicion_and_lose_what_they_had(database: Database) -> None:
    cells = two_kinds(database)
    with database.writing() as session:
        dataset = catalogue.dataset(session, "smears").id
        none, torn = a_cell(session, dataset), a_cell(session, dataset, "monocyte", "basophil")
        look_alike(session, [none, torn], MONOCYTE, 3)
    ranked(database)
    with database.reading() as session:
        assert suspicions(session)[none] is suspicions(session)[torn] is None
    with database.writing() as session:
        session.execute(update(Cell).where(Cell.id == cells[0]).values(given_label=None, born_disputed=True))
    assert ranked(database)["ranked"] == 23
    with database.reading() as session:
        assert suspicions(session)[cells[0]] is None
        assert reasons_of(session, [cells[0]]) == {}


def test_cells_of_a_patient_are_not_compared_with_each_other(database: Database) -> None:
    with database.writing() as session:
        dataset = a_dataset(session)
        cells = []
        for patient in range(8):
            kind = (MONOCYTE, BASOPHIL)[patient % 2]
            of_patient = [a_cell(session, dataset, MLL23[kind].name, Patient=f"P{patient}") for _ in range(4)]
            look_alike(session, of_patient, kind, patient)
            cells += of_patient
    with database.reading() as session:
        known = ranking.what_is_known(session, dataset_of(database))
    assert len(set(known.group.tolist())) == 8
    assert all(len({*known.group[4 * n : 4 * n + 4].tolist()}) == 1 for n in range(8))
    assert ranked(database)["ranked"] == 32


@pytest.mark.parametrize("labels", [[], ["monocyte"], ["monocyte"] * 5, ["monocyte", "basophil"]])
@pytest.mark.parametrize("measured", [True, False])
def test_few_cells_and_a_single_class_are_no_trouble(database: Database, labels: list[str], measured: bool) -> None:
    with database.writing() as session:
        dataset = a_dataset(session)
        cells = [a_cell(session, dataset, label) for label in labels]
        if measured and cells:
            look_alike(session, cells, MONOCYTE, 1)
    report = ranked(database)
    assert report["ranked"] == (len(labels) if measured else 0)
    with database.reading() as session:
        values = list(suspicions(session).values())
    assert all((value is not None) == measured and (value is None or 0 <= value <= 1) for value in values)


@pytest.mark.parametrize("classes", [2, 200])
def test_label_sets_of_two_and_of_200_classes(database: Database, classes: int) -> None:
    document = {
        "name": "many",
        "version": 1,
        "title": "Many",
        "groups": [{"name": "all", "heading": {"en": "All"}, "colour": {"light": "#034DDD", "dark": "#A6CEFA"}}],
        "classes": [
            {"name": f"class_{n}", "title": {"en": f"Class {n}"}, "abbreviation": f"C{n}", "group": "all"}
            for n in range(classes)
        ],
    }
    with database.writing() as session:
        label_set = store_label_set(session, from_document(document))
        dataset = a_dataset(session, label_set=label_set)
        cells = [a_cell(session, dataset, "monocyte") for _ in range(40)]
        for number, cell in enumerate(cells):
            given = number % min(classes, 20)
            session.execute(update(Cell).where(Cell.id == cell).values(given_label=given))
            look_alike(session, [cell], given, number)
    assert ranked(database)["ranked"] == 40


def test_the_job_ranks_in_a_process_of_its_own_and_one_that_waits_is_enough(database: Database) -> None:
    cells = two_kinds(database)
    with database.writing() as session:
        dataset = catalogue.dataset(session, "smears")
        first, again = (ask_for_suspicion(session, dataset, None) for _ in range(2))
        assert first == again
    assert Runner(database, handlers()).run_waiting() == 1
    with database.reading() as session:
        job = session.execute(select(Job.state, Job.report)).one()
        assert job.state == "done", job
        assert job.report is not None
        assert job.report["ranked"] == 24
        assert worst_first(session)[0] == cells[0]


def test_reviews_ask_for_it_when_there_are_enough_and_a_closed_round_does(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = two_kinds(database)

    def asked() -> int:
        with database.reading() as session:
            return len(jobs.jobs_of(session, "suspicion", "smears"))

    with database.writing() as session:
        round = an_open_round(session)
    monkeypatch.setattr(doubting, "REVIEWS_A_TIME", 3)
    for cell in cells[:4]:
        with database.writing() as session:
            say(session, round, "reviewer1", cell, "monocyte")
    assert asked() == 0  # never ranked
    with database.writing() as session:
        ask_for_suspicion(session, catalogue.dataset(session, "smears"), None)
    Runner(database, handlers()).run_waiting()
    counts = []
    for cell in cells[4:12]:
        with database.writing() as session:
            say(session, round, "reviewer1", cell, "monocyte")
        counts.append(asked())
    assert counts == [1, 2, 2, 2, 2, 2, 2, 2]
    Runner(database, handlers()).run_waiting()
    with database.writing() as session:
        rounds.close_round(session, round, a_person(session, "admin", "admin"))
    Runner(database, {"recount_round": tasks.recount_round}).run_waiting()
    assert asked() == 3


def test_no_two_cells_have_one_suspicion_and_their_order_stays() -> None:
    log_odds = np.array([50.0, 60.0, 0.0, 0.0, 55.0, -3.0])
    values = apart(log_odds)
    assert np.argsort(-values).tolist() == [1, 4, 0, 2, 3, 5]
    assert values == pytest.approx([1, 1, 0.5, 0.5, 1, 0.0474], abs=1e-4)
    assert apart(np.zeros(0)).shape == (0,)
    assert apart(np.full(3, -800.0)).max() < 1e-300
