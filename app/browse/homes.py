"""What the home pages show: one's own rounds, and for those who run the laboratory everything that goes on."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from app.accounts.people import Person
from app.browse import queries
from app.catalogue import queries as catalogue
from app.catalogue.models import CellState
from app.catalogue.queries import DatasetRow
from app.consensus.statistics.intervals import wilson
from app.database import Reading, now
from app.jobs import queries as jobs
from app.labels import queries as labels
from app.review import queries as review
from app.review.blind import Sight, sight_of
from app.review.models import Kind, Review, Verdict
from app.review.schemas import RoundView


def my_rounds(session: Reading, person: Person) -> list[dict[str, Any]]:
    """The opened rounds in which this person reviews, open ones first."""
    own = review.own_rounds(session, person)
    names = {dataset.slug: dataset.name for dataset in catalogue.datasets(session)}
    found = []
    for view in review.round_views(session, person):
        if view.id in own and view.state in ("open", "closed"):
            mine = review.own_progress(session, person, view.id)
            assert mine is not None
            found.append(
                {
                    "pid": view.id,
                    "name": view.name,
                    "dataset_name": names.get(view.dataset, view.dataset),
                    "state": view.state,
                    "presentation": view.presentation,
                    "done": mine.done,
                    "left": mine.pending,
                    "pace": mine.seconds_per_cell,
                    "opened_at": view.opened_at,
                    "closed_at": view.closed_at,
                }
            )
    return sorted(found, key=lambda each: each["state"] != "open")


def current_round(session: Reading, person: Person, rounds: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The open round to go on with: where something is left, the one begun first."""
    waiting = [each for each in rounds if each["state"] == "open" and each["left"]]
    if not waiting:
        return None
    chosen = max(waiting, key=lambda each: (bool(each["done"]), -each["opened_at"].timestamp()))
    last = session.scalar(select(func.max(Review.id)).where(Review.reviewer == person.id))
    last_at = session.scalar(select(Review.recorded_at).where(Review.id == last)) if last else None
    return {
        "round_pid": chosen["pid"],
        "round_name": chosen["name"],
        "dataset_name": chosen["dataset_name"],
        "done": chosen["done"],
        "total": chosen["done"] + chosen["left"],
        "left": chosen["left"],
        "pace": chosen["pace"],
        "seconds_left": chosen["pace"] and chosen["pace"] * chosen["left"],
        "last_at": last_at,
    }


def today(session: Reading, person: Person) -> dict[str, Any] | None:
    """This person's reviews since midnight UTC. Walks ix_review_reviewer_id."""
    row = session.execute(
        select(
            func.count(),
            func.count().filter(Review.verdict == Verdict.LABEL, Review.label != Review.shown_label),
            func.count().filter(Review.verdict == Verdict.UNSURE),
            func.sum(Review.seconds),
        ).where(
            Review.reviewer == person.id,
            Review.recorded_at >= midnight(),
            Review.verdict != Verdict.WITHDRAWN,
            Review.kind != Kind.ADJUDICATION,
        )
    ).one()
    cells, corrected, unsure, seconds = row
    return {"cells": cells, "corrected": corrected, "unsure": unsure, "seconds": seconds or 0.0} if cells else None


def midnight() -> datetime:
    """When today began, in UTC."""
    return now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def laboratory(session: Reading, person: Person) -> dict[str, Any]:
    """Everything that goes on, for adjudicators and admins."""
    sight = sight_of(session, person)
    datasets = [dataset_line(session, sight, dataset) for dataset in queries.seen_datasets(session, sight)]
    names = {each["slug"]: each["name"] for each in datasets}
    seen = [each for each in datasets if each["counts"]]
    rounds = my_rounds(session, person)
    pairs = [
        (names_of_pair, n, each["slug"])
        for each in seen
        if each["counts"]["disputed"]
        for names_of_pair, n in review.disputed_pairs(session, person, each["slug"])
    ]
    pairs.sort(key=lambda each: -each[1])
    classes = {each["slug"]: classes_of(session, each["slug"]) for each in seen}
    reviews = session.execute(
        select(func.count(), func.count(Review.reviewer.distinct())).where(
            Review.recorded_at >= midnight(), Review.kind != Kind.ADJUDICATION, Review.verdict != Verdict.WITHDRAWN
        )
    ).one()
    return {
        "figures": {
            "disputes": sum(each["counts"]["disputed"] for each in seen),
            "last_settled_at": session.scalar(
                select(func.max(Review.recorded_at)).where(Review.kind == Kind.ADJUDICATION)
            ),
            "unreviewed": sum(each["counts"]["unreviewed"] for each in seen),
            "cells": sum(each["cells"] for each in datasets),
            "reviews_today": reviews[0],
            "reviewers_today": reviews[1],
            "last_release": None,
        },
        "datasets": datasets,
        "rounds": [
            open_round_line(view, names) for view in review.round_views(session, person) if view.state == "open"
        ],
        "pairs": [
            {
                "members": [classes[slug].get(name, name) for name in members],
                "n": n,
                "url": f"/datasets/{slug}/disputes?pair={','.join(members)}",
            }
            for members, n, slug in pairs[:8]
        ],
        "other_pairs": sum(n for _, n, _ in pairs[8:]),
        "current": current_round(session, person, rounds),
        "own_rounds": rounds,
    }


def classes_of(session: Reading, slug: str) -> Mapping[str, Any]:
    """A dataset's classes by name."""
    return {one.name: one for one in labels.label_set(session, catalogue.dataset(session, slug).label_set)}


def dataset_line(session: Reading, sight: Sight, dataset: DatasetRow) -> dict[str, Any]:
    """A dataset in a list, with what of its counts may be shown."""
    label_set = labels.label_set(session, dataset.label_set)
    counts = catalogue.counts(session, dataset.id)
    hidden = queries.hides_counts(sight, dataset.id)
    errors = [] if hidden else list(queries.given_label_errors(session, dataset.id).values())
    wrong, of = sum(each.wrong for each in errors), sum(each.of for each in errors)
    job = next(
        (each for each in jobs.jobs_of(session, "import", dataset.slug, 1) if each.state in ("queued", "running")), None
    )
    return {
        "slug": dataset.slug,
        "name": dataset.name,
        "label_set": label_set.name,
        "classes": len(label_set),
        "classes_used": None if hidden else sum(1 for label, n in counts.by_label.items() if label >= 0 and n),
        "cells": counts.total,
        "reviews": review.count_reviews(session, dataset.id),
        "counts": None if hidden else {state.value: counts.by_state.get(state, 0) for state in CellState},
        "wrong": interval_of(wrong, of),
        "last_release": None,
        "importing": job and {"pid": job.pid, "done": job.done, "total": job.total},
    }


def interval_of(wrong: int, of: int) -> dict[str, Any] | None:
    """A share with its Wilson interval, None where nothing was settled."""
    if not of:
        return None
    interval = wilson(wrong, of)
    return {"value": wrong / of, "low": interval.low, "high": interval.high, "wrong": wrong, "of": of}


def open_round_line(view: RoundView, names: Mapping[str, str]) -> dict[str, Any]:
    """An open round with its reviewers' progress."""
    return {
        "pid": view.id,
        "name": view.name,
        "dataset_name": names.get(view.dataset, view.dataset),
        "opened_at": view.opened_at,
        "reviewers": [
            {
                "name": one.reviewer,
                "done": one.done,
                "total": one.total,
                "pace": one.seconds_per_cell,
                "seconds_left": one.seconds_per_cell and one.seconds_per_cell * one.pending,
            }
            for one in view.reviewers or []
            if not one.left
        ],
    }
