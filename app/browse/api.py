"""REST of label sets, datasets and cells: what anybody may look for, through the blind rule."""

from types import NoneType
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, RootModel, model_validator

from app.accounts.access import Admin, Reviewer
from app.browse import queries, references, trail
from app.browse.schemas import (
    CellList,
    CellReviews,
    CellView,
    DatasetList,
    DatasetView,
    EventList,
    LabelSetList,
    ReferenceList,
)
from app.catalogue import originals
from app.catalogue.api import job_answer
from app.catalogue.schemas import JobAnswer
from app.database import Text
from app.images.api import Blobs
from app.images.formats import format_of
from app.images.service import RENDITION_MEDIA_TYPE, Size, rendition
from app.labels import queries as labels
from app.review import alike, duplicates
from app.review.blind import sight_of
from app.review.filters import CellFilter
from app.review.schemas import LookAlikes, NearDuplicates
from app.web.dependencies import Database
from app.web.etags import entity_tag, is_current, not_modified
from app.web.lists import Cursor, Limit, decode_cursor, link_next

router = APIRouter(prefix="/api/v1", tags=["cells"])

PRIVATE = "private, no-cache"
FOR_EVER = "private, max-age=31536000, immutable"
CURSOR_KINDS: dict[str, tuple[type | tuple[type, ...], ...]] = {
    "id": ((int, str),),
    "suspicion": ((int, float, NoneType), int),
    "entropy": ((int, float), int),
    "path": (str,),
}
ORIGINAL = "original"
MEDIA_TYPES = {
    "TIFF": "image/tiff",
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
}


class CellQuery(CellFilter):
    """A filter with the dataset that it is about, and which part of the list is asked for."""

    dataset: Annotated[Text, Field(description="The dataset's slug.")]
    sort: Annotated[Text, Field(description=", ".join(queries.SORTS))] = "id"
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    cursor: Annotated[Text | None, Field(max_length=8000, description="From the `Link` header.")] = None

    @model_validator(mode="before")
    @classmethod
    def without_what_is_empty(cls, given: Any) -> Any:
        """`state=` says no more than leaving it out."""
        return {name: value for name, value in given.items() if value != ""} if isinstance(given, dict) else given


@router.get("/label-sets", response_model=LabelSetList)
def list_label_sets(person: Reviewer, database: Database, request: Request) -> Response:
    """Every label set in its newest version: classes in order, keys, names, groups, confusable pairs."""
    with database.reading() as session:
        view = LabelSetList(items=[label_set.document() for label_set in labels.label_sets(session)])
    return tagged(request, view)


@router.get("/label-sets/{name}", response_model=dict[str, Any])
def read_label_set(name: str, person: Reviewer, database: Database, request: Request) -> Response:
    """One label set in its newest version."""
    with database.reading() as session:
        document = labels.newest(session, name)[1].document()
    return tagged(request, RootModel(document))


@router.get("/datasets", response_model=DatasetList)
def list_datasets(person: Reviewer, database: Database, request: Request) -> Response:
    """Datasets by name with their counts; a reviewer sees those of their opened rounds."""
    with database.reading() as session:
        sight = sight_of(session, person)
        view = DatasetList(
            items=[queries.dataset_view(session, sight, dataset) for dataset in queries.seen_datasets(session, sight)]
        )
    return tagged(request, view)


@router.get("/datasets/{dataset}", response_model=DatasetView)
def read_dataset(dataset: str, person: Reviewer, database: Database, request: Request) -> Response:
    """A dataset with its counts by class and state."""
    with database.reading() as session:
        sight = sight_of(session, person)
        view = queries.dataset_view(session, sight, queries.seen_dataset(session, sight, dataset))
    return tagged(request, view)


@router.get("/cells", response_model=CellList)
def list_cells(
    person: Reviewer, database: Database, request: Request, chosen: Annotated[CellQuery, Query()]
) -> Response:
    """Cells that fulfil a filter. Where it uses what a blind round hides, that round's cells are left out."""
    after = decode_cursor(chosen.cursor, *CURSOR_KINDS.get(chosen.sort, (int,)))
    with database.reading() as session:
        found = queries.find_cells(session, person, chosen.dataset, chosen, chosen.sort, chosen.limit, after)
    answer = tagged(request, CellList(items=found.items), found.more)
    link_next(request, answer, found.more)
    return answer


@router.get("/cells/{cell_id}", response_model=CellView)
def read_cell(cell_id: str, person: Reviewer, database: Database, request: Request) -> Response:
    """One cell with its files and its consensus."""
    with database.reading() as session:
        view = queries.cell_view(session, person, cell_id)
    return tagged(request, view)


@router.get("/cells/{cell_id}/image", response_class=Response)
def read_image(
    cell_id: str,
    person: Reviewer,
    database: Database,
    blobs: Blobs,
    request: Request,
    size: Annotated[str, Query(pattern="^(display|thumbnail|original)$")] = "display",
) -> Response:
    """A cell's picture: the lossless display rendition, the thumbnail, or the original file's bytes."""
    with database.reading() as session:
        picture = queries.seen_picture(session, person, cell_id, size == ORIGINAL)
    tag = entity_tag(cell_id, size)
    # What may be kept for ever needs no leave to be shown again; an original may be withheld by now.
    kept = PRIVATE if size == ORIGINAL else FOR_EVER
    if is_current(request, tag):
        return not_modified(tag, kept)
    load = originals.loader(database, blobs, picture.cell)
    headers = {"ETag": tag, "Cache-Control": kept}
    if size == ORIGINAL:
        data = load()
        headers["Content-Disposition"] = "attachment"
        return Response(data, media_type=MEDIA_TYPES[format_of(data)], headers=headers)
    image = rendition(blobs, picture.pixel_sha256, picture.width, picture.height, Size(size), load)
    return Response(image, media_type=RENDITION_MEDIA_TYPE, headers=headers)


@router.get("/cells/{cell_id}/similar", response_model=LookAlikes)
def read_look_alikes(
    cell_id: str,
    person: Reviewer,
    database: Database,
    request: Request,
    limit: Annotated[int, Query(ge=1, le=100)] = 24,
) -> Response:
    """Cells of the dataset that look like this one, the most alike first."""
    with database.reading() as session:
        cell = queries.seen_cell(session, person, cell_id)
        view = alike.alike_to_cell(session, person, cell.row.id, cell.dataset.id, limit)
    return tagged(request, view)


@router.get("/cells/{cell_id}/near-duplicates", response_model=NearDuplicates)
def read_near_duplicates(cell_id: str, person: Reviewer, database: Database, request: Request) -> Response:
    """Cells of the dataset whose picture is nearly the same, turned and mirrored ones too: for inspection."""
    with database.reading() as session:
        cell = queries.seen_cell(session, person, cell_id)
        view = duplicates.near_duplicates(session, person, cell.row.id, cell.dataset.id)
    return tagged(request, view)


@router.get("/label-sets/{name}/classes/{class_name}/reference", response_model=ReferenceList)
def read_reference(
    name: str,
    class_name: str,
    person: Reviewer,
    database: Database,
    request: Request,
    dataset: Annotated[Text | None, Query(description="Cells of this dataset come first.")] = None,
    limit: Annotated[int, Query(ge=1, le=60)] = 12,
) -> Response:
    """Cells that show what a class looks like, the surest consensus first; given labels fill up."""
    with database.reading() as session:
        view = references.reference_cells(session, person, name, class_name, dataset, limit)
    return tagged(request, view)


@router.get("/cells/{cell_id}/reviews", response_model=CellReviews)
def read_cell_reviews(cell_id: str, person: Reviewer, database: Database, request: Request) -> Response:
    """Every review of a cell that the caller may see, oldest first."""
    with database.reading() as session:
        view = CellReviews(items=queries.cell_reviews(session, person, cell_id))
    return tagged(request, view)


@router.get("/jobs/{job_id}", tags=["jobs"])
def read_job(job_id: str, admin: Admin, database: Database) -> JobAnswer:
    """How far long work is, and what came of it. The report waits while the caller reviews that dataset blind."""
    with database.reading() as session:
        return job_answer(queries.seen_job(session, admin, job_id))


def tagged(request: Request, view: BaseModel, more: list[Any] | None = None) -> Response:
    """The view under its entity tag, or 304 for a reader that has it. It is written once, and so not checked twice.

    ``more``: where a list goes on belongs to what its reader has.
    """
    body = view.model_dump_json()
    tag = entity_tag(body, more)
    if is_current(request, tag):
        return not_modified(tag, PRIVATE)
    return Response(body, media_type="application/json", headers={"ETag": tag, "Cache-Control": PRIVATE})


@router.get("/audit/events", tags=["people"])
def list_events(
    admin: Admin,
    database: Database,
    request: Request,
    response: Response,
    kind: str | None = None,
    actor: str | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> EventList:
    """The audit trail, newest first."""
    key = decode_cursor(cursor, int)
    with database.reading() as session:
        items = trail.events(session, admin, limit, key[0] if key else None, kind, actor)
    link_next(request, response, [items[-1].id] if len(items) == limit else None)
    return EventList(items=items)
