"""REST of releases."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app.accounts.access import Adjudicator, Admin
from app.catalogue.api import job_answer
from app.images.api import Blobs
from app.jobs import queries as jobs
from app.releases import comparing, queries, service
from app.releases.queries import FileRow, ReleaseRow
from app.releases.schemas import (
    DiffAnswer,
    NewRelease,
    ReleaseAnswer,
    ReleaseFileAnswer,
    ReleaseJobAnswer,
    ReleaseList,
    ReleaseNumber,
)
from app.web.dependencies import Database
from app.web.etags import entity_tag, is_current, not_modified
from app.web.lists import Cursor, Limit, decode_cursor, link_next

router = APIRouter(prefix="/api/v1", tags=["releases"])

PRIVATE = "private, no-cache"
MEDIA_TYPES = {".csv": "text/csv; charset=utf-8; header=present", ".json": "application/json"}


@router.get("/datasets/{dataset}/releases")
def list_releases(
    dataset: str,
    adjudicator: Adjudicator,
    database: Database,
    request: Request,
    response: Response,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ReleaseList:
    """A dataset's releases, newest first."""
    key = decode_cursor(cursor, int)
    with database.reading() as session:
        found = queries.readable_dataset(session, adjudicator, dataset)
        releases = queries.releases(session, found.id, limit + 1, key[0] if key else None)
        files = queries.files(session, [release.id for release in releases])
    page = releases[:limit]
    link_next(request, response, [page[-1].number] if len(releases) > limit else None)
    return ReleaseList(items=[release_answer(dataset, release, files[release.id]) for release in page])


@router.post("/datasets/{dataset}/releases", status_code=202)
def freeze_release(
    dataset: str, admin: Admin, database: Database, response: Response, wanted: NewRelease | None = None
) -> ReleaseJobAnswer:
    """Freeze the dataset's consensus as the next release; the job writes its files."""
    with database.writing() as session:
        asked = service.ask_for_release(session, dataset, wanted or NewRelease(), admin.id)
        job = job_answer(jobs.job(session, asked.job))
    response.headers["Location"] = f"/api/v1/jobs/{asked.job}"
    return ReleaseJobAnswer(**job.model_dump(), release=asked.number)


@router.get("/datasets/{dataset}/releases/{number}", response_model=ReleaseAnswer)
def read_release(
    dataset: str,
    number: ReleaseNumber,
    adjudicator: Adjudicator,
    database: Database,
    request: Request,
    response: Response,
) -> Response | ReleaseAnswer:
    """A release with its counts and the digests of its files."""
    with database.reading() as session:
        found = queries.readable_dataset(session, adjudicator, dataset)
        release = queries.release(session, found.id, number)
        answer = release_answer(dataset, release, queries.files(session, [release.id])[release.id])
    tag = entity_tag(answer.model_dump_json())
    if is_current(request, tag):
        return not_modified(tag, PRIVATE)
    response.headers.update({"ETag": tag, "Cache-Control": PRIVATE})
    return answer


@router.get("/datasets/{dataset}/releases/{number}/files/{name}", response_class=StreamingResponse)
def read_release_file(
    dataset: str,
    number: ReleaseNumber,
    name: str,
    adjudicator: Adjudicator,
    database: Database,
    blobs: Blobs,
    request: Request,
) -> Response:
    """A file of a release, as a stream. Its tag is its SHA-256."""
    with database.reading() as session:
        found = queries.readable_dataset(session, adjudicator, dataset)
        file = queries.file(session, found.id, number, name)
    tag = f'"{file.sha256.hex()}"'
    if is_current(request, tag):
        return not_modified(tag, PRIVATE)
    headers = {
        "ETag": tag,
        "Cache-Control": PRIVATE,
        "Content-Length": str(file.size),
        "Content-Disposition": f'attachment; filename="{file.name}"',
    }
    return StreamingResponse(blobs.stream(file.key), headers=headers, media_type=media_type(file.name))


@router.get("/datasets/{dataset}/releases/{number}/diff/{other}")
def compare_releases(
    dataset: str,
    number: ReleaseNumber,
    other: ReleaseNumber,
    adjudicator: Adjudicator,
    database: Database,
    blobs: Blobs,
    request: Request,
    response: Response,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> DiffAnswer:
    """The cells that changed from the first release to the second, each with the reviews that only one of them has."""
    key = decode_cursor(cursor, str)
    with database.reading() as session:
        found = queries.readable_dataset(session, adjudicator, dataset)
        before, after = (queries.frozen_files(session, found.id, each) for each in (number, other))
    items, past = comparing.compare(blobs, before, after, limit, key[0] if key else "")
    link_next(request, response, None if past is None else [past])
    return DiffAnswer(items=items)


def release_answer(dataset: str, release: ReleaseRow, files: list[FileRow]) -> ReleaseAnswer:
    """A release as REST has it."""
    return ReleaseAnswer(
        dataset=dataset,
        number=release.number,
        state=release.state,
        job_id=release.job,
        error=release.error,
        rule=release.rule,
        threshold=release.threshold,
        formats=release.formats,
        names=release.names,
        counts=release.counts,
        files=[
            ReleaseFileAnswer(
                name=file.name,
                bytes=file.size,
                sha256=file.sha256.hex(),
                url=file_url(dataset, release.number, file.name),
            )
            for file in files
        ],
        created_by=release.created_by,
        created_at=release.created_at,
        frozen_at=release.frozen_at,
    )


def file_url(dataset: str, number: int, name: str) -> str:
    """Where a file is got."""
    return f"/api/v1/datasets/{dataset}/releases/{number}/files/{name}"


def media_type(name: str) -> str:
    """What a file is, by its name's end."""
    return MEDIA_TYPES[name[name.rindex(".") :]]
