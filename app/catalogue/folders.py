"""A folder of pictures, indexed in place: the class is the name of the folder that a picture lies in."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from app.catalogue.files import Found, Listing, Origin, printable, unstorable
from app.images.decode import check_length
from app.images.errors import PictureRefused
from app.images.probe import is_picture_name

LINK_LEAVES = "This is a link to a file outside the folder. Put the file itself here."
LINK_TO_FOLDER = "This is a link to a folder, which isn't followed. Import that folder, or put it here."
NOT_A_FILE = "This isn't a regular file."


@dataclass(frozen=True, slots=True)
class FolderReader:
    """Reads files below a folder."""

    root: str

    def read(self, path: str) -> tuple[bytes, int, int]:
        """A file as it is now. Nothing but a regular file is opened for long: reading a pipe would never end."""
        descriptor = os.open(os.path.join(self.root, path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb", buffering=0) as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise PictureRefused(NOT_A_FILE)
            check_length(status.st_size)
            data = file.read(status.st_size)
            # A raw read may give less than asked for, near the end of memory or on some network drives.
            while data and len(data) < status.st_size and (more := file.read(status.st_size - len(data))):
                data += more
        return data, status.st_size, status.st_mtime_ns


def open_folder(root: Path, copied: bool) -> Origin:
    """Everything below a folder, in order of folder and name."""
    listing = Listing()
    real = os.path.realpath(root)
    list_folder(real, "", os.path.basename(real), listing)
    return Origin(real, os.path.basename(real) or "root", listing, FolderReader(real), copied)


def list_folder(root: str, inside: str, label: str, listing: Listing) -> None:
    """Add what lies in ``root/inside`` and below. What begins with a dot is the system's and no picture."""
    try:
        with os.scandir(os.path.join(root, inside)) as entries:
            here = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        listing.refused.append((printable(inside) or ".", f"The folder can't be read: {error.strerror}."))
        return
    folders = []
    for entry in here:
        path = inside + entry.name
        if entry.is_dir(follow_symlinks=False):
            folders.append(entry.name)
        elif entry.is_symlink() and entry.is_dir():
            listing.refused.append((printable(path), LINK_TO_FOLDER))
        elif not is_picture_name(entry.name):
            listing.ignored += 1
        else:
            add_file(root, path, label, entry.is_symlink(), listing)
    for name in folders:
        if name.startswith("."):
            listing.ignored += count_files(os.path.join(root, inside, name))
        else:
            list_folder(root, f"{inside}{name}/", name, listing)


def add_file(
    root: str, path: str, label: str, is_link: bool, listing: Listing, attributes: dict[str, str] | None = None
) -> None:
    """Add one file below ``root``, or the reason why not."""
    full = os.path.join(root, path)
    reason = unstorable(path)
    if reason is None and is_link and not is_inside(root, full):
        reason = LINK_LEAVES
    if reason is None:
        try:
            status = os.stat(full)
        except OSError as error:
            reason = "There is no such file." if isinstance(error, FileNotFoundError) else cannot_read(error)
        else:
            if stat.S_ISREG(status.st_mode):
                listing.pictures.append(Found(path, label, status.st_size, status.st_mtime_ns, attributes))
                return
            reason = NOT_A_FILE
    listing.refused.append((printable(path), reason))


def is_inside(root: str, path: str) -> bool:
    """Whether a path, all links followed, is below a folder without links."""
    return os.path.realpath(path).startswith(root.rstrip("/") + "/")


def cannot_read(error: OSError) -> str:
    """The reason for a file that the system doesn't give."""
    return f"The file can't be read: {error.strerror or error}."


def count_files(folder: str) -> int:
    """How many files a folder has, below it too."""
    return sum(len(names) for _, _, names in os.walk(folder))
