"""Two tabs of one reviewer: no cell is on both at once, what is decided in one is known in the other, and where both
answered a cell all the same, the person says which answer stands."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.desk import SWEEP, Desk, Task, Witness, label_of, sweep
from tests.browser.screens import Workplace

REVIEWS = "**/api/v1/reviews"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        yield context


def opened(context: BrowserContext, task: Task) -> Workplace:
    """Another tab of a reviewer, with a cell on its screen."""
    work = task.open(context.new_page())
    work.see()
    return work


def on_screen(work: Workplace) -> str:
    """The number of the cell."""
    return work.part("position").inner_text()


def test_no_cell_is_on_two_screens_and_a_decision_is_known_on_both(desk: Desk, context: BrowserContext) -> None:
    task, witness = desk.task(), Witness()
    witness.watch(context)
    task.come_in(context)
    one, two = opened(context, task), opened(context, task)
    assert (on_screen(one), on_screen(two)) == ("1", "2")
    for number in range(10):
        for work, other in ((one, two), (two, one)):
            work.page.bring_to_front()
            work.press(SWEEP[number % len(SWEEP)])
            work.see()
            assert on_screen(work) != on_screen(other)
    for work in (one, two):
        expect(work.part("left")).to_have_text("180 left")
        work.wait_until_saved()
    task.check(witness, 20)


def test_a_tab_that_is_closed_gives_its_cell_back_and_its_answers_are_sent(desk: Desk, context: BrowserContext) -> None:
    task, witness = desk.task(), Witness()
    witness.watch(context)
    task.come_in(context)
    one, two = opened(context, task), opened(context, task)
    one.page.wait_for_load_state("networkidle")
    one.page.bring_to_front()
    one.page.route(REVIEWS, lambda route: route.abort())
    sweep(one, 1)
    expect(one.save_state).to_have_text("1 not yet saved")
    expect(one.part("offline")).to_be_visible()
    assert on_screen(one) == "3"
    one.page.close()
    expect(two.part("left")).to_have_text("199 left")
    two.page.bring_to_front()
    sweep(two, 1, 1)
    assert on_screen(two) == "3"
    two.wait_until_saved()
    task.check(witness, 2)


@pytest.mark.parametrize("chosen", ["monocyte", "lymphocyte"])
def test_two_answers_to_one_cell_are_settled_by_the_person_after_a_reload_too(
    browser: Browser, desk: Desk, chosen: str
) -> None:
    task = desk.task()
    key = {"monocyte": SWEEP[0], "lymphocyte": SWEEP[1]}
    with browser.new_context() as here, browser.new_context() as elsewhere:
        for context in (here, elsewhere):
            task.come_in(context)
        mine, theirs = opened(here, task), opened(elsewhere, task)
        assert (on_screen(mine), on_screen(theirs)) == ("1", "1")
        theirs.press(key["lymphocyte"])
        theirs.see()
        theirs.wait_until_saved()
        mine.press(key["monocyte"])
        mine.see()
        expect(mine.save_state).to_have_text("1 needs your choice")
        mine.page.on("dialog", lambda dialog: dialog.accept())
        mine.page.reload()
        expect(mine.save_state).to_have_text("1 needs your choice")
        mine.save_state.click()
        expect(mine.part("notice-heading")).to_have_text("Cell 1 has two answers from you")
        name = {"monocyte": "Monocyte", "lymphocyte": "Lymphocyte"}
        for label in name.values():
            expect(choice(mine.page, label)).to_be_visible()
        choice(mine.page, name[chosen]).click()
        mine.wait_until_saved()
    reviews = task.reviews()
    assert [review.verdict for review in reviews] == ["label"] * len(reviews)
    assert [review.supersedes for review in reviews[1:]] == [review.uuid for review in reviews[:-1]]
    assert [label_of(review) for review in reviews] == ["lymphocyte", "monocyte", "lymphocyte"][: len(reviews)]
    assert label_of(reviews[-1]) == chosen
    assert len({review.pid for review in reviews}) == 1


def choice(page: Page, label: str) -> Locator:
    """What a notice lets one choose."""
    return page.locator("[data-part=notice-choices] button", has_text=label)
