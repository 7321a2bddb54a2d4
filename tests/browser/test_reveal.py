"""A round that reveals, in a browser: answered blind, then with the given label beside it; both answers are kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.corpus import LABELS
from tests.browser.house import class_name
from tests.browser.rounds import Laboratory, Task, another, laboratory, reviewing, title
from tests.browser.screens import KEYS, TOLD, Workplace, until


@pytest.fixture(scope="module")
def lab(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(migrated_sqlite, tmp_path_factory.mktemp("reveal")) as made:
        yield made


@pytest.fixture
def task(lab: Laboratory) -> Task:
    return lab.task("reveal", filter={"born_disputed": False})


def chain(lab: Laboratory, task: Task) -> list[tuple[str, str | None, str | None, str, bool]]:
    """Cell, class, label shown, presentation, and whether it supersedes the review before it."""
    rows = lab.reviews(task)
    return [
        (
            row.pixel_sha256.hex(),
            class_name(row.label),
            class_name(row.shown_label),
            row.presentation,
            row.supersedes is not None and row.supersedes in {earlier.uuid for earlier in rows},
        )
        for row in rows
    ]


def given(lab: Laboratory, digest: str) -> str:
    (label,) = lab.given[digest]
    return label


def told(work: Workplace) -> None:
    until(work.page, TOLD)


def test_the_label_comes_beside_the_blind_answer_which_is_kept_or_changed(
    browser: Browser, lab: Laboratory, task: Task
) -> None:
    expected = []
    with reviewing(browser, lab, task) as work:
        for choice in ("keep", "change", "same", "button", "third class"):
            digest = work.see()
            label = given(lab, digest)
            expect(work.part("heading")).to_have_text("Choose a class")
            expect(work.part("main-act")).to_have_attribute("aria-disabled", "true")
            blind = label if choice == "same" else another(label)
            address = work.address
            work.press(KEYS[blind])
            told(work)
            expect(work.part("heading")).to_have_text(title(label))
            said = "the same" if choice == "same" else title(blind)[0].lower() + title(blind)[1:]
            expect(work.part("kicker")).to_contain_text(said, ignore_case=True)
            assert work.page.locator("[data-part=picture] img").get_attribute("src") == address
            expect(work.part("change-act")).to_be_visible(visible=choice != "same")
            last = {"keep": blind, "same": blind, "third class": another(blind)}.get(choice, label)
            if choice in ("keep", "same"):
                work.press("Enter")
            elif choice == "button":
                work.part("change-act").click()
            else:
                work.press(KEYS[last])
            expected += [(digest, blind, None, "blind", False), (digest, last, label, "reveal", True)]
        work.see()
        work.wait_until_saved()
        expect(work.page.locator("last-five button").nth(0)).to_contain_text("changed from")
        expect(work.page.locator("last-five button").nth(2)).to_contain_text("same as given")
        expect(work.page.locator("last-five button").nth(4)).to_contain_text("given was")
    assert chain(lab, task) == expected


def test_undo_opens_the_second_step_alone(browser: Browser, lab: Laboratory, task: Task) -> None:
    with reviewing(browser, lab, task) as work:
        digest = work.see()
        label = given(lab, digest)
        blind = another(label)
        work.press(KEYS[blind])
        told(work)
        work.press("Backspace")
        expect(work.part("kicker")).to_contain_text("your first answer stays")
        work.press(KEYS[label])
        work.see()
        work.press("Backspace")
        assert work.see() == digest
        expect(work.part("kicker")).to_contain_text("you said")
        expect(work.part("main-act-text")).to_have_text(f"Keep {title(blind)[0].lower()}{title(blind)[1:]}")
        work.press("Enter")
        work.see()
        work.wait_until_saved()
    rows = lab.reviews(task)
    assert [(row.verdict, class_name(row.label), row.presentation) for row in rows] == [
        ("label", blind, "blind"),
        ("label", label, "reveal"),
        ("withdrawn", None, "reveal"),
        ("label", blind, "reveal"),
    ]
    assert [row.supersedes for row in rows] == [None, *(row.uuid for row in rows[:-1])]
    assert {row.state for row in rows} == {"done"}


def cut(route: Route) -> None:
    route.abort("internetdisconnected")


def test_without_a_connection_blind_answers_go_on_and_the_labels_follow(
    browser: Browser, lab: Laboratory, task: Task
) -> None:
    blind: list[tuple[str, str]] = []
    seen = []
    with reviewing(browser, lab, task) as work:
        work.see()
        work.page.route("**/api/v1/reviews", cut)
        work.address = None
        for _ in range(3):
            digest = work.see()
            blind.append((digest, another(given(lab, digest))))
            work.press(KEYS[blind[-1][1]])
        digest = work.see()
        expect(work.save_state).to_have_text("3 not yet saved")
        expect(work.part("labels")).to_be_hidden()
        work.page.unroute("**/api/v1/reviews")
        work.page.evaluate("window.dispatchEvent(new Event('online'))")
        expect(work.part("labels")).to_have_text("3 labels to see")
        assert work.page.locator("[data-part=picture] img").get_attribute("src") == work.address
        work.part("labels").click()
        for _ in range(3):
            seen.append(work.see())
            told(work)
            expect(work.part("heading")).to_have_text(title(given(lab, seen[-1])))
            work.press("Enter")
        assert work.see() == digest
        expect(work.part("labels")).to_be_hidden()
        work.wait_until_saved()
    assert seen == [cell for cell, _ in blind]
    assert [(cell, label) for cell, label, _, presentation, _ in chain(lab, task) if presentation == "blind"] == blind
    assert [(cell, label) for cell, label, _, presentation, _ in chain(lab, task) if presentation == "reveal"] == blind


def test_a_cell_that_was_born_disputed_has_no_second_step(browser: Browser, lab: Laboratory) -> None:
    task = lab.task("reveal", filter={"born_disputed": True})
    with reviewing(browser, lab, task) as work:
        work.see()
        work.press(KEYS[LABELS[0]])
        expect(work.notice).to_contain_text("Round done")
        expect(work.notice).to_contain_text("1 cell, 0 corrected, 0 unsure")
    assert [row.presentation for row in lab.reviews(task)] == ["blind"]


def test_a_key_pressed_before_the_label_was_painted_changes_nothing(
    browser: Browser, lab: Laboratory, task: Task
) -> None:
    with reviewing(browser, lab, task) as work:
        digest = work.see()
        blind = another(given(lab, digest))
        work.press(KEYS[blind], KEYS[another(blind)], "Enter")
        told(work)
        work.press("Enter")
        work.see()
        work.wait_until_saved()
    assert [(cell, label) for cell, label, *_ in chain(lab, task)] == [(digest, blind), (digest, blind)]
