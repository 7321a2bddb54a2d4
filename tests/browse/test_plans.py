"""How the databases find a list of cells: by walking an index, in a number of statements that doesn't grow."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from app.browse.queries import class_pictures, find_cells, walk
from app.catalogue import queries as catalogue
from app.database import Writing
from app.labels import queries as labels
from app.quality.queries import given_label_errors
from app.review.blind import sight_of
from app.review.filters import CellFilter
from tests.factories import a_cell, a_dataset, a_person, an_open_round, say

WALKS = [
    ({}, "id", None, "ix_cell_dataset_id"),
    ({"given_label": "monocyte"}, "id", None, "ix_cell_dataset_given_label_id"),
    ({"given_label": "monocyte"}, "id", [5], "ix_cell_dataset_given_label_id"),
    ({"state": "agreed"}, "id", None, "ix_cell_dataset_state_id"),
    ({"born_disputed": True}, "id", None, "ix_cell_dataset_given_label_id"),
    ({"min_suspicion": 0.5}, "suspicion", None, "ix_cell_dataset_suspicion_id"),
    ({"min_suspicion": 0.5}, "suspicion", [0.7, 5], "ix_cell_dataset_suspicion_id"),
    ({"predicted_label": "monocyte"}, "id", None, "ix_cell_dataset_predicted_label_id"),
    ({"predicted_label": "monocyte"}, "id", [5], "ix_cell_dataset_predicted_label_id"),
    ({"state": "disputed"}, "entropy", None, "ix_cell_dataset_entropy_id"),
    ({"state": "disputed"}, "entropy", [0.5, 5], "ix_cell_dataset_entropy_id"),
    ({}, "path", None, "occurrence_1"),
    ({}, "path", ["m"], "occurrence_1"),
]


@pytest.mark.parametrize(("chosen", "sort", "after", "index"), WALKS)
def test_a_filter_by_class_or_state_walks_an_index_and_sorts_nothing(
    session: Writing, chosen: dict[str, Any], sort: str, after: list[Any] | None, index: str
) -> None:
    plan = plan_of(session, chosen, sort, after)
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
    if session.dialect == "sqlite":
        assert index in plan
        assert "SCAN" not in plan


@pytest.mark.parametrize("after", [None, [5]])
def test_a_label_walks_the_indexes_of_both_its_columns_no_further_than_needed(
    session: Writing, after: list[Any] | None
) -> None:
    plan = plan_of(session, {"label": "monocyte"}, "id", after)
    if session.dialect == "sqlite":
        first, second = plan.split("RIGHT")
        for half, index in ((first, "ix_cell_dataset_label_id"), (second, "ix_cell_dataset_second_label_id")):
            # What is sorted are the hundred that the walk ended with.
            walked, _, merged = half.partition("SCAN anon")
            assert index in walked
            assert "TEMP B-TREE" not in walked
            assert merged
    else:
        assert "Merge Append" in plan
        assert plan.count("->  Limit") == 2
        assert "->  Sort" not in plan


@pytest.mark.parametrize(
    ("chosen", "index"),
    [
        ({}, "ix_cell_dataset_suspicion_id"),
        ({"given_label": "monocyte"}, "ix_cell_dataset_given_label_suspicion_id"),
    ],
)
@pytest.mark.parametrize("after", [None, [0.5, 5], [None, 5]])
def test_the_most_suspicious_walk_an_index_no_further_than_needed(
    session: Writing, chosen: dict[str, Any], index: str, after: list[Any] | None
) -> None:
    plan = plan_of(session, chosen, "suspicion", after)
    assert index in plan
    # What is sorted are the hundred and one of each range that the walks ended with.
    if session.dialect == "sqlite":
        assert "TEMP B-TREE" not in plan.partition("SCAN anon_1")[0]
    else:
        assert plan.count("->  Sort") <= 1


def plan_of(session: Writing, chosen: dict[str, Any], sort: str, after: list[Any] | None) -> str:
    """How a list would be found. PostgreSQL reads and sorts tables of a few rows unless that is forbidden."""
    a_dataset(session)
    sight = sight_of(session, a_person(session, "admin", "admin"))
    dataset = catalogue.dataset(session, "smears")
    label_set = labels.label_set(session, dataset.label_set)
    statement = walk(sort, sight, dataset.id, label_set, CellFilter.model_validate(chosen), after, limit=101)
    compiled = statement.compile(session._connection, compile_kwargs={"literal_binds": True})
    explain = "explain query plan "
    if session.dialect == "postgresql":
        explain = "explain "
        for way in ("seqscan", "bitmapscan", "sort"):
            session.execute(text(f"set local enable_{way} = off"))
    rows = session.execute(text(explain + str(compiled).replace(":", r"\:"))).all()
    return "\n".join(str(row[-1]) for row in rows)


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the databases are asked inside the block."""
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("sort", ["id", "suspicion", "entropy", "path"])
def test_a_hundred_cells_take_as_many_statements_as_one(session: Writing, sort: str) -> None:
    dataset = a_dataset(session)
    admin = a_person(session, "admin", "admin")
    cells = [a_cell(session, dataset, "monocyte", "hairy_cell") for _ in range(100)]
    round = an_open_round(session, reviews_per_cell=1)
    say(session, round, "reviewer1", cells[0], "monocyte")
    counts = []
    for limit in (1, 100):
        with statements() as asked:
            found = find_cells(session, admin, "smears", CellFilter(), sort, limit)
        assert len(found.items) == limit
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 7


def test_figures_of_a_dataset_are_one_statement_each(session: Writing) -> None:
    dataset = a_dataset(session)
    for _ in range(3):
        a_cell(session, dataset, "monocyte")
    with statements() as asked:
        given_label_errors(session, dataset)
        pictures = class_pictures(session, dataset, 18)
    assert len(asked) == 2
    assert sum(picture is not None for picture in pictures) == 1
