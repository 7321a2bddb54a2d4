"""What a label set's file and its stored document may say, checked field by field and then as a whole.

The same models read a TOML file and the JSON document in the database; once made, they are values.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.labels.keys import LETTERS, PLACES, Layout, action_at

SOFT_HYPHEN = "\u00ad"
BRACKETS = re.compile(r" \([^()]*\)$")

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([_.-][a-z0-9]+)*$", max_length=60)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-F]{6}$", to_upper=True)]


def problem(message: str) -> PydanticCustomError:
    """One of our own errors among Pydantic's."""
    return PydanticCustomError("label_set", "{problem}", {"problem": message})


def free_letter(key: str) -> str:
    """A class key for the layout by letter, in upper case."""
    key = key.strip()
    key = key.upper() if len(key) == 1 else key
    action = action_at(key, Layout.LETTER)
    if action:
        raise problem(f"the key {key} is already the key of the action “{action}”; choose another")
    if key not in LETTERS:
        raise problem(f"the key “{key}” is not one letter A–Z or one digit")
    return key


def free_place(code: str) -> str:
    """A class key for the layout by place."""
    action = action_at(code, Layout.PLACE)
    if action:
        raise problem(f"the place {code} is already the key of the action “{action}”")
    if code not in PLACES:
        raise problem(f"“{code}” is no place of the grid; the places are {', '.join(PLACES)}")
    return code


class Part(BaseModel):
    """A piece of a label set: no field that we don't know, and a value once it is made."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Translated(Part):
    """Words in English, and in German where the set's author gave them."""

    en: Words
    de: Words | None = None

    def to(self, language: str) -> str:
        """The words in a language, in English where there are none."""
        return (self.de if language == "de" else None) or self.en


class Colours(Part):
    """A group's colour on a light and on a dark page."""

    light: Colour
    dark: Colour


class Group(Part):
    """A heading under which classes stand together."""

    name: Slug
    heading: Translated
    colour: Colours


class SourceCode(Part):
    """What a sister data set calls a class: a folder and, where one folder holds several classes, a file
    prefix.
    """

    folder: Words
    prefix: Words | None = None


class Unassigned(SourceCode):
    """A folder or prefix of a sister data set that stands for no class of this set."""

    source: Slug
    meaning: Words


class LabelClass(Part):
    """One class. ``name`` is its identity in files, tables and exports; everything else is for people and
    pages.
    """

    name: Slug
    title: Translated
    short: Translated | None = None
    abbreviation: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8)]
    group: Slug
    lineage: Slug | None = None
    stage: Annotated[int, Field(ge=1, le=99)] | None = None
    neoplastic: bool = False
    key: Annotated[str, AfterValidator(free_letter)] | None = None
    place: Annotated[str, AfterValidator(free_place)] | None = None
    cue: Translated | None = None
    rival: Slug | None = None
    ids: dict[Slug, Words] = {}
    codes: dict[Slug, SourceCode] = {}

    @property
    def tile(self) -> Translated:
        """The name for a narrow tile, with soft hyphens where the set's author put them."""
        return self.short or self.title

    def called(self, language: str) -> str:
        """The name in speech and in headings: what stands in brackets is left out, and German drops the noun after an
        adjective that is one by itself (“Segmentkerniger”, but “Großer granulärer Lymphozyt”).
        """
        title, short = self.title.to(language), self.tile.to(language).replace(SOFT_HYPHEN, "")
        if language == "de" and title.startswith(short) and short.split()[-1][0].isupper():
            return short
        return BRACKETS.sub("", title)

    def hyphenated(self, language: str) -> str:
        """The same for a narrow place, with the soft hyphens of the short name."""
        named = self.called(language)
        for word in self.tile.to(language).split():
            named = named.replace(word.replace(SOFT_HYPHEN, ""), word)
        return named


class Confusable(Part):
    """Two classes that experts take for each other, and on what ground."""

    pair: tuple[Slug, Slug]
    reason: Slug


class Merge(Part):
    """Classes that are often counted as one."""

    name: Slug
    title: Translated
    classes: tuple[Slug, ...] = Field(min_length=2)


class LabelSetDocument(Part):
    """A whole label set. The order of its classes is the order of every table, palette, matrix and export."""

    name: Slug
    version: Annotated[int, Field(ge=1)]
    title: Words
    groups: tuple[Group, ...] = Field(min_length=1)
    classes: tuple[LabelClass, ...] = Field(min_length=2, max_length=200)
    ladder: tuple[Slug, ...] = ()
    costly: tuple[Slug, ...] = ()
    confusable: tuple[Confusable, ...] = ()
    merges: tuple[Merge, ...] = ()
    unassigned: tuple[Unassigned, ...] = ()

    @model_validator(mode="after")
    def fits_together(self) -> "LabelSetDocument":
        problems = [*self._duplicates(), *self._unknown_names(), *self._shared_codes()]
        if problems:
            raise problem("; ".join(problems))
        return self

    def _duplicates(self) -> Iterable[str]:
        yield from repeated("group", [(group.name, group.name) for group in self.groups])
        yield from repeated("merge", [(merge.name, merge.name) for merge in self.merges])
        yield from repeated("class name", [(one.name, one.name) for one in self.classes])
        yield from repeated("abbreviation", [(one.abbreviation, one.name) for one in self.classes])
        yield from repeated("key", [(one.key, one.name) for one in self.classes if one.key])
        yield from repeated("place", [(one.place, one.name) for one in self.classes if one.place])
        yield from repeated("pair", [(" and ".join(sorted(each.pair)), "confusable") for each in self.confusable])
        yield from repeated("step", [(step, "ladder") for step in self.ladder])
        yield from repeated("class", [(name, "costly") for name in self.costly])

    def _unknown_names(self) -> Iterable[str]:
        groups = {group.name for group in self.groups}
        classes = {one.name for one in self.classes}
        pairs = {frozenset(each.pair) for each in self.confusable}
        for one in self.classes:
            if one.group not in groups:
                yield f"class {one.name}, group: there is no group “{one.group}”"
            if one.rival and frozenset((one.name, one.rival)) not in pairs:
                yield f"class {one.name}, rival: “{one.rival}” is not confusable with it"
        for each in self.confusable:
            if each.pair[0] == each.pair[1]:
                yield f"confusable: {each.pair[0]} is paired with itself"
        if classes <= set(self.costly):
            yield "costly: every class is named, so there is no other to take one of them for"
        named = [
            *(("confusable", name) for each in self.confusable for name in each.pair),
            *(("ladder", name) for name in self.ladder),
            *(("costly", name) for name in self.costly),
            *((f"merge {merge.name}, classes", name) for merge in self.merges for name in merge.classes),
        ]
        for field, name in named:
            if name not in classes:
                yield f"{field}: there is no class “{name}”"

    def _shared_codes(self) -> Iterable[str]:
        codes = [
            *((source, code, one.name) for one in self.classes for source, code in one.codes.items()),
            *((code.source, code, f"“{code.meaning}”") for code in self.unassigned),
        ]
        yield from repeated(
            "code",
            [(f"{source} {code.folder}/{code.prefix or ''}", holder) for source, code, holder in codes],
        )


def repeated(what: str, entries: Sequence[tuple[str, str]]) -> Iterable[str]:
    """One line for each value that stands twice, upper and lower case being the same to a reader."""
    holders: dict[str, list[tuple[str, str]]] = {}
    for value, holder in entries:
        holders.setdefault(value.casefold(), []).append((value, holder))
    for same in holders.values():
        if len(same) > 1:
            value, names = same[0][0], list(dict.fromkeys(holder for _, holder in same))
            where = f" in {' and '.join(names)}" if names != [value] else ""
            yield f"the {what} {value} stands twice{where}"
