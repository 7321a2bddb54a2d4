"""The queue of an adjudicator: what comes first, what it can be narrowed to, and how the databases find it."""

from typing import Any

import pytest
from sqlalchemy import select, text

from app.accounts.people import Person
from app.catalogue import queries as catalogue
from app.catalogue.models import Cell
from app.database import Reading, Writing
from app.labels.errors import LabelSetInvalid
from app.labels.labelset import from_document, load_builtin
from app.review import disputes
from app.review.blind import sight_of
from app.review.disputes import DisputeFilter
from app.review.errors import UnknownCell, UnusableFilter
from app.review.models import Review
from app.review.schemas import GivenAdjudication
from app.review.service import adjudicate, record_reviews
from tests.factories import a_cell, a_dataset, a_person, an_answer, an_open_round, assignment_of, say

BOTH = ("reviewer1", "reviewer2")


@pytest.fixture
def dataset(session: Writing) -> int:
    return a_dataset(session)


@pytest.fixture
def adjudicator(session: Writing) -> Person:
    return a_person(session, "adjudicator1", "adjudicator")


def pid_of(session: Reading, cell: int) -> str:
    return session.execute(select(Cell.pid).where(Cell.id == cell)).scalar_one()


def listed(session: Reading, person: Person, **chosen: Any) -> list[int]:
    """The rows of the cells that are listed, in order."""
    found, _, total = disputes.disputes(session, person, DisputeFilter("smears", **chosen), 100)
    assert total == len(found)
    ids = dict(session.execute(select(Cell.pid, Cell.id)).all())
    return [ids[one.cell_id] for one in found]


def test_what_is_costly_to_get_wrong_comes_before_what_is_more_torn(
    session: Writing, dataset: int, adjudicator: Person
) -> None:
    names = ("reviewer1", "reviewer2", "reviewer3")
    cells = [a_cell(session, dataset, "monocyte") for _ in range(5)]
    pid = an_open_round(session, reviewers=names, reviews_per_cell=3)
    answers = [
        ("monocyte", "basophil", "eosinophil"),
        ("monocyte", "myeloblast", None),
        ("neutrophil_band", "neutrophil_segmented", None),
        ("myeloblast", "promyelocyte_atypical", None),
        ("promyelocyte_atypical", "promyelocyte", "promyelocyte"),
    ]
    for cell, said in zip(cells, answers, strict=True):
        for name, label in zip(names, said, strict=True):
            say(session, pid, name, cell, label)
    torn, blast, bands, both_costly, dissent = cells
    found = listed(session, adjudicator)
    assert found[0] == blast
    assert set(found[1:]) == {torn, bands, both_costly}
    assert listed(session, adjudicator, kind="dissent") == [dissent]


def test_a_cell_that_was_filed_as_a_blast_and_as_something_else_is_costly_before_any_review(
    session: Writing, dataset: int, adjudicator: Person
) -> None:
    a_cell(session, dataset, "neutrophil_band", "neutrophil_segmented")
    blast = a_cell(session, dataset, "myeloblast", "lymphocyte")
    a_cell(session, dataset, "neutrophil_band", "metamyelocyte")
    assert listed(session, adjudicator)[0] == blast


def test_votes_that_agree_on_the_class_make_nothing_costly_and_a_withdrawal_restores_it(
    session: Writing, dataset: int
) -> None:
    cell = a_cell(session, dataset, "myeloblast", "lymphocyte")
    pid = an_open_round(session)
    costly = select(Cell.costly).where(Cell.id == cell)
    result = say(session, pid, "reviewer1", cell, "lymphocyte")
    assert session.scalar(costly) is False
    assert result.items[0].status == "recorded"
    answer = an_answer(assignment_of(session, pid, a_person(session), cell))
    back = answer | {"verdict": "withdrawn", "supersedes": str(result.items[0].id)}
    assert record_reviews(session, a_person(session), [back]).items[0].status == "recorded"
    assert session.scalar(costly) is True


def test_the_list_goes_on_where_it_stopped_whatever_stands_level(
    session: Writing, dataset: int, adjudicator: Person
) -> None:
    for _ in range(4):
        a_cell(session, dataset, "neutrophil_band", "neutrophil_segmented")
        a_cell(session, dataset, "myeloblast", "lymphocyte")
    seen: list[str] = []
    after = None
    while True:
        found, after, total = disputes.disputes(session, adjudicator, DisputeFilter("smears"), 3, after)
        seen += [one.cell_id for one in found]
        if after is None:
            break
    assert total == len(seen) == len(set(seen)) == 8


def test_all_datasets_are_one_queue(session: Writing, dataset: int, adjudicator: Person) -> None:
    a_cell(session, dataset, "neutrophil_band", "neutrophil_segmented")
    other = a_dataset(session, "others")
    blast = a_cell(session, other, "myeloblast", "monocyte")
    found, _, total = disputes.disputes(session, adjudicator, DisputeFilter(), 5)
    assert (total, found[0].cell_id) == (2, pid_of(session, blast))
    with pytest.raises(UnusableFilter) as refused:
        disputes.disputes(session, adjudicator, DisputeFilter(pair="monocyte,basophil"), 5)
    assert refused.value.field == "dataset"


def test_every_filter_finds_its_cells(session: Writing, dataset: int, adjudicator: Person) -> None:
    born = a_cell(session, dataset, "eosinophil", "neutrophil_band")
    torn = a_cell(session, dataset, "monocyte")
    unusable = a_cell(session, dataset, "monocyte")
    unsure = a_cell(session, dataset, "basophil")
    flagged = a_cell(session, dataset, "basophil")
    pid = an_open_round(session, reviewers=BOTH, filter={"born_disputed": False}, names_hidden=False)
    for cell, first, second in (
        (torn, {"label": "monocyte"}, {"label": "myelocyte"}),
        (unusable, {"label": "monocyte"}, {"label": None, "verdict": "unusable"}),
        (unsure, {"label": "basophil"}, {"label": None}),
        (flagged, {"label": "basophil", "flag": True}, {"label": "basophil"}),
    ):
        for name, answer in zip(BOTH, (first, second), strict=True):
            say(session, pid, name, cell, **answer)
    assert set(listed(session, adjudicator)) == {born, torn, unusable, unsure, flagged}
    assert listed(session, adjudicator, pair="myelocyte,monocyte") == [torn]
    assert listed(session, adjudicator, pair="monocyte,unusable") == [unusable]
    assert listed(session, adjudicator, pair="unsure,basophil") == [unsure]
    assert listed(session, adjudicator, kind="flagged") == [flagged]
    assert listed(session, adjudicator, kind="born_disputed") == [born]
    assert set(listed(session, adjudicator, given_label="monocyte")) == {torn, unusable}
    assert listed(session, adjudicator, given_label="neutrophil_band") == [born]
    assert set(listed(session, adjudicator, round=pid)) == {torn, unusable, unsure, flagged}
    assert set(listed(session, adjudicator, reviewer="reviewer2")) == {torn, unusable, unsure, flagged}
    sight = sight_of(session, adjudicator)
    counted = disputes.kinds_counted(session, sight, "smears")
    assert counted == {"disputed": 4, "flagged": 1, "born_disputed": 1, "dissent": 0, "reviewed_since": 0}
    pairs = dict(disputes.disputed_pairs(session, adjudicator, "smears"))
    assert pairs["eosinophil", "neutrophil_band"] == pairs["basophil", "unsure"] == 1


def test_who_reviewed_a_cell_is_no_filter_while_names_are_hidden(
    session: Writing, dataset: int, adjudicator: Person
) -> None:
    cell = a_cell(session, dataset, "monocyte")
    pid = an_open_round(session, reviewers=BOTH)
    for name, label in zip(BOTH, ("monocyte", "basophil"), strict=True):
        say(session, pid, name, cell, label)
    assert listed(session, adjudicator) == [cell]
    assert listed(session, adjudicator, reviewer="reviewer1") == []
    assert listed(session, a_person(session, "admin", "admin"), reviewer="reviewer1") == [cell]


def test_a_blind_answer_is_found_by_its_pair_once_the_second_look_was_taken_back(
    session: Writing, dataset: int, adjudicator: Person
) -> None:
    cell = a_cell(session, dataset, "monocyte")
    pid = an_open_round(session, reviewers=BOTH, presentation="reveal")
    person = a_person(session)
    assignment = assignment_of(session, pid, person, cell)
    say(session, pid, "reviewer2", cell, "myelocyte")

    def answer(label: str | None, supersedes: Any = None, **fields: Any) -> Any:
        given = an_answer(assignment, label, **fields) | {"supersedes": supersedes and str(supersedes)}
        [result] = record_reviews(session, person, [given]).items
        assert result.status == "recorded"
        return result.id

    blind = answer("basophil")
    second = answer("monocyte", blind)
    assert listed(session, adjudicator, pair="basophil,myelocyte") == []
    answer(None, second, verdict="withdrawn")
    assert session.scalar(select(Review.id).where(Review.presentation == "reveal")) is not None
    assert listed(session, adjudicator, pair="basophil,myelocyte") == [cell]
    assert listed(session, adjudicator, pair="monocyte,myelocyte") == []


def test_a_cell_that_does_not_wait_is_had_in_the_same_form(session: Writing, dataset: int, adjudicator: Person) -> None:
    cell = a_cell(session, dataset, "monocyte")
    own = a_person(session, "adjudicator2", "adjudicator")
    pid = an_open_round(session, reviewers=("adjudicator2", "reviewer1"))
    say(session, pid, "reviewer1", cell, "monocyte")
    found = disputes.dispute_of(session, adjudicator, pid_of(session, cell))
    assert (found.state, found.names_hidden, found.own, len(found.votes)) == ("in_review", True, False, 1)
    say(session, pid, "adjudicator2", cell, "monocyte")
    assert disputes.dispute_of(session, own, pid_of(session, cell)).own
    with pytest.raises(UnknownCell):
        disputes.dispute_of(session, adjudicator, "aaaaaaaaaaaaaaaa")


def test_a_cell_reviewed_differently_since_is_listed_and_a_new_settlement_takes_it_off(
    session: Writing, dataset: int, adjudicator: Person
) -> None:
    cell = a_cell(session, dataset, "monocyte")
    pid = an_open_round(session)
    given = {"id": "00000000-0000-4000-8000-000000000001", "verdict": "label", "label": "monocyte"}
    done = adjudicate(session, adjudicator, pid_of(session, cell), GivenAdjudication.model_validate(given))
    say(session, pid, "reviewer1", cell, "myeloblast")
    assert listed(session, adjudicator, kind="reviewed_since") == [cell]
    again = {"id": "00000000-0000-4000-8000-000000000002", "verdict": "label", "label": "myeloblast"}
    again["supersedes"] = str(done.id)
    adjudicate(session, adjudicator, pid_of(session, cell), GivenAdjudication.model_validate(again))
    assert listed(session, adjudicator, kind="reviewed_since") == []


@pytest.mark.parametrize("after", [None, (True, 0.5, 7)])
@pytest.mark.parametrize("kind", [None, *disputes.KINDS])
def test_the_queue_is_a_range_of_one_index_and_nothing_is_sorted(
    session: Writing, dataset: int, adjudicator: Person, kind: str | None, after: disputes.Place | None
) -> None:
    sight = sight_of(session, adjudicator)
    held = disputes.conditions_of(session, sight, catalogue.dataset(session, "smears"), DisputeFilter(kind=kind))
    statement = disputes.queue(held, after).limit(51)
    compiled = statement.compile(session._connection, compile_kwargs={"literal_binds": True})
    if session.dialect == "postgresql":
        for way in ("seqscan", "bitmapscan", "sort"):
            session.execute(text(f"set local enable_{way} = off"))
    explain = "explain query plan " if session.dialect == "sqlite" else "explain "
    rows = session.execute(text(explain + str(compiled).replace(":", r"\:"))).all()
    plan = "\n".join(str(row[-1]) for row in rows)
    assert "ix_cell_waiting" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


def test_costly_classes_must_be_classes_and_leave_others() -> None:
    document = load_builtin("mll23").document()
    assert load_builtin("mll23").costly == {0, 2}
    for wrong in (["no_such_class"], ["monocyte", "monocyte"], [one["name"] for one in document["classes"]]):
        with pytest.raises(LabelSetInvalid, match="costly"):
            from_document(document | {"costly": wrong})
    assert from_document({name: value for name, value in document.items() if name != "costly"}).costly == frozenset()
