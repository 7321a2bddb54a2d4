"""Pages of quality: how good labels are, and when to stop looking for wrong ones."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.accounts.access import Reviewer
from app.quality import stopping_chart, stopping_service
from app.quality.round_cells import readable_round
from app.review.blind import sight_of
from app.review.heads import dataset_head
from app.web.dependencies import Database
from app.web.templating import page

router = APIRouter(include_in_schema=False)


# When to stop


@router.get("/rounds/{pid}/stopping")
def show_stopping(request: Request, pid: str, person: Reviewer, database: Database) -> Response:
    """What a round that looks for errors found and left, in words, with the yield curve and its table."""
    shown: dict[str, Any] = {"told": None, "notes": [], "chart": None, "steps": []}
    with database.reading() as session:
        view, held = readable_round(session, person, pid)
        head = dataset_head(session, sight_of(session, person), view.dataset)
        if not held:
            told, notes = stopping_service.stopping_of(session, person, pid)
            shown = {
                "told": told,
                "notes": notes,
                "chart": stopping_chart.yield_chart(told),
                "steps": stopping_chart.steps(told.curve),
            }
    return page(
        request,
        "quality/stopping.html",
        person,
        dataset=head,
        round={"pid": view.id, "name": view.name, "state": view.state, "order": view.order},
        held=held,
        **shown,
    )
