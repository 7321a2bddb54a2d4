"""Cells whose pictures are nearly the same: found however they lie, told to whom they give nothing away."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from app.accounts.people import Person
from app.catalogue.models import Cell, CellHash
from app.database import Database, Reading, Writing
from app.images.hashes import Hash, laid, parted
from app.review.duplicates import SHARING_A_PART, near_duplicates
from tests.browse.laboratory import Laboratory
from tests.factories import a_cell, a_dataset, a_person, an_open_round, say

PICTURE = 0x9D3C_51E7_0A8B_F264


@pytest.fixture
def admin(session: Writing) -> Person:
    return a_person(session, "admin", "admin")


@pytest.fixture
def dataset(session: Writing) -> int:
    return a_dataset(session)


def hashed(session: Writing, dataset: int, hash: Hash, *labels: str) -> int:
    cell = a_cell(session, dataset, *labels)
    parts = {f"part{at}": part for at, part in enumerate(hash)}
    session.execute(insert(CellHash).values(cell=cell, dataset=dataset, **parts))
    return cell


def pid_of(session: Reading, cell: int) -> str:
    return session.execute(select(Cell.pid).where(Cell.id == cell)).scalar_one()


def told(session: Reading, person: Person, cell: int) -> list[tuple[Any, ...]]:
    dataset = session.execute(select(Cell.dataset).where(Cell.id == cell)).scalar_one()
    answer = near_duplicates(session, person, cell, dataset)
    return [(one.cell_id, one.differing_bits, one.turned, one.given_label) for one in answer.items]


def test_cells_that_differ_in_three_bits_or_fewer_are_listed_the_nearest_first(
    session: Writing, dataset: int, admin: Person
) -> None:
    cell = hashed(session, dataset, parted(PICTURE), "monocyte")
    three = hashed(session, dataset, parted(PICTURE ^ 1 ^ 1 << 20 ^ 1 << 40), "myelocyte")
    hashed(session, dataset, parted(PICTURE ^ 0b1111), "basophil")
    same = hashed(session, dataset, parted(PICTURE), "eosinophil")
    turned = hashed(session, dataset, laid(parted(PICTURE ^ 1 << 63))[5], "monocyte")
    hashed(session, a_dataset(session, "others"), parted(PICTURE), "monocyte")
    assert told(session, admin, cell) == [
        (pid_of(session, same), 0, False, "eosinophil"),
        (pid_of(session, turned), 1, True, "monocyte"),
        (pid_of(session, three), 3, False, "myelocyte"),
    ]
    assert told(session, admin, turned)[0][1:3] == (1, True)


def test_where_there_are_none_the_answer_says_why(session: Writing, dataset: int, admin: Person) -> None:
    new = a_cell(session, dataset, "monocyte")
    assert near_duplicates(session, admin, new, dataset).reason == "not_measured"
    alone = hashed(session, dataset, parted(PICTURE), "monocyte")
    assert near_duplicates(session, admin, alone, dataset).reason == "none"


def test_their_consensus_stands_beside_them(session: Writing, dataset: int, admin: Person) -> None:
    cell = hashed(session, dataset, parted(PICTURE), "monocyte")
    twin = hashed(session, dataset, parted(PICTURE), "monocyte")
    pid = an_open_round(session)
    say(session, pid, "reviewer1", twin, "myelocyte")
    [found] = near_duplicates(session, admin, cell, dataset).items
    assert (found.state, found.label, found.given_label) == ("agreed", "myelocyte", "monocyte")


@pytest.mark.parametrize("presentation", ["blind", "reveal"])
@pytest.mark.parametrize("role", ["reviewer", "adjudicator", "admin"])
def test_who_reviews_a_cell_blind_is_told_of_no_copy_of_it_and_no_copy_tells_of_it(
    session: Writing, dataset: int, role: str, presentation: str
) -> None:
    me = a_person(session, "me", role)
    seen_blind = hashed(session, dataset, parted(PICTURE), "monocyte")
    elsewhere = hashed(session, dataset, parted(PICTURE), "myelocyte")
    an_open_round(session, reviewers=("me",), presentation=presentation, filter={"given_label": "monocyte"})
    answer = near_duplicates(session, me, seen_blind, dataset)
    assert (answer.items, answer.reason) == ([], "hidden")
    assert near_duplicates(session, me, elsewhere, dataset).reason == "none"
    assert len(told(session, a_person(session, "other", "admin"), seen_blind)) == 1


def test_a_reviewer_sees_no_consensus_of_a_copy_in_an_open_round_of_theirs(session: Writing, dataset: int) -> None:
    me = a_person(session)
    cell = hashed(session, dataset, parted(PICTURE), "monocyte")
    twin = hashed(session, dataset, parted(PICTURE), "myelocyte")
    pid = an_open_round(session, reviewers=("reviewer1", "reviewer2"))
    say(session, pid, "reviewer2", twin, "basophil")
    [found] = near_duplicates(session, me, cell, dataset).items
    assert (found.cell_id, found.given_label) == (pid_of(session, twin), "myelocyte")
    assert (found.state, found.label) == (None, None)


def test_the_page_of_a_cell_lists_its_copies_and_rest_answers_them(database: Database, tmp_path: Path) -> None:
    lab = Laboratory(database, tmp_path)
    with database.writing() as session:
        made = a_dataset(session)
        cells = [hashed(session, made, way, "monocyte") for way in (parted(PICTURE), laid(parted(PICTURE))[2])]
        cell, twin = (pid_of(session, one) for one in cells)
    page = lab.page(f"/cells/{cell}")
    assert f'href="/cells/{twin}"' in page
    assert "turned or mirrored" in page
    [found] = lab.read(f"/cells/{cell}/near-duplicates")["items"]
    assert (found["cell_id"], found["differing_bits"], found["turned"]) == (twin, 0, True)


def test_copies_are_looked_up_in_the_index_of_each_part(session: Writing, dataset: int) -> None:
    values = {f"parts{at}": [1, 2, 3] for at in range(4)} | {"dataset": dataset}
    compiled = SHARING_A_PART.params(**values).compile(session._connection, compile_kwargs={"literal_binds": True})
    if session.dialect == "postgresql":
        session.execute(text("set local enable_seqscan = off"))
    explain = "explain query plan " if session.dialect == "sqlite" else "explain "
    plan = "\n".join(str(row[-1]) for row in session.execute(text(explain + str(compiled))))
    for at in range(4):
        assert f"ix_cell_hash_dataset_part{at}" in plan
    assert "SCAN cell_hash" not in plan
