"""REST of datasets and imports. Lists and figures of datasets, and the reports of jobs, go by the blind rule and are
answered by `browse`.
"""

from dataclasses import asdict
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from app.accounts.access import Admin
from app.catalogue import predictions, queries, service
from app.catalogue.errors import UploadRefused
from app.catalogue.queries import DatasetRow
from app.catalogue.schemas import (
    DatasetAnswer,
    DatasetChanges,
    ImportByPath,
    JobAnswer,
    LoadedPredictions,
    NewDataset,
)
from app.catalogue.uploads import PlainUpload, Upload
from app.database import Reading, Text
from app.errors import Invalid
from app.jobs import queries as jobs
from app.jobs.queries import JobView
from app.labels import queries as labels
from app.web.dependencies import Database, Settings

router = APIRouter(prefix="/api/v1", tags=["datasets"])

BLOCK = 1_000_000
LONGEST_JSON = 100_000
IMPORT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary", "description": "A ZIP."}},
                }
            },
            "application/json": {"schema": ImportByPath.model_json_schema()},
        },
    }
}


LARGEST_PREDICTIONS = 500_000_000
PREDICTION_FORMATS = {
    **dict.fromkeys(("application/x-ndjson", "application/ndjson", "application/jsonl"), ".ndjson"),
    **dict.fromkeys(("text/csv", "text/tab-separated-values"), ".csv"),
}
PREDICTIONS_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-ndjson": {
                "schema": {"type": "string", "description": "An object a line."},
                "example": '{"path": "monocyte/0001.TIF", "probabilities": {"monocyte": 0.9, "lymphocyte": 0.1}}\n',
            },
            "text/csv": {
                "schema": {"type": "string", "description": "A column for the cell, and one for each class."},
                "example": "path,label,monocyte,lymphocyte\nmonocyte/0001.TIF,monocyte,0.9,0.1\n",
            },
        },
    }
}


@router.post("/datasets", status_code=201)
def create_dataset(new: NewDataset, admin: Admin, database: Database, response: Response) -> DatasetAnswer:
    """A new dataset. Only the name is required."""
    with database.writing() as session:
        made = answer(session, queries.dataset(session, service.create_dataset(session, new, admin.id)))
    response.headers["Location"] = f"/api/v1/datasets/{made.slug}"
    return made


@router.patch("/datasets/{dataset}", responses={202: {"model": DatasetAnswer, "description": "A job recounts"}})
def change_dataset(
    dataset: str, changes: DatasetChanges, admin: Admin, database: Database, response: Response
) -> DatasetAnswer:
    """Change what is given. A changed rule or label set has every cell recounted: 202 with the job."""
    with database.writing() as session:
        before = queries.dataset(session, dataset)
        job = service.change_dataset(session, before, changes, admin.id)
        changed = answer(session, queries.dataset_by_id(session, before.id), job)
    response.status_code = 202 if job else 200
    return changed


@router.post("/datasets/{dataset}/imports", status_code=202, openapi_extra=IMPORT_BODY)
async def import_into(
    dataset: str, admin: Admin, database: Database, settings: Settings, request: Request, response: Response
) -> JobAnswer:
    """Import an uploaded ZIP, or a folder, ZIP or manifest below an import root of the server: 202 with the job."""

    def begin(arguments: dict[str, Any]) -> JobAnswer:
        with database.writing() as session:
            return job_answer(jobs.job(session, service.ask_for_import(session, dataset, arguments, admin.id)))

    def check_dataset() -> None:
        with database.reading() as session:
            queries.dataset(session, dataset)

    await run_in_threadpool(check_dataset)
    if is_json(request):
        wanted = await by_path(request)
        path = await run_in_threadpool(service.path_below, settings.import_roots, wanted.path)
        begun = await run_in_threadpool(begin, {"path": str(path), "copy": wanted.copy_files})
    else:
        upload = await received(request, Upload(content_type(request), settings.home / "uploads", limit(settings)))
        try:
            begun = await run_in_threadpool(begin, {"upload": str(upload.path), "name": upload.name})
        except BaseException:
            upload.discard()
            raise
    response.headers["Location"] = f"/api/v1/jobs/{begun.id}"
    return begun


@router.post("/datasets/{dataset}/predictions", openapi_extra=PREDICTIONS_BODY)
async def load_predictions(
    dataset: str,
    admin: Admin,
    database: Database,
    settings: Settings,
    request: Request,
    model: Annotated[Text, Query(min_length=1, max_length=200, description="What the model is called.")],
    version: Annotated[Text, Query(max_length=200, description="Which one of that name.")] = "",
) -> LoadedPredictions:
    """Load what a model says of cells, as NDJSON or CSV: all of the file or, where a number in it is none, nothing."""

    def check_dataset() -> None:
        with database.reading() as session:
            queries.dataset(session, dataset)

    def load() -> LoadedPredictions:
        with database.reading() as session:
            target = queries.dataset(session, dataset)
            prepared = predictions.prepare(session, target, upload.path, suffix == ".ndjson", model, version)
        with database.writing() as session:
            return LoadedPredictions(**asdict(predictions.load(session, target, prepared, admin.id)))

    await run_in_threadpool(check_dataset)
    suffix = PREDICTION_FORMATS.get(content_type(request).partition(";")[0].strip().lower())
    if suffix is None:
        raise UploadRefused(
            "Send predictions as NDJSON (Content-Type application/x-ndjson) or as CSV (text/csv).", "content-type"
        )
    upload = await received(request, PlainUpload(settings.home / "uploads", suffix, LARGEST_PREDICTIONS))
    try:
        return await run_in_threadpool(load)
    finally:
        await run_in_threadpool(upload.discard)


class Receiving(Protocol):
    """What writes a body down."""

    def feed(self, data: bytes) -> None: ...

    def finish(self) -> None: ...

    def discard(self) -> None: ...


Received = TypeVar("Received", bound=Receiving)


async def received(request: Request, upload: Received) -> Received:
    """The body of a request, written down as it comes; nothing stays where it breaks off."""
    held = bytearray()
    try:
        async for data in request.stream():
            held += data
            if len(held) >= BLOCK:
                await run_in_threadpool(upload.feed, bytes(held))
                held.clear()
        await run_in_threadpool(upload.feed, bytes(held))
        await run_in_threadpool(upload.finish)
    except BaseException:
        upload.discard()
        raise
    return upload


async def by_path(request: Request) -> ImportByPath:
    """A small JSON body; a large one isn't read to its end."""
    held = bytearray()
    async for data in request.stream():
        held += data
        if len(held) > LONGEST_JSON:
            raise Invalid("The body is too long for a path.")
    try:
        return ImportByPath.model_validate_json(bytes(held))
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in error.errors()]) from error


def is_json(request: Request) -> bool:
    return content_type(request).partition(";")[0].strip().lower() == "application/json"


def content_type(request: Request) -> str:
    return request.headers.get("content-type", "")


def limit(settings: Settings) -> int:
    """How many bytes an upload may have."""
    return int(settings.upload_limit_gb * 1e9)


def answer(session: Reading, dataset: DatasetRow, job: str | None = None) -> DatasetAnswer:
    """A dataset as it goes over the wire."""
    label_set = labels.label_set(session, dataset.label_set)
    fields = asdict(dataset) | {
        "id": dataset.pid,
        "label_set": label_set.name,
        "label_set_version": label_set.version,
        "job": job,
    }
    return DatasetAnswer(**{name: fields[name] for name in DatasetAnswer.model_fields})


def job_answer(job: JobView) -> JobAnswer:
    """A job as it goes over the wire."""
    fields = asdict(job) | {"id": job.pid}
    return JobAnswer(**{name: fields[name] for name in JobAnswer.model_fields})
