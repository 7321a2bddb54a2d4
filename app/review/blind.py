"""What of cells a person may see now: the one place that knows the blind rule.

While somebody reviews in an open blind round, nothing but the round's own queue tells them about its cells: no given
label, path, digest, attribute, consensus or review, no count by given label or state, whatever their role. And a
reviewer never sees colleagues' reviews of an open round of theirs, nor what is derived from them. Every query that
answers a person takes a :class:`Sight`.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, bindparam, false, not_, or_, select, true

from app.accounts.models import Role
from app.accounts.people import Person
from app.catalogue.models import Cell, CellState, Dataset
from app.database import Reading
from app.review.models import Assignment, Presentation, Round, RoundCell, RoundReviewer, RoundState, Suggestions

OPENED = (RoundState.PLANNING, RoundState.OPEN)
# Made once: nearly every answer begins with it.
OWN_ROUNDS = (
    select(Round.id, Round.dataset, Round.state, Round.presentation, Round.suggestions)
    .join_from(RoundReviewer, Round, RoundReviewer.round == Round.id)
    .where(
        RoundReviewer.reviewer == bindparam("reviewer"),
        RoundReviewer.left_at.is_(None),
        Round.state != RoundState.DRAFT,
    )
)


@dataclass(frozen=True)
class Sight:
    """A person's view: the open rounds whose cells they see nothing of, and those whose answers they don't see.

    ``open_rounds``: all that they review in, of whose answers they aren't told which were to repeats and traps.
    ``unsuggested_rounds``: those of them in which they are to judge without hearing what models think.

    ``datasets``: the ids of the datasets that a reviewer may see; None for those who may see all.
    """

    person: Person
    blind_rounds: frozenset[int]
    secret_rounds: frozenset[int]
    open_rounds: frozenset[int]
    unsuggested_rounds: frozenset[int]
    datasets: frozenset[int] | None
    blind_datasets: frozenset[int]
    secret_datasets: frozenset[int]

    @property
    def is_blinded(self) -> bool:
        """Whether anything at all is hidden from this person."""
        return bool(self.blind_rounds or self.secret_rounds)

    def is_blind(self) -> ColumnElement[bool]:
        """A cell of which only the picture may be shown."""
        return in_rounds(self.blind_rounds)

    def is_secret(self) -> ColumnElement[bool]:
        """A cell whose state, consensus and reviews may not be shown; every blind one is among them."""
        return in_rounds(self.blind_rounds | self.secret_rounds)

    def sees_labels(self) -> ColumnElement[bool]:
        """A cell whose given label, paths and attributes may be shown, filtered and sorted by."""
        return not_(self.is_blind())

    def sees_consensus(self) -> ColumnElement[bool]:
        """A cell whose state, consensus and reviews may be shown, filtered and sorted by."""
        return not_(self.is_secret())

    def sees_predictions(self) -> ColumnElement[bool]:
        """A cell of which it may be told what models say, and by which it may be filtered."""
        return not_(in_rounds(self.blind_rounds | self.unsuggested_rounds))

    def sees_suspicion(self) -> ColumnElement[bool]:
        """A cell whose suspicion and its reason may be shown, filtered and sorted by.

        Votes are heard in it, and what other cells' given labels are: so of a dataset that holds a blind round of
        theirs this person sees none.
        """
        rounds = self.blind_rounds | self.secret_rounds | self.unsuggested_rounds
        unseen = Cell.dataset.in_(sorted(self.blind_datasets)) if self.blind_datasets else false()
        return not_(or_(unseen, in_rounds(rounds)))

    def sees_names(self) -> ColumnElement[bool]:
        """A cell of which it may be told who reviewed it: until it is settled none of which a round hides the names.

        Admins are told: who named the reviewers knows them. Walks ix_assignment_cell_round.
        """
        if self.person.may(Role.ADMIN):
            return true()
        hiding = (
            select(Assignment.id)
            .join(Round, Assignment.round == Round.id)
            .where(Assignment.cell == Cell.id, Round.names_hidden)
        )
        return or_(Cell.state == CellState.ADJUDICATED, ~hiding.exists())

    def of_dataset(self) -> ColumnElement[bool]:
        """A dataset that this person may see at all."""
        return Dataset.archived_at.is_(None) if self.datasets is None else Dataset.id.in_(self.datasets)

    def may_see_dataset(self, dataset: int) -> bool:
        """Whether this person may see the dataset at all."""
        return self.datasets is None or dataset in self.datasets


def in_rounds(rounds: frozenset[int]) -> ColumnElement[bool]:
    """A cell that one of the rounds covers. Walks round_cell's primary key."""
    if not rounds:
        return false()
    return select(RoundCell.cell).where(RoundCell.round.in_(sorted(rounds)), RoundCell.cell == Cell.id).exists()


def sight_of(session: Reading, person: Person) -> Sight:
    """What this person may see now. Walks ix_round_reviewer_reviewer."""
    rounds = session.execute(OWN_ROUNDS, {"reviewer": person.id}).all()
    open_rounds = [row for row in rounds if row.state in OPENED]
    sees_all = person.may(Role.ADJUDICATOR)
    blind = [row for row in open_rounds if row.presentation != Presentation.SIGHTED]
    return Sight(
        person,
        blind_rounds=frozenset(row.id for row in blind),
        secret_rounds=frozenset() if sees_all else frozenset(row.id for row in open_rounds),
        open_rounds=frozenset(row.id for row in open_rounds),
        unsuggested_rounds=frozenset(row.id for row in open_rounds if row.suggestions == Suggestions.NONE),
        datasets=None if sees_all else frozenset(row.dataset for row in rounds),
        blind_datasets=frozenset(row.dataset for row in blind),
        secret_datasets=frozenset() if sees_all else frozenset(row.dataset for row in open_rounds),
    )
