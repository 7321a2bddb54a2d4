"""REST of label sets, datasets and cells: what anybody may look for, through the blind rule."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from app.accounts.access import Reviewer
from app.browse import queries
from app.browse.schemas import CellList, CellReviews, CellView, DatasetList, DatasetView, LabelSetList
from app.catalogue import originals
from app.database import Text
from app.images.api import Blobs
from app.images.service import RENDITION_MEDIA_TYPE, Size, rendition
from app.labels import queries as labels
from app.review.blind import sight_of
from app.review.filters import CellFilter
from app.web.dependencies import Database
from app.web.etags import entity_tag, is_current, not_modified
from app.web.lists import decode_cursor, link_next

router = APIRouter(prefix="/api/v1", tags=["cells"])

PRIVATE = "private, no-cache"
FOR_EVER = "private, max-age=31536000, immutable"
CURSOR_KINDS: dict[str, tuple[type | tuple[type, ...], ...]] = {
    "id": (int,),
    "entropy": ((int, float), int),
    "path": (str, int),
}


class CellQuery(CellFilter):
    """A filter with the dataset that it is about, and which part of the list is asked for."""

    dataset: Annotated[Text, Field(description="The dataset's slug.")]
    sort: Annotated[Text, Field(description=", ".join(queries.SORTS))] = "id"
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    cursor: Annotated[Text | None, Field(max_length=5000, description="From the `Link` header.")] = None


@router.get("/label-sets")
def list_label_sets(person: Reviewer, database: Database) -> LabelSetList:
    """Every label set in its newest version: classes in order, keys, names, groups, confusable pairs."""
    with database.reading() as session:
        return LabelSetList(items=[label_set.document() for label_set in labels.label_sets(session)])


@router.get("/label-sets/{name}")
def read_label_set(name: str, person: Reviewer, database: Database) -> dict[str, object]:
    """One label set in its newest version."""
    with database.reading() as session:
        return labels.newest(session, name)[1].document()


@router.get("/datasets")
def list_datasets(person: Reviewer, database: Database) -> DatasetList:
    """Datasets by name with their counts; a reviewer sees those of their opened rounds."""
    with database.reading() as session:
        sight = sight_of(session, person)
        return DatasetList(
            items=[queries.dataset_view(session, sight, dataset) for dataset in queries.seen_datasets(session, sight)]
        )


@router.get("/datasets/{dataset}", response_model=DatasetView)
def read_dataset(dataset: str, person: Reviewer, database: Database, request: Request, response: Response) -> object:
    """A dataset with its counts by class and state."""
    with database.reading() as session:
        sight = sight_of(session, person)
        view = queries.dataset_view(session, sight, queries.seen_dataset(session, sight, dataset))
    return tagged(request, response, view)


@router.get("/cells")
def list_cells(
    person: Reviewer,
    database: Database,
    request: Request,
    response: Response,
    chosen: Annotated[CellQuery, Query()],
) -> CellList:
    """Cells that fulfil a filter. Where it uses what a blind round hides, that round's cells are left out."""
    after = decode_cursor(chosen.cursor, *CURSOR_KINDS.get(chosen.sort, (int,)))
    with database.reading() as session:
        found = queries.find_cells(session, person, chosen.dataset, chosen, chosen.sort, chosen.limit, after)
    link_next(request, response, found.more)
    return CellList(items=found.items)


@router.get("/cells/{cell_id}", response_model=CellView)
def read_cell(cell_id: str, person: Reviewer, database: Database, request: Request, response: Response) -> object:
    """One cell with its files and its consensus."""
    with database.reading() as session:
        view = queries.cell_view(session, person, cell_id)
    return tagged(request, response, view)


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
        picture = queries.seen_picture(session, person, cell_id, size == "original")
    tag = entity_tag(cell_id, size)
    if is_current(request, tag):
        return not_modified(tag, FOR_EVER)
    load = originals.loader(database, blobs, picture.cell)
    if size == "original":
        headers = {"ETag": tag, "Cache-Control": PRIVATE, "Content-Disposition": "attachment"}
        return Response(load(), media_type="application/octet-stream", headers=headers)
    image = rendition(blobs, picture.pixel_sha256, picture.width, picture.height, Size(size), load)
    return Response(image, media_type=RENDITION_MEDIA_TYPE, headers={"ETag": tag, "Cache-Control": FOR_EVER})


@router.get("/cells/{cell_id}/reviews")
def read_cell_reviews(cell_id: str, person: Reviewer, database: Database) -> CellReviews:
    """Every review of a cell that the caller may see, oldest first."""
    with database.reading() as session:
        return CellReviews(items=queries.cell_reviews(session, person, cell_id))


def tagged(request: Request, response: Response, view: BaseModel) -> object:
    """The view under its entity tag, or 304 for a reader that has it."""
    tag = entity_tag(view.model_dump_json())
    if is_current(request, tag):
        return not_modified(tag, PRIVATE)
    response.headers.update({"ETag": tag, "Cache-Control": PRIVATE})
    return view
