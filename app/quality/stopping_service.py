"""What a round tells about stopping, as it goes over the wire, with what can't be told in words."""

from app.accounts.models import Role
from app.accounts.people import Person
from app.consensus.statistics.intervals import wilson
from app.database import Reading
from app.quality.round_cells import LookedAt, check_figures, looked_at
from app.quality.stopping import Stopping, Tally, when_to_stop
from app.quality.stopping_schemas import (
    AuditView,
    CurvePoint,
    EstimateView,
    NextView,
    OutlookView,
    ShareView,
    StoppingView,
    TallyView,
)
from app.review.models import Order, RoundState, Suggestions
from app.review.schemas import RoundView
from app.words import Words, phrase


def stopping_of(session: Reading, person: Person, round_pid: str) -> tuple[StoppingView, list[Words]]:
    """What a round tells about stopping; the notes come apart, not yet in anybody's language."""
    view = check_figures(session, person, round_pid)
    looked = looked_at(session, round_pid) if tells_anything(view) else LookedAt([], 0, True)
    told = when_to_stop(looked.cells, looked.in_order)
    return answer(view, looked, told, person), notes(view, looked, told)


def tells_anything(view: RoundView) -> bool:
    """Whether there is something to count: an opened round in order of suspicion."""
    return view.order == Order.SUSPICION and view.state not in (RoundState.DRAFT, RoundState.PLANNING)


def answer(view: RoundView, looked: LookedAt, told: Stopping, person: Person) -> StoppingView:
    """The figures of a round."""
    return StoppingView(
        round=view.id,
        dataset=view.dataset,
        order=view.order,
        audit_share=view.audit_share if person.may(Role.ADJUDICATOR) else None,
        without_given_label=looked.without_label,
        all=tally_view(told.all),
        ranked=tally_view(told.ranked),
        audit=AuditView(**tally_view(told.audit).model_dump(), share=share_of(told.audit)),
        reached=told.reached,
        estimate=EstimateView.model_validate(told.estimate, from_attributes=True) if told.estimate else None,
        next=NextView.model_validate(told.next, from_attributes=True) if told.next else None,
        outlooks=[OutlookView.model_validate(one, from_attributes=True) for one in told.outlooks],
        curve=[CurvePoint(read=read, wrong=wrong) for read, wrong in told.curve],
        notes=[],
    )


def tally_view(tally: Tally) -> TallyView:
    return TallyView.model_validate(tally, from_attributes=True)


def share_of(tally: Tally) -> ShareView | None:
    """The share of wrong ones among those that were decided, None where none was."""
    decided = tally.read - tally.undecided
    if not decided:
        return None
    interval = wilson(tally.wrong, decided)
    return ShareView(value=tally.wrong / decided, low=interval.low, high=interval.high)


def notes(view: RoundView, looked: LookedAt, told: Stopping) -> list[Words]:
    """What can't be told, or not as well as one would like, and why."""
    if view.state in (RoundState.DRAFT, RoundState.PLANNING):
        return [phrase("This round isn’t open yet, so nobody has looked at anything.")]
    if view.order != Order.SUSPICION:
        return [
            phrase(
                "This round doesn’t bring the most suspicious cells first, so how many errors it finds says nothing of "
                "those to come. Plan a round with the order “most suspicious first”."
            )
        ]
    if not looked.cells:
        return [phrase("None of this round’s cells has one given label, so none can be wrong.")]
    said = []
    if looked.without_label:
        said.append(
            phrase(
                "Cells without one given label are left out: {cells:,}. Nothing can be wrong there.",
                cells=looked.without_label,
            )
        )
    if not told.audit.cells:
        said.append(
            phrase(
                "No cells were drawn by chance in this round, so nobody can say how many errors are left. Plan the "
                "next round with an audit."
            )
        )
    elif not told.all.read:
        said.append(phrase("Nothing has been read yet: a cell is when all of its planned reviews are in."))
    elif not told.audit.read:
        said.append(phrase("None of the cells drawn by chance has been read yet. They come early in each queue."))
    elif told.audit.read < told.audit.cells:
        said.append(
            phrase(
                "Of {cells:,} cells drawn by chance {read:,} have been read: the others make the estimate narrower.",
                cells=told.audit.cells,
                read=told.audit.read,
            )
            if looked.in_order
            else phrase(
                "Some cells were read class by class, so those drawn by chance are no fair sample before all of them "
                "have been read: the others are taken for right at the low end of the estimate and for wrong at the "
                "high one."
            )
        )
    if told.audit.undecided:
        said.append(
            phrase(
                "Cells drawn by chance without an outcome: {cells:,}. They are taken for right at the low end of the "
                "estimate and for wrong at the high one: settling them makes it narrower.",
                cells=told.audit.undecided,
            )
        )
    if view.suggestions != Suggestions.NONE and told.audit.cells:
        said.append(
            phrase(
                "Reviewers saw what the model says, so the audit isn’t independent of it: what both miss is in no "
                "figure here."
            )
        )
    return said
