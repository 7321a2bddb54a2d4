"""Pages of rounds, of reviewing and of settling disputes."""

import secrets
from collections import Counter
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.accounts import queries as accounts
from app.accounts.access import Adjudicator, Admin, Reviewer
from app.accounts.models import Role
from app.accounts.people import Person
from app.catalogue import queries as catalogue
from app.database import Reading, Text
from app.labels import queries as labels
from app.labels.keys import ROLLING_FINGER_MS, Keys
from app.labels.labelset import LabelSet
from app.review import disputes, escalation, grid, heads, own_reviews, queries, rounds
from app.review.blind import sight_of
from app.review.disputes import KINDS, DisputeFilter
from app.review.errors import UnknownRound
from app.review.filters import CellFilter, given_filter, parsed_filter
from app.review.models import Order, Presentation, RoundState
from app.review.own_reviews import OwnFilter
from app.review.phrases import filter_phrases
from app.review.schemas import Dispute, OwnReview, RoundSettings, RoundView
from app.web.dependencies import Database
from app.web.lists import Cursor, decode_cursor, encode_cursor
from app.web.speech import language_of
from app.web.templating import page
from app.words import msg

router = APIRouter(include_in_schema=False)

DISPUTES_ON_A_PAGE = 50
PAIRS_OFFERED = 12
OWN_ON_A_PAGE = 48
KIND_WORDS = {
    "disputed": msg("Disputed"),
    "flagged": msg("Flagged"),
    "born_disputed": msg("Born disputed"),
    "dissent": msg("Agreed with dissent"),
    "reviewed_since": msg("Reviewed since"),
}


@router.get("/datasets/{slug}/rounds")
def show_rounds(request: Request, slug: str, person: Reviewer, database: Database) -> Response:
    """The rounds of a dataset that this person may see, newest first."""
    with database.reading() as session:
        head = heads.dataset_head(session, sight_of(session, person), slug)
        views = queries.round_views(session, person, dataset=slug)
        own = queries.own_rounds(session, person)
    return page(
        request, "review/rounds.html", person, dataset=head, rounds=[in_list(view, view.id in own) for view in views]
    )


@router.get("/datasets/{slug}/rounds/new")
def show_new_round(request: Request, slug: str, admin: Admin, database: Database) -> Response:
    """Seven questions with defaults; the filter comes along in the address."""
    given = given_filter(request.query_params)
    chosen = parsed_filter(request.query_params)
    speech = language_of(request, admin.settings)
    with database.reading() as session:
        head = heads.dataset_head(session, sight_of(session, admin), slug)
        people = [user for user in accounts.users(session) if not user.disabled]
        pace = queries.paces(session, slug)
        label_set = labels.label_set(session, catalogue.dataset(session, slug).label_set)
        target_is_possible = escalation.target_is_possible(session, catalogue.dataset(session, slug).id)
        plan = rounds.preview(
            session,
            RoundSettings(name="-", dataset=slug, reviewers=[admin.name], filter=chosen, reviews_per_cell=1),
            admin,
        )
    return page(
        request,
        "review/round_new.html",
        admin,
        dataset=head,
        filter=chosen.named(),
        filter_words=speech.phrases(filter_phrases(chosen, label_set, speech.code)),
        classes=list(label_set),
        matching=plan.cells,
        cells_url=f"/datasets/{slug}/cells?{urlencode(given)}",
        reviewers=[{"name": user.name, "role": user.role, "pace": pace.get(user.name)} for user in people],
        seed=secrets.randbits(rounds.SEED_BITS),
        target_is_possible=target_is_possible,
    )


@router.get("/rounds/{pid}")
def show_round(request: Request, pid: str, person: Reviewer, database: Database) -> Response:
    """A round's settings and progress."""
    with database.reading() as session:
        view = queries.round_view(session, person, pid)
        head = heads.dataset_head(session, sight_of(session, person), view.dataset)
        mine = queries.own_progress(session, person, pid)
        author = queries.author_of(session, pid)
        label_set = labels.label_set(session, catalogue.dataset(session, view.dataset).label_set)
    speech = language_of(request, person.settings)
    planned = view.progress.total + view.progress.skipped
    to_plan = round(view.cells * view.reviews_per_cell * (1 + (view.repeat_share or 0) + (view.trap_share or 0)))
    return page(
        request,
        "review/round.html",
        person,
        dataset=head,
        round={
            **view.model_dump(exclude={"id", "progress", "reviewers"}),
            "pid": view.id,
            "done": view.progress.done,
            "total": view.progress.total,
            "filter_words": speech.phrases(filter_phrases(CellFilter(**view.filter), label_set, speech.code)),
            "created_by": author,
        },
        reviewers=None if view.reviewers is None else [with_time_left(one.model_dump()) for one in view.reviewers],
        mine=mine and {"done": mine.done, "left": mine.pending, "pace": mine.seconds_per_cell},
        stopping_url=f"/rounds/{pid}/stopping" if tells_when_to_stop(view, person) else None,
        planning={"done": planned, "total": max(planned, to_plan)} if view.state == "planning" else None,
    )


def tells_when_to_stop(view: RoundView, person: Person) -> bool:
    """Whether a round's page leads to the one that says when to stop. Who only reviews is told after it was closed."""
    if view.order != Order.SUSPICION or view.opened_at is None:
        return False
    return person.may(Role.ADJUDICATOR) or view.state == RoundState.CLOSED


@router.get("/rounds/{pid}/review")
def show_review(request: Request, pid: str, person: Reviewer, database: Database) -> Response:
    """The single-cell page of somebody's own round."""
    with database.reading() as session:
        data = reviewing_data(session, person, pid, language_of(request, person.settings).code)
    return page(request, "review/single.html", person, data=data)


@router.get("/rounds/{pid}/grid")
def show_grid(request: Request, pid: str, person: Reviewer, database: Database, label: Text = "") -> Response:
    """The grid of somebody's own sighted round; a round that hides labels says why it has none."""
    with database.reading() as session:
        data = reviewing_data(session, person, pid, language_of(request, person.settings).code)
        if data["round"]["presentation"] != Presentation.SIGHTED:
            return page(request, "review/no_grid.html", person, round=data["round"])
        waiting = [one.model_dump() for one in grid.waiting_by_class(session, pid, person)]
        by_suspicion = grid.comes_by_suspicion(session, pid, person)
    data["grid"] = {
        "waiting": waiting,
        "label": label,
        "size": person.preferences.grid_page,
        "by_suspicion": by_suspicion,
    }
    return page(request, "review/grid.html", person, data=data)


def reviewing_data(session: Reading, person: Person, pid: str, language: str) -> dict[str, Any]:
    """What the pages on which somebody reviews are given of a round of theirs."""
    queries.own_round(session, pid, person)
    view = queries.round_view(session, person, pid)
    mine = queries.own_progress(session, person, pid)
    dataset = catalogue.dataset(session, view.dataset)
    label_set = labels.label_set(session, dataset.label_set)
    if mine is None or view.state == "draft":
        raise UnknownRound("There is no such round of yours.")
    return {
        "round": {
            "id": view.id,
            "name": view.name,
            "presentation": view.presentation,
            "order": view.order,
            "suggestions": view.suggestions,
            "state": view.state,
            "total": mine.total,
            "done": mine.done,
            "seconds_per_cell": mine.seconds_per_cell,
            "dataset": {"slug": dataset.slug, "name": dataset.name, "px_per_um": dataset.px_per_um},
        },
        **worked_with(person, label_set, language),
        "user": {"id": person.pid, "name": person.name},
    }


@router.get("/rounds/{pid}/mine")
def show_own_reviews(
    request: Request,
    pid: str,
    person: Reviewer,
    database: Database,
    verdict: Literal["", "label", "borderline", "unsure", "unusable"] = "",
    label: str = "",
    flagged: bool = False,
    commented: bool = False,
    corrected: bool = False,
    q: Annotated[Text, Query(max_length=200)] = "",
    cursor: Cursor = None,
) -> Response:
    """Somebody's own answers in a round, the last one first; while it is open each can be taken up again."""
    key = decode_cursor(cursor, int)
    chosen = OwnFilter(verdict or None, label or None, flagged, commented, corrected, q.strip() or None)
    with database.reading() as session:
        queries.own_round(session, pid, person)
        view = queries.round_view(session, person, pid)
        head = heads.dataset_head(session, sight_of(session, person), view.dataset)
        label_set = own_reviews.label_set_of(session, pid)
        found, more, total = own_reviews.find_own(session, person, pid, chosen, OWN_ON_A_PAGE, key[0] if key else None)
        mine = queries.own_progress(session, person, pid)
    filters = {"verdict": verdict, "label": label, "q": q.strip()}
    checks = {"flagged": flagged, "commented": commented, "corrected": corrected}
    here = {name: value for name, value in filters.items() if value} | {name: "true" for name in checks if checks[name]}
    return page(
        request,
        "review/mine.html",
        person,
        dataset=head,
        round={"pid": view.id, "name": view.name, "state": view.state, "presentation": view.presentation},
        left=mine.pending if mine else 0,
        classes=list(label_set),
        filter=filters | checks,
        is_filtered=bool(here),
        total=total,
        reviews=[own_review(review, label_set) for review in found],
        next_url="?" + urlencode(here | {"cursor": encode_cursor([more])}) if more else None,
        first_url=("?" + urlencode(here) if here else request.url.path) if cursor else None,
    )


@router.get("/datasets/{slug}/disputes")
def show_disputes(
    request: Request,
    slug: str,
    adjudicator: Adjudicator,
    database: Database,
    kind: str = "disputed",
    pair: Text = "",
    given_label: Text = "",
    round: Text = "",
    reviewer: Text = "",
    cursor: Cursor = None,
) -> Response:
    """Cells that wait for an adjudicator, worst first, by everything that they can be narrowed to."""
    key = decode_cursor(cursor, bool, (int, float), int)
    kind = kind if kind in KINDS else "disputed"
    chosen = DisputeFilter(slug, round or None, pair or None, kind, given_label or None, reviewer or None)
    with database.reading() as session:
        sight = sight_of(session, adjudicator)
        head = heads.dataset_head(session, sight, slug)
        label_set = labels.label_set(session, catalogue.dataset(session, slug).label_set)
        after = (key[0], float(key[1]), key[2]) if key else None
        found, more, total = disputes.disputes(session, adjudicator, chosen, DISPUTES_ON_A_PAGE, after)
        counted = disputes.kinds_counted(session, sight, slug)
        pairs = disputes.disputed_pairs(session, adjudicator, slug)[:PAIRS_OFFERED]
        round_names = [
            (view.id, view.name)
            for view in queries.round_views(session, adjudicator, dataset=slug)
            if view.state != "draft"
        ]
        people = [user.name for user in accounts.users(session)]
    filters = {"pair": pair, "given_label": given_label, "round": round, "reviewer": reviewer}
    here = {"kind": kind} | {name: value for name, value in filters.items() if value}
    offered: list[tuple[tuple[str, ...], int | None]] = [*pairs]
    if pair and pair not in [",".join(names) for names, _ in pairs]:
        offered.append((tuple(name.strip() for name in pair.split(",")), None))
    classes = {one.name: one for one in label_set}
    return page(
        request,
        "review/disputes.html",
        adjudicator,
        dataset=head,
        total=total,
        disputes=[disputed(dispute, classes) for dispute in found],
        kinds=[(each, KIND_WORDS[each], counted[each]) for each in KINDS],
        kind=kind,
        pairs=[(",".join(names), [classes.get(name, name) for name in names], n) for names, n in offered],
        filter=filters,
        is_filtered=kind != "disputed" or any(filters.values()),
        classes=list(label_set),
        rounds=round_names,
        reviewers=people,
        adjudicate_url=f"/datasets/{slug}/adjudicate?{urlencode(here)}",
        next_url="?" + urlencode(here | {"cursor": encode_cursor(list(more))}) if more else None,
        first_url="?" + urlencode(here) if cursor else None,
    )


@router.get("/datasets/{slug}/adjudicate")
def show_adjudication(
    request: Request,
    slug: str,
    adjudicator: Adjudicator,
    database: Database,
    kind: str = "",
    pair: Text = "",
    given_label: Text = "",
    round: Text = "",
    reviewer: Text = "",
    cell: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """The page that settles one dispute after the other."""
    with database.reading() as session:
        heads.dataset_head(session, sight_of(session, adjudicator), slug)
        dataset = catalogue.dataset(session, slug)
        label_set = labels.label_set(session, dataset.label_set)
    data = {
        "dataset": {"slug": dataset.slug, "name": dataset.name, "px_per_um": dataset.px_per_um},
        **worked_with(adjudicator, label_set, language_of(request, adjudicator.settings).code),
        "user": {"name": adjudicator.name},
        "filter": {
            "kind": kind if kind in KINDS else "",
            "pair": pair,
            "given_label": given_label,
            "round": round,
            "reviewer": reviewer,
            "cell": cell,
        },
    }
    return page(request, "review/adjudicate.html", adjudicator, data=data)


def worked_with(person: Person, label_set: LabelSet, language: str) -> dict[str, Any]:
    """The classes and the keys that a person works with, as the reviewing pages and their scripts take them."""
    preferences = person.preferences
    keys = preferences.keys_for(label_set)
    return {
        "label_set": {"name": label_set.name, "classes": as_shown(label_set, keys, language)},
        "keys": {action: list(chords) for action, chords in keys.actions.items()},
        "layout": preferences.layout,
        "rolling_finger_ms": ROLLING_FINGER_MS if preferences.layout.is_by_place else 0,
    }


def as_shown(label_set: LabelSet, keys: Keys, language: str) -> list[dict[str, Any]]:
    """The classes as the reviewing pages draw them."""
    return [
        {
            "name": one.name,
            "display": one.called(language),
            "long": one.hyphenated(language),
            "short": one.tile.to(language),
            "abbr": one.abbreviation,
            "group": one.group,
            "neoplastic": one.neoplastic,
            "key": keys.of_class(one.name),
            "cue": one.cue.to(language) if one.cue else "",
            "confusable": [label_set[other].name for other in label_set.confusable(index)],
        }
        for index, one in enumerate(label_set)
    ]


def own_review(review: OwnReview, label_set: LabelSet) -> dict[str, Any]:
    """An own answer with its classes as pages draw them."""
    return review.model_dump() | {
        name: None if value is None else label_set[label_set.index(value)]
        for name, value in (
            ("label", review.label),
            ("second_label", review.second_label),
            ("shown_label", review.shown_label),
        )
    }


def in_list(view: RoundView, mine: bool) -> dict[str, Any]:
    """A round in a dataset's list."""
    return {
        "pid": view.id,
        "name": view.name,
        "state": view.state,
        "presentation": view.presentation,
        "reviewers": None if view.reviewers is None else [one.reviewer for one in view.reviewers if not one.left],
        "done": view.progress.done,
        "total": view.progress.total,
        "created_at": view.created_at,
        "opened_at": view.opened_at,
        "closed_at": view.closed_at,
        "mine": mine,
    }


def with_time_left(reviewer: dict[str, Any]) -> dict[str, Any]:
    """A reviewer's progress with the time that the rest takes at their pace."""
    pace = reviewer["seconds_per_cell"]
    return {
        "name": reviewer["reviewer"],
        "done": reviewer["done"],
        "total": reviewer["total"],
        "pace": pace,
        "seconds_left": pace and pace * reviewer["pending"],
        "left": reviewer["left"],
    }


def disputed(dispute: Dispute, classes: dict[str, Any]) -> dict[str, Any]:
    """A dispute in the list: between what, by how many."""
    said: Counter[str] = Counter()
    for vote in dispute.votes:
        for name in (vote.label, vote.second_label) if vote.label else (vote.verdict,):
            if name:
                said[name] += 1
    members = list(said) or dispute.given_labels
    return {
        "cell_pid": dispute.cell_id,
        "members": [classes.get(name, name) for name in members],
        "votes": [(classes.get(name, name), n) for name, n in said.most_common()],
        "reviews": len(dispute.votes),
        "costly": dispute.costly,
        "born_disputed": dispute.born_disputed,
        "reviewed_since": dispute.reviewed_since,
        "flagged": dispute.flagged,
        "dissent": dispute.dissent,
        "comment": any(vote.comment for vote in dispute.votes),
        "state": dispute.state,
    }
