"""The keys of the review, grid and adjudication pages: what each action is bound to, and where the classes lie.

The table is data for both sides: a label set is checked against it when it is loaded, a person's own keys when they
are saved, and :func:`key_table` hands it to the pages' JavaScript. A *chord* is written as a person would say it: an
optional ``Ctrl+``, ``Cmd+`` or ``Shift+``, then the key. In the layout by letter a key is ``KeyboardEvent.key``
(letters in upper case, the blank as ``Space``), so it follows the key caps; in the layouts by place it is
``KeyboardEvent.code``, the same key on every keyboard. A key of one character is the typed character in every layout.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from app.words import Words, phrase


class Layout(StrEnum):
    """How a reviewer's keys are laid out; kept in their profile."""

    LETTER = "letter"
    PLACE = "place"
    MIRRORED = "place-mirrored"

    @property
    def is_by_place(self) -> bool:
        """Whether a key is a place on the keyboard, whatever is printed on it."""
        return self is not Layout.LETTER


@dataclass(frozen=True)
class Action:
    """Something a key does that is not the choice of a class.

    ``adjudication`` marks what only the adjudication page knows; class keys settle there, so they collide all
    the same.
    """

    name: str
    letter: tuple[str, ...]
    place: tuple[str, ...]
    mirrored: tuple[str, ...]
    adjudication: bool = False

    def chords(self, layout: Layout) -> tuple[str, ...]:
        """What it is bound to in a layout."""
        return {Layout.LETTER: self.letter, Layout.PLACE: self.place, Layout.MIRRORED: self.mirrored}[layout]


def everywhere(name: str, *chords: str) -> Action:
    """An action with the same keys in every layout."""
    return Action(name, chords, chords, chords)


UNDO_BY_PLACE = ("Backspace", "Ctrl+KeyZ", "Cmd+KeyZ")

ACTIONS = (
    everywhere("confirm", "Enter", "Space"),
    Action("undo", ("Backspace", "Ctrl+Z", "Cmd+Z"), UNDO_BY_PLACE, UNDO_BY_PLACE),
    Action("unsure", ("D",), ("KeyV",), ("Period",)),
    Action("unusable", ("X",), ("KeyB",), ("Slash",)),
    Action("borderline", (".",), ("Period",), ("KeyB",)),
    Action("flag", (",",), ("Comma",), ("KeyF",)),
    Action("comment", ("K",), ("KeyK",), ("KeyC",)),
    Action("reference", ("V",), ("KeyL",), ("KeyV",)),
    Action("zoom", ("I",), ("KeyI",), ("KeyX",)),
    Action("zoom_in", ("+", "="), ("KeyU", "NumpadAdd"), ("KeyW", "NumpadAdd")),
    Action("zoom_out", ("-",), ("KeyY", "NumpadSubtract"), ("KeyQ", "NumpadSubtract")),
    everywhere("pan_left", "Shift+ArrowLeft"),
    everywhere("pan_right", "Shift+ArrowRight"),
    everywhere("pan_up", "Shift+ArrowUp"),
    everywhere("pan_down", "Shift+ArrowDown"),
    Action("contrast", ("J",), ("KeyJ",), ("KeyD",)),
    Action("neutral", ("Shift+J", "0"), ("Shift+KeyJ", "KeyN"), ("Shift+KeyD", "KeyE")),
    Action("ring", ("7",), ("KeyO",), ("KeyR",)),
    everywhere("previous", "ArrowLeft"),
    everywhere("next", "ArrowRight"),
    everywhere("help", "?"),
    everywhere("leave", "Escape"),
    Action("reason_granules", ("1",), ("Digit6",), ("Digit1",), adjudication=True),
    Action("reason_nucleus", ("2",), ("Digit7",), ("Digit2",), adjudication=True),
    Action("reason_chromatin", ("3",), ("Digit8",), ("Digit3",), adjudication=True),
    Action("reason_size", ("4",), ("Digit9",), ("Digit4",), adjudication=True),
    Action("reason_cytoplasm", ("5",), ("Digit0",), ("Digit5",), adjudication=True),
)

PLACES = (
    *("Digit1", "Digit2", "Digit3", "Digit4", "Digit5"),
    *("KeyQ", "KeyW", "KeyE", "KeyR", "KeyT"),
    *("KeyA", "KeyS", "KeyD", "KeyF", "KeyG"),
    *("KeyZ", "KeyX", "KeyC"),
)
"""The palette's grid under the left hand, row by row; its last two keys are *unsure* and *unusable*."""

MIRRORED_PLACES = (
    *("Digit6", "Digit7", "Digit8", "Digit9", "Digit0"),
    *("KeyY", "KeyU", "KeyI", "KeyO", "KeyP"),
    *("KeyH", "KeyJ", "KeyK", "KeyL", "Semicolon"),
    *("KeyN", "KeyM", "Comma"),
)
"""The same grid under the right hand."""

LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
"""What a class key by letter may be in a label set; the actions take some of them."""

ROLLING_FINGER_MS = 150
"""By place, a second, different class key counts only after this time: neighbours in maturation are
neighbours there.
"""

FIXED = ("help", "leave")
"""What a person can't move: how one finds out about keys, and the way out of whatever is open."""

COMMAND = re.compile(r"(Ctrl|Cmd)\+")
NAMED = frozenset(
    (
        *("Enter", "Space", "Backspace", "Delete", "Insert", "Home", "End", "PageUp", "PageDown"),
        *("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"),
    )
)
"""Keys without a character that a person may give a meaning."""

PRINTED = re.compile(
    r"(Key[A-Z]|Digit[0-9]|Numpad[0-9]|Numpad(Add|Subtract|Multiply|Divide|Decimal|Comma)"
    r"|Minus|Equal|Bracket(Left|Right)|Semicolon|Quote|Backquote|Backslash|Comma|Period|Slash|Intl\w{2,8})"
)
"""The codes of keys that type a character."""


@dataclass(frozen=True)
class Keys:
    """What the keys do for one person with one label set: chords by class and by action, none where there is none."""

    classes: dict[str, tuple[str, ...]]
    actions: dict[str, tuple[str, ...]]

    def of_class(self, name: str) -> str:
        """The key of a class as its tile shows it, empty for none."""
        return next(iter(self.classes.get(name, ())), "")


def usual_keys(classes: Iterable[tuple[str, str | None, str | None]], layout: Layout) -> Keys:
    """What the keys do unless a person chose others. A class is its name, its letter and its place, none for none."""
    chosen: dict[str, tuple[str, ...]] = {}
    for name, letter, place in classes:
        key = letter
        if layout is Layout.PLACE:
            key = place
        elif layout is Layout.MIRRORED and place in PLACES:
            key = MIRRORED_PLACES[PLACES.index(place)]
        elif layout is Layout.MIRRORED:
            key = None
        chosen[name] = (key,) if key else ()
    return Keys(chosen, {action.name: action.chords(layout) for action in ACTIONS})


def with_own_keys(usual: Keys, own: Mapping[str, Sequence[str]]) -> Keys:
    """The usual keys with a person's own in their places. No chord is given twice, whatever was stored: what the
    person chose goes first, and a usual key that was taken is gone.
    """
    taken: set[str] = set()
    for name, chords in own.items():
        if name in usual.classes or name in usual.actions:
            taken.update(chord.casefold() for chord in chords)

    def bound(name: str, chords: tuple[str, ...]) -> tuple[str, ...]:
        if name in own:
            commands = tuple(chord for chord in chords if COMMAND.match(chord))
            return (*own[name], *commands)
        return tuple(chord for chord in chords if chord.casefold() not in taken)

    return Keys(
        {name: bound(name, chords) for name, chords in usual.classes.items()},
        {name: bound(name, chords) for name, chords in usual.actions.items()},
    )


def action_at(chord: str, layout: Layout) -> str | None:
    """The action that a chord is bound to, None for a free one."""
    wanted = chord.casefold()
    for action in ACTIONS:
        if any(wanted == bound.casefold() for bound in action.chords(layout)):
            return action.name
    return None


class Collision(NamedTuple):
    """One chord that two classes or actions have."""

    chord: str
    name: str
    holder: str


def collisions(chords: Mapping[str, str | Sequence[str]], layout: Layout) -> list[Collision]:
    """What is wrong with a choice of keys; ``chords`` gives each class's (or action's) key or keys by name.

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
    for name, bound in chords.items():
        for chord in [bound] if isinstance(bound, str) else bound:
            holder = taken.setdefault(chord.casefold(), name)
            if holder != name:
                problems.append(Collision(chord, name, holder))
    return problems


def refusal(chord: str, layout: Layout, name: str, is_class: bool) -> Words | None:
    """Why a person can't give a class or an action this key, None where they can."""
    if name in FIXED:
        return phrase("The key of {name} can't be changed.", name=name)
    if COMMAND.match(chord) or "Alt+" in chord:
        return phrase("{chord} belongs to the browser: take a key without Ctrl, Alt or Cmd.", chord=chord)
    shifted = chord.startswith("Shift+") and len(chord) > len("Shift+")
    key = chord.removeprefix("Shift+") if shifted else chord
    if re.fullmatch(r"F\d{1,2}", key) or key in ("Tab", "Escape"):
        return phrase("{key} is kept for moving about and for the browser.", key=key)
    if shifted and is_class:
        return phrase("A class has a key without Shift.")
    if key in ("Enter", "Space") and (shifted or name != "confirm"):
        return phrase("{key} presses the button that has the focus, so it can only confirm.", key=key)
    if key in NAMED:
        return None
    if layout.is_by_place:
        types = PRINTED.fullmatch(key) is not None
    else:
        types = len(key) == 1 and key.isprintable() and not key.isspace()
    if not types:
        return phrase("{key} is no key that types a character.", key=key)
    if not layout.is_by_place and key != key.upper() and len(key.upper()) == 1:
        return phrase("Write the letter {key} in upper case.", key=key)
    return None


def key_table() -> dict[str, Any]:
    """The table as JSON for the page: actions with their chords by layout, places, the wait."""
    return {
        "actions": [asdict(action) for action in ACTIONS],
        "places": list(PLACES),
        "mirrored_places": list(MIRRORED_PLACES),
        "fixed": list(FIXED),
        "rolling_finger_ms": ROLLING_FINGER_MS,
    }
