"""The reference: what stands beside the picture, what a key opens, and what it asks the server for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.accounts import service as account_service
from tests.browser.house import MLL23, PHONE, come_in
from tests.browser.rounds import Laboratory, another, laboratory, reviewing, title
from tests.browser.screens import KEYS, scrolls_sideways, watched


@pytest.fixture(scope="module")
def place(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with laboratory(migrated_sqlite, tmp_path_factory.mktemp("reference"), measured=True) as started:
        yield started


def listened(page: Page) -> list[str]:
    """What is asked of the reference and of look-alikes from now on."""
    asked: list[str] = []
    page.on(
        "request",
        lambda request: (
            asked.append(request.url) if request.url.split("?")[0].endswith(("/reference", "/similar")) else None
        ),
    )
    return asked


def rival(label: str) -> str:
    return MLL23[MLL23.confusable(MLL23.index(label))[0]].name


def test_the_shown_class_and_its_rival_stand_beside_the_picture(browser: Browser, place: Laboratory) -> None:
    task = place.task(filter={"born_disputed": False})
    with reviewing(browser, place, task) as work:
        asked = listened(work.page)
        wanted: set[str] = set()
        for _ in range(8):
            (shown,) = place.given[work.see()]
            wanted |= {shown, rival(shown)}
            columns = work.page.locator(".compare [data-part=class]")
            expect(columns.nth(0).locator(".name")).to_have_text(title(shown))
            expect(columns.nth(1).locator(".name")).to_have_text(title(rival(shown)))
            expect(columns.nth(0).locator(".reference-tile img")).not_to_have_count(0)
            work.press("Enter")
        (shown,) = place.given[work.see()]
        wanted |= {shown, rival(shown)}
        work.wait_until_saved()
        work.page.wait_for_load_state("networkidle")
    names = [url.split("/classes/")[1].split("/")[0] for url in asked]
    assert len(names) == len(set(names)), "a class is asked for once"
    assert set(names) <= wanted
    assert not any("similar" in url for url in asked), "look-alikes are asked for only while they are open"


def test_one_key_goes_round_and_class_keys_go_on_deciding(browser: Browser, place: Laboratory) -> None:
    task = place.task(filter={"born_disputed": False})
    with reviewing(browser, place, task) as work:
        digest = work.see()
        (shown,) = place.given[digest]
        panel = work.page.locator("reference-panel")
        expect(panel).to_be_hidden()
        work.press("v")
        expect(panel.locator("[data-part=pair] section").nth(0).locator(".name")).to_have_text(title(shown))
        work.press("v")
        look_alikes = panel.locator("[data-part=alike] figure")
        expect(look_alikes).to_have_count(12)
        captions = panel.locator("[data-part=alike] figcaption").all_inner_texts()
        assert {"given"} <= {caption[:5] for caption in captions} <= {"given", ""}, "a born-disputed one has no label"
        work.press("v")
        expect(panel.locator("[data-part=atlas] .name")).to_have_text(title(shown))
        work.press("ArrowRight")
        following = MLL23[(MLL23.index(shown) + 1) % len(MLL23)].name
        expect(panel.locator("[data-part=atlas] .name")).to_have_text(title(following))
        panel.locator("[data-part=atlas] .neighbours button").first.click()
        expect(panel.locator("[data-part=atlas] .name")).to_have_text(title(rival(following)))
        work.press(KEYS[another(shown)])
        following_digest = work.see()
        expect(panel).to_be_visible()
        work.press("Escape")
        expect(panel).to_be_hidden()
        work.press("ArrowLeft")
        assert work.see() == digest, "with the panel closed the arrows go from cell to cell again"
        work.wait_until_saved()
    assert following_digest != digest
    assert place.answers(task) == [(digest, another(shown))]


@pytest.mark.parametrize("presentation", ["blind", "reveal"])
def test_a_blind_reviewer_looks_up_what_they_like_and_look_alikes_say_nothing(
    browser: Browser, place: Laboratory, presentation: str
) -> None:
    blind = ("myeloblast", "promyelocyte", "myelocyte")
    task = place.task(presentation, filter={"given_label": ",".join(blind)})
    with reviewing(browser, place, task) as work:
        work.see()
        columns = work.page.locator(".compare [data-part=class]")
        expect(columns.nth(0).locator(".cells")).to_be_empty()
        columns.nth(0).locator("select").select_option("monocyte")
        expect(columns.nth(0).locator(".reference-tile")).not_to_have_count(0)
        columns.nth(1).locator("select").select_option("myelocyte")
        expect(columns.nth(1).locator(".reference-note")).to_have_count(1)
        work.press("v", "v")
        expect(work.page.locator("[data-part=alike] figure")).to_have_count(12)
        assert set(work.page.locator("[data-part=alike] figcaption").all_inner_texts()) == {""}
        work.page.reload()
        work.address = None
        work.see()
        expect(columns.nth(0).locator(".cue")).to_have_text(MLL23[MLL23.index("monocyte")].cue.to("en"))  # type: ignore[union-attr]


def test_touch_opens_the_reference_above_the_palette(browser: Browser, place: Laboratory) -> None:
    task = place.task(filter={"born_disputed": False})
    with reviewing(browser, place, task, **PHONE) as work:
        (shown,) = place.given[work.see()]
        panel = work.page.locator("reference-panel")
        work.act("reference").tap()
        expect(panel.locator("[data-part=pair] .name").nth(0)).to_have_text(title(shown))
        panel.locator("[data-act=view][data-name=atlas]").tap()
        panel.locator("[data-part=classes] [data-name=basophil]").tap()
        expect(panel.locator("[data-part=atlas] .name")).to_have_text(title("basophil"))
        assert not scrolls_sideways(work.page)
        expect(work.tile("basophil")).to_be_in_viewport()
        panel.locator("[data-act=leave]").tap()
        expect(panel).to_be_hidden()


def test_a_dispute_stands_beside_its_look_alikes_and_its_candidates_references(
    browser: Browser, place: Laboratory
) -> None:
    with place.database.writing() as session:
        account_service.create_user(session, "adjudicator1", "adjudicator")
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        complaints = watched(page)
        come_in(context, place.server, place.database, "adjudicator1")
        page.goto(f"{place.server.url}/datasets/cells/adjudicate")
        candidates = page.locator("[data-part=cues] section")
        expect(candidates).to_have_count(2)
        for candidate in candidates.all():
            expect(candidate.locator(".reference-tile")).not_to_have_count(0)
        expect(page.locator("[data-part=alike] figure")).to_have_count(6)
        assert complaints == []


def test_the_atlas_shows_a_class_and_leads_to_what_it_is_taken_for(browser: Browser, place: Laboratory) -> None:
    task = place.task(filter={"born_disputed": False})
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        complaints = watched(page)
        come_in(context, place.server, place.database, task.reviewer)
        page.goto(f"{place.server.url}/datasets/cells/atlas?class=neutrophil_band")
        expect(page.locator("#atlas-class")).to_have_text(title("neutrophil_band"))
        expect(page.locator(".atlas-cells figure")).not_to_have_count(0)
        page.locator(".taken-for a").first.click()
        expect(page.locator("#atlas-class")).to_have_text(title(rival("neutrophil_band")))
        assert complaints == []
