"""Which class a folder stands for, in MLL23's layout and in those of its sister data sets."""

import pytest

from app.labels.labelset import LabelSet, load_builtin


@pytest.fixture(scope="module")
def mll23() -> LabelSet:
    return load_builtin("mll23")


def label(label_set: LabelSet, folder: str, filename: str) -> str | None:
    index = label_set.folder_label(folder, filename)
    return None if index is None else label_set[index].name


def test_a_folder_with_a_class_name_is_that_class(mll23: LabelSet) -> None:
    for name in mll23.names:
        assert label(mll23, name, f"{name}_0001.TIF") == name
    assert label(mll23, " Myeloblast\u00a0", "a.TIF") == "myeloblast"


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("NGS", "neutrophil_segmented"),
        ("NGB", "neutrophil_band"),
        ("MMZ", "metamyelocyte"),
        ("MYB", "myelocyte"),
        ("PMO", "promyelocyte"),
        ("MYO", "myeloblast"),
        ("EOS", "eosinophil"),
        ("BAS", "basophil"),
        ("MON", "monocyte"),
        ("LYT", "lymphocyte"),
        ("EBO", "normoblast"),
        ("KSC", "smudge_cell"),
    ],
)
def test_matek_19_is_read_by_folder(mll23: LabelSet, folder: str, name: str) -> None:
    assert label(mll23, folder, f"{folder}_0001.tiff") == name


@pytest.mark.parametrize("folder", ["MOB", "PMB", "LYA", "LYA\u00a0"])
def test_matek_19_folders_without_a_counterpart_are_not_guessed(mll23: LabelSet, folder: str) -> None:
    assert label(mll23, folder, f"{folder}_0001.tiff") is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("neutrophil/SNE_1234.jpg", "neutrophil_segmented"),
        ("neutrophil/BNE_1234.jpg", "neutrophil_band"),
        ("neutrophil/NEUTROPHIL_1234.jpg", None),
        ("ig/MMY_1234.jpg", "metamyelocyte"),
        ("ig/MY_1234.jpg", "myelocyte"),
        ("ig/PMY_1234.jpg", "promyelocyte"),
        ("ig/IG_1234.jpg", None),
        ("erythroblast/ERB_1234.jpg", "normoblast"),
        ("eosinophil/EO_1234.jpg", "eosinophil"),
        ("basophil/BA_1234.jpg", "basophil"),
        ("monocyte/MO_1234.jpg", "monocyte"),
        ("lymphocyte/LY_1234.jpg", "lymphocyte"),
        ("platelet/PLATELET_1234.jpg", None),
    ],
)
def test_acevedo_20_needs_the_prefix_of_the_file_too(mll23: LabelSet, path: str, name: str | None) -> None:
    folder, filename = path.split("/")
    assert label(mll23, folder, filename) == name


def test_an_unknown_folder_has_no_class(mll23: LabelSet) -> None:
    assert label(mll23, "neutrophils", "neutrophils_0001.TIF") is None
    assert mll23.nearest("neutrophils") in ("neutrophil_band", "neutrophil_segmented")
