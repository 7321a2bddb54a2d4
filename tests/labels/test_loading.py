"""What a label set's file may say, and how it is told what is wrong."""

from pathlib import Path

import pytest

from app.labels.errors import LabelSetInvalid, UnknownClass, UnknownLabelSet
from app.labels.labelset import LabelSet, from_document, load_builtin, load_toml

HEAD = """
name = "animals"
version = 1
title = "Animals"
{head}
[[groups]]
name = "all"
heading = {{ en = "All" }}
colour = {{ light = "#034DDD", dark = "#A6CEFA" }}
{groups}
[[classes]]
name = "cat"
title = {{ en = "Cat", de = "Katze" }}
abbreviation = "C"
group = "all"
key = "C"
{cat}
[[classes]]
name = "lynx"
title = {{ en = "Lynx" }}
abbreviation = "L"
group = "all"
{lynx}
"""


def load(folder: Path, head: str = "", groups: str = "", cat: str = "", lynx: str = "") -> LabelSet:
    path = folder / "animals.toml"
    path.write_text(HEAD.format(head=head, groups=groups, cat=cat, lynx=lynx), "utf-8")
    return load_toml(path)


def refusal(folder: Path, **parts: str) -> str:
    with pytest.raises(LabelSetInvalid) as refused:
        load(folder, **parts)
    assert refused.value.message.startswith(str(folder / "animals.toml"))
    return refused.value.message


def test_a_small_set_needs_only_names_and_a_group(tmp_path: Path) -> None:
    animals = load(tmp_path)
    assert animals.names == ("cat", "lynx")
    assert animals[1].key is None
    assert animals[1].tile.to("de") == "Lynx"
    assert animals[0].title.to("de") == "Katze"


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    load(tmp_path)
    path = tmp_path / "animals.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_toml(path).name == "animals"


def test_a_set_survives_its_stored_document() -> None:
    mll23 = load_builtin("mll23")
    again = from_document(mll23.document())
    assert again == mll23
    assert again.digest() == mll23.digest()


def test_fields_left_out_are_left_out_of_the_document(tmp_path: Path) -> None:
    document = load(tmp_path).document()
    assert set(document) == {"name", "version", "title", "groups", "classes"}
    assert set(document["classes"][1]) == {"name", "title", "abbreviation", "group"}


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"cat": "colour = 'red'"}, "class cat, colour: there is no such field"),
        ({"head": "titel = 'x'"}, "titel: there is no such field"),
        ({"lynx": "key = 'c'"}, "the key C stands twice in cat and lynx"),
        ({"lynx": "key = 'D'"}, "class lynx, key: the key D is already the key of the action “unsure”"),
        ({"lynx": "key = '0'"}, "the key 0 is already the key of the action “neutral”"),
        ({"lynx": "key = '1'"}, "the key 1 is already the key of the action “reason_granules”"),
        ({"lynx": "key = 'Enter'"}, "the key Enter is already the key of the action “confirm”"),
        ({"lynx": "key = '.'"}, "the key . is already the key of the action “borderline”"),
        ({"lynx": "key = 'Ä'"}, "the key “Ä” is not one letter A–Z or one digit"),
        ({"lynx": "place = 'KeyB'"}, "the place KeyB is already the key of the action “unusable”"),
        ({"lynx": "place = 'KeyP'"}, "class lynx, place: “KeyP” is no place of the grid"),
        ({"cat": "place = 'KeyQ'", "lynx": "place = 'KeyQ'"}, "the place KeyQ stands twice in cat and lynx"),
        ({"lynx": "stage = 0"}, "class lynx, stage: "),
        (
            {"lynx": "rival = 'cat'"},
            "class lynx, rival: “cat” is not confusable with it",
        ),
        (
            {"head": "confusable = [{ pair = ['cat', 'dog'], reason = 'size' }]"},
            "confusable: there is no class “dog”",
        ),
        (
            {"head": "confusable = [{ pair = ['cat', 'cat'], reason = 'size' }]"},
            "confusable: cat is paired with itself",
        ),
        (
            {
                "head": "confusable = [{ pair = ['cat', 'lynx'], reason = 'size' },"
                " { pair = ['lynx', 'cat'], reason = 'tail' }]"
            },
            "the pair cat and lynx stands twice",
        ),
        ({"head": "ladder = ['cat', 'lion']"}, "ladder: there is no class “lion”"),
        ({"head": "ladder = ['cat', 'cat']"}, "the step cat stands twice"),
        (
            {"head": "merges = [{ name = 'cats', title = { en = 'Cats' }, classes = ['cat', 'lion'] }]"},
            "merge cats, classes: there is no class “lion”",
        ),
        (
            {
                "lynx": "[[classes]]\nname = 'cat'\ntitle = { en = 'Tom' }\nabbreviation = 'T'\ngroup = 'all'",
            },
            "the class name cat stands twice",
        ),
        (
            {
                "lynx": "[[classes]]\nname = 'tom'\ntitle = { en = 'Tom' }\nabbreviation = 'c'\ngroup = 'wild'",
            },
            "the abbreviation C stands twice in cat and tom; class tom, group: there is no group “wild”",
        ),
        (
            {
                "cat": "codes = { zoo = { folder = 'F' } }",
                "lynx": "codes = { zoo = { folder = 'f' } }",
            },
            "the code zoo F/ stands twice in cat and lynx",
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_class_and_field(tmp_path: Path, parts: dict[str, str], told: str) -> None:
    assert told in refusal(tmp_path, **parts)


def test_several_mistakes_are_told_at_once(tmp_path: Path) -> None:
    message = refusal(tmp_path, cat="colour = 'red'", lynx="tail = 'short'")
    assert "class cat, colour" in message
    assert "class lynx, tail" in message


def test_the_field_at_fault_is_named_for_programs(tmp_path: Path) -> None:
    with pytest.raises(LabelSetInvalid) as refused:
        load(tmp_path, lynx="key = 'D'")
    assert refused.value.field == "classes.1.key"


@pytest.mark.parametrize("count", [0, 1])
def test_a_set_with_nothing_to_decide_is_refused(count: int) -> None:
    document = load_builtin("mll23").document()
    bare = {key: document[key] for key in ("name", "version", "title", "groups")}
    one = {"name": "cat", "title": {"en": "Cat"}, "abbreviation": "C", "group": "none"}
    with pytest.raises(LabelSetInvalid, match="at least two classes"):
        from_document({**bare, "classes": [one] * count})


def numbered(count: int) -> dict[str, object]:
    document = load_builtin("mll23").document()
    return {
        **{key: document[key] for key in ("name", "version", "title", "groups")},
        "classes": [
            {"name": f"c{n}", "title": {"en": f"Class {n}"}, "abbreviation": f"C{n}", "group": "none"}
            for n in range(count)
        ],
    }


def test_two_hundred_classes_need_no_keys_and_201_are_refused() -> None:
    assert len(from_document(numbered(200))) == 200
    with pytest.raises(LabelSetInvalid, match="at most 200 classes"):
        from_document(numbered(201))


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"name = ", "this is not TOML"), (b"\xff\xfe\x00", "not UTF-8"), (None, "can't be read")],
)
def test_a_file_that_is_no_label_set_is_refused_by_name(tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "set.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LabelSetInvalid, match=told) as refused:
        load_toml(path)
    assert str(path) in refused.value.message


def test_an_unknown_class_names_the_nearest() -> None:
    mll23 = load_builtin("mll23")
    assert mll23.index("\u00a0myelocyte ") == 3
    with pytest.raises(UnknownClass, match="nearest class is “neutrophil_segmented”") as refused:
        mll23.index("neutrophil_segmentd")
    assert refused.value.nearest == "neutrophil_segmented"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("Lymphozyten", "lymphocyte"),
        ("erythroblast", "normoblast"),
        ("Segmentkernige", "neutrophil_segmented"),
        ("Hairy-Cell", "hairy_cell"),
        ("xyz", None),
    ],
)
def test_the_nearest_class_is_found_by_any_of_its_names(name: str, nearest: str | None) -> None:
    assert load_builtin("mll23").nearest(name) == nearest


def test_a_built_in_set_that_is_not_there_is_named() -> None:
    with pytest.raises(UnknownLabelSet, match="there is mll23"):
        load_builtin("mll24")


def test_the_example_of_the_reference_loads(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    page = (pytestconfig.rootpath / "docs" / "reference" / "label-sets.md").read_text("utf-8")
    path = tmp_path / "example.toml"
    path.write_text(page.partition("```toml\n")[2].partition("```")[0], "utf-8")
    assert load_toml(path).names == ("reticulocyte", "erythrocyte")
