"""Label sets in the database: versions that never change."""

import pytest
from sqlalchemy import func, select

from app.database import Writing
from app.labels import queries
from app.labels.errors import UnknownLabelSet, VersionTaken
from app.labels.labelset import LabelSet, from_document, load_builtin
from app.labels.models import LabelSetRow
from app.labels.service import store_builtin_label_sets, store_label_set


class Undone(Exception):
    """Ends a savepoint."""


def animals(version: int = 1, title: str = "Animals") -> LabelSet:
    return from_document(
        {
            "name": "animals",
            "version": version,
            "title": title,
            "groups": [
                {"name": "all", "heading": {"en": "All"}, "colour": {"light": "#034DDD", "dark": "#A6CEFA"}},
            ],
            "classes": [
                {"name": name, "title": {"en": name.title()}, "abbreviation": name[0], "group": "all"}
                for name in ("cat", "lynx")
            ],
        }
    )


def test_a_stored_set_is_read_back_as_it_was(session: Writing) -> None:
    mll23 = load_builtin("mll23")
    assert queries.label_set(session, store_label_set(session, mll23)) == mll23


def test_storing_the_same_set_again_adds_nothing(session: Writing) -> None:
    first = store_label_set(session, animals())
    assert store_label_set(session, animals()) == first
    count = select(func.count()).select_from(LabelSetRow).where(LabelSetRow.name == "animals")
    assert session.scalar(count) == 1


def test_a_version_that_means_something_else_is_refused(session: Writing) -> None:
    label_set_id = store_label_set(session, animals())
    with pytest.raises(VersionTaken, match="Raise its version to 2"):
        store_label_set(session, animals(title="Beasts"))
    assert queries.label_set(session, label_set_id).title == "Animals"


def test_the_newest_version_is_the_one_that_a_name_means(session: Writing) -> None:
    store_label_set(session, animals(version=10))
    old = store_label_set(session, animals(version=9))
    assert queries.newest(session, "animals")[1].version == 10
    assert queries.label_set(session, old).version == 9


def test_the_list_holds_each_set_once_and_the_built_in_ones(session: Writing) -> None:
    store_builtin_label_sets(session)
    store_label_set(session, animals(version=2))
    store_label_set(session, animals(version=1))
    assert [(one.name, one.version) for one in queries.label_sets(session)] == [("animals", 2), ("mll23", 2)]


def test_a_row_whose_id_was_given_away_again_is_not_taken_for_the_old_one(session: Writing) -> None:
    def stored_and_undone() -> None:
        with session.savepoint():
            lost = store_label_set(session, animals())
            assert queries.label_set(session, lost).title == "Animals"
            raise Undone

    with pytest.raises(Undone):
        stored_and_undone()
    assert queries.label_set(session, store_label_set(session, animals(title="Beasts"))).title == "Beasts"


def test_a_set_that_is_not_there_is_not_found(session: Writing) -> None:
    with pytest.raises(UnknownLabelSet):
        queries.label_set(session, 4711)
    with pytest.raises(UnknownLabelSet, match="no label set “plants”"):
        queries.newest(session, "plants")
