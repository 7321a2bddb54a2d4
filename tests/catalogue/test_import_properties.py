"""Whatever folders hold: importing again adds nothing, and the order in which files come changes no cell."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.database import Database
from tests.catalogue.cells import check_counters, contents, lay, picture, take

FOLDERS = st.sampled_from(["basophil", "eosinophil", "monocyte", "no class of ours"])
FILES = st.dictionaries(
    st.tuples(FOLDERS, st.integers(0, 5)).map(lambda one: f"{one[0]}/{one[1]}.TIF"),
    st.integers(0, 4),
    max_size=14,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=FILES, split=st.sets(st.integers(0, 13)))
def test_importing_in_parts_in_any_order_and_again_gives_the_same_cells(
    migrated_sqlite: Path, files: dict[str, int], split: set[int]
) -> None:
    drawn = {path: picture(number) for path, number in files.items()}
    first = {path: data for place, (path, data) in enumerate(drawn.items()) if place in split}
    with TemporaryDirectory() as name:
        folder = Path(name)
        root = folder / "data"
        root.mkdir()
        whole, parts = (opened(migrated_sqlite, folder / f"{kind}.db") for kind in ("whole", "parts"))
        lay(root, first)
        take(parts, root)
        lay(root, drawn)
        take(parts, root)
        take(whole, root)
        with whole.reading() as session:
            expected = contents(session)
            check_counters(session)
        again = take(whole, root)
        assert (again.cells_new, again.occurrences_new, again.unchanged) == (0, 0, len(drawn))
        assert len(expected) == len(set(files.values()))
        for database in (whole, parts):
            with database.reading() as session:
                assert contents(session) == expected
                check_counters(session)
            database.close()


def opened(template: Path, path: Path) -> Database:
    shutil.copy(template, path)
    return Database(f"sqlite:///{path}")
