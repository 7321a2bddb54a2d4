"""Writing the files of a release from one snapshot of the database."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from app.catalogue.models import CellState
from app.consensus import queries as consensus
from app.consensus.deriving import Said as SaidOfCell
from app.consensus.deriving import derive
from app.consensus.rules import Rule
from app.consensus.service import believed_of
from app.consensus.weighing import Weights
from app.database import Reading
from app.releases import queries
from app.releases.files import CsvFile, HashedFile, WrittenFile
from app.releases.layout import (
    LABELS,
    LABELS_FILE,
    VOTES,
    VOTES_FILE,
    CellRow,
    Fields,
    ReviewRow,
    Words,
    label_row,
    vote_row,
)
from app.releases.manifest import MANIFEST, Tally, manifest
from app.review.verdicts import settlement, standing, standing_adjudication, standing_ballots

Progress = Callable[[int, int], None]
"""Is told how many cells are written, of how many."""


@dataclass(frozen=True)
class Frozen:
    """What was written: the files, the manifest last, and the counts."""

    files: tuple[WrittenFile, ...]
    counts: dict[str, Any]


def write_files(session: Reading, release: int, version: str, folder: Path, progress: Progress) -> Frozen:
    """Write all files of a release into an empty folder. The session must be one snapshot."""
    facts = queries.facts_of(session, release)
    words = queries.words_of(session, facts)
    weights = consensus.newest_weights(session, facts.dataset_id) if facts.fit is not None else None
    rule = Rule(facts.rule, facts.threshold)
    total = queries.count_cells(session, facts.dataset_id)
    tally = Tally(facts.label_set.classes, len(words.reviewers))
    with CsvFile(folder, LABELS_FILE, LABELS) as labels, CsvFile(folder, VOTES_FILE, VOTES) as votes:
        for cells in queries.cells_in_order(session, facts.dataset_id):
            ids = [cell.id for cell in cells]
            paths, given_labels = queries.files_of(session, ids)
            reviews = queries.reviews_of(session, ids)
            if not facts.rule_is_the_datasets:
                cells = [by_rule(cell, reviews.get(cell.id, ()), rule, weights) for cell in cells]
            labels.add([label_row(cell, paths[cell.id], given_labels[cell.id], words) for cell in cells])
            votes.add(vote_rows(cells, reviews, words))
            tally.add(cells)
            progress(labels.rows, total)
        tally.reviews = votes.rows
        written = (labels.written(), votes.written())
    counts = tally.counts()
    with HashedFile(folder, MANIFEST) as file:
        file.write(manifest(facts, counts, written, version))
        return Frozen((*written, file.written()), counts)


def by_rule(cell: CellRow, reviews: Sequence[ReviewRow], rule: Rule, weights: Weights | None) -> CellRow:
    """The cell with what a rule gives for its votes, where the cell doesn't say that yet; adjudications outrank it.

    One whose planned reviews aren't all in has no outcome under any rule.
    """
    if not reviews:
        return cell
    said = [review.said for review in reviews]
    counts = SaidOfCell(cell.id, standing_ballots(said), settlement(said), cell.state == CellState.IN_REVIEW)
    belief = None if weights is None else believed_of(counts, cell.given_label, weights)
    derived = derive(counts, cell.born_disputed, rule, belief)
    return cell._replace(
        state=derived.state,
        outcome=derived.outcome,
        label=derived.label,
        second_label=derived.second_label,
        probability=derived.probability,
        dissent=derived.dissent,
        reviews=derived.reviews,
        method=derived.method,
    )


def vote_rows(cells: Sequence[CellRow], reviews: Mapping[int, Sequence[ReviewRow]], words: Words) -> list[Fields]:
    """The rows of the cells' reviews: by cell as given, then by reviewer as written, then in order of recording."""
    said = {cell.id: [review.said for review in reviews[cell.id]] for cell in cells if cell.id in reviews}
    stands = {review.order for review in standing(chain.from_iterable(said.values()))}
    settles = {last.order for of_cell in said.values() if (last := standing_adjudication(of_cell))}
    return [
        vote_row(cell, review, review.said.order in stands, review.said.order in settles, words)
        for cell in cells
        for review in sorted(reviews.get(cell.id, ()), key=lambda each: words.reviewers[each.said.reviewer])
    ]
