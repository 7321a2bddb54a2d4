"""The review page: what was decided on the cell on the screen is in the database, once, whatever happens on the way."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Response, Route, expect
from sqlalchemy import select

from app.catalogue.models import Cell, Occurrence
from app.database import Database
from tests.browser.corpus import LABELS, Corpus
from tests.browser.house import MLL23, a_round_of_ones_own, class_name, furnished, recorded
from tests.browser.screens import KEYS, Workplace, scrolls_sideways, sign_in, watched
from tests.factories import PASSWORD
from tests.serving import Server

Decision = tuple[str, str, str | None, str | None]
"""The digest of a cell, the verdict, the label and the second label."""


@dataclass(frozen=True)
class Task:
    """A round of one reviewer's over all cells with one given label."""

    round: str
    reviewer: str


@dataclass(frozen=True)
class Place:
    """A server with a dataset. Every test has a round and a reviewer of its own."""

    server: Server
    database: Database
    corpus: Corpus

    def task(self, presentation: str = "sighted") -> Task:
        return Task(*a_round_of_ones_own(self.database, presentation, filter={"born_disputed": False}))

    def given(self, digest: str) -> str:
        """The one given label of a cell."""
        (label,) = self.corpus.given[digest]
        return label

    def reviews(self, task: Task) -> list[Any]:
        """Everything that was recorded in a round, in order."""
        return recorded(self.database, task.round)

    def decisions(self, task: Task) -> list[Decision]:
        """What was said of which cell, in order."""
        return [
            (row.pixel_sha256.hex(), row.verdict, class_name(row.label), class_name(row.second_label))
            for row in self.reviews(task)
        ]


def another(label: str, step: int = 1) -> str:
    """Another class than this one."""
    return LABELS[(LABELS.index(label) + step) % len(LABELS)]


@pytest.fixture(scope="module")
def place(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory, corpus: Corpus) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("review")
    with furnished(migrated_sqlite, home, corpus.folder) as (server, database):
        yield Place(server, database, corpus)


@contextmanager
def opened(browser: Browser, place: Place, task: Task, **context: Any) -> Iterator[Workplace]:
    """The review page of a round, reached as a reviewer reaches it; in the end it must not have complained."""
    with browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | context)) as opened_context:
        page = opened_context.new_page()
        complaints = watched(page)
        sign_in(page, place.server.url, task.reviewer, PASSWORD)
        page.get_by_role("link", name="Continue with cell 1").first.click()
        yield Workplace(page)
        assert [said for said in complaints if "Failed to load resource" not in said] == []


def test_ten_cells_are_reviewed_by_keyboard_alone(browser: Browser, place: Place) -> None:
    task = place.task()
    expected: list[Decision] = []
    with opened(browser, place, task) as work:

        def decided(verdict: str, label: str | None = None, second: str | None = None) -> None:
            expected.append((digest, verdict, label, second))

        digest = work.see()  # 1: confirmed
        shown = place.given(digest)
        expect(work.part("heading")).to_have_text(MLL23[MLL23.index(shown)].title.to("en"))
        work.press("Enter")
        decided("label", shown)

        digest = work.see()  # 2: corrected
        corrected = another(place.given(digest))
        work.press(KEYS[corrected])
        decided("label", corrected)

        digest = work.see()  # 3: borderline
        first, second = place.given(digest), another(place.given(digest))
        work.press(".", KEYS[first], KEYS[second])
        decided("borderline", first, second)

        digest = work.see()  # 4
        work.press("d")
        decided("unsure")

        digest = work.see()  # 5
        work.press("x")
        decided("unusable")

        digest = commented = work.see()  # 6: a comment, whose letters are no keys
        work.press("k")
        work.page.keyboard.type("Fixed, badly dried")
        work.press("Enter")
        expect(work.page.locator("review-page")).not_to_have_class("commenting")
        work.press("Enter")
        decided("label", place.given(digest))

        digest = undone = work.see()  # 7: confirmed, taken back, and decided again
        work.press("Space")
        decided("label", place.given(digest))
        work.see()
        work.press("Backspace")
        decided("withdrawn")
        assert work.see() == undone
        corrected = another(place.given(digest), 2)
        work.press(KEYS[corrected])
        decided("label", corrected)

        digest = flagged = work.see()  # 8
        work.press(",")
        work.press(KEYS[place.given(digest)])
        decided("label", place.given(digest))

        digest = work.see()  # 9: a given up borderline, looked away and back
        work.press(".", "Escape", "ArrowRight")
        work.see()
        work.press("ArrowLeft")
        assert work.see() == digest
        work.press("Enter")
        decided("label", place.given(digest))

        digest = work.see()  # 10
        work.press("Enter")
        decided("label", place.given(digest))
        work.see()
        work.wait_until_saved()
    reviews = place.reviews(task)
    assert place.decisions(task) == expected
    assert len({decision[0] for decision in expected}) == 10
    assert len({review.uuid for review in reviews}) == len(reviews) == 12
    assert {review.pixel_sha256.hex() for review in reviews if review.comment} == {commented}
    assert {review.pixel_sha256.hex() for review in reviews if review.flag} == {flagged}
    assert {review.state for review in reviews} == {"done"}
    assert {review.mode for review in reviews} == {"single"}
    assert all(class_name(review.shown_label) == place.given(review.pixel_sha256.hex()) for review in reviews)
    chain = [review for review in reviews if review.pixel_sha256.hex() == undone]
    assert [review.supersedes for review in chain] == [None, chain[0].uuid, chain[1].uuid]


def test_cells_are_reviewed_by_mouse(browser: Browser, place: Place) -> None:
    task = place.task()
    expected: list[Decision] = []
    with opened(browser, place, task) as work:
        digest = first = work.see()
        work.part("main-act").click()
        expected.append((digest, "label", place.given(digest), None))
        digest = work.see()
        corrected = another(place.given(digest))
        work.tile(corrected).click()
        expected.append((digest, "label", corrected, None))
        digest = work.see()
        pair = place.given(digest), another(place.given(digest))
        work.act("borderline").click()
        work.tile(pair[0]).click()
        work.tile(pair[1]).click()
        expected.append((digest, "borderline", *pair))
        digest = work.see()
        work.act("unsure").click()
        expected.append((digest, "unsure", None, None))
        work.see()
        work.part("undo").click()
        expected.append((digest, "withdrawn", None, None))
        assert work.see() == digest
        work.act("unusable").click()
        expected.append((digest, "unusable", None, None))
        work.see()
        work.page.locator("last-five button:visible").nth(3).click()
        assert work.see() == first
        work.tile(another(place.given(first))).click()
        expected.append((first, "label", another(place.given(first)), None))
        work.see()
        work.wait_until_saved()
    assert place.decisions(task) == expected


def test_cells_are_reviewed_by_touch_on_a_phone(browser: Browser, place: Place) -> None:
    task = place.task()
    expected: list[Decision] = []
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
    with opened(browser, place, task, **phone) as work:
        digest = work.see()
        assert not scrolls_sideways(work.page)
        work.part("main-act").tap()
        expected.append((digest, "label", place.given(digest), None))
        digest = work.see()
        corrected = another(place.given(digest))
        work.tile(corrected).tap()
        expected.append((digest, "label", corrected, None))
        digest = work.see()
        pair = place.given(digest), another(place.given(digest))
        work.act("borderline").tap()
        work.tile(pair[0]).tap()
        work.tile(pair[1]).tap()
        expected.append((digest, "borderline", *pair))
        digest = work.see()
        work.act("unsure").tap()
        expected.append((digest, "unsure", None, None))
        work.see()
        work.part("undo").tap()
        expected.append((digest, "withdrawn", None, None))
        assert work.see() == digest
        work.act("unusable").tap()
        expected.append((digest, "unusable", None, None))
        work.see()
        work.wait_until_saved()
        assert not scrolls_sideways(work.page)
    assert place.decisions(task) == expected


def confirm(work: Workplace, place: Place, cells: int) -> list[Decision]:
    """Confirm cells by Enter; the cell after them is on the screen then."""
    expected: list[Decision] = []
    digest = work.see()
    for _ in range(cells):
        expected.append((digest, "label", place.given(digest), None))
        work.press("Enter")
        digest = work.see()
    return expected


def test_answers_wait_while_the_server_is_away(browser: Browser, place: Place) -> None:
    task = place.task()
    with opened(browser, place, task) as work:
        work.see()
        expect(work.page.locator("last-five button:visible")).to_have_count(0)
        work.page.wait_for_load_state("networkidle")  # pictures are fetched ahead
        place.server.stop()
        work.address = None
        expected = confirm(work, place, 3)
        expect(work.save_state).to_have_text("3 not yet saved")
        expect(work.part("offline")).to_contain_text("Go on: answers are kept here")
        assert place.decisions(task) == []
        place.server.start()
        work.wait_until_saved()
        expect(work.part("offline")).to_be_hidden()
    assert place.decisions(task) == expected


def refuse_connection(route: Route) -> None:
    route.abort("connectionrefused")


def lose_answer(route: Route) -> None:
    """The server has recorded it, and nobody here knows."""
    route.fetch()
    route.abort("connectionreset")


def be_busy(route: Route) -> None:
    problem = {"title": "Busy", "status": 503, "detail": "The database is busy."}
    route.fulfill(
        status=503, headers={"Retry-After": "1"}, content_type="application/problem+json", body=json.dumps(problem)
    )


def break_down(route: Route) -> None:
    route.fulfill(status=500, body="")


@pytest.mark.parametrize("fail", [refuse_connection, lose_answer, be_busy, break_down])
def test_a_failed_save_is_said_and_sent_again_and_counts_once(
    browser: Browser, place: Place, fail: Callable[[Route], None]
) -> None:
    task = place.task()
    with opened(browser, place, task) as work:
        work.page.route("**/api/v1/reviews", fail)
        expected = confirm(work, place, 3)
        expect(work.part("offline")).to_be_visible()
        expect(work.save_state).to_have_text("3 not yet saved")
        work.page.unroute("**/api/v1/reviews")
        expected += confirm(again(work), place, 1)
        work.wait_until_saved()
        expect(work.part("offline")).to_be_hidden()
    assert place.decisions(task) == expected
    assert len({review.uuid for review in place.reviews(task)}) == len(expected)


def again(work: Workplace) -> Workplace:
    """See the cell that is on the screen once more."""
    work.address = None
    return work


def test_a_held_key_labels_one_cell(browser: Browser, place: Place) -> None:
    task = place.task()
    with opened(browser, place, task) as work:
        first = work.see()
        for _ in range(20):
            work.page.keyboard.down("Enter")
        second = work.see()
        for _ in range(20):
            work.page.keyboard.down("Enter")
        work.page.keyboard.up("Enter")
        assert again(work).see() == second
        work.press("d")
        work.see()
        work.wait_until_saved()
    assert place.decisions(task) == [(first, "label", place.given(first), None), (second, "unsure", None, None)]


def test_a_held_key_on_a_focused_tile_labels_one_cell(browser: Browser, place: Place) -> None:
    task = place.task()
    with opened(browser, place, task) as work:
        first = work.see()
        label = another(place.given(first))
        work.tile(label).focus()
        for _ in range(20):
            work.page.keyboard.down("Enter")
        second = work.see()
        for _ in range(20):
            work.page.keyboard.down("Enter")
        work.page.keyboard.up("Enter")
        assert again(work).see() == second
        work.press("d")
        work.see()
        work.wait_until_saved()
    assert place.decisions(task) == [(first, "label", label, None), (second, "unsure", None, None)]


DOUBLE_ENTER = """() => {
  const stage = document.querySelector("[data-part=stage]");
  const press = () => {
    const enter = { key: "Enter", code: "Enter", bubbles: true, cancelable: true };
    stage.dispatchEvent(new KeyboardEvent("keydown", enter));
  };
  new MutationObserver((_, observer) => {
    observer.disconnect();
    press();
  }).observe(document.querySelector("[data-part=picture]"), { childList: true });
  press();
  press();
}"""
"""Enter twice in a row, and once more when the next picture stands in the page but is not painted yet."""


def test_a_second_enter_decides_nothing_before_the_next_cell_is_painted(browser: Browser, place: Place) -> None:
    task = place.task()
    with opened(browser, place, task) as work:
        first = work.see()
        work.page.evaluate(DOUBLE_ENTER)
        second = work.see()
        assert second != first
        work.press("d")
        work.see()
        work.wait_until_saved()
    assert place.decisions(task) == [(first, "label", place.given(first), None), (second, "unsure", None, None)]


def test_in_a_blind_round_enter_does_nothing_and_no_label_is_sent(browser: Browser, place: Place) -> None:
    task = place.task("blind")
    responses: list[Response] = []
    with opened(browser, place, task) as work:
        work.page.on("response", lambda response: responses.append(response))
        work.page.reload()
        digest = work.see()
        expect(work.part("kicker")).to_have_text("No label is shown")
        work.press("Enter", "Space")
        expect(work.part("kicker")).to_contain_text("nothing to confirm")
        assert again(work).see() == digest
        work.press(KEYS["eosinophil"])
        work.see()
        work.wait_until_saved()
        answers = [told(response) for response in responses if "/static/" not in response.url]
    assert place.decisions(task) == [(digest, "label", "eosinophil", None)]
    items = [item for url, text in answers if "/queue" in url for item in json.loads(text)["items"]]
    assert len(items) == len(LABELS)
    assert {item["shown_label"] for item in items} == {None}
    with place.database.reading() as session:
        paths = session.execute(select(Occurrence.path)).scalars().all()
        cells = session.execute(select(Cell.pid)).scalars().all()
    assert [(word, url) for url, text in answers for word in (*paths, *cells) if word in text or word in url] == []


def told(response: Response) -> tuple[str, str]:
    """What a response says: its text, or the headers of a picture."""
    is_picture = response.headers.get("content-type", "").startswith("image/")
    return response.url, str(response.headers) if is_picture else response.text()
