"""Lines of the log, for people and for machines."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from app.log import Lines, Log


@pytest.fixture
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What is logged in the form that the test asks for."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines(as_json=request.param))
    logger = logging.getLogger("cytoreview.tests")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield stream
    logger.removeHandler(handler)
    logger.propagate = True


@pytest.mark.parametrize("written", [False], indirect=True)
def test_a_line_for_people_names_what_belongs_to_it_and_stays_one_line(written: io.StringIO) -> None:
    Log("tests").bind(job="k3f7").info("job done", reason="two words\nand a line", ms=1.5)
    line = written.getvalue()
    assert line.endswith(" [info] job done job=k3f7 reason='two words\\nand a line' ms=1.5\n")
    assert line.count("\n") == 1


@pytest.mark.parametrize("written", [True], indirect=True)
def test_a_line_for_machines_is_one_object(written: io.StringIO) -> None:
    Log("tests").warning("job failed", reason="zwölf")
    told = json.loads(written.getvalue())
    assert told.pop("timestamp").endswith("Z")
    assert told == {"level": "warning", "logger": "cytoreview.tests", "event": "job failed", "reason": "zwölf"}


@pytest.mark.parametrize("written", [False, True], indirect=True)
def test_a_defect_comes_with_its_traceback(written: io.StringIO) -> None:
    try:
        raise ValueError("no such thing")
    except ValueError:
        Log("tests").exception("defect", path="/x")
    assert "ValueError: no such thing" in written.getvalue()
    assert "path" in written.getvalue()
