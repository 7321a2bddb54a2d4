"""The blind rule, proven: whoever reviews blind is answered the same, whatever the labels are.

A laboratory is copied. In the copy the cells of an open blind or reveal round have other given labels, paths, digests,
attributes, states and colleagues' answers. Then everything that can be asked is asked of both, and the answers are
compared to the byte.
"""

import asyncio
import re
import shutil
import struct
from collections import Counter as Counted
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete, insert, or_, select, update

from app.accounts.people import Person
from app.catalogue.counting import counted_label
from app.catalogue.models import Cell, CellSuspicion, Counter, Occurrence, Prediction, PredictionModel
from app.consensus.models import Posterior
from app.consensus.service import store_fit
from app.database import Database, Reading, Writing, now
from app.images.decode import decode
from app.images.render import display
from app.images.store import BlobStore, Size, rendition_key
from app.jobs.models import Job
from app.main import doors
from app.review import rounds, service
from app.review.models import Assignment, Kind, Review, Round, RoundCell, Verdict
from app.review.schemas import GivenAdjudication
from tests.browse.laboratory import API, Laboratory
from tests.conftest import PostgresTemplates
from tests.factories import a_cell, a_dataset, a_person, an_open_round, say
from tests.images.builders import field as stained_field
from tests.images.builders import tiff

HIDDEN = ("plasma_cell", "smudge_cell", "hairy_cell", "monocyte", "plasma_cell", "basophil")
SEEN = ("monocyte", "lymphocyte", "eosinophil", "plasma_cell", "lymphocyte")
REPORT = {
    "files": 14, "cells_new": 13, "cells_total": 13, "occurrences_new": 14, "born_disputed": 1, "unchanged": 0,
    "refused": [{"path": "plasma_cell/broken.tif", "reason": "zero bytes"}], "unknown_classes": [], "ignored": 0,
    "normalised": {}, "seconds": 1.0,
}  # fmt: skip
RANDOM_HEADERS = {"x-request-id", "date", "content-length"}


@dataclass
class World:
    """A laboratory, its copy in which what is hidden is different, and who looks at both."""

    person: str
    one: Laboratory
    other: Laboratory
    round: str
    places: dict[str, list[str]] = field(default_factory=dict)

    def answers(self, path: str, body: Any = None) -> tuple[httpx.Response, httpx.Response]:
        return ask(self.one, self.person, path, body), ask(self.other, self.person, path, body)


def ask(lab: Laboratory, person: str, path: str, body: Any = None) -> httpx.Response:
    """What a person is answered: a reading without a body, else a dry run."""
    headers = {"Authorization": f"Bearer {lab.tokens[person]}"}

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(lab.application)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request("GET" if body is None else "POST", path, headers=headers, json=body)

    return asyncio.run(asked())


def same(one: httpx.Response, other: httpx.Response) -> bool:
    """Whether two answers say the same."""
    return told(one) == told(other)


def told(answer: httpx.Response) -> tuple[int, dict[str, str], str]:
    """What an answer says, but for the request's id, and the seed that a new round is offered."""
    headers = {name: value for name, value in answer.headers.items() if name not in RANDOM_HEADERS}
    words = answer.content.decode("latin-1")
    drawn = re.search(r'name="seed"[^>]* value="(\d+)"', words)
    for random in (answer.headers.get("x-request-id"), drawn and drawn[1]):
        words = words.replace(random, "-") if random else words
    return answer.status_code, headers, words


SEATS = [
    *product(["reviewer", "adjudicator", "admin"], ["blind", "reveal"], ["sqlite"]),
    ("reviewer", "blind", "postgresql"),
    ("admin", "reveal", "postgresql"),
]


@pytest.fixture(scope="module", params=SEATS, ids="-".join)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    role, presentation, backend = request.param
    home = tmp_path_factory.mktemp("nothing")
    person = f"{role}1"
    with places_for_two(request, home, backend) as (address, copied):
        filler = Laboratory(Database(address), home)
        filler.get("/", person, role)
        filler.get("/", "admin8", "admin")
        with filler.database.writing() as session:
            pid = filled(session, person, presentation, BlobStore((home / "blobs").as_uri()))
            places = what_there_is(session, person)
        filler.database.close()
        one, other = (Laboratory(Database(each), home) for each in (address, copied()))
        one.tokens = other.tokens = filler.tokens
        with other.database.writing() as session:
            changed(session, pid, a_person(session, person))
        yield World(person, one, other, pid, places)
        one.database.close()
        other.database.close()


@contextmanager
def places_for_two(request: pytest.FixtureRequest, home: Path, backend: str) -> Iterator[tuple[str, Callable[[], str]]]:
    """The address of an empty database, and what copies it when nobody uses it, and gives the copy's address."""
    if backend == "sqlite":
        paths = home / "one.db", home / "other.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), paths[0])
        yield f"sqlite:///{paths[0]}", lambda: f"sqlite:///{shutil.copy(*paths)}"
        return
    templates: PostgresTemplates = request.getfixturevalue("postgres")
    name = templates.copy()

    def copied() -> str:
        templates.run(f"create database {name}_other template {name} strategy file_copy")
        return templates.address(f"{name}_other")

    yield templates.address(name), copied
    for each in (f"{name}_other", name):
        templates.drop(each)


def filled(session: Writing, person: str, presentation: str, blobs: BlobStore) -> str:
    """Two datasets, rounds of every kind before and beside the blind one, answers, an adjudication and jobs."""
    dataset = a_dataset(session)
    me = a_person(session, person)
    judge, colleague = a_person(session, "adjudicator9", "adjudicator"), a_person(session, "reviewer9")
    a_person(session, "admin", "admin")
    hidden = [a_cell(session, dataset, label, ward="south") for label in HIDDEN]
    hidden.append(a_cell(session, dataset, "plasma_cell", "smudge_cell", ward="south"))
    hidden.append(a_cell(session, dataset, ward="south"))
    seen = [a_cell(session, dataset, label, ward="north") for label in SEEN]
    for cell in (*hidden, *seen):
        digest = session.execute(select(Cell.pixel_sha256).where(Cell.id == cell)).scalar_one()
        for size in Size:
            blobs.put(rendition_key(digest, 288, 288, size), display(decode(tiff(stained_field(24, 24, seed=cell)))))
    doubted(session, dataset, [*hidden, *seen])
    # Before: a sighted round by class that is closed, with answers of this person and of a colleague.
    earlier = an_open_round(
        session, reviewers=[person, "reviewer9"], filter={"given_label": "plasma_cell"}, reviews_per_cell=2
    )
    for name, label in ((person, "plasma_cell"), ("reviewer9", "smudge_cell")):
        say(session, earlier, name, hidden[0], label, comment=f"a {label}")
    rounds.close_round(session, earlier, a_person(session, "admin", "admin"))
    service.adjudicate(
        session,
        judge,
        pid_of(session, hidden[1]),
        GivenAdjudication(id=UUID(int=1), verdict=Verdict.LABEL, label="basophil", reason="granules"),
    )
    # Now: the blind one, and a sighted one over the other cells.
    pid = an_open_round(
        session,
        reviewers=[person, "reviewer9"],
        presentation=presentation,
        filter={"attribute": "ward:south"},
        reviews_per_cell=2,
        repeat_share=0.25,
    )
    for name, cell, label in (
        (person, hidden[0], "monocyte"), ("reviewer9", hidden[0], "basophil"), ("reviewer9", hidden[2], "hairy_cell"),
        ("reviewer9", hidden[6], "plasma_cell"),
    ):  # fmt: skip
        say_first(session, pid, name, cell, label)
    beside = an_open_round(session, reviewers=[person, "reviewer9"], filter={"attribute": "ward:north"})
    say_first(session, beside, "reviewer9", seen[0], "basophil")
    for kind in ("import", "recount_dataset"):
        session.execute(
            insert(Job).values(
                pid=f"{kind[:6]}aaaaaaaaaa", kind=kind, subject="smears", arguments={}, state="done", done=9, total=9,
                message="", report=REPORT,
                created_at=now(), started_at=now(), finished_at=now(),
            )
        )  # fmt: skip
    assert me.id != colleague.id
    fit_raters(session, dataset, [me, colleague])
    service.lock_and_recount(session, [*hidden, *seen])
    return pid


def fit_raters(session: Writing, dataset: int, people: list[Person], votes: int = 4) -> None:
    """A fit of two reviewers who are right in four of five answers."""
    right, wrong = 0.8, 0.2 / 17
    matrix = [right if true == said else wrong for true in range(18) for said in range(18)]
    store_fit(
        session, dataset, [person.pid for person in people], struct.pack("<666d", *[1 / 18] * 18, *matrix, *matrix),
        parameters={"prior": 5.0, "given_votes": False, "answered": votes}, classes=18, through_review=votes,
        cells=votes, votes=votes, iterations=3 * votes, converged=True, log_likelihood=-1.5 * votes,
    )  # fmt: skip


def doubted(session: Writing, dataset: int, cells: list[int]) -> None:
    """What a model says of cells, and how suspicious that makes them."""
    model = session.execute(
        insert(PredictionModel)
        .values(dataset=dataset, name="net", version="1", loaded_at=now())
        .returning(PredictionModel.id)
    ).scalar_one()
    for number, cell in enumerate(cells):
        label = number % 18
        session.execute(
            update(Cell).where(Cell.id == cell).values(predicted_label=label, suspicion=(number + 1) / (len(cells) + 1))
        )
        session.execute(insert(Prediction).values(model=model, cell=cell, label=label))
        for votes in (False, True):
            source = "votes" if votes else "looks"
            session.execute(
                insert(CellSuspicion).values(cell=cell, votes=votes, source=source, suggested=label, said=number, of=20)
            )


def say_first(session: Writing, round_pid: str, name: str, cell: int, label: str) -> None:
    """Answer a first showing; a repeat of the cell waits."""
    person = a_person(session, name)
    assignment = session.execute(
        select(Assignment.pid)
        .join(Round, Assignment.round == Round.id)
        .where(
            Round.pid == round_pid,
            Assignment.reviewer == person.id,
            Assignment.cell == cell,
            Assignment.kind == Kind.FIRST,
        )
    ).scalar_one()
    number = session.execute(select(Review.id).order_by(Review.id.desc())).scalars().first() or 0
    uuid = f"00000000-0000-4000-8000-{number:012}"
    answer = {"id": uuid, "assignment_id": assignment, "verdict": "label", "label": label}
    assert service.record_reviews(session, person, [answer]).items[0].status == "recorded"


def pid_of(session: Reading, cell: int) -> str:
    return session.execute(select(Cell.pid).where(Cell.id == cell)).scalar_one()


def changed(session: Writing, round_pid: str, person: Person) -> None:
    """Make everything different that this person must not learn about the round's cells."""
    round_id = session.execute(select(Round.id).where(Round.pid == round_pid)).scalar_one()
    cells = session.execute(select(RoundCell.cell).where(RoundCell.round == round_id)).scalars().all()
    for number, cell in enumerate(cells):
        label = (number * 5 + 2) % 18
        born_disputed = number in (0, 3)
        given = None if born_disputed else label
        session.execute(
            update(Cell)
            .where(Cell.id == cell)
            .values(
                given_label=given, born_disputed=born_disputed, state=("agreed", "disputed", "in_review")[number % 3],
                outcome="label" if number % 3 == 0 else None, label=label if number % 3 == 0 else None, probability=0.9,
                entropy=0.1 * number, dissent=number % 2 == 0, flagged=number % 2 == 1, reviews=number,
                reviewed_since=number == 1, method="changed", predicted_label=label, suspicion=0.04 * number,
            )
        )  # fmt: skip
        session.execute(update(Prediction).where(Prediction.cell == cell).values(label=label, probabilities=None))
        session.execute(
            update(CellSuspicion).where(CellSuspicion.cell == cell).values(suggested=label, said=number, of=9)
        )
        session.execute(
            update(RoundCell).where(RoundCell.cell == cell, RoundCell.round == round_id).values(shown_label=given)
        )
        # What a reveal round told of a cell that was answered, this person knows.
        untold = or_(Assignment.reviewer != person.id, Assignment.state == "pending")
        session.execute(
            update(Assignment)
            .where(Assignment.cell == cell, Assignment.round == round_id, Assignment.shown_label.is_not(None), untold)
            .values(shown_label=given)
        )
        occurrences = session.execute(select(Occurrence.id).where(Occurrence.cell == cell)).scalars().all()
        for at, occurrence in enumerate(occurrences):
            session.execute(
                update(Occurrence)
                .where(Occurrence.id == occurrence)
                .values(
                    given_label=(label + at) % 18, path=f"elsewhere/{occurrence}.png",
                    file_sha256=bytes([occurrence] * 32), attributes={"ward": "elsewhere"}, size=occurrence,
                )
            )  # fmt: skip
        session.execute(
            update(Review)
            .where(Review.cell == cell, Review.reviewer != person.id, Review.verdict == "label")
            .values(label=label, comment="something else", flag=True)
        )
        own_earlier = (Review.cell == cell, Review.reviewer == person.id, Review.round != round_id)
        session.execute(update(Review).where(*own_earlier).values(label=label, shown_label=label, comment="else"))
    dataset = session.execute(select(Round.dataset).where(Round.id == round_id)).scalar_one()
    fit_raters(session, dataset, [person, a_person(session, "reviewer9")], votes=7)
    session.execute(update(Posterior).where(Posterior.cell.in_(cells)).values(values=struct.pack("<18f", *range(18))))
    session.execute(delete(Counter))
    counted: Counted[tuple[int, int, str]] = Counted(
        (row.dataset, counted_label(row.given_label, row.born_disputed), row.state)
        for row in session.execute(select(Cell.dataset, Cell.given_label, Cell.born_disputed, Cell.state))
    )
    for (dataset, label, state), n in counted.items():
        session.execute(insert(Counter).values(dataset=dataset, given_label=label, state=state, n=n))
    session.execute(
        update(Job).where(Job.report.is_not(None)).values(report=REPORT | {"born_disputed": 7, "cells_new": 5})
    )


def what_there_is(session: Reading, person: str) -> dict[str, list[str]]:
    """Values for what stands in braces in an address."""
    me = a_person(session, person)  # type: ignore[arg-type]
    mine = select(Assignment.pid).where(Assignment.reviewer == me.id)
    return {
        "cell": list(session.execute(select(Cell.pid)).scalars()),
        "round": list(session.execute(select(Round.pid)).scalars()),
        "job": list(session.execute(select(Job.pid)).scalars()),
        "assignment": list(session.execute(mine).scalars()),
        "dataset": ["smears"],
        "label set": ["mll23"],
        "class": ["plasma_cell", "monocyte", "lymphocyte"],
        "number": ["1"],
        "file": ["labels.csv"],
        "link": ["nothing"],
    }


STANDS_FOR = {
    "cell_id": "cell", "round_id": "round", "job_id": "job", "assignment_id": "assignment", "slug": "dataset",
    "dataset": "dataset", "class_name": "class", "number": "number", "other": "number", "token": "link",
}  # fmt: skip
BY_AREA = {"cells": "cell", "rounds": "round", "jobs": "job", "label-sets": "label set", "releases": "file"}


def addresses(world: World) -> list[str]:
    """Every address that this person may read, with every value that it may take here."""
    found = []
    for template, method, _ in doors(world.one.application):
        if method != "GET":
            continue
        names = re.findall(r"\{(\w+)\}", template)
        area = template.removeprefix(API).split("/")[1]
        kinds = [STANDS_FOR.get(name) or BY_AREA["releases" if "/releases/" in template else area] for name in names]
        for values in product(*(world.places[kind] for kind in kinds)):
            path = template
            for name, value in zip(names, values, strict=True):
                path = path.replace("{" + name + "}", value, 1)
            found.append(path)
    return found


def searches() -> list[str]:
    """Every filter and order of cells, by what is and by what would be if the hidden cells were others."""
    filters = [
        *(f"given_label={label}" for label in ("plasma_cell", "smudge_cell", "monocyte", "none", "plasma_cell,none")),
        *(f"label={label}" for label in ("plasma_cell", "basophil", "monocyte")),
        *(f"state={state}" for state in ("unreviewed", "in_review", "agreed", "disputed", "adjudicated")),
        *(f"outcome={outcome}" for outcome in ("label", "borderline", "unusable")),
        *(f"{name}={value}" for name in ("dissent", "flagged", "born_disputed") for value in ("true", "false")),
        *(f"reviewer={name}" for name in ("reviewer9", "reviewer1", "adjudicator9")),
        "pair=plasma_cell,smudge_cell", "pair=monocyte,basophil", "pair=unsure,unusable",
        "attribute=ward:south", "attribute=ward:elsewhere", "attribute=ward:north",
        "q=plasma", "q=elsewhere", "q=smudge",
        *(f"predicted_label={label}" for label in ("basophil", "monocyte", "none")),
        *(f"min_suspicion={least}" for least in (0, 0.3, 0.6)),
    ]  # fmt: skip
    orders = ["sort=id", "sort=entropy", "sort=path", "sort=suspicion", "limit=3"]
    return ["", *filters, *orders, *(f"{one}&{order}" for one in filters[:6] for order in orders[1:4])]


def questions(world: World) -> list[str]:
    by_round = [f"round={pid}" for pid in world.places["round"]]
    by_cell = [f"cell={pid}" for pid in world.places["cell"]]
    kinds = ["", "kind=disputed", "kind=flagged", "kind=born_disputed", "kind=dissent", "kind=reviewed_since"]
    pairs = ["pair=plasma_cell,smudge_cell", "pair=basophil,monocyte"]
    return [
        *addresses(world),
        *(f"{API}/cells?dataset=smears&{search}" for search in (*searches(), *by_round)),
        *(f"/datasets/smears/cells?view={view}&{search}" for view in ("table", "pictures") for search in searches()),
        *(f"{API}/reviews?{search}" for search in ("", *by_round, *by_cell, "reviewer=reviewer9", "dataset=smears")),
        *(f"{API}/disputes?dataset=smears&{search}" for search in (*kinds, *pairs, *by_round)),
        *(f"/datasets/smears/disputes?{search}" for search in (*kinds, *pairs)),
        *(
            f"/datasets/smears/rounds/new?{search}"
            for search in searches()
            if "limit" not in search and "sort" not in search
        ),
        *(f"{API}/datasets/smears/agreement?{search}" for search in (*by_round, "presentation=blind", "format=csv")),
        *(f"{API}/datasets/smears/confusion?{search}" for search in (*by_round, "rows=first&columns=repeat")),
        *(f"{API}/datasets/smears/confusion/cells?row={a}&column={b}" for a in HIDDEN[:3] for b in HIDDEN[:3]),
        *(f"/datasets/smears/quality?{search}" for search in (*by_round, "rows=first&columns=repeat")),
        *(f"/datasets/smears/atlas?class={name}" for name in world.places["class"]),
        *(f"{API}/cells/{cell}/image?size={size}" for cell in world.places["cell"] for size in (*Size, "original")),
        *(f"{API}/assignments/{one}/image?size={size}" for one in world.places["assignment"] for size in Size),
        *(f"{API}/rounds/{pid}/queue?shown_label=plasma_cell" for pid in world.places["round"]),
    ]


def test_whatever_is_asked_the_answer_is_the_same(world: World) -> None:
    asked = questions(world)
    assert len(asked) > 400
    answers = {path: world.answers(path) for path in asked}
    assert [path for path, (one, other) in answers.items() if not same(one, other)] == []
    assert Counted(one.status_code for one, _ in answers.values())[200] > 300


def test_a_dry_run_counts_nothing_that_tells(world: World) -> None:
    filters: list[dict[str, Any]] = [
        {}, {"given_label": "plasma_cell"}, {"given_label": "none"}, {"state": "agreed"}, {"born_disputed": True},
        {"q": "elsewhere"}, {"attribute": "ward:south"}, {"pair": "plasma_cell,smudge_cell"}, {"flagged": True},
        *({"round": pid} for pid in world.places["round"]),
    ]  # fmt: skip
    for chosen, more in product(filters, ({}, {"trap_share": 0.5, "seed": 1}, {"repeat_share": 0.5})):
        settings = {"name": "-", "dataset": "smears", "reviewers": ["reviewer9"], "filter": chosen} | more
        assert same(*world.answers(f"{API}/rounds/plan", settings)), settings


def test_a_repeats_picture_is_answered_as_every_other(world: World) -> None:
    answers = [
        ask(world.one, world.person, f"{API}/assignments/{one}/image?size={size}")
        for one in world.places["assignment"]
        for size in Size
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert len({tuple(sorted(answer.headers)) for answer in answers}) == 1
    assert len({(answer.headers["cache-control"], answer.headers["content-type"]) for answer in answers}) == 1
    assert len({answer.headers["etag"] for answer in answers}) == len(answers)


FIGURES = (f"{API}/datasets/smears/agreement", f"{API}/datasets/smears/confusion", "/datasets/smears/quality")


def test_the_copy_does_tell_whoever_may_know(world: World) -> None:
    for path in (
        f"{API}/cells?dataset=smears",
        f"{API}/datasets/smears",
        "/",
        f"{API}/jobs/importaaaaaaaaaa",
        *FIGURES,
    ):
        assert not same(ask(world.one, "admin8", path), ask(world.other, "admin8", path)), path
