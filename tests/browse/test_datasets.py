"""Label sets and datasets over REST and at a glance: what is counted, and how often the given label was wrong."""

import pytest
from sqlalchemy import update

from app.browse.queries import file_facts
from app.catalogue.models import Cell, CellState
from app.database import Writing
from app.labels.labelset import load_builtin
from app.quality.queries import given_label_errors
from tests.browse.laboratory import API, Laboratory, another_file
from tests.factories import a_cell, a_dataset, an_open_round, say

MLL23 = load_builtin("mll23")


@pytest.fixture
def smears(lab: Laboratory) -> Laboratory:
    """Settled, disputed and untouched cells."""
    for person in ("reviewer1", "reviewer2", "reviewer9"):
        lab.get("/", person)
    with lab.database.writing() as session:
        dataset = a_dataset(session, license="CC BY 4.0", url="https://example.org/smears")
        bands = [a_cell(session, dataset, "neutrophil_band") for _ in range(4)]
        a_cell(session, dataset, "monocyte", "hairy_cell")
        a_cell(session, dataset)
        round = an_open_round(session, reviews_per_cell=1)
        say(session, round, "reviewer1", bands[0], "neutrophil_band")
        say(session, round, "reviewer1", bands[1], "neutrophil_segmented")
        say(session, round, "reviewer1", bands[2], None)
    return lab


def test_label_sets_are_listed_with_classes_in_order(smears: Laboratory) -> None:
    (listed,) = smears.read("/label-sets", "reviewer9")["items"]
    one = smears.read("/label-sets/mll23", "reviewer9")
    assert listed == one
    assert [each["name"] for each in one["classes"]] == list(MLL23.names)
    band = next(each for each in one["classes"] if each["name"] == "neutrophil_band")
    assert (band["title"]["en"], band["abbreviation"], band["key"], band["stage"]) == (
        "Band neutrophil",
        "Band",
        "U",
        5,
    )
    assert ["neutrophil_band", "neutrophil_segmented"] in [each["pair"] for each in one["confusable"]]
    assert smears.get(f"{API}/label-sets/nothing").status_code == 404


def test_a_dataset_is_counted_by_class_and_state(smears: Laboratory) -> None:
    dataset = smears.read("/datasets/smears")
    assert dataset["cells"] == 6
    assert dataset["states"] == {"unreviewed": 2, "in_review": 0, "agreed": 2, "disputed": 2, "adjudicated": 0}
    assert [one["given_label"] for one in dataset["classes"]] == [*MLL23.names, None, None]
    bands = next(one for one in dataset["classes"] if one["given_label"] == "neutrophil_band")
    assert bands["cells"] == 4
    assert bands["states"] == {"unreviewed": 1, "in_review": 0, "agreed": 2, "disputed": 1, "adjudicated": 0}
    assert [(one["born_disputed"], one["cells"]) for one in dataset["classes"][-2:]] == [(True, 1), (False, 1)]
    assert smears.read("/datasets")["items"] == [dataset]
    assert smears.get(f"{API}/datasets/nothing").status_code == 404


@pytest.mark.parametrize("path", ["/label-sets", "/label-sets/mll23", "/datasets", "/datasets/smears"])
def test_what_has_not_changed_is_not_sent_again(smears: Laboratory, path: str) -> None:
    first = smears.get(API + path)
    assert smears.get(API + path, if_none_match=first.headers["etag"]).status_code == 304


def test_the_page_says_how_often_a_given_label_was_wrong(smears: Laboratory) -> None:
    page = " ".join(smears.page("/datasets/smears").split())
    assert "1 of 2" in page
    assert "50.0 %" in page
    assert "(9.5–90.5)" in page
    assert "Two given labels" in page
    assert "No given label" in page
    assert "https://example.org/smears" in page
    assert smears.page("/datasets").count("(9.5–90.5)") == 1


def settled(session: Writing, dataset: int, given: str, outcome: str, label: str | None, second: str | None) -> None:
    cell = a_cell(session, dataset, given)
    session.execute(
        update(Cell)
        .where(Cell.id == cell)
        .values(
            state=CellState.AGREED,
            outcome=outcome,
            label=None if label is None else MLL23.index(label),
            second_label=None if second is None else MLL23.index(second),
        )
    )


def test_a_pair_that_holds_the_given_label_is_not_wrong_and_unusable_cells_say_nothing(session: Writing) -> None:
    dataset, other = a_dataset(session), a_dataset(session, "others")
    for given, outcome, label, second in (
        ("monocyte", "label", "monocyte", None),
        ("monocyte", "label", "hairy_cell", None),
        ("monocyte", "borderline", "hairy_cell", "monocyte"),
        ("monocyte", "borderline", "monocyte", "hairy_cell"),
        ("monocyte", "borderline", "hairy_cell", "lymphocyte"),
        ("monocyte", "unusable", None, None),
        ("basophil", "unusable", None, None),
    ):
        settled(session, dataset, given, outcome, label, second)
    settled(session, other, "monocyte", "label", "hairy_cell", None)
    a_cell(session, dataset, "monocyte")
    found = given_label_errors(session, dataset)
    assert {MLL23[label].name: (error.wrong, error.of) for label, error in found.items()} == {"monocyte": (2, 5)}


def test_files_are_counted_and_those_that_repeat_a_cell_under_its_class(session: Writing) -> None:
    dataset = a_dataset(session)
    a_cell(session, dataset, "monocyte", "hairy_cell")
    a_cell(session, dataset)
    twice = a_cell(session, dataset, "monocyte")
    another_file(session, twice, "again/1.TIF")
    another_file(session, twice, "again/2.TIF")
    facts = file_facts(session, dataset, cells=3)
    assert (facts.files, facts.filed_twice) == (6, 2)
