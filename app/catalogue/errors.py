"""What can go wrong with a dataset, or with what is to be imported into one."""

from app.errors import Conflict, Forbidden, Invalid, NotFound


class UnknownDataset(NotFound):
    """A dataset that is not there, or not the caller's to see."""

    title = "Unknown dataset"

    def __init__(self) -> None:
        super().__init__("There is no such dataset.")


class SlugTaken(Conflict):
    """Another dataset has this address."""

    title = "Short name taken"


class NotThisDataset(Conflict):
    """What is asked contradicts what the dataset is."""

    title = "Another kind of dataset"


class LabelSetInUse(Conflict):
    """The classes that are in use can't be exchanged for these."""

    title = "Label set in use"


class NothingToImport(Invalid):
    """There is no such folder, ZIP or manifest, or it can't be read."""

    title = "Nothing to import"


class ArchiveRefused(Invalid):
    """A ZIP that is damaged or dangerous: nothing of it is taken."""

    title = "ZIP refused"


class ManifestRefused(Invalid):
    """A manifest that can't be understood: nothing of it is taken."""

    title = "Manifest refused"


class MapRefused(Invalid):
    """A file of folders and their classes that can't be understood."""

    title = "Map refused"


class PredictionsRefused(Invalid):
    """A file of predictions with something in it that can't be meant: nothing of it is loaded."""

    title = "Predictions refused"


class NotAnImportRoot(Forbidden):
    """A path on the server from which nobody may import over REST."""

    title = "Not an import folder"


class UploadRefused(Invalid):
    """An upload that isn't what the route takes."""

    title = "Upload refused"


class OriginalUnavailable(NotFound):
    """No file of the cell can be read where it was."""

    title = "Picture not available"

    def __init__(self) -> None:
        super().__init__(
            "This picture can't be shown: its file isn't where it was. Put it back, or import its new place."
        )
