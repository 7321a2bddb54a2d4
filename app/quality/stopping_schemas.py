"""What goes over the wire about when to stop."""

from typing import Annotated

from pydantic import BaseModel, Field


class TallyView(BaseModel):
    """Cells of a kind and what became of them. ``read``: all planned reviews are in. ``wrong``: the cell is held to be
    something else than its given label. ``undecided``: read, but without an outcome."""

    cells: int
    read: int
    wrong: int
    undecided: int


class ShareView(BaseModel):
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float


class AuditView(TallyView):
    """The cells that chance drew, and the share of wrong labels among those that were decided."""

    share: ShareView | None


class EstimateView(BaseModel):
    """Wrong labels among the ``unread`` cells, with 95 % interval: beta-binomial, from ``audited`` cells beyond those
    that were read in order of rank, of which ``wrong`` were wrong and ``unsure_of`` are not known."""

    low: int
    median: int
    high: int
    unread: int
    audited: int
    wrong: int
    unsure_of: int


class NextView(BaseModel):
    """What the next ``cells`` in order of rank hold if they are as the last ``seen`` were, of which ``wrong`` were
    wrong. They are less suspicious, so ``high`` is what to expect at most."""

    cells: int
    median: int
    high: int
    seen: int
    wrong: int


class OutlookView(BaseModel):
    """The interval after looking further. ``more`` is ``nothing``, ``rank`` (so many further ``cells`` in order of
    rank) or ``audit`` (so many more drawn by chance)."""

    more: str
    cells: int
    low: int
    high: int


class CurvePoint(BaseModel):
    """Of the first ``read`` ranked cells that were read ``wrong`` were wrong."""

    read: int
    wrong: int


class StoppingView(BaseModel):
    """What a round that looks for errors has found and left. ``notes`` say in words what can't be told, and why."""

    round: str
    dataset: str
    order: str
    audit_share: float | None
    without_given_label: Annotated[int, Field(description="Cells without one given label: none can be wrong.")]
    all: TallyView
    ranked: TallyView
    audit: AuditView
    reached: Annotated[int, Field(description="Cells before the first unread one in order of rank.")]
    estimate: EstimateView | None
    next: NextView | None
    outlooks: list[OutlookView]
    curve: list[CurvePoint]
    notes: list[str]
