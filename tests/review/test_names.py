"""Who reviewed a cell is hidden from adjudicators until it is settled, in lists and from filters too."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from app.catalogue.models import Cell
from app.database import Writing
from app.labels.labelset import load_builtin
from app.review import queries, service
from app.review.blind import sight_of
from app.review.filters import CellFilter, conditions
from app.review.models import Verdict
from app.review.queries import VoteFilter
from app.review.schemas import GivenAdjudication
from tests.factories import a_cell, a_dataset, a_person, an_open_round, say


class Scene:
    """A cell on which two reviewers disagree, and who looks at it."""

    def __init__(self, session: Writing, names_hidden: bool = True) -> None:
        self.session = session
        self.dataset = a_dataset(session)
        self.cell = a_cell(session, self.dataset, "monocyte")
        self.round = an_open_round(session, reviewers=["reviewer1", "reviewer2"], names_hidden=names_hidden)
        say(session, self.round, "reviewer2", self.cell, "monocyte")
        say(session, self.round, "reviewer1", self.cell, "lymphocyte")

    def names(self, person: str, role: str, reviewer: str | None = None) -> list[str]:
        found, _ = queries.votes(
            self.session, a_person(self.session, person, role), VoteFilter(round=self.round, reviewer=reviewer), 10
        )
        return [vote.reviewer for vote in found]

    def found_by(self, person: str, role: str, reviewer: str) -> list[int]:
        sight = sight_of(self.session, a_person(self.session, person, role))
        held = conditions(CellFilter(reviewer=reviewer), self.dataset, load_builtin("mll23"), sight)
        return list(self.session.execute(select(Cell.id).where(*held)).scalars())

    def settle(self) -> None:
        pid = self.session.execute(select(Cell.pid).where(Cell.id == self.cell)).scalar_one()
        given = GivenAdjudication(id=uuid4(), verdict=Verdict.LABEL, label="monocyte", reason="nucleus")
        service.adjudicate(self.session, a_person(self.session, "adjudicator1", "adjudicator"), pid, given)


@pytest.fixture
def scene(session: Writing) -> Scene:
    return Scene(session)


def test_an_adjudicator_reads_letters_until_the_cell_is_settled(scene: Scene) -> None:
    assert scene.names("adjudicator1", "adjudicator") == ["Reviewer A", "Reviewer B"]
    scene.settle()
    assert scene.names("adjudicator1", "adjudicator") == ["reviewer2", "reviewer1"]


def test_a_filter_by_name_does_not_tell_the_name(scene: Scene) -> None:
    assert scene.names("adjudicator1", "adjudicator", "reviewer1") == []
    assert scene.found_by("adjudicator1", "adjudicator", "reviewer1") == []
    scene.settle()
    assert scene.names("adjudicator1", "adjudicator", "reviewer1") == ["reviewer1"]
    assert scene.found_by("adjudicator1", "adjudicator", "reviewer1") == [scene.cell]


def test_ones_own_name_and_reviews_are_never_hidden(scene: Scene) -> None:
    assert scene.names("reviewer1", "reviewer") == ["reviewer1"]
    assert scene.names("reviewer1", "reviewer", "reviewer1") == ["reviewer1"]


def test_an_admin_who_named_the_reviewers_reads_their_names(scene: Scene) -> None:
    assert scene.names("admin", "admin") == ["reviewer2", "reviewer1"]
    assert scene.found_by("admin", "admin", "reviewer1") == [scene.cell]


def test_a_round_may_show_names(session: Writing) -> None:
    assert Scene(session, names_hidden=False).names("adjudicator1", "adjudicator") == ["reviewer2", "reviewer1"]
