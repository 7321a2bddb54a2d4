"""Making a demonstration: people, cells, rounds and, over drawn cells, answers of reviewers who don't exist.

Each step looks at what is there and makes what is missing, so a run that was killed is completed by the next one. The
release comes last: a home folder that has it is complete, and what people do in it is never added to.
"""

import csv
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from app.accounts import queries as accounts
from app.accounts import service as account_service
from app.accounts.people import Person
from app.audit import service as audit
from app.catalogue import predictions
from app.catalogue import queries as catalogue
from app.catalogue import tasks as catalogue_tasks
from app.catalogue.models import NO_LABEL, Cell, CellState, Occurrence, PredictionModel
from app.catalogue.queries import CellCounts, DatasetRow
from app.catalogue.schemas import NewDataset
from app.catalogue.service import (
    FEATURES,
    IMPORT,
    SUSPICION,
    ask_for_import,
    create_dataset,
    find_or_make_dataset,
    slug_of,
)
from app.database import Database, Reading, Writing
from app.demo.errors import DemoUnfinished, NotADemoHome
from app.demo.simulated import HABITS, SENIOR, Habits, Shown, answered, predicted, reaches
from app.images.store import BlobStore
from app.jobs import queries as jobs
from app.jobs.models import Job
from app.jobs.runner import Runner
from app.jobs.service import JobState
from app.labels import queries as labels
from app.labels.labelset import LabelSet
from app.labels.service import store_builtin_label_sets
from app.quality import tasks as quality_tasks
from app.releases import queries as releases
from app.releases.schemas import NewRelease
from app.releases.service import ask_for_release
from app.review import rounds
from app.review.disputes import DisputeFilter, disputes
from app.review.filters import NONE, CellFilter
from app.review.models import Assignment, Kind, Order, Presentation, Review, Round, Suggestions, Verdict
from app.review.schemas import GivenAdjudication, RoundSettings
from app.review.service import adjudicate, record_reviews
from app.review.tasks import plan_round

ADMIN = "admin"
ADJUDICATOR = "adjudicator1"
REVIEWERS = tuple(HABITS)
ANSWERING = {**HABITS, ADJUDICATOR: SENIOR}
"""Who answers, and how; each the rounds that they are in."""

ROLES = {ADMIN: "admin", ADJUDICATOR: "adjudicator"} | dict.fromkeys(REVIEWERS, "reviewer")

CELLS = 400
SEED = 23
DRAWN = NewDataset(
    name="Demo",
    slug="demo",
    label_set="mll23",
    px_per_um=11.52,
    stain="Pappenheim (drawn)",
    source="Drawn by cytoreview for this demonstration: no picture shows a real cell.",
    license="Drawings made by cytoreview: use them as you like.",
)


@dataclass(frozen=True, slots=True)
class DemoRound:
    """A round's name, how many people review each of its cells, its share of all cells, and what it shows again."""

    name: str
    reviews_per_cell: int
    weight: float
    repeat_share: float = 0.0


ROUNDS = {
    Presentation.BLIND: DemoRound("Blind round", 3, 1),
    Presentation.SIGHTED: DemoRound("Sighted round", 2, 1, repeat_share=0.1),
    Presentation.REVEAL: DemoRound("Reveal round", 2, 0.2),
}

SEARCH = "Search for wrong labels"
SEARCHER = ADJUDICATOR
AUDITED = 0.25
"""Of the cells of the search, so many are looked at whatever their rank: many, because the search is small."""

MODEL, MODEL_VERSION = "demo-model", "1"

ANSWERS_IN_A_TRANSACTION = 40
LOOKED_THROUGH = 50
"""Disputes among which one is found that reviewers, and not only folders, disagree about."""

NAMESPACE = UUID("5f6f6c2e-8c1b-5d0a-9a57-2f3f0a3c9d41")
"""Makes the ids of simulated answers: the same for the same assignment, so none is recorded twice."""

SECONDS_BETWEEN_LOOKS = 0.05

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done and of how much."""


@dataclass(frozen=True)
class Demo:
    """Where a demonstration is made, and who is told how far it is."""

    database: Database
    home: Path
    blobs_url: str
    progress: Progress = lambda words, done, total: None
    cells: int = CELLS

    @property
    def drawings(self) -> Path:
        """The folder of drawn cells."""
        return self.home / "demo-cells"


def make_drawn(demo: Demo) -> None:
    """Everything over drawn cells, or what is missing of it."""
    if is_complete(demo.database):
        return
    for step in STEPS:
        step(demo)


def make_real(demo: Demo, path: Path) -> str:
    """Import real cells and open rounds over them; nobody's answers are invented. Returns the dataset's slug."""
    make_accounts(demo)
    whole = path.resolve()
    name = whole.stem if whole.is_file() else whole.name
    if slug_of(name) == DRAWN.slug:
        name += " cells"  # Real cells don't mix with drawn ones.
    with demo.database.writing() as session:
        dataset, _ = find_or_make_dataset(session, name, None, None)
    import_once(demo, dataset, whole)
    measure(demo, dataset.slug)
    open_rounds(demo, dataset.slug)
    return dataset.slug


def is_complete(database: Database) -> bool:
    """Whether the last step over drawn cells was made."""
    with database.reading() as session:
        dataset = catalogue.find_dataset(session, str(DRAWN.slug))
        return dataset is not None and releases.last_number(session, dataset.id) > 0


def make_accounts(demo: Demo) -> None:
    """All accounts or none: somebody else's database gets none."""
    with demo.database.writing() as session:
        store_builtin_label_sets(session)
        there = {user.name for user in accounts.users(session)}
        if ROLES.keys() <= there:
            return
        if there:
            raise NotADemoHome(
                f"{demo.home} holds other people's work, and a demonstration would mix with it: set CYTOREVIEW_HOME to "
                "an empty folder.",
                "CYTOREVIEW_HOME",
            )
        for name, role in ROLES.items():
            account_service.create_user(session, name, role)
            person = accounts.person_by_name(session, name)
            audit.record(session, None, "user.create", person.pid, {"name": name, "role": role})


def draw_cells(demo: Demo) -> None:
    """Draw the folder of cells. It gets its name when it is whole."""
    if demo.drawings.exists():
        return
    from app.demo.drawing import draw_dataset

    unfinished = demo.drawings.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    draw_dataset(unfinished, demo.cells, SEED, lambda done, total: demo.progress("Drawing cells", done, total))
    unfinished.rename(demo.drawings)


def import_drawings(demo: Demo) -> None:
    """The dataset, and its cells."""
    with demo.database.writing() as session:
        if catalogue.find_dataset(session, str(DRAWN.slug)) is None:
            create_dataset(session, DRAWN, accounts.person_by_name(session, ADMIN).id)
        dataset = drawn_dataset(session)
    import_once(demo, dataset, demo.drawings.resolve())


def import_once(demo: Demo, dataset: DatasetRow, path: Path) -> None:
    """Import a folder that wasn't imported yet. It is a job, so that its report is on the import page."""
    with demo.database.writing() as session:
        asked = session.execute(
            select(Job.pid, Job.state, Job.arguments)
            .where(Job.kind == IMPORT, Job.subject == dataset.slug)
            .order_by(Job.id.desc())
        )
        known = [job for job in asked if job.arguments.get("path") == str(path) and job.state != JobState.FAILED]
        if known:
            pid = known[0].pid
        else:
            actor = accounts.person_by_name(session, ADMIN).id
            pid = ask_for_import(session, dataset.slug, {"path": str(path)}, actor)
    follow(demo, "Importing files", [pid])


def measure_drawings(demo: Demo) -> None:
    """What the cells look like, for look-alikes."""
    measure(demo, str(DRAWN.slug))


def measure(demo: Demo, slug: str) -> None:
    """Do the job that the import asked for."""
    with demo.database.reading() as session:
        asked = [job.pid for job in jobs.jobs_of(session, FEATURES, slug)]
    follow(demo, "Measuring cells", asked)


def load_predictions(demo: Demo) -> None:
    """What a simulated model says of every cell, loaded from a file like any model's."""
    with demo.database.reading() as session:
        dataset = drawn_dataset(session)
        if has_predictions(session, dataset.id):
            return
        label_set = labels.label_set(session, dataset.label_set)
        drawn = drawn_classes(session, dataset.id, label_set, demo.cells)
    file = demo.home / "demo-predictions.csv"
    with file.open("w", newline="", encoding="utf-8") as opened:
        table = csv.writer(opened)
        table.writerow(["path", *label_set.names])
        for cell in sorted(drawn.values(), key=lambda cell: cell.path):
            random = Random(f"{SEED}:{MODEL}:{cell.path}")
            table.writerow([cell.path, *predicted(cell.drawn, cell.other, label_set, random)])
    with demo.database.writing() as writing:
        prepared = predictions.prepare(writing, dataset, file, False, MODEL, MODEL_VERSION)
        predictions.load(writing, dataset, prepared, accounts.person_by_name(writing, ADMIN).id)


def has_predictions(session: Reading, dataset: int) -> bool:
    """Whether a model's predictions were loaded."""
    return bool(session.scalar(select(exists().where(PredictionModel.dataset == dataset))))


def find_suspicion(demo: Demo) -> None:
    """Do the job that compares labels with looks and predictions."""
    with demo.database.reading() as session:
        asked = [job.pid for job in jobs.jobs_of(session, SUSPICION, str(DRAWN.slug))]
    follow(demo, "Looking for wrong labels", asked)


def open_search(demo: Demo) -> None:
    """A senior's round over the cells of the sighted round that nobody reviewed yet, the most suspicious ones first."""
    with demo.database.writing() as session:
        dataset = drawn_dataset(session)
        if search_of(session, dataset.id) is None:
            admin = accounts.person_by_name(session, ADMIN)
            label_set = labels.label_set(session, dataset.label_set)
            shared = shared_out(catalogue.counts(session, dataset.id), label_set)
            settings = RoundSettings(
                name=SEARCH,
                dataset=str(DRAWN.slug),
                reviewers=[SEARCHER],
                filter=CellFilter(given_label=shared[Presentation.SIGHTED], state=CellState.UNREVIEWED),
                reviews_per_cell=1,
                presentation=Presentation.SIGHTED,
                order=Order.SUSPICION,
                audit_share=AUDITED,
                suggestions=Suggestions.PREDICTIONS,
                adjudicate_own=True,
                seed=SEED,
            )
            rounds.open_round(session, rounds.draft_round(session, settings, admin), admin)
        plans = [job.pid for job in jobs.jobs_of(session, "plan_round", str(search_of(session, dataset.id)))]
    follow(demo, "Planning the search", plans)


def search_of(session: Reading, dataset: int) -> str | None:
    """The public id of the round that looks for wrong labels."""
    return session.scalar(select(Round.pid).where(Round.dataset == dataset, Round.name == SEARCH))


def open_drawn_rounds(demo: Demo) -> None:
    """The rounds over drawn cells."""
    open_rounds(demo, str(DRAWN.slug))


def open_rounds(demo: Demo, slug: str) -> None:
    """A blind and a sighted round, and a small one that reveals, over all cells that carry a label; and their plans.

    They share no class, and so no cell: nobody meets a cell of a blind round with its label in another.
    """
    with demo.database.writing() as session:
        dataset = catalogue.dataset(session, slug)
        if not rounds_of(session, dataset.id):
            admin = accounts.person_by_name(session, ADMIN)
            label_set = labels.label_set(session, dataset.label_set)
            for presentation, given_label in shared_out(catalogue.counts(session, dataset.id), label_set).items():
                described = ROUNDS[presentation]
                settings = RoundSettings(
                    name=described.name,
                    dataset=slug,
                    reviewers=list(REVIEWERS),
                    filter=CellFilter(given_label=given_label),
                    reviews_per_cell=described.reviews_per_cell,
                    presentation=presentation,
                    repeat_share=described.repeat_share,
                    seed=SEED,
                )
                rounds.open_round(session, rounds.draft_round(session, settings, admin), admin)
        plans = [
            job.pid
            for pid in rounds_of(session, dataset.id).values()
            for job in jobs.jobs_of(session, "plan_round", pid)
        ]
    follow(demo, "Planning reviews", plans)


def shared_out(counts: CellCounts, label_set: LabelSet) -> dict[Presentation, str]:
    """The given labels of each round, as a filter has them: whole classes, so that each has about its share.

    Cells without any label leave a blind round alone; no cells, no round.
    """
    labelled = {label: n for label, n in counts.by_label.items() if label >= 0 and n}
    if not labelled:
        return {Presentation.BLIND: NONE} if counts.by_label.get(NO_LABEL) else {}
    shares: dict[Presentation, list[int]] = {presentation: [] for presentation in ROUNDS}
    sizes = dict.fromkeys(ROUNDS, 0)
    for label in sorted(labelled, key=lambda label: (-labelled[label], label)):
        smallest = min(ROUNDS, key=lambda presentation: sizes[presentation] / ROUNDS[presentation].weight)
        shares[smallest].append(label)
        sizes[smallest] += labelled[label]
    return {
        presentation: ",".join(label_set[label].name for label in sorted(share))
        for presentation, share in shares.items()
        if share
    }


def give_answers(demo: Demo) -> None:
    """Have the reviewers answer the beginnings of their queues, and look a second time at what was revealed to them.

    What somebody answered already stays as it is.
    """
    have_answered(demo, missing_answers)
    have_answered(demo, missing_second_looks)


def have_answered(demo: Demo, missing_of: Callable[..., list[dict[str, Any]]]) -> None:
    """Have every reviewer give the answers that are missing."""
    with demo.database.reading() as session:
        dataset = drawn_dataset(session)
        label_set = labels.label_set(session, dataset.label_set)
        drawn = drawn_classes(session, dataset.id, label_set, demo.cells)
        missing = [
            (person, missing_of(session, round_id, person, habits, drawn, label_set))
            for round_id in rounds_of(session, dataset.id)
            for name, habits in ANSWERING.items()
            for person in [accounts.person_by_name(session, name)]
        ]
    done, total = 0, sum(len(answers) for _, answers in missing)
    for person, answers in missing:
        for chunk in chunks(answers, ANSWERS_IN_A_TRANSACTION):
            with demo.database.writing() as writing:
                record_reviews(writing, person, chunk)
            done += len(chunk)
            demo.progress("Simulating reviews", done, total)


@dataclass(frozen=True, slots=True)
class DrawnCell:
    """What a cell of the dataset was drawn as, and the file that it is known by."""

    path: str
    drawn: int
    other: int | None


def drawn_classes(session: Reading, dataset: int, label_set: LabelSet, cells: int) -> dict[int, DrawnCell]:
    """What each cell was drawn as. The plan of the drawing is made again: the pictures alone don't tell."""
    import numpy as np

    from app.demo.drawing import planned

    plan = {path: cell for cell in planned(cells, np.random.default_rng(SEED)) for path in cell.paths}
    rows = session.execute(
        select(Occurrence.cell, Occurrence.path).where(Occurrence.dataset == dataset).order_by(Occurrence.path.desc())
    )
    return {
        row.cell: DrawnCell(
            row.path,
            label_set.index(plan[row.path].label),
            None if plan[row.path].other is None else label_set.index(str(plan[row.path].other)),
        )
        for row in rows
        if row.path in plan
    }


def missing_answers(
    session: Reading,
    round_id: int,
    person: Person,
    habits: Habits,
    drawn: Mapping[int, DrawnCell],
    label_set: LabelSet,
) -> list[dict[str, Any]]:
    """Answers to the beginning of somebody's queue, but for assignments of which something was said."""
    queue = session.execute(
        select(
            Assignment.pid,
            Assignment.cell,
            Assignment.shown_label,
            Assignment.kind,
            Round.presentation,
            exists().where(Review.assignment == Assignment.id).label("answered"),
        )
        .join(Round, Assignment.round == Round.id)
        .where(Assignment.round == round_id, Assignment.reviewer == person.id)
        .order_by(Assignment.position)
    ).all()
    answers = []
    for asked in queue[: reaches(habits, len(queue))]:
        cell = drawn.get(asked.cell)
        if cell is not None and not asked.answered:
            again = ":again" if asked.kind == Kind.REPEAT else ""
            random = Random(f"{SEED}:{person.name}:{cell.path}{again}")
            label = asked.shown_label if asked.presentation == Presentation.SIGHTED else None
            answer = answered(habits, Shown(cell.drawn, cell.other, label), label_set, random)
            answers.append({"id": str(uuid5(NAMESPACE, asked.pid)), "assignment_id": asked.pid, **answer})
    return answers


def missing_second_looks(
    session: Reading,
    round_id: int,
    person: Person,
    habits: Habits,
    drawn: Mapping[int, DrawnCell],
    label_set: LabelSet,
) -> list[dict[str, Any]]:
    """What somebody says once they were told the label: the answers that follow blind ones of a reveal round."""
    later = aliased(Review)
    told = session.execute(
        select(Assignment.pid, Assignment.cell, Assignment.shown_label, Review.uuid)
        .join_from(Assignment, Review, Review.assignment == Assignment.id)
        .join(Round, Assignment.round == Round.id)
        .where(
            Assignment.round == round_id,
            Assignment.reviewer == person.id,
            Assignment.shown_label.is_not(None),
            Round.presentation == Presentation.REVEAL,
            ~exists().where(later.supersedes == Review.uuid),
            Review.presentation == Presentation.BLIND,
        )
        .order_by(Assignment.position)
    ).all()
    answers = []
    for pid, cell_id, label, first in told:
        cell = drawn.get(cell_id)
        if cell is not None:
            random = Random(f"{SEED}:{person.name}:{cell.path}:revealed")
            answer = answered(habits, Shown(cell.drawn, cell.other, label), label_set, random)
            answers.append(
                {
                    "id": str(uuid5(NAMESPACE, f"{pid} revealed")),
                    "assignment_id": pid,
                    "supersedes": str(first),
                    **answer,
                }
            )
    return answers


def settle_one(demo: Demo) -> None:
    """Have the adjudicator settle the worst dispute between reviewers, as the class that the cell was drawn as."""
    with demo.database.writing() as session:
        dataset = drawn_dataset(session)
        settled = exists().where(Review.kind == Kind.ADJUDICATION, Review.cell == Cell.id, Cell.dataset == dataset.id)
        if session.scalar(select(settled)):
            return
        adjudicator = accounts.person_by_name(session, ADJUDICATOR)
        worst, _, _ = disputes(session, adjudicator, DisputeFilter(dataset.slug, kind="disputed"), LOOKED_THROUGH)
        label_set = labels.label_set(session, dataset.label_set)
        drawn = drawn_classes(session, dataset.id, label_set, demo.cells)
        for dispute in worst:
            cell = drawn.get(session.execute(select(Cell.id).where(Cell.pid == dispute.cell_id)).scalar_one())
            if dispute.votes and cell is not None:
                settlement = GivenAdjudication(
                    id=uuid5(NAMESPACE, dispute.cell_id),
                    verdict=Verdict.LABEL,
                    label=label_set[cell.drawn].name,
                    comment="Nucleus and cytoplasm both speak for it.",
                )
                adjudicate(session, adjudicator, dispute.cell_id, settlement)
                return


def ask_for_first_release(demo: Demo) -> None:
    """Ask for a release, which the server will write. It is the mark of a complete demonstration."""
    with demo.database.writing() as session:
        dataset = drawn_dataset(session)
        if not releases.last_number(session, dataset.id):
            ask_for_release(session, dataset.slug, NewRelease(), accounts.person_by_name(session, ADMIN).id)


STEPS: tuple[Callable[[Demo], None], ...] = (
    make_accounts,
    draw_cells,
    import_drawings,
    measure_drawings,
    load_predictions,
    find_suspicion,
    open_drawn_rounds,
    give_answers,
    open_search,
    give_answers,
    settle_one,
    ask_for_first_release,
)


def sign_in_links(session: Writing, address: str) -> Iterable[tuple[str, str, str]]:
    """Name, role and a new one-time link of each account that may sign in."""
    active = {user.name for user in accounts.users(session) if not user.disabled}
    for name in ROLES:
        if name in active:
            person = accounts.person_by_name(session, name)
            secret = account_service.issue_link(session, "sign-in", person.id, hours=24)
            yield name, person.role, f"{address}/setup/{secret}"


def follow(demo: Demo, words: str, pids: Sequence[str]) -> None:
    """Do jobs that wait, or that a killed run left behind, and tell how far they are until all are done."""
    with demo.database.reading() as session:
        waiting = [pid for pid in pids if jobs.job(session, pid).state != JobState.DONE]
    if not waiting:
        return
    handlers = {
        **catalogue_tasks.handlers(BlobStore(demo.blobs_url)),
        **quality_tasks.handlers(),
        "plan_round": plan_round,
    }
    runner = Runner(demo.database, handlers, slow=(IMPORT,), seconds_of_silence=0)
    runner.start()
    try:
        for pid in waiting:
            await_job(demo, words, pid)
    finally:
        runner.stop()


def await_job(demo: Demo, words: str, pid: str) -> None:
    """Look at a job until it is done; one that failed says why."""
    while True:
        with demo.database.reading() as session:
            job = jobs.job(session, pid)
        if job.state == JobState.FAILED:
            raise DemoUnfinished(f"{words}: {job.message}")
        total = job.total or 0
        if job.state == JobState.DONE:
            demo.progress(words, total, total)
            return
        if job.done < total:
            demo.progress(words, job.done, total)
        time.sleep(SECONDS_BETWEEN_LOOKS)


def drawn_dataset(session: Reading) -> DatasetRow:
    """The dataset of drawn cells."""
    return catalogue.dataset(session, str(DRAWN.slug))


def rounds_of(session: Reading, dataset: int) -> dict[int, str]:
    """A dataset's rounds, oldest first, with their public ids."""
    rows = session.execute(select(Round.id, Round.pid).where(Round.dataset == dataset).order_by(Round.id))
    return {row.id: row.pid for row in rows}


def chunks(items: Sequence[dict[str, Any]], size: int) -> Iterator[Sequence[dict[str, Any]]]:
    """Runs of at most ``size`` items."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
