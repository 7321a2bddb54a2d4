"""After an import every cell is measured and finds its place among the others; a second run does nothing."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import delete, func, select, update

from app.catalogue.commands import features
from app.catalogue.measuring import measure
from app.catalogue.models import Cell, CellFeature, CellHash, CellSignature, FeatureSpace
from app.catalogue.queries import newest_space
from app.catalogue.tasks import handlers
from app.database import Database, Reading
from app.images.features import NAMES, VERSION
from app.images.store import BlobStore
from app.jobs.errors import JobInterrupted
from app.jobs.models import Job
from app.jobs.runner import Runner
from tests.catalogue.cells import lay, take
from tests.images.shapes import a_cell


def drawn(lobes: int, shade: int) -> bytes:
    """A file that shows a cell; each shade has pixels of its own."""
    pixels = a_cell(lobes, side=96)
    pixels[0, 0] = shade
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    """Twelve cells in two classes."""
    return lay(
        tmp_path / "cells",
        {
            f"{name}/{name}_{number:04}.png": drawn(lobes, 20 * lobes + number)
            for name, lobes in (("lymphocyte", 1), ("neutrophil_segmented", 3))
            for number in range(6)
        },
    )


def measured(database: Database, blobs: Path, **how: Any) -> dict[str, Any]:
    told: list[tuple[int, int | None]] = []
    report = measure(database, blobs.as_uri(), 1, lambda done, total: told.append((done, total)), **how)
    assert told[-1][0] <= report["cells"]
    return report


def count(session: Reading, table: Any) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_every_cell_is_measured_and_has_its_place(database: Database, cells: Path, tmp_path: Path) -> None:
    take(database, cells)
    assert measured(database, tmp_path / "blobs") == {
        "cells": 12,
        "measured": 12,
        "left_out": 0,
        "version": VERSION,
        "buckets": 1,
    }
    with database.reading() as session:
        vectors = session.execute(select(CellFeature.vector)).scalars().all()
        assert {len(vector) for vector in vectors} == {2 * len(NAMES)}
        assert count(session, CellSignature) == 12
        space = newest_space(session, 1, ready=True)
    assert space is not None
    assert space.cells == 12


def test_a_second_run_measures_what_is_new_and_keeps_the_space(database: Database, cells: Path, tmp_path: Path) -> None:
    take(database, cells)
    measured(database, tmp_path / "blobs")
    assert measured(database, tmp_path / "blobs")["measured"] == 0
    lay(cells, {"lymphocyte/more.png": drawn(1, 200)})
    take(database, cells)
    assert measured(database, tmp_path / "blobs")["measured"] == 1
    with database.reading() as session:
        assert count(session, FeatureSpace) == 1
        assert count(session, CellSignature) == 13


def test_cells_measured_before_there_were_hashes_get_one_and_keep_their_features(
    database: Database, cells: Path, tmp_path: Path
) -> None:
    take(database, cells)
    measured(database, tmp_path / "blobs")
    with database.writing() as session:
        hashes = session.execute(select(CellHash.__table__).order_by(CellHash.cell)).all()
        session.execute(delete(CellHash))
        session.execute(update(CellFeature).values(vector=b"as it was"))
    assert measured(database, tmp_path / "blobs")["measured"] == 12
    with database.reading() as session:
        assert session.execute(select(CellHash.__table__).order_by(CellHash.cell)).all() == hashes
        assert set(session.execute(select(CellFeature.vector)).scalars()) == {b"as it was"}
    assert len(hashes) == 12


def test_a_dataset_that_has_more_than_doubled_gets_a_new_space(database: Database, cells: Path, tmp_path: Path) -> None:
    take(database, cells)
    measured(database, tmp_path / "blobs")
    lay(cells, {f"basophil/{number}.png": drawn(2, 100 + number) for number in range(14)})
    take(database, cells)
    measured(database, tmp_path / "blobs")
    with database.reading() as session:
        assert session.execute(select(FeatureSpace.cells, FeatureSpace.ready)).all() == [(26, True)]
        assert count(session, CellSignature) == 26


def test_a_run_that_was_broken_off_is_gone_on_with(database: Database, cells: Path, tmp_path: Path) -> None:
    take(database, cells)

    def broken_off(done: int, total: int | None) -> None:
        if done:
            raise JobInterrupted

    with pytest.raises(JobInterrupted):
        measure(database, (tmp_path / "blobs").as_uri(), 1, broken_off)
    with database.reading() as session:
        begun = count(session, CellFeature)
        assert newest_space(session, 1, ready=True) is None
    assert begun == 12
    assert measured(database, tmp_path / "blobs")["measured"] == 12 - begun
    with database.reading() as session:
        assert newest_space(session, 1, ready=True) is not None


def test_a_file_that_is_gone_is_left_out_until_it_is_back(database: Database, cells: Path, tmp_path: Path) -> None:
    take(database, cells)
    gone = cells / "lymphocyte" / "lymphocyte_0000.png"
    data = gone.read_bytes()
    gone.unlink()
    (cells / "lymphocyte" / "lymphocyte_0001.png").write_bytes(drawn(2, 250))
    report = measured(database, tmp_path / "blobs")
    assert (report["measured"], report["left_out"]) == (10, 2)
    gone.write_bytes(data)
    assert measured(database, tmp_path / "blobs")["measured"] == 1


def test_features_of_an_older_recipe_are_made_anew(database: Database, cells: Path, tmp_path: Path) -> None:
    take(database, cells)
    measured(database, tmp_path / "blobs")
    with database.writing() as session:
        session.execute(update(CellFeature).values(version=0, vector=b"old"))
        session.execute(update(FeatureSpace).values(version=0))
    assert measured(database, tmp_path / "blobs")["measured"] == 12
    with database.reading() as session:
        assert session.execute(select(FeatureSpace.version, FeatureSpace.ready)).all() == [(VERSION, True)]


def test_several_processes_measure_the_same_as_one(sqlite_database: Database, cells: Path, tmp_path: Path) -> None:
    take(sqlite_database, cells)
    measured(sqlite_database, tmp_path / "blobs", processes=2)
    with sqlite_database.writing() as session:
        before = dict(session.execute(select(CellFeature.cell, CellFeature.vector)).all())
        session.execute(update(CellFeature).values(version=0))
    measured(sqlite_database, tmp_path / "blobs", processes=0)
    with sqlite_database.reading() as session:
        assert dict(session.execute(select(CellFeature.cell, CellFeature.vector)).all()) == before


def test_an_import_asks_for_it_once_and_the_job_does_it_apart(database: Database, cells: Path, tmp_path: Path) -> None:
    take(database, cells)
    take(database, cells)
    with database.reading() as session:
        assert session.execute(select(Job.kind, Job.subject, Job.state)).all() == [("features", "smears", "queued")]
    Runner(database, handlers(BlobStore((tmp_path / "blobs").as_uri()))).run_waiting()
    with database.reading() as session:
        job, suspicion = session.execute(select(Job.kind, Job.state, Job.report).order_by(Job.id)).all()
        assert job.state == "done"
        assert job.report is not None
        assert job.report["measured"] == count(session, Cell) == 12
        assert (suspicion.kind, suspicion.state) == ("suspicion", "queued")


def test_the_command_does_it_at_once_and_prints_one_json_document(
    database: Database,
    database_address: str,
    cells: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    take(database, cells)
    monkeypatch.setenv("CYTOREVIEW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CYTOREVIEW_DATABASE_URL", database_address)
    features("smears", as_json=True)
    assert json.loads(capsys.readouterr().out)["measured"] == 12
    features("smears")
    assert "12 cells, 0 measured now" in capsys.readouterr().out
