"""From what a folder or a manifest calls a class to the class of the label set. Nothing is guessed."""

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from app.catalogue.errors import MapRefused
from app.catalogue.tables import header_of, text_of
from app.labels.errors import UnknownClass
from app.labels.labelset import LabelSet

NO_CLASS = ("", "-", "–")
"""How a manifest says that a file has no label."""


@dataclass(frozen=True, slots=True)
class LabelMap:
    """What folders mean by an operator's word: it goes before what the label set knows."""

    classes: Mapping[tuple[str, str], int | None] = field(default_factory=dict)

    def find(self, folder: str, filename: str) -> tuple[bool, int | None]:
        """Whether the map has this folder, with the prefix of this file if it names prefixes, and its class."""
        prefixes = [
            (prefix, index)
            for (name, prefix), index in self.classes.items()
            if name == folder and filename.startswith(prefix)
        ]
        if not prefixes:
            return False, None
        return True, max(prefixes, key=lambda one: len(one[0]))[1]


def read_map(data: bytes, label_set: LabelSet) -> LabelMap:
    """A CSV with the columns ``folder``, ``label`` and, where one folder holds several classes, ``prefix``.

    ``folder`` is a folder's name or its path in the source; an empty ``label`` says that its files have none.
    """
    text = text_of(data, "map", MapRefused)
    header, delimiter = header_of(text, {"folder", "label"}, "map", MapRefused)
    classes: dict[tuple[str, str], int | None] = {}
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    next(rows)
    for row in rows:
        cells = dict(zip(header, (value.strip() for value in row), strict=False))
        if not any(cells.values()):
            continue
        folder, label = cells.get("folder", "").replace("\\", "/").strip("/"), cells.get("label", "")
        key = (folder, cells.get("prefix", ""))
        if not folder or key in classes:
            what = "names no folder" if not folder else f"names {'/'.join(filter(None, key))} again"
            raise MapRefused(f"Line {rows.line_num} of the map {what}.", "map")
        try:
            classes[key] = None if label in NO_CLASS else label_set.index(label)
        except UnknownClass as error:
            raise MapRefused(f"Line {rows.line_num} of the map: {error.message}", "map") from error
    return LabelMap(classes)


class Labelling:
    """Gives each file its class and counts what has none."""

    def __init__(self, label_set: LabelSet, label_map: LabelMap) -> None:
        self._label_set = label_set
        self._map = label_map
        self._unknown: Counter[str] = Counter()

    def label(self, path: str, said: str) -> int | None:
        """The class that ``said`` stands for: the map's word, the label set's own names, a sister data set's codes."""
        if said in NO_CLASS:
            return None
        folder, _, filename = path.rpartition("/")
        if self._map.classes:
            for name in (folder, said):
                is_mapped, index = self._map.find(name, filename)
                if is_mapped:
                    return index
        index = self._label_set.folder_label(said, filename)
        if index is None:
            self._unknown[said] += 1
        return index

    def unknown_classes(self) -> list[dict[str, object]]:
        """What is no class of the label set: files, and the nearest class as a hint; most files first."""
        return [
            {"folder": folder, "files": files, "nearest": self._label_set.nearest(PurePosixPath(folder).name)}
            for folder, files in sorted(self._unknown.items(), key=lambda one: (-one[1], one[0]))
        ]
