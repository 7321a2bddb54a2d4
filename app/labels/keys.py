"""The keys of the review and adjudication pages: what each action is bound to, and where the classes lie.

The table is data for both sides: a label set is checked against it when it is loaded, and :func:`key_table`
hands it to the page's JavaScript. A *chord* is written as a person would say it: an optional ``Ctrl+``,
``Cmd+`` or ``Shift+``, then the key. In the layout by letter a key is ``KeyboardEvent.key`` (letters in upper
case, the blank as ``Space``), so it follows the key caps; in the layout by place it is
``KeyboardEvent.code``, the same key on every keyboard. A key of one character is the typed character in both
layouts.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Layout(StrEnum):
    """How a reviewer's keys are laid out; kept in their profile."""

    LETTER = "letter"
    PLACE = "place"


@dataclass(frozen=True)
class Action:
    """Something a key does that is not the choice of a class.

    ``adjudication`` marks what only the adjudication page knows; class keys settle there, so they collide all
    the same.
    """

    name: str
    letter: tuple[str, ...]
    place: tuple[str, ...]
    adjudication: bool = False

    def chords(self, layout: Layout) -> tuple[str, ...]:
        """What it is bound to in a layout."""
        return self.letter if layout is Layout.LETTER else self.place


ACTIONS = (
    Action("confirm", ("Enter", "Space"), ("Enter", "Space")),
    Action("undo", ("Backspace", "Ctrl+Z", "Cmd+Z"), ("Backspace", "Ctrl+KeyZ", "Cmd+KeyZ")),
    Action("unsure", ("D",), ("KeyV",)),
    Action("unusable", ("X",), ("KeyB",)),
    Action("borderline", (".",), ("Period",)),
    Action("flag", (",",), ("Comma",)),
    Action("comment", ("K",), ("KeyK",)),
    Action("reference", ("V",), ("KeyL",)),
    Action("zoom", ("I",), ("KeyI",)),
    Action("contrast", ("J",), ("KeyJ",)),
    Action("neutral", ("Shift+J", "0"), ("Shift+KeyJ", "KeyN")),
    Action("ring", ("7",), ("KeyO",)),
    Action("previous", ("ArrowLeft",), ("ArrowLeft",)),
    Action("next", ("ArrowRight",), ("ArrowRight",)),
    Action("help", ("?",), ("?",)),
    Action("leave", ("Escape",), ("Escape",)),
    Action("reason_granules", ("1",), ("Digit6",), adjudication=True),
    Action("reason_nucleus", ("2",), ("Digit7",), adjudication=True),
    Action("reason_chromatin", ("3",), ("Digit8",), adjudication=True),
    Action("reason_size", ("4",), ("Digit9",), adjudication=True),
    Action("reason_cytoplasm", ("5",), ("Digit0",), adjudication=True),
)

PLACES = (
    *("Digit1", "Digit2", "Digit3", "Digit4", "Digit5"),
    *("KeyQ", "KeyW", "KeyE", "KeyR", "KeyT"),
    *("KeyA", "KeyS", "KeyD", "KeyF", "KeyG"),
    *("KeyZ", "KeyX", "KeyC"),
)
"""The palette's grid under the left hand, row by row; its last two keys are *unsure* and *unusable*."""

LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
"""What a class key by letter may be; the actions take some of them."""

ROLLING_FINGER_MS = 150
"""By place, a second, different class key counts only after this time: neighbours in maturation are
neighbours there.
"""


def action_at(chord: str, layout: Layout) -> str | None:
    """The action that a chord is bound to, None for a free one."""
    wanted = chord.casefold()
    for action in ACTIONS:
        if any(wanted == bound.casefold() for bound in action.chords(layout)):
            return action.name
    return None


def collisions(chords: Mapping[str, str], layout: Layout) -> list[str]:
    """What is wrong with a choice of keys, in words; ``chords`` gives each class's (or action's) key by name.

    An action named in ``chords`` has that key instead of its own, which is how a reviewer's own keys are
    checked.
    """
    taken = {
        bound.casefold(): action.name
        for action in ACTIONS
        if action.name not in chords
        for bound in action.chords(layout)
    }
    problems = []
    for name, chord in chords.items():
        holder = taken.setdefault(chord.casefold(), name)
        if holder != name:
            problems.append(f"the key {chord} of {name} is also the key of {holder}")
    return problems


def key_table() -> dict[str, Any]:
    """The table as JSON for the page: actions with their chords by layout, places, the wait."""
    return {
        "actions": [asdict(action) for action in ACTIONS],
        "places": list(PLACES),
        "rolling_finger_ms": ROLLING_FINGER_MS,
    }
