"""What the home pages show: one's own rounds, and for those who run the laboratory everything that goes on."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from app.accounts.people import Person
from app.browse import queries
from app.catalogue import queries as catalogue
from app.catalogue.models import CellState, Dataset
from app.catalogue.queries import DatasetRow
from app.consensus.statistics.intervals import wilson
from app.database import Reading, now
from app.jobs import queries as jobs
from app.labels import queries as labels
from app.quality import queries as quality
from app.quality.own_reliability import own_reliability
from app.review import disputes
from app.review import queries as review
from app.review.blind import Sight, sight_of
from app.review.models import (
    AssignmentState,
    Review,
    Round,
    RoundCounter,
    RoundReviewer,
    RoundState,
    Verdict,
)
from app.review.schemas import RoundView


def own_desk(session: Reading, person: Person) -> dict[str, Any]:
    """What a reviewer goes on with, their rounds, and what they did today."""
    rounds = my_rounds(session, person)
    return {
        "rounds": rounds,
        "current": current_round(session, person, rounds),
        "reliability": own_reliability(session, person),
        "today": today(session, person),
    }


def my_rounds(session: Reading, person: Person) -> list[dict[str, Any]]:
    """The opened rounds in which this person reviews, open ones first, newest first.

    Walks ix_round_reviewer_reviewer and round_counter's primary key.
    """
    rounds = session.execute(
        select(
            Round.id,
            Round.pid,
            Round.name,
            Round.state,
            Round.presentation,
            Round.opened_at,
            Round.closed_at,
            Dataset.name.label("dataset_name"),
        )
        .join_from(RoundReviewer, Round, RoundReviewer.round == Round.id)
        .join(Dataset, Round.dataset == Dataset.id)
        .where(
            RoundReviewer.reviewer == person.id,
            RoundReviewer.left_at.is_(None),
            Round.state.in_((RoundState.OPEN, RoundState.CLOSED)),
        )
        .order_by(Round.id.desc())
    ).all()
    counts: dict[int, dict[str, tuple[int, float]]] = defaultdict(dict)
    for round_id, state, n, seconds in session.execute(
        select(RoundCounter.round, RoundCounter.state, RoundCounter.n, RoundCounter.seconds).where(
            RoundCounter.round.in_([row.id for row in rounds]), RoundCounter.reviewer == person.id
        )
    ):
        counts[round_id][state] = (n, seconds)
    found = []
    for row in rounds:
        done, seconds = counts[row.id].get(AssignmentState.DONE, (0, 0.0))
        left, _ = counts[row.id].get(AssignmentState.PENDING, (0, 0.0))
        found.append(
            {
                "pid": row.pid,
                "name": row.name,
                "dataset_name": row.dataset_name,
                "state": row.state,
                "presentation": row.presentation,
                "done": done,
                "left": left,
                "pace": seconds / done if done and seconds else None,
                "opened_at": row.opened_at,
                "closed_at": row.closed_at,
            }
        )
    return sorted(found, key=lambda each: each["state"] != RoundState.OPEN)


def current_round(session: Reading, person: Person, rounds: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The open round to go on with: the one that this person answered last, else the one that was opened first.

    Walks ix_review_reviewer_id backwards.
    """
    waiting = {each["pid"]: each for each in rounds if each["state"] == RoundState.OPEN and each["left"]}
    if not waiting:
        return None
    last = session.execute(
        select(Round.pid, Review.recorded_at)
        .join(Round, Review.round == Round.id)
        .where(Review.reviewer == person.id)
        .order_by(Review.id.desc())
        .limit(1)
    ).one_or_none()
    begun = last is not None and last.pid in waiting
    chosen = waiting[last.pid] if last and begun else min(waiting.values(), key=lambda each: each["opened_at"])
    return {
        "round_pid": chosen["pid"],
        "round_name": chosen["name"],
        "dataset_name": chosen["dataset_name"],
        "done": chosen["done"],
        "total": chosen["done"] + chosen["left"],
        "left": chosen["left"],
        "pace": chosen["pace"],
        "seconds_left": chosen["pace"] and chosen["pace"] * chosen["left"],
        "last_at": last.recorded_at if last and begun else None,
    }


def today(session: Reading, person: Person) -> dict[str, Any] | None:
    """What this person answered since midnight UTC, each cell once. Walks only today's end of ix_review_reviewer_id."""
    before = (
        select(Review.id)
        .where(Review.reviewer == person.id, Review.recorded_at < midnight())
        .order_by(Review.id.desc())
        .limit(1)
    )
    rows = session.execute(
        select(Review.assignment, Review.verdict, Review.label, Review.shown_label, Review.seconds)
        .where(Review.reviewer == person.id, Review.id > (session.scalar(before) or 0), Review.assignment.is_not(None))
        .order_by(Review.id)
    ).all()
    last = {row.assignment: row for row in rows}
    answers = [row for row in last.values() if row.verdict != Verdict.WITHDRAWN]
    if not answers:
        return None
    return {
        "cells": len(answers),
        "corrected": sum(
            row.verdict == Verdict.LABEL and row.shown_label is not None and row.label != row.shown_label
            for row in answers
        ),
        "unsure": sum(row.verdict == Verdict.UNSURE for row in answers),
        "seconds": sum(row.seconds or 0.0 for row in rows),
    }


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
        for names_of_pair, n in disputes.disputed_pairs(session, person, each["slug"])
    ]
    pairs.sort(key=lambda each: -each[1])
    classes = {each["slug"]: classes_of(session, each["slug"]) for each in seen}
    reviews_today, reviewers_today = answered_today(session)
    return {
        "figures": {
            "disputes": sum(each["counts"]["disputed"] for each in seen),
            "last_settled_at": last_settled_at(session),
            "unreviewed": sum(each["counts"]["unreviewed"] for each in seen),
            "cells": sum(each["cells"] for each in datasets),
            "reviews_today": reviews_today,
            "reviewers_today": reviewers_today,
            "releases": sum(each["releases"] for each in datasets),
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


def answered_today(session: Reading) -> tuple[int, int]:
    """Cells answered since midnight UTC, and by how many people. Walks only today's end of review's primary key."""
    before = select(Review.id).where(Review.recorded_at < midnight()).order_by(Review.id.desc()).limit(1)
    cells, people = session.execute(
        select(func.count(Review.assignment.distinct()), func.count(Review.reviewer.distinct())).where(
            Review.id > (session.scalar(before) or 0),
            Review.assignment.is_not(None),
            Review.verdict != Verdict.WITHDRAWN,
        )
    ).one()
    return cells, people


def last_settled_at(session: Reading) -> datetime | None:
    """When a dispute was settled last. Adjudications alone have no assignment: one step in ix_review_assignment_id."""
    return session.scalar(
        select(Review.recorded_at).where(Review.assignment.is_(None)).order_by(Review.id.desc()).limit(1)
    )


def classes_of(session: Reading, slug: str) -> Mapping[str, Any]:
    """A dataset's classes by name."""
    return {one.name: one for one in labels.label_set(session, catalogue.dataset(session, slug).label_set)}


def dataset_line(session: Reading, sight: Sight, dataset: DatasetRow) -> dict[str, Any]:
    """A dataset in a list, with what of its counts may be shown."""
    label_set = labels.label_set(session, dataset.label_set)
    counts = catalogue.counts(session, dataset.id)
    hidden = queries.hides_states(sight, dataset.id)
    errors = [] if hidden else list(quality.given_label_errors(session, dataset.id).values())
    wrong, of = sum(each.wrong for each in errors), sum(each.of for each in errors)
    job = next(
        (each for each in jobs.jobs_of(session, "import", dataset.slug, 1) if each.state in ("queued", "running")), None
    )
    return {
        "slug": dataset.slug,
        "name": dataset.name,
        "label_set": label_set.name,
        "classes": len(label_set),
        "classes_used": None
        if queries.hides_labels(sight, dataset.id)
        else sum(1 for label, n in counts.by_label.items() if label >= 0 and n),
        "cells": counts.total,
        "reviews": review.count_reviews(session, dataset.id),
        "counts": None if hidden else {state.value: counts.by_state.get(state, 0) for state in CellState},
        "wrong": interval_of(wrong, of),
        "releases": dataset.releases,
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
