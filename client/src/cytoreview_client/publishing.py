"""Releases."""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from cytoreview_client.connection import Connection
from cytoreview_client.errors import DamagedDownload, NotFound
from cytoreview_client.models import Change, Release, ReleaseFile, ReleaseJob

BLOCK = 1 << 16


class Publishing(Connection):
    """What was decided, frozen."""

    def releases(self, dataset: str) -> Iterator[Release]:
        """A dataset's releases, newest first."""
        return self._items(Release, f"{of(dataset)}")

    def release(self, dataset: str, number: int) -> Release:
        """A release with the digests of its files."""
        return self._read(Release, f"{of(dataset)}/{number}")

    def create_release(
        self,
        dataset: str,
        *,
        rule: str | None = None,
        threshold: float | None = None,
        formats: Sequence[str] = ("csv",),
        names: bool = False,
    ) -> ReleaseJob:
        """Freeze the dataset's consensus as the next release; the job writes its files."""
        body = {"rule": rule, "threshold": threshold, "formats": list(formats), "names": names}
        return self._write(ReleaseJob, "POST", of(dataset), body)

    def download(self, dataset: str, number: int, name: str, folder: Path) -> Path:
        """One file of a release, in ``folder``. It stands there only if its SHA-256 is the one that was frozen."""
        for file in self.release(dataset, number).files:
            if file.name == name:
                return self._download(file, folder)
        raise NotFound(None, "No such file", f"Release {number} of {dataset} has no file {name}.")

    def download_release(self, dataset: str, number: int, folder: Path) -> list[Path]:
        """Every file of a release, each checked."""
        return [self._download(file, folder) for file in self.release(dataset, number).files]

    def diff(self, dataset: str, before: int, after: int) -> Iterator[Change]:
        """The cells that changed from one release to another, with the reviews that made the change."""
        return self._items(Change, f"{of(dataset)}/{before}/diff/{after}")

    def _download(self, file: ReleaseFile, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / Path(file.name).name
        digest = hashlib.sha256()
        descriptor, part = tempfile.mkstemp(dir=folder, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "wb") as written, self._answer("GET", file.url) as response:
                for block in response.iter_bytes(BLOCK):
                    digest.update(block)
                    written.write(block)
            if digest.hexdigest() != file.sha256:
                raise DamagedDownload(
                    None, "Damaged download", f"{file.name} has the SHA-256 {digest.hexdigest()}, not {file.sha256}."
                )
            Path(part).replace(target)
        finally:
            Path(part).unlink(missing_ok=True)
        return target


def of(dataset: str) -> str:
    """The path of a dataset's releases."""
    return f"/datasets/{quote(dataset, '')}/releases"
