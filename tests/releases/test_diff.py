"""What changed from one release to another."""

from typing import Any

from app.releases.diff import Row, changes, in_short, summary

BAND, SEGMENTED = "neutrophil_band", "neutrophil_segmented"


def cell(number: int, label: str = "", outcome: str | None = None, **columns: str) -> Row:
    """A row of ``labels.csv``."""
    says = ("label" if label else "") if outcome is None else outcome
    return {
        "cell_id": f"cell{number}",
        "pixel_sha256": f"{number:064x}",
        "label": label,
        "second_label": "",
        "outcome": says,
        "state": "agreed",
    } | columns


def vote(number: int, reviewer: str, label: str, reviewed_at: str = "2026-01-01T00:00:00.000Z") -> Row:
    """A row of ``votes.csv``."""
    return {
        "cell_id": f"cell{number}",
        "pixel_sha256": f"{number:064x}",
        "reviewer": reviewer,
        "label": label,
        "reviewed_at": reviewed_at,
        "standing": "true",
        "settles": "false",
    }


def changed(*sources: Any) -> list[str]:
    return [change.cell_id for change in changes(*sources)]


def test_a_cell_that_says_the_same_has_not_changed_however_it_got_there() -> None:
    before = [cell(1, BAND, method="majority", state="agreed")]
    after = [cell(1, BAND, method="adjudication", state="adjudicated")]
    assert changed(before, after) == []


def test_a_label_that_became_another_comes_and_went_are_changes() -> None:
    before = [cell(1, BAND), cell(2), cell(3, BAND), cell(4, BAND)]
    after = [cell(1, SEGMENTED), cell(2, BAND), cell(3), cell(4, BAND)]
    found = {change.cell_id: (in_short(change.before), in_short(change.after)) for change in changes(before, after)}
    assert found == {"cell1": (BAND, SEGMENTED), "cell2": ("", BAND), "cell3": (BAND, "")}


def test_a_cell_that_only_one_release_has_is_a_change_where_it_says_something() -> None:
    (new,) = changes([cell(2, BAND)], [cell(1), cell(2, BAND), cell(3, SEGMENTED)])
    assert (new.cell_id, new.before) == ("cell3", None)
    (gone,) = changes([cell(1, BAND), cell(2, BAND)], [cell(2, BAND)])
    assert (gone.cell_id, gone.after) == ("cell1", None)


def test_a_change_has_the_reviews_that_one_release_has_and_the_other_has_not() -> None:
    old = [vote(1, "reviewer-1", BAND), vote(2, "reviewer-1", BAND)]
    new = [vote(1, "reviewer-1", BAND), vote(1, "reviewer-2", SEGMENTED, "2026-02-02T00:00:00.000Z"), old[1]]
    labels = [cell(1, BAND), cell(2, BAND)], [cell(1), cell(2, BAND)]
    (forward,) = changes(*labels, old, new)
    assert [row["reviewer"] for row in forward.reviews] == ["reviewer-2"]
    (backward,) = changes(labels[1], labels[0], new, old)
    assert [row["reviewer"] for row in backward.reviews] == ["reviewer-2"]


def test_reviews_are_the_same_under_names_and_pseudonyms_and_whether_they_stand_or_not() -> None:
    old = [vote(1, "reviewer-1", BAND)]
    new = [vote(1, "reviewer1", BAND) | {"standing": "false"}]
    (change,) = changes([cell(1, BAND)], [cell(1)], old, new)
    assert change.reviews == []


def test_two_cells_that_share_a_digest_are_told_apart() -> None:
    wide, high = cell(1, BAND), cell(1, BAND) | {"cell_id": "other"}
    (change,) = changes([wide, high], [wide, high | {"label": SEGMENTED}])
    assert change.cell_id == "other"


def test_a_page_goes_on_past_the_last_digest() -> None:
    before, after = [cell(n, BAND) for n in range(1, 5)], [cell(n, SEGMENTED) for n in range(1, 5)]
    assert [change.cell_id for change in changes(before, after, past=f"{2:064x}")] == ["cell3", "cell4"]


def test_the_summary_counts_ways_the_most_frequent_first() -> None:
    before = [cell(1, BAND), cell(2, BAND), cell(3, SEGMENTED), cell(4), cell(5, BAND)]
    after = [cell(1, SEGMENTED), cell(2, SEGMENTED), cell(3), cell(4, BAND), cell(5, "", "unusable")]
    found = summary(changes(before, after))
    assert (found.changed, found.removed, found.added) == (3, 1, 1)
    assert found.ways[0] == (BAND, SEGMENTED, 2)
    assert set(found.ways[1:]) == {(SEGMENTED, "", 1), ("", BAND, 1), (BAND, "unusable", 1)}


def test_a_borderline_pair_is_one_word() -> None:
    assert in_short(cell(1, BAND, "borderline", second_label=SEGMENTED)) == f"{BAND}/{SEGMENTED}"
