"""What a blind round hides, and from whom."""

import json

import pytest
from sqlalchemy import select

from app.accounts.people import Person
from app.browse import queries as browse
from app.browse.errors import HiddenOriginal
from app.catalogue.models import Cell, CellState
from app.database import Writing
from app.review import queries, rounds
from app.review.blind import sight_of
from app.review.disputes import DisputeFilter, disputes
from app.review.errors import OwnCell
from app.review.filters import CellFilter
from app.review.queries import VoteFilter
from app.review.schemas import GivenAdjudication
from app.review.service import adjudicate
from tests.factories import a_cell, a_dataset, a_person, an_open_round, say

TELLTALE = ("monocyte", "eosinophil", "TIF", "slide")


@pytest.fixture
def cells(session: Writing) -> list[int]:
    dataset = a_dataset(session)
    return [
        a_cell(session, dataset, "monocyte", slide="7"),
        a_cell(session, dataset, "monocyte", "eosinophil"),
    ]


def everything(session: Writing, person: Person, cells: list[int]) -> str:
    """What every reading function of the product tells this person, as one text."""
    pids = session.execute(select(Cell.pid).where(Cell.id.in_(cells))).scalars().all()
    sight = sight_of(session, person)
    told = [
        browse.find_cells(session, person, "smears", CellFilter()).items,
        *(browse.find_cells(session, person, "smears", CellFilter(q=word)).items for word in TELLTALE),
        *(
            browse.find_cells(session, person, "smears", CellFilter.model_validate(chosen)).items
            for chosen in (
                {"given_label": "monocyte"},
                {"born_disputed": True},
                {"state": "disputed"},
                {"pair": "monocyte,eosinophil"},
                {"attribute": "slide:7"},
            )
        ),
        [browse.cell_view(session, person, pid) for pid in pids],
        *(browse.cell_reviews(session, person, pid) for pid in pids),
        browse.dataset_view(session, sight, browse.seen_dataset(session, sight, "smears")),
        queries.round_views(session, person),
        queries.votes(session, person, VoteFilter(), 100)[0],
        disputes(session, person, DisputeFilter("smears"), 100)[0],
    ]
    return json.dumps(told, default=lambda value: value.model_dump(mode="json"))


@pytest.mark.parametrize("role", ["reviewer", "adjudicator", "admin"])
def test_nothing_tells_a_blind_reviewer_the_given_label_whatever_their_role(
    session: Writing, cells: list[int], role: str
) -> None:
    person = a_person(session, "reviewer1", role)
    pid = an_open_round(session, reviewers=["reviewer1"], presentation="blind", reviews_per_cell=1)
    queue = queries.next_assignments(session, pid, person, 30, 0)
    told = everything(session, person, cells) + queue.model_dump_json()
    assert not [word for word in TELLTALE if word in told]
    assert len(queue.items) == 2


def test_a_filter_by_a_hidden_field_leaves_the_cells_out(session: Writing, cells: list[int]) -> None:
    an_open_round(session, presentation="blind", reviews_per_cell=1)
    person = a_person(session, "reviewer1")
    assert len(browse.find_cells(session, person, "smears", CellFilter()).items) == 2
    for chosen in (CellFilter(given_label="monocyte"), CellFilter(given_label="none"), CellFilter(flagged=False)):
        assert browse.find_cells(session, person, "smears", chosen).items == []
    for sort in ("entropy", "path"):
        assert browse.find_cells(session, person, "smears", CellFilter(), sort).items == []


def test_the_original_waits_until_the_round_closes(session: Writing, cells: list[int]) -> None:
    pid = an_open_round(session, presentation="blind", reviews_per_cell=1)
    person, admin = a_person(session, "reviewer1"), a_person(session, "admin", "admin")
    cell = session.execute(select(Cell.pid).where(Cell.id == cells[0])).scalar_one()
    with pytest.raises(HiddenOriginal):
        browse.seen_picture(session, person, cell, original=True)
    rounds.close_round(session, pid, admin)
    browse.seen_picture(session, person, cell, original=True)
    view = browse.cell_view(session, person, cell)
    assert view.given_label == "monocyte"
    assert view.state == "unreviewed"


def test_a_reviewer_never_sees_colleagues_answers_of_an_open_round(session: Writing, cells: list[int]) -> None:
    pid = an_open_round(session, reviewers=["reviewer1", "reviewer2"])
    say(session, pid, "reviewer2", cells[0], "neutrophil_band", comment="a left shift")
    person = a_person(session, "reviewer1")
    told = everything_but_given_labels(session, person, cells)
    assert "neutrophil_band" not in told
    assert "left shift" not in told
    assert "in_review" not in told
    assert "reviewer2" not in told


def everything_but_given_labels(session: Writing, person: Person, cells: list[int]) -> str:
    pids = session.execute(select(Cell.pid).where(Cell.id.in_(cells))).scalars().all()
    told = [
        browse.find_cells(session, person, "smears", CellFilter()).items,
        browse.find_cells(session, person, "smears", CellFilter(state=CellState.IN_REVIEW)).items,
        browse.find_cells(session, person, "smears", CellFilter(reviewer="reviewer2")).items,
        *(browse.cell_reviews(session, person, pid) for pid in pids),
        queries.votes(session, person, VoteFilter(), 100)[0],
        queries.round_views(session, person),
    ]
    return json.dumps(told, default=lambda value: value.model_dump(mode="json"))


def test_who_reviews_a_cell_blind_does_not_settle_it(session: Writing, cells: list[int]) -> None:
    person = a_person(session, "reviewer1", "adjudicator")
    an_open_round(session, reviewers=["reviewer1"], presentation="blind", reviews_per_cell=1)
    cell = session.execute(select(Cell.pid).where(Cell.id == cells[1])).scalar_one()
    given = GivenAdjudication.model_validate(
        {"id": "0b7e1c3e-6f0c-4a53-9d57-5e2c1f3a9b10", "verdict": "label", "label": "monocyte"}
    )
    with pytest.raises(OwnCell):
        adjudicate(session, person, cell, given)


def test_a_reviewer_sees_only_datasets_of_their_rounds(session: Writing, cells: list[int]) -> None:
    stranger = a_person(session, "reviewer9")
    assert browse.seen_datasets(session, sight_of(session, stranger)) == []
    an_open_round(session, reviewers=["reviewer9"])
    assert [each.slug for each in browse.seen_datasets(session, sight_of(session, stranger))] == ["smears"]
