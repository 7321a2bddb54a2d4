"""Use cases: each reviewer's figures, as far as whoever asks may see them.

A reviewer sees their own, of closed rounds; adjudicators and admins see everybody's. Which of somebody's own answers
were repeats or traps is told to nobody while that round is open, whatever their role.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.accounts.people import Person
from app.database import Database, Reading
from app.quality import reviewers_queries as queries
from app.quality.queries import WAITING, held_back
from app.quality.reviewers_queries import Settlement
from app.quality.service import Scope, scope_of
from app.review.blind import sight_of
from app.review.models import Verdict
from app.review.recounting import said_of
from app.review.verdicts import standing
from app.words import Words, msg

if TYPE_CHECKING:
    from app.quality.answers import Answers
    from app.quality.reviewers import Reviewer, Settled, Share

NO_REFERENCE = msg("No cell of theirs was answered by others too, or settled by an adjudicator.")
NO_REPEATS = msg("No cell was shown again in a round that is told of.")
NO_TRAPS = msg("No wrong label was shown on purpose in a round that is told of.")
NO_ANCHORS = msg("No blind answer differed from a label that was revealed after it.")
NO_SECONDS = msg("No seconds were recorded.")
NOTHING_SAID = msg("Nobody has answered yet in a round that you may see figures of.")
NO_CLOSED_ROUND = msg("Your figures come when a round in which you reviewed is closed.")
OWN_WAIT = msg("Of rounds that are open, your repeats and traps are told when they close.")


@dataclass(frozen=True)
class Figures:
    """Everybody's figures that may be seen, in order of their first review, and what there is to know of them.

    ``own``: the reviewer to whom they are limited. ``times``: when the first and the last review of a stretch were
    recorded. ``matrices``: by reviewer, what the fitted model says they say of each true class.
    """

    scope: Scope
    reviewers: "Sequence[Reviewer]"
    times: Mapping[int, datetime]
    matrices: Mapping[int, Sequence[Sequence[float]]]
    notes: Sequence[Words] = field(default=())

    @property
    def own(self) -> int | None:
        return self.scope.own

    def name(self, reviewer: int) -> str:
        """What somebody is called here."""
        return self.scope.names.get(reviewer, "")


def figures_for(session: Reading, database: Database, person: Person, slug: str) -> Figures:
    """The figures of a dataset's reviewers that this person may see; made once as long as nothing new was said."""
    scope = scope_of(session, database, person, slug)
    settled, last = queries.settlements(session, scope.dataset.id)
    sight = scope.sight
    secret = sorted(sight.secret_rounds) if scope.own is not None else []
    key = (
        "reviewers",
        *(scope.dataset.id, scope.dataset.label_set, scope.round_ids, scope.recorded, last),
        *(scope.own, person.id, tuple(sorted(sight.open_rounds)), tuple(secret)),
    )
    found = scope.kept.figures(key, lambda: made(session, scope, settled, secret))
    shown = [found[id] for id in scope.names if id in found and scope.own in (None, id)]
    borders = {id for one in shown for stretch in one.stretches for id in (stretch.first, stretch.last)}
    return Figures(
        scope,
        shown,
        queries.recorded_at(session, borders),
        {} if secret else matrices(session, scope, [one.id for one in shown]),
        notes_of(scope, shown),
    )


def made(
    session: Reading, scope: Scope, settlements: Mapping[int, Settlement], secret: Sequence[int]
) -> "dict[int, Reviewer]":
    """The figures of all reviewers of the rounds that count. Cells of a reviewer's own open rounds are left out."""
    import numpy as np

    from app.quality.reviewers import figures_of

    given = scope.said
    if secret:
        given = given.at(np.flatnonzero(~np.isin(given.cell, queries.cells_of_rounds(session, secret))))
    me, open_rounds = scope.sight.person.id, sorted(scope.sight.open_rounds)
    hidden = (given.reviewer == me) & np.isin(given.round, np.array(open_rounds, np.int64))
    return figures_of(given, beside_of(session, scope, given), settled_as(settlements), hidden)


def beside_of(session: Reading, scope: Scope, given: "Answers") -> Any:
    """The label shown and the seconds of each answer."""
    import numpy as np

    from app.quality.reviewers import Beside

    until = int(given.id[-1]) if len(given) else 0
    blocks = queries.beside(session, scope.round_ids, until) if scope.round_ids else iter(())
    tables = [np.fromstring(block, np.int64, sep=" ").reshape(-1, 3) for block in blocks]
    table = np.concatenate(tables) if tables else np.zeros((0, 3), np.int64)
    shown, millis = np.full(len(given), -1), np.full(len(given), -1)
    of_given = np.isin(table[:, 0], given.id)
    at = np.searchsorted(given.id, table[of_given, 0])
    shown[at], millis[at] = table[of_given, 1], table[of_given, 2]
    return Beside(shown, millis)


def settled_as(settlements: Mapping[int, Settlement]) -> "dict[int, Settled]":
    """Settlements as numbers; a pair has its earlier class first."""
    from app.quality.reviewers import NONE, NOT_USABLE, Settled

    found = {}
    for cell, one in settlements.items():
        if one.verdict == Verdict.UNUSABLE or one.label is None:
            found[cell] = Settled(one.by, NOT_USABLE)
        elif one.second_label is None:
            found[cell] = Settled(one.by, one.label, NONE)
        else:
            found[cell] = Settled(one.by, *sorted((one.label, one.second_label)))
    return found


def matrices(session: Reading, scope: Scope, reviewers: Iterable[int]) -> dict[int, list[list[float]]]:
    """What the newest fit says of these reviewers: a row for each true class, how likely each class is said."""
    fit = queries.newest_fit(session, scope.dataset.id)
    if fit is None or fit.classes != len(scope.classes.shown):
        return {}
    import numpy as np

    k = fit.classes
    arrays = np.frombuffer(fit.arrays, "<f8")[k:].reshape(-1, k, k)
    place = {pid: at for at, pid in enumerate(fit.raters)}
    pids = queries.public_ids(session, list(reviewers))
    return {id: arrays[place[pid]].tolist() for id, pid in pids.items() if pid in place and place[pid] < len(arrays)}


def notes_of(scope: Scope, shown: "Sequence[Reviewer]") -> tuple[Words, ...]:
    """What there is to know of the figures as a whole."""
    notes = []
    if not shown:
        notes.append(Words(NO_CLOSED_ROUND if scope.own is not None else NOTHING_SAID))
    if scope.sight.open_rounds & set(scope.round_ids) or (scope.own is not None and scope.sight.open_rounds):
        notes.append(Words(OWN_WAIT))
    return tuple(notes)


def chosen_reviewer(found: Figures, name: str) -> "Reviewer | None":
    """Who is asked for by name; where nobody is, whoever asks, else the first."""
    me = found.scope.sight.person.id
    wanted = [one for one in found.reviewers if found.name(one.id) == name]
    own = [one for one in found.reviewers if one.id == me]
    return next(iter((*wanted, *own, *found.reviewers)), None)


def why_undefined(one: "Reviewer") -> dict[str, str]:
    """Why a figure of somebody's is undefined, by the figure's name."""
    reasons = {
        "agreement": (one.right.of, NO_REFERENCE),
        "repeats": (one.same_again.of, NO_REPEATS),
        "traps": (one.caught.of, NO_TRAPS),
        "anchoring": (one.anchored.of, NO_ANCHORS),
        "median_seconds": (0 if one.seconds is None else 1, NO_SECONDS),
    }
    return {name: why for name, (of, why) in reasons.items() if not of}


ANSWERS_BEHIND = 200
SETTLEMENTS_BEHIND = 25


def reliability_of_votes(session: Reading, database: Database, person: Person, cell_pid: str) -> dict[str, Any]:
    """How often each standing vote's reviewer was right when they said the same, by the vote's own id.

    Names stay out of it, so that it may stand beside votes whose names are hidden. It is asked for with every dispute,
    so figures that are a few answers or settlements old do.
    """
    from app.quality.reviewers import NOT_USABLE, Share

    cell = queries.seen_cell(session, sight_of(session, person), cell_pid)
    if held_back(sight_of(session, person), cell.dataset):
        return {"items": [], "note": WAITING}
    scope = scope_of(session, database, person, cell.slug)
    settled, _ = queries.settlements(session, scope.dataset.id)
    age = (scope.recorded.reviews // ANSWERS_BEHIND, len(settled) // SETTLEMENTS_BEHIND)
    key = ("reliability", scope.dataset.id, scope.dataset.label_set, scope.round_ids, *age)
    found = scope.kept.figures(key, lambda: judged_alone(session, scope, settled))
    items = []
    for vote in standing(said_of(session, [cell.id]).get(cell.id, ())):
        label = NOT_USABLE if vote.verdict == Verdict.UNUSABLE else vote.label
        is_single = vote.verdict in (Verdict.LABEL, Verdict.UNUSABLE)
        share = found.get((vote.reviewer, label), Share(0, 0)) if is_single else None
        items.append({"id": str(queries.uuid_of(session, vote.order)), "right": share and share_document(share)})
    return {"items": items, "note": ""}


def judged_alone(
    session: Reading, scope: Scope, settlements: Mapping[int, Settlement]
) -> "dict[tuple[int, int | None], Share]":
    """By reviewer and class, how often they were right when they said it."""
    from app.quality.reviewers import judged

    of_all = judged(scope.said, settled_as(settlements))
    return {(reviewer, one.label): one.said for reviewer, classes in of_all.items() for one in classes}


def share_document(share: "Share") -> dict[str, Any]:
    """A share as REST answers it."""
    return {"n": share.n, "of": share.of, "value": share.value, "low": share.low, "high": share.high}


def document(found: Figures) -> dict[str, Any]:
    """All of it as REST answers it; its notes, and why figures are undefined, are still in nobody's language."""
    return {"items": [of_reviewer(found, one) for one in found.reviewers], "notes": list(found.notes)}


def of_reviewer(found: Figures, one: "Reviewer") -> dict[str, Any]:
    """One reviewer's figures as REST answers them."""
    names = class_names(found)
    matrix = found.matrices.get(one.id)
    return {
        "reviewer": found.name(one.id),
        "own": one.id == found.scope.sight.person.id,
        "answers": one.answers,
        "labels": one.labels,
        "borderline": one.borderline,
        "unusable": one.unusable,
        "unsure": one.unsure,
        "agreement": share_document(one.right),
        "classes": [
            {"label": names(each.label), "said": share_document(each.said), "found": share_document(each.found)}
            for each in one.classes
        ],
        "repeats": share_document(one.same_again),
        "repeats_blind": share_document(one.same_again_blind),
        "repeats_sighted": share_document(one.same_again_sighted),
        "traps": share_document(one.caught),
        "anchoring": share_document(one.anchored),
        "median_seconds": one.seconds,
        "stretches": [
            {
                "begun_at": found.times[each.first].isoformat(),
                "ended_at": found.times[each.last].isoformat(),
                "answers": each.answers,
                "median_seconds": each.seconds,
                "agreement": share_document(each.right),
            }
            for each in one.stretches
        ],
        "matrix": None
        if matrix is None
        else {names(true): {names(said): p for said, p in enumerate(row)} for true, row in enumerate(matrix)},
        "undefined": why_undefined(one),
    }


def class_names(found: Figures) -> Any:
    """From a class's number to its name; *unusable* has one too."""
    from app.quality.reviewers import NOT_USABLE

    names = [one.name for one in found.scope.classes.shown]
    return lambda label: "unusable" if label == NOT_USABLE else names[label]


COLUMNS = ("reviewer", "figure", "label", "n", "of", "value", "low", "high", "begun_at", "ended_at", "notes")
SHARES = ("agreement", "repeats", "repeats_blind", "repeats_sighted", "traps", "anchoring")


def rows(answer: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """A line for each figure of each reviewer, for CSV."""
    for one in answer["items"]:
        about = {"reviewer": one["reviewer"]}
        for name in ("answers", "labels", "borderline", "unusable", "unsure"):
            yield about | {"figure": name, "n": one[name]}
        why = one["undefined"]
        for name in SHARES:
            yield about | {"figure": name, **one[name], "notes": why.get(name, "")}
        yield about | {
            "figure": "median_seconds",
            "value": one["median_seconds"],
            "notes": why.get("median_seconds", ""),
        }
        for each in one["classes"]:
            for name in ("said", "found"):
                yield about | {"figure": name, "label": each["label"], **each[name]}
        for each in one["stretches"]:
            times = {"begun_at": each["begun_at"], "ended_at": each["ended_at"]}
            yield about | {"figure": "stretch_agreement", **each["agreement"], **times}
            yield about | {"figure": "stretch_median_seconds", "value": each["median_seconds"], **times}
