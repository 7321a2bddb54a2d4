"""Near-duplicates: cells whose pictures are nearly the same as one's, as far as a person may see them.

They are found by their perceptual hashes (`app/images/hashes.py`), in any of the eight ways to lay a picture: a scan
that was filed twice may have been turned in between, and its two labels are as much a contradiction. They are listed
for inspection and never merged: two files may show two moments of one slide.

A near-duplicate's label all but tells the cell's own. So whoever reviews a cell blind is told of none, and cells of
their own open blind rounds are left out whoever asks.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, select, union_all

from app.accounts.people import Person
from app.catalogue.models import Cell, CellHash, Dataset
from app.database import Reading
from app.images.hashes import NEAR, PARTS, Hash, differing, laid
from app.labels import queries as labels
from app.review.alike import look_alike, seen, with_names
from app.review.blind import sight_of
from app.review.schemas import NearDuplicate, NearDuplicates
from app.words import msg

MOST_LISTED = 24
MOST_COMPARED = 20_000

NOT_MEASURED = (
    "not_measured",
    msg("What this cell looks like isn't measured yet, so near-duplicates aren't known so far."),
)
HIDDEN = ("hidden", msg("You review this cell in an open blind round: near-duplicates wait until the round closes."))
NONE = ("none", msg("No other cell that you may be shown has nearly the same picture."))

PART_COLUMNS = tuple(getattr(CellHash, f"part{at}") for at in range(PARTS))
HASH = select(*PART_COLUMNS).where(CellHash.cell == bindparam("cell"))
# Each half is one range of its index for every way to lay the picture.
SHARING_A_PART = union_all(
    *(
        select(CellHash.cell, *PART_COLUMNS).where(
            CellHash.dataset == bindparam("dataset"), part.in_(bindparam(f"parts{at}", expanding=True))
        )
        for at, part in enumerate(PART_COLUMNS)
    )
).limit(MOST_COMPARED)


def near_duplicates(session: Reading, person: Person, cell: int, dataset: int) -> NearDuplicates:
    """The cells of a dataset whose picture is nearly this cell's, the nearest first.

    Walks cell_hash's key and ix_cell_hash_dataset_part0 to 3.
    """
    sight = sight_of(session, person)
    if session.scalar(select(Cell.id).where(Cell.id == cell, sight.is_blind())) is not None:
        return none_because(HIDDEN)
    own = session.execute(HASH, {"cell": cell}).one_or_none()
    if own is None:
        return none_because(NOT_MEASURED)
    near = nearly_the_same(session, cell, dataset, (own[0], own[1], own[2], own[3]))
    found = seen(session, sight, [(id, float(bits)) for id, (bits, _) in near.items()], MOST_LISTED)
    if not found:
        return none_because(NONE)
    about = session.execute(select(Dataset.label_set, Dataset.px_per_um).where(Dataset.id == dataset)).one()
    label_set = labels.label_set(session, about.label_set)
    items = [
        NearDuplicate(
            px_per_um=about.px_per_um,
            differing_bits=near[row.id][0],
            turned=near[row.id][1],
            **with_names(look_alike(row, bits, labelled=True, named=True), label_set),
        )
        for row, bits in found
    ]
    return NearDuplicates(items=items, reason=None, note="")


def nearly_the_same(session: Reading, cell: int, dataset: int, own: Hash) -> dict[int, tuple[int, bool]]:
    """The other cells whose hash is near, nearest first: in how many bits it differs, and whether only once turned."""
    ways = laid(own)
    parts: dict[str, Any] = {f"parts{at}": sorted({way[at] for way in ways}) for at in range(PARTS)}
    rows: Iterable[Any] = session.execute(SHARING_A_PART, {"dataset": dataset} | parts)
    found: dict[int, tuple[int, bool]] = {}
    for other, *hashed in rows:
        if other != cell and other not in found:
            bits = [differing(way, (hashed[0], hashed[1], hashed[2], hashed[3])) for way in ways]
            if min(bits) <= NEAR:
                found[other] = (min(bits), bits[0] > min(bits))
    return dict(sorted(found.items(), key=lambda one: (*one[1], one[0])))


def none_because(reason: tuple[str, str]) -> NearDuplicates:
    """No near-duplicates, and why."""
    return NearDuplicates(items=[], reason=reason[0], note=reason[1])
