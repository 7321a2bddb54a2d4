"""Every page on a wide screen and on a phone, in all themes: whole, quiet, within its width, and without barriers."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import pack
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from sqlalchemy import delete, insert, select, update

from app.accounts import queries as accounts
from app.accounts import service as account_service
from app.accounts.access import COOKIE
from app.catalogue.models import Cell, CellSuspicion, Dataset, Prediction, PredictionModel
from app.catalogue.service import find_or_make_dataset
from app.database import Database, Writing, now
from app.labels.labelset import load_builtin
from app.review import rounds
from app.review.models import Assignment, Round, RoundCell, Verdict
from app.review.queries import next_assignments
from app.review.schemas import GivenAdjudication, RoundSettings
from app.review.service import adjudicate, record_reviews
from tests.browser.barriers import axe_of, barriers
from tests.browser.corpus import LABELS, Corpus
from tests.browser.screens import Workplace, begin, scrolls_sideways, watched
from tests.factories import a_person, an_answer, an_open_round, say
from tests.serving import Server, running_server, token_for

MLL23 = load_builtin("mll23")
PEOPLE = {
    "admin": "admin",
    "adjudicator1": "adjudicator",
    "reviewer1": "reviewer",
    "reviewer2": "reviewer",
    "reviewer4": "reviewer",
}
BLIND = "reviewer3"
SIZES: dict[str, ViewportSize] = {"wide": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}

PAGES = {
    "nobody": ("/sign-in", "/setup/{invitation}", "/setup/spent"),
    "admin": (
        "/",
        "/datasets",
        "/datasets/new",
        "/datasets/cells",
        "/datasets/cells/import",
        "/datasets/cells/cells",
        "/datasets/cells/rounds",
        "/datasets/cells/rounds/new",
        "/datasets/cells/disputes",
        "/datasets/cells/releases",
        "/datasets/cells/quality?rows=reviewer:reviewer1&columns=reviewer:reviewer2&row=basophil&column=basophil",
        "/datasets/cells/quality?rows=given&columns=consensus&group=patient&merge=neutrophils",
        "/datasets/cells/quality/cells?rows=reviewer:reviewer1&columns=reviewer:reviewer2&row=basophil&column=basophil",
        "/datasets/cells/atlas",
        "/datasets/cells/reviewers",
        "/datasets/empty",
        "/datasets/empty/import",
        "/datasets/empty/cells",
        "/datasets/empty/rounds",
        "/datasets/empty/releases",
        "/datasets/empty/quality",
        "/cells/{cell}",
        "/rounds/{round}",
        "/rounds/{round}/quality",
        "/rounds/{draft}",
        "/rounds/{looked}",
        "/rounds/{looked}/stopping",
        "/rounds/{round}/stopping",
        "/jobs/{job}",
        "/users",
        "/audit",
        "/nothing/here",
    ),
    "adjudicator1": (
        "/",
        "/datasets/cells/cells?view=pictures",
        "/datasets/cells/cells?state=agreed",
        "/datasets/cells/disputes",
        "/datasets/cells/adjudicate",
        "/datasets/cells/reviewers",
        "/datasets/cells/releases",
        "/datasets/cells/quality",
        "/datasets/empty/disputes",
        "/datasets/empty/adjudicate",
        "/cells/{settled}",
    ),
    "reviewer1": (
        "/",
        "/datasets",
        "/datasets/cells",
        "/datasets/cells/quality",
        "/datasets/cells/rounds",
        "/datasets/cells/reviewers",
        "/cells/{cell}",
        "/rounds/{round}",
        "/rounds/{round}/review",
        "/rounds/{round}/mine",
        "/rounds/{round}/grid",
        "/account",
        "/account/keys",
        "/account/keys/print",
        "/accessibility",
        "/help",
        "/api/docs",
    ),
    "reviewer2": ("/", "/rounds/{round}/review"),
    "reviewer4": ("/rounds/{looked}/review", "/rounds/{looked}/grid", "/rounds/{looked}/stopping"),
    BLIND: (
        "/",
        "/datasets",
        "/datasets/blind",
        "/datasets/blind/cells",
        "/datasets/blind/quality",
        "/rounds/{blind}",
        "/rounds/{blind}/review",
        "/rounds/{blind}/mine",
        "/rounds/{blind}/grid",
    ),
}
"""The pages that each person looks at; reviewer2 has answered for everything, reviewer4 looks for errors."""


@dataclass(frozen=True)
class Scene:
    """A server whose pages all have something to show, and the names in their addresses."""

    server: Server
    cookies: dict[str, str]
    names: dict[str, str]


@pytest.fixture(scope="module")
def axe(pytestconfig: pytest.Config) -> str:
    """The script that looks for barriers."""
    path = axe_of(pytestconfig.rootpath)
    if not path.exists():
        pytest.skip("axe-core is not installed: make node_modules/.installed")
    return path.read_text()


@pytest.fixture(scope="module")
def scene(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory, corpus: Corpus) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("pages")
    shutil.copy(migrated_sqlite, home / "cytoreview.db")
    address = f"sqlite:///{home / 'cytoreview.db'}"
    database = Database(address)
    with database.writing() as session:
        for name in ("cells", "empty", "blind", "looked"):
            find_or_make_dataset(session, name, MLL23, 11.52)
        for name, role in (PEOPLE | {BLIND: "reviewer"}).items():
            a_person(session, name, role)
        guest = account_service.create_user(session, "guest", "reviewer")
        invitation = account_service.issue_link(session, "invite", guest)
    with running_server(home, address, import_roots=str(corpus.folder.parent)) as server:
        with server.client(token_for(database, "admin")) as client:
            jobs = [
                done(client, f"/api/v1/datasets/{name}/imports", {"path": str(corpus.folder)})
                for name in ("cells", "blind", "looked")
            ]
            names = reviewed(database) | looked_for_errors(database)
            done(client, "/api/v1/datasets/cells/releases", {})
        with database.writing() as session:
            cookies = {
                name: account_service.open_session(session, accounts.person_by_name(session, name).id, 1)
                for name in (*PEOPLE, BLIND)
            }
        yield Scene(server, cookies, names | {"job": jobs[0], "invitation": invitation})
    database.close()


def done(client: Any, path: str, body: dict[str, Any]) -> str:
    """Ask for long work and see its end; the id of its job."""
    answer = client.post(path, json=body)
    assert answer.status_code == 202, answer.text
    job: str = answer.json()["id"]
    while (state := client.get(f"/api/v1/jobs/{job}").json()["state"]) != "done":
        assert state in ("queued", "running")
    return job


def reviewed(database: Database) -> dict[str, str]:
    """Rounds with answers: agreement, disputes, a settlement, and something left to do."""
    with database.writing() as session:
        round = an_open_round(session, "cells", ["reviewer1", "reviewer2"])
        blind = an_open_round(session, "blind", [BLIND], presentation="blind")
        settings = RoundSettings(name="Later", dataset="cells", reviewers=["reviewer1"])
        draft = rounds.draft_round(session, settings, a_person(session, "admin", "admin"))
        cells = session.execute(
            select(Cell.id, Cell.pid)
            .join(RoundCell, RoundCell.cell == Cell.id)
            .join(Round, RoundCell.round == Round.id)
            .where(Round.pid == round)
            .order_by(Cell.id)
        ).all()
        for number, (cell, _) in enumerate(cells):
            answer = LABELS[number % len(LABELS)]
            say(session, round, "reviewer2", cell, answer, comment="Seen twice" if number == 1 else "")
            if number < 8:
                other = answer if number % 2 else LABELS[(number + 1) % len(LABELS)]
                say(session, round, "reviewer1", cell, other if number != 6 else None, flag=number == 2, seconds=2.5)
        settled = GivenAdjudication(id=uuid4(), verdict=Verdict.LABEL, label=LABELS[0], reason="size")
        adjudicate(session, a_person(session, "adjudicator1"), cells[2].pid, settled)
    return {"round": round, "blind": blind, "draft": draft, "cell": cells[1].pid, "settled": cells[2].pid}


def looked_for_errors(database: Database) -> dict[str, str]:
    """A round that brings the most suspicious cells first, with predictions beside them, half read."""
    with database.writing() as session:
        cells = session.execute(
            select(Cell.id, Cell.given_label, Cell.dataset)
            .join(Dataset, Cell.dataset == Dataset.id)
            .where(Dataset.slug == "looked", Cell.given_label.is_not(None))
            .order_by(Cell.id)
        ).all()
        suspect(session, cells[0].dataset, [(cell.id, cell.given_label, number) for number, cell in enumerate(cells)])
        settings: dict[str, Any] = {"order": "suspicion", "audit_share": 0.3, "suggestions": "predictions", "seed": 5}
        pid = an_open_round(session, "looked", ["reviewer4"], **settings)
        person = a_person(session, "reviewer4")
        given = {cell.id: cell.given_label for cell in cells}
        of = dict(session.execute(select(Assignment.pid, Assignment.cell)).all())
        items = next_assignments(session, pid, person, 7, 0).items
        record_reviews(
            session,
            person,
            [
                an_answer(
                    item.assignment_id, LABELS[number % 2] if number < 3 else MLL23[given[of[item.assignment_id]]].name
                )
                for number, item in enumerate(items)
                if of[item.assignment_id] in given
            ],
        )
    return {"looked": pid}


def suspect(session: Writing, dataset: int, cells: list[tuple[int, int, int]]) -> None:
    """What a model and look-alikes say of cells, the first ones the most suspicious."""
    model = session.execute(
        insert(PredictionModel)
        .values(dataset=dataset, name="net", version="1", loaded_at=now())
        .returning(PredictionModel.id)
    ).scalar_one()
    session.execute(delete(CellSuspicion).where(CellSuspicion.cell.in_([cell for cell, _, _ in cells])))
    for cell, given, number in cells:
        probabilities = [0.0] * len(MLL23)
        other = (given + 1) % len(MLL23)
        probabilities[other] = 0.75
        packed = pack(f"<{len(MLL23)}f", *probabilities)
        session.execute(insert(Prediction).values(model=model, cell=cell, label=other, probabilities=packed))
        session.execute(
            insert(CellSuspicion).values(cell=cell, votes=False, source="looks", suggested=other, said=6, of=8)
        )
        session.execute(
            update(Cell).where(Cell.id == cell).values(suspicion=1 - number / len(cells), predicted_label=other)
        )


@pytest.fixture(scope="module", params=SIZES)
def look(request: pytest.FixtureRequest, browser: Browser, scene: Scene) -> Iterator[dict[str, Page]]:
    """A browser for each person, in a size, with one page that goes from address to address."""
    size = request.param
    contexts = {}
    for name in PAGES:
        contexts[name] = browser.new_context(
            color_scheme="light", viewport=SIZES[size], reduced_motion="reduce", base_url=scene.server.url
        )
        if name in scene.cookies:
            contexts[name].add_cookies([{"name": COOKIE, "value": scene.cookies[name], "url": scene.server.url}])
    yield {name: context.new_page() for name, context in contexts.items()}
    for context in contexts.values():
        context.close()


def complete(page: Page) -> None:
    """Wait until the page has everything that it asks for after its beginning."""
    if page.locator("grid-page").count():
        expect(page.locator("cell-grid [role=option]:visible, [data-part=notice]:visible").first).to_be_visible()
    elif page.locator("cell-viewer").count():
        Workplace(page).see_or_end()
    if page.locator("[data-suggestion]").count() and page.locator("[data-suggestion]:visible").count():
        expect(page.locator("[data-suggestion]:visible [data-slot=model]").first).not_to_be_empty()
    if page.locator("live-plan").count():
        expect(page.locator("[data-plan]")).to_be_visible()
    if page.locator("api-docs").count():
        expect(page.locator("[data-loading]")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "path"), [pytest.param(name, path, id=f"{name}:{path}") for name, paths in PAGES.items() for path in paths]
)
def test_a_page_is_whole_quiet_and_without_barriers(
    look: dict[str, Page], scene: Scene, axe: str, name: str, path: str
) -> None:
    page = look[name]
    begin(page)
    complaints = watched(page)
    response = page.goto(path.format(**scene.names))
    assert response is not None
    complete(page)
    is_missing = path in ("/nothing/here", "/setup/spent")
    assert response.status == (404 if is_missing else 200)
    assert [said for said in complaints if not (is_missing and "404" in said)] == []
    assert page.locator("h1").count() == 1
    assert page.locator("h1").inner_text().strip()
    assert page.locator("main").count() == 1
    assert re.fullmatch(r"\S.* · cytoreview", page.title())
    assert not scrolls_sideways(page)
    assert barriers(page, axe) == {}
