"""What changed from one release to another, found in their frozen files alone. Pure: rows in, changes out.

All files are in order of pixel digest, so four streams are walked together and nothing is held but one digest's rows.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from operator import itemgetter

Row = dict[str, str]

SAYS = ("outcome", "label", "second_label")
"""The columns in which a change is a change: a cell that was put to review again and came out the same has none."""

OF_ONE_RELEASE = ("reviewer", "standing", "settles")
"""The columns of a vote that may differ between two releases that both have it."""


@dataclass(frozen=True)
class Change:
    """A cell of which two releases say different things.

    ``before``, ``after``: its rows in ``labels.csv``, None where the release doesn't have the cell. ``reviews``: the
    rows of ``votes.csv`` that only one of the two has.
    """

    cell_id: str
    pixel_sha256: str
    before: Row | None
    after: Row | None
    reviews: list[Row]


def changes(
    labels_before: Iterable[Row],
    labels_after: Iterable[Row],
    votes_before: Iterable[Row] = (),
    votes_after: Iterable[Row] = (),
    past: str = "",
) -> Iterator[Change]:
    """The cells that changed, by pixel digest, from the first digest after ``past`` on."""
    sources = (labels_before, labels_after, votes_before, votes_after)
    tagged = (tag(number, rows) for number, rows in enumerate(sources))
    for digest, group in groupby(merge(*tagged, key=itemgetter(0)), key=itemgetter(0)):
        if digest <= past:
            continue
        rows: tuple[list[Row], ...] = ([], [], [], [])
        for _, source, row in group:
            rows[source].append(row)
        before, after = ({row["cell_id"]: row for row in labels} for labels in rows[:2])
        for cell in before | after:
            if said(before.get(cell)) != said(after.get(cell)):
                votes = ([row for row in votes if row["cell_id"] == cell] for votes in rows[2:])
                yield Change(cell, digest, before.get(cell), after.get(cell), only_in_one(*votes))


def tag(source: int, rows: Iterable[Row]) -> Iterator[tuple[str, int, Row]]:
    for row in rows:
        yield row["pixel_sha256"], source, row


def said(row: Row | None) -> tuple[str, ...]:
    """What a release says of a cell; nothing is the same as not having it."""
    return tuple(row[column] if row else "" for column in SAYS)


def only_in_one(before: list[Row], after: list[Row]) -> list[Row]:
    """The votes that one release has and the other doesn't."""
    fewer, more = (before, after) if len(before) <= len(after) else (after, before)
    known = Counter(identity(row) for row in fewer)
    new = []
    for row in more:
        if known[identity(row)]:
            known[identity(row)] -= 1
        else:
            new.append(row)
    return new


def identity(row: Row) -> tuple[str, ...]:
    return tuple(value for column, value in row.items() if column not in OF_ONE_RELEASE)


@dataclass(frozen=True)
class Summary:
    """How many labels changed, were taken out and were added, and in which ways, the most frequent first."""

    changed: int
    removed: int
    added: int
    ways: tuple[tuple[str, str, int], ...]


def summary(all_changes: Iterable[Change]) -> Summary:
    """Changes counted. A way leads from an outcome to an outcome, each as :func:`in_short` has it."""
    ways = Counter((in_short(change.before), in_short(change.after)) for change in all_changes)
    return Summary(
        changed=sum(cells for (before, after), cells in ways.items() if before and after),
        removed=sum(cells for (_, after), cells in ways.items() if not after),
        added=sum(cells for (before, _), cells in ways.items() if not before),
        ways=tuple((*way, cells) for way, cells in sorted(ways.items(), key=lambda entry: (-entry[1], entry[0]))),
    )


def in_short(row: Row | None) -> str:
    """An outcome as one word: a class, ``a/b``, ``unusable``, or nothing."""
    if row is None or not row["outcome"]:
        return ""
    if row["outcome"] == "borderline":
        return f"{row['label']}/{row['second_label']}"
    return row["label"] or row["outcome"]
