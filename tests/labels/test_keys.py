"""The table of keys: every action in both layouts, and nothing twice."""

import json

import pytest

from app.labels.keys import ACTIONS, PLACES, Layout, action_at, collisions, key_table


@pytest.mark.parametrize("layout", Layout)
def test_no_two_actions_share_a_key(layout: Layout) -> None:
    chords = [chord.casefold() for action in ACTIONS for chord in action.chords(layout)]
    assert len(chords) == len(set(chords))


def test_no_action_lies_in_the_grid_by_place() -> None:
    assert [action_at(place, Layout.PLACE) for place in PLACES] == [None] * 18


def test_no_key_needs_what_browsers_and_menus_keep_for_themselves() -> None:
    chords = [chord for action in ACTIONS for layout in Layout for chord in action.chords(layout)]
    assert not [chord for chord in chords if chord.startswith(("Alt+", "F1")) or chord == "Tab"]
    assert {chord for chord in chords if chord.startswith(("Ctrl+", "Cmd+"))} == {
        *("Ctrl+Z", "Cmd+Z", "Ctrl+KeyZ", "Cmd+KeyZ"),
    }


@pytest.mark.parametrize(
    ("chord", "action"),
    [("Enter", "confirm"), ("d", "unsure"), (".", "borderline"), ("Escape", "leave"), ("B", None)],
)
def test_a_chord_leads_to_its_action(chord: str, action: str | None) -> None:
    assert action_at(chord, Layout.LETTER) == action


def test_a_reviewers_own_keys_are_refused_where_they_collide() -> None:
    assert collisions({"myeloblast": "1", "monocyte": "B"}, Layout.LETTER) == [("1", "myeloblast", "reason_granules")]
    assert collisions({"myeloblast": "M", "monocyte": "m"}, Layout.LETTER) == [("m", "monocyte", "myeloblast")]


def test_a_class_may_take_the_key_of_an_action_that_moved_away() -> None:
    assert collisions({"zoom": "Z", "monocyte": "I"}, Layout.LETTER) == []


def test_the_table_for_the_page_is_json() -> None:
    table = json.loads(json.dumps(key_table()))
    assert len(table["places"]) == 18
    assert {"confirm", "undo", "unsure", "unusable", "borderline"} <= {each["name"] for each in table["actions"]}
