"""Making and changing datasets, and noting where their files come from."""

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import exists, insert, select, update

from app.audit.service import record
from app.catalogue import queries
from app.catalogue.errors import LabelSetInUse, NotAnImportRoot, NotThisDataset, SlugTaken
from app.catalogue.models import Cell, Dataset, Source
from app.catalogue.queries import DatasetRow
from app.catalogue.schemas import DatasetChanges, NewDataset
from app.database import Reading, Writing, new_pid, now
from app.errors import Invalid, NotFound
from app.jobs import queries as jobs
from app.jobs.service import enqueue, rename_subject
from app.labels import queries as labels
from app.labels.labelset import LabelSet, builtin_names, load_builtin
from app.labels.service import store_label_set

RESERVED = frozenset({"new"})
"""Addresses of pages that stand where a dataset's could."""

LONGEST_SLUG = 60
IMPORT = "import"
FEATURES = "features"
RECOUNT = "recount_dataset"
SUSPICION = "suspicion"


def create_dataset(session: Writing, new: NewDataset, actor: int | None) -> str:
    """A dataset; returns its slug, made from the name where none is asked for."""
    label_set_id, _ = label_set_named(session, new.label_set)
    if new.slug is not None:
        if new.slug in RESERVED or is_taken(session, new.slug):
            raise SlugTaken(
                "Another dataset or page has the short name {slug}: take another one.", "slug", slug=new.slug
            )
        slug = new.slug
    else:
        slug = free_slug(session, new.name)
    session.execute(
        insert(Dataset).values(
            pid=new_pid(),
            slug=slug,
            label_set=label_set_id,
            created_at=now(),
            **new.model_dump(exclude={"slug", "label_set"}),
        )
    )
    record(session, actor, "dataset.create", slug, new.model_dump(exclude_unset=True))
    return slug


def change_dataset(session: Writing, dataset: DatasetRow, changes: DatasetChanges, actor: int | None) -> str | None:
    """Change what is given. Returns the job that recounts the cells, and fits the raters before that where it has to,
    where the rule or the label set changed."""
    values = changes.model_dump(exclude_unset=True)
    if not values:
        return None
    record(session, actor, "dataset.edit", dataset.slug, values)
    if "label_set" in values:
        values["label_set"] = exchanged_label_set(session, dataset, values["label_set"])
    new_slug = values.get("slug", dataset.slug)
    if new_slug != dataset.slug and (new_slug in RESERVED or is_taken(session, new_slug)):
        raise SlugTaken("Another dataset or page has the short name {slug}: take another one.", "slug", slug=new_slug)
    session.execute(update(Dataset).where(Dataset.id == dataset.id).values(**values))
    if new_slug != dataset.slug:
        rename_subject(session, dataset.slug, new_slug)
    counts_anew = {"rule", "rule_threshold", "given_votes", "label_set"}
    if any(values.get(name, getattr(dataset, name)) != getattr(dataset, name) for name in counts_anew):
        return enqueue(session, RECOUNT, new_slug, {"dataset": new_slug}, actor)
    return None


def ask_for_features(session: Writing, dataset: DatasetRow, actor: int | None) -> None:
    """Have the cells measured that aren't yet; one job that waits is enough for all that was imported meanwhile."""
    if not jobs.is_queued(session, FEATURES, dataset.slug):
        enqueue(session, FEATURES, dataset.slug, {"dataset": dataset.id}, actor)


def ask_for_suspicion(session: Writing, dataset: DatasetRow, actor: int | None) -> str:
    """Have suspicion made anew of all that is known; returns the job, which is the one that waits where one does."""
    waiting = jobs.queued(session, SUSPICION, dataset.slug)
    return waiting or enqueue(session, SUSPICION, dataset.slug, {"dataset": dataset.id}, actor)


def ask_for_recount(session: Writing, dataset: DatasetRow, actor: int | None) -> None:
    """Have the cells counted anew, whose given labels may have changed and are votes; one job that waits is enough."""
    if not jobs.is_queued(session, RECOUNT, dataset.slug):
        enqueue(session, RECOUNT, dataset.slug, {"dataset": dataset.slug}, actor)


def label_set_named(session: Writing, name: str) -> tuple[int, LabelSet]:
    """The newest label set of a name; one that comes with the product is put into the database where it is missing."""
    try:
        return labels.newest(session, name)
    except NotFound:
        if name not in builtin_names():
            raise
        label_set = load_builtin(name)
        return store_label_set(session, label_set), label_set


def exchanged_label_set(session: Writing, dataset: DatasetRow, name: str) -> int:
    """The id of the newest version of a label set, for a dataset that has another one.

    A class is stored as its number, so in a dataset with cells every class has to stay at its number; it may be called
    something new, and classes may come after the last one.
    """
    new_id, new = label_set_named(session, name)
    if new_id == dataset.label_set or not has_cells(session, dataset.id):
        return new_id
    for index, one in enumerate(labels.label_set(session, dataset.label_set).names):
        is_dropped = index >= len(new) or (new.names[index] != one and one in new)
        if is_dropped:
            raise LabelSetInUse(
                "The class {name} is number {number} of the label set in use; version {version} of {label_set} drops "
                "or moves it. Keep the classes in their order, and add new ones at the end.",
                "label_set",
                name=one,
                number=index + 1,
                version=new.version,
                label_set=new.name,
            )
    return new_id


def find_or_make_dataset(
    session: Writing, name: str, label_set: LabelSet | None, px_per_um: float | None
) -> tuple[DatasetRow, bool]:
    """The dataset that somebody means by a name or slug, and whether it had to be made.

    What is said of the label set and the scale must be what the dataset has; a scale that it lacks is noted.
    """
    found = queries.find_dataset(session, name) or queries.dataset_called(session, name)
    if found is None:
        wanted = label_set or load_builtin("mll23")
        store_label_set(session, wanted)
        slug = create_dataset(session, described(name, wanted.name, px_per_um), None)
        return queries.dataset(session, slug), True
    if label_set is not None and labels.label_set(session, found.label_set) != label_set:
        raise NotThisDataset(
            "The dataset {slug} has another label set than {label_set} {version}: import into a dataset of another "
            "name.",
            "label_set",
            slug=found.slug,
            label_set=label_set.name,
            version=label_set.version,
        )
    if px_per_um is not None and found.px_per_um is None:
        session.execute(update(Dataset).where(Dataset.id == found.id).values(px_per_um=px_per_um))
    elif px_per_um is not None and found.px_per_um != px_per_um:
        raise NotThisDataset(
            "The dataset {slug} has {px_per_um:g} px/µm, not {other:g}: pictures of another scale "
            "belong into a dataset of their own.",
            "scale",
            slug=found.slug,
            px_per_um=found.px_per_um,
            other=px_per_um,
        )
    return queries.dataset(session, found.slug), False


def described(name: str, label_set: str, px_per_um: float | None) -> NewDataset:
    """A dataset of which little is known yet."""
    try:
        return NewDataset(name=name, slug=None, label_set=label_set, px_per_um=px_per_um)
    except ValidationError as error:
        raise Invalid("A dataset can't be called that: {why}.", "dataset", why=error.errors()[0]["msg"]) from error


def find_or_make_source(session: Writing, dataset: int, root: str, name: str, copied: bool) -> tuple[int, str]:
    """The source of an import and the name that tells its files from others', unique in the dataset."""
    found = session.execute(
        select(Source.id, Source.name).where(Source.dataset == dataset, Source.root == root, Source.copied == copied)
    ).one_or_none()
    if found:
        return found.id, found.name
    taken = set(session.execute(select(Source.name).where(Source.dataset == dataset)).scalars())
    called = free_name(name[:180], taken)
    made = session.execute(
        insert(Source)
        .values(dataset=dataset, root=root, name=called, copied=copied, created_at=now())
        .returning(Source.id)
    )
    return made.scalar_one(), called


def ask_for_import(session: Writing, slug: str, arguments: Mapping[str, Any], actor: int) -> str:
    """Have a job import into a dataset; returns the job. The audit trail keeps what was asked for."""
    dataset = queries.dataset(session, slug)
    record(session, actor, "dataset.import", slug, {"from": arguments.get("name") or arguments.get("path")})
    return enqueue(session, IMPORT, slug, {"dataset": dataset.id, **arguments}, actor)


def path_below(roots: Iterable[Path], written: str) -> Path:
    """A path on the server, all links followed, which an operator has opened for imports."""
    path = Path(os.path.realpath(written))
    if not Path(written).is_absolute() or not any(path.is_relative_to(os.path.realpath(root)) for root in roots):
        raise NotAnImportRoot(
            "Nothing may be imported from there over REST: the setting CYTOREVIEW_IMPORT_ROOTS names the folders.",
            "path",
        )
    return path


def slug_of(name: str) -> str:
    """A name as an address: ASCII letters, digits and dashes."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", ascii_name).strip("-")[:LONGEST_SLUG].rstrip("-") or "dataset"


def free_slug(session: Reading, name: str) -> str:
    """An address for a name that no other dataset has."""
    slug = slug_of(name)
    taken = set(
        session.execute(
            select(Dataset.slug).where(Dataset.slug.startswith(slug[: LONGEST_SLUG - 6], autoescape=True))
        ).scalars()
    )
    return free_name(slug, taken | RESERVED, LONGEST_SLUG)


def free_name(name: str, taken: set[str] | frozenset[str], longest: int = 200) -> str:
    """The name, or the first of name-2, name-3 … that is not taken."""
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name[: longest - len(str(number)) - 1]}-{number}"
    return free


def is_taken(session: Reading, slug: str) -> bool:
    return bool(session.scalar(select(exists().where(Dataset.slug == slug))))


def has_cells(session: Reading, dataset: int) -> bool:
    return bool(session.scalar(select(exists().where(Cell.dataset == dataset))))
