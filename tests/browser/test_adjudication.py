"""What stands beside a dispute: votes with their reviewers' reliability, models, copies; and a reason by own keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import insert, select, update

from app.accounts import service as account_service
from app.accounts.models import User
from app.catalogue.models import Cell, Prediction, PredictionModel
from app.database import Database, now
from app.review.models import Review
from tests.browser.house import MLL23, come_in, draw_grained, furnished
from tests.browser.screens import KEYS, Workplace, watched
from tests.factories import an_open_round, say
from tests.serving import Server

SEGMENTED, BAND, MYELOBLAST = "neutrophil_segmented", "neutrophil_band", "myeloblast"
CELLS, TORN = 8, 3
DRAWINGS = 2
"""Each is there four times, with a grain of its own."""

OWN_KEYS = {"own_keys": {"mll23": {"letter": {"reason_nucleus": ["9"]}}}}


@dataclass(frozen=True)
class Place:
    server: Server
    database: Database


@pytest.fixture
def place(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Place]:
    """Two reviewers differ on three of eight cells; the last one is a costly confusion, has copies, and a model has
    its say. The adjudicator has a key of their own for the reason *nucleus*."""
    draw_grained(tmp_path / "cells", SEGMENTED, CELLS, DRAWINGS)
    with furnished(migrated_sqlite, tmp_path, tmp_path / "cells", measured=True) as (server, database):
        with database.writing() as session:
            account_service.create_user(session, "adjudicator1", "adjudicator")
            session.execute(update(User).where(User.name == "adjudicator1").values(settings=OWN_KEYS))
            settings = {"presentation": "blind", "reviews_per_cell": 2, "reason_required": True}
            pid = an_open_round(session, "cells", ["reviewer1", "reviewer2"], **settings)  # type: ignore[arg-type]
            cells = session.execute(select(Cell.id, Cell.pid, Cell.dataset).order_by(Cell.id)).all()
            for number, cell in enumerate(cells):
                other = MYELOBLAST if number == TORN - 1 else BAND if number < TORN else SEGMENTED
                say(session, pid, "reviewer1", cell.id, SEGMENTED, comment="a filament" if number == TORN - 1 else "")
                say(session, pid, "reviewer2", cell.id, other)
            worst = cells[TORN - 1]
            model = session.execute(
                insert(PredictionModel)
                .values(dataset=worst.dataset, name="net", version="3", loaded_at=now())
                .returning(PredictionModel.id)
            ).scalar_one()
            label = MLL23.index(MYELOBLAST)
            session.execute(insert(Prediction).values(model=model, cell=worst.id, label=label, probabilities=None))
        yield Place(server, database)


def test_the_worst_dispute_stands_with_its_evidence_and_the_reason_waits_for_ones_own_key(
    browser: Browser, place: Place
) -> None:
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        complaints = watched(page)
        come_in(context, place.server, place.database, "adjudicator1")
        page.goto(f"{place.server.url}/datasets/cells/adjudicate")
        work = Workplace(page)
        work.see()
        expect(page.locator("[data-part=why]")).to_contain_text("Costly to get wrong.")
        votes = page.locator("[data-part=votes] tr")
        expect(votes.nth(0)).to_contain_text("Reviewer A")
        expect(votes.nth(0)).to_contain_text("“a filament”")
        expect(votes.nth(0).locator(".right")).to_have_text(f"{CELLS - TORN} of {CELLS}")
        expect(votes.nth(0).locator(".interval")).to_contain_text("95 % interval")
        expect(votes.nth(1).locator(".right")).to_have_text("0 of 1")
        expect(page.locator("[data-part=predicted]")).to_contain_text("net 3")
        copies = page.locator("[data-part=nearly-same] figure")
        expect(copies).to_have_count(CELLS // DRAWINGS - 1)
        expect(copies.first).to_contain_text("Seg")
        work.press(KEYS[MYELOBLAST])
        expect(page.locator("[data-part=settle-words]")).to_have_text("Choose a reason: 1 9 3 4 5 K")
        work.press("9")
        work.see()
        work.wait_until_saved()
        assert complaints == []
    with place.database.reading() as session:
        settled = session.execute(select(Review.label, Review.reason).where(Review.kind == "adjudication")).all()
    assert settled == [(MLL23.index(MYELOBLAST), "nucleus")]
