"""Documentation is a contract: what the code has and the reference doesn't say, or the other way round, fails here."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel

from app.accounts.preferences import PersonSettings
from app.labels import document
from app.labels.keys import ACTIONS, Layout
from app.releases import layout, manifest
from scripts import reference


@pytest.fixture
def docs(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath / "docs"


def section(page: Path, heading: str) -> str:
    """What stands under a heading, up to the next one of its level."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"{page.name} has no heading “{heading}”"
    return found[1]


def first_column(text: str) -> list[str]:
    """The names in backticks in the first column of the tables in a text."""
    return [name for line in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", line)]


@pytest.mark.parametrize("name", reference.WRITERS)
def test_the_generated_tables_are_what_the_code_says(name: str) -> None:
    page = reference.PAGES / name
    writer: Callable[[], str] = reference.WRITERS[name]
    assert page.read_text() == reference.written(page, writer), "make reference writes it anew"


def test_every_setting_of_a_person_and_every_key_is_explained(docs: Path) -> None:
    page = docs / "reference" / "keys.md"
    assert first_column(page.read_text().split("## Chords")[0]) == list(PersonSettings.model_fields)
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \| (.+) \|$", section(page, "Actions"), re.MULTILINE)
    documented = {name: tuple(tuple(re.findall(r"`(.+?)`", cell)) for cell in cells) for name, *cells in rows}
    assert documented == {action.name: tuple(action.chords(layout) for layout in Layout) for action in ACTIONS}


def test_every_column_of_a_release_is_explained_in_its_order(docs: Path) -> None:
    page = docs / "reference" / "files.md"
    assert tuple(first_column(section(page, "`labels.csv`"))) == layout.LABELS
    assert tuple(first_column(section(page, "`votes.csv`"))) == layout.VOTES


@pytest.mark.parametrize(
    ("heading", "part"),
    [
        ("The set", document.LabelSetDocument),
        ("A group", document.Group),
        ("A class", document.LabelClass),
    ],
)
def test_every_field_of_a_label_set_is_explained(docs: Path, heading: str, part: type[BaseModel]) -> None:
    assert first_column(section(docs / "reference" / "label-sets.md", heading)) == list(part.model_fields)


def test_every_field_of_a_label_sets_smaller_parts_is_explained(docs: Path) -> None:
    text = section(docs / "reference" / "label-sets.md", "Confusable pairs, merges, unassigned folders")
    documented = set(re.findall(r"^\| `(\w+)` \| (\w+) \|", text, re.MULTILINE))
    parts: dict[str, type[BaseModel]] = {
        "confusable": document.Confusable,
        "merge": document.Merge,
        "unassigned": document.Unassigned,
    }
    assert documented == {(field, name) for name, part in parts.items() for field in part.model_fields}


def test_every_field_of_a_releases_manifest_is_explained(docs: Path) -> None:
    written = re.findall(r'^        "(\w+)":', Path(manifest.__file__).read_text(), re.MULTILINE)
    assert first_column(section(docs / "reference" / "files.md", "`manifest.json`")) == written
