"""Pictures of cells over REST: what is sent, and how long it may be kept."""

import io
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from app.catalogue.models import Cell, Occurrence
from tests.browse.laboratory import API, Laboratory
from tests.catalogue.cells import SIDE, lay, picture, take


@pytest.fixture
def cell(lab: Laboratory, tmp_path: Path) -> str:
    """A cell that was imported from a TIFF."""
    lab.get("/", "admin")
    take(lab.database, lay(tmp_path / "smears", {"monocyte/monocyte_1.TIF": picture(1)}))
    with lab.database.reading() as session:
        return session.execute(select(Cell.pid)).scalar_one()


@pytest.mark.parametrize("size", ["display", "thumbnail"])
def test_a_rendition_is_webp_and_may_be_kept_for_ever(lab: Laboratory, cell: str, size: str) -> None:
    for _ in range(2):
        answer = lab.get(f"{API}/cells/{cell}/image?size={size}")
        assert answer.headers["content-type"] == "image/webp"
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert Image.open(io.BytesIO(answer.content)).size == (SIDE, SIDE)
    again = lab.get(f"{API}/cells/{cell}/image?size={size}", if_none_match=answer.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


def test_display_is_the_size_that_is_sent_unless_another_is_asked_for(lab: Laboratory, cell: str) -> None:
    unsaid, said = lab.get(f"{API}/cells/{cell}/image"), lab.get(f"{API}/cells/{cell}/image?size=display")
    assert unsaid.content == said.content
    assert Image.open(io.BytesIO(said.content)).tobytes() == Image.open(io.BytesIO(picture(1))).tobytes()


def test_a_tag_tells_nothing_of_the_pixels(lab: Laboratory, cell: str) -> None:
    tag = lab.get(f"{API}/cells/{cell}/image").headers["etag"].strip('"')
    digest = lab.read(f"/cells/{cell}")["pixel_sha256"]
    assert tag not in digest


def test_the_original_is_the_very_file_as_an_attachment(lab: Laboratory, cell: str) -> None:
    answer = lab.get(f"{API}/cells/{cell}/image?size=original")
    assert answer.content == picture(1)
    assert answer.headers["content-type"] == "image/tiff"
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["cache-control"] == "private, no-cache"


def test_a_file_that_is_another_by_now_is_not_shown(lab: Laboratory, cell: str, tmp_path: Path) -> None:
    (tmp_path / "smears/monocyte/monocyte_1.TIF").write_bytes(picture(2))
    answer = lab.get(f"{API}/cells/{cell}/image?size=original")
    assert answer.status_code == 409
    assert "doesn't match its digest" in answer.json()["detail"]


def test_a_file_that_is_gone_is_not_found(lab: Laboratory, cell: str, tmp_path: Path) -> None:
    (tmp_path / "smears/monocyte/monocyte_1.TIF").unlink()
    assert lab.get(f"{API}/cells/{cell}/image?size=original").status_code == 404


def test_a_size_that_there_is_not_is_refused(lab: Laboratory, cell: str) -> None:
    answer = lab.get(f"{API}/cells/{cell}/image?size=huge")
    assert (answer.status_code, answer.json()["field"]) == (422, "size")


def test_what_normalising_did_stands_on_the_cells_page(lab: Laboratory, cell: str) -> None:
    with lab.database.reading() as session:
        path = session.execute(select(Occurrence.path)).scalar_one()
    page = lab.page(f"/cells/{cell}")
    assert path in page
    assert "Imported" in page
    assert "given as monocyte" in page
