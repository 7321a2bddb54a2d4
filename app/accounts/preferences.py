"""What a person prefers: one typed value, kept as JSON with the user, and the keys that it gives them.

``person.preferences`` is how the rest of the product reads it. What is stored may be older than the program: a field
that no longer fits has its default, and the others stay.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.accounts.errors import UnusableKey
from app.database import Text
from app.labels.keys import ACTIONS, COMMAND, FIXED, Keys, Layout, collisions, refusal, usual_keys, with_own_keys
from app.labels.labelset import LabelSet
from app.words import Words, phrase

Theme = Annotated[
    Literal["system", "light", "dark", "dimmed"],
    Field(description="Light of the pages; `dimmed` is for a dark room. The picture of a cell is never dimmed."),
]
Language = Annotated[
    Literal["auto", "en", "de"],
    Field(description="Language of the pages; `auto` takes what the browser asks for."),
]
Switch = Annotated[
    Literal["on", "off"],
    Field(description="Whether keys of one character decide. Off for speech input or a screen reader."),
]
LayoutField = Annotated[
    Layout,
    Field(description="Which key is which class: by its letter, or by its place under the left or the right hand."),
]
Hand = Annotated[
    Literal["right", "left"],
    Field(description="The hand that holds a phone: the confirm button lies under its thumb."),
]
Motion = Annotated[
    Literal["system", "reduced"],
    Field(description="`reduced` moves nothing, whatever the system says."),
]
GridPage = Annotated[int, Field(ge=24, le=200, description="Cells on a page of the grid.")]

Name = Annotated[Text, Field(min_length=1, max_length=60)]
Chord = Annotated[Text, Field(min_length=1, max_length=24)]
Chords = Annotated[list[Chord], Field(min_length=1, max_length=4)]
OwnKeys = Annotated[
    dict[Name, dict[Layout, dict[Name, Chords]]],
    Field(
        description="Keys of one's own: by label set, then by layout, then by class or action, a list of chords.",
        examples=[{"mll23": {"letter": {"monocyte": ["Y"], "flag": ["!"]}}}],
    ),
]


class PersonSettings(BaseModel):
    """What a person prefers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    theme: Theme = "system"
    language: Language = "auto"
    keys: Switch = "on"
    layout: LayoutField = Layout.LETTER
    hand: Hand = "right"
    motion: Motion = "system"
    grid_page: GridPage = 60
    own_keys: OwnKeys = {}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "PersonSettings":
        """The settings of what is stored, without what doesn't fit."""
        try:
            return cls.model_validate(dict(stored))
        except ValidationError as error:
            unfit = {item["loc"][0] for item in error.errors()}
            return cls.model_validate({name: value for name, value in stored.items() if name not in unfit})

    def own(self, label_set: str) -> dict[str, list[str]]:
        """The person's own keys with a label set in the layout that they use."""
        return self.own_keys.get(label_set, {}).get(self.layout, {})

    def keys_for(self, label_set: LabelSet) -> Keys:
        """What the keys do for this person: the one place that review, grid, adjudication and help ask."""
        return with_own_keys(usual(label_set, self.layout), self.own(label_set.name))


class SettingsEdit(BaseModel):
    """What is to change; the rest stays. Own keys replace those of the same label set and layout, none for the
    usual ones."""

    model_config = ConfigDict(extra="forbid")

    theme: Theme | None = None
    language: Language | None = None
    keys: Switch | None = None
    layout: LayoutField | None = None
    hand: Hand | None = None
    motion: Motion | None = None
    grid_page: GridPage | None = None
    own_keys: OwnKeys | None = None


def usual(label_set: LabelSet, layout: Layout) -> Keys:
    """The keys of a label set as it comes."""
    return usual_keys(((one.name, one.key, one.place) for one in label_set), layout)


def key_sheet(settings: PersonSettings, label_set: LabelSet, language: str) -> dict[str, Any]:
    """What a person's keys do with a label set, beside what they usually do: for who changes or prints them."""
    usual_ones, keys = usual(label_set, settings.layout), settings.keys_for(label_set)
    return {
        "label_set": label_set.name,
        "layout": settings.layout,
        "classes": [
            {
                "name": one.name,
                "display": one.called(language),
                "short": one.tile.to(language),
                "abbr": one.abbreviation,
                "group": one.group,
                "neoplastic": one.neoplastic,
                "chords": list(keys.classes[one.name]),
                "usual": list(usual_ones.classes[one.name]),
                "confusable": [label_set[other].name for other in label_set.confusable(index)],
            }
            for index, one in enumerate(label_set)
        ],
        "actions": [
            {
                "name": action.name,
                "chords": list(keys.actions[action.name]),
                "usual": list(usual_ones.actions[action.name]),
                "is_fixed": action.name in FIXED,
                "settles": action.adjudication,
            }
            for action in ACTIONS
        ],
        "own": settings.own(label_set.name),
    }


def edited(settings: PersonSettings, edit: SettingsEdit) -> PersonSettings:
    """The settings after an edit."""
    changes = edit.model_dump(exclude_none=True, exclude={"own_keys"})
    if edit.own_keys is not None:
        merged = {name: dict(layouts) for name, layouts in settings.own_keys.items()}
        for name, layouts in edit.own_keys.items():
            merged[name] = merged.get(name, {}) | layouts
        kept = {name: {layout: own for layout, own in layouts.items() if own} for name, layouts in merged.items()}
        changes["own_keys"] = {name: layouts for name, layouts in kept.items() if layouts}
    return settings.model_copy(update=changes)


def check_own_keys(label_set: LabelSet, layout: Layout, own: Mapping[str, Sequence[str]]) -> None:
    """Refuse keys that do nothing, that belong to the browser, or that something else has already."""
    usual_ones = usual(label_set, layout)

    def refuse(name: str, why: Words) -> UnusableKey:
        return UnusableKey(why.template, f"own_keys.{label_set.name}.{layout}.{name}", **why.values)

    for name, chords in own.items():
        if name not in usual_ones.classes and name not in usual_ones.actions:
            raise refuse(
                name,
                phrase("{name} is neither a class of {label_set} nor an action.", name=name, label_set=label_set.name),
            )
        for chord in chords:
            why = refusal(chord, layout, name, name in usual_ones.classes)
            if why:
                raise refuse(name, why)
    # What has its usual key goes first, so that it is the person's own key that is named as the one too many.
    everything = usual_ones.classes | usual_ones.actions
    commands = {name: [chord for chord in chords if COMMAND.match(chord)] for name, chords in everything.items()}
    untouched = {name: chords for name, chords in everything.items() if name not in own}
    chosen = {name: [*chords, *commands[name]] for name, chords in own.items()}
    for chord, name, holder in collisions({**untouched, **chosen}, layout):
        also = phrase("The key {chord} of {name} is also the key of {holder}.", chord=chord, name=name, holder=holder)
        raise refuse(name, also)
