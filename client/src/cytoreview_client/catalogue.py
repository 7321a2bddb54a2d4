"""Label sets, datasets, imports, jobs and cells."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Unpack
from urllib.parse import quote

from cytoreview_client.connection import API, Connection
from cytoreview_client.errors import JobFailed
from cytoreview_client.models import Cell, CellFilter, Dataset, Job, LabelSet, LoadedPredictions, Size, Suspect, Vote


class Catalogue(Connection):
    """What there is to review."""

    def label_sets(self) -> list[LabelSet]:
        """Every label set in its newest version."""
        return list(self._items(LabelSet, "/label-sets"))

    def label_set(self, name: str) -> LabelSet:
        """One label set: its classes in order, with keys and names."""
        return self._read(LabelSet, f"/label-sets/{quote(name, '')}")

    def datasets(self) -> list[Dataset]:
        """Datasets with their counts, by name."""
        return list(self._items(Dataset, "/datasets"))

    def dataset(self, slug: str) -> Dataset:
        """A dataset with its counts by class and state."""
        return self._read(Dataset, f"/datasets/{quote(slug, '')}")

    def create_dataset(self, name: str, **fields: Any) -> Dataset:
        """A new dataset; ``fields`` are those of ``POST /datasets``, such as ``slug``, ``px_per_um`` or ``rule``."""
        return self._write(Dataset, "POST", "/datasets", {"name": name, **fields})

    def change_dataset(self, slug: str, **fields: Any) -> Dataset:
        """Change what is given. Where that recounts the cells, ``job`` names the job."""
        return self._write(Dataset, "PATCH", f"/datasets/{quote(slug, '')}", fields)

    def import_path(self, dataset: str, path: str, copy: bool = False) -> Job:
        """Import a folder, ZIP or manifest that lies on the server, below one of its import roots."""
        return self._write(Job, "POST", f"/datasets/{quote(dataset, '')}/imports", {"path": path, "copy": copy})

    def import_zip(self, dataset: str, file: Path) -> Job:
        """Upload a ZIP of pictures; a job of the server takes it in."""
        with file.open("rb") as content:
            response = self._request(
                "POST",
                f"{API}/datasets/{quote(dataset, '')}/imports",
                files={"file": (file.name, content, "application/zip")},
            )
        return Job.model_validate_json(response.content)

    def load_predictions(self, dataset: str, file: Path, *, model: str, version: str = "") -> LoadedPredictions:
        """Load what a model says of cells, from NDJSON (``.ndjson``, ``.jsonl``) or CSV; all of the file or nothing.

        Loading it again changes nothing, so it is tried again when the connection breaks.
        """
        is_json_lines = file.suffix.lower() in (".ndjson", ".jsonl")
        response = self._request(
            "POST",
            f"{API}/datasets/{quote(dataset, '')}/predictions",
            repeatable=True,
            params={"model": model, "version": version},
            headers={"Content-Type": "application/x-ndjson" if is_json_lines else "text/csv"},
            content=file.read_bytes(),
        )
        return LoadedPredictions.model_validate_json(response.content)

    def suspicion(self, dataset: str, *, page_size: int = 500) -> Iterator[Suspect]:
        """Cells by how likely their given label is wrong, worst first, each with the reason; asked for page by page."""
        return self._items(Suspect, f"/datasets/{quote(dataset, '')}/suspicion", limit=page_size)

    def rank_again(self, dataset: str) -> Job:
        """Have suspicion made anew of looks, predictions and votes."""
        return self._write(Job, "POST", f"/datasets/{quote(dataset, '')}/suspicion")

    def job(self, job_id: str) -> Job:
        """How far long work is."""
        return self._read(Job, f"/jobs/{quote(job_id, '')}")

    def wait_for_job(self, job_id: str, timeout: float | None = None, interval: float = 0.25) -> Job:
        """The job once it is done. It may take ``timeout`` seconds, or as long as it likes; a failed one raises."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not (job := self.job(job_id)).ended:
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError(f"The job {job_id} ({job.kind}) is still {job.state} after {timeout} seconds.")
            self._sleep(interval)
        if job.state == "failed":
            raise JobFailed(None, f"The job {job_id} ({job.kind}) failed", job.message)
        return job

    def cells(
        self, dataset: str, *, sort: str = "id", page_size: int = 500, **wanted: Unpack[CellFilter]
    ) -> Iterator[Cell]:
        """Every cell that fulfils the filter, asked for page by page."""
        return self._items(Cell, "/cells", dataset=dataset, sort=sort, limit=page_size, **wanted)

    def cell(self, cell_id: str) -> Cell:
        """One cell with its files and its consensus."""
        return self._read(Cell, f"/cells/{quote(cell_id, '')}")

    def image(self, cell_id: str, size: Size = "display") -> bytes:
        """A cell's picture: WebP, or with ``original`` the bytes of the file that was imported."""
        return self._request("GET", f"{API}/cells/{quote(cell_id, '')}/image", params={"size": size}).content

    def cell_reviews(self, cell_id: str) -> list[Vote]:
        """Every review of a cell that the token's person may see, oldest first."""
        return list(self._items(Vote, f"/cells/{quote(cell_id, '')}/reviews"))
