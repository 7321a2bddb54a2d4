"""What a person prefers, as they choose it and as the reviewing pages follow it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.accounts import queries as accounts
from app.accounts import service as account_service
from app.accounts.preferences import PersonSettings, SettingsEdit
from tests.browser.house import PHONE, come_in
from tests.browser.rounds import Laboratory, Task, laboratory, reviewing
from tests.browser.screens import Workplace, scrolls_sideways, until, watched


@pytest.fixture(scope="module")
def lab(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(migrated_sqlite, tmp_path_factory.mktemp("settings")) as made:
        yield made


def a_task(lab: Laboratory) -> Task:
    """A round in which every cell has a label to confirm."""
    return lab.task(filter={"born_disputed": False})


def settings_of(lab: Laboratory, task: Task) -> PersonSettings:
    with lab.database.reading() as session:
        return accounts.person_by_name(session, task.reviewer).preferences


def prefer(lab: Laboratory, task: Task, **settings: Any) -> None:
    """What the person chose before."""
    with lab.database.writing() as session:
        person = accounts.person_by_name(session, task.reviewer)
        account_service.change_settings(session, person.id, SettingsEdit.model_validate(settings))


@contextmanager
def at(browser: Browser, lab: Laboratory, task: Task, path: str, **context: Any) -> Iterator[Page]:
    """One of the person's own pages."""
    with browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | context)) as opened:
        page = opened.new_page()
        complaints = watched(page)
        come_in(opened, lab.server, lab.database, task.reviewer)
        page.goto(lab.server.url + path)
        yield page
        assert [said for said in complaints if "Failed to load resource" not in said] == []


def attribute(page: Page, name: str) -> str | None:
    """What a mark on the page says."""
    return page.locator("html").get_attribute(f"data-{name}")


# Settings


def test_each_setting_is_saved_as_it_is_chosen(browser: Browser, lab: Laboratory) -> None:
    task = a_task(lab)
    chosen = {"theme": "dimmed", "motion": "reduced", "keys": "off", "layout": "place", "hand": "left"}
    with at(browser, lab, task, "/account") as page:
        for name, value in chosen.items():
            field = page.locator(".field", has=page.locator(f"[name={name}]"))
            field.locator("select").select_option(value)
            expect(field.locator(".saved-mark")).to_be_visible()
            if name != "layout":
                assert attribute(page, name) == value
        page.get_by_label("Cells on a page of the grid").fill("48")
        page.keyboard.press("Tab")
        expect(page.locator("settings-form [role=status]")).to_have_text("Cells on a page of the grid: saved")
        assert settings_of(lab, task) == PersonSettings.model_validate(chosen | {"grid_page": 48})
        page.reload()
        assert [attribute(page, name) for name in ("theme", "motion", "keys", "hand")] == [
            *("dimmed", "reduced", "off", "left"),
        ]
        expect(page.get_by_label("Cells on a page of the grid")).to_have_value("48")


def test_what_cannot_be_saved_is_said_beside_its_field(browser: Browser, lab: Laboratory) -> None:
    task = a_task(lab)
    with at(browser, lab, task, "/account") as page:
        field = page.get_by_label("Cells on a page of the grid")
        field.fill("7")
        page.keyboard.press("Tab")
        expect(page.locator("[data-error-for=grid_page]")).to_be_visible()
        expect(field).to_have_attribute("aria-invalid", "true")
        assert settings_of(lab, task) == PersonSettings()
        field.fill("36")
        page.keyboard.press("Tab")
        expect(page.locator("[data-error-for=grid_page]")).to_be_hidden()
        expect(page.locator("settings-form [role=status]")).to_have_text("Cells on a page of the grid: saved")
        assert settings_of(lab, task) == PersonSettings(grid_page=36)


def test_the_menu_changes_the_theme_from_any_page(browser: Browser, lab: Laboratory) -> None:
    task = a_task(lab)
    with at(browser, lab, task, "/") as page:
        page.locator(".menu > summary").click()
        with page.expect_response("**/api/v1/account/settings"):
            page.get_by_label("Dimmed room").check()
        assert attribute(page, "theme") == "dimmed"
        assert settings_of(lab, task).theme == "dimmed"


@pytest.mark.parametrize(
    ("theme", "system", "page_colour"),
    [
        ("system", "light", "rgb(244, 244, 244)"),
        ("system", "dark", "rgb(20, 20, 20)"),
        ("light", "dark", "rgb(244, 244, 244)"),
        ("dark", "light", "rgb(20, 20, 20)"),
        ("dimmed", "light", "rgb(8, 8, 8)"),
    ],
)
def test_a_theme_goes_before_what_the_system_says(
    browser: Browser, lab: Laboratory, theme: str, system: str, page_colour: str
) -> None:
    task = a_task(lab)
    prefer(lab, task, theme=theme)
    with at(browser, lab, task, "/account", color_scheme=system) as page:
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == page_colour


def test_the_dimmed_theme_dims_no_picture(browser: Browser, lab: Laboratory) -> None:
    task = a_task(lab)
    prefer(lab, task, theme="dimmed")
    with reviewing(browser, lab, task) as work:
        work.see()
        filters = work.page.evaluate(
            """() => {
              const above = [];
              for (let at = document.querySelector("[data-part=picture] img"); at; at = at.parentElement) {
                const { filter, opacity, mixBlendMode } = getComputedStyle(at);
                above.push(`${filter} ${opacity} ${mixBlendMode}`);
              }
              return [...new Set(above)];
            }"""
        )
        assert filters == ["none 1 normal"]


@pytest.mark.parametrize("who", ["setting", "system"])
def test_reduced_motion_moves_nothing(browser: Browser, lab: Laboratory, who: str) -> None:
    task = a_task(lab)
    if who == "setting":
        prefer(lab, task, motion="reduced")
    with at(browser, lab, task, "/account", reduced_motion="reduce" if who == "system" else "no-preference") as page:
        times = (
            "['--press-time', '--overlay-time'].map((name) => getComputedStyle(document.body).getPropertyValue(name))"
        )
        assert page.evaluate(times) == ["0ms", "0ms"]


def test_on_a_phone_confirm_lies_under_the_thumb_of_the_hand_that_holds_it(browser: Browser, lab: Laboratory) -> None:
    middles = {}
    for hand in ("right", "left"):
        task = a_task(lab)
        prefer(lab, task, hand=hand)
        with reviewing(browser, lab, task, **PHONE) as work:
            work.see()
            box = work.part("main-act").bounding_box()
            assert box is not None
            middles[hand] = box["x"] + box["width"] / 2
            assert not scrolls_sideways(work.page)
            work.part("main-act").tap()
            work.see()
            undo = work.part("undo").bounding_box()
            assert undo is not None
            assert (undo["x"] + undo["width"] / 2 < 195) == (hand == "right")
    assert middles["left"] < 195 < middles["right"]


# The key editor


def key_of(page: Page, name: str, place: int = 0) -> Locator:
    return page.locator(f"tr[data-row={name}] [data-slot='{place}']")


def said(page: Page, name: str) -> Locator:
    """What is said under a row."""
    return page.locator(f"tr[data-row={name}] + tr.message")


def test_a_key_is_changed_by_keyboard_and_works_on_the_review_page(browser: Browser, lab: Laboratory) -> None:
    task = a_task(lab)
    with at(browser, lab, task, "/account/keys") as page:
        key_of(page, "monocyte").focus()
        page.keyboard.press("Enter")
        expect(key_of(page, "monocyte")).to_have_text("Press a key")
        page.keyboard.press("y")
        expect(key_of(page, "monocyte")).to_have_text("Y")
        expect(page.locator("key-editor [data-part=saved]")).to_have_text("Saved: “Monocyte” has the key Y.")
        expect(key_of(page, "monocyte")).to_be_focused()
    assert settings_of(lab, task).own_keys == {"mll23": {"letter": {"monocyte": ["Y"]}}}
    with reviewing(browser, lab, task) as work:
        digest = work.see()
        expect(work.tile("monocyte").locator("kbd")).to_have_text("Y")
        expect(work.tile("monocyte")).to_have_attribute("aria-keyshortcuts", "Y")
        work.press("o")
        work.press("y")
        work.see()
        work.wait_until_saved()
    assert lab.answers(task) == [(digest, "monocyte")]


def test_a_key_is_taken_from_the_drawn_keyboard_by_mouse(browser: Browser, lab: Laboratory) -> None:
    task = a_task(lab)
    with at(browser, lab, task, "/account/keys") as page:
        key_of(page, "flag").click()
        page.get_by_role("button", name="Z", exact=True).click()
        expect(key_of(page, "flag")).to_have_text("Z")
    assert settings_of(lab, task).own_keys == {"mll23": {"letter": {"flag": ["Z"]}}}


def test_a_key_that_is_taken_is_refused_by_the_name_of_its_holder_and_can_be_exchanged(
    browser: Browser, lab: Laboratory
) -> None:
    task = a_task(lab)
    with at(browser, lab, task, "/account/keys") as page:
        key_of(page, "monocyte").click()
        page.keyboard.press("l")
        expect(said(page, "monocyte")).to_contain_text("L is the key of “Lymphocyte”. Take another.")
        assert settings_of(lab, task) == PersonSettings()
        page.get_by_role("button", name="Exchange the two keys").click()
        expect(key_of(page, "monocyte")).to_have_text("L")
        expect(key_of(page, "lymphocyte")).to_have_text("O")
    assert settings_of(lab, task).own_keys == {"mll23": {"letter": {"monocyte": ["L"], "lymphocyte": ["O"]}}}


@pytest.mark.parametrize(
    ("press", "words"),
    [
        ("Control+y", "Ctrl Y belongs to the browser"),
        ("Alt+y", "Alt Y belongs to the browser"),
        ("F2", "F2 is kept"),
        ("Tab", "Tab is kept"),
        ("Enter", "Enter presses the button that has the focus"),
        ("Shift+Y", "A class has a key without Shift"),
    ],
)
def test_a_key_that_belongs_to_others_is_refused_with_the_reason(
    browser: Browser, lab: Laboratory, press: str, words: str
) -> None:
    task = a_task(lab)
    with at(browser, lab, task, "/account/keys") as page:
        key_of(page, "monocyte").click()
        page.keyboard.press(press)
        expect(said(page, "monocyte")).to_contain_text(words)
        expect(key_of(page, "monocyte")).to_have_text("Press a key")
        page.keyboard.press("Escape")
        expect(key_of(page, "monocyte")).to_have_text("O")
    assert settings_of(lab, task) == PersonSettings()


def test_confusable_classes_side_by_side_are_warned_of_and_saved(browser: Browser, lab: Laboratory) -> None:
    task = a_task(lab)
    with at(browser, lab, task, "/account/keys") as page:
        key_of(page, "neutrophil_band").click()
        page.keyboard.press("z")
        expect(said(page, "neutrophil_band")).to_contain_text("Z and S lie side by side")
        expect(said(page, "neutrophil_band")).to_contain_text("easily confused")
        page.reload()
        expect(said(page, "neutrophil_band")).to_contain_text("Z and S lie side by side")
    assert settings_of(lab, task).own("mll23") == {"neutrophil_band": ["Z"]}


def test_one_key_or_all_become_the_usual_ones_again(browser: Browser, lab: Laboratory) -> None:
    task = a_task(lab)
    prefer(lab, task, own_keys={"mll23": {"letter": {"monocyte": ["Y"], "flag": ["Z"], "zoom": ["O"]}}})
    with at(browser, lab, task, "/account/keys") as page:
        page.locator("[data-reset=monocyte]").click()
        expect(said(page, "monocyte")).to_contain_text("O is the key of “Next zoom” now: reset that first.")
        page.locator("[data-reset=zoom]").click()
        expect(key_of(page, "zoom")).to_have_text("I")
        page.locator("[data-reset=monocyte]").click()
        expect(key_of(page, "monocyte")).to_have_text("O")
        assert settings_of(lab, task).own("mll23") == {"flag": ["Z"]}
        page.get_by_role("button", name="Reset all keys").click()
        expect(key_of(page, "flag")).to_have_text(",")
        expect(page.get_by_role("button", name="Reset all keys")).to_be_disabled()
    assert settings_of(lab, task) == PersonSettings()


def test_keys_are_changed_on_a_phone(browser: Browser, lab: Laboratory) -> None:
    task = a_task(lab)
    with at(browser, lab, task, "/account/keys", **PHONE) as page:
        assert not scrolls_sideways(page)
        key_of(page, "monocyte").tap()
        assert not scrolls_sideways(page)
        page.get_by_role("button", name="Y", exact=True).tap()
        expect(key_of(page, "monocyte")).to_have_text("Y")
    assert settings_of(lab, task).own("mll23") == {"monocyte": ["Y"]}


@pytest.mark.parametrize("layout", ["letter", "place", "place-mirrored"])
def test_the_sheet_of_keys_fills_one_page_of_a4(browser: Browser, lab: Laboratory, layout: str) -> None:
    task = a_task(lab)
    prefer(lab, task, theme="dimmed", layout=layout, own_keys={"mll23": {layout: {"monocyte": ["End"]}}})
    with at(browser, lab, task, "/account/keys/print") as page:
        expect(page.locator(".sheet-palette li")).to_have_count(20)
        expect(page.locator(".sheet-palette li", has_text="Mono").locator("kbd")).to_have_text("End")
        page.emulate_media(media="print")
        colours = page.locator(".sheet").evaluate(
            "(one) => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]"
        )
        assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
        assert page.pdf(format="A4", prefer_css_page_size=True).count(b"/Type /Page\n") == 1


# Layouts, and no keys at all


def test_the_left_hand_alone_reviews_by_place(browser: Browser, lab: Laboratory) -> None:
    task = a_task(lab)
    prefer(lab, task, layout="place")
    expected = []
    with reviewing(browser, lab, task) as work:
        for code, label in [("Digit1", "myeloblast"), ("KeyQ", "neutrophil_band"), ("KeyZ", "plasma_cell")]:
            expected.append((work.see(), label))
            press_code(work, code)
            settle(work)
        expected.append((work.see(), "unsure"))
        press_code(work, "KeyV")
        expected.append((work.see(), "unusable"))
        settle(work)
        press_code(work, "KeyB")
        digest = work.see()
        expected.append((digest, lab.given[digest][0]))
        work.press("Space")
        work.see()
        work.wait_until_saved()
    assert lab.answers(task) == expected


def test_the_right_hand_alone_reviews_by_place(browser: Browser, lab: Laboratory) -> None:
    task = a_task(lab)
    prefer(lab, task, layout="place-mirrored")
    with reviewing(browser, lab, task) as work:
        expected = [(work.see(), "myeloblast")]
        press_code(work, "Digit6")
        settle(work)
        expected.append((work.see(), "hairy_cell"))
        press_code(work, "Semicolon", "ö")
        settle(work)
        expected.append((work.see(), "unusable"))
        press_code(work, "Slash", "-")
        work.see()
        work.wait_until_saved()
    assert lab.answers(task) == expected


def test_a_finger_that_rolls_over_two_keys_decides_once(browser: Browser, lab: Laboratory) -> None:
    task = a_task(lab)
    prefer(lab, task, layout="place")
    with reviewing(browser, lab, task) as work:
        digest = work.see()
        work.page.evaluate(
            """() => {
              const stage = document.querySelector("[data-part=stage]");
              for (const [code, key] of [["KeyQ", "q"], ["KeyW", "w"]]) {
                stage.dispatchEvent(new KeyboardEvent("keydown", { code, key, bubbles: true, cancelable: true }));
              }
            }"""
        )
        second = work.see()
        settle(work)
        press_code(work, "KeyW")
        work.see()
        work.wait_until_saved()
    assert lab.answers(task) == [(digest, "neutrophil_band"), (second, "neutrophil_segmented")]


def test_keys_by_place_are_lettered_as_the_keyboard_is(browser: Browser, lab: Laboratory) -> None:
    task = a_task(lab)
    prefer(lab, task, layout="place")
    with reviewing(browser, lab, task) as work:
        work.see()
        expect(work.tile("plasma_cell").locator("kbd")).to_have_text("Z")
        work.page.evaluate(
            """() => document.dispatchEvent(
              new KeyboardEvent("keydown", { code: "KeyZ", key: "y", bubbles: true }),
            )"""
        )
        expect(work.tile("plasma_cell").locator("kbd")).to_have_text("Y")
        expect(work.tile("plasma_cell")).to_have_attribute("aria-keyshortcuts", "Y")
    assert lab.answers(task) == []


def test_with_the_keys_off_no_letter_decides(browser: Browser, lab: Laboratory) -> None:
    task = a_task(lab)
    prefer(lab, task, keys="off")
    with reviewing(browser, lab, task) as work:
        first = work.see()
        expect(work.tile("monocyte").locator("kbd")).to_be_hidden()
        work.press("o", "d", "x", "b", ".", ",", "7", "j")
        work.press("Enter")
        second = work.see()
        work.tile("monocyte").click()
        work.see()
        work.wait_until_saved()
    assert lab.answers(task) == [(first, lab.given[first][0]), (second, "monocyte")]


def test_with_the_keys_off_enter_confirms_only_from_the_picture(browser: Browser, lab: Laboratory) -> None:
    task = a_task(lab)
    prefer(lab, task, keys="off")
    with reviewing(browser, lab, task) as work:
        work.see()
        work.act("contrast").click()
        expect(work.page.locator("input[name=contrast]")).to_be_focused()
        work.press("Enter", "Space")
        work.press("Escape")
        first = work.part("position").inner_text()
        work.press("Enter")
        expect(work.part("position")).not_to_have_text(first)
        work.wait_until_saved()
    assert len(lab.answers(task)) == 1


def press_code(work: Workplace, code: str, key: str | None = None) -> None:
    """Press the key in a place, whatever it types."""
    if key is None:
        work.press(code)
        return
    work.page.evaluate(
        """([code, key]) => document.querySelector("[data-part=stage]").dispatchEvent(
          new KeyboardEvent("keydown", { code, key, bubbles: true, cancelable: true }))""",
        [code, key],
    )


def settle(work: Workplace) -> None:
    """Let the time pass in which a second key would be a rolling finger."""
    since = work.page.evaluate("performance.now()")
    until(work.page, "(since) => performance.now() - since > 170", since)
