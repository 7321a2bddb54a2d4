"""Classes as a page of quality counts them: those of the label set, some of them counted as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from app.labels.document import LabelClass, Merge, Translated
from app.labels.labelset import LabelSet
from app.quality.errors import UnusableMerge


@dataclass(frozen=True)
class MergedClass:
    """Several classes that count as one; it stands where the first of them stood."""

    merge: Merge
    members: tuple[LabelClass, ...]

    neoplastic = False

    @property
    def name(self) -> str:
        return self.merge.name

    @property
    def title(self) -> Translated:
        return self.merge.title

    @property
    def abbreviation(self) -> str:
        """Both abbreviations of two classes; of more the first, and how many follow."""
        first, *others = (one.abbreviation for one in self.members)
        return f"{first}+{others[0]}" if len(others) == 1 else f"{first}+{len(others)}"

    @property
    def group(self) -> str:
        return self.members[0].group

    def called(self, language: str) -> str:
        """The merge's title."""
        return self.title.to(language)


@dataclass(frozen=True)
class Classes:
    """The classes that are counted, in the label set's order, and what each class of the label set counts as.

    ``of[label]`` is the index in ``shown`` of a class of the label set; ``rungs[index]`` its step on the ladder.
    """

    label_set: LabelSet
    merges: tuple[Merge, ...]
    of: tuple[int, ...]
    shown: tuple[LabelClass | MergedClass, ...]

    def __len__(self) -> int:
        return len(self.shown)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the classes that are counted."""
        return tuple(one.name for one in self.shown)

    @cached_property
    def rungs(self) -> tuple[int | None, ...] | None:
        """The rung of each class that is counted, None for one off the ladder; None where a label set has no ladder.

        Classes that count as one stand on one rung, so that the rest stay one step apart.
        """
        steps: dict[int, int] = {}
        for label in self.label_set.ladder:
            steps.setdefault(self.of[label], len(steps))
        return tuple(steps.get(index) for index in range(len(self))) if len(steps) > 1 else None

    def members(self, index: int) -> list[int]:
        """The classes of the label set that count as this one."""
        return [label for label, shown in enumerate(self.of) if shown == index]

    def single(self, index: int) -> str | None:
        """The name of a class of the label set that stands for itself, None for a merged one."""
        members = self.members(index)
        return self.label_set[members[0]].name if len(members) == 1 else None


def counted_as(label_set: LabelSet, merge: str | None = None) -> Classes:
    """The classes under the merges that are named, joined by commas."""
    merges = chosen(label_set, merge)
    by_label: dict[int, Merge] = {}
    for one in merges:
        for name in one.classes:
            if by_label.setdefault(label_set.index(name), one) != one:
                raise UnusableMerge(
                    "{name} is in more than one of these merges: take one of them at a time.", "merge", name=name
                )
    shown: list[LabelClass | MergedClass] = []
    place: dict[str, int] = {}
    of: list[int] = []
    for label, one_class in enumerate(label_set):
        merged = by_label.get(label)
        if merged is None:
            of.append(len(shown))
            shown.append(one_class)
            continue
        if merged.name not in place:
            place[merged.name] = len(shown)
            members = sorted(label_set.index(name) for name in merged.classes)
            shown.append(MergedClass(merged, tuple(label_set[member] for member in members)))
        of.append(place[merged.name])
    return Classes(label_set, merges, tuple(of), tuple(shown))


def chosen(label_set: LabelSet, merge: str | None) -> tuple[Merge, ...]:
    """The merges that are asked for, in the label set's order."""
    names = {name.strip() for name in (merge or "").split(",")} - {""}
    known: Sequence[Merge] = label_set.merges
    unknown = sorted(names - {one.name for one in known})
    if unknown and not known:
        raise UnusableMerge("The label set {label_set} names no merges.", "merge", label_set=label_set.name)
    if unknown:
        raise UnusableMerge(
            "{name} is no merge of the label set {label_set}: take {known}.",
            "merge",
            name=unknown[0],
            label_set=label_set.name,
            known=", ".join(one.name for one in known),
        )
    return tuple(one for one in known if one.name in names)
