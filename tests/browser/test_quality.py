"""From the figures to the cells behind them: a field of the matrix opens its cells, by mouse and by key."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.accounts.access import COOKIE
from tests.browser.house import PHONE
from tests.browser.screens import scrolls_sideways, watched
from tests.browser.test_pages import Scene, scene

__all__ = ["scene"]

MATRIX = "/datasets/cells/quality?rows=reviewer:reviewer1&columns=reviewer:reviewer2"


@pytest.fixture
def context(browser: Browser, scene: Scene) -> Iterator[BrowserContext]:
    """A browser of the admin."""
    made = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=scene.server.url)
    made.add_cookies([{"name": COOKIE, "value": scene.cookies["admin"], "url": scene.server.url}])
    yield made
    made.close()


def fields(page: Page) -> list[str]:
    """The names of the fields that have cells, as somebody hears them."""
    names = [link.get_attribute("aria-label") for link in page.locator("a[data-field]").all()]
    return [name for name in names if name]


def test_a_field_opens_its_cells_and_back_closes_them(context: BrowserContext) -> None:
    page = context.new_page()
    complaints = watched(page)
    page.goto(MATRIX)
    panel = page.locator("#field")
    expect(panel).to_contain_text("Choose a number in the table")
    apart = next(name for name in fields(page) if name.startswith("1: ") and words_of(name)[0] != words_of(name)[1])
    first, second = words_of(apart)
    page.get_by_role("link", name=apart).click()
    expect(panel.get_by_role("heading")).to_have_text(f"reviewer1 {first}, reviewer2 {second}")
    expect(panel.locator("img")).to_have_count(1)
    expect(page.get_by_role("link", name=apart)).to_have_attribute("aria-current", "true")
    assert "row=" in page.url
    assert "#field" in page.url
    cell = panel.locator("li a").get_attribute("href")
    panel.get_by_role("link", name="Disputes of this pair").wait_for()
    page.go_back()
    expect(panel).to_contain_text("Choose a number in the table")
    expect(page.locator("a[data-field][aria-current]")).to_have_count(0)
    page.go_forward()
    panel.get_by_role("link", name="The 1 cell").click()
    expect(page.locator(".picture-grid a")).to_have_attribute("href", cell or "")
    page.get_by_role("link", name="Back to the matrix").click()
    expect(panel.get_by_role("heading")).to_have_text(f"reviewer1 {first}, reviewer2 {second}")
    panel.locator("li a").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.url.endswith(cell or "-")
    assert complaints == []


def words_of(name: str) -> tuple[str, str]:
    """The two answers in the name of a field: "1: reviewer1 basophil, reviewer2 monocyte, 50.0 %"."""
    _, _, said = name.partition(": ")
    first, second = said.rsplit(", ", 1)[0].split(", ")
    return first.removeprefix("reviewer1 "), second.removeprefix("reviewer2 ")


def test_a_field_is_opened_by_key_and_a_broken_line_says_so(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(MATRIX)
    panel = page.locator("#field")
    link = page.locator("a[data-field]").first
    link.focus()
    page.keyboard.press("Enter")
    expect(panel.locator("img").first).to_be_visible()
    expect(link).to_be_focused()
    context.set_offline(True)
    page.locator("a[data-field]").nth(1).click()
    expect(panel.get_by_role("alert")).to_contain_text("couldn’t be loaded")
    context.set_offline(False)
    page.locator("a[data-field]").nth(1).click()
    expect(panel.locator("img").first).to_be_visible()


def test_rows_and_columns_are_chosen_and_classes_counted_as_one(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/datasets/cells/quality")
    page.get_by_label("Rows").select_option("given")
    page.get_by_label("Columns").select_option("consensus")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".matrix caption")).to_contain_text("Rows: given label. Columns: consensus.")
    heads = page.locator(".matrix thead th")
    expect(heads.nth(5)).to_contain_text("Band")
    page.get_by_role("link", name="Count as one: Band and segmented neutrophils").click()
    expect(page.locator(".matrix thead th").nth(5)).to_contain_text("Band+Seg")
    expect(page.locator(".matrix caption")).to_contain_text("Rows: given label. Columns: consensus.")
    page.get_by_role("link", name="Count apart again: Band and segmented neutrophils").click()
    expect(page.locator(".matrix thead th").nth(5)).not_to_contain_text("Band+Seg")


def test_the_download_is_the_csv_of_rest(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(MATRIX)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    assert download.value.suggested_filename == "cells-agreement.csv"
    assert download.value.path().read_text(encoding="utf-8").startswith("presentation,figure,label,")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV of this matrix").click()
    assert "reviewer:reviewer1,reviewer:reviewer2," in download.value.path().read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "de"])
def test_on_a_phone_the_table_scrolls_inside_itself(browser: Browser, scene: Scene, language: str) -> None:
    context = browser.new_context(**PHONE, locale=language, base_url=scene.server.url)
    context.add_cookies([{"name": COOKIE, "value": scene.cookies["admin"], "url": scene.server.url}])
    page = context.new_page()
    page.goto(MATRIX)
    assert not scrolls_sideways(page)
    page.locator("a[data-field]").first.tap()
    panel = page.locator("#field")
    expect(panel.locator("img").first).to_be_visible()
    expect(panel).to_be_in_viewport()
    assert not scrolls_sideways(page)
    expect(panel).to_contain_text("Zelle" if language == "de" else "cell")
    context.close()
