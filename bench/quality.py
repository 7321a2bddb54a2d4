"""The page of a dataset's quality, over reviews that nobody had to give: rows of 42,000 cells with three reviews each.

Cold is the first page of a process, and the first one after each further review; warm is a page when nothing was said
since the last one.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import insert

from app.accounts import service as accounts
from app.catalogue.models import Cell, Counter, Dataset
from app.database import Database, Writing, new_pid, new_pids, now
from app.labels.labelset import load_builtin
from app.labels.service import store_label_set
from app.review.models import Assignment, Review, Round, RoundCell, RoundReviewer
from app.review.recounting import recount_cells
from bench.figures import Figure, at_most
from bench.processes import answer, serving
from bench.simulations import SKILLS, readers

CELLS = 42_000
GIVEN_WRONG = 0.03
BLOCK = 2_000
PAGE = "/datasets/mll23/quality"
SERVERS = 3
RUNS = 5


def quality_page(work: Path, cells: int = CELLS) -> list[Figure]:
    """How long the page takes, first of all, after a new review, and when nothing was said."""
    home = work / "quality"
    home.mkdir(parents=True, exist_ok=True)
    database = Database(f"sqlite:///{home / 'cytoreview.db'}")
    database.ready()
    token, later = filled(database, cells)
    first, after_a_review, again = [], [], []
    for _ in range(SERVERS):
        with serving(home) as server:
            first.append(page(server.port, token))
            for _ in range(RUNS):
                with database.writing() as session:
                    session.execute(insert(Review), [next(later)])
                after_a_review.append(page(server.port, token))
                again.append(page(server.port, token))
    database.close()
    name = f"quality page, {cells:,} cells × 3 reviews"
    return [
        Figure(f"{name}: a process's first", "ms", first),
        Figure(f"{name}: after a further review", "ms", after_a_review, at_most(500)),
        Figure(f"{name}: nothing said since", "ms", again, at_most(500)),
    ]


def page(port: int, token: str) -> float:
    """Milliseconds until the whole page is there."""
    begun = time.perf_counter()
    status, body = answer(port, "GET", PAGE, token)
    taken = 1000 * (time.perf_counter() - begun)
    if status != 200 or b"Krippendorff" not in body:
        raise RuntimeError(f"{PAGE}: {status} {body[:500]!r}")
    return taken


def filled(database: Database, cells: int) -> tuple[str, Iterator[dict[str, Any]]]:
    """A dataset whose cells three of five readers have reviewed blind; an admin's token, and reviews to come."""
    truth, given = readers(0).read(cells, np.random.default_rng(7))
    label_set = load_builtin("mll23")
    random = np.random.default_rng(8)
    wrong = random.random(cells) < GIVEN_WRONG
    labels = np.where(wrong, random.integers(0, len(label_set), cells), truth).tolist()
    with database.writing() as session:
        token = accounts.create_token(session, accounts.create_user(session, "admin", "admin"), "bench", 1).secret
        people = [accounts.create_user(session, f"reviewer{n}", "reviewer") for n in range(1, len(SKILLS) + 1)]
        dataset, round_id = a_round(session, people)
        first = cells_with(session, dataset, round_id, labels)
        items, raters = given.item.tolist(), given.rater.tolist()
        reviewed(session, round_id, first, people, items, raters, given.label.tolist())
    for start in range(0, cells, BLOCK):
        with database.writing() as session:
            recount_cells(session, range(first + start, first + min(cells, start + BLOCK)))
    return token, reviews_to_come(
        round_id, first, [(item, people[rater]) for item, rater in zip(items, raters, strict=True)]
    )


def a_round(session: Writing, people: Sequence[int]) -> tuple[int, int]:
    """A dataset, and a closed blind round in which these people reviewed."""
    label_set = store_label_set(session, load_builtin("mll23"))
    values = {"slug": "mll23", "name": "MLL23", "rule": "majority", "label_set": label_set, "created_at": now()}
    dataset = session.execute(insert(Dataset).values(pid=new_pid(), **values).returning(Dataset.id)).scalar_one()
    round_id = session.execute(
        insert(Round)
        .values(
            pid=new_pid(), dataset=dataset, name="Measured", state="closed", presentation="blind", order="shuffled",
            reviews_per_cell=3, filter={}, names_hidden=False, adjudicate_own=False, reason_required=False, seed=1,
            created_by=people[0], created_at=now(), opened_at=now(),
        )
        .returning(Round.id)
    ).scalar_one()  # fmt: skip
    session.execute(
        insert(RoundReviewer),
        [{"round": round_id, "reviewer": id, "ordinal": number} for number, id in enumerate(people)],
    )
    return dataset, round_id


def cells_with(session: Writing, dataset: int, round_id: int, labels: Sequence[int]) -> int:
    """Cells with these given labels, all of them in the round; the first one's row."""
    pids = new_pids(len(labels))
    session.execute(
        insert(Cell),
        [
            {
                "pid": pid, "dataset": dataset, "pixel_sha256": hashlib.sha256(pid.encode()).digest(), "width": 288,
                "height": 288, "given_label": label,
            }
            for pid, label in zip(pids, labels, strict=True)
        ],
    )  # fmt: skip
    session.execute(insert(RoundCell), [{"round": round_id, "cell": cell} for cell in range(1, len(labels) + 1)])
    counted = np.bincount(np.array(labels)).tolist()
    session.execute(
        insert(Counter),
        [{"dataset": dataset, "given_label": label, "state": "unreviewed", "n": n} for label, n in enumerate(counted)],
    )
    return 1


def reviewed(
    session: Writing,
    round_id: int,
    first: int,
    people: Sequence[int],
    items: Sequence[int],
    raters: Sequence[int],
    labels: Sequence[int],
) -> None:
    """What the readers said, with the assignments behind it."""
    pids = new_pids(len(items))
    assignments = [
        {
            "pid": pid, "round": round_id, "reviewer": people[rater], "position": position, "cell": first + item,
            "kind": "first", "state": "done", "moved": False,
        }
        for position, (pid, item, rater) in enumerate(zip(pids, items, raters, strict=True))
    ]  # fmt: skip
    session.execute(insert(Assignment), assignments)
    session.execute(
        insert(Review),
        [
            a_review(number, round_id, number, first + item, people[rater], label)
            for number, (item, rater, label) in enumerate(zip(items, raters, labels, strict=True), start=1)
        ],
    )


def reviews_to_come(round_id: int, first: int, before: Sequence[tuple[int, int]]) -> Iterator[dict[str, Any]]:
    """Second thoughts about one assignment after the other; ``before`` has the item and the reviewer of each."""
    for number, (item, reviewer) in enumerate(before, start=1):
        second = a_review(len(before) + number, round_id, number, first + item, reviewer, number % 18)
        yield second | {"supersedes": UUID(int=number)}


def a_review(number: int, round_id: int, assignment: int, cell: int, reviewer: int, label: int) -> dict[str, Any]:
    """A review's row."""
    return {
        "uuid": UUID(int=number), "kind": "first", "assignment": assignment, "round": round_id, "cell": cell,
        "reviewer": reviewer, "verdict": "label", "label": label, "presentation": "blind", "mode": "single",
        "flag": False, "seconds": 1.8, "recorded_at": now(), "supersedes": None,
    }  # fmt: skip
