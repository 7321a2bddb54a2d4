"""From decoded files to cells and occurrences: one short transaction a batch.

What an import does to what is already there:

* A file whose pixels are those of a cell of the dataset becomes an occurrence of that cell. Where it brings another
  label, the cell was born disputed from now on: its given label is null. A cell that nobody has reviewed becomes
  ``disputed``; one that has reviews keeps them, its state and its outcome.
* A path that is known and shows the same pixels stays one occurrence: digest, size and moment of change are brought
  up to date, and the source too, so that a folder that was moved is found again by importing it from its new place.
* A path that is known from *this* source and shows other pixels now is refused. Reviews were given to the old pixels,
  and nothing may put other ones under them; under a new name the picture goes in.
* A path that is known from *another* source and shows other pixels is another file that happens to be called the
  same: it goes in with its source's name before its path.
* A label or attributes that a file didn't have or that differ replace the old ones of that occurrence; an empty label
  never takes one away. A file that was moved to another class's folder has another path, hence is another occurrence:
  both labels were given.
* Files that are gone are left alone: a disk may be away for a day.
"""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from app.catalogue.counting import count_cells, counted_label
from app.catalogue.decoding import Decoded
from app.catalogue.files import Found
from app.catalogue.models import Cell, CellState, Occurrence
from app.catalogue.states import unreviewed_state
from app.database import Reading, Writing, new_pids
from app.labels.labelset import LabelSet

CHANGED = "The file shows another picture than when it was imported. Import the new picture under a name of its own."
TAKEN = "Another picture of the dataset has this path. Rename the file or its folder."
LONGEST_NOTE = 400

Key = tuple[bytes, int, int]
"""What identifies a cell inside a dataset: digest of the pixels, width, height."""

Moved = Tally[tuple[int, int, str]]
"""Cells by dataset, counted label and state: how many more or fewer."""


@dataclass(frozen=True, slots=True)
class Place:
    """Into which dataset and from which source files are taken."""

    dataset: int
    source: int
    name: str
    label_set: LabelSet

    def elsewhere(self, path: str) -> str:
        """A file's path where another source has a file of its path."""
        return f"{self.name}/{path}"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that is a picture, with the class it was given."""

    found: Found
    label: int | None
    decoded: Decoded


@dataclass(slots=True)
class Taken:
    """What became of a batch."""

    cells_new: int = 0
    occurrences_new: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Known:
    """An occurrence that the dataset has."""

    id: int
    source: int
    size: int
    mtime_ns: int
    given_label: int | None
    attributes: Mapping[str, str] | None

    def is_as_found(self, place: Place, found: Found, immutable: bool) -> bool:
        """Whether its file can't have changed, going by the file system."""
        same_file = self.source == place.source
        return same_file and (immutable or (self.size, self.mtime_ns) == (found.size, found.mtime_ns))

    def says_less_than(self, label: int | None, attributes: Mapping[str, str] | None) -> bool:
        """Whether the source says something of the file that the occurrence doesn't."""
        return (label is not None and label != self.given_label) or bool(attributes and attributes != self.attributes)


def known_occurrences(session: Reading, place: Place, founds: Sequence[Found]) -> dict[str, Known]:
    """The occurrences at the paths of these files, the other path of each included (unique index dataset, path).

    Where this source's file has both, the one is another source's and the other is ours.
    """
    paths = [path for found in founds for path in (found.path, place.elsewhere(found.path))]
    rows = session.execute(
        select(
            Occurrence.path,
            Occurrence.id,
            Occurrence.source,
            Occurrence.size,
            Occurrence.mtime_ns,
            Occurrence.given_label,
            Occurrence.attributes,
        ).where(Occurrence.dataset == place.dataset, Occurrence.path.in_(paths))
    )
    return {path: Known(*rest) for path, *rest in rows}


def ours(known: Mapping[str, Known], place: Place, path: str) -> Known | None:
    """The occurrence of this source's file."""
    other = known.get(place.elsewhere(path))
    return other if other and other.source == place.source else known.get(path)


@dataclass(slots=True)
class Batch:
    """A batch as it is sorted out: what is new, what is known and seen again."""

    new: list[tuple[str, Arrival]] = field(default_factory=list)
    again: list[tuple[Any, Arrival]] = field(default_factory=list)


def take_in(session: Writing, place: Place, arrivals: Sequence[Arrival]) -> Taken:
    """Take a batch of files into the dataset. Running it twice changes nothing the second time."""
    take_turn(session, place.dataset)
    taken = Taken()
    batch = sorted_out(session, place, arrivals, taken)
    touched = refresh(session, place, batch.again, taken)
    cells = existing_cells(session, place.dataset, {key_of(arrival) for _, arrival in batch.new})
    moved: Moved = Tally()
    touched.update(cells[key_of(arrival)] for _, arrival in batch.new if key_of(arrival) in cells)
    session.lock(Cell.id, touched)
    cells |= insert_cells(session, place, batch.new, cells, moved, taken)
    insert_occurrences(session, place, batch.new, cells, taken)
    weigh_labels(session, place, touched, moved)
    count_cells(session, moved)
    return taken


def relabel(
    session: Writing, place: Place, changes: Sequence[tuple[Known, int | None, Mapping[str, str] | None]]
) -> None:
    """Files that are what they were, of which the source says something else now."""
    take_turn(session, place.dataset)
    session.execute(
        update(Occurrence)
        .where(Occurrence.id == bindparam("occurrence_id"))
        .values(given_label=bindparam("new_label"), attributes=bindparam("new_attributes")),
        [
            {
                "occurrence_id": known.id,
                "new_label": known.given_label if label is None else label,
                "new_attributes": dict(attributes or known.attributes or {}) or None,
            }
            for known, label, attributes in changes
        ],
    )
    ids = [known.id for known, _, _ in changes]
    touched = set(session.execute(select(Occurrence.cell).where(Occurrence.id.in_(ids))).scalars())
    session.lock(Cell.id, touched)
    moved: Moved = Tally()
    weigh_labels(session, place, touched, moved)
    count_cells(session, moved)


def take_turn(session: Writing, dataset: int) -> None:
    """One batch at a time in a dataset, or two imports would both find a cell missing and both insert it.

    A lock on the dataset's row would wait for every foreign key to it.
    """
    session.take_turn(f"import into dataset {dataset}")


def key_of(arrival: Arrival) -> Key:
    decoded = arrival.decoded
    return decoded.pixel_sha256, decoded.width, decoded.height


def sorted_out(session: Writing, place: Place, arrivals: Sequence[Arrival], taken: Taken) -> Batch:
    """Which files are new and under which path, which are known, and which can't be taken."""
    paths = [path for arrival in arrivals for path in (arrival.found.path, place.elsewhere(arrival.found.path))]
    rows = session.execute(
        select(
            Occurrence.path,
            Occurrence.id,
            Occurrence.cell,
            Occurrence.source,
            Occurrence.given_label,
            Occurrence.attributes,
            Cell.pixel_sha256,
            Cell.width,
            Cell.height,
        )
        .join(Cell, Cell.id == Occurrence.cell)
        .where(Occurrence.dataset == place.dataset, Occurrence.path.in_(paths))
    )
    known = {row.path: row for row in rows}
    batch = Batch()
    claimed: set[str] = set()
    for arrival in arrivals:
        path = arrival.found.path
        elsewhere = place.elsewhere(path)
        ours_elsewhere = known.get(elsewhere)
        if ours_elsewhere is not None and ours_elsewhere.source == place.source:
            path = elsewhere
        occurrence = known.get(path)
        if occurrence is not None and not shows(occurrence, arrival) and occurrence.source != place.source:
            path, occurrence = elsewhere, ours_elsewhere
        if occurrence is None and path not in claimed:
            claimed.add(path)
            batch.new.append((path, arrival))
        elif occurrence is not None and shows(occurrence, arrival):
            batch.again.append((occurrence, arrival))
        else:
            is_ours = occurrence is not None and occurrence.source == place.source
            taken.refused.append((arrival.found.path, CHANGED if is_ours else TAKEN))
    return batch


def shows(occurrence: Any, arrival: Arrival) -> bool:
    """Whether a known occurrence has the pixels of the file that is there now."""
    return (occurrence.pixel_sha256, occurrence.width, occurrence.height) == key_of(arrival)


def refresh(session: Writing, place: Place, again: Sequence[tuple[Any, Arrival]], taken: Taken) -> set[int]:
    """Bring known occurrences up to date; returns the cells whose labels are to be weighed anew."""
    touched: set[int] = set()
    changes = []
    for occurrence, arrival in again:
        found, decoded = arrival.found, arrival.decoded
        label = occurrence.given_label if arrival.label is None else arrival.label
        attributes = dict(found.attributes or occurrence.attributes or {}) or None
        if (label, attributes) == (occurrence.given_label, occurrence.attributes):
            taken.unchanged += 1
        else:
            taken.updated += 1
            touched.add(occurrence.cell)
        changes.append(
            {
                "occurrence_id": occurrence.id,
                "new_source": place.source,
                "new_file_sha256": decoded.file_sha256,
                "new_size": decoded.size,
                "new_mtime_ns": decoded.mtime_ns,
                "new_label": label,
                "new_attributes": attributes,
                "new_normalised": note(decoded),
            }
        )
    if changes:
        session.execute(
            update(Occurrence)
            .where(Occurrence.id == bindparam("occurrence_id"))
            .values(
                source=bindparam("new_source"),
                file_sha256=bindparam("new_file_sha256"),
                size=bindparam("new_size"),
                mtime_ns=bindparam("new_mtime_ns"),
                given_label=bindparam("new_label"),
                attributes=bindparam("new_attributes"),
                normalised=bindparam("new_normalised"),
            ),
            changes,
        )
    return touched


def existing_cells(session: Reading, dataset: int, keys: set[Key]) -> dict[Key, int]:
    """The ids of the cells that are there already (unique index dataset, pixel_sha256, width, height)."""
    rows = session.execute(
        select(Cell.pixel_sha256, Cell.width, Cell.height, Cell.id).where(
            Cell.dataset == dataset, Cell.pixel_sha256.in_(sorted({digest for digest, _, _ in keys}))
        )
    )
    found = {(bytes(digest), width, height): id for digest, width, height, id in rows}
    return {key: found[key] for key in keys & found.keys()}


def insert_cells(
    session: Writing,
    place: Place,
    new: Sequence[tuple[str, Arrival]],
    cells: Mapping[Key, int],
    moved: Moved,
    taken: Taken,
) -> dict[Key, int]:
    """Make the cells that aren't there, with the label that all their new files agree on."""
    labels: dict[Key, set[int]] = {}
    for _, arrival in new:
        key = key_of(arrival)
        if key not in cells:
            given = labels.setdefault(key, set())
            if arrival.label is not None:
                given.add(arrival.label)
    if not labels:
        return {}
    rows = []
    for pid, (key, given) in zip(new_pids(len(labels)), labels.items(), strict=True):
        given_label, born_disputed = weighed(given)
        state, entropy = unreviewed_state(born_disputed)
        rows.append(
            {
                "pid": pid,
                "dataset": place.dataset,
                "pixel_sha256": key[0],
                "width": key[1],
                "height": key[2],
                "given_label": given_label,
                "born_disputed": born_disputed,
                "state": state.value,
                "entropy": entropy,
                "dissent": False,
                "flagged": False,
                "reviewed_since": False,
                "reviews": 0,
                "costly": place.label_set.is_costly(given),
            }
        )
        moved[place.dataset, counted_label(given_label, born_disputed), state.value] += 1
    taken.cells_new += len(rows)
    made = session.execute(insert(Cell).returning(Cell.pixel_sha256, Cell.width, Cell.height, Cell.id), rows)
    return {(bytes(digest), width, height): id for digest, width, height, id in made}


def insert_occurrences(
    session: Writing,
    place: Place,
    new: Sequence[tuple[str, Arrival]],
    cells: Mapping[Key, int],
    taken: Taken,
) -> None:
    if new:
        session.execute(
            insert(Occurrence),
            [
                {
                    "dataset": place.dataset,
                    "cell": cells[key_of(arrival)],
                    "source": place.source,
                    "path": path,
                    "file_sha256": arrival.decoded.file_sha256,
                    "size": arrival.decoded.size,
                    "mtime_ns": arrival.decoded.mtime_ns,
                    "given_label": arrival.label,
                    "attributes": dict(arrival.found.attributes) if arrival.found.attributes else None,
                    "normalised": note(arrival.decoded),
                }
                for path, arrival in new
            ],
        )
        taken.occurrences_new += len(new)


def note(decoded: Decoded) -> str:
    """What was done to a file's pixels, as its occurrence keeps it."""
    return "|".join(decoded.normalised)[:LONGEST_NOTE]


def weighed(labels: Iterable[int]) -> tuple[int | None, bool]:
    """The given label of a cell and whether it was born disputed, from its occurrences' labels."""
    different = set(labels)
    if len(different) > 1:
        return None, True
    return next(iter(different), None), False


def weigh_labels(session: Writing, place: Place, cells: set[int], moved: Moved) -> None:
    """Give cells the label that their occurrences agree on. The caller holds the cells' locks.

    A cell without reviews follows in its state; an adjudication outranks given labels and stays.
    """
    if not cells:
        return
    given: dict[int, set[int]] = {cell: set() for cell in cells}
    for cell, label in session.execute(
        select(Occurrence.cell, Occurrence.given_label).where(Occurrence.cell.in_(sorted(cells)))
    ):
        if label is not None:
            given[cell].add(label)
    changes = []
    for row in session.execute(
        select(
            Cell.id,
            Cell.dataset,
            Cell.given_label,
            Cell.born_disputed,
            Cell.state,
            Cell.entropy,
            Cell.reviews,
            Cell.costly,
        ).where(Cell.id.in_(sorted(cells)))
    ):
        given_label, born_disputed = weighed(given[row.id])
        state, entropy, costly = row.state, row.entropy, row.costly
        if row.reviews == 0:
            costly = place.label_set.is_costly(given[row.id])
            unreviewed, entropy = unreviewed_state(born_disputed)
            if state in (CellState.UNREVIEWED, CellState.DISPUTED):
                state = unreviewed.value
        now_and_before = ((given_label, row.given_label), (born_disputed, row.born_disputed), (state, row.state))
        if all(now == before for now, before in (*now_and_before, (costly, row.costly))):
            continue
        changes.append(
            {
                "cell_id": row.id,
                "new_label": given_label,
                "new_born_disputed": born_disputed,
                "new_state": state,
                "new_entropy": entropy,
                "new_costly": costly,
            }
        )
        moved[row.dataset, counted_label(row.given_label, row.born_disputed), row.state] -= 1
        moved[row.dataset, counted_label(given_label, born_disputed), state] += 1
    if changes:
        session.execute(
            update(Cell)
            .where(Cell.id == bindparam("cell_id"))
            .values(
                given_label=bindparam("new_label"),
                born_disputed=bindparam("new_born_disputed"),
                state=bindparam("new_state"),
                entropy=bindparam("new_entropy"),
                costly=bindparam("new_costly"),
            ),
            changes,
        )
