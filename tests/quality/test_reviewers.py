"""Each reviewer's figures: against what the others say, what they said before, and what was planted."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.consensus.rules import Ballot, dissents, majority
from app.quality.answers import Answers
from app.quality.packing import (
    KIND_BITS,
    KINDS,
    LABEL_BITS,
    PRESENTATION_BITS,
    PRESENTATIONS,
    VERDICT_BITS,
    VERDICTS,
)
from app.quality.reviewers import NONE, NOT_USABLE, Beside, Reviewer, Settled, Share, figures_of, held_to_be
from app.review.models import Kind, Presentation, Verdict

A, B, C = 0, 1, 2


class Said:
    """Reviews as a round records them, one after the other."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, ...]] = []
        self.beside: list[tuple[int, int]] = []
        self.assignments: dict[Any, int] = {}

    def say(
        self,
        reviewer: int,
        cell: int,
        label: int | None,
        second: int | None = None,
        verdict: str | None = None,
        kind: str = "first",
        presentation: str = "blind",
        shown: int = NONE,
        seconds: float = 1.0,
        round: int = 1,
    ) -> "Said":
        verdict = verdict or ("unsure" if label is None else "label" if second is None else "borderline")
        assignment = self.assignments.setdefault((reviewer, cell, kind, round), len(self.assignments) + 1)
        packed = (
            (-1 if label is None else label)
            + 1
            + ((-1 if second is None else second) + 1 << LABEL_BITS)
            + (VERDICTS.index(Verdict(verdict)) << VERDICT_BITS)
            + (KINDS.index(Kind(kind)) << KIND_BITS)
            + (PRESENTATIONS.index(Presentation(presentation)) << PRESENTATION_BITS)
        )
        self.rows.append((len(self.rows) + 1, assignment, round, cell, reviewer, packed))
        self.beside.append((shown, round_millis(seconds)))
        return self

    @property
    def answers(self) -> Answers:
        return Answers(*np.array(self.rows, np.int64).reshape(-1, 6).T)

    def figures(self, settled: dict[int, Settled] | None = None, hidden: Sequence[int] = ()) -> dict[int, Reviewer]:
        shown, millis = np.array(self.beside, np.int64).reshape(-1, 2).T
        answers = self.answers
        return figures_of(answers, Beside(shown, millis), settled or {}, np.isin(answers.id, hidden))


def round_millis(seconds: float) -> int:
    return -1 if seconds < 0 else round(seconds * 1000)


def test_nobody_is_compared_with_themself() -> None:
    said = Said().say(1, 7, A).say(2, 7, A).say(3, 7, B)
    found = said.figures()
    assert found[3].right == Share(0, 1)
    assert found[1].right == found[2].right == Share(0, 0), "without themself the others stand one to one"
    assert Said().say(1, 7, A).figures()[1].right == Share(0, 0)


def test_an_adjudication_outranks_the_others_but_not_for_whoever_made_it() -> None:
    said = Said().say(1, 7, A).say(2, 7, B).say(3, 7, B)
    found = said.figures({7: Settled(1, A)})
    assert (found[1].right, found[2].right, found[3].right) == (Share(0, 1), Share(0, 1), Share(0, 1))
    found = said.figures({7: Settled(9, A, B)})
    assert [found[id].right for id in (1, 2, 3)] == [Share(1, 1)] * 3
    assert said.figures({7: Settled(9, NOT_USABLE)})[1].right == Share(0, 1)


def test_what_a_reviewer_says_and_what_they_find_is_counted_by_class() -> None:
    said = Said()
    for cell, own in enumerate([A, A, B, None, A]):
        for other in (2, 3):
            said.say(other, cell, B if cell == 1 else A)
        said.say(1, cell, own)
    said.say(1, 9, None, verdict="unusable").say(2, 9, None, verdict="unusable").say(3, 9, None, verdict="unusable")
    mine = said.figures()[1]
    assert (mine.answers, mine.labels, mine.unsure, mine.unusable) == (6, 4, 1, 1)
    assert mine.right == Share(3, 5)
    by_class = {one.label: (one.said, one.found) for one in mine.classes}
    assert by_class[A] == (Share(2, 3), Share(2, 4))
    assert by_class[B] == (Share(0, 1), Share(0, 1))
    assert by_class[NOT_USABLE] == (Share(1, 1), Share(1, 1))


def test_a_pair_that_holds_the_class_is_right() -> None:
    said = Said().say(1, 7, A, B).say(2, 7, B).say(3, 7, B)
    assert said.figures()[1].right == Share(1, 1)
    assert Said().say(1, 7, C).say(2, 7, A, B).say(3, 7, B, A).figures()[1].right == Share(0, 1)
    assert Said().say(1, 7, B).say(2, 7, A, B).say(3, 7, B, A).figures()[1].right == Share(1, 1)


def test_only_the_last_answer_to_a_cell_counts_and_none_that_was_taken_back() -> None:
    said = Said().say(1, 7, B).say(2, 7, A).say(3, 7, A).say(1, 7, A)
    assert said.figures()[1].right == Share(1, 1)
    said.say(1, 7, None, verdict="withdrawn")
    assert said.figures()[1].answers == 0
    assert said.figures()[2].right == Share(1, 1)


def test_repeats_are_held_against_the_first_answer_blind_and_sighted_apart() -> None:
    said = Said()
    answers: list[Sequence[tuple[int | None, int | None]]] = [
        ((A, None), (A, None)),
        ((A, None), (B, None)),
        ((A, B), (B, A)),
        ((None, None), (None, None)),
    ]
    for cell, (first, again) in enumerate(answers):
        said.say(1, cell, *first).say(1, cell, *again, kind="repeat")
    said.say(1, 10, A, presentation="sighted", shown=A).say(1, 10, A, kind="repeat", presentation="sighted", shown=A)
    mine = said.figures()[1]
    assert (mine.same_again, mine.same_again_blind, mine.same_again_sighted) == (Share(4, 5), Share(3, 4), Share(1, 1))
    repeats = [row[0] for row in said.rows if row[5] >> KIND_BITS & 7 == KINDS.index(Kind.REPEAT)]
    assert said.figures(hidden=repeats)[1].same_again == Share(0, 0)


def test_where_labels_are_revealed_the_blind_answers_are_compared() -> None:
    said = Said()
    for kind in ("first", "repeat"):
        said.say(1, 7, A, kind=kind)
        said.say(1, 7, B if kind == "first" else C, kind=kind, presentation="reveal", shown=B)
    assert said.figures()[1].same_again == Share(1, 1)


def test_a_trap_is_caught_unless_its_label_is_confirmed() -> None:
    said = Said()
    for cell, label in enumerate([B, A, None, B]):
        said.say(1, cell, label, kind="trap", presentation="sighted", shown=B)
    mine = said.figures()[1]
    assert mine.caught == Share(2, 4)
    assert mine.answers == 0
    assert mine.caught.low is not None
    assert 0 < mine.caught.low < 0.5 < (mine.caught.high or 0)


def test_anchoring_is_the_share_of_differing_answers_that_became_the_label_shown() -> None:
    said = Said()
    for cell, (blind, kept) in enumerate([(A, A), (A, B), (A, C), (B, B), (None, B)]):
        said.say(1, cell, blind).say(1, cell, kept, presentation="reveal", shown=B)
    said.say(1, 20, A)
    said.say(1, 21, A).say(1, 21, B, presentation="reveal", shown=B)
    said.say(1, 21, None, verdict="withdrawn", presentation="reveal", shown=B)
    assert said.figures()[1].anchored == Share(1, 3)


def test_pace_and_agreement_are_followed_by_two_hundreds() -> None:
    said = Said()
    for cell in range(430):
        said.say(2, cell, A).say(3, cell, A)
        said.say(1, cell, A if cell < 200 else B, seconds=2.0 if cell < 200 else 1.0)
    mine = said.figures()[1]
    assert [(one.answers, one.seconds, one.right) for one in mine.stretches] == [
        (200, 2.0, Share(200, 200)),
        (230, 1.0, Share(0, 230)),
    ]
    assert mine.seconds == 1.0
    assert Said().say(1, 7, A, seconds=-1).figures()[1].seconds is None


def test_without_answers_there_are_no_figures() -> None:
    assert Said().figures() == {}


verdicts = st.sampled_from([(A, None), (B, None), (C, None), (A, B), (B, C), ("unusable", None), (None, None)])


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 6), verdicts), max_size=60))
@settings(deadline=None)
def test_the_others_are_ruled_on_as_majority_rules(votes: list[Any]) -> None:
    said = Said()
    last: dict[tuple[int, int], Ballot] = {}
    for reviewer, cell, (one, two) in votes:
        verdict = "unusable" if one == "unusable" else None
        said.say(reviewer, cell, None if verdict else one, two, verdict)
        kind = verdict or ("unsure" if one is None else "label" if two is None else "borderline")
        last[cell, reviewer] = Ballot(kind, None if verdict else one, two)
    found = said.figures()
    for reviewer in {reviewer for _, reviewer in last}:
        right = of = 0
        for (cell, who), ballot in last.items():
            others = [other for (at, by), other in last.items() if at == cell and by != who]
            ruling = majority(others) if others else None
            if who == reviewer and ruling and ruling.outcome and ballot.verdict != "unsure":
                of += 1
                right += not dissents(ballot, ruling)
        assert found[reviewer].right == Share(right, of)


def test_a_large_dataset_is_judged_in_moments() -> None:
    rng = np.random.default_rng(3)
    cells = 42_000
    rows = []
    truth = rng.integers(0, 18, cells)
    for reviewer in (1, 2, 3):
        label = np.where(rng.random(cells) < 0.9, truth, rng.integers(0, 18, cells))
        rows.append(np.stack([np.full(cells, reviewer), np.arange(cells), label]))
    reviewer, cell, label = np.concatenate(rows, axis=1)
    n = len(cell)
    packed = label + 1 + (VERDICTS.index(Verdict.LABEL) << VERDICT_BITS) + (KINDS.index(Kind.FIRST) << KIND_BITS)
    answers = Answers(np.arange(1, n + 1), np.arange(1, n + 1), np.ones(n, np.int64), cell, reviewer, packed)
    first, _ = held_to_be(answers, {})
    share = (first[first != NONE] == truth[cell[first != NONE]]).mean()
    assert share > 0.98
    mine = figures_of(answers, Beside(np.full(n, NONE), np.full(n, 1500)), {})[1]
    assert mine.right.value == pytest.approx(0.9, abs=0.02)
    assert len(mine.stretches) == 210
