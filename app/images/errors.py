"""The room's errors: why a file is refused, and what can be wrong with a stored picture."""

from app.errors import Conflict, Invalid, NotFound, Unavailable


class PictureRefused(Invalid):
    """A file that can't become a cell. Its message is the reason that an import's report gives."""

    title = "Picture refused"
    reason = "The file can't be used as a picture."

    def __init__(self, message: str | None = None, field: str | None = None, /, **values: object) -> None:
        super().__init__(message or self.reason, field, **values)


class EmptyFile(PictureRefused):
    reason = "The file is empty (0 bytes). Copy it again from its source."


class FileTooLarge(PictureRefused):
    reason = "The file is larger than 50 MB, the most that is accepted."


class NotAPicture(PictureRefused):
    reason = "The file isn't a picture, whatever its name says."


class FormatNotAccepted(PictureRefused):
    reason = "This format isn't accepted. Save the picture as TIFF, PNG, JPEG, WebP or BMP."


class SeveralPictures(PictureRefused):
    reason = "The file has more than one picture (pages or frames). Save each one as a file of its own."


class TooManyPixels(PictureRefused):
    reason = "The picture has more than 64 megapixels, the most that is accepted. Cut it into smaller pictures."


class SideTooLong(PictureRefused):
    reason = "A side of the picture has more than 16,383 pixels, the most that is accepted."


class TruncatedPicture(PictureRefused):
    reason = "The file is cut off: it ends before its picture does. Copy it again from its source."


class BrokenPicture(PictureRefused):
    reason = "The picture can't be decoded: it is damaged, or its pixels are stored in an unsupported way."


class AlteredOriginal(Conflict):
    """The original decodes to other pixels than those that identify the cell."""

    title = "Picture altered"

    def __init__(self) -> None:
        super().__init__("This picture can't be shown. The file doesn't match its digest.")


class BlobNotFound(NotFound):
    """The store has nothing under this key."""

    title = "Not in the store"

    def __init__(self, key: str) -> None:
        super().__init__("The blob store has nothing under {key}.", key=key)
        self.key = key


class StoreUnavailable(Unavailable):
    """The store is there by its address, and didn't do what was asked."""

    title = "Store not available"

    def __init__(self, reason: str) -> None:
        super().__init__("The blob store can't be used: {reason}", reason=reason)


class StoreUrlNotValid(Invalid):
    """The address of the blob store can't be one."""

    title = "Blob store not valid"

    def __init__(self, reason: str) -> None:
        super().__init__("CYTOREVIEW_BLOBS_URL can't be used: {reason}", "CYTOREVIEW_BLOBS_URL", reason=reason)
