"""The demonstration: every page has something on it, a second run adds nothing, a killed run is completed."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.accounts import queries as accounts
from app.accounts import service as account_service
from app.accounts.models import User
from app.catalogue.models import Cell, CellState, Occurrence
from app.catalogue.queries import CellCounts
from app.consensus import service as consensus
from app.database import Base, Database, now
from app.demo import service
from app.demo.drawing import draw_dataset
from app.demo.errors import DemoUnfinished, NotADemoHome
from app.demo.service import ADJUDICATOR, REVIEWERS, ROLES, STEPS, Demo, make_drawn, make_real, sign_in_links
from app.demo.simulated import COMMENTS, HABITS, Shown, answered, reaches
from app.jobs import queries as jobs
from app.jobs.models import Job
from app.labels.labelset import load_builtin
from app.releases import queries as releases
from app.review.disputes import DisputeFilter, disputes
from app.review.models import Assignment, AssignmentState, Review, Round, RoundCell, RoundState

CELLS = 160
MLL23 = load_builtin("mll23")


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cells that are drawn once for all tests."""
    folder = tmp_path_factory.mktemp("drawn") / "demo-cells"
    draw_dataset(folder, CELLS, service.SEED)
    return folder


@pytest.fixture
def empty(database: Database, tmp_path: Path) -> Demo:
    """A home folder in which nothing was done yet."""
    return a_demo(database, tmp_path / "home")


@pytest.fixture
def with_drawings(sqlite_database: Database, drawings: Path, tmp_path: Path) -> Demo:
    """A home folder in which only the cells were drawn."""
    demo = a_demo(sqlite_database, tmp_path / "home")
    shutil.copytree(drawings, demo.drawings)
    return demo


@dataclass(frozen=True)
class Stages:
    """A home folder, and copies of its database after each step; the last one is complete."""

    home: Path
    copies: Sequence[Path]

    @contextmanager
    def after(self, step: int, folder: Path, home: Path | None = None) -> Iterator[Demo]:
        """The demonstration as it was after so many steps."""
        path = Path(shutil.copy(self.copies[step - 1], folder / f"after-{step}.db"))
        database = Database(f"sqlite:///{path}")
        yield a_demo(database, home or self.home)
        database.close()


@pytest.fixture(scope="module")
def stages(drawings: Path, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Stages:
    folder = tmp_path_factory.mktemp("stages")
    shutil.copy(migrated_sqlite, folder / "made.db")
    demo = a_demo(Database(f"sqlite:///{folder / 'made.db'}"), folder / "home")
    shutil.copytree(drawings, demo.drawings)
    copies = []
    for number, step in enumerate(STEPS, start=1):
        step(demo)
        copies.append(folder / f"{number}.db")
        demo.database.keep_copy(copies[-1])
    demo.database.close()
    return Stages(demo.home, copies)


@pytest.fixture
def made(stages: Stages, tmp_path: Path) -> Iterator[Demo]:
    """A complete demonstration."""
    shutil.copytree(stages.home, tmp_path / "home")
    with stages.after(len(STEPS), tmp_path, tmp_path / "home") as demo:
        yield demo


def a_demo(database: Database, home: Path, **values: Any) -> Demo:
    home.mkdir(exist_ok=True)
    return Demo(database, home, (home / "blobs").as_uri(), **({"cells": CELLS} | values))


def row_counts(database: Database) -> Mapping[str, int]:
    with database.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def what_was_said(database: Database) -> set[tuple[Any, ...]]:
    """Every answer, named by what is the same in each demonstration."""
    with database.reading() as session:
        path = select(func.min(Occurrence.path)).where(Occurrence.cell == Review.cell).scalar_subquery()
        rows = session.execute(
            select(
                path, User.name, Review.kind, Review.verdict, Review.label, Review.second_label, Review.seconds
            ).join_from(Review, User, Review.reviewer == User.id)
        )
        return {tuple(row) for row in rows}


def test_a_demonstration_has_cells_in_every_state_on_both_databases(empty: Demo) -> None:
    make_drawn(empty)
    with empty.database.reading() as session:
        states = set(session.execute(select(Cell.state)).scalars())
        with_dissent = session.scalar(select(func.count()).where(Cell.state == CellState.AGREED, Cell.dissent))
        reviewed_disputes = session.scalar(
            select(func.count()).where(Cell.state == CellState.DISPUTED, Cell.reviews > 0)
        )
        adjudicator = accounts.person_by_name(session, ADJUDICATOR)
        _, _, waiting = disputes(session, adjudicator, DisputeFilter("demo"), 5)
        [imported] = jobs.jobs_of(session, "import", "demo")
    assert states == set(CellState)
    assert with_dissent
    assert reviewed_disputes
    assert waiting >= reviewed_disputes
    assert imported.report is not None
    assert len(imported.report["refused"]) == 2


def test_people_say_all_that_can_be_said(made: Demo) -> None:
    with made.database.reading() as session:
        said = set(session.execute(select(Review.verdict)).scalars())
        flagged = session.scalar(select(func.count()).where(Review.flag))
        commented = session.scalar(select(func.count()).where(Review.comment != ""))
    assert said == {"label", "borderline", "unsure", "unusable"}
    assert flagged
    assert commented


def test_every_reviewer_has_given_answers_and_has_cells_left_in_every_round(made: Demo) -> None:
    with made.database.reading() as session:
        open_rounds = [tuple(row) for row in session.execute(select(Round.presentation, Round.state))]
        rows = session.execute(
            select(Round.presentation, User.name, Assignment.state, func.count())
            .join_from(Assignment, Round, Assignment.round == Round.id)
            .join(User, Assignment.reviewer == User.id)
            .group_by(Round.presentation, User.name, Assignment.state)
        )
        counted = {(presentation, name, state): n for presentation, name, state, n in rows}
    assert sorted(open_rounds) == [(each, RoundState.OPEN) for each in ("blind", "reveal", "sighted", "sighted")]
    for presentation, least in (("blind", 5), ("sighted", 5), ("reveal", 0)):
        for name in REVIEWERS:
            assert counted[presentation, name, AssignmentState.PENDING] > least
            assert counted[presentation, name, AssignmentState.DONE] > least


def test_what_was_revealed_was_looked_at_again_and_some_cells_are_shown_twice(made: Demo) -> None:
    with made.database.reading() as session:
        presented = set(session.execute(select(Review.presentation).where(Review.assignment.is_not(None))).scalars())
        kinds = set(session.execute(select(Assignment.kind)).scalars())
    assert presented == {"blind", "sighted", "reveal"}
    assert kinds == {"first", "repeat"}


def test_the_rounds_share_no_cell_and_leave_out_cells_that_were_born_disputed(made: Demo) -> None:
    with made.database.reading() as session:
        covered = session.execute(select(RoundCell.cell).where(RoundCell.rank.is_(None))).scalars().all()
        searched = session.execute(
            select(RoundCell.cell, RoundCell.rank, RoundCell.audit, Round.presentation)
            .join(Round, RoundCell.round == Round.id)
            .where(RoundCell.rank.is_not(None))
        ).all()
        born_disputed = set(session.execute(select(Cell.id).where(Cell.born_disputed)).scalars())
    assert len(covered) == len(set(covered)) == CELLS - len(born_disputed)
    assert born_disputed.isdisjoint(covered)
    assert {row.presentation for row in searched} == {"sighted"}
    assert {row.cell for row in searched} < set(covered)
    assert sorted(row.rank for row in searched) == list(range(1, len(searched) + 1))
    assert {row.audit for row in searched} == {True, False}


def test_every_cell_has_a_suspicion_and_what_a_model_says_of_it(made: Demo) -> None:
    with made.database.reading() as session:
        cells = session.execute(
            select(Cell.born_disputed, Cell.given_label, Cell.predicted_label, Cell.suspicion)
        ).all()
    judged = [cell for cell in cells if not cell.born_disputed]
    assert all(cell.predicted_label is not None for cell in cells)
    assert all(cell.suspicion is not None for cell in judged)
    right = sum(cell.predicted_label == cell.given_label for cell in judged) / len(judged)
    assert 0.7 < right < 0.97


def test_what_the_cells_are_held_to_be_can_be_derived_anew(made: Demo) -> None:
    from app.review.tasks import rebuild

    with made.database.reading(snapshot=True) as session:
        before = consensus.digest(session, "demo")
    assert rebuild(made.database, "demo") == {"cells": CELLS, "changed": 0, "digest": before}


def test_a_second_run_changes_nothing(made: Demo) -> None:
    before = row_counts(made.database)
    make_drawn(made)
    assert row_counts(made.database) == before


def test_a_complete_demonstration_is_left_alone_whatever_people_do_in_it(made: Demo) -> None:
    with made.database.writing() as session:
        session.execute(update(Round).values(state=RoundState.CLOSED, closed_at=now()))
    shutil.rmtree(made.drawings)
    before = row_counts(made.database)
    make_drawn(made)
    assert row_counts(made.database) == before
    assert not made.drawings.exists()


@pytest.mark.parametrize("steps", range(1, len(STEPS)))
def test_a_run_that_ended_after_any_step_is_completed(steps: int, stages: Stages, tmp_path: Path) -> None:
    with stages.after(steps, tmp_path) as broken_off, stages.after(len(STEPS), tmp_path) as unbroken:
        make_drawn(broken_off)
        assert row_counts(broken_off.database) == row_counts(unbroken.database)
        assert what_was_said(broken_off.database) == what_was_said(unbroken.database)


class Killed(BaseException):
    """Ends a run in the middle of a step."""


def killed_at(words: str, number: int) -> Callable[[str, int, int], None]:
    """Progress that is the last that is heard of a run."""

    def progress(told: str, done: int, total: int) -> None:
        if told == words and done >= number:
            raise Killed

    return progress


def test_a_run_that_was_killed_while_it_drew_draws_anew(sqlite_database: Database, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with pytest.raises(Killed):
        make_drawn(a_demo(sqlite_database, home, progress=killed_at("Drawing cells", 10)))
    demo = a_demo(sqlite_database, home)
    assert not demo.drawings.exists()
    make_drawn(demo)
    with sqlite_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Cell)) == CELLS
    assert sorted(path.name for path in home.iterdir()) == ["blobs", "demo-cells", "demo-predictions.csv"]


def test_a_run_that_was_killed_between_answers_gives_the_others(with_drawings: Demo) -> None:
    for step in STEPS[:4]:
        step(with_drawings)
    dying = a_demo(with_drawings.database, with_drawings.home, progress=killed_at("Simulating reviews", 60))
    with pytest.raises(Killed):
        make_drawn(dying)
    some = what_was_said(with_drawings.database)
    make_drawn(with_drawings)
    every = what_was_said(with_drawings.database)
    assert len(some) >= 60
    assert some < every


def test_jobs_that_a_killed_run_left_running_are_done_by_the_next_one(with_drawings: Demo) -> None:
    for step in STEPS[:4]:
        step(with_drawings)
    with with_drawings.database.writing() as session:
        session.execute(update(Job).values(state="running", worker="gone", beat_at=now(), finished_at=None))
        session.execute(update(Round).values(state=RoundState.PLANNING))
    make_drawn(with_drawings)
    with with_drawings.database.reading() as session:
        assert set(session.execute(select(Round.state)).scalars()) == {RoundState.OPEN}
        assert set(session.execute(select(Job.state).where(Job.kind != "release")).scalars()) == {"done"}


def test_somebody_elses_database_is_refused(with_drawings: Demo) -> None:
    with with_drawings.database.writing() as session:
        account_service.create_user(session, "somebody", "admin")
    before = row_counts(with_drawings.database)
    with pytest.raises(NotADemoHome):
        make_drawn(with_drawings)
    assert row_counts(with_drawings.database) == before


def test_one_release_is_asked_for(made: Demo) -> None:
    with made.database.reading() as session:
        dataset = service.drawn_dataset(session)
        assert releases.last_number(session, dataset.id) == 1
        [job] = jobs.jobs_of(session, "release", "demo")
    assert job.state == "queued"


def test_each_account_gets_a_link_of_its_own_and_a_new_one_at_each_start(made: Demo) -> None:
    with made.database.writing() as session:
        first = list(sign_in_links(session, "http://127.0.0.1:8000"))
        second = list(sign_in_links(session, "http://127.0.0.1:8000"))
        assert [(name, role) for name, role, _ in first] == list(ROLES.items())
        assert not {link for *_, link in first} & {link for *_, link in second}
        for name, _, link in second:
            secret = link.removeprefix("http://127.0.0.1:8000/setup/")
            assert account_service.spend_link(session, secret, "sign-in") == (
                "sign-in",
                accounts.person_by_name(session, name).id,
            )


def test_real_cells_are_imported_into_a_dataset_named_after_their_folder_without_invented_answers(
    sqlite_database: Database, drawings: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "Smears 2024"
    shutil.copytree(drawings, folder)
    demo = a_demo(sqlite_database, tmp_path / "home")
    assert make_real(demo, folder) == "smears-2024"
    before = row_counts(sqlite_database)
    assert make_real(demo, folder) == "smears-2024"
    assert row_counts(sqlite_database) == before
    assert before["cell"] == CELLS
    assert before["round"] == 3
    assert before["assignment"] > 0
    assert before["review"] == 0
    assert not demo.drawings.exists()


def test_real_cells_do_not_mix_with_drawn_ones(made: Demo, drawings: Path, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(drawings / "lymphocyte", folder / "lymphocyte")
    assert make_real(made, folder) == "demo-cells"


def test_a_folder_that_is_not_there_is_named(sqlite_database: Database, drawings: Path, tmp_path: Path) -> None:
    demo = a_demo(sqlite_database, tmp_path / "home")
    with pytest.raises(DemoUnfinished, match="cells-to-come"):
        make_real(demo, tmp_path / "cells-to-come")
    shutil.copytree(drawings / "monocyte", tmp_path / "cells-to-come" / "monocyte")
    make_real(demo, tmp_path / "cells-to-come")
    assert row_counts(sqlite_database)["cell"] > 0


def counts(**labels: int) -> CellCounts:
    return CellCounts({(MLL23.index(label), "unreviewed"): n for label, n in labels.items()})


def test_the_rounds_get_about_their_share_of_the_cells() -> None:
    shares = service.shared_out(counts(monocyte=50, lymphocyte=30, basophil=15, eosinophil=10), MLL23)
    assert shares == {"blind": "monocyte", "sighted": "eosinophil,lymphocyte", "reveal": "basophil"}


def test_cells_of_one_class_or_of_none_have_a_blind_round_alone() -> None:
    assert service.shared_out(counts(monocyte=5), MLL23) == {"blind": "monocyte"}
    assert service.shared_out(CellCounts({(-1, "unreviewed"): 3}), MLL23) == {"blind": "none"}
    assert service.shared_out(CellCounts({(-2, "disputed"): 3}), MLL23) == {}


@pytest.mark.parametrize("queue", [0, 1, 2, 30])
def test_nobody_reaches_the_end_of_a_queue(queue: int) -> None:
    for habits in HABITS.values():
        assert 0 <= reaches(habits, queue) < max(queue, 1)


def test_the_careful_reviewer_is_right_more_often() -> None:
    band = MLL23.index("neutrophil_band")
    right = {
        name: Counter(
            answered(habits, Shown(band, None, None), MLL23, Random(f"{name}:{number}"))["label"]
            for number in range(2000)
        )["neutrophil_band"]
        for name, habits in HABITS.items()
    }
    assert 2000 > right["reviewer1"] > right["reviewer2"] > right["reviewer3"] > 1500


def test_mistakes_are_those_that_people_make() -> None:
    band = MLL23.index("neutrophil_band")
    likely = {MLL23[index].name for index in MLL23.confusable(band)} | {"neutrophil_band", None}
    said = {
        answered(HABITS["reviewer3"], Shown(band, None, None), MLL23, Random(number))["label"] for number in range(2000)
    }
    assert len(said) > 2
    assert said <= likely


def test_a_wrong_label_that_is_shown_misleads_the_trusting() -> None:
    band, eosinophil = MLL23.index("neutrophil_band"), MLL23.index("eosinophil")
    misled = {
        name: sum(
            answered(habits, Shown(band, None, eosinophil), MLL23, Random(number))["label"] == "eosinophil"
            for number in range(1000)
        )
        for name, habits in HABITS.items()
    }
    assert 0 < misled["reviewer1"] < misled["reviewer2"] < misled["reviewer3"] < 1000


def test_every_verdict_has_words_for_it() -> None:
    assert set(COMMENTS) == {"label", "borderline", "unsure", "unusable"}
