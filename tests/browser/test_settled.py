"""From a number in the confusion matrix to its cells, from there to their disputes, settled by keyboard, and back to
figures that have moved. What was settled is in the database, once, and nothing else is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from app.accounts import service as account_service
from app.accounts.models import User
from app.catalogue.models import Cell
from app.database import Database
from app.review.models import Review
from tests.browser.house import MLL23, come_in, draw_grained, furnished
from tests.browser.screens import KEYS, Workplace, watched
from tests.factories import an_open_round, say
from tests.serving import Server

SEGMENTED, BAND = "neutrophil_segmented", "neutrophil_band"
CELLS, TORN, SETTLED = 12, 6, 5
DRAWINGS = 3


@dataclass(frozen=True)
class Place:
    """A server on which two reviewers differ on half of a dozen cells; ``torn`` are those cells."""

    server: Server
    database: Database
    torn: frozenset[str]


@pytest.fixture
def place(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Place]:
    draw_grained(tmp_path / "cells", SEGMENTED, CELLS, DRAWINGS)
    with furnished(migrated_sqlite, tmp_path, tmp_path / "cells") as (server, database):
        with database.writing() as session:
            account_service.create_user(session, "adjudicator1", "adjudicator")
            pid = an_open_round(session, "cells", ["reviewer1", "reviewer2"], presentation="blind", reviews_per_cell=2)
            cells = session.execute(select(Cell.id, Cell.pid).order_by(Cell.id)).all()
            for number, cell in enumerate(cells):
                say(session, pid, "reviewer1", cell.id, SEGMENTED)
                say(session, pid, "reviewer2", cell.id, BAND if number < TORN else SEGMENTED)
        yield Place(server, database, frozenset(cell.pid for cell in cells[:TORN]))


def test_five_disputes_of_a_field_are_settled_by_keyboard_and_the_figures_move(browser: Browser, place: Place) -> None:
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        complaints = watched(page)
        come_in(context, place.server, place.database, "adjudicator1")
        page.goto(f"{place.server.url}/datasets/cells")
        page.get_by_role("link", name="Quality").click()
        assert wrong_given(page) == f"0 of {CELLS - TORN}"
        assert cells_of_the_torn_field(page) == place.torn
        assert settle_what_they_dispute(page) <= place.torn
        page.goto(f"{place.server.url}/datasets/cells/quality")
        assert wrong_given(page) == f"{SETTLED} of {CELLS - TORN + SETTLED}"
        assert complaints == []
    with place.database.reading() as session:
        said = session.execute(
            select(User.name, Cell.pid, Cell.state, Cell.outcome, Review.verdict, Review.label, Review.reason)
            .join_from(Review, User, Review.reviewer == User.id)
            .join(Cell, Review.cell == Cell.id)
            .where(Review.kind == "adjudication")
        ).all()
        waiting = session.execute(select(Cell.pid).where(Cell.state == "disputed")).scalars().all()
    assert len(said) == SETTLED
    assert {row.pid for row in said} | set(waiting) == place.torn
    assert {tuple(row)[:1] + tuple(row)[2:] for row in said} == {
        ("adjudicator1", "adjudicated", "label", "label", MLL23.index(BAND), "nucleus")
    }


def wrong_given(page: Page) -> str:
    """How many given labels of the class are wrong, of how many settled cells, as the page of quality says."""
    row = page.get_by_role("row").filter(has_text="Segmented neutrophil").filter(has_text=" of ")
    return row.get_by_role("cell").last.inner_text()


def cells_of_the_torn_field(page: Page) -> set[str]:
    """The cells that the matrix opens for one said segmented, the other band; the list of cells shows the same."""
    page.locator("a[data-field]", has_text=str(TORN)).and_(page.locator("td:not(.same) > a")).click()
    pictures = page.locator("#field .field-pictures a")
    expect(pictures).to_have_count(TORN)
    found = {str(address).rsplit("/", 1)[-1] for address in pictures.evaluate_all("links => links.map((a) => a.href)")}
    page.get_by_role("link", name=f"All {TORN} cells").click()
    expect(page.locator("main a[href^='/cells/']").filter(visible=True)).not_to_have_count(0)
    listed = page.locator("main a[href^='/cells/']").evaluate_all("links => links.map((a) => a.pathname)")
    assert {address.rsplit("/", 1)[-1] for address in listed} == found
    page.go_back()
    return found


def settle_what_they_dispute(page: Page) -> set[str]:
    """Follow the field to its disputes and settle five of them as band neutrophils, because of the nucleus."""
    page.get_by_role("link", name="Disputes of this pair").click()
    page.get_by_role("link", name="Settle").first.click()
    work = Workplace(page)
    settled = set()
    for _ in range(SETTLED):
        work.see()
        assert work.address is not None
        settled.add(work.address.split("/")[-2])
        work.press("2", KEYS[BAND])
    work.see()
    work.wait_until_saved()
    return settled
