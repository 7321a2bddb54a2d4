"""German from the first page to the last answer: no English is left, figures are German, and nothing is cut."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app.accounts.access import COOKIE
from app.labels.labelset import load_builtin
from app.web.speech import speech
from scripts import messages
from tests.browser.rounds import Laboratory, laboratory
from tests.browser.screens import KEYS, Workplace, scrolls_sideways, watched
from tests.browser.test_pages import BLIND, PAGES, PEOPLE, Scene, complete, scene
from tests.factories import PASSWORD

__all__ = ["scene"]

MLL23 = load_builtin("mll23")
VALUE = re.compile(r"(?:%\(\w+\)s|\{\w+(?::[^}]*)?\})")
COUNT = re.compile(r"%\(num\)s|\{n\}")
WORDS = re.compile(r"\b(?:the|of|and|is|are|with|you|your|yet|not|cells?|rounds?|answers?)\b", re.IGNORECASE)
OF_THE_TEST = {
    *(
        "Cells",
        "Empty",
        "Blind",
        "Looked",
        "cells",
        "empty",
        "blind",
        "looked",
        "net",
        "Later",
        "Seen twice",
        "reviewer",
        "guest",
    ),
    *("A round", *PEOPLE, BLIND),
}
"""Names of datasets, rounds and people, and what people wrote."""

READ = """() => {
  const texts = [];
  const foreign = "[lang=en], code, pre, script, style, svg defs";
  const isOurs = (element) => element.checkVisibility() && !element.closest(foreign);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    if (node.parentElement && isOurs(node.parentElement)) texts.push(node.textContent);
  for (const name of ["aria-label", "aria-description", "title", "placeholder", "alt"])
    for (const element of document.querySelectorAll(`[${name}]`))
      if (isOurs(element)) texts.push(element.getAttribute(name));
  texts.push(document.title);
  return texts.map((text) => text.replace(/\\u00ad/g, "").replace(/[ \\n\\t]+/g, " ").trim()).filter(Boolean);
}"""
"""Every text that somebody sees or hears."""


def english() -> re.Pattern[str]:
    """Whatever is one of the messages that read otherwise in German."""
    texts: list[str] = []
    for message in messages.translated("de"):
        if message.id:
            asked = [message.id] if isinstance(message.id, str) else list(message.id)
            texts += [one for one, other in zip(asked, messages.forms(message), strict=True) if one != other]
    with_words = [text for text in texts if re.search(r"[A-Za-z]{2}", VALUE.sub("", text))]
    return re.compile("|".join(f"(?:{pattern(text)})" for text in with_words))


def pattern(text: str) -> str:
    """What a message looks like on a page, whatever its values are."""
    counts = (
        ".+".join(re.escape(part) for part in VALUE.split(piece)) for piece in COUNT.split(text.replace("%%", "%"))
    )
    return r"[\d.,]+".join(counts)


def of_german() -> set[str]:
    """What German says, some of which is English for something else: Filter, Name."""
    return {form for message in messages.translated("de") if message.id for form in messages.forms(message)}


ENGLISH, GERMAN = english(), of_german()


def left_in_english(page: Page) -> list[str]:
    """Texts of a page that are messages of ours in English, or read like English."""
    texts: list[str] = page.evaluate(READ)
    return [
        text
        for text in dict.fromkeys(texts)
        if text not in OF_THE_TEST | GERMAN and (ENGLISH.fullmatch(text) or WORDS.search(without_names(text)))
    ]


def without_names(text: str) -> str:
    """A text without what is English because people or files are called so."""
    for name in sorted(OF_THE_TEST, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(name)}\b", "", text)
    return re.sub(r"\S+[/_.=]\S+|“[^”]*”|„[^“]*“", "", text)


@pytest.fixture(scope="module")
def german(browser: Browser, scene: Scene) -> Iterator[dict[str, Page]]:
    """A German browser for each person, with one page that goes from address to address."""
    contexts = {}
    for name in PAGES:
        contexts[name] = browser.new_context(locale="de-DE", reduced_motion="reduce", base_url=scene.server.url)
        if name in scene.cookies:
            contexts[name].add_cookies([{"name": COOKIE, "value": scene.cookies[name], "url": scene.server.url}])
    yield {name: context.new_page() for name, context in contexts.items()}
    for context in contexts.values():
        context.close()


@pytest.mark.parametrize(
    ("name", "path"), [pytest.param(name, path, id=f"{name}:{path}") for name, paths in PAGES.items() for path in paths]
)
def test_a_page_in_german_has_no_english_and_its_width(
    german: dict[str, Page], scene: Scene, name: str, path: str
) -> None:
    page = german[name]
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(path.format(**scene.names))
    complete(page)
    assert page.locator("html").get_attribute("lang") == "de"
    assert left_in_english(page) == []
    assert not scrolls_sideways(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert not scrolls_sideways(page)


@pytest.fixture(scope="module")
def place(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(migrated_sqlite, tmp_path_factory.mktemp("german")) as made:
        yield made


def test_ten_cells_are_reviewed_in_german(browser: Browser, place: Laboratory) -> None:
    task = place.task(filter={"born_disputed": False})
    with browser.new_context(locale="de-DE", viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        complaints = watched(page)
        page.goto(place.server.url)
        page.get_by_label("Name", exact=True).fill(task.reviewer)
        page.get_by_label("Passwort", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Anmelden").click()
        expect(page.get_by_role("heading", level=2, name="Meine Runden")).to_be_visible()
        page.goto(f"{place.server.url}/rounds/{task.round}/review")
        work = Workplace(page)
        decided: list[tuple[str, str]] = []
        for number in range(10):
            digest = work.see()
            (given,) = place.given[digest]
            spoken = MLL23[MLL23.index(given)].called("de")
            expect(work.part("heading")).to_have_text(spoken)
            expect(work.part("main-act-text")).to_have_text(f"{spoken} bestätigen")
            label = given if number % 2 else "monocyte"
            work.press("Enter" if number % 2 else KEYS[label])
            decided.append((digest, label))
            said = MLL23[MLL23.index(label)].called("de")
            expect(page.locator("last-five .heading").first).to_have_text(said)
        work.see()
        work.press("d")
        expect(page.locator("last-five .heading").first).to_have_text("Unsicher")
        expect(work.save_state).to_have_text("Alles gespeichert")
        assert left_in_english(page) == []
        assert place.answers(task)[:10] == decided
        assert complaints == []


def test_a_persons_choice_goes_before_the_browsers(browser: Browser, place: Laboratory) -> None:
    task = place.task()
    with browser.new_context(locale="en-GB") as context:
        page = context.new_page()
        page.goto(place.server.url)
        page.get_by_label("Name", exact=True).fill(task.reviewer)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"{place.server.url}/account")
        page.get_by_label("Language").select_option("de")
        expect(page.locator("html")).to_have_attribute("lang", "de")
        answer = refused(page, {"theme": "pink"})
        assert answer["title"] == "Nicht gültig"
        assert answer["errors"][0]["message"].startswith("Möglich: ")


def refused(page: Page, settings: dict[str, Any]) -> Any:
    """What the server says to settings that it can't take."""
    return page.evaluate(
        """async (settings) => {
          const csrf = document.querySelector("[name=csrf-token]").content;
          const headers = {"Content-Type": "application/json", "X-CSRF-Token": csrf};
          const answer = await fetch("/api/v1/account/settings", {method: "PATCH", headers, body: settings});
          return answer.json();
        }""",
        json.dumps(settings),
    )


def test_programs_are_answered_in_english(place: Laboratory) -> None:
    with place.server.client("no-token-of-ours") as client:
        answer = client.get("/api/v1/datasets", headers={"Accept-Language": "de"})
    assert answer.json()["title"] == "Not signed in"
    with place.server.client() as client:
        page = client.get("/sign-in", headers={"Accept-Language": "de-AT,en;q=0.5"})
    assert page.headers["Content-Language"] == "de"
    assert page.headers["Vary"] == "Accept-Language, Cookie"
    assert speech("de").say("Sign in") in page.text
