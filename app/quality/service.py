"""Use cases: how far people agree, and which answers meet which, as far as whoever asks may see it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from app.accounts.models import Role
from app.accounts.people import Person
from app.catalogue.models import Cell, Outcome, Prediction
from app.catalogue.queries import DatasetRow
from app.consensus.documents import agreement_document
from app.database import Database, Reading
from app.labels import queries as labels
from app.quality import queries
from app.quality.confusion import Codes, Matrix
from app.quality.errors import NotYourFigures, UnusableAxis, UnusableGroup, UnusableRound
from app.quality.keeping import Kept, kept
from app.quality.merging import Classes, counted_as
from app.quality.queries import Model, Recorded, RoundRow
from app.review.blind import Sight, sight_of
from app.words import Words, phrase

if TYPE_CHECKING:
    from app.quality.answers import Answers
    from app.quality.figures import Figures
    from app.quality.meeting import Meetings

PRESENTATIONS = ("all", "blind", "sighted")


@dataclass(frozen=True)
class Scope:
    """Whose figures of which reviews are asked for, and how classes are counted.

    ``rounds``: those whose answers count. ``own``: the reviewer to whose answers figures are limited, None where all
    may be seen. ``names``: what each reviewer is called. ``answers``: every review of the dataset's rounds, and how far
    recording had come.
    """

    dataset: DatasetRow
    sight: Sight
    classes: Classes
    rounds: tuple[RoundRow, ...]
    round: RoundRow | None
    own: int | None
    names: Mapping[int, str]
    answers: "Answers" = field(repr=False)
    recorded: Recorded
    kept: Kept = field(repr=False)

    @cached_property
    def round_ids(self) -> tuple[int, ...]:
        return tuple(row.id for row in self.rounds)

    @cached_property
    def said(self) -> "Answers":
        """Every review of the rounds that count."""
        return self.answers.of_rounds(self.round_ids)

    @cached_property
    def _standing(self) -> "dict[str, Answers]":
        return {}

    def standing(self, presentation: str) -> "Answers":
        """What stands of it; for a reviewer, of the cells that they answered."""
        # NumPy is loaded with the first figures, and never at a start.
        from app.quality.answers import side_by_side_with, standing

        if presentation not in self._standing:
            found = standing(self.said, presentation)
            self._standing[presentation] = found if self.own is None else side_by_side_with(self.own, found)
        return self._standing[presentation]

    @property
    def cells_of_rounds(self) -> tuple[int, ...] | None:
        """The rounds to whose cells figures are limited, None where they are the whole dataset's."""
        return None if self.round is None else (self.round.id,)


def scope_of(
    session: Reading,
    database: Database,
    person: Person,
    slug: str,
    round_pid: str | None = None,
    merge: str | None = None,
) -> Scope:
    """What a person may see figures of; an error where figures wait for them, or where there is no such round."""
    sight = sight_of(session, person)
    dataset = queries.readable_dataset(session, sight, slug)
    classes = counted_as(labels.label_set(session, dataset.label_set), merge)
    hides_names = queries.opened_rounds(session, dataset.id)
    rounds = tuple(queries.rounds_in_sight(session, sight, dataset.id))
    chosen = None
    if round_pid:
        chosen = next((row for row in rounds if row.pid == round_pid), None)
        if chosen is None:
            raise UnusableRound(
                "This dataset has no round {round} with figures for you: a reviewer sees those of closed rounds.",
                "round",
                round=round_pid,
            )
    keeps = kept(database)
    answers, recorded = keeps.answers(session, dataset.id, hides_names)
    return Scope(
        dataset,
        sight,
        classes,
        (chosen,) if chosen else rounds,
        chosen,
        None if person.may(Role.ADJUDICATOR) else person.id,
        called(session, person, dataset.id, answers.first_of_reviewers, any(hides_names.values())),
        answers,
        recorded,
        keeps,
    )


def called(
    session: Reading, person: Person, dataset: int, firsts: Mapping[int, int], hides_names: bool
) -> dict[int, str]:
    """What each reviewer of the rounds is called: by name for admins and for oneself, and for adjudicators where no
    round of the dataset hides names; else by the number that they have in the votes of a release.

    ``firsts``: the row of everybody's first review.
    """
    named = person.may(Role.ADMIN) or (person.may(Role.ADJUDICATOR) and not hides_names)
    real = queries.names_of(session, firsts if named else [person.id])
    settled = queries.first_adjudications(session, dataset)
    order = {id: min(at, settled.get(id, at)) for id, at in firsts.items()} | {
        id: at for id, at in settled.items() if id not in firsts
    }
    numbers = {id: number for number, id in enumerate(sorted(order, key=order.__getitem__), start=1)}
    return {id: real.get(id, f"reviewer-{numbers[id]}") for id in sorted(firsts, key=numbers.__getitem__)}


def agreement(
    session: Reading, scope: Scope, presentations: Collection[str] = PRESENTATIONS, group: str | None = None
) -> "dict[str, Figures]":
    """The figures by presentation. They are made once as long as nothing new was said."""
    by_cell = None if group is None else groups(session, scope, group)
    if by_cell is not None:
        return made(scope, presentations, by_cell)
    key = (
        scope.dataset.id,
        scope.dataset.label_set,
        scope.classes.merges,
        scope.round_ids,
        scope.own,
        scope.recorded,
        tuple(presentations),
    )
    return scope.kept.figures(key, lambda: made(scope, presentations, None))


def made(scope: Scope, presentations: Collection[str], by_cell: Mapping[int, str] | None) -> "dict[str, Figures]":
    """The figures by presentation. Where all answers are blind, or all sighted, they are made once for both."""
    from app.quality.figures import figures_of

    found: dict[str, Figures] = {}
    by_answers: dict[bytes, Figures] = {}
    for presentation in presentations:
        said = scope.standing(presentation)
        which = said.id.tobytes()
        if which not in by_answers:
            by_answers[which] = figures_of(said, scope.classes, by_cell)
        found[presentation] = by_answers[which]
    return found


def groups(session: Reading, scope: Scope, attribute: str) -> dict[int, str]:
    """The value of an attribute by cell."""
    found = dict(queries.attribute_of_cells(session, scope.dataset.id, attribute))
    if not found:
        raise UnusableGroup("No cell of this dataset has an attribute {name}.", "group", name=attribute)
    return found


def agreement_answer(scope: Scope, figures: "Mapping[str, Figures]") -> dict[str, Any]:
    """The figures as REST answers them: the command line's keys, and what was counted, by presentation."""
    return {
        presentation: section(scope, figures[presentation]) if presentation in figures else None
        for presentation in PRESENTATIONS
    }


def section(scope: Scope, figures: "Figures") -> dict[str, Any]:
    """One presentation's figures. A reviewer's pairs are those with themselves."""
    raters = [scope.names[id] for id in figures.raters]
    document = agreement_document(figures.agreement, raters, scope.classes.names, ladder_notes(scope.classes))
    if scope.own is not None:
        me = scope.names.get(scope.own)
        document["cohen_kappa"] = [pair for pair in document["cohen_kappa"] if me in (pair["rater_a"], pair["rater_b"])]
    return document | {
        "cells": figures.cells,
        "seen_twice": figures.seen_twice,
        "paired": figures.paired,
        "borderline": figures.borderline,
        "unusable": figures.unusable,
        "unsure": figures.unsure,
    }


def ladder_notes(classes: Classes, abbreviated: bool = False) -> list[Words]:
    """Which classes are off the ladder, where there is one."""
    if classes.rungs is None:
        return []
    names = [one.abbreviation if abbreviated else one.name for one in classes.shown]
    off = [name for name, rung in zip(names, classes.rungs, strict=True) if rung is None]
    if not off:
        return []
    return [
        phrase(
            "Not on the ladder of {label_set}, so apart from every class by the most there can be: {names}.",
            label_set=classes.label_set.name,
            names=", ".join(off),
        )
    ]


@dataclass(frozen=True)
class Axis:
    """Rows or columns of a confusion matrix: who says what the cells are."""

    kind: str
    name: str
    reviewer: int | None = None
    model: Model | None = None

    @property
    def is_of_cells(self) -> bool:
        """Whether it says one thing of a cell, whoever looks."""
        return self.kind in ("given", "consensus", "prediction")


def axes(session: Reading, scope: Scope) -> list[Axis]:
    """What this person may take for rows and columns."""
    plain = ["given", "consensus", "first", "repeat"]
    found = [Axis(kind, kind) for kind in plain]
    if scope.own is None:
        found += [Axis("prediction", f"prediction:{model}", model=model) for model in models(session, scope)]
    people = [id for id in scope.names if scope.own in (None, id)]
    return found + [Axis("reviewer", f"reviewer:{scope.names[id]}", reviewer=id) for id in people]


def models(session: Reading, scope: Scope) -> list[Model]:
    return queries.models(session, scope.dataset.id)


def axis(session: Reading, scope: Scope, name: str, parameter: str) -> Axis:
    """The axis of a name; ``prediction`` is the model that was loaded last."""
    known = axes(session, scope)
    kind, _, rest = name.strip().partition(":")
    if scope.own is not None and kind in ("prediction", "reviewer") and name not in {one.name for one in known}:
        raise NotYourFigures("A reviewer sees figures of their own answers only.", parameter)
    if name == "prediction":
        found = next((one for one in known if one.kind == "prediction"), None)
        if found is None:
            raise UnusableAxis("No predictions were loaded for this dataset.", parameter)
        return replace(found, name=name)
    found = next((one for one in known if one.name in (name, f"{kind}:{rest.strip().casefold()}")), None)
    if found is None:
        raise UnusableAxis(
            "{name} is nothing to count by. Take given, consensus, prediction, first, repeat, or reviewer:NAME of "
            "somebody who answered here.",
            parameter,
            name=name,
        )
    return found


def axes_named(session: Reading, scope: Scope, rows: str, columns: str) -> tuple[Axis, Axis]:
    """The axes that two parameters name."""
    return axis(session, scope, rows, "rows"), axis(session, scope, columns, "columns")


@dataclass(frozen=True)
class Confusion:
    """A matrix, what its rows and columns are, and the way to a field's cells."""

    rows: Axis
    columns: Axis
    presentation: str | None
    matrix: Matrix
    meetings: "Meetings | None"


def confusion(session: Reading, scope: Scope, rows: Axis, columns: Axis, presentation: str | None = None) -> Confusion:
    """How often each answer of the rows meets each of the columns. An answer of people counts once in each round."""
    check(scope, rows, columns)
    presentation = presentation or "all"
    codes = Codes(scope.classes)
    if rows.is_of_cells and columns.is_of_cells:
        return Confusion(rows, columns, None, of_cells(session, scope, rows, columns, codes), None)
    meetings = met(session, scope, rows, columns, presentation, codes)
    return Confusion(rows, columns, presentation, meetings.matrix(codes), meetings)


def check(scope: Scope, rows: Axis, columns: Axis) -> None:
    """Refuse what can't be counted against each other, or isn't this person's to see."""
    if rows.name == columns.name:
        raise UnusableAxis("Take something else for the columns than for the rows.", "columns")
    repeats = {"first", "repeat"} & {rows.kind, columns.kind}
    if len(repeats) == 1:
        raise UnusableAxis("First answers are counted against repeated ones, and against nothing else.", "columns")
    if scope.own is None or repeats:
        return
    if rows.is_of_cells and columns.is_of_cells:
        raise NotYourFigures("A reviewer sees figures of their own answers only.", "rows")
    if "consensus" in (rows.kind, columns.kind) and scope.dataset.id in scope.sight.secret_datasets:
        raise NotYourFigures("The consensus waits while a round of yours is open in this dataset.", "columns")


def met(session: Reading, scope: Scope, rows: Axis, columns: Axis, presentation: str, codes: Codes) -> "Meetings":
    """Pairs of answers of which people gave at least one."""
    import numpy as np

    from app.quality.answers import repeated
    from app.quality.meeting import between_reviewers, with_cells, with_oneself

    stands = scope.standing(presentation)
    if "repeat" in (rows.kind, columns.kind):
        again = repeated(scope.said, presentation)
        # Which of their own cells came again nobody is told while they review there.
        is_untold = (again.reviewer == scope.sight.person.id) & np.isin(again.round, sorted(scope.sight.open_rounds))
        again = again.at(np.flatnonzero(~is_untold))
        if scope.own is not None:
            stands, again = (some.at(np.flatnonzero(some.reviewer == scope.own)) for some in (stands, again))
        found = with_oneself(stands, again, codes)
        return found if rows.kind == "first" else found.turned()
    if rows.reviewer is not None and columns.reviewer is not None:
        return between_reviewers(stands, rows.reviewer, columns.reviewer, codes)
    person, other = (rows, columns) if rows.reviewer is not None else (columns, rows)
    assert person.reviewer is not None
    found = with_cells(stands, person.reviewer, codes_of_cells(session, scope, other, codes), codes)
    return found if person is rows else found.turned()


def columns_of(axis: Axis) -> list[Any]:
    """The columns that say what an axis says of a cell."""
    if axis.kind == "given":
        return [Cell.given_label]
    return [Prediction.label] if axis.kind == "prediction" else list(queries.SETTLED)


def code_of(axis: Axis, values: tuple[Any, ...], codes: Codes) -> int | None:
    """The code of what the columns of an axis hold."""
    return codes.of(*values) if axis.kind == "consensus" else codes.of("label", values[0], None)


def known_by(axis: Axis) -> list[Any]:
    """The cells of which an axis says anything."""
    if axis.kind == "consensus":
        return [queries.is_settled()]
    if axis.kind == "prediction":
        assert axis.model is not None
        return [Prediction.model == axis.model.id]
    return [Cell.given_label.is_not(None)]


def chosen_cells(scope: Scope, *chosen: Axis) -> Callable[[Any], Any]:
    """Adds to a select of cells what it takes to see what axes say of them.

    Walks ix_cell_settled where the consensus is asked for, and prediction's primary key where predictions are.
    """

    def of(statement: Any) -> Any:
        statement = statement.select_from(Cell)
        for one in chosen:
            if one.kind == "prediction":
                statement = statement.join(Prediction, Prediction.cell == Cell.id).where(scope.sight.sees_predictions())
            statement = statement.where(*known_by(one))
        return statement.where(Cell.dataset == scope.dataset.id, *queries.of_round(scope.cells_of_rounds))

    return of


def codes_of_cells(session: Reading, scope: Scope, axis: Axis, codes: Codes) -> dict[int, int]:
    """What an axis says, by cell."""
    found = {}
    for id, *values in session.execute(chosen_cells(scope, axis)(select(Cell.id, *columns_of(axis)))):
        code = code_of(axis, tuple(values), codes)
        if code is not None:
            found[id] = code
    return found


def of_cells(session: Reading, scope: Scope, rows: Axis, columns: Axis, codes: Codes) -> Matrix:
    """The matrix of two axes that say one thing of a cell: counted by the database."""
    of_row, of_column = columns_of(rows), columns_of(columns)
    grouped = chosen_cells(scope, rows, columns)(select(*of_row, *of_column, func.count())).group_by(
        *of_row, *of_column
    )
    counts: dict[tuple[int, int], int] = {}
    for *values, n in session.execute(grouped):
        row = code_of(rows, tuple(values[: len(of_row)]), codes)
        column = code_of(columns, tuple(values[len(of_row) :]), codes)
        if row is not None and column is not None:
            counts[row, column] = counts.get((row, column), 0) + n
    return Matrix(codes, counts)


def is_code(axis: Axis, code: int, codes: Codes) -> ColumnElement[bool]:
    """A cell of which an axis says this."""
    classes = codes.classes
    if axis.kind != "consensus":
        column: ColumnElement[int | None] = columns_of(axis)[0]
        return column.in_(classes.members(code)) if code < len(classes) else false()
    inside = [
        and_(Cell.label.in_(members), Cell.second_label.in_(members))
        for members in ([classes.label_set.index(name) for name in merge.classes] for merge in classes.merges)
    ]
    if code < len(classes):
        members = classes.members(code)
        alone = and_(Cell.outcome == Outcome.LABEL, Cell.label.in_(members))
        pair = and_(Cell.outcome == Outcome.BORDERLINE, Cell.label.in_(members), Cell.second_label.in_(members))
        return or_(alone, pair) if len(members) > 1 else alone
    if code == codes.borderline:
        return and_(Cell.outcome == Outcome.BORDERLINE, *(~each for each in inside))
    return Cell.outcome == codes.name(code)


def field_named(found: Confusion, row: str, column: str) -> tuple[int, int]:
    """The codes of a field."""
    codes = found.matrix.codes
    return codes.code(row, "row"), codes.code(column, "column")


def cells_of_field(
    session: Reading, scope: Scope, found: Confusion, row: int, column: int, limit: int, after: int = 0
) -> tuple[list[str], int | None]:
    """The cells behind a field in order of import, from after one on, and the one after which the list goes on."""
    if found.meetings is None:
        codes = found.matrix.codes
        statement = chosen_cells(scope, found.rows, found.columns)(select(Cell.id, Cell.pid)).where(
            is_code(found.rows, row, codes), is_code(found.columns, column, codes), Cell.id > after
        )
    else:
        ids = [id for id in found.meetings.cells(row, column) if id > after][: limit + 1]
        statement = select(Cell.id, Cell.pid).where(Cell.id.in_(ids))
    statement = statement.where(scope.sight.sees_labels()).order_by(Cell.id).limit(limit + 1)
    rows = session.execute(statement).all()
    return [pid for _, pid in rows[:limit]], rows[limit - 1].id if len(rows) > limit else None
