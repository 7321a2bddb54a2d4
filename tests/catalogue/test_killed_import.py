"""An import that is killed at any moment goes on where it stopped and ends like one that was not."""

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.database import Database
from tests.catalogue.cells import check_counters, contents, lay, picture, take

FILES = 600
KILLS = 6
RUN = """
import sys
from pathlib import Path
from app.database import Database
from tests.catalogue.cells import take
def tell(progress):
    print(progress.files, flush=True)
if __name__ == "__main__":
    take(Database(sys.argv[1]), Path(sys.argv[2]), processes=int(sys.argv[3]), on_progress=tell)
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many files in two classes; every seventh lies in both."""
    files = {}
    for number in range(FILES):
        files[f"{'basophil' if number % 2 else 'eosinophil'}/{number:04}.TIF"] = picture(number)
        if number % 7 == 0:
            files[f"monocyte/{number:04}.TIF"] = picture(number)
    return lay(tmp_path_factory.mktemp("killed") / "data", files)


@pytest.mark.parametrize("processes", [0, 2])
def test_an_import_that_is_killed_again_and_again_ends_as_if_it_had_not_been(
    database: Database, database_address: str, root: Path, tmp_path: Path, processes: int, migrated_sqlite: Path
) -> None:
    script = tmp_path / "importer.py"
    script.write_text(RUN)
    moments = random.Random(7)
    for _ in range(KILLS):
        importer = subprocess.Popen(
            [sys.executable, str(script), database_address, str(root), str(processes)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )
        assert importer.stdout is not None
        # It says how far it is after each commit; it is killed after one of the next few.
        for _, _ in zip(range(moments.randint(1, 4)), importer.stdout, strict=False):
            pass
        importer.send_signal(signal.SIGKILL)
        importer.wait()
        importer.stdout.close()
        with database.reading() as session:
            check_counters(session)
    take(database, root)
    shutil.copy(migrated_sqlite, tmp_path / "calm.db")
    calm = Database(f"sqlite:///{tmp_path / 'calm.db'}")
    report = take(calm, root)
    with database.reading() as session, calm.reading() as calm_session:
        assert contents(session) == contents(calm_session)
        check_counters(session)
    assert report.cells_total == len({picture(number) for number in range(FILES)})
    calm.close()


def test_decoding_processes_end_with_a_killed_importer(sqlite_database: Database, root: Path, tmp_path: Path) -> None:
    script = tmp_path / "importer.py"
    script.write_text(RUN)
    address = f"sqlite:///{sqlite_database.url.database}"
    importer = subprocess.Popen(
        [sys.executable, str(script), address, str(root), "2"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert importer.stdout is not None
    for _ in zip(range(3), importer.stdout, strict=False):
        pass
    importer.send_signal(signal.SIGKILL)
    importer.wait()
    # The decoders hold the same end of the pipe: it is read to its end only when the last of them is gone.
    importer.stdout.read()
    importer.stdout.close()
