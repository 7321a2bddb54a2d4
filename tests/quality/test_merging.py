"""Classes counted as one: where they stand, what they are called, and on which rung."""

import pytest

from app.labels.labelset import from_document, load_builtin
from app.quality.errors import UnusableMerge
from app.quality.merging import MergedClass, counted_as

MLL23 = load_builtin("mll23")


def test_without_a_merge_every_class_stands_for_itself() -> None:
    classes = counted_as(MLL23)
    assert classes.names == MLL23.names
    assert classes.of == tuple(range(18))
    assert classes.rungs is not None
    assert [MLL23[index].abbreviation for index, rung in enumerate(classes.rungs) if rung is not None] == [
        "Bl", "Pro", "My", "Meta", "Band", "Seg",
    ]  # fmt: skip


def test_merged_classes_stand_where_the_first_of_them_stood_and_on_one_rung() -> None:
    classes = counted_as(MLL23, "neutrophils")
    band, segmented = MLL23.index("neutrophil_band"), MLL23.index("neutrophil_segmented")
    assert classes.of[band] == classes.of[segmented] == band
    merged = classes.shown[band]
    assert isinstance(merged, MergedClass)
    assert (merged.name, merged.abbreviation, merged.called("de")) == (
        "neutrophils", "Band+Seg", "Stab- und Segmentkernige",
    )  # fmt: skip
    assert classes.rungs is not None
    assert [rung for rung in classes.rungs if rung is not None] == [0, 1, 2, 3, 4]
    assert classes.members(band) == [band, segmented]
    assert classes.single(band) is None
    assert classes.single(0) == "myeloblast"


def test_several_merges_at_once_keep_the_order_of_the_label_set() -> None:
    classes = counted_as(MLL23, " lymphocytes,blasts , neutrophils")
    assert classes.names[0] == "blasts"
    assert [one.abbreviation for one in classes.shown if isinstance(one, MergedClass)] == [
        "Bl+aPro", "Band+Seg", "Lym+4",
    ]  # fmt: skip
    assert len(classes) == 18 - 1 - 1 - 4
    assert all(classes.names[classes.of[label]] for label in range(18))


def test_merges_that_share_a_class_are_refused_together() -> None:
    document = MLL23.document()
    document["merges"].append(
        {"name": "granulocytes", "title": {"en": "Granulocytes"}, "classes": ["neutrophil_segmented", "eosinophil"]}
    )
    label_set = from_document(document)
    assert len(counted_as(label_set, "granulocytes")) == 17
    with pytest.raises(UnusableMerge, match="neutrophil_segmented is in more than one"):
        counted_as(label_set, "neutrophils,granulocytes")


def test_a_label_set_without_merges_says_so() -> None:
    document = MLL23.document()
    del document["merges"]
    with pytest.raises(UnusableMerge, match="names no merges"):
        counted_as(from_document(document), "neutrophils")
