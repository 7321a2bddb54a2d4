"""What a model says of cells, read from a file: NDJSON or CSV, line by line.

A number that is no probability refuses the whole file, because what else would be wrong with it nobody knows. A class
that the label set doesn't have is no such mistake: models know other classes too.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from struct import Struct
from typing import Any, NoReturn

from app.catalogue.errors import PredictionsRefused
from app.catalogue.manifests import JSON_SUFFIXES, TABLE_SUFFIXES
from app.catalogue.tables import encoding_of, header_of
from app.labels.labelset import LabelSet

NAMES = ("cell_id", "pixel_sha256", "sha256", "path")
"""How a line names its cell. Of several the first one that it has is taken."""

TOLERANCE = 0.02
"""By how much probabilities may miss 1: two decimals of each are enough. They are kept as shares of their sum."""

CRUMBS = 1e-6
"""By how much a probability may leave 0 to 1, which rounding does."""

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Row:
    """What a line says. ``by`` tells what the ``name`` of the cell is; ``label`` is None where it's no class of ours;
    ``probabilities``: 32-bit floats, one a class."""

    by: str
    name: str
    label: int | None
    probabilities: bytes | None


@dataclass
class Classes:
    """A label set's classes by what models call them, and what was said that it doesn't have, with how often.

    Names are read as folders are: in capitals or not, and by the codes of known data sets.
    """

    label_set: LabelSet
    unknown: Counter[str] = field(default_factory=Counter)
    pack: Struct = field(init=False)
    _known: dict[str, int | None] = field(init=False)
    _names: tuple[str, ...] = field(init=False, default=())
    _places: list[int] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.pack = Struct(f"<{len(self.label_set)}f")
        self._known = {name: index for index, name in enumerate(self.label_set.names)}

    def index(self, name: str) -> int | None:
        """A class's number, None for what is no class of ours."""
        try:
            return self._known[name]
        except KeyError:
            found = self._known[name] = self.label_set.folder_label(name, "")
            return found

    def places(self, names: tuple[str, ...]) -> list[int] | None:
        """Where among these names each class stands; None where they aren't the classes, each once. The lines of a
        file name them in one order, so the last answer is kept."""
        if names != self._names:
            at = {self.index(name): place for place, name in enumerate(names)}
            complete = len(names) == len(at) == len(self.label_set) and None not in at
            self._names = names
            self._places = [at[index] for index in range(len(at))] if complete else None
        return self._places


def is_json_lines(name: str) -> bool:
    """Whether a file of this name holds NDJSON; :class:`PredictionsRefused` where it holds neither that nor CSV."""
    lower = name.lower()
    if lower.endswith((*JSON_SUFFIXES, *TABLE_SUFFIXES)):
        return lower.endswith(JSON_SUFFIXES)
    raise PredictionsRefused(
        "{name}: predictions come as NDJSON (.ndjson, .jsonl) or as CSV (.csv, .tsv).", "file", name=name
    )


def read_predictions(path: Path, json_lines: bool, classes: Classes) -> Iterator[Row]:
    """The lines of a file; :class:`PredictionsRefused` names the line and the field that can't be used."""
    with path.open("rb") as file:
        encoding, start = encoding_of(file.read(3))
        file.seek(start)
        text = io.TextIOWrapper(file, encoding, newline="")
        try:
            yield from read_objects(text, classes) if json_lines else read_table(text, classes)
        except UnicodeDecodeError as error:
            raise PredictionsRefused(
                "The predictions are neither UTF-8 nor UTF-16. Save them as “CSV UTF-8” or NDJSON in UTF-8.", "file"
            ) from error


def read_objects(lines: io.TextIOWrapper, classes: Classes) -> Iterator[Row]:
    """NDJSON: an object a line, ``{"cell_id": …, "label": …, "probabilities": {class: p}}``."""
    for line, written in enumerate(lines, 1):
        if not written.strip():
            continue
        try:
            said = json.loads(written)
        except (ValueError, RecursionError) as error:
            raise PredictionsRefused(
                "Line {line:,} is not JSON: {why}. Nothing was loaded.",
                "line",
                line=line,
                why=str(error)[:LONGEST_SHOWN],
            ) from error
        if not isinstance(said, dict):
            raise PredictionsRefused("Line {line:,} is no JSON object. Nothing was loaded.", "line", line=line)
        given = said.get("probabilities")
        if given is not None and not isinstance(given, dict):
            raise PredictionsRefused(
                "Line {line:,}: probabilities is no object of classes and numbers. Nothing was loaded.",
                "probabilities",
                line=line,
            )
        yield row_of(line, said, given, classes, "probabilities.")


def read_table(text: io.TextIOWrapper, classes: Classes) -> Iterator[Row]:
    """CSV: a column that names the cell, ``label``, and a column for each class. Other columns are no concern of ours,
    unless they hold nothing but probabilities: then they are classes that we don't know.
    """
    first = text.readline()
    header, delimiter = header_of(first, set(), "predictions", PredictionsRefused, frozenset((*NAMES, "label")))
    if not set(NAMES) & set(header):
        raise PredictionsRefused(
            "The predictions have no column that names a cell: it is called one of {names}. Nothing was loaded.",
            "cell_id",
            names=", ".join(NAMES),
        )
    ours = {at: name for at, name in enumerate(header) if name in (*NAMES, "label")}
    of_classes = {at: name for at, name in enumerate(header) if at not in ours and classes.index(name) is not None}
    others = {at: name for at, name in enumerate(header) if of_classes and name and at not in (*ours, *of_classes)}
    seen: Counter[str] = Counter()
    rows = csv.reader(text, delimiter=delimiter, strict=True)
    while True:
        try:
            values = next(rows)
        except StopIteration:
            break
        except csv.Error as error:
            raise PredictionsRefused(
                "Line {line:,} can't be read: {why}. Nothing was loaded.", "line", line=rows.line_num + 1, why=error
            ) from error
        line = rows.line_num + 1
        if not any(values):
            continue
        if len(values) > len(header) and any(values[len(header) :]):
            raise PredictionsRefused(
                "Line {line:,} has {found} columns, the first line has {wanted}. Nothing was loaded.",
                "line",
                line=line,
                found=len(values),
                wanted=len(header),
            )
        said = {name: values[at].strip() for at, name in ours.items() if at < len(values)}
        given: dict[str, Any] = {
            name: number_in(values[at], delimiter) for at, name in of_classes.items() if at < len(values)
        }
        given = {name: value for name, value in given.items() if value != ""}
        has_any = bool(given)
        for at, name in list(others.items()):
            value = number_in(values[at], delimiter) if at < len(values) else ""
            if value == "":
                continue
            if isinstance(value, str) or not 0 <= value <= 1:
                del others[at]
            elif value > 0 and has_any:
                given[name] = value
                seen[name] += 1
        yield row_of(line, said, given or None, classes, "", set(others.values()))
    for name in others.values():
        classes.unknown[name] = max(classes.unknown[name], seen[name])


def number_in(written: str, delimiter: str) -> float | str:
    """A field as a number, or as it is. Where columns aren't parted by commas a comma may be the decimal one."""
    try:
        return float(written)
    except ValueError:
        pass
    written = written.strip()
    if delimiter != ",":
        try:
            return float(written.replace(",", ".", 1))
        except ValueError:
            pass
    return written


def row_of(
    line: int,
    said: Mapping[str, Any],
    given: Mapping[str, Any] | None,
    classes: Classes,
    prefix: str,
    unsure: set[str] | frozenset[str] = frozenset(),
) -> Row:
    """A line's cell, label and probabilities. ``unsure``: columns of which nobody knows whether they are classes."""
    by = next((name for name in NAMES if said.get(name) not in (None, "")), None)
    if by is None:
        raise PredictionsRefused(
            "Line {line:,} names no cell: it needs one of {names}. Nothing was loaded.",
            "cell_id",
            line=line,
            names=", ".join(NAMES),
        )
    name = text_in(line, by, said[by])
    written = said.get("label")
    label = None
    if written not in (None, ""):
        written = text_in(line, "label", written)
        label = classes.index(written)
    packed, likeliest = (None, None) if given is None else shares(line, given, classes, prefix, unsure)
    if given is None and written in (None, ""):
        raise PredictionsRefused(
            "Line {line:,} has neither a label nor a probability. Nothing was loaded.", "label", line=line
        )
    if written not in (None, ""):
        # A label that isn't the likeliest class is what the model decided, by a threshold of its own for example.
        if label is None:
            classes.unknown[str(written)] += 1
    else:
        label = likeliest
    return Row(by, name, label, packed)


def text_in(line: int, name: str, value: Any) -> str:
    """What a field says, as text that both databases can be asked for."""
    if not isinstance(value, str):
        raise PredictionsRefused(
            "Line {line:,}: {name} is {value}, not text. Nothing was loaded.",
            name,
            line=line,
            name=name,
            value=shown(value),
        )
    if UNSTORABLE.search(value):
        raise PredictionsRefused(
            "Line {line:,}: {name} holds a character that can't be stored. Nothing was loaded.",
            name,
            line=line,
            name=name,
        )
    return value.strip()


def shares(
    line: int, given: Mapping[str, Any], classes: Classes, prefix: str, unsure: set[str] | frozenset[str]
) -> tuple[bytes | None, int | None]:
    """Probabilities as shares of what is known of them, and the likeliest class; neither where that is one that the
    label set doesn't have."""
    places = classes.places(tuple(given))
    if places is not None:
        # Nearly every line: a number for each class, all of them good. What isn't goes the long way, which says why.
        numbers = list(given.values())
        good = set(map(type, numbers)) == {float} and min(numbers) >= 0 and max(numbers) <= 1
        if good and is_about_one(total := sum(numbers)):
            values = [numbers[place] / total for place in places]
            return classes.pack.pack(*values), values.index(max(values))
    values = [0.0] * len(classes.label_set)
    total = beside = highest_beside = 0.0
    for name, value in given.items():
        # Exactly a float: a truth value is no number.
        if type(value) is not float and not (type(value) is int and value in (0, 1)):
            no_probability(line, prefix + name, value)
        if not -CRUMBS <= value <= 1 + CRUMBS:
            no_probability(line, prefix + name, value)
        at = classes.index(name)
        if at is not None:
            values[at] += value if value > 0 else 0.0
            total += value
        elif value > 0:
            beside += value
            highest_beside = max(highest_beside, value)
            if name not in unsure:
                classes.unknown[text_in(line, prefix + name, name)] += 1
    is_whole = is_about_one(total + beside)
    if not is_whole and unsure and is_about_one(total):
        is_whole, highest_beside = True, 0.0
    if not is_whole:
        raise PredictionsRefused(
            "Line {line:,}: its probabilities add up to {total:.4g}, not to 1. Give one for each class, as shares of 1 "
            "and not in percent. Nothing was loaded.",
            prefix.rstrip(".") or "line",
            line=line,
            total=total + beside,
        )
    highest = max(values)
    if highest <= 0:
        return None, None
    likeliest = values.index(highest) if highest >= highest_beside else None
    return classes.pack.pack(*(value / total for value in values)), likeliest


def is_about_one(total: float) -> bool:
    return abs(total - 1) <= TOLERANCE + CRUMBS


def no_probability(line: int, name: str, value: Any) -> NoReturn:
    """Refuse what is no number from 0 to 1."""
    name = name.encode("utf-8", "replace").decode()  # JSON can name half a character.
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or (isinstance(value, float) and not isfinite(value))
    ):
        raise PredictionsRefused(
            "Line {line:,}: {name} is {value}, which is no number. Write probabilities from 0 to 1 with a decimal "
            "point. Nothing was loaded.",
            name,
            line=line,
            name=name,
            value=shown(value),
        )
    raise PredictionsRefused(
        "Line {line:,}: {name} is {value}. A probability lies between 0 and 1: divide percentages by 100, and make "
        "probabilities of scores. Nothing was loaded.",
        name,
        line=line,
        name=name,
        value=shown(value),
    )


def shown(value: Any) -> str:
    """A value as an error shows it."""
    return UNSTORABLE.sub("\ufffd", json.dumps(value, ensure_ascii=False))[:LONGEST_SHOWN]
