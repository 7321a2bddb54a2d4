"""Reviewers who don't exist: what people of differing care might say of a drawn cell, the same for the same seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log
from random import Random
from typing import Any

from app.labels.labelset import LabelSet


@dataclass(frozen=True, slots=True)
class Habits:
    """How somebody reviews; shares are of all cells that it can happen with.

    ``reached`` is how far they are in a queue, ``mistakes`` how often they take a clear cell for another, ``trusting``
    how often they keep a wrong label that is shown, ``unsure`` how often they don't decide a clear cell, ``seconds``
    what a cell takes them at the median.
    """

    reached: float
    mistakes: float
    trusting: float
    unsure: float
    seconds: float


HABITS: Mapping[str, Habits] = {
    "reviewer1": Habits(reached=0.62, mistakes=0.02, trusting=0.2, unsure=0.01, seconds=3.1),
    "reviewer2": Habits(reached=0.55, mistakes=0.06, trusting=0.4, unsure=0.03, seconds=2.2),
    "reviewer3": Habits(reached=0.48, mistakes=0.13, trusting=0.7, unsure=0.02, seconds=1.5),
}

SENIOR = Habits(reached=0.65, mistakes=0.01, trusting=0.05, unsure=0.01, seconds=4.0)
"""How a senior looks for wrong labels."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell before a reviewer: the class it was drawn as, the one it is on the way to, and the label beside it."""

    drawn: int
    other: int | None
    label: int | None


UNUSABLE = 0.012
"""How often a cell is held to be unusable, by anybody."""

FLAGGED = 0.02
COMMENTED = 0.5
"""How often an answer that calls for a word gets one."""

COMMENTS: Mapping[str, Sequence[str]] = {
    "label": ("Please look at this one again.", "Typical; a good one for teaching.", "An artefact beside the cell?"),
    "borderline": ("Nucleus of the one, cytoplasm of the other.", "On the way from one to the other."),
    "unsure": ("The chromatin is hard to judge.", "I would want to see more of this smear."),
    "unusable": ("Out of focus.", "Stain precipitate over the cell."),
}

OF_A_BORDERLINE_CELL = {"drawn": 50, "other": 22, "borderline": 20, "unsure": 8}
"""What people say of a cell that stands between two classes, in parts of a hundred."""


def reaches(habits: Habits, queue: int) -> int:
    """How many cells of a queue somebody has answered; one at least is left to do."""
    return max(0, min(ceil(queue * habits.reached), queue - 1))


def answered(habits: Habits, shown: Shown, label_set: LabelSet, random: Random) -> dict[str, Any]:
    """What somebody says of a cell: the fields of a review but for its id and assignment."""
    verdict, label, second = decided(habits, shown, label_set, random)
    is_hard = shown.other is not None or verdict != "label"
    flag = random.random() < FLAGGED
    says_why = (flag or verdict != "label") and random.random() < COMMENTED
    return {
        "verdict": verdict,
        "label": None if label is None else label_set[label].name,
        "second_label": None if second is None else label_set[second].name,
        "mode": "single",
        "flag": flag,
        "comment": random.choice(COMMENTS[verdict]) if says_why else "",
        "seconds": round(max(0.5, random.lognormvariate(log(habits.seconds * (2 if is_hard else 1)), 0.45)), 1),
    }


def decided(habits: Habits, shown: Shown, label_set: LabelSet, random: Random) -> tuple[str, int | None, int | None]:
    """Verdict, class and second class."""
    if random.random() < UNUSABLE:
        return "unusable", None, None
    if shown.other is not None:
        return between(shown.drawn, shown.other, random)
    is_wrongly_labelled = shown.label is not None and shown.label != shown.drawn
    if is_wrongly_labelled and random.random() < habits.trusting:
        return "label", shown.label, None
    if random.random() < habits.unsure:
        return "unsure", None, None
    rivals = label_set.confusable(shown.drawn)
    if rivals and random.random() < habits.mistakes:
        return "label", random.choice(rivals[:2]), None
    return "label", shown.drawn, None


def between(drawn: int, other: int, random: Random) -> tuple[str, int | None, int | None]:
    """What somebody makes of a cell between two classes."""
    [choice] = random.choices(list(OF_A_BORDERLINE_CELL), list(OF_A_BORDERLINE_CELL.values()))
    if choice == "unsure":
        return "unsure", None, None
    if choice == "borderline":
        return "borderline", drawn, other
    return "label", drawn if choice == "drawn" else other, None


ACCURACY = 0.9
"""How often the simulated model gives the class that a cell was drawn as the most of its probability."""


def predicted(drawn: int, other: int | None, label_set: LabelSet, random: Random) -> list[float]:
    """What a model that doesn't exist makes of a cell: a probability a class, in class order."""
    rivals = list(label_set.confusable(drawn)) or [index for index in range(len(label_set)) if index != drawn]
    if other is not None and other not in rivals:
        rivals.insert(0, other)
    first = drawn if random.random() < ACCURACY else random.choice(rivals)
    sure = random.betavariate(9, 2) if first == drawn else random.betavariate(6, 4)
    weights = [random.random() ** 4 * 0.05 for _ in range(len(label_set))]
    for index in {drawn, *rivals}:
        weights[index] += random.random()
    weights[first] = 0.0
    rest = sum(weights)
    shares = [round((1 - sure) * weight / rest, 4) for weight in weights]
    shares[first] = round(1 - sum(shares), 4)
    return shares
