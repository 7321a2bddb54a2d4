"""The pages of quality."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.accounts.access import Reviewer
from app.accounts.models import Role
from app.accounts.people import Person
from app.catalogue import queries as catalogue
from app.database import Database as DatabaseClass
from app.database import Reading, Text
from app.quality import (
    queries,
    reviewers_chart,
    reviewers_service,
    service,
    stopping_chart,
    stopping_service,
    telling,
)
from app.quality.api import Merged, OfRound, Shown
from app.quality.confusion import BEYOND, Codes
from app.quality.errors import NotYourFigures, UnusableAxis, UnusableGroup
from app.quality.merging import Classes
from app.quality.round_cells import readable_round
from app.quality.service import Axis, Confusion, Scope
from app.review.blind import sight_of
from app.review.heads import dataset_head
from app.review.queries import round_view
from app.web.dependencies import Database
from app.web.lists import Cursor, decode_cursor, encode_cursor
from app.web.templating import page
from app.words import Words, msg, phrase

if TYPE_CHECKING:
    from app.quality.figures import Figures
    from app.quality.reviewers import Reviewer as ReviewerFigures

router = APIRouter(include_in_schema=False)

CELLS_BESIDE = 12
CELLS_ON_A_PAGE = 60
MOST_CLASSES = 40
"""Where a label set has more, only those that occur are shown."""

DARKEST = 0.3
"""The share of a row at which a field's shade is the strongest."""

SHADES = 10
MOST_PAIRS = 60
AXIS_WORDS = {
    "given": msg("given label"),
    "consensus": msg("consensus"),
    "first": msg("first answer"),
    "repeat": msg("repeated answer"),
}
BEYOND_WORDS = {"borderline": msg("borderline"), "unusable": msg("unusable"), "unsure": msg("unsure")}
PRESENTATION_WORDS = (("all", msg("All")), ("blind", msg("Blind")), ("sighted", msg("Sighted")))
COEFFICIENTS = (
    ("percent_agreement", msg("Same class")),
    ("krippendorff_alpha", msg("Krippendorff’s α")),
    ("weighted_alpha", msg("Krippendorff’s α by steps of maturation")),
    ("fleiss_kappa", msg("Fleiss’ κ")),
    ("gwet_ac1", msg("Gwet’s AC1")),
)

NO_FIGURES_YET = {
    "draft": msg("This round isn’t open yet, so nobody has answered in it."),
    "planning": msg("This round isn’t open yet, so nobody has answered in it."),
}
OWN_WAIT = {"open": msg("This round is open, so figures of your answers in it wait until it closes.")}

Name = Annotated[Text | None, Query(max_length=400)]


@dataclass(frozen=True)
class Chosen:
    """What may be chosen on a page of quality, of a dataset and of a round."""

    merge: Merged = None
    presentation: Shown = None
    group: Name = None
    rows: Name = None
    columns: Name = None
    row: Name = None
    column: Name = None


@dataclass(frozen=True, kw_only=True)
class Asked(Chosen):
    """What the address of a page of quality says. ``of_round``: its path names the round already."""

    slug: str
    base: str
    round: str | None = None
    of_round: bool = False

    def named(self, **changes: str | None) -> dict[str, str]:
        """The parameters that say something, some of them changed."""
        given = {
            "round": None if self.of_round else self.round,
            "merge": self.merge,
            "presentation": self.presentation,
            "group": self.group,
            "rows": self.rows,
            "columns": self.columns,
            "row": self.row,
            "column": self.column,
        }
        return {name: value for name, value in (given | changes).items() if value}

    def address(self, path: str | None = None, **changes: str | None) -> str:
        """The page with some parameters changed."""
        given = self.named(**changes)
        return (path or self.base) + ("?" + urlencode(given) if given else "")


@router.get("/datasets/{slug}/quality")
def show_quality(
    request: Request,
    slug: str,
    person: Reviewer,
    database: Database,
    chosen: Annotated[Chosen, Depends()],
    round: OfRound = None,
) -> Response:
    """How far people agree on a dataset's cells, and who said what."""
    asked = Asked(**vars(chosen), slug=slug, base=f"/datasets/{slug}/quality", round=round)
    with database.reading() as session:
        shown = quality(session, database, person, asked)
    return page(request, "quality/quality.html", person, **shown)


@router.get("/rounds/{pid}/quality")
def show_quality_of_round(
    request: Request, pid: str, person: Reviewer, database: Database, chosen: Annotated[Chosen, Depends()]
) -> Response:
    """The same for one round."""
    with database.reading() as session:
        view = round_view(session, person, pid)
        asked = Asked(**vars(chosen), slug=view.dataset, base=f"/rounds/{pid}/quality", round=pid, of_round=True)
        held = NO_FIGURES_YET.get(view.state) or (None if person.may(Role.ADJUDICATOR) else OWN_WAIT.get(view.state))
        if held:
            shown = {"dataset": dataset_head(session, sight_of(session, person), view.dataset), "held": held}
        else:
            shown = quality(session, database, person, asked)
        shown |= {"round": {"pid": pid, "name": view.name}}
    return page(request, "quality/quality.html", person, **shown)


@router.get("/datasets/{slug}/quality/cells")
def show_cells_of_field(
    request: Request,
    slug: str,
    person: Reviewer,
    database: Database,
    rows: Text = "given",
    columns: Text = "consensus",
    row: Text = "",
    column: Text = "",
    round: OfRound = None,
    merge: Merged = None,
    presentation: Shown = None,
    cursor: Cursor = None,
) -> Response:
    """All cells behind a field of a matrix."""
    after = decode_cursor(cursor, int)
    asked = Asked(
        slug=slug, base=request.url.path, round=round, merge=merge, presentation=presentation,
        rows=rows, columns=columns, row=row, column=column,
    )  # fmt: skip
    with database.reading() as session:
        scope = service.scope_of(session, database, person, slug, round, merge)
        head = dataset_head(session, scope.sight, slug)
        found = service.confusion(session, scope, *service.axes_named(session, scope, rows, columns), presentation)
        field = service.field_named(found, row, column)
        pids, more = service.cells_of_field(session, scope, found, *field, CELLS_ON_A_PAGE, after[0] if after else 0)
    back = asked.address(f"/datasets/{slug}/quality") + "#field"
    return page(
        request,
        "quality/field.html",
        person,
        dataset=head,
        title=field_title(found, *field),
        total=found.matrix.counts.get(field, 0),
        cells=pids,
        back=back,
        next_url=None if more is None else asked.address() + "&" + urlencode({"cursor": encode_cursor([more])}),
        first_url=asked.address() if cursor else None,
    )


def quality(session: Reading, database: DatabaseClass, person: Person, asked: Asked) -> dict[str, Any]:
    """What the page is given."""
    sight = sight_of(session, person)
    head = dataset_head(session, sight, asked.slug)
    held = queries.held_back(sight, catalogue.dataset(session, asked.slug).id)
    if held:
        return {"dataset": head, "round": None, "held": held}
    scope = service.scope_of(session, database, person, asked.slug, asked.round, asked.merge)
    group_problem = None
    try:
        figures = service.agreement(session, scope, service.PRESENTATIONS, asked.group or None)
    except UnusableGroup as error:
        group_problem = Words(error.template, error.values)
        figures = service.agreement(session, scope)
    chosen = asked.presentation or shown_first(figures)
    return {
        "dataset": head,
        "round": None,
        "held": None,
        "own": scope.own is not None,
        "rounds": [(row.pid, row.name) for row in scope.rounds] if asked.round is None else [],
        "panels": [panel(scope, name, figures[name]) for name in ("blind", "sighted")],
        "has_agreement": any(each.seen_twice for each in figures.values()),
        "presentation": chosen,
        "per_class": per_class(scope, figures[chosen]),
        "reviewers": [scope.names[id] for id in figures[chosen].raters],
        "merges": merges(scope.classes, asked),
        "more": more(scope, figures),
        "group": asked.group or "",
        "group_problem": group_problem,
        "errors": given_labels(session, scope),
        "csv_url": asked.address(
            f"/api/v1/datasets/{asked.slug}/agreement", **NO_MATRIX, round=asked.round, presentation=None
        )
        + ("&" if asked.round or asked.merge or asked.group else "?")
        + "format=csv",
        "hidden": asked.named(**NO_MATRIX, presentation=None),
        "kept": asked.named(group=None),
        **who_said_what(session, scope, asked, chosen, figures[chosen]),
    }


NO_MATRIX: dict[str, str | None] = {"rows": None, "columns": None, "row": None, "column": None}


def shown_first(figures: "Mapping[str, Figures]") -> str:
    """The presentation that the page tells by class where none is asked for."""
    return next((name for name in ("blind", "sighted") if figures[name].seen_twice), "all")


def panel(scope: Scope, name: str, figures: "Figures") -> dict[str, Any]:
    """The figures of a presentation at a glance."""
    presentations = {"blind": ("blind", "reveal"), "sighted": ("sighted",)}[name]
    return {
        "name": name,
        "rounds": [row.name for row in scope.rounds if row.presentation in presentations],
        "figures": figures,
        "alpha": figures.agreement.krippendorff_alpha,
        "ac1": figures.agreement.gwet_ac1,
        "same": figures.agreement.percent_agreement,
    }


def per_class(scope: Scope, figures: "Figures") -> list[dict[str, Any]]:
    """Specific agreement class by class."""
    shown = scope.classes.shown
    lines = []
    for one in figures.agreement.per_class:
        taken = figures.taken_for.get(one.label)
        lines.append(
            {
                "label": shown[one.label],
                "agreement": one.specific_agreement,
                "votes": one.votes,
                "both": figures.both and figures.both[one.label],
                "taken_for": taken and {"label": shown[taken.other], "pairs": taken.pairs},
            }
        )
    return lines if len(lines) <= MOST_CLASSES else [line for line in lines if line["votes"]]


def merges(classes: Classes, asked: Asked) -> list[dict[str, Any]]:
    """The label set's merges, each with the page on which it is turned on or off."""
    on = [merge.name for merge in classes.merges]
    found = []
    for merge in classes.label_set.merges:
        others = [name for name in on if name != merge.name]
        wanted = others if merge.name in on else [*others, merge.name]
        found.append(
            {
                "title": merge.title,
                "on": merge.name in on,
                "url": asked.address(merge=",".join(wanted) or None, row=None, column=None),
            }
        )
    return found


def more(scope: Scope, figures: "Mapping[str, Figures]") -> dict[str, Any]:
    """Every coefficient by presentation, the pairs of reviewers, and what is to be known of them."""
    notes = [note for each in figures.values() for note in each.agreement.notes]
    pairs: list[dict[str, Any]] = [
        {"a": scope.names[each.raters[pair.rater_a]], "b": scope.names[each.raters[pair.rater_b]], "name": name}
        | {"kappa": pair.kappa, "items": pair.items}
        for name, each in figures.items()
        if name != "all"
        for pair in each.agreement.cohen_kappa
        if scope.own is None or scope.own in (each.raters[pair.rater_a], each.raters[pair.rater_b])
    ]
    return {
        "coefficients": [
            (title, [getattr(figures[name].agreement, key) for name in service.PRESENTATIONS])
            for key, title in COEFFICIENTS
            if getattr(figures["all"].agreement, key) is not None
        ],
        "counted": [
            (title, [getattr(figures[name], key) for name in service.PRESENTATIONS])
            for key, title in (
                ("seen_twice", msg("Cells that two people answered")),
                ("paired", msg("of these, to which two gave a class")),
                ("borderline", msg("Answers: borderline")),
                ("unusable", msg("Answers: unusable")),
                ("unsure", msg("Answers: unsure")),
            )
        ],
        "pairs": sorted(pairs, key=lambda pair: -pair["items"])[:MOST_PAIRS],
        "notes": list(
            {str(note): note for note in (*notes, *service.ladder_notes(scope.classes, abbreviated=True))}.values()
        ),
    }


def given_labels(session: Reading, scope: Scope) -> dict[str, Any] | None:
    """How often each given label was wrong, None where that is not this person's."""
    if scope.own is not None:
        return None
    errors = telling.label_errors(session, scope)
    lines = [{"label": shown, "wrong": errors.get(index)} for index, shown in enumerate(scope.classes.shown)]
    highest = max((one["high"] for one in errors.values()), default=0.0)
    return {
        "lines": lines if len(lines) <= MOST_CLASSES else [line for line in lines if line["wrong"]],
        "top": next(top for top in (0.1, 0.3, 0.6, 1.0) if highest <= top),
        "settled": sum(one["of"] for one in errors.values()),
    }


def who_said_what(
    session: Reading, scope: Scope, asked: Asked, presentation: str, figures: "Figures"
) -> dict[str, Any]:
    """The matrix, what it may be of, and the field that was opened."""
    known = service.axes(session, scope)
    options = [(one.name, axis_words(one)) for one in known]
    default = default_axes(scope, figures)
    rows, columns = asked.rows or default[0], asked.columns or default[1]
    told = {"axes": options, "rows": rows, "columns": columns, "presentations": PRESENTATION_WORDS, "field": None}
    try:
        found = service.confusion(session, scope, *service.axes_named(session, scope, rows, columns), presentation)
    except (UnusableAxis, NotYourFigures) as error:
        return told | {"matrix": None, "matrix_problem": Words(error.template, error.values)}
    here = Asked(**{**vars(asked), "rows": rows, "columns": columns, "presentation": presentation})
    shown = told | {"matrix": matrix_view(found, here), "matrix_problem": None}
    if asked.row and asked.column:
        shown["field"] = field_view(session, scope, found, here)
    return shown


def default_axes(scope: Scope, figures: "Figures") -> tuple[str, str]:
    """The two reviewers with the most cells in common; else what the files said and what was settled."""
    if scope.own is not None:
        return "first", "repeat"
    pairs = [pair for pair in figures.agreement.cohen_kappa if pair.items]
    if not pairs:
        return "given", "consensus"
    pair = max(pairs, key=lambda each: each.items)
    first, second = (scope.names[figures.raters[rater]] for rater in (pair.rater_a, pair.rater_b))
    return f"reviewer:{first}", f"reviewer:{second}"


def axis_words(axis: Axis) -> Any:
    """An axis as people call it."""
    if axis.kind == "reviewer":
        return axis.name.partition(":")[2]
    if axis.model is not None:
        return phrase("prediction of {model}", model=str(axis.model))
    return AXIS_WORDS[axis.kind]


def matrix_view(found: Confusion, asked: Asked) -> dict[str, Any]:
    """The matrix as a table, every field that has cells with the address that opens them."""
    matrix, codes = found.matrix, found.matrix.codes
    rows, columns = matrix.shown_codes(MOST_CLASSES)
    lines = []
    for row in rows:
        total = matrix.rows.get(row, 0)
        fields = []
        for column in columns:
            n = matrix.counts.get((row, column), 0)
            names = {"row": codes.name(row), "column": codes.name(column)}
            fields.append(
                {
                    "n": n,
                    "same": row == column,
                    "share": n / total if total else None,
                    "shade": 0 if row == column else shade(n, total),
                    "url": asked.address(**names) + "#field" if n else None,
                    "open": (asked.row, asked.column) == (names["row"], names["column"]),
                    "column": column,
                }
            )
        lines.append({"answer": answer_of(codes, row), "fields": fields, "total": total})
    heads = [{"answer": answer_of(codes, column), "total": matrix.columns.get(column, 0)} for column in columns]
    csv = asked.address(f"/api/v1/datasets/{asked.slug}/confusion", round=asked.round, row=None, column=None)
    return {
        "rows": axis_words(found.rows),
        "columns": axis_words(found.columns),
        "heads": with_gaps(heads),
        "lines": with_gaps(lines),
        "total": matrix.total,
        "same": matrix.same,
        "of_people": found.presentation is not None,
        "csv_url": csv + "&format=csv",
    }


def with_gaps(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows or columns, with a gap before each whose group is another one."""
    groups = [getattr(line["answer"], "group", None) for line in lines]
    return [line | {"gap": at > 0 and groups[at] != groups[at - 1]} for at, line in enumerate(lines)]


def shade(n: int, total: int) -> int:
    """How dark a field is, in steps."""
    if not n or not total:
        return 0
    return max(1, min(SHADES, -(-SHADES * n // max(1, round(DARKEST * total)))))


def answer_of(codes: Codes, code: int) -> Any:
    """A class, or words for an answer that is none."""
    shown = codes.classes.shown
    return shown[code] if code < len(shown) else BEYOND_WORDS[BEYOND[code - len(shown)]]


def field_title(found: Confusion, row: int, column: int) -> dict[str, Any]:
    """What a field is of."""
    codes = found.matrix.codes
    return {
        "rows": axis_words(found.rows),
        "row": answer_of(codes, row),
        "columns": axis_words(found.columns),
        "column": answer_of(codes, column),
    }


def field_view(session: Reading, scope: Scope, found: Confusion, asked: Asked) -> dict[str, Any]:
    """The cells behind the field that was opened."""
    row, column = service.field_named(found, asked.row or "", asked.column or "")
    counts = found.matrix.counts
    pids, _ = service.cells_of_field(session, scope, found, row, column, CELLS_BESIDE)
    return {
        **field_title(found, row, column),
        "n": counts.get((row, column), 0),
        "other_way": counts.get((column, row), 0) if row != column else None,
        "cells": pids,
        "all_url": all_cells(scope, found, row, column, asked),
        "disputes_url": disputes_of(scope, found, row, column),
    }


def all_cells(scope: Scope, found: Confusion, row: int, column: int, asked: Asked) -> str:
    """Where all cells of a field are listed: with every filter, where filters can say what the field is."""
    codes = found.matrix.codes
    given, settled = (row, column) if found.rows.kind == "given" else (column, row)
    if {found.rows.kind, found.columns.kind} == telling.GIVEN_LABELS:
        name = scope.classes.single(given) if given < len(scope.classes) else None
        label = scope.classes.single(settled) if settled < len(scope.classes) else None
        chosen = {"label": label, "outcome": "label"} if label else {"outcome": codes.name(settled)}
        if name and (label or settled >= len(scope.classes)) and not scope.classes.merges:
            filters = {"given_label": name, **chosen, "round": asked.round, "view": "pictures"}
            return f"/datasets/{asked.slug}/cells?" + urlencode({key: value for key, value in filters.items() if value})
    return asked.address(f"/datasets/{asked.slug}/quality/cells", round=asked.round, group=None)


def disputes_of(scope: Scope, found: Confusion, row: int, column: int) -> str | None:
    """The disputes between the two answers of a field, for those who settle them."""
    codes = found.matrix.codes
    if row == column or codes.borderline in (row, column) or not scope.sight.person.may(Role.ADJUDICATOR):
        return None
    names = [scope.classes.single(code) if code < len(scope.classes) else codes.name(code) for code in (row, column)]
    if None in names:
        return None
    return f"/datasets/{scope.dataset.slug}/disputes?" + urlencode({"pair": ",".join(filter(None, names))})


# When to stop


@router.get("/rounds/{pid}/stopping")
def show_stopping(request: Request, pid: str, person: Reviewer, database: Database) -> Response:
    """What a round that looks for errors found and left, in words, with the yield curve and its table."""
    shown: dict[str, Any] = {"told": None, "notes": [], "chart": None, "steps": []}
    with database.reading() as session:
        view, held = readable_round(session, person, pid)
        head = dataset_head(session, sight_of(session, person), view.dataset)
        if not held:
            told, notes = stopping_service.stopping_of(session, person, pid)
            shown = {
                "told": told,
                "notes": notes,
                "chart": stopping_chart.yield_chart(told),
                "steps": stopping_chart.steps(told.curve),
            }
    return page(
        request,
        "quality/stopping.html",
        person,
        dataset=head,
        round={"pid": view.id, "name": view.name, "state": view.state, "order": view.order},
        held=held,
        **shown,
    )


# Reviewers


@router.get("/datasets/{slug}/reviewers")
def show_reviewers(request: Request, slug: str, person: Reviewer, database: Database, reviewer: Text = "") -> Response:
    """How reliable each reviewer is, and one of them in full: oneself, unless another is asked for."""
    with database.reading() as session:
        sight = sight_of(session, person)
        head = dataset_head(session, sight, slug)
        held = queries.held_back(sight, catalogue.dataset(session, slug).id)
        found = None if held else reviewers_service.figures_for(session, database, person, slug)
    shown: dict[str, Any] = {"reviewers": [], "chosen": None, "notes": [], "own": False}
    if found is not None:
        chosen = reviewers_service.chosen_reviewer(found, reviewer)
        shown = {
            "reviewers": [reviewer_line(found, one) for one in found.reviewers],
            "chosen": None if chosen is None else reviewer_in_full(found, chosen),
            "notes": found.notes,
            "own": found.own is not None,
        }
    return page(
        request,
        "quality/reviewers.html",
        person,
        dataset=head,
        held=held,
        csv_url=f"/api/v1/datasets/{slug}/reviewers?format=csv",
        **shown,
    )


def reviewer_line(found: reviewers_service.Figures, one: "ReviewerFigures") -> dict[str, Any]:
    """A reviewer in the list."""
    name = found.name(one.id)
    return {"name": name, "url": "?" + urlencode({"reviewer": name}), "why": reviewers_service.why_undefined(one)} | {
        "figures": one
    }


def reviewer_in_full(found: reviewers_service.Figures, one: "ReviewerFigures") -> dict[str, Any]:
    """A reviewer's figures by class and over time."""
    matrix = found.matrices.get(one.id)
    shown = found.scope.classes.shown
    return reviewer_line(found, one) | {
        "is_me": one.id == found.scope.sight.person.id,
        "classes": [
            {
                "label": shown[each.label] if each.label < len(shown) else None,
                "said": each.said,
                "found": each.found,
                "model": matrix[each.label][each.label] if matrix and each.label < len(shown) else None,
            }
            for each in one.classes
        ],
        "has_model": matrix is not None,
        "stretches": [
            {"from": found.times[each.first], "to": found.times[each.last], "figures": each} for each in one.stretches
        ],
        "pace": reviewers_chart.pace_chart(one.stretches),
        "agreement": reviewers_chart.agreement_chart(one.stretches),
    }
