"""How a cell is looked at: whole device pixels, the view that stays, the scale, and files that were altered or lost."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts import service as account_service
from app.catalogue.importing import import_files
from app.catalogue.models import Cell, Occurrence
from app.catalogue.origins import open_origin
from app.catalogue.service import find_or_make_dataset
from app.demo.drawing import draw_cell, tiff
from app.review.models import Assignment
from tests.browser.house import MLL23
from tests.browser.rounds import Laboratory, Task, laboratory, reviewing
from tests.browser.screens import Workplace
from tests.factories import an_open_round

BLOCKS = """async () => {
  const image = document.querySelector("[data-part=picture] img");
  const { left, top, width, height } = image.getBoundingClientRect();
  return {
    left: left * devicePixelRatio,
    top: top * devicePixelRatio,
    zoom: (width * devicePixelRatio) / image.naturalWidth,
    tall: (height * devicePixelRatio) / image.naturalHeight,
  };
}"""
"""Where the picture lies and how large its pixels are, in device pixels."""


@pytest.fixture(scope="module")
def lab(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(migrated_sqlite, tmp_path_factory.mktemp("viewer")) as made:
        yield made


def a_task(lab: Laboratory) -> Task:
    return lab.task(filter={"born_disputed": False})


def zoom(work: Workplace) -> str:
    return work.part("zoom").inner_text()


def place(page: Page) -> dict[str, float]:
    found: dict[str, float] = page.evaluate(BLOCKS)
    return found


@pytest.mark.parametrize("ratio", [1, 1.25, 2, 3])
def test_a_pictures_pixels_are_whole_device_pixels(browser: Browser, lab: Laboratory, ratio: float) -> None:
    with reviewing(browser, lab, a_task(lab), device_scale_factor=ratio) as work:
        work.see()
        for key in ("", "+", "+", "-", "Shift+ArrowRight"):
            if key:
                work.press(key)
            at = place(work.page)
            assert at["zoom"] == pytest.approx(round(at["zoom"]), abs=0.002)
            assert at["zoom"] == pytest.approx(at["tall"], abs=0.002)
            assert zoom(work) == f"{round(at['zoom'])}×"
            assert at["left"] == pytest.approx(round(at["left"]), abs=0.05)
            assert at["top"] == pytest.approx(round(at["top"]), abs=0.05)
            assert is_in_blocks(work.page, at, ratio)


def is_in_blocks(page: Page, at: dict[str, float], ratio: float) -> bool:
    """Whether the screen shows squares of one colour, each as large as the zoom, where the picture's pixels are."""
    from io import BytesIO

    from PIL import Image

    size = round(at["zoom"])
    room = page.locator("[data-part=room]").bounding_box()
    assert room is not None
    left = max(round(at["left"]), int(np.ceil(room["x"] * ratio)))
    top = max(round(at["top"]), int(np.ceil(room["y"] * ratio)))
    left += -(left - round(at["left"])) % size
    top += -(top - round(at["top"])) % size
    with Image.open(BytesIO(page.screenshot())) as shot:
        pixels = np.asarray(shot.convert("RGB"))[top : top + 20 * size, left : left + 20 * size].astype(int)
    blocks = pixels.reshape(20, size, 20, size, 3)
    return bool((blocks == blocks[:, :1, :, :1]).all())


def test_zoom_goes_by_wheel_and_keys_and_stays_for_the_next_cell_and_after_a_reload(
    browser: Browser, lab: Laboratory
) -> None:
    with reviewing(browser, lab, a_task(lab)) as work:
        work.see()
        expect(work.part("zoom")).to_have_text("2×")
        work.part("room").hover(position={"x": 100, "y": 100})
        work.page.mouse.wheel(0, -120)
        expect(work.part("zoom")).to_have_text("3×")
        work.press("+")
        expect(work.part("zoom")).to_have_text("4×")
        work.press("-")
        expect(work.part("zoom")).to_have_text("3×")
        work.press("Enter")
        work.see()
        expect(work.part("zoom")).to_have_text("3×")
        work.wait_until_saved()
        work.page.reload()
        work.address = None
        work.see()
        expect(work.part("zoom")).to_have_text("3×")
        work.press("i", "i", "i", "i")
        expect(work.part("zoom")).to_have_text("1×")


def test_the_wheel_zooms_about_what_it_points_at(browser: Browser, lab: Laboratory) -> None:
    with reviewing(browser, lab, a_task(lab)) as work:
        work.see()
        room = work.part("room").bounding_box()
        assert room is not None
        x, y = room["x"] + room["width"] * 0.7, room["y"] + room["height"] * 0.4
        before = place(work.page)
        work.page.mouse.move(x, y)
        work.page.mouse.wheel(0, -120)
        expect(work.part("zoom")).to_have_text("3×")
        after = place(work.page)
        pixel = [
            ((x if axis == "left" else y) - at[axis]) / at["zoom"] for at in (before, after) for axis in ("left", "top")
        ]
        assert pixel[:2] == pytest.approx(pixel[2:], abs=1)


def test_a_large_picture_is_moved_by_drag_and_by_arrows_with_shift_and_stays(browser: Browser, lab: Laboratory) -> None:
    with reviewing(browser, lab, a_task(lab)) as work:
        first = work.see()
        work.press("+", "+")
        centred = place(work.page)
        room = work.part("room").bounding_box()
        assert room is not None
        middle = (room["x"] + room["width"] / 2, room["y"] + room["height"] / 2)
        work.page.mouse.move(*middle)
        work.page.mouse.down()
        work.page.mouse.move(middle[0] + 40, middle[1] + 24, steps=4)
        work.page.mouse.up()
        dragged = place(work.page)
        assert (dragged["left"] - centred["left"], dragged["top"] - centred["top"]) == pytest.approx((40, 24), abs=1)
        work.press("Shift+ArrowLeft")
        moved = place(work.page)
        assert moved["left"] - dragged["left"] == pytest.approx(room["width"] / 8, abs=1)
        work.press("Enter")
        assert work.see() != first
        assert place(work.page) == moved
        for _ in range(20):
            work.press("Shift+ArrowRight")
        far = place(work.page)
        assert far["left"] + far["zoom"] * 288 >= room["x"] + room["width"] - 1, "no ground beside a larger picture"


def test_two_fingers_zoom(browser: Browser, lab: Laboratory) -> None:
    phone: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 2}
    with reviewing(browser, lab, a_task(lab), **phone) as work:
        work.see()
        before = zoom(work)
        room = work.part("room").bounding_box()
        assert room is not None
        x, y = room["x"] + room["width"] / 2, room["y"] + room["height"] / 2
        session = work.page.context.new_cdp_session(work.page)
        for kind, apart in (("touchStart", 40), ("touchMove", 60), ("touchMove", 90), ("touchMove", 120)):
            points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        expect(work.part("zoom")).not_to_have_text(before)
        assert place(work.page)["zoom"] == pytest.approx(round(place(work.page)["zoom"]), abs=0.002)


def test_contrast_stays_until_one_key_resets_it_and_the_page_says_so(browser: Browser, lab: Laboratory) -> None:
    task = a_task(lab)
    with reviewing(browser, lab, task) as work:
        work.see()
        badge = work.page.locator(".tool.contrast .changed")
        expect(badge).to_be_hidden()
        work.press("j")
        for _ in range(4):
            work.press("ArrowRight")
        work.press("Escape")
        expect(badge).to_be_visible()
        expect(badge).to_have_text("Contrast changed, J resets")
        changed = "brightness(1) contrast(1.2)"
        assert shown_filter(work.page) == changed
        work.press("Enter")
        work.see()
        assert shown_filter(work.page) == changed
        work.wait_until_saved()
        work.page.reload()
        work.address = None
        work.see()
        assert shown_filter(work.page) == changed
        work.press("j")
        assert shown_filter(work.page) == "none"
        expect(badge).to_be_hidden()


@pytest.mark.parametrize("key", ["0", "Shift+J"])
def test_one_key_makes_the_picture_neutral(browser: Browser, lab: Laboratory, key: str) -> None:
    with reviewing(browser, lab, a_task(lab)) as work:
        work.see()
        work.press("j", "ArrowLeft", "Escape")
        assert shown_filter(work.page) != "none"
        work.press(key)
        assert shown_filter(work.page) == "none"


def shown_filter(page: Page) -> str:
    value: str = page.evaluate("getComputedStyle(document.querySelector('[data-part=picture]')).filter")
    return value


@pytest.mark.parametrize("ratio", [1, 1.25, 2])
def test_the_scale_is_the_datasets_at_every_zoom(browser: Browser, lab: Laboratory, ratio: float) -> None:
    with reviewing(browser, lab, a_task(lab), device_scale_factor=ratio) as work:
        work.see()
        work.press("7")
        for key in ("", "+", "i"):
            if key:
                work.press(key)
            device_px_per_um = 11.52 * place(work.page)["zoom"]
            ring = work.part("ring").bounding_box()
            bar = work.part("scale-bar").bounding_box()
            assert ring is not None
            assert bar is not None
            um = float(work.part("scale-um").inner_text().removesuffix(" µm"))
            assert ring["width"] * ratio == pytest.approx(7 * device_px_per_um, abs=1)
            assert bar["width"] * ratio == pytest.approx(um * device_px_per_um, abs=1)


# Datasets and files of their own


def a_dataset(
    lab: Laboratory, home: Path, slug: str, px_per_um: float | None, sizes: list[tuple[int, int]]
) -> tuple[Task, Path]:
    """A round over cells of these sizes, whose pictures nobody has looked at yet."""
    folder = home / slug
    for number, (width, height) in enumerate(sizes):
        picture = draw_cell("monocyte", np.random.default_rng([7, number]))
        tiles = np.tile(picture, (-(-height // 288), -(-width // 288), 1))[:height, :width]
        path = folder / "monocyte" / f"monocyte_{number:04}.TIF"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tiff(np.ascontiguousarray(tiles), "raw"))
    with lab.database.writing() as session:
        dataset, _ = find_or_make_dataset(session, slug, MLL23, px_per_um)
    blobs = (home / f"{slug}-blobs").as_uri()
    import_files(lab.database, open_origin(folder), dataset, MLL23, blobs_url=blobs, processes=0)
    reviewer = f"{slug}-reviewer"
    with lab.database.writing() as session:
        account_service.create_user(session, reviewer, "reviewer")
        round = an_open_round(session, slug, [reviewer], presentation="sighted")
    return Task(round, reviewer), folder


def test_without_pixels_per_micrometre_there_is_no_scale_and_the_page_says_why(
    browser: Browser, lab: Laboratory, tmp_path: Path
) -> None:
    task, _ = a_dataset(lab, tmp_path, "unscaled", None, [(288, 288)])
    with reviewing(browser, lab, task) as work:
        work.see()
        expect(work.page.locator(".no-scale")).to_have_text(
            "No scale bar: the dataset doesn’t say how many pixels are a micrometre."
        )
        expect(work.part("scale")).to_be_hidden()
        work.press("7")
        expect(work.part("ring")).to_be_hidden()
        expect(work.page.locator("cell-viewer [data-act=ring]")).to_be_hidden()


def test_cells_of_other_sizes_are_seen_whole_at_first(browser: Browser, lab: Laboratory, tmp_path: Path) -> None:
    task, _ = a_dataset(lab, tmp_path, "sizes", 10, [(80, 60), (360, 363), (1200, 900)])
    with reviewing(browser, lab, task) as work:
        room = work.part("room").bounding_box()
        assert room is not None
        for _ in range(3):
            work.see()
            picture = work.page.locator("[data-part=picture] img").bounding_box()
            assert picture is not None
            assert picture["width"] <= room["width"] + 1
            assert picture["height"] <= room["height"] + 1
            scale = place(work.page)["zoom"]
            assert scale == pytest.approx(round(scale)) or 1 / scale == pytest.approx(round(1 / scale))
            work.press("Enter")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("altered", "The file doesn’t match its digest."),
        ("missing", "The file isn’t where it was."),
    ],
)
def test_a_file_that_is_no_longer_what_it_was_is_said_and_nothing_is_decided_on_it(
    browser: Browser, lab: Laboratory, tmp_path: Path, harm: str, words: str
) -> None:
    task, folder = a_dataset(lab, tmp_path, harm, 11.52, [(288, 288), (288, 289)])
    victim = first_file(lab, task, folder)
    # Renditions that were made while importing would stand in for the original.
    shutil.rmtree(lab.server.home / "blobs", ignore_errors=True)
    if harm == "altered":
        victim.write_bytes(tiff(draw_cell("basophil", np.random.default_rng(99)), "raw"))
    else:
        victim.unlink()
    with reviewing(browser, lab, task) as work:
        assert work.see_or_end() is None
        expect(work.notice).to_contain_text("This picture can’t be shown")
        expect(work.notice).to_contain_text(words)
        expect(work.notice).to_contain_text("Nothing was saved for it. The cell stays in your queue.")
        work.press("Enter", "b", "d")
        work.press("ArrowRight")
        digest = work.see()
        work.press("Enter")
        expect(work.page.locator("last-five button:visible")).to_have_count(1)
        work.wait_until_saved()
    assert lab.answers(task) == [(digest, "monocyte")]


def first_file(lab: Laboratory, task: Task, folder: Path) -> Path:
    """The file of the cell that comes first in the queue."""
    with lab.database.reading() as session:
        reviewer = accounts.person_by_name(session, task.reviewer).id
        path = session.execute(
            select(Occurrence.path)
            .join(Cell, Occurrence.cell == Cell.id)
            .join(Assignment, Assignment.cell == Cell.id)
            .where(Assignment.reviewer == reviewer)
            .order_by(Assignment.position)
            .limit(1)
        ).scalar_one()
    return folder / path


def test_a_file_that_is_no_picture_is_told_from_one_that_was_altered(browser: Browser, lab: Laboratory) -> None:
    task = a_task(lab)
    with reviewing(browser, lab, task) as work:
        work.see()
        work.page.route(
            "**/image?size=display", lambda route: route.fulfill(status=200, content_type="image/webp", body=b"no")
        )
        work.page.reload()
        expect(work.notice).to_contain_text("The file can’t be read.")
    assert lab.answers(task) == []
