"""What a class looks like: which cells show it, and to whom."""

import pytest
from sqlalchemy import select, update

from app.accounts.people import Person
from app.browse.errors import UnknownDataset
from app.browse.references import reference_cells
from app.browse.schemas import ReferenceList
from app.catalogue.models import Cell, CellState
from app.database import Writing
from app.errors import NotFound
from app.labels.labelset import load_builtin
from tests.browse.laboratory import Laboratory
from tests.factories import a_cell, a_dataset, a_person, an_open_round, say

MLL23 = load_builtin("mll23")


def settle(session: Writing, cell: int, label: str, state: str = CellState.AGREED, reviews: int = 2) -> None:
    session.execute(
        update(Cell)
        .where(Cell.id == cell)
        .values(state=state, outcome="label", label=MLL23.index(label), reviews=reviews, probability=1.0)
    )


def shown(session: Writing, person: Person, label: str = "monocyte", dataset: str | None = "smears") -> ReferenceList:
    return reference_cells(session, person, "mll23", label, dataset, 12)


def ids(session: Writing, cells: list[int]) -> list[str]:
    by_id = dict(session.execute(select(Cell.id, Cell.pid).where(Cell.id.in_(cells))).all())
    return [by_id[cell] for cell in cells]


def test_adjudicated_cells_come_first_then_those_that_most_agree_on_then_given_ones(session: Writing) -> None:
    dataset = a_dataset(session)
    cells = [a_cell(session, dataset, "monocyte") for _ in range(4)]
    settle(session, cells[3], "monocyte", CellState.ADJUDICATED, reviews=1)
    settle(session, cells[1], "monocyte", reviews=2)
    settle(session, cells[2], "monocyte", reviews=3)
    answer = shown(session, a_person(session, "admin", "admin"))
    assert [one.cell_id for one in answer.items] == ids(session, [cells[3], cells[2], cells[1], cells[0]])
    assert [one.by for one in answer.items] == ["adjudicated", "agreed", "agreed", "given"]
    assert answer.cue["en"]
    assert "neutrophil_segmented" in answer.confusable


def test_what_turned_out_to_be_something_else_is_no_reference(session: Writing) -> None:
    dataset = a_dataset(session)
    other, disputed, dissent = (a_cell(session, dataset, "monocyte") for _ in range(3))
    settle(session, other, "lymphocyte")
    settle(session, dissent, "monocyte")
    session.execute(update(Cell).where(Cell.id == dissent).values(dissent=True))
    a_cell(session, dataset, "monocyte", "eosinophil")
    answer = shown(session, a_person(session, "admin", "admin"))
    assert [one.cell_id for one in answer.items] == ids(session, [disputed])
    assert [one.cell_id for one in shown(session, a_person(session, "admin"), "lymphocyte").items] == ids(
        session, [other]
    )


def test_one_slide_does_not_stand_for_a_class(session: Writing) -> None:
    dataset = a_dataset(session)
    crowd = [a_cell(session, dataset, "monocyte", slide="1") for _ in range(20)]
    few = [a_cell(session, dataset, "monocyte", slide=str(slide)) for slide in range(2, 8)]
    answer = shown(session, a_person(session, "admin", "admin"))
    found = {one.cell_id for one in answer.items}
    assert set(ids(session, few)) <= found
    assert len(found & set(ids(session, crowd))) == 6


def test_a_blind_reviewer_is_shown_cells_from_outside_of_their_rounds(session: Writing) -> None:
    dataset = a_dataset(session)
    blind = [a_cell(session, dataset, "monocyte", slide="1") for _ in range(3)]
    an_open_round(session, reviewers=["reviewer1"], presentation="blind", reviews_per_cell=1)
    outside = a_cell(session, dataset, "monocyte")
    elsewhere = a_cell(session, a_dataset(session, "others"), "monocyte")
    an_open_round(session, "others", ["reviewer1"], presentation="sighted", reviews_per_cell=1)
    answer = shown(session, a_person(session, "reviewer1"))
    assert [one.cell_id for one in answer.items] == ids(session, [outside, elsewhere])
    assert not set(ids(session, blind)) & {one.cell_id for one in answer.items}


def test_where_there_is_none_the_cue_stands_alone_and_the_answer_says_so(session: Writing) -> None:
    dataset = a_dataset(session)
    a_cell(session, dataset, "monocyte")
    an_open_round(session, reviewers=["reviewer1"], presentation="blind", reviews_per_cell=1)
    answer = shown(session, a_person(session, "reviewer1"))
    assert answer.items == []
    assert answer.note
    assert answer.cue["en"]


def test_a_reviewer_learns_no_consensus_of_an_open_round(session: Writing) -> None:
    dataset = a_dataset(session)
    cells = [a_cell(session, dataset, "monocyte") for _ in range(2)]
    pid = an_open_round(session, reviewers=["reviewer1"], presentation="sighted", reviews_per_cell=1)
    say(session, pid, "reviewer1", cells[0], "lymphocyte")
    reviewer = a_person(session, "reviewer1")
    assert [one.by for one in shown(session, reviewer).items] == ["given", "given"]
    assert shown(session, reviewer, "lymphocyte").items == []
    assert [one.by for one in shown(session, a_person(session, "admin"), "lymphocyte").items] == ["agreed"]


def test_only_datasets_that_one_may_see_are_drawn_from(session: Writing) -> None:
    a_cell(session, a_dataset(session), "monocyte")
    with pytest.raises(UnknownDataset):
        shown(session, a_person(session, "reviewer1"))
    assert shown(session, a_person(session, "reviewer1"), dataset=None).items == []


def test_an_unknown_class_is_not_found(session: Writing) -> None:
    a_dataset(session)
    with pytest.raises(NotFound):
        shown(session, a_person(session, "admin", "admin"), "blood_cell")


def test_both_answers_are_there_over_rest(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        cell = a_cell(session, a_dataset(session), "monocyte")
        (pid,) = ids(session, [cell])
    answer = lab.read("/label-sets/mll23/classes/monocyte/reference?dataset=smears")
    assert [one["cell_id"] for one in answer["items"]] == [pid]
    assert lab.read(f"/cells/{pid}/similar")["reason"] == "not_measured"
    assert lab.get("/api/v1/label-sets/mll23/classes/nothing/reference").status_code == 404
    assert lab.get("/api/v1/cells/aaaaaaaaaaaaaaaa/similar").status_code == 404
    assert lab.get("/api/v1/assignments/aaaaaaaaaaaaaaaa/similar").status_code == 404
