"""Every message has its German words, and nothing that people read escapes translation."""

import ast
import gettext
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import Catalog
from jinja2 import nodes

from app.labels.keys import NAMED
from app.web.speech import LANGUAGES, SITE, Speech, accepted
from app.web.templating import environment
from app.words import phrase
from scripts import messages

TEMPLATES = sorted(path.relative_to(SITE / "templates").as_posix() for path in (SITE / "templates").rglob("*.html"))
TRANSLATED = [language for language in LANGUAGES if language != "en"]
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%|\{\w+(?::[^}]*)?\}")
SAYS = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
READS_LIKE_WORDS = re.compile(r"^[A-Z][a-z]{2,}|[A-Za-z]{2,} [a-z]{2,}")

NO_WORDS = {
    *("Deutsch", "English"),  # a language is called as those who speak it call it
    # Names of keys, which keycaps.html says in each language.
    *NAMED,
    *("Ctrl+Enter", "Ctrl+Z", "Del", "Esc", "Escape", "Shift+J"),
}


@pytest.fixture(scope="module")
def today() -> Catalog:
    return messages.collected()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_of_today_is_translated(today: Catalog, language: str) -> None:
    assert messages.untranslated(language, today) == [], "translate them, then run make messages"


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_in_the_repository_is_what_make_messages_writes(today: Catalog, language: str) -> None:
    written = messages.files(language, today)
    stale = [path.name for path, content in written.items() if path.read_bytes() != content]
    assert stale == [], "run make messages"
    assert b"fuzzy" not in messages.po_file(language).read_bytes()
    assert b"#~" not in messages.po_file(language).read_bytes()


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_values_of_its_message(language: str) -> None:
    for message in messages.translated(language):
        if message.id:
            asked = (message.id,) if isinstance(message.id, str) else message.id
            for english, words in zip(asked, messages.forms(message), strict=True):
                assert sorted(PLACEHOLDER.findall(words)) == sorted(PLACEHOLDER.findall(english)), english


def test_a_percent_sign_of_a_template_is_written_twice(today: Catalog) -> None:
    for message in today:
        if message.id and any(file.startswith("templates/") for file, _ in message.locations):
            for words in (message.id,) if isinstance(message.id, str) else message.id:
                assert "%" not in PLACEHOLDER.sub("", words)


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_standard_library_reads_both_forms_of_a_plural(language: str) -> None:
    path = messages.po_file(language).with_suffix(".mo")
    read = gettext.GNUTranslations(io.BytesIO(path.read_bytes()))
    plurals = [
        (*message.id, *messages.forms(message))
        for message in messages.translated(language)
        if not isinstance(message.id, str)
    ]
    assert plurals
    for one, many, singular, plural in plurals:
        assert [read.ngettext(one, many, n) for n in (1, 0, 2, 21)] == [singular, plural, plural, plural]


@pytest.mark.parametrize("language", TRANSLATED)
def test_scripts_are_given_what_they_say_and_nothing_else(today: Catalog, language: str) -> None:
    given = json.loads(messages.po_file(language).with_name("scripts.json").read_text())
    asked = {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in today
        if message.id and any(file.startswith("static/") for file, _ in message.locations)
    }
    assert set(given) == asked
    assert "<" not in messages.po_file(language).with_name("scripts.json").read_text()


def constants(node: nodes.Node) -> Iterator[nodes.Const]:
    """The texts of a template that go to the page, or into a macro, past translation."""
    for child in node.iter_child_nodes():
        match child:
            case nodes.Call(node=nodes.Name(name=name)) if name in SAYS:
                yield from (each for argument in child.kwargs for each in constants(argument))
            case nodes.Compare() | nodes.Getitem() | nodes.Import() | nodes.FromImport() | nodes.Extends():
                pass
            case nodes.Pair():
                yield from constants(child.value) if not isinstance(child.value, nodes.Const) else ()
            case nodes.Const(value=str()):
                yield child
            case _:
                yield from constants(child)


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_expression_of_a_template_holds_words_of_its_own(name: str) -> None:
    source = (SITE / "templates" / name).read_text()
    found = [each for each in constants(environment().parse(source)) if READS_LIKE_WORDS.search(each.value)]
    assert [f"{name}:{each.lineno}: {each.value}" for each in found if each.value not in NO_WORDS] == []


def test_a_message_that_no_program_could_find_is_refused_with_its_place() -> None:
    problems: list[str] = []
    assert list(messages.in_script('say(t(words)); t(`${n} cells`); tn(n, "one")', "a.js", problems)) == []
    assert len(problems) == 3
    tree = ast.parse('raise NotFound(f"There is no {name}.")')
    assert list(messages.in_module(tree, "a.py", frozenset({"NotFound"}), problems)) == []
    assert problems[-1].startswith("a.py:1: ")


def test_messages_are_found_inside_one_another() -> None:
    source = 't("{a}, {b}", { a: t("first"), b: tn(n, "{n} cell", "{n} cells") })'
    found = [each.text for each in messages.in_script(source, "a.js", [])]
    assert found == ["{a}, {b}", "first", ("{n} cell", "{n} cells")]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr,de;q=0.4,en;q=0.6", "en"),
        ("fr", "en"),
        ("de;q=0", "en"),
        ("de;q=much, en", "en"),
    ],
)
def test_a_browser_gets_the_language_that_it_likes_best(header: str, language: str) -> None:
    assert accepted(header) == language


def test_german_figures_have_german_separators() -> None:
    german = Speech("de")
    assert german.number(1415) == "1.415"
    assert german.number(1234.5, 1) == "1.234,5"
    assert german.percent(0.95, 0) == "95\u00a0%"
    assert german.interval(0.013, 0.027) == "1,3–2,7"
    assert german.duration(1.94) == "1,9 s"
    assert german.file_size(1_234_000) == "1,2\u00a0MB"
    assert german.say("{asked} reviews per cell need {asked} reviewers: there are {reviewers}.", asked=3, reviewers=2)
    assert str(german.phrase(phrase("The ZIP has more than {most:,} entries. Split it.", most=200_000))).count(
        "200.000"
    )


def test_english_figures_stay_as_they_are() -> None:
    english = Speech("en")
    assert english.number(1415) == "1,415"
    assert english.percent(0.95, 0) == "95 %"
    assert english.count(1, "{n} cell", "{n} cells") == "1 cell"
    assert english.count(1200, "{n} cell", "{n} cells") == "1,200 cells"


def test_the_catalogues_lie_where_the_site_lies() -> None:
    assert messages.TRANSLATIONS == SITE / "translations"
    assert all(Path(SITE / "translations" / language).is_dir() for language in TRANSLATED)
