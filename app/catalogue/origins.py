"""Opening what somebody wants to import: a folder, a ZIP, or a manifest."""

from pathlib import Path

from app.catalogue.archives import open_archive
from app.catalogue.errors import NothingToImport
from app.catalogue.files import Origin
from app.catalogue.folders import cannot_read, open_folder
from app.catalogue.manifests import is_manifest_name, open_manifest

ZIP_START = (b"PK\x03\x04", b"PK\x05\x06")


def open_origin(path: Path, copied: bool = False, name: str | None = None) -> Origin:
    """The source at a path. Pictures of a folder or a manifest stay where they are unless ``copied``; those of a ZIP
    never do.

    ``name`` is what people call a ZIP that lies somewhere under another name.
    """
    try:
        if path.is_dir():
            return open_folder(path, copied)
        with path.open("rb") as file:
            start = file.read(4)
        if start in ZIP_START or path.suffix.lower() == ".zip":
            return open_archive(path, name or path.name)
        if is_manifest_name(path.name):
            return open_manifest(path, copied)
    except FileNotFoundError as error:
        raise NothingToImport("There is no {path}.", "path", path=path) from error
    except OSError as error:
        raise NothingToImport("{path}: {error}", "path", path=path, error=cannot_read(error)) from error
    raise NothingToImport(
        "{path} is neither a folder, nor a ZIP, nor a manifest (.csv, .tsv, .jsonl).", "path", path=path
    )
