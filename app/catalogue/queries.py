"""Reading datasets, their counters, and where the pictures of a cell lie."""

from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, exists, func, select

from app.catalogue.errors import OriginalUnavailable, UnknownDataset
from app.catalogue.models import (
    LABELS_DIFFER,
    Cell,
    CellFeature,
    CellHash,
    Counter,
    Dataset,
    FeatureSpace,
    Occurrence,
    Source,
)
from app.database import Reading


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """A dataset as its table has it; ``label_set`` is the row's id."""

    id: int
    pid: str
    slug: str
    name: str
    label_set: int
    px_per_um: float | None
    stain: str
    source: str
    license: str
    citation: str
    url: str
    rule: str
    rule_threshold: float | None
    given_votes: bool
    refit_after: int
    releases: int
    created_at: datetime
    archived_at: datetime | None


ROW = [getattr(Dataset, name) for name in DatasetRow.__slots__]


def dataset(session: Reading, slug: str) -> DatasetRow:
    """The dataset at an address (unique index); :class:`UnknownDataset` where there is none."""
    found = find_dataset(session, slug)
    if found is None:
        raise UnknownDataset
    return found


def find_dataset(session: Reading, slug: str) -> DatasetRow | None:
    """The dataset at an address (unique index), None where there is none."""
    row = session.execute(select(*ROW).where(Dataset.slug == slug)).one_or_none()
    return DatasetRow(*row) if row else None


def dataset_called(session: Reading, name: str) -> DatasetRow | None:
    """The oldest dataset of a name, in capitals or not; None where there is none."""
    statement = select(*ROW).where(func.lower(Dataset.name) == name.strip().lower()).order_by(Dataset.id).limit(1)
    row = session.execute(statement).one_or_none()
    return DatasetRow(*row) if row else None


def dataset_by_id(session: Reading, dataset_id: int) -> DatasetRow:
    """The dataset of a row (primary key)."""
    row = session.execute(select(*ROW).where(Dataset.id == dataset_id)).one_or_none()
    if row is None:
        raise UnknownDataset
    return DatasetRow(*row)


def datasets(session: Reading) -> list[DatasetRow]:
    """All datasets that are not archived, by name."""
    rows = session.execute(select(*ROW).where(Dataset.archived_at.is_(None)).order_by(Dataset.name, Dataset.id))
    return [DatasetRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class CellCounts:
    """How many cells a dataset has by given label (or ``NO_LABEL``, ``LABELS_DIFFER``) and state."""

    by_label_and_state: Mapping[tuple[int, str], int]

    @property
    def total(self) -> int:
        """All cells."""
        return sum(self.by_label_and_state.values())

    @property
    def born_disputed(self) -> int:
        """Cells whose occurrences carry different labels."""
        return self.by_label.get(LABELS_DIFFER, 0)

    @property
    def by_label(self) -> Mapping[int, int]:
        """Cells by given label."""
        tally: Tally[int] = Tally()
        for (label, _), n in self.by_label_and_state.items():
            tally[label] += n
        return tally

    @property
    def by_state(self) -> Mapping[str, int]:
        """Cells by state."""
        tally: Tally[str] = Tally()
        for (_, state), n in self.by_label_and_state.items():
            tally[state] += n
        return tally


def counts(session: Reading, dataset_id: int) -> CellCounts:
    """A dataset's counters (primary key; a row for each label and state that occurs)."""
    rows = session.execute(
        select(Counter.given_label, Counter.state, Counter.n).where(Counter.dataset == dataset_id, Counter.n != 0)
    )
    return CellCounts({(label, state): n for label, state, n in rows})


@dataclass(frozen=True, slots=True)
class Original:
    """A file that shows a cell. ``copied``: it lies in the blob store under its digest."""

    file_sha256: bytes
    root: str
    source_name: str
    path: str
    copied: bool


@dataclass(frozen=True, slots=True)
class PictureSource:
    """A cell's picture: what identifies it, and the files that show it."""

    pixel_sha256: bytes
    width: int
    height: int
    originals: tuple[Original, ...]


ORIGINALS = (
    select(
        Cell.id,
        Cell.pixel_sha256,
        Cell.width,
        Cell.height,
        Occurrence.file_sha256,
        Source.root,
        Source.name,
        Occurrence.path,
        Source.copied,
    )
    .join(Occurrence, Occurrence.cell == Cell.id)
    .join(Source, Source.id == Occurrence.source)
    .where(Cell.id.in_(bindparam("cells", expanding=True)))
    .order_by(Cell.id, Occurrence.id)
)


def picture_sources(session: Reading, cells: Sequence[int]) -> dict[int, PictureSource]:
    """What cells' pictures are made from (primary key, then ix_occurrence_cell), oldest file first."""
    found: dict[int, PictureSource] = {}
    rows = session.execute(ORIGINALS, {"cells": list(cells)})
    for cell, pixel_sha256, width, height, file_sha256, root, name, path, copied in rows:
        before = found[cell].originals if cell in found else ()
        originals = (*before, Original(bytes(file_sha256), root, name, path, copied))
        found[cell] = PictureSource(bytes(pixel_sha256), width, height, originals)
    return found


def picture_source(session: Reading, cell_id: int) -> PictureSource:
    """What a cell's picture is made from."""
    found = picture_sources(session, [cell_id])
    if not found:
        raise OriginalUnavailable
    return found[cell_id]


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A cell of which something isn't known, and what its picture is made from."""

    cell: int
    source: PictureSource
    has_features: bool


def unmeasured(session: Reading, dataset_id: int, version: int, after: int, limit: int) -> list[Unmeasured]:
    """Cells after a row that have no features of a version, or no perceptual hash.

    Walks ix_cell_dataset_id, then the keys of cell_feature and cell_hash.
    """
    has_features = exists().where(CellFeature.cell == Cell.id, CellFeature.version == version)
    has_hash = exists().where(CellHash.cell == Cell.id)
    found = dict(
        session.execute(
            select(Cell.id, has_features)
            .where(Cell.dataset == dataset_id, Cell.id > after, ~(has_features & has_hash))
            .order_by(Cell.id)
            .limit(limit)
        ).all()
    )
    return [
        Unmeasured(cell, source, bool(found[cell])) for cell, source in picture_sources(session, list(found)).items()
    ]


@dataclass(frozen=True, slots=True)
class SpaceRow:
    """A space in which a dataset's cells are compared, with its arrays packed."""

    id: int
    version: int
    cells: int
    arrays: bytes


def newest_space(session: Reading, dataset_id: int, ready: bool | None = None) -> SpaceRow | None:
    """A dataset's newest feature space, or the newest in which every cell has its place (ix_feature_space_dataset)."""
    statement = select(FeatureSpace.id, FeatureSpace.version, FeatureSpace.cells, FeatureSpace.arrays).where(
        FeatureSpace.dataset == dataset_id
    )
    if ready is not None:
        statement = statement.where(FeatureSpace.ready == ready)
    row = session.execute(statement.order_by(FeatureSpace.id.desc()).limit(1)).one_or_none()
    return None if row is None else SpaceRow(row.id, row.version, row.cells, bytes(row.arrays))
