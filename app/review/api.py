"""REST of rounds, queues, reviews, disputes and adjudications."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, AwareDatetime

from app.accounts.access import Adjudicator, Admin, Reviewer
from app.accounts.models import Role
from app.accounts.people import Person
from app.catalogue import originals
from app.catalogue import queries as catalogue
from app.catalogue.api import job_answer
from app.catalogue.schemas import JobAnswer
from app.database import Database as DatabaseClass
from app.database import Text
from app.images.api import Blobs
from app.images.service import RENDITION_MEDIA_TYPE, Size, rendition, rendition_at_hand
from app.images.store import BlobStore
from app.jobs import queries as jobs
from app.review import alike, disputes, grid, own_reviews, planning, queries, refitting, rounds, service, suggestions
from app.review.disputes import DisputeFilter
from app.review.errors import OwnReviewsOnly
from app.review.queries import VoteFilter
from app.review.schemas import (
    Adjudicated,
    AnsweredItem,
    ClassQueue,
    Dispute,
    DisputeList,
    FitList,
    GivenAdjudication,
    LookAlikes,
    NewFit,
    Opened,
    OwnProgress,
    OwnSummary,
    Plan,
    Queue,
    ReviewBatch,
    ReviewerChange,
    ReviewResults,
    RoundEdit,
    RoundList,
    RoundSettings,
    RoundView,
    Suggestion,
    VoteList,
)
from app.web.dependencies import Database
from app.web.etags import check_if_match, entity_tag, is_current, not_modified
from app.web.glance import glance
from app.web.lists import Cursor, Limit, decode_cursor, link_next
from app.web.speech import language_for

router = APIRouter(prefix="/api/v1", tags=["review"])

PRIVATE = "private, no-cache"
FOR_EVER = "private, max-age=31536000, immutable"
ROWS_IN_A_BLOCK = 1000
JSONL = ("application/jsonl", "application/x-ndjson")


def in_utc(moment: datetime) -> datetime:
    """The same moment; at both ends of the calendar there are some that UTC doesn't have."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("the moment lies outside of the calendar") from None


Moment = Annotated[AwareDatetime, AfterValidator(in_utc)]


# Routes are tried in order: what a reviewer's browser asks for all day comes first.
@router.get("/rounds/{round_id}/queue")
def read_queue(
    round_id: str,
    reviewer: Reviewer,
    database: Database,
    blobs: Blobs,
    limit: Annotated[int, Query(ge=1, le=200)] = 30,
    after: Annotated[int, Query(ge=0, lt=2**31, description="Only positions after this one.")] = 0,
    shown_label: Annotated[
        Text | None, Query(description="Only cells that show this class; in sighted rounds alone.")
    ] = None,
    thumbnails: Annotated[bool, Query(description="With `shown_label`: bring the thumbnails that lie ready.")] = False,
) -> Queue | ClassQueue:
    """The caller's next assignments."""
    at_hand = partial(thumbnail_at_hand, blobs) if thumbnails else None
    with database.reading() as session:
        if shown_label is not None:
            return grid.next_of_class(session, round_id, reviewer, shown_label, limit, after, at_hand)
        return queries.next_assignments(session, round_id, reviewer, limit, after)


def thumbnail_at_hand(blobs: BlobStore, picture: Any) -> bytes | None:
    """A picture's thumbnail where that takes no waiting."""
    return rendition_at_hand(
        blobs, picture.pixel_sha256, picture.width, picture.height, Size.THUMBNAIL, transform=picture.transform
    )


@router.get("/assignments/{assignment_id}/image", response_class=Response)
async def read_assigned_image(
    assignment_id: str,
    reviewer: Reviewer,
    database: Database,
    blobs: Blobs,
    request: Request,
    size: Size = Size.DISPLAY,
) -> Response:
    """The picture as this reviewer is shown it. Neither address nor tag tells which cell it is."""
    picture = await glance(database, lambda session: queries.assigned_picture(session, assignment_id, reviewer))
    tag = entity_tag(assignment_id, size)
    if is_current(request, tag):
        return not_modified(tag, FOR_EVER)
    wanted = (picture.pixel_sha256, picture.width, picture.height, size)
    image = rendition_at_hand(blobs, *wanted, transform=picture.transform)
    if image is None:
        load_original = originals.loader(database, blobs, picture.cell)
        image = await run_in_threadpool(rendition, blobs, *wanted, load_original, transform=picture.transform)
    return Response(image, media_type=RENDITION_MEDIA_TYPE, headers={"ETag": tag, "Cache-Control": FOR_EVER})


@router.get("/assignments/{assignment_id}/similar")
def read_assigned_look_alikes(
    assignment_id: str,
    reviewer: Reviewer,
    database: Database,
    limit: Annotated[int, Query(ge=1, le=48)] = 12,
) -> LookAlikes:
    """Cells that look like an assignment's, without naming any; without labels where it is shown without one."""
    with database.reading() as session:
        return alike.alike_to_assignment(session, reviewer, assignment_id, limit)


@router.get("/assignments/{assignment_id}/suggestion")
def read_suggestion(assignment_id: str, reviewer: Reviewer, database: Database, request: Request) -> Suggestion:
    """What a model says of an assignment's cell, and why it is suspected; only in rounds that show suggestions."""
    speech = language_for(request)
    with database.reading() as session:
        view, reason = suggestions.suggestion(session, reviewer, assignment_id, speech.code)
    return view.model_copy(update={"reason": reason and speech.phrase(reason)})


@router.post("/reviews")
def record_reviews(batch: ReviewBatch, reviewer: Reviewer, database: Database, request: Request) -> ReviewResults:
    """Record up to 500 answers, each with its own result. Sending the same again changes nothing."""
    with database.writing() as session:
        results = service.record_reviews(session, reviewer, batch.reviews)
    return told(request, results)


def told(request: Request, results: ReviewResults) -> ReviewResults:
    """What isn't valid, in the language of the page that asks."""
    speech = language_for(request)
    for one in results.items:
        if one.status == "invalid" and one.reason:
            one.reason = speech.say(one.reason)
    return results


@router.get("/rounds")
def list_rounds(person: Reviewer, database: Database, dataset: str | None = None) -> RoundList:
    """Rounds, newest first: a reviewer's own that were opened, or all."""
    with database.reading() as session:
        return RoundList(items=queries.round_views(session, person, dataset=dataset))


@router.post("/rounds", status_code=201)
def draft_round(settings: RoundSettings, admin: Admin, database: Database) -> RoundView:
    """A new draft. Only name, dataset and reviewers are needed."""
    with database.writing() as session:
        pid = rounds.draft_round(session, settings, admin)
        return queries.round_view(session, admin, pid)


@router.post("/rounds/plan")
def preview_round(settings: RoundSettings, admin: Admin, database: Database) -> Plan:
    """A dry run: what a round with these settings would ask of whom. Nothing is recorded."""
    with database.reading() as session:
        return rounds.preview(session, settings, admin)


@router.get("/rounds/{round_id}", response_model=RoundView)
def read_round(
    round_id: str, person: Reviewer, database: Database, request: Request, response: Response
) -> Response | RoundView:
    """A round with its progress: in all, and for adjudicators and admins by reviewer."""
    with database.reading() as session:
        view = queries.round_view(session, person, round_id)
    tag = round_tag(view)
    if is_current(request, tag):
        return not_modified(tag, PRIVATE)
    response.headers.update({"ETag": tag, "Cache-Control": PRIVATE})
    return view


@router.get("/rounds/{round_id}/assignments/{assignment_id}")
def read_answered(round_id: str, assignment_id: str, reviewer: Reviewer, database: Database) -> AnsweredItem:
    """One of the caller's assignments in an open round, with their last answer to it: what a new one supersedes."""
    with database.reading() as session:
        return own_reviews.answered_assignment(session, reviewer, round_id, assignment_id)


@router.get("/rounds/{round_id}/progress")
def read_own_progress(round_id: str, reviewer: Reviewer, database: Database) -> OwnProgress:
    """How far the caller is in a round, and in a sighted one by the label shown."""
    with database.reading() as session:
        return own_reviews.progress_by_class(session, reviewer, round_id)


@router.get("/rounds/{round_id}/summary")
def read_own_summary(round_id: str, reviewer: Reviewer, database: Database) -> OwnSummary:
    """What the caller did in a round, and the open round in which cells wait for them next."""
    with database.reading() as session:
        return own_reviews.summary(session, reviewer, round_id)


@router.patch("/rounds/{round_id}")
def edit_round(round_id: str, edit: RoundEdit, admin: Admin, database: Database, request: Request) -> RoundView:
    """Change a draft. With `If-Match` only if nobody changed it in the meantime."""
    with database.writing() as session:
        check_if_match(request, round_tag(queries.round_view(session, admin, round_id)))
        rounds.edit_draft(session, round_id, edit, admin)
        return queries.round_view(session, admin, round_id)


@router.delete("/rounds/{round_id}", status_code=204)
def delete_round(round_id: str, admin: Admin, database: Database, request: Request) -> None:
    """Throw a draft away."""
    with database.writing() as session:
        check_if_match(request, round_tag(queries.round_view(session, admin, round_id)))
        rounds.delete_draft(session, round_id, admin)


@router.post("/rounds/{round_id}/open", status_code=202)
def open_round(round_id: str, admin: Admin, database: Database) -> Opened:
    """Open a draft, or open a closed round again; the job plans it, or recounts its cells."""
    with database.writing() as session:
        return rounds.open_round(session, round_id, admin)


@router.post("/rounds/{round_id}/close", status_code=202)
def close_round(round_id: str, admin: Admin, database: Database) -> Opened:
    """Close an open round; the job recounts its cells."""
    with database.writing() as session:
        return rounds.close_round(session, round_id, admin)


@router.post("/rounds/{round_id}/extend", status_code=202)
def extend_round(round_id: str, admin: Admin, database: Database) -> Opened:
    """Add the cells that match the filter by now; the job plans them."""
    with database.writing() as session:
        return rounds.extend_round(session, round_id, admin)


@router.post("/rounds/{round_id}/reviewers")
def change_reviewers(round_id: str, change: ReviewerChange, admin: Admin, database: Database) -> RoundView:
    """Who joins takes an even share of what is pending; what is pending of who leaves goes to the others."""
    with database.writing() as session:
        planning.change_reviewers(session, round_id, change, admin)
        return queries.round_view(session, admin, round_id)


@router.get("/reviews", response_model=VoteList)
def list_reviews(
    person: Reviewer,
    database: Database,
    request: Request,
    response: Response,
    dataset: str | None = None,
    round: str | None = None,
    cell: str | None = None,
    reviewer: str | None = None,
    since: Moment | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response | VoteList:
    """Reviews in order of recording: a reviewer's own, or all. `Accept: application/jsonl` streams every one."""
    chosen = VoteFilter(dataset, round, cell, reviewer_for(person, reviewer), since)
    key = decode_cursor(cursor, int)
    accept = request.headers.get("accept", "")
    streamed = next((kind for kind in JSONL if kind in accept), None)
    if streamed:
        return StreamingResponse(vote_lines(database, person, chosen, key[0] if key else 0), media_type=streamed)
    with database.reading() as session:
        items, after = queries.votes(session, person, chosen, limit, key[0] if key else 0)
    link_next(request, response, None if after is None else [after])
    return VoteList(items=items)


@router.get("/disputes")
def list_disputes(
    adjudicator: Adjudicator,
    database: Database,
    request: Request,
    response: Response,
    dataset: str | None = None,
    round: str | None = None,
    pair: Annotated[str | None, Query(description="Two classes, `unusable` or `unsure`, joined by a comma.")] = None,
    kind: Annotated[str | None, Query(description=", ".join(disputes.KINDS))] = None,
    given_label: Annotated[str | None, Query(description="Cells of which a file carries this label.")] = None,
    reviewer: Annotated[str | None, Query(description="Cells that this person reviewed, where names are told.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> DisputeList:
    """Cells that wait for an adjudicator, worst first, each with its votes and given labels."""
    key = decode_cursor(cursor, bool, (int, float), int)
    chosen = DisputeFilter(dataset, round, pair, kind, given_label, reviewer)
    with database.reading() as session:
        items, more, total = disputes.disputes(
            session, adjudicator, chosen, limit, (key[0], float(key[1]), key[2]) if key else None
        )
    link_next(request, response, None if more is None else list(more))
    return DisputeList(items=items, total=total)


@router.get("/cells/{cell_id}/dispute")
def read_dispute(cell_id: str, adjudicator: Adjudicator, database: Database) -> Dispute:
    """A cell as the list of disputes has it, also where it doesn't wait: an adjudicator may settle any."""
    with database.reading() as session:
        return disputes.dispute_of(session, adjudicator, cell_id)


@router.post("/cells/{cell_id}/adjudication")
def adjudicate(cell_id: str, given: GivenAdjudication, adjudicator: Adjudicator, database: Database) -> Adjudicated:
    """Settle a cell, or take a settlement back with the verdict `withdrawn`."""
    with database.writing() as session:
        return service.adjudicate(session, adjudicator, cell_id, given)


@router.get("/datasets/{dataset}/fits")
def list_fits(
    dataset: str,
    admin: Admin,
    database: Database,
    request: Request,
    response: Response,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> FitList:
    """The fits of a dataset's raters, newest first, each with how it converged."""
    key = decode_cursor(cursor, int)
    with database.reading() as session:
        items, before = queries.fit_views(session, admin, dataset, limit, key[0] if key else None)
    link_next(request, response, None if before is None else [before])
    note = "" if items or key else "No fit yet: under the rule dawid-skene no class is an outcome before the first one."
    return FitList(items=items, note=note)


@router.post("/datasets/{dataset}/fits", status_code=202)
def fit_raters(
    dataset: str, admin: Admin, database: Database, response: Response, wanted: NewFit | None = None
) -> JobAnswer:
    """Fit the dataset's raters to all votes by now, and recount every cell by that: 202 with the job."""
    with database.writing() as session:
        prior = None if wanted is None else wanted.prior
        job = refitting.ask_for_fit(session, catalogue.dataset(session, dataset), prior, admin.id)
        asked = job_answer(jobs.job(session, job))
    response.headers["Location"] = f"/api/v1/jobs/{job}"
    return asked


def round_tag(view: RoundView) -> str:
    """The tag of a round's state."""
    return entity_tag(view.model_dump_json())


def reviewer_for(person: Person, asked: str | None) -> str | None:
    """Whose reviews may be listed: a reviewer's own only."""
    if asked is not None and not person.may(Role.ADJUDICATOR) and asked.strip().casefold() != person.name:
        raise OwnReviewsOnly("A reviewer lists their own reviews only.", "reviewer")
    return asked


def vote_lines(database: DatabaseClass, person: Person, chosen: VoteFilter, after: int | None) -> Iterator[bytes]:
    """Every review as a line of JSON, in blocks: one transaction and one piece of the answer for a thousand rows."""
    while after is not None:
        with database.reading() as session:
            items, after = queries.votes(session, person, chosen, ROWS_IN_A_BLOCK, after)
        if items:
            yield "".join(item.model_dump_json() + "\n" for item in items).encode()
