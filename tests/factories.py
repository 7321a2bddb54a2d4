"""Small examples of what a laboratory has: people, a dataset with cells, a round, reviews."""

import hashlib
import itertools
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, insert, select

from app.accounts import queries as accounts
from app.accounts import service as account_service
from app.accounts.people import Person
from app.catalogue.counting import count_cells, counted_label
from app.catalogue.models import Cell, CellState, Dataset, Occurrence, Source
from app.database import Database, Writing, new_pid, now
from app.jobs.models import Job
from app.labels.labelset import load_builtin
from app.labels.service import store_label_set
from app.review import planning, rounds
from app.review.models import Assignment, Round
from app.review.schemas import ReviewResults, RoundSettings
from app.review.service import record_reviews

PASSWORD = "long enough to be safe"
numbers = itertools.count(1)


def a_person(session: Writing, name: str = "reviewer1", role: str = "reviewer") -> Person:
    """Somebody; the same person for the same name."""
    if account_name_is_free(session, name):
        account_service.create_user(session, name, role)
    return accounts.person_by_name(session, name)


def account_name_is_free(session: Writing, name: str) -> bool:
    return name not in {user.name for user in accounts.users(session)}


def a_dataset(session: Writing, slug: str = "smears", **values: Any) -> int:
    """An empty dataset with MLL23's classes; returns its row's id."""
    label_set = store_label_set(session, load_builtin("mll23"))
    return session.execute(
        insert(Dataset)
        .values(
            {
                "pid": new_pid(),
                "slug": slug,
                "name": slug.capitalize(),
                "label_set": label_set,
                "px_per_um": 11.52,
                "stain": "Pappenheim",
                "rule": "majority",
                "created_at": now(),
            }
            | values
        )
        .returning(Dataset.id)
    ).scalar_one()


def a_cell(session: Writing, dataset: int, *given_labels: str, path: str | None = None, **attributes: str) -> int:
    """A cell with one occurrence for each given label, or one without a label; returns its row's id."""
    label_set = load_builtin("mll23")
    number = next(numbers)
    labels: list[int | None] = [label_set.index(label) for label in given_labels]
    born_disputed = len(set(labels)) > 1
    given = labels[0] if labels and not born_disputed else None
    state = CellState.DISPUTED if born_disputed else CellState.UNREVIEWED
    cell = session.execute(
        insert(Cell)
        .values(
            pid=new_pid(),
            dataset=dataset,
            pixel_sha256=hashlib.sha256(f"pixels {number}".encode()).digest(),
            width=288,
            height=288,
            given_label=given,
            born_disputed=born_disputed,
            state=state,
            entropy=0.6931471805599453 if born_disputed else None,
            costly=label_set.is_costly(label for label in labels if label is not None),
        )
        .returning(Cell.id)
    ).scalar_one()
    count_cells(session, {(dataset, counted_label(given, born_disputed), state): 1})
    for label in labels or [None]:
        folder = "unsorted" if label is None else label_set[label].name
        session.execute(
            insert(Occurrence).values(
                dataset=dataset,
                cell=cell,
                source=a_source(session, dataset),
                path=path or f"{folder}/{folder}_{number:04}.TIF",
                file_sha256=hashlib.sha256(f"file {number} {folder}".encode()).digest(),
                size=1000 + number,
                mtime_ns=number,
                given_label=label,
                attributes=attributes or None,
            )
        )
    return cell


def a_source(session: Writing, dataset: int) -> int:
    """The folder that the dataset's files lie in."""
    found = session.scalar(select(Source.id).where(Source.dataset == dataset))
    if found is not None:
        return found
    return session.execute(
        insert(Source)
        .values(dataset=dataset, root="/cells", name="cells", copied=False, created_at=now())
        .returning(Source.id)
    ).scalar_one()


def an_open_round(
    session: Writing,
    dataset: str = "smears",
    reviewers: Sequence[str] = ("reviewer1",),
    author: str = "admin",
    **settings: Any,
) -> str:
    """A round that is open, with its plan made; returns its public id."""
    for name in reviewers:
        a_person(session, name)
    admin = a_person(session, author, "admin")
    given = RoundSettings(name="A round", dataset=dataset, reviewers=list(reviewers), **settings)
    pid = rounds.draft_round(session, given, admin)
    rounds.open_round(session, pid, admin)
    plan_at_once(session, pid)
    return pid


def plan_at_once(session: Writing, pid: str) -> None:
    """What the job does, in one go."""
    round_id = session.execute(select(Round.id).where(Round.pid == pid)).scalar_one()
    reviewers = [id for id, _ in rounds.reviewers_of(session, round_id)]
    places = planning.places(session, round_id, 0, reviewers, dict.fromkeys(reviewers, 1))
    planning.write_places(session, round_id, places)
    planning.finish_planning(session, round_id)
    session.execute(delete(Job).where(Job.subject == pid))


def assignment_of(session: Writing, round_pid: str, reviewer: Person, cell: int) -> str:
    """The public id of somebody's assignment of a cell."""
    return session.execute(
        select(Assignment.pid)
        .join(Round, Assignment.round == Round.id)
        .where(Round.pid == round_pid, Assignment.reviewer == reviewer.id, Assignment.cell == cell)
    ).scalar_one()


def an_answer(assignment: str, label: str | None = None, **fields: Any) -> dict[str, Any]:
    """One item of a batch."""
    verdict = "label" if label else "unsure"
    return {"id": str(uuid4()), "assignment_id": assignment, "verdict": verdict, "label": label} | fields


def say(session: Writing, round_pid: str, reviewer: str, cell: int, label: str | None, **fields: Any) -> ReviewResults:
    """Record what a reviewer says of a cell in a round."""
    person = a_person(session, reviewer)
    answer = an_answer(assignment_of(session, round_pid, person, cell), label, **fields)
    return record_reviews(session, person, [answer])


def in_one_go(database: Database, cells: Sequence[Sequence[str]], **settings: Any) -> tuple[str, list[int]]:
    """A committed dataset with these given labels a cell, and an open round over it; the round's id and the cells."""
    with database.writing() as session:
        dataset = a_dataset(session)
        made = [a_cell(session, dataset, *labels) for labels in cells]
        return an_open_round(session, **settings), made
