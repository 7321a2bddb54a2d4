"""Why a cell's given label is in doubt, or isn't, as people read it.

The suspicion job writes the numbers (`app/quality/ranking.py`); they stand down here so that the grid can show them as
well as what lies above. Who may see them is the caller's business: ``sight.sees_suspicion()``.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from app.catalogue.models import CellSuspicion
from app.database import Reading
from app.labels.labelset import LabelSet
from app.review.phrases import class_word
from app.words import Words, phrase

ROWS = (
    select(
        CellSuspicion.cell,
        CellSuspicion.votes,
        CellSuspicion.source,
        CellSuspicion.suggested,
        CellSuspicion.said,
        CellSuspicion.of,
        CellSuspicion.probability,
    )
    .where(CellSuspicion.cell.in_(bindparam("cells", expanding=True)))
    .order_by(CellSuspicion.cell, CellSuspicion.votes)
)


@dataclass(frozen=True, slots=True)
class Reason:
    """The numbers of one cell.

    ``source`` is *votes*, *predictions* or *looks*. ``suggested`` is the class that it holds for likelier than the
    given one, None where it finds none; the numbers are about that class, or about the given one. ``said`` of ``of``
    votes (halves among them) or look-alikes are for it; ``probability`` is the model's own, or that of the classifiers
    that compared looks. A model that gave a label alone has none.
    """

    source: str
    suggested: int | None
    said: float | None
    of: float | None
    probability: float | None


def reasons_of(session: Reading, cells: Collection[int], votes: bool = True) -> dict[int, Reason]:
    """The reasons of cells, by cell; those of which nobody says anything have none. Walks cell_suspicion's key.

    ``votes``: whether reviewers' votes are heard. A reviewer of an open round is given the reasons without them.
    """
    rows = session.execute(ROWS, {"cells": list(cells)})
    return {
        row.cell: Reason(row.source, row.suggested, row.said, row.of, row.probability)
        for row in rows
        if votes or not row.votes
    }


def reason_in_words(reason: Reason, label_set: LabelSet, language: str) -> Words:
    """A reason as a phrase, "6 of 8 look-alikes are given as band neutrophil"; ``speech.phrase`` says it."""
    label = None if reason.suggested is None else class_word(label_set[reason.suggested].name, label_set, language)
    match reason.source:
        case "votes":
            return votes_in_words(label, reason.said or 0, reason.of or 0)
        case "predictions":
            return prediction_in_words(label, reason.probability)
        case _:
            return looks_in_words(label, reason)


Label = Words | str | None


def votes_in_words(label: Label, said: float, of: float) -> Words:
    """What reviewers say. A borderline answer is half a vote for each of its classes."""
    if label is None:
        if of == 1:
            return phrase("the one vote speaks for the given label")
        return phrase("votes for the given label: {said:g} of {of:g}", said=said, of=of)
    if said == of == 1:
        return phrase("the one reviewer says {label}", label=label)
    if said == 1:
        return phrase("1 of {of:g} reviewers says {label}", of=of, label=label)
    if said % 1 or of % 1:
        return phrase("votes for {label}: {said:g} of {of:g}", said=said, of=of, label=label)
    return phrase("{said:g} of {of:g} reviewers say {label}", said=said, of=of, label=label)


def prediction_in_words(label: Label, probability: float | None) -> Words:
    """What a model says; its bare label counts as what the cells are given as that it calls the same."""
    if label is None:
        if probability is None:
            return phrase("what a model says of it fits the given label")
        return phrase("a model gives the given label {probability:.2f}", probability=probability)
    if probability is None:
        return phrase("what a model says of it speaks for {label}", label=label)
    return phrase("a model gives {label} {probability:.2f}", label=label, probability=probability)


def looks_in_words(label: Label, reason: Reason) -> Words:
    """What it looks like, and what the nearest cells are given as."""
    said, of = reason.said or 0, reason.of or 0
    if label is None:
        if not said:
            return phrase("it looks like what it’s given as, {probability:.2f}", probability=reason.probability or 0)
        return phrase("{said:g} of {of:g} look-alikes are given as the same", said=said, of=of)
    if not said:
        return phrase("it looks like {label}, {probability:.2f}", label=label, probability=reason.probability or 0)
    if said == 1:
        return phrase("1 of {of:g} look-alikes is given as {label}", of=of, label=label)
    return phrase("{said:g} of {of:g} look-alikes are given as {label}", said=said, of=of, label=label)
