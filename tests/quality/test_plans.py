"""How the databases find what figures are made of: by index, in a number of statements that doesn't grow."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.accounts import queries as accounts
from app.database import Database, Reading
from app.quality import queries
from app.quality.keeping import kept
from app.quality.service import agreement, axes_named, confusion, scope_of
from tests.factories import a_cell, a_dataset, an_open_round, say


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """What the databases are asked meanwhile."""
    asked: list[tuple[str, Any]] = []

    def hear(connection: Any, cursor: Any, statement: str, parameters: Any, *more: Any) -> None:
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", hear)
    yield asked
    event.remove(Engine, "before_cursor_execute", hear)


def a_reviewed_dataset(database: Database, slug: str, cells: int) -> int:
    with database.writing() as session:
        dataset = a_dataset(session, slug)
        made = [a_cell(session, dataset, "monocyte") for _ in range(cells)]
        pid = an_open_round(session, slug, ["reviewer1", "reviewer2"], presentation="blind", reviews_per_cell=2)
        for cell in made:
            for name in ("reviewer1", "reviewer2"):
                say(session, pid, name, cell, "monocyte")
        return dataset


def plans(session: Reading, asked: list[tuple[str, Any]], word: str) -> str:
    """SQLite's plans of the statements that hold a word."""
    found = [(statement, parameters) for statement, parameters in asked if word in statement]
    assert found
    rows = [
        row
        for statement, parameters in found
        for row in session._connection.exec_driver_sql(f"explain query plan {statement}", parameters)
    ]
    return "\n".join(row[3] for row in rows)


def test_reviews_are_counted_and_read_by_their_rounds_index(sqlite_database: Database) -> None:
    dataset = a_reviewed_dataset(sqlite_database, "smears", 3)
    with sqlite_database.reading() as session:
        rounds = queries.opened_rounds(session, dataset)
        with statements() as asked:
            answers, _ = kept(sqlite_database).answers(session, dataset, rounds)
        assert len(answers) == 6
        counted = plans(session, asked[:1], "count")
        assert "USING COVERING INDEX ix_review_round_id" in counted
        read = plans(session, asked[1:], "group_concat")
        assert "USING INDEX ix_review_round_id" in read
        assert "SCAN" not in counted + read


def test_given_labels_and_consensus_are_counted_in_one_index(sqlite_database: Database) -> None:
    a_reviewed_dataset(sqlite_database, "smears", 3)
    with sqlite_database.reading() as session:
        person = accounts.person_by_name(session, "admin")
        scope = scope_of(session, sqlite_database, person, "smears")
        with statements() as asked:
            found = confusion(session, scope, *axes_named(session, scope, "given", "consensus"))
            errors = queries.given_label_errors(session, scope.dataset.id)
        assert found.matrix.total == 3
        assert [one.of for one in errors.values()] == [3]
        plan = plans(session, asked, "cell.second_label")
        assert plan.count("USING INDEX ix_cell_settled") == 2
        assert "SCAN" not in plan


def test_figures_take_as_many_statements_for_many_cells_as_for_few(database: Database) -> None:
    asked_for = []
    for slug, cells in (("few", 2), ("many", 40)):
        a_reviewed_dataset(database, slug, cells)
        with database.reading() as session:
            person = accounts.person_by_name(session, "admin")
            with statements() as asked:
                figures = agreement(session, scope_of(session, database, person, slug))
            assert figures["blind"].paired == cells
            asked_for.append(len(asked))
    assert asked_for[0] == asked_for[1] <= 12
