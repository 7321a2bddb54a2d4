"""A round that looks for errors, as an admin plans it, a reviewer reads it, and both learn when to stop."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from app.accounts import service as account_service
from app.catalogue.models import Cell
from app.review.models import Assignment, Round, RoundCell
from tests.browser.house import PHONE, come_in
from tests.browser.rounds import Laboratory, Task, laboratory, reviewing
from tests.browser.screens import scrolls_sideways, watched
from tests.factories import PASSWORD

WIDE: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}


@pytest.fixture(scope="module")
def place(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(migrated_sqlite, tmp_path_factory.mktemp("errors")) as made:
        with made.database.writing() as session:
            for name, role in (("chief", "admin"), ("reader1", "reviewer"), ("reader2", "reviewer")):
                account_service.create_user(session, name, role, PASSWORD)
            cells = session.execute(select(Cell.id).where(Cell.given_label.is_not(None)).order_by(Cell.id)).scalars()
            for number, cell in enumerate(cells):
                session.execute(update(Cell).where(Cell.id == cell).values(suspicion=number / 100))
        yield made


@pytest.fixture
def chief(browser: Browser, place: Laboratory) -> Iterator[Page]:
    """An admin's page, which must not have complained in the end."""
    with browser.new_context(**WIDE) as context:
        page = context.new_page()
        complaints = watched(page)
        come_in(context, place.server, place.database, "chief")
        yield page
        assert [said for said in complaints if "Failed to load resource" not in said] == []


def drafted(place: Laboratory, page: Page) -> Any:
    """The round whose page is open, as it is stored."""
    pid = page.url.rsplit("/", 1)[1]
    with place.database.reading() as session:
        return session.execute(select(Round.__table__).where(Round.pid == pid)).one()


def test_a_round_in_order_of_suspicion_is_planned_in_the_form(place: Laboratory, chief: Page) -> None:
    chief.goto(f"{place.server.url}/datasets/cells/rounds/new")
    expect(chief.get_by_label("Drawn by chance")).to_be_hidden()
    chief.get_by_label("Order").select_option(label="Most suspicious first")
    expect(chief.get_by_text("they know that the first ones are doubtful")).to_be_visible()
    chief.get_by_label("Drawn by chance").fill("20")
    expect(chief.get_by_text("5 of 25 cells are drawn by chance and come early.")).to_be_visible()
    expect(chief.get_by_text("There is no suspicion of 1 cell, so it comes last.")).to_be_visible()
    chief.get_by_label("Name", exact=True).fill("Where the errors hide")
    chief.get_by_role("button", name="Save as draft").click()
    expect(chief.get_by_role("heading", name="Where the errors hide")).to_be_visible()
    expect(chief.get_by_text("20.0 % of the cells, early in each queue")).to_be_visible()
    stored = drafted(place, chief)
    assert (stored.order, stored.audit_share, stored.suggestions) == ("suspicion", 0.2, "none")


def test_what_is_not_asked_is_not_sent(place: Laboratory, chief: Page) -> None:
    chief.goto(f"{place.server.url}/datasets/cells/rounds/new")
    chief.get_by_label("Order").select_option(label="Most suspicious first")
    chief.get_by_label("Drawn by chance").fill("20")
    chief.get_by_label("Order").select_option(label="Shuffled for each reviewer")
    chief.get_by_label("Name", exact=True).fill("Shuffled after all")
    chief.get_by_role("button", name="Save as draft").click()
    expect(chief.get_by_role("heading", name="Shuffled after all")).to_be_visible()
    stored = drafted(place, chief)
    assert (stored.order, stored.audit_share, stored.target_probability) == ("shuffled", 0, None)


def test_what_does_not_go_together_is_told_under_its_field(place: Laboratory, chief: Page) -> None:
    chief.goto(f"{place.server.url}/datasets/cells/rounds/new")
    chief.get_by_label("Name", exact=True).fill("A contradiction")
    chief.get_by_label("Nothing (blind)").check()
    chief.get_by_text("More settings").click()
    chief.get_by_label("Suggestions").select_option(label="What the model says, only in sighted rounds")
    chief.get_by_role("button", name="Save as draft").click()
    expect(chief.locator("#field-suggestions-error")).to_contain_text("only a sighted round shows them")
    chief.get_by_label("Suggestions").select_option(label="Nothing but the label")
    chief.get_by_label("Target probability").fill("0.95")
    chief.get_by_role("button", name="Save as draft").click()
    expect(chief.locator("#field-target_probability-error")).to_contain_text("needs the rule dawid-skene")
    expect(chief.get_by_label("Target probability")).to_be_focused()


def ranks(place: Laboratory, task: Task) -> list[tuple[int, bool]]:
    """The ranks of the cells in a round's queue, in its order, and which chance drew."""
    with place.database.reading() as session:
        rows = session.execute(
            select(RoundCell.rank, RoundCell.audit)
            .join_from(Assignment, Round, Assignment.round == Round.id)
            .join(RoundCell, (RoundCell.round == Round.id) & (RoundCell.cell == Assignment.cell))
            .where(Round.pid == task.round)
            .order_by(Assignment.position)
        ).all()
    return [(row.rank or 0, row.audit) for row in rows]


def test_a_reader_meets_the_most_suspicious_first_and_the_page_says_what_is_left(
    browser: Browser, place: Laboratory, chief: Page
) -> None:
    task = place.task(order="suspicion", audit_share=0.2, seed=3)
    queue = ranks(place, task)
    assert [rank for rank, audited in queue if not audited] == sorted(rank for rank, audited in queue if not audited)
    with reviewing(browser, place, task) as desk:
        for number in range(12):
            desk.see()
            desk.press("n" if number == 0 else "Enter")
        desk.wait_until_saved()
    chief.goto(f"{place.server.url}/rounds/{task.round}")
    chief.get_by_role("link", name="When to stop").click()
    expect(chief.get_by_role("heading", name="When to stop")).to_be_visible()
    figures = chief.locator("dl.figures").inner_text()
    assert "12" in figures
    assert "of 24 cells with a given label" in figures or "of 25 cells" in figures
    expect(chief.get_by_role("heading", name="What is left")).to_be_visible()
    expect(chief.get_by_role("img", name="Wrong labels found by number of cells read")).to_be_visible()
    told = chief.request.get(f"{place.server.url}/api/v1/rounds/{task.round}/stopping").json()
    assert told["all"]["read"] == 12
    assert told["all"]["wrong"] == 1
    assert f"{told['estimate']['low']} to {told['estimate']['high']}" in figures
    rows = chief.get_by_role("group", name="What reading brought").get_by_role("row")
    assert rows.count() >= 3


def test_the_stop_page_fits_a_phone(browser: Browser, place: Laboratory) -> None:
    task = place.task(order="suspicion", audit_share=0.2)
    with browser.new_context(**PHONE, locale="de-DE") as context:
        page = context.new_page()
        sign_in_german(page, place)
        page.goto(f"{place.server.url}/rounds/{task.round}/stopping")
        expect(page.get_by_role("heading", name="Wann aufhören")).to_be_visible()
        expect(page.get_by_text("Noch ist nichts gelesen")).to_be_visible()
        assert not scrolls_sideways(page)


def sign_in_german(page: Page, place: Laboratory) -> None:
    page.goto(place.server.url)
    page.get_by_label("Name", exact=True).fill("chief")
    page.get_by_label("Passwort", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("button", name="Anmelden")).to_have_count(0)


def test_a_reader_of_an_open_round_is_told_that_figures_wait(browser: Browser, place: Laboratory) -> None:
    task = place.task(order="suspicion", audit_share=0.2)
    with browser.new_context(**WIDE) as context:
        page = context.new_page()
        come_in(context, place.server, place.database, task.reviewer)
        page.goto(f"{place.server.url}/rounds/{task.round}")
        expect(page.get_by_role("link", name="When to stop")).to_have_count(0)
        page.goto(f"{place.server.url}/rounds/{task.round}/stopping")
        expect(page.get_by_text("its figures wait until that round closes")).to_be_visible()


def test_a_suggestion_stands_beside_the_cell_and_presses_nothing(browser: Browser, place: Laboratory) -> None:
    task = place.task(order="suspicion", suggestions="predictions")
    with reviewing(browser, place, task) as desk:
        desk.see()
        beside = desk.page.locator("compare-classes [data-suggestion]")
        expect(beside.locator("[data-slot=model]")).to_have_text("No prediction is shown for this cell.")
        before = beside.bounding_box()
        assert desk.page.locator("class-palette [aria-pressed=true], class-palette .pressed").count() == 0
        assert place.reviews(task) == []
        desk.press("Enter")
        desk.see()
        assert beside.bounding_box() == before
        desk.wait_until_saved()
