"""What the built-in label set says of MLL23's classes."""

import pytest

from app.labels.keys import PLACES, Layout, action_at, collisions, usual_keys
from app.labels.labelset import LabelSet, load_builtin

QWERTY = ("QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM")
QWERTZ = ("QWERTZUIOP", "ASDFGHJKL", "YXCVBNM")


@pytest.fixture(scope="module")
def mll23() -> LabelSet:
    return load_builtin("mll23")


def neighbours(keyboard: tuple[str, ...], one: str, other: str) -> bool:
    """Whether two keys touch; each row is shifted by half a key to the right of the one above."""
    at = {key: (row, column + row / 2) for row, keys in enumerate(keyboard) for column, key in enumerate(keys)}
    (row, column), (other_row, other_column) = at[one], at[other]
    return abs(row - other_row) <= 1 and abs(column - other_column) <= 1


def test_its_classes_stand_in_order_of_lineage_and_maturation(mll23: LabelSet) -> None:
    assert [one.abbreviation for one in mll23] == [
        *("Bl", "Pro", "aPro", "My", "Meta", "Band", "Seg", "Eos", "Baso"),
        *("Mono", "Lym", "LGL", "rLym", "nLym", "HC", "PC", "NRBC", "Smu"),
    ]
    headings = list(dict.fromkeys(mll23.group(index).heading.en for index in range(len(mll23))))
    assert headings == [group.heading.en for group in mll23.groups]


def test_every_class_is_named_and_described_in_both_languages(mll23: LabelSet) -> None:
    for one in mll23:
        for words in (one.title, one.tile, one.cue):
            assert words
            assert words.en
            assert words.de


def test_its_letters_are_the_ones_that_reviewers_learn(mll23: LabelSet) -> None:
    assert "".join(one.key or "-" for one in mll23) == "BPAMTUSEFOLGRCHWNQ"


def test_its_places_fill_the_grid_row_by_row(mll23: LabelSet) -> None:
    assert tuple(one.place for one in mll23) == PLACES


@pytest.mark.parametrize("keyboard", [QWERTY, QWERTZ])
def test_confusable_classes_are_not_on_neighbouring_keys(mll23: LabelSet, keyboard: tuple[str, ...]) -> None:
    key = {one.name: one.key or "" for one in mll23}
    pairs = [each.pair for each in mll23.confusable_pairs]
    close = [{one, other} for one, other in pairs if neighbours(keyboard, key[one], key[other])]
    assert close == [{"eosinophil", "neutrophil_segmented"}], "there the red granules show the slip at once"


def test_no_letter_moves_between_qwerty_and_qwertz(mll23: LabelSet) -> None:
    assert not {"Y", "Z"} & {one.key for one in mll23}


@pytest.mark.parametrize("layout", Layout)
def test_no_class_has_the_key_of_an_action(mll23: LabelSet, layout: Layout) -> None:
    chords = usual_keys(((one.name, one.key, one.place) for one in mll23), layout).classes
    assert [len(keys) for keys in chords.values()] == [1] * 18
    assert collisions(chords, layout) == []
    assert {action_at(key, layout) for keys in chords.values() for key in keys} == {None}


def test_it_knows_thirty_four_confusable_pairs_and_a_rival_for_each_class(mll23: LabelSet) -> None:
    assert len(mll23.confusable_pairs) == 34
    for index in range(len(mll23)):
        assert mll23.confusable(index)[0] == mll23.rival(index)


def test_its_ladder_runs_from_blast_to_segmented(mll23: LabelSet) -> None:
    assert [mll23[index].abbreviation for index in mll23.ladder] == ["Bl", "Pro", "My", "Meta", "Band", "Seg"]


def test_neoplastic_classes_are_marked(mll23: LabelSet) -> None:
    assert {one.abbreviation for one in mll23 if one.neoplastic} == {"aPro", "nLym", "HC"}


def test_no_abbreviation_is_a_code_of_matek_19_for_another_class(mll23: LabelSet) -> None:
    codes = {one.codes["matek19"].folder: one.name for one in mll23 if "matek19" in one.codes}
    assert not set(codes) & {one.abbreviation for one in mll23}
    assert (codes["MYB"], codes["MYO"]) == ("myelocyte", "myeloblast")


def test_soft_hyphens_stand_only_in_short_names(mll23: LabelSet) -> None:
    assert mll23[4].tile.de == "Meta\u00admyelozyt"
    assert not any("\u00ad" in text for one in mll23 for text in (one.title.en, one.title.de or ""))


def test_german_names_in_speech_are_as_laboratories_say_them(mll23: LabelSet) -> None:
    spoken = {one.abbreviation: one.called("de") for one in mll23}
    assert spoken["Seg"] == "Segmentkerniger"
    assert spoken["LGL"] == "Großer granulärer Lymphozyt"
    assert spoken["NRBC"] == "Normoblast"
    assert mll23[mll23.index("neutrophil_segmented")].hyphenated("de") == "Segment\u00adkerniger"
    assert [one.called("en") for one in mll23] == [one.title.en for one in mll23]
