"""REST of quality: how far people agree, which answers meet which, where errors hide, and when to stop looking."""

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.accounts.access import Adjudicator, Admin, Reviewer
from app.catalogue.api import job_answer
from app.catalogue.schemas import JobAnswer
from app.database import Text
from app.jobs import queries as jobs
from app.quality import reviewers_service, service, stopping_service, suspects, telling
from app.quality.reviewers_schemas import CellReliability, ReviewersAnswer
from app.quality.schemas import AgreementAnswer, ConfusionAnswer, FieldCell, FieldCells
from app.quality.stopping_schemas import StoppingView
from app.quality.suspicion_schemas import SuspectList
from app.web.dependencies import Database
from app.web.etags import entity_tag, is_current, not_modified
from app.web.lists import Cursor, Limit, decode_cursor, link_next
from app.web.speech import language_for

router = APIRouter(prefix="/api/v1", tags=["quality"])

PRIVATE = "private, no-cache"
CSV = "text/csv; charset=utf-8; header=present"

Shown = Annotated[
    Literal["all", "blind", "sighted"] | None, Query(description="Answers of this presentation; all, unless asked.")
]
OfRound = Annotated[Text | None, Query(description="Answers of this round.", max_length=16)]
Merged = Annotated[
    Text | None, Query(description="Merges of the label set, joined by commas: their classes count as one.")
]
Format = Annotated[Literal["json", "csv"] | None, Query(description="As `Accept: text/csv` does.")]


# Agreement and confusion


@router.get("/datasets/{dataset}/agreement", response_model=AgreementAnswer)
def read_agreement(
    dataset: str,
    person: Reviewer,
    database: Database,
    request: Request,
    round: OfRound = None,
    presentation: Shown = None,
    merge: Merged = None,
    group: Annotated[
        Text | None, Query(description="An attribute: intervals from drawing its groups anew.", max_length=200)
    ] = None,
    format: Format = None,
) -> Response:
    """How far reviewers agree, overall, by pair and by class, blind and sighted apart. A reviewer: on their own cells.

    95 % intervals from 1,000 bootstrap samples of cells, or of the groups that an attribute makes.
    """
    wanted = service.PRESENTATIONS if presentation is None else (presentation,)
    with database.reading() as session:
        scope = service.scope_of(session, database, person, dataset, round, merge)
        answer = service.agreement_answer(scope, service.agreement(session, scope, wanted, group or None))
    if wants_csv(request, format):
        return as_csv(request, dataset, "agreement", telling.AGREEMENT_COLUMNS, telling.agreement_rows(answer))
    return as_json(request, answer)


@router.get("/datasets/{dataset}/confusion", response_model=ConfusionAnswer)
def read_confusion(
    dataset: str,
    person: Reviewer,
    database: Database,
    request: Request,
    rows: Annotated[
        Text, Query(description="`given`, `consensus`, `prediction`, `reviewer:NAME`, `first` …")
    ] = "given",
    columns: Annotated[Text, Query(description="The same; `first` goes with `repeat`.")] = "consensus",
    round: OfRound = None,
    presentation: Shown = None,
    merge: Merged = None,
    format: Format = None,
) -> Response:
    """How many cells have each pair of answers, classes in the label set's order. A reviewer: their own answers."""
    with database.reading() as session:
        scope = service.scope_of(session, database, person, dataset, round, merge)
        found = service.confusion(session, scope, *service.axes_named(session, scope, rows, columns), presentation)
        answer = telling.confusion_answer(session, scope, found)
    if wants_csv(request, format):
        return as_csv(request, dataset, "confusion", telling.CONFUSION_COLUMNS, telling.confusion_rows(answer))
    return as_json(request, answer)


@router.get("/datasets/{dataset}/confusion/cells", response_model=FieldCells)
def read_field(
    dataset: str,
    person: Reviewer,
    database: Database,
    request: Request,
    row: Annotated[Text, Query(description="A class, `borderline`, `unusable` or `unsure`.")],
    column: Annotated[Text, Query(description="The same.")],
    rows: Text = "given",
    columns: Text = "consensus",
    round: OfRound = None,
    presentation: Shown = None,
    merge: Merged = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """The cells behind a field of a matrix."""
    after = decode_cursor(cursor, int)
    with database.reading() as session:
        scope = service.scope_of(session, database, person, dataset, round, merge)
        found = service.confusion(session, scope, *service.axes_named(session, scope, rows, columns), presentation)
        field = service.field_named(found, row, column)
        pids, more = service.cells_of_field(session, scope, found, *field, limit, after[0] if after else 0)
    view = FieldCells(
        items=[FieldCell(id=pid, thumbnail_url=f"/api/v1/cells/{pid}/image?size=thumbnail") for pid in pids]
    )
    answer = as_json(request, view.model_dump(), more)
    link_next(request, answer, None if more is None else [more])
    return answer


def wants_csv(request: Request, format: str | None) -> bool:
    """Whether the caller asks for a table instead of JSON."""
    return format == "csv" or (format is None and request.headers.get("accept", "").startswith("text/csv"))


def as_json(request: Request, answer: Any, more: Any = None) -> Response:
    """A document under its entity tag, or 304 for whoever has it."""
    body = json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return tagged(request, body, "application/json", {}, more)


def as_csv(
    request: Request, dataset: str, name: str, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]
) -> Response:
    """The same for a table, to be kept as a file."""
    headers = {"Content-Disposition": f'attachment; filename="{dataset}-{name}.csv"'}
    return tagged(request, telling.as_csv(columns, rows), CSV, headers)


def tagged(request: Request, body: str, media_type: str, headers: dict[str, str], more: Any = None) -> Response:
    """An answer with its tag. What it says depends on what is accepted."""
    tag = entity_tag(media_type, body, more)
    if is_current(request, tag):
        return not_modified(tag, PRIVATE)
    headers |= {"ETag": tag, "Cache-Control": PRIVATE, "Vary": "Accept"}
    return Response(body, media_type=media_type, headers=headers)


# When to stop


@router.get("/rounds/{round_id}/stopping", response_model=StoppingView)
def read_stopping(round_id: str, person: Reviewer, database: Database, request: Request) -> Response:
    """What a round that looks for errors found, how many are left, with a 95 % interval, and what more looking brings.

    To reviewers once no open round of theirs hides it.
    """
    with database.reading() as session:
        view, notes = stopping_service.stopping_of(session, person, round_id)
    view.notes = [language_for(request).phrase(note) for note in notes]
    return as_json(request, view.model_dump(mode="json"))


# Where the errors hide


@router.get("/datasets/{dataset}/suspicion", response_model=SuspectList)
def read_suspicion(
    dataset: str,
    person: Reviewer,
    database: Database,
    request: Request,
    limit: Limit = 100,
    cursor: Cursor = None,
    format: Format = None,
) -> Response:
    """Cells by how likely their given label is wrong, worst first, each with the reason in words.

    A reviewer: of the cells that they reviewed. As CSV the whole list comes.
    """
    after = decode_cursor(cursor, (int, float), int)
    speech = language_for(request)
    with database.reading() as session:
        row, found, more = suspects.suspects(session, person, dataset, speech.code, limit, after)
        items = [
            one.suspect.model_copy(update={"reason": speech.phrase(one.reason)}) if one.reason else one.suspect
            for one in found
        ]
        view = suspects.suspect_list(session, person, row, items)
    if wants_csv(request, format):
        headers = {"Content-Disposition": f'attachment; filename="{dataset}-suspicion.csv"', "Vary": "Accept"}
        return StreamingResponse(suspects.as_table(database, person, dataset, speech), media_type=CSV, headers=headers)
    answer = as_json(request, view.model_dump(mode="json"), more)
    link_next(request, answer, more)
    return answer


@router.post("/datasets/{dataset}/suspicion", status_code=202)
def rank_again(dataset: str, admin: Admin, database: Database, response: Response) -> JobAnswer:
    """Have suspicion made anew of looks, predictions and votes: 202 with the job. It is done by itself as well."""
    with database.writing() as session:
        job = job_answer(jobs.job(session, suspects.rank_again(session, dataset, admin.id)))
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    return job


# Reviewers


@router.get("/datasets/{dataset}/reviewers", response_model=ReviewersAnswer)
def read_reviewers(
    dataset: str, person: Reviewer, database: Database, request: Request, format: Format = None
) -> Response:
    """How reliable each reviewer is: right answers overall and by class, repeats, traps, anchoring, pace, and how it
    goes on by 200 answers. A reviewer: their own, of closed rounds.
    """
    with database.reading() as session:
        answer = reviewers_service.document(reviewers_service.figures_for(session, database, person, dataset))
    speech = language_for(request)
    answer["notes"] = [speech.phrase(note) for note in answer["notes"]]
    for one in answer["items"]:
        one["undefined"] = {name: speech.say(why) for name, why in one["undefined"].items()}
    if wants_csv(request, format):
        return as_csv(request, dataset, "reviewers", reviewers_service.COLUMNS, reviewers_service.rows(answer))
    return as_json(request, answer)


@router.get("/cells/{cell_id}/reliability", response_model=CellReliability)
def read_reliability(cell_id: str, adjudicator: Adjudicator, database: Database, request: Request) -> Response:
    """How often whoever gave each standing vote of a cell was right when they said the same, without their names."""
    with database.reading() as session:
        answer = reviewers_service.reliability_of_votes(session, database, adjudicator, cell_id)
    if answer["note"]:
        answer["note"] = language_for(request).say(answer["note"])
    return as_json(request, answer)
