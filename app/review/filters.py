"""Choosing cells: the parameters of ``GET /cells``, which are a round's filter as well."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.accounts.models import User
from app.catalogue.models import Cell, CellState, Occurrence, Outcome
from app.database import Text
from app.labels.errors import UnknownClass
from app.labels.labelset import LabelSet
from app.review.blind import Sight
from app.review.errors import UnusableFilter
from app.review.models import Presentation, Review, Round, RoundCell, Verdict
from app.review.verdicts import VOTING_KINDS

DIGEST = re.compile("[0-9a-fA-F]{64}")
NONE = "none"
"""The value of a label filter for cells that have none."""


class CellFilter(BaseModel):
    """Which cells of a dataset. What isn't named doesn't matter; what is named must all hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    round: Annotated[Text | None, Field(description="Cells that this round covers.")] = None
    given_label: Annotated[
        Text | None,
        Field(description="Cells with this given label; several joined by commas; `none`: without one."),
    ] = None
    label: Annotated[Text | None, Field(description="Cells whose consensus is this class, alone or in a pair.")] = None
    predicted_label: Annotated[
        Text | None,
        Field(description="Cells that the model loaded last calls this; several joined by commas; `none`: nothing."),
    ] = None
    min_suspicion: Annotated[
        float | None, Field(ge=0, le=1, allow_inf_nan=False, description="Cells at least so suspicious.")
    ] = None
    state: Annotated[CellState | None, Field(description="Cells in this state.")] = None
    outcome: Annotated[Outcome | None, Field(description="Cells with this kind of outcome.")] = None
    dissent: Annotated[bool | None, Field(description="Cells with, or without, dissent.")] = None
    flagged: Annotated[bool | None, Field(description="Cells that a reviewer flagged, or not.")] = None
    born_disputed: Annotated[bool | None, Field(description="Cells whose given labels differ, or not.")] = None
    reviewer: Annotated[Text | None, Field(description="Cells that this person reviewed.")] = None
    pair: Annotated[
        Text | None,
        Field(description="Cells between these two, joined by a comma: classes, `unusable` or `unsure`."),
    ] = None
    attribute: Annotated[Text | None, Field(description="Cells with this attribute: `name:value`.")] = None
    q: Annotated[
        Text | None,
        Field(description="Cells with this id or digest, or with a path that holds this text.", max_length=200),
    ] = None

    @property
    def uses_labels(self) -> bool:
        """Whether a blind reviewer could learn a given label from the answer."""
        return any(
            value is not None for value in (self.given_label, self.born_disputed, self.pair, self.attribute, self.q)
        )

    @property
    def uses_consensus(self) -> bool:
        """Whether a reviewer could learn colleagues' answers from it."""
        return any(
            value is not None
            for value in (
                self.label,
                self.state,
                self.outcome,
                self.dissent,
                self.flagged,
                self.reviewer,
                self.pair,
            )
        )

    def named(self) -> dict[str, object]:
        """Only what is asked for, as JSON."""
        return self.model_dump(mode="json", exclude_none=True)


def parsed_filter(given: Mapping[str, str]) -> CellFilter:
    """The filter in an address; an error names what can't be used. Empty values ask for nothing."""
    try:
        return CellFilter.model_validate(given_filter(given))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise UnusableFilter("{field}: {why}", field, field=field, why=first["msg"]) from error


def given_filter(given: Mapping[str, str]) -> dict[str, str]:
    """What of an address's parameters belongs to the filter."""
    return {name: value for name, value in given.items() if value and name in CellFilter.model_fields}


def conditions(chosen: CellFilter, dataset: int, label_set: LabelSet, sight: Sight | None) -> list[ColumnElement[bool]]:
    """What a cell must fulfil. With a sight, cells of which a used field is hidden are left out."""
    held: list[ColumnElement[bool]] = [Cell.dataset == dataset]
    if sight and chosen.uses_labels:
        held.append(sight.sees_labels())
    if sight and chosen.uses_consensus:
        held.append(sight.sees_consensus())
    if sight and chosen.predicted_label is not None:
        held.append(sight.sees_predictions())
    if sight and chosen.min_suspicion is not None:
        held.append(sight.sees_suspicion())
    if sight and sight.blind_rounds and chosen.round is not None:
        # Cells that another round chose, by their label perhaps, tell nothing of those that this person sees blind.
        own = select(Round.id).where(Round.pid == chosen.round, Round.id.in_(sorted(sight.blind_rounds)))
        held.append(or_(sight.sees_labels(), own.exists()))
    if chosen.round is not None:
        held.append(
            Cell.id.in_(
                select(RoundCell.cell).join(Round, RoundCell.round == Round.id).where(Round.pid == chosen.round)
            )
        )
    if chosen.given_label is not None:
        held.append(of_given_label(chosen.given_label, label_set))
    if chosen.label is not None:
        index = class_index(chosen.label, label_set, "label")
        held.append(or_(Cell.label == index, Cell.second_label == index))
    if chosen.predicted_label is not None:
        held.append(of_predicted_label(chosen.predicted_label, label_set))
    if chosen.min_suspicion is not None:
        held.append(Cell.suspicion >= chosen.min_suspicion)
    for column, wanted in (
        (Cell.state, chosen.state),
        (Cell.outcome, chosen.outcome),
        (Cell.dissent, chosen.dissent),
        (Cell.flagged, chosen.flagged),
        (Cell.born_disputed, chosen.born_disputed),
    ):
        if wanted is not None:
            held.append(column == wanted)
    if chosen.reviewer is not None:
        if sight and chosen.reviewer.strip().casefold() != sight.person.name:
            held.append(sight.sees_names())
        held.append(
            Cell.id.in_(
                select(Review.cell)
                .join(User, Review.reviewer == User.id)
                .where(User.name == chosen.reviewer.strip().casefold())
            )
        )
    if chosen.pair is not None:
        held.append(between(chosen.pair, label_set))
    if chosen.attribute is not None:
        held.append(with_attribute(chosen.attribute))
    if chosen.q:
        held.append(found_by(chosen.q.strip(), dataset))
    return held


def found_by(words: str, dataset: int) -> ColumnElement[bool]:
    """The cell with this id, those with this digest of their pixels or of a file, or those whose path holds it."""
    if DIGEST.fullmatch(words):
        digest = bytes.fromhex(words)
        by_file = select(Occurrence.cell).where(Occurrence.dataset == dataset, Occurrence.file_sha256 == digest)
        return or_(Cell.pixel_sha256 == digest, Cell.id.in_(by_file))
    by_path = select(Occurrence.cell).where(
        Occurrence.dataset == dataset, Occurrence.path.icontains(words, autoescape=True)
    )
    return or_(Cell.pid == words.lower(), Cell.id.in_(by_path))


def class_index(name: str, label_set: LabelSet, field: str) -> int:
    """The class of a filter, or an error that names the field."""
    try:
        return label_set.index(name)
    except UnknownClass as error:
        raise UnusableFilter(error.message, field) from error


def of_given_label(names: str, label_set: LabelSet) -> ColumnElement[bool]:
    """Cells with one of the given labels, ``none`` among them."""
    nothing = and_(Cell.given_label.is_(None), Cell.born_disputed.is_(False))
    return one_of(names, label_set, "given_label", Cell.given_label, nothing)


def of_predicted_label(names: str, label_set: LabelSet) -> ColumnElement[bool]:
    """Cells that the model which was loaded last calls one of these; ``none``: of which no model says anything."""
    return one_of(names, label_set, "predicted_label", Cell.predicted_label, Cell.predicted_label.is_(None))


def one_of(
    names: str,
    label_set: LabelSet,
    field: str,
    column: InstrumentedAttribute[int | None],
    nothing: ColumnElement[bool],
) -> ColumnElement[bool]:
    """Cells with one of several labels in a column; ``none`` stands for what holds of those without one."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    indexes = [class_index(name, label_set, field) for name in wanted if name != NONE]
    held: list[ColumnElement[bool]] = []
    if len(indexes) == 1:
        held.append(column == indexes[0])
    elif indexes:
        held.append(column.in_(indexes))
    if NONE in wanted:
        held.append(nothing)
    return or_(*held) if held else false()


def between(pair: str, label_set: LabelSet) -> ColumnElement[bool]:
    """Cells for which both of two answers were given, by reviewers or by the files' labels."""
    names = [name.strip() for name in pair.split(",")]
    if len(names) != 2 or names[0] == names[1]:
        raise UnusableFilter("A pair names two different answers, joined by a comma.", "pair")
    return and_(*(was_said(name, label_set) for name in names))


def was_said(answer: str, label_set: LabelSet) -> ColumnElement[bool]:
    """Cells of which a review that nobody took back, or a file, says this.

    A blind answer stands again where the second look, which the label was shown for, was taken back.
    """
    later, last, after = aliased(Review), aliased(Review), aliased(Review)
    taken_back = (
        select(last.id)
        .where(
            last.assignment == Review.assignment,
            last.verdict == Verdict.WITHDRAWN,
            last.presentation == Presentation.REVEAL,
            ~select(after.id).where(after.supersedes == last.uuid).exists(),
        )
        .correlate(Review)
    )
    of_cell = (
        select(Review.id)
        .where(
            Review.cell == Cell.id,
            Review.kind.in_(VOTING_KINDS),
            or_(
                ~select(later.id).where(later.supersedes == Review.uuid).exists(),
                and_(Review.presentation == Presentation.BLIND, taken_back.exists()),
            ),
        )
        .correlate(Cell)
    )
    if answer in (Verdict.UNUSABLE, Verdict.UNSURE):
        return of_cell.where(Review.verdict == answer).exists()
    index = class_index(answer, label_set, "pair")
    return or_(
        of_cell.where(or_(Review.label == index, Review.second_label == index)).exists(),
        and_(
            Cell.born_disputed,
            select(Occurrence.id).where(Occurrence.cell == Cell.id, Occurrence.given_label == index).exists(),
        ),
    )


def with_attribute(attribute: str) -> ColumnElement[bool]:
    """Cells one of whose files has this value of an attribute."""
    name, colon, value = attribute.partition(":")
    if not colon or not name:
        raise UnusableFilter("An attribute is asked for as name:value.", "attribute")
    return (
        select(Occurrence.id)
        .where(Occurrence.cell == Cell.id, Occurrence.attributes[name].as_string() == value)
        .exists()
    )
