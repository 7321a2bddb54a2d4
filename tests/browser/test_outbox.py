"""An answer can't be lost, doubled or given to a cell that wasn't on the screen, whatever happens to the network, the
server, the tab, the browser or the session."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route, expect
from playwright.sync_api import Error as PlaywrightError
from sqlalchemy import delete, select, update

from app.accounts.models import SignIn, User
from app.review.models import Round, RoundState
from scripts.chromium import SWITCHES
from tests.browser.desk import CELLS, SWEEP, Desk, Witness, sweep
from tests.browser.screens import Workplace
from tests.factories import PASSWORD

REVIEWS = "**/api/v1/reviews"
PICTURES = "**/image?*"
TENTH = 100
KILLS = 20
ONLINE = "dispatchEvent(new Event('online'))"


@contextmanager
def seated(browser: Browser, **context: Any) -> Iterator[tuple[BrowserContext, Witness]]:
    """A browser's window with a witness in it."""
    with browser.new_context(viewport={"width": 1280, "height": 800}, **context) as opened:
        witness = Witness()
        witness.watch(opened)
        complaints: list[str] = []
        opened.on("page", lambda page: page.on("pageerror", lambda error: complaints.append(str(error))))
        yield opened, witness
        assert complaints == []


def cut(route: Route) -> None:
    route.abort("internetdisconnected")


def all_pictures_are_here(work: Workplace) -> None:
    work.page.wait_for_load_state("networkidle")


def test_two_hundred_cells_at_ten_a_second(browser: Browser, desk: Desk) -> None:
    task = desk.task()
    with seated(browser) as (context, witness):
        task.come_in(context)
        page = context.new_page()
        posts: list[str] = []
        page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
        work = task.open(page)
        work.see()
        all_pictures_are_here(work)
        number, begun = 0, time.monotonic()
        while work.notice.is_hidden():
            work.press(SWEEP[number % len(SWEEP)])
            number += 1
            page.wait_for_timeout(TENTH)  # the pace is what is tested
        work.wait_until_saved()
        seconds = time.monotonic() - begun
        expect(work.part("notice-heading")).to_have_text("Round done")
    task.check(witness, CELLS)
    assert len(posts) <= seconds + 2, "more than one POST a second"


def test_the_network_is_cut_for_sixty_cells(browser: Browser, desk: Desk) -> None:
    task = desk.task()
    with seated(browser) as (context, witness):
        task.come_in(context)
        page = context.new_page()
        work = task.open(page)
        sweep(work, 5)
        work.wait_until_saved()
        all_pictures_are_here(work)
        context.set_offline(True)
        sweep(work, 60, 5)
        expect(work.save_state).to_have_text("60 not yet saved")
        expect(work.part("offline")).to_contain_text("Go on: answers are kept here")
        assert len(task.reviews()) == 5
        context.set_offline(False)
        sweep(work, 5, 65)
        work.wait_until_saved()
    task.check(witness, 70)


def test_the_server_is_killed_in_mid_flight_twenty_times(browser: Browser, desk: Desk) -> None:
    task = desk.task()
    with seated(browser) as (context, witness):
        task.come_in(context)
        page = context.new_page()
        work = task.open(page)
        work.see()
        all_pictures_are_here(work)
        for kill in range(KILLS):
            with page.expect_request(REVIEWS):
                sweep(work, 4, 4 * kill)
            desk.server.kill()
            sweep(work, 1, kill)
            desk.server.start()
            page.evaluate(ONLINE)
            work.wait_until_saved()
    task.check(witness, 5 * KILLS)


def test_a_tab_closed_with_a_full_outbox_asks_and_is_made_up_for(browser: Browser, desk: Desk) -> None:
    task = desk.task()
    with seated(browser) as (context, witness):
        task.come_in(context)
        page = context.new_page()
        work = task.open(page)
        work.see()
        all_pictures_are_here(work)
        context.route(REVIEWS, cut)
        sweep(work, 30)
        expect(work.save_state).to_have_text("30 not yet saved")
        expect(work.part("offline")).to_be_visible()
        questions: list[str] = []

        def stay(dialog: Dialog) -> None:
            questions.append(dialog.type)
            dialog.accept()

        page.on("dialog", stay)
        with page.expect_event("close"):
            page.close(run_before_unload=True)
        assert questions == ["beforeunload"]
        assert task.reviews() == []
        page = context.new_page()
        work = task.open(page)
        expect(work.save_state).to_have_text("30 not yet saved")
        work.see()
        expect(work.part("position")).to_have_text("31")
        expect(work.part("left")).to_have_text(f"{CELLS - 30} left")
        expect(page.locator("last-five button:visible")).to_have_count(5)
        context.unroute(REVIEWS)
        sweep(work, 2, 30)
        work.wait_until_saved()
        expect(work.part("left")).to_have_text(f"{CELLS - 32} left")
    task.check(witness, 32)


def test_a_decision_of_an_earlier_page_is_undone_before_it_was_sent(browser: Browser, desk: Desk) -> None:
    task = desk.task()
    with seated(browser) as (context, _):
        task.come_in(context)
        page = context.new_page()
        work = task.open(page)
        work.see()
        all_pictures_are_here(work)
        context.route(REVIEWS, cut)
        sweep(work, 2)
        page.reload()
        again(work).see()
        expect(work.part("position")).to_have_text("3")
        work.part("undo").click()
        work.see()
        expect(work.part("position")).to_have_text("2")
        page.reload()
        again(work).see()
        expect(work.part("position")).to_have_text("2")
        work.press(SWEEP[3])
        work.see()
        context.unroute(REVIEWS)
        page.evaluate(ONLINE)
        work.wait_until_saved()
    first, second, withdrawal, instead = task.reviews()
    assert [first.position, second.position, withdrawal.position, instead.position] == [1, 2, 2, 2]
    assert [withdrawal.supersedes, instead.supersedes] == [second.uuid, withdrawal.uuid]


def test_what_was_just_decided_arrives_though_the_page_is_left_at_once(browser: Browser, desk: Desk) -> None:
    task = desk.task()
    with seated(browser) as (context, witness):
        task.come_in(context)
        page = context.new_page()
        work = task.open(page)
        work.see()
        all_pictures_are_here(work)
        sweep(work, 3)
        page.goto(f"{desk.server.url}/help")
        page = context.new_page()
        work = task.open(page)
        work.see()
        expect(work.part("position")).to_have_text("4")
        work.wait_until_saved()
    task.check(witness, 3)


def browser_processes(profile: Path) -> list[int]:
    """The processes of the browser that this test started with a profile of its own."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if f"--user-data-dir={profile}".encode() in words:
                found.append(int(entry.name))
    return sorted(found)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="finds the browser's processes in /proc")
def test_a_browser_killed_right_after_a_decision_has_kept_it(
    browser: Browser, desk: Desk, chromium_path: Path, tmp_path: Path
) -> None:
    task = desk.task()
    profile = tmp_path / "profile"
    witness = Witness()
    chromium = browser.browser_type

    def launched() -> BrowserContext:
        context = chromium.launch_persistent_context(profile, executable_path=chromium_path, args=SWITCHES)
        witness.watch(context)
        return context

    context = launched()
    page = context.new_page()
    task.sign_in(page)
    work = task.open(page)
    work.see()
    all_pictures_are_here(work)
    context.route(REVIEWS, cut)
    sweep(work, 7)
    for process in browser_processes(profile):
        os.kill(process, signal.SIGKILL)
    with suppress(PlaywrightError):  # it is gone already
        context.close()
    assert task.reviews() == []
    context = launched()
    context.clear_cookies()  # whether the session was written before the end is no matter here
    page = context.new_page()
    task.sign_in(page)
    work = task.open(page)
    work.see()
    expect(work.part("position")).to_have_text("8")
    work.wait_until_saved()
    context.close()
    task.check(witness, 7)


def end_sessions(desk: Desk, name: str) -> None:
    """As if they had expired."""
    with desk.database.writing() as session:
        user = session.execute(select(User.id).where(User.name == name)).scalar_one()
        session.execute(delete(SignIn).where(SignIn.user == user))


def test_a_session_expires_and_the_page_goes_on_where_it_was(browser: Browser, desk: Desk) -> None:
    task = desk.task()
    with seated(browser) as (context, witness):
        task.come_in(context)
        page = context.new_page()
        work = task.open(page)
        work.see()
        all_pictures_are_here(work)
        end_sessions(desk, task.reviewer)
        again(work).see()
        work.press(SWEEP[0])
        expect(work.part("notice-heading")).to_have_text("Sign in again to send 1 answer")
        page.get_by_label("Password").fill("not the password")
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("don't fit")
        assert task.reviews() == []
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Password").press("Enter")
        work.wait_until_saved()
        again(work).see()
        expect(work.part("position")).to_have_text("2")
        sweep(work, 2, 1)
        work.wait_until_saved()
    witness.presses = [(key, seen) for key, seen in witness.presses if key != "Enter"]
    task.check(witness, 3)


def sign_out(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.server.url}/account")
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_another_person_never_sends_the_answers_of_the_first(browser: Browser, desk: Desk) -> None:
    first, second = desk.task(), desk.task()
    with seated(browser) as (context, witness):
        page = context.new_page()
        first.sign_in(page)
        work = first.open(page)
        work.see()
        all_pictures_are_here(work)
        context.route(REVIEWS, cut)
        sweep(work, 4)
        page.on("dialog", lambda dialog: dialog.accept())
        sign_out(page, desk)
        context.unroute(REVIEWS)
        second.sign_in(page)
        work = second.open(page)
        again(work).see()
        expect(work.part("offline")).to_contain_text("Answers of another person wait in this browser")
        expect(work.part("offline")).not_to_contain_text(first.reviewer)
        expect(work.save_state).to_have_text("All saved")
        sweep(work, 3)
        work.wait_until_saved()
        assert first.reviews() == []
        assert len(second.reviews()) == 3
        sign_out(page, desk)
        first.sign_in(page)
        work = first.open(page)
        again(work).see()
        expect(work.part("position")).to_have_text("5")
        work.wait_until_saved()
    assert {review.pid for review in first.reviews()} | {review.pid for review in second.reviews()} == {
        seen for key, seen in witness.presses if seen and key in SWEEP
    }
    assert (len(first.reviews()), len(second.reviews())) == (4, 3)


def test_while_another_person_is_signed_in_an_old_page_sends_nothing(browser: Browser, desk: Desk) -> None:
    first, second = desk.task(), desk.task()
    with seated(browser) as (context, _):
        page = context.new_page()
        first.sign_in(page)
        work = first.open(page)
        work.see()
        all_pictures_are_here(work)
        other = context.new_page()
        sign_out(other, desk)
        second.sign_in(other)
        page.bring_to_front()
        again(work).see()
        work.press(SWEEP[0])
        expect(work.part("notice-text")).to_contain_text(f"{second.reviewer} is signed in in this browser now")
        assert first.reviews() == second.reviews() == []


def test_a_round_that_closed_keeps_its_answers_until_it_opens_again(browser: Browser, desk: Desk) -> None:
    task = desk.task()

    def put(state: RoundState) -> None:
        with desk.database.writing() as session:
            session.execute(update(Round).where(Round.pid == task.round).values(state=state))

    with seated(browser) as (context, witness):
        task.come_in(context)
        page = context.new_page()
        work = task.open(page)
        work.see()
        all_pictures_are_here(work)
        put(RoundState.CLOSED)
        again(work).see()
        work.press(SWEEP[0])
        expect(work.save_state).to_have_text("1 not counted")
        page.on("dialog", lambda dialog: dialog.accept())
        put(RoundState.OPEN)
        page.reload()
        expect(work.save_state).to_have_text("1 not counted")
        work.act("try").click()
        work.wait_until_saved()
    task.check(witness, 1)


def test_keys_and_clicks_while_a_picture_loads_decide_nothing(browser: Browser, desk: Desk) -> None:
    task = desk.task("sighted")
    with seated(browser) as (context, witness):
        held: list[Route] = []
        arrives = False
        task.come_in(context)
        page = context.new_page()
        page.route(PICTURES, lambda route: route.continue_() if arrives else held.append(route))
        work = task.open(page)
        expect(page.locator("[data-part=loading]")).to_be_visible()
        work.press("Enter", SWEEP[0], "Enter", SWEEP[1])
        work.tile("monocyte").click()
        work.part("main-act").click()
        expect(work.part("say")).to_contain_text("Nothing was decided")
        arrives = True
        for route in held:
            route.continue_()
        work.see()
        expect(work.part("position")).to_have_text("1")
        expect(work.save_state).to_have_text("All saved")
        work.press(SWEEP[2])
        work.see()
        work.wait_until_saved()
    task.check(witness, 1)


def test_a_browser_that_keeps_nothing_says_what_closing_would_lose(browser: Browser, desk: Desk) -> None:
    task = desk.task()
    with seated(browser) as (context, witness):
        context.add_init_script("Object.defineProperty(window, 'indexedDB', { get: () => undefined })")
        task.come_in(context)
        page = context.new_page()
        work = task.open(page)
        work.see()
        expect(work.part("offline")).to_contain_text("This browser can’t keep answers.")
        all_pictures_are_here(work)
        context.route(REVIEWS, cut)
        sweep(work, 2)
        expect(work.part("offline")).to_contain_text("Closing this page loses 2 answers")
        context.unroute(REVIEWS)
        page.evaluate(ONLINE)
        work.wait_until_saved()
    task.check(witness, 2)


def again(work: Workplace) -> Workplace:
    """See the cell that is on the screen once more."""
    work.address = None
    return work
