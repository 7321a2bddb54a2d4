"""What can be wrong with a label set or with a class that somebody names."""

from app.errors import Conflict, Invalid, NotFound


class LabelSetInvalid(Invalid):
    """A label set's file or document breaks a rule."""

    title = "Label set not valid"


class UnknownClass(Invalid):
    """A name that no class of the label set has; ``nearest`` is the class whose names look most like it."""

    title = "Unknown class"

    def __init__(self, name: str, label_set: str, nearest: str | None, field: str | None = None) -> None:
        super().__init__(
            "“{name}” is no class of the label set {label_set}. The nearest class is “{nearest}”."
            if nearest
            else "“{name}” is no class of the label set {label_set}.",
            field,
            name=name,
            label_set=label_set,
            nearest=nearest,
        )
        self.nearest = nearest


class UnknownLabelSet(NotFound):
    """A label set that is not there."""

    title = "Unknown label set"


class VersionTaken(Conflict):
    """Another document already stands under this name and version."""

    title = "Version taken"
