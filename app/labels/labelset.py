"""A label set in use: classes by number and by name, what they are confused with, what folders mean."""

import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.labels.document import Confusable, Group, LabelClass, LabelSetDocument, Merge, SourceCode, Unassigned
from app.labels.errors import LabelSetInvalid, UnknownClass, UnknownLabelSet

BUILTIN = Path(__file__).parent / "data"

FAINTEST_LIKENESS = 0.6
"""Below this ratio of common letters a name is like no class, and naming one would be a guess."""


class LabelSet:
    """The ordered classes that a dataset may use. Wherever a class is stored or counted it is its index here.

    Frozen; two label sets are equal when their documents are.
    """

    __slots__ = ("_aliases", "_document", "_folders", "_index", "_prefixes")

    def __init__(self, document: LabelSetDocument) -> None:
        self._document = document
        self._index = {one.name: index for index, one in enumerate(document.classes)}
        self._aliases = {alias: one.name for one in reversed(document.classes) for alias in aliases(one)}
        self._folders: dict[str, int | None] = {}
        self._prefixes: dict[str, list[tuple[str, int | None]]] = {}
        for unassigned in document.unassigned:
            self._read_code(unassigned, None)
        for index, one in enumerate(document.classes):
            for code in one.codes.values():
                self._read_code(code, index)
        for index, one in enumerate(document.classes):
            self._folders[one.name.casefold()] = index

    def _read_code(self, code: SourceCode, index: int | None) -> None:
        folder = code.folder.casefold()
        if code.prefix is None:
            self._folders[folder] = index
        else:
            self._prefixes.setdefault(folder, []).append((code.prefix.casefold(), index))

    @property
    def name(self) -> str:
        return self._document.name

    @property
    def version(self) -> int:
        return self._document.version

    @property
    def title(self) -> str:
        return self._document.title

    @property
    def classes(self) -> tuple[LabelClass, ...]:
        return self._document.classes

    @property
    def groups(self) -> tuple[Group, ...]:
        return self._document.groups

    @property
    def merges(self) -> tuple[Merge, ...]:
        return self._document.merges

    @property
    def confusable_pairs(self) -> tuple[Confusable, ...]:
        return self._document.confusable

    @property
    def unassigned(self) -> tuple[Unassigned, ...]:
        return self._document.unassigned

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the classes, in order."""
        return tuple(self._index)

    @property
    def ladder(self) -> tuple[int, ...]:
        """The classes of the maturation ladder, youngest first."""
        return tuple(self._index[name] for name in self._document.ladder)

    @property
    def costly(self) -> frozenset[int]:
        """The classes that are dear to miss: a dispute between one of them and another class is settled first."""
        return frozenset(self._index[name] for name in self._document.costly)

    def is_costly(self, named: Iterable[int]) -> bool:
        """Whether there is a class among these that is dear to miss, and another one that it would be missed for."""
        classes, costly = set(named), self.costly
        return not classes.isdisjoint(costly) and not classes.issubset(costly)

    def __len__(self) -> int:
        return len(self.classes)

    def __iter__(self) -> Iterator[LabelClass]:
        return iter(self.classes)

    def __getitem__(self, index: int) -> LabelClass:
        return self.classes[index]

    def __contains__(self, name: object) -> bool:
        return name in self._index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LabelSet) and self._document == other._document

    def __hash__(self) -> int:
        return hash((self.name, self.version))

    def __repr__(self) -> str:
        return f"<LabelSet {self.name} {self.version}, {len(self)} classes>"

    def index(self, name: str) -> int:
        """The number of a class; :class:`UnknownClass` names the nearest one. White space around it doesn't
        count.
        """
        index = self._index.get(name.strip())
        if index is None:
            raise UnknownClass(name.strip(), self.name, self.nearest(name))
        return index

    def nearest(self, name: str) -> str | None:
        """The class whose names look most like this one, for a hint and never for a decision; None if none
        does.
        """
        alike = difflib.get_close_matches(plain(name), self._aliases, n=1, cutoff=FAINTEST_LIKENESS)
        return self._aliases[alike[0]] if alike else None

    def confusable(self, index: int) -> tuple[int, ...]:
        """The classes that experts take this one for: its usual rival first, the others in the document's
        order.
        """
        name, rival = self[index].name, self.rival(index)
        others = [
            self._index[pair[1] if pair[0] == name else pair[0]]
            for pair in (each.pair for each in self._document.confusable)
            if name in pair
        ]
        return tuple(sorted(others, key=lambda other: other != rival))

    def rival(self, index: int) -> int | None:
        """The class that this one is most often taken for; it is shown beside it for comparison."""
        rival = self[index].rival
        return None if rival is None else self._index[rival]

    def group(self, index: int) -> Group:
        """The group that a class stands in."""
        return next(group for group in self.groups if group.name == self[index].group)

    def folder_label(self, folder: str, filename: str) -> int | None:
        """The class that a folder stands for, here or in a sister data set; None where that is not certain.

        Where one folder holds several classes the file's name decides. Folders that the sister set's authors
        left without a class of ours give None as unknown ones do: nothing is guessed. Upper and lower case
        are the same.
        """
        folder, filename = folder.strip().casefold(), filename.strip().casefold()
        if folder in self._folders:
            return self._folders[folder]
        for prefix, index in self._prefixes.get(folder, ()):
            if filename.startswith(prefix):
                return index
        return None

    def document(self) -> dict[str, Any]:
        """The set as JSON, as it is stored. Left-out fields stay left out, so that a field which a later
        program adds doesn't change the documents of label sets that don't use it.
        """
        return self._document.model_dump(mode="json", exclude_defaults=True)

    def digest(self) -> bytes:
        """SHA-256 of the document in canonical form: the same for equal label sets, however written."""
        canonical = json.dumps(self.document(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).digest()


def plain(name: str) -> str:
    """A name for comparing: lower case, no soft hyphens, one blank where there were separators."""
    return " ".join(re.split(r"[\s_.-]+", name.replace("\u00ad", "").casefold().strip()))


def aliases(one: LabelClass) -> set[str]:
    """All that people call a class, in plain form; what stands in brackets is a name of its own."""
    titles = [words for title in (one.title, one.tile) for words in (title.en, title.de) if words]
    parts = [part for title in titles for part in re.split(r"[()]", title) if part.strip()]
    return {plain(name) for name in (one.name, one.abbreviation, *parts)}


def from_document(document: Mapping[str, Any], source: str = "label set") -> LabelSet:
    """The label set of a document; :class:`LabelSetInvalid` lists all that is wrong with it, naming
    ``source``.
    """
    try:
        return LabelSet(LabelSetDocument.model_validate(document))
    except ValidationError as error:
        errors = error.errors()
        problems = [in_words(each["loc"], each, document) for each in errors]
        field = ".".join(str(part) for part in errors[0]["loc"]) or None
        raise LabelSetInvalid(f"{source}: {'; '.join(problems)}", field) from error


def in_words(location: tuple[int | str, ...], error: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """One of Pydantic's errors as a sentence that names the class and the field."""
    place: list[str] = []
    value: Any = document
    for part in location:
        value = inside(value, part)
        if isinstance(part, int):
            name = value.get("name") if isinstance(value, Mapping) else None
            kind = {"classes": "class", "groups": "group", "merges": "merge"}.get(place[-1], place[-1])
            place[-1] = f"{kind} {name or f'number {part + 1}'}"
        else:
            place.append(part)
    if location == ("classes",) and error["type"] in NUMBER_OF_CLASSES:
        return NUMBER_OF_CLASSES[error["type"]]
    what = {"extra_forbidden": "there is no such field", "missing": "this field is missing"}.get(error["type"])
    return ", ".join(place) + (": " if place else "") + (what or str(error["msg"]))


NUMBER_OF_CLASSES = {
    "too_short": "a label set needs at least two classes, or there is nothing to decide",
    "too_long": "a label set has at most 200 classes",
}


def inside(value: Any, part: int | str) -> Any:
    """``value[part]``, None where there is no such thing."""
    if isinstance(value, Mapping):
        return value.get(part)
    if isinstance(value, list | tuple) and isinstance(part, int) and part < len(value):
        return value[part]
    return None


def load_toml(path: Path) -> LabelSet:
    """The label set of a TOML file in UTF-8, with or without a byte-order mark."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LabelSetInvalid(f"{path}: the file can't be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise LabelSetInvalid(f"{path}: the file is not UTF-8") from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LabelSetInvalid(f"{path}: this is not TOML: {error}") from error
    return from_document(document, str(path))


def builtin_names() -> tuple[str, ...]:
    """The label sets that come with the product."""
    return tuple(sorted(path.stem for path in BUILTIN.glob("*.toml")))


def load_builtin(name: str) -> LabelSet:
    """One of the label sets that come with the product."""
    if name not in builtin_names():
        raise UnknownLabelSet(f"There is no built-in label set “{name}”; there is {', '.join(builtin_names())}.")
    return load_toml(BUILTIN / f"{name}.toml")
