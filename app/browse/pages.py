"""Home, datasets, cells, imports and jobs as pages."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.accounts import queries as accounts
from app.accounts.access import Admin, Reviewer
from app.accounts.models import Role
from app.accounts.people import Person
from app.audit import queries as audit
from app.browse import homes, queries, trail
from app.browse.api import CURSOR_KINDS
from app.browse.references import TILE, drawn_size, reference_cells
from app.browse.schemas import CellView, PredictionView
from app.catalogue import queries as catalogue
from app.catalogue.models import LABELS_DIFFER, NO_LABEL, CellState
from app.catalogue.pages import in_words
from app.catalogue.service import FEATURES, RECOUNT
from app.consensus.queries import is_fitted, newest_fit
from app.consensus.rules import DAWID_SKENE, THRESHOLD
from app.database import Reading
from app.jobs import queries as jobs
from app.jobs.queries import JobView
from app.jobs.service import JobState
from app.labels import queries as labels
from app.labels.labelset import LabelSet, load_builtin
from app.quality import queries as quality
from app.quality import suspects
from app.review import duplicates
from app.review.blind import sight_of
from app.review.filters import parsed_filter
from app.review.heads import dataset_head
from app.review.phrases import filter_phrases
from app.review.reasons import reason_in_words, reasons_of
from app.review.refitting import FIT
from app.review.schemas import NearDuplicate, Vote
from app.web.dependencies import Database, Settings
from app.web.lists import Cursor, decode_cursor, encode_cursor
from app.web.speech import Speech, language_of
from app.web.templating import page
from app.words import msg

router = APIRouter(include_in_schema=False)

CELLS_ON_A_PAGE = 60
CELLS_IN_THE_ATLAS = 24
EVENTS_ON_A_PAGE = 100
AXES = (0.1, 0.3, 0.6, 1.0)
SORTS = (
    ("id", msg("As imported")),
    ("suspicion", msg("Most suspicious first")),
    ("entropy", msg("Most disputed first")),
    ("path", msg("By path")),
)
BLIND_SORTS = (("id", msg("By id")),)
LIKELIEST = 3
LEAST_SHOWN = 0.005
"""Of a model's probabilities so many are shown, unless they would be written as 0.00."""

LEAST_LIKELY = 0.005
MOST_LIKELY = 5
"""A cell's page names so many classes of its posterior, and none that is less probable."""
LARGEST_PICTURE = 576
"""CSS pixels that a cell's picture may fill on its page; a picture's own pixels are drawn as whole multiples."""


@router.get("/")
def show_home(request: Request, person: Reviewer, database: Database) -> Response:
    """Where one goes on."""
    with database.reading() as session:
        if person.may(Role.ADJUDICATOR):
            template, shown = "browse/home_admin.html", homes.laboratory(session, person)
        else:
            template, shown = "browse/home_reviewer.html", homes.own_desk(session, person)
    return page(request, template, person, **shown)


@router.get("/audit")
def show_trail(
    request: Request, admin: Admin, database: Database, actor: str = "", kind: str = "", cursor: Cursor = None
) -> Response:
    """The audit trail, newest first."""
    key = decode_cursor(cursor, int)
    with database.reading() as session:
        people = [user.name for user in accounts.users(session)]
        known = actor if actor in people else None
        found = trail.events(session, admin, EVENTS_ON_A_PAGE, key[0] if key else None, kind or None, known)
        kinds = audit.kinds(session)
    here = {name: value for name, value in (("actor", actor), ("kind", kind)) if value}
    more = len(found) == EVENTS_ON_A_PAGE
    return page(
        request,
        "audit/events.html",
        admin,
        events=found,
        filter={"actor": actor, "kind": kind},
        actors=people,
        kinds=kinds,
        next_url="/audit?" + urlencode(here | {"cursor": encode_cursor([found[-1].id])}) if more else None,
        first_url="/audit?" + urlencode(here) if cursor else None,
    )


@router.get("/datasets")
def show_datasets(request: Request, person: Reviewer, database: Database) -> Response:
    """The datasets that this person may see."""
    with database.reading() as session:
        sight = sight_of(session, person)
        lines = [homes.dataset_line(session, sight, each) for each in queries.seen_datasets(session, sight)]
    return page(request, "catalogue/datasets.html", person, datasets=lines)


@router.get("/datasets/{slug}")
def show_dataset(request: Request, slug: str, person: Reviewer, database: Database) -> Response:
    """A dataset at a glance: class by class, what was said and how often the given label was wrong."""
    with database.reading() as session:
        sight = sight_of(session, person)
        head = dataset_head(session, sight, slug)
        dataset = catalogue.dataset(session, slug)
        label_set = labels.label_set(session, dataset.label_set)
        counts = catalogue.counts(session, dataset.id)
        no_labels, no_states = queries.hides_labels(sight, dataset.id), queries.hides_states(sight, dataset.id)
        errors = {} if no_states else quality.given_label_errors(session, dataset.id)
        pictures = [] if no_labels else queries.class_pictures(session, dataset.id, len(label_set))
        files = queries.file_facts(session, dataset.id, counts.total)
        last_import = next(iter(jobs.jobs_of(session, "import", slug, 1)), None)
        rule = rule_of(session, person, dataset, told=not no_labels)
        ranking = suspects.standing(session, slug) if person.may(Role.ADJUDICATOR) and not no_labels else None
    wrong = {label: homes.interval_of(error.wrong, error.of) for label, error in errors.items()}
    lines = [
        {
            "label": label_set[label],
            "cells": counts.by_label.get(label, 0),
            "counts": None if no_states else of_label(counts, label),
            "wrong": wrong.get(label),
            "picture": picture,
        }
        for label, picture in enumerate(pictures)
    ]
    rest = [
        {
            "title": title,
            "cells": counts.by_label[label],
            "counts": None if no_states else of_label(counts, label),
            "url": f"/datasets/{slug}/cells?{query}",
        }
        for label, title, query in (
            (LABELS_DIFFER, msg("Two given labels"), "born_disputed=true"),
            (NO_LABEL, msg("No given label"), "given_label=none"),
        )
        if counts.by_label.get(label)
    ]
    highest = max((share["high"] for share in wrong.values() if share), default=0.0)
    refused = (last_import.report or {}).get("refused", []) if last_import and not no_labels else []
    return page(
        request,
        "browse/dataset.html",
        person,
        dataset=head,
        about={
            "source": dataset.source,
            "license": dataset.license,
            "citation": dataset.citation,
            "url": dataset.url,
        },
        rule=rule,
        facts={
            "files": files.files,
            "cells": counts.total,
            "born_disputed": 0 if no_labels else counts.born_disputed,
            "filed_twice": 0 if no_labels else files.filed_twice,
            "refused": len(refused),
            "import_job": last_import.pid if last_import and person.may(Role.ADMIN) else None,
        },
        suspicion=ranking,
        classes=None if no_labels else lines,
        rest=[] if no_labels else rest,
        axis_top=next(top for top in AXES if highest <= top),
    )


def rule_of(session: Reading, person: Person, dataset: catalogue.DatasetRow, told: bool) -> dict[str, Any]:
    """How votes become labels in a dataset; how its raters were fitted is for adjudicators, and waits while one of them
    reviews here blind."""
    settles = told and person.may(Role.ADJUDICATOR)
    asked = [job for kind in (FIT, RECOUNT) for job in jobs.jobs_of(session, kind, dataset.slug, 1)]
    at_work = [job for job in asked if job.state in (JobState.QUEUED, JobState.RUNNING)]
    return {
        "name": dataset.rule,
        "threshold": THRESHOLD if dataset.rule_threshold is None else dataset.rule_threshold,
        "given_votes": dataset.given_votes,
        "refit_after": dataset.refit_after,
        "settles": settles,
        "fit": newest_fit(session, dataset.id) if settles else None,
        "job": at_work[0].pid if at_work and person.may(Role.ADMIN) else None,
    }


def of_label(counts: catalogue.CellCounts, label: int) -> dict[str, int]:
    """The states of the cells with one given label."""
    return {state.value: counts.by_label_and_state.get((label, state), 0) for state in CellState}


@router.get("/datasets/{slug}/atlas")
def show_atlas(
    request: Request,
    slug: str,
    person: Reviewer,
    database: Database,
    of_class: Annotated[str, Query(alias="class", max_length=100)] = "",
) -> Response:
    """What a class looks like, in words and by reference cells; the first class where none is named."""
    with database.reading() as session:
        head = dataset_head(session, sight_of(session, person), slug)
        label_set = labels.label_set(session, catalogue.dataset(session, slug).label_set)
        index = label_set.index(of_class) if of_class in label_set else 0
        shown = reference_cells(session, person, label_set.name, label_set[index].name, slug, CELLS_IN_THE_ATLAS)
    groups = [
        {"title": group.heading, "classes": [one for one in label_set if one.group == group.name]}
        for group in label_set.groups
    ]
    return page(
        request,
        "browse/atlas.html",
        person,
        dataset=head,
        groups=[group for group in groups if group["classes"]],
        shown=label_set[index],
        confusable=[label_set[other] for other in label_set.confusable(index)],
        cells=[{**cell.model_dump(), "drawn": drawn_size(cell)} for cell in shown.items],
        tile=TILE,
    )


@router.get("/datasets/{slug}/import")
def show_import(request: Request, slug: str, admin: Admin, database: Database, settings: Settings) -> Response:
    """Bring cells in, and see how it goes."""
    speech = language_of(request, admin.settings)
    with database.reading() as session:
        sight = sight_of(session, admin)
        head = dataset_head(session, sight, slug)
        seen = [queries.with_report(session, sight, job) for job in jobs.jobs_of(session, "import", slug)]
        found = [in_words(speech, job, head["name"]) for job in seen]
        measuring = [in_words(speech, job, head["name"]) for job in jobs.jobs_of(session, FEATURES, slug, 1)]
    running = next((job for job in (*found, *measuring) if job["state"] in ("queued", "running")), None)
    return page(
        request,
        "catalogue/import.html",
        admin,
        dataset=head,
        roots=[str(root) for root in settings.import_roots],
        job=running,
        imports=[job for job in found if job is not running],
    )


@router.get("/jobs/{pid}")
def show_job(request: Request, pid: str, admin: Admin, database: Database) -> Response:
    """How far long work is, and what came of it."""
    speech = language_of(request, admin.settings)
    with database.reading() as session:
        job = queries.seen_job(session, admin, pid)
        name, back = about(session, speech, job)
    return page(request, "jobs/job.html", admin, job=in_words(speech, job, name), back=back)


def about(session: Reading, speech: Speech, job: JobView) -> tuple[str, tuple[str, str] | None]:
    """What a job is about, in words, and the page that it leads back to."""
    if job.kind.endswith("_round"):
        return "", (speech.say("Round"), f"/rounds/{job.subject}")
    dataset = catalogue.find_dataset(session, job.subject)
    return (dataset.name, (dataset.name, f"/datasets/{dataset.slug}")) if dataset else (job.subject, None)


@router.get("/datasets/{slug}/cells")
def show_cells(
    request: Request,
    slug: str,
    person: Reviewer,
    database: Database,
    view: Annotated[str, Query(pattern="^(table|pictures)$")] = "table",
    sort: str = "id",
    cursor: str | None = None,
) -> Response:
    """Cells by filter, as a table or as pictures."""
    speech = language_of(request, person.settings)
    chosen = parsed_filter(request.query_params)
    sort = sort if sort in CURSOR_KINDS else "id"
    with database.reading() as session:
        sight = sight_of(session, person)
        head = dataset_head(session, sight, slug)
        dataset = catalogue.dataset(session, slug)
        label_set = labels.label_set(session, dataset.label_set)
        after = decode_cursor(cursor, *CURSOR_KINDS[sort])
        found = queries.find_cells(session, person, slug, chosen, sort, CELLS_ON_A_PAGE, after)
        rounds = queries.rounds_named(session, person, slug)
        said = said_of_cells(session, [cell.id for cell in found.items if cell.consensus], label_set)
        people = [user.name for user in accounts.users(session)] if person.may(Role.ADJUDICATOR) else None
        total = queries.count_cells(session, sight, dataset, label_set, chosen)
        other_filters = chosen.model_copy(update={"state": None})
        state_counts = (
            None
            if queries.hides_states(sight, dataset.id)
            else queries.count_by_state(session, sight, dataset, label_set, other_filters)
        )
    classes = {one.name: one for one in label_set}
    given = {name: in_address(value) for name, value in chosen.named().items()}
    base = f"/datasets/{slug}/cells?"
    here = given | {"sort": sort, "view": view}
    return page(
        request,
        "browse/cells.html",
        person,
        dataset=head,
        classes=list(label_set),
        filter={
            "q": chosen.q or "",
            "given_label": chosen.given_label or "",
            "label": chosen.label or "",
            "predicted_label": chosen.predicted_label or "",
            "min_suspicion": "" if chosen.min_suspicion is None else f"{chosen.min_suspicion:g}",
            "outcome": chosen.outcome or "",
            "state": chosen.state or "",
            "round": chosen.round or "",
            "reviewer": chosen.reviewer or "",
            "flagged": bool(chosen.flagged),
            "dissent": bool(chosen.dissent),
            "born_disputed": bool(chosen.born_disputed),
            "sort": sort,
        },
        filter_words=speech.phrases(filter_phrases(chosen, label_set, speech.code, dict(rounds))),
        rounds=rounds,
        reviewers=people,
        state_counts=state_counts,
        hidden=dataset.id in sight.blind_datasets,
        total=total,
        cells=[in_list(cell, classes, said.get(cell.id)) for cell in found.items],
        predicted=any(cell.predictions for cell in found.items),
        suspected=any(cell.suspicion is not None for cell in found.items),
        sorts=BLIND_SORTS if dataset.id in sight.blind_datasets else SORTS,
        view=view,
        table_url=base + urlencode(here | {"view": "table"}),
        pictures_url=base + urlencode(here | {"view": "pictures"}),
        clear_url=base + urlencode({"view": view}),
        round_url=f"/datasets/{slug}/rounds/new?" + urlencode(given),
        next_url=base + urlencode(here | {"cursor": encode_cursor(found.more)}) if found.more else None,
        first_url=base + urlencode(here) if cursor else None,
    )


def in_address(value: object) -> str:
    """A filter's value as an address writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def said_of_cells(session: Reading, pids: list[str], label_set: LabelSet) -> dict[str, list[Any]]:
    """What standing reviews say of cells, in short, by public id."""
    return {
        pid: [in_short(label_set, *answer) for answer in answers]
        for pid, answers in queries.answers_of(session, pids).items()
    }


def in_short(label_set: LabelSet, verdict: str, label: int | None, second_label: int | None) -> Any:
    """An answer as a class, or in a word."""
    if label is None:
        return verdict
    if second_label is None:
        return label_set[label]
    return f"{label_set[label].abbreviation}/{label_set[second_label].abbreviation}"


def in_list(cell: Any, classes: dict[str, Any], said: list[Any] | None) -> dict[str, Any]:
    """A cell in the list."""
    given = sorted({one.given_label for one in cell.occurrences or [] if one.given_label}, key=list(classes).index)
    consensus = cell.consensus
    return {
        "pid": cell.id,
        "given": [classes[name] for name in given],
        "reviews": None if consensus is None else (said or []),
        "outcome": consensus and consensus.outcome,
        "label": classes.get(consensus.label) if consensus and consensus.label else None,
        "second_label": classes.get(consensus.second_label) if consensus and consensus.second_label else None,
        "probability": consensus and consensus.probability,
        "state": cell.state,
        "flagged": bool(cell.flagged),
        "dissent": bool(consensus and consensus.dissent),
        "predicted": classes[cell.predictions[0].label] if cell.predictions else None,
        "suspicion": cell.suspicion,
    }


def likely(view: CellView, label_set: LabelSet) -> list[dict[str, Any]] | None:
    """The classes that a cell may be by its posterior, the most probable first; None where there is none."""
    posterior = view.consensus and view.consensus.posterior
    if not posterior:
        return None
    order = sorted(posterior, key=lambda name: -posterior[name])
    return [
        {"label": named(label_set, name), "probability": posterior[name]}
        for at, name in enumerate(order)
        if at == 0 or (posterior[name] >= LEAST_LIKELY and at < MOST_LIKELY)
    ]


@router.get("/cells/{pid}")
def show_cell(request: Request, pid: str, person: Reviewer, database: Database) -> Response:
    """A cell with its files and its history."""
    with database.reading() as session:
        cell = queries.seen_cell(session, person, pid)
        sight = sight_of(session, person)
        head = dataset_head(session, sight, cell.dataset.slug)
        view = queries.cell_view(session, person, pid)
        votes = queries.cell_reviews(session, person, pid)
        files = [] if cell.is_blind else queries.occurrences_of(session, [cell.row.id])[cell.row.id]
        rounds = dict(queries.rounds_named(session, person, cell.dataset.slug))
        previous, following = queries.neighbours(session, sight, cell)
        imported = None if cell.is_blind else queries.imported_at(session, cell.row.id)
        reason = reasons_of(session, [cell.row.id]).get(cell.row.id) if cell.may_be_suspected else None
        fitted = is_fitted(session, cell.dataset.id)
        nearly_same = duplicates.near_duplicates(session, person, cell.row.id, cell.dataset.id)
    label_set = cell.label_set
    factor = max(1, LARGEST_PICTURE // max(view.width, view.height))
    return page(
        request,
        "browse/cell.html",
        person,
        dataset=head,
        cell={
            "pid": view.id,
            "width": view.width,
            "height": view.height,
            "pixel_sha256": view.pixel_sha256,
            "state": view.state,
            "outcome": view.consensus and view.consensus.outcome,
            "label": named(label_set, view.consensus and view.consensus.label),
            "second_label": named(label_set, view.consensus and view.consensus.second_label),
            "probability": view.consensus and view.consensus.probability,
            "method": view.consensus and view.consensus.method,
            "posterior": likely(view, label_set),
            "unfitted": cell.dataset.rule == DAWID_SKENE and not fitted,
            "reviews": view.consensus and view.consensus.reviews,
            "born_disputed": bool(view.born_disputed),
            "dissent": bool(view.consensus and view.consensus.dissent),
            "flagged": bool(view.flagged),
            "reviewed_since": bool(view.reviewed_since),
        },
        hidden=cell.is_blind,
        scale=scale(cell.dataset.px_per_um, view.width, view.height, factor),
        drawn={"width": view.width * factor, "height": view.height * factor},
        occurrences=[
            {
                "path": one.path,
                "file_sha256": one.file_sha256.hex(),
                "given_label": None if one.given_label is None else label_set[one.given_label],
                "attributes": one.attributes or {},
                "normalised": one.normalised,
            }
            for one in files
        ],
        nearly_same=[nearly_the_same(one, label_set) for one in nearly_same.items],
        none_nearly_same=nearly_same.note,
        predictions=[prediction(one, label_set) for one in view.predictions or ()],
        suspicion=None
        if view.suspicion is None or reason is None
        else {
            "value": view.suspicion,
            "doubted": reason.suggested is not None,
            "reason": reason_in_words(reason, label_set, language_of(request, person.settings).code),
        },
        history=[*history(votes, label_set, rounds), *import_entry(imported, view, label_set)],
        previous_url=previous and f"/cells/{previous}",
        next_url=following and f"/cells/{following}",
        adjudicate_url=f"/datasets/{cell.dataset.slug}/adjudicate?cell={pid}"
        if person.may(Role.ADJUDICATOR) and not cell.is_blind
        else None,
    )


def nearly_the_same(cell: NearDuplicate, label_set: LabelSet) -> dict[str, Any]:
    """A near-duplicate with its classes as pages draw them."""
    classes = {name: named(label_set, getattr(cell, name)) for name in ("given_label", "label", "second_label")}
    facts = ("state", "outcome", "differing_bits", "turned")
    return {"pid": cell.cell_id} | classes | {name: getattr(cell, name) for name in facts}


def prediction(said: PredictionView, label_set: LabelSet) -> dict[str, Any]:
    """What a model says, with the classes that it holds for likeliest."""
    by_class = sorted((said.probabilities or {}).items(), key=lambda one: -one[1])
    return {
        "model": said.model,
        "version": said.version,
        "label": named(label_set, said.label),
        "likeliest": [(named(label_set, name), p) for name, p in by_class[:LIKELIEST] if p >= LEAST_SHOWN],
    }


def scale(px_per_um: float | None, width: int, height: int, factor: int) -> dict[str, Any] | None:
    """A bar of 5 µm for the picture as it is drawn; none without a scale."""
    if not px_per_um:
        return None
    return {
        "um": 5,
        "px": round(5 * px_per_um * factor),
        "field": f"{width / px_per_um:.3g} × {height / px_per_um:.3g} µm",
    }


def history(votes: list[Vote], label_set: LabelSet, rounds: dict[str, str]) -> list[dict[str, Any]]:
    """What was said of a cell, newest first."""
    taken_back = {vote.supersedes for vote in votes if vote.supersedes}
    return [
        {
            "at": vote.reviewed_at,
            "kind": "adjudication" if vote.kind == "adjudication" else "review",
            "who": vote.reviewer,
            "pseudonym": vote.reviewer,
            "verdict": vote.verdict,
            "label": named(label_set, vote.label),
            "second_label": named(label_set, vote.second_label),
            "shown_label": named(label_set, vote.shown_label),
            "presentation": vote.presentation,
            "mode": vote.mode,
            "seconds": vote.seconds,
            "reason": vote.reason,
            "comment": vote.comment,
            "round": (vote.round, rounds[vote.round]) if vote.round in rounds else None,
            "flag": vote.flag,
            "standing": bool(vote.standing),
            "superseded": vote.id in taken_back,
        }
        for vote in reversed(votes)
    ]


def import_entry(at: datetime | None, cell: CellView, label_set: LabelSet) -> list[dict[str, Any]]:
    """Where a cell's history begins: with its files, and the labels that they carried."""
    if at is None:
        return []
    given = sorted({label_set.index(one.given_label) for one in cell.occurrences or [] if one.given_label})
    entry = {"at": at, "kind": "import", "given": [label_set[label] for label in given]}
    return [entry | {"superseded": False, "round": None}]


def named(label_set: LabelSet, name: Any) -> Any:
    """A class by its name."""
    return label_set[label_set.index(name)] if name else None


@router.get("/help")
def show_help(request: Request, person: Reviewer, database: Database) -> Response:
    """Keys as this person has them, and how things are done, with the classes that they work with."""
    preferences = person.preferences
    with database.reading() as session:
        worked_with = queries.seen_datasets(session, sight_of(session, person))
        label_set = (
            labels.label_set(session, max(worked_with, key=lambda dataset: dataset.id).label_set)
            if worked_with
            else load_builtin("mll23")
        )
    return page(
        request,
        "web/help.html",
        person,
        classes=list(label_set),
        chords=preferences.keys_for(label_set),
        keys=preferences.keys,
    )


@router.get("/accessibility")
def show_accessibility(request: Request, person: Reviewer) -> Response:
    """How far these pages are usable by everybody."""
    return page(request, "web/accessibility.html", person)


@router.get("/api/docs")
def show_api(request: Request, person: Reviewer) -> Response:
    """The reader of the OpenAPI document."""
    return page(request, "web/api_docs.html", person)
