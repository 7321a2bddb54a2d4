"""Anyone's votes: a long CSV with the columns item, rater and label, one line a vote."""

import csv
import io
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import numpy as np

from app.catalogue.tables import header_of, text_of
from app.consensus.errors import VotesRefused
from app.consensus.statistics.votes import Votes, indexed, votes

COLUMNS = ("item", "rater", "label")


@dataclass(frozen=True)
class NamedVotes:
    """Votes with what their indexes stand for: items and raters in order of first appearance, classes by name."""

    votes: Votes
    items: list[str]
    raters: list[str]
    classes: list[str]


def read_votes(path: Path) -> NamedVotes:
    """The votes of a file; further columns are ignored, a line without a label is a vote that is missing."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise VotesRefused("{file} can’t be read: {reason}.", "file", file=path, reason=error.strerror) from error
    what = f"file {path.name}"
    text = text_of(data, what, VotesRefused)
    header, delimiter = header_of(text, set(COLUMNS), what, VotesRefused)
    wanted = itemgetter(*(header.index(name) for name in COLUMNS))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    next(rows)
    said: list[tuple[str, ...]] = []
    for row in rows:
        if not any(row):
            continue
        if len(row) < len(header):
            raise VotesRefused(
                "Line {line:,} of {file} has {found} of {wanted} columns. Mend it or remove it.",
                "file",
                line=rows.line_num,
                file=path.name,
                found=len(row),
                wanted=len(header),
            )
        answer = tuple(value.strip() for value in wanted(row))
        if not answer[0] or not answer[1]:
            raise VotesRefused(
                "Line {line:,} of {file} names no item, or no rater.", "file", line=rows.line_num, file=path.name
            )
        if answer[2]:
            said.append(answer)
    return named(said)


def named(said: list[tuple[str, ...]]) -> NamedVotes:
    """Votes from rows of item, rater and label."""
    columns = list(zip(*said, strict=True)) or [(), (), ()]
    item, items = indexed(columns[0])
    rater, raters = indexed(columns[1])
    seen, classes = indexed(columns[2])
    by_name = np.argsort(np.argsort(np.array(classes, dtype=object))) if classes else np.zeros(0, np.int64)
    made = votes(item, rater, by_name[seen], items=len(items), raters=len(raters), classes=len(classes))
    return NamedVotes(made, [str(one) for one in items], [str(one) for one in raters], sorted(map(str, classes)))
