"""Twenty cells by keyboard alone, and twenty by touch alone: what was seen is what was recorded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.corpus import LABELS
from tests.browser.house import PHONE
from tests.browser.rounds import Laboratory, Task, another, laboratory, reviewing
from tests.browser.screens import KEYS, Workplace, scrolls_sideways, watched
from tests.factories import PASSWORD

FOCUSED = """() => {
  const element = document.activeElement;
  const style = getComputedStyle(element.matches(".stage") ? element.querySelector(".room") : element);
  const box = element.getBoundingClientRect();
  const above = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    name: element.getAttribute("aria-label") || element.textContent.trim() || element.value || element.tagName,
    place: [element.dataset.act, element.dataset.name, element.tagName].filter(Boolean).join(" "),
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    covered: !(above && (element.contains(above) || above.contains(element))),
    small: element.tagName === "BUTTON" && (box.width < 24 || box.height < 24),
  };
}"""


@pytest.fixture(scope="module")
def lab(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(migrated_sqlite, tmp_path_factory.mktemp("alone")) as made:
        yield made


@pytest.fixture
def task(lab: Laboratory) -> Task:
    return lab.task(filter={"born_disputed": False})


def given(lab: Laboratory, digest: str) -> str:
    (label,) = lab.given[digest]
    return label


def tab_to(page: Page, place: str, most: int = 60) -> list[dict[str, Any]]:
    """Press Tab until that is under the focus; everything that was on the way."""
    passed = []
    for _ in range(most):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUSED))
        if place in passed[-1]["place"] or passed[-1]["name"].startswith(place):
            return passed
    raise AssertionError(f"Tab never comes to {place}: {[one['place'] for one in passed]}")


def test_twenty_cells_by_keyboard_alone(browser: Browser, lab: Laboratory, task: Task) -> None:
    expected: list[tuple[str, str | None]] = []
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        complaints = watched(page)
        page.goto(lab.server.url)
        page.get_by_label("Name", exact=True).focus()
        page.keyboard.type(task.reviewer)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="Continue with cell 1").first).to_be_visible()
        tab_to(page, "Continue with cell 1")
        page.keyboard.press("Enter")
        expect(page.locator("cell-viewer")).to_be_visible()
        work = Workplace(page)

        digest = work.see()  # with Tab once through the page: everything is named, seen, and large enough
        stops = tab_to(page, "class myeloblast") + tab_to(page, "unusable")
        stops += tab_to(page, "flag")
        assert [stop for stop in stops if not stop["seen"] or stop["covered"] or stop["small"]] == []
        assert all(stop["name"] for stop in stops)
        work.press("Enter")  # the flag's own button
        expect(work.act("flag")).to_have_attribute("aria-pressed", "true")
        assert page.evaluate(FOCUSED)["place"].startswith("flag")
        work.press("Escape")  # back to the picture
        work.press("Enter")
        expected.append((digest, given(lab, digest)))

        digest = work.see()  # a tile under the focus is pressed once, and keeps the focus
        tab_to(page, f"class {LABELS[0]}")
        work.press("Space")
        expected.append((digest, LABELS[0]))
        for number in range(18):
            digest = work.see()
            label = given(lab, digest)
            if number % 6 == 1:
                work.press("d")
                expected.append((digest, "unsure"))
            elif number % 6 == 2:
                work.press("x")
                expected.append((digest, "unusable"))
            elif number % 6 == 3:
                work.press("k")
                page.keyboard.type("By hand")
                work.press("Enter")
                work.press(KEYS[another(label)])
                expected.append((digest, another(label)))
            elif number % 6 == 4:
                work.press(KEYS[another(label)])
                work.see()
                work.press("Backspace")
                assert work.see() == digest
                work.press(KEYS[label])
                expected += [(digest, another(label)), (digest, "withdrawn"), (digest, label)]
            else:
                work.press(KEYS[label])
                expected.append((digest, label))
        work.see()
        work.wait_until_saved()
        assert [said for said in complaints if "Failed to load resource" not in said] == []
    assert lab.answers(task) == expected
    assert len({digest for digest, _ in expected}) == 20
    assert sum(row.comment == "By hand" for row in lab.reviews(task)) == 3


def test_twenty_cells_by_touch_alone(browser: Browser, lab: Laboratory, task: Task) -> None:
    expected: list[tuple[str, str | None]] = []
    with reviewing(browser, lab, task, **PHONE) as work:
        for number in range(20):
            digest = work.see()
            label = given(lab, digest)
            if number % 5 == 1:
                work.tile(another(label)).tap()
                expected.append((digest, another(label)))
            elif number % 5 == 2:
                work.act("unsure").tap()
                expected.append((digest, "unsure"))
            elif number % 5 == 3:
                work.act("more").tap()
                work.act("comment").tap()
                work.page.locator("#comment").fill("By touch")
                work.page.locator(".comment-form button:not([data-act])").tap()
                work.part("main-act").tap()
                expected.append((digest, label))
            elif number % 5 == 4:
                work.part("main-act").tap()
                work.see()
                work.part("undo").tap()
                assert work.see() == digest
                work.act("unusable").tap()
                expected += [(digest, label), (digest, "withdrawn"), (digest, "unusable")]
            else:
                work.part("main-act").tap()
                expected.append((digest, label))
        work.see()
        work.wait_until_saved()
        assert not scrolls_sideways(work.page)
    assert lab.answers(task) == expected
    assert len({digest for digest, _ in expected}) == 20


def test_an_own_answer_is_found_by_its_comment_and_given_again(browser: Browser, lab: Laboratory, task: Task) -> None:
    with reviewing(browser, lab, task) as work:
        digest = work.see()
        label = given(lab, digest)
        work.press("k")
        work.page.keyboard.type("Filament in the lower lobe")
        work.press("Enter", "Enter")
        work.see()
        work.press("Enter")
        second = work.see()
        work.wait_until_saved()
        work.page.locator(".progress-words").click()
        work.page.get_by_role("dialog").get_by_role("link", name="My answers").click()
        expect(work.page.locator(".own-reviews li")).to_have_count(2)
        work.page.get_by_label("Words in a comment").fill("lower lobe")
        work.page.get_by_role("button", name="Show answers").click()
        expect(work.page.locator(".own-reviews li")).to_have_count(1)
        work.page.locator(".own-reviews a").click()
        work.address = None
        assert work.see() == digest
        expect(work.part("kicker")).to_contain_text("you said")
        expect(work.act("comment")).to_have_attribute("aria-pressed", "true")
        work.press(KEYS[another(label)])
        assert work.see() == second
        expect(work.part("left")).to_have_text("22 left")
        work.wait_until_saved()
    rows = [row for row in lab.reviews(task) if row.pixel_sha256.hex() == digest]
    assert [row.supersedes for row in rows] == [None, rows[0].uuid]
    assert lab.answers(task)[-1] == (digest, another(label))
