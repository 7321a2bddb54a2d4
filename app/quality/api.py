"""REST of quality: how good labels are, and when to stop looking for wrong ones."""

from fastapi import APIRouter, Request

from app.accounts.access import Reviewer
from app.quality import stopping_service
from app.quality.stopping_schemas import StoppingView
from app.web.dependencies import Database
from app.web.speech import language_for

router = APIRouter(prefix="/api/v1", tags=["quality"])


# When to stop


@router.get("/rounds/{round_id}/stopping")
def read_stopping(round_id: str, person: Reviewer, database: Database, request: Request) -> StoppingView:
    """What a round that looks for errors found, how many are left, with a 95 % interval, and what more looking brings.

    To reviewers once no open round of theirs hides it.
    """
    with database.reading() as session:
        view, notes = stopping_service.stopping_of(session, person, round_id)
    view.notes = [language_for(request).phrase(note) for note in notes]
    return view
