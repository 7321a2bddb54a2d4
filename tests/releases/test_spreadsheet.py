"""Free text in a CSV field is harmless for a spreadsheet and can be had back exactly."""

import csv
import io
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.releases.spreadsheet import DANGEROUS, harmless, harmless_list, original, original_list

PREFIXES = st.sampled_from([*DANGEROUS, "'", "''", "'=", "|", "\\", "\\x7c", "\\\\x7c", ""])
STORED = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
TEXTS = st.builds(str.__add__, PREFIXES, STORED)
PATHS = TEXTS.filter(bool)
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "files.md"
READER: dict[str, Any] = {}
exec(dedent(REFERENCE.read_text().partition("has split the line:\n")[2].partition("\n## ")[0]), READER)


@pytest.mark.parametrize("text", ["=HYPERLINK(A1)", "+49 89", "-1", "@SUM(A1)", "\t=1", "\r=1", "=", "-", "\t", "\r"])
def test_text_that_looks_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("text", ["", "a=1", "blast, no granules", "1-2", "myeloblast/MYB_0001.TIF", " =1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_an_apostrophe_of_the_text_is_doubled_so_that_it_comes_back() -> None:
    assert harmless("'tis a blast") == "''tis a blast"
    assert original("''tis a blast") == "'tis a blast"


@given(TEXTS)
def test_every_text_comes_back(text: str) -> None:
    assert original(harmless(text)) == text


@given(TEXTS)
def test_no_field_begins_like_a_formula(text: str) -> None:
    assert not harmless(text).startswith(DANGEROUS)


@given(st.lists(PATHS))
def test_every_list_comes_back(paths: list[str]) -> None:
    assert original_list(harmless_list(paths)) == paths


@given(st.lists(PATHS, min_size=1))
def test_splitting_a_list_at_every_bar_is_always_right(paths: list[str]) -> None:
    field = harmless_list(paths)
    assert len(original(field).split("|")) == len(paths)
    assert not field.startswith(DANGEROUS)


def test_a_bar_and_a_backslash_in_a_path_are_written_as_escapes() -> None:
    assert harmless_list(["a|b.tif", "c\\d.tif"]) == r"a\x7cb.tif|c\\d.tif"


@given(TEXTS, st.lists(PATHS))
def test_the_reader_in_the_reference_reads_it_all(text: str, paths: list[str]) -> None:
    assert READER["text"](harmless(text)) == text
    assert READER["items"](harmless_list(paths)) == paths


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_every_text_comes_back_through_a_csv_file(texts: list[str]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\r\n").writerow([harmless(text) for text in texts])
    read = csv.reader(io.StringIO(written.getvalue(), newline=""))
    assert [original(field) for field in next(read)] == texts
