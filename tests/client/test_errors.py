"""What goes wrong is an error that says what, of a kind that a script can tell."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from app.database import Database
from cytoreview_client import Client, Conflict, Invalid, JobFailed, NotFound, NotSignedIn, Unreachable
from cytoreview_client.connection import seconds_until
from cytoreview_client.models import LabelSet
from tests.serving import Server, token_for


@pytest.fixture
def admin(server: Server, database: Database) -> Iterator[Client]:
    with Client(server.url, token_for(database, "admin", "admin")) as client:
        yield client


def test_each_status_is_an_error_of_its_own(server: Server, admin: Client) -> None:
    with Client(server.url, "cyto_wrong") as stranger, pytest.raises(NotSignedIn) as not_signed_in:
        stranger.datasets()
    assert not_signed_in.value.status == 401
    with pytest.raises(NotFound):
        admin.cell("a" * 16)
    admin.create_dataset("Smears")
    with pytest.raises(Conflict):
        admin.create_dataset("Smears", slug="smears")
    with pytest.raises(Invalid) as invalid:
        admin.create_dataset("Films", px_per_um=-1)
    assert invalid.value.field == "px_per_um"
    assert "px_per_um" in invalid.value.detail
    assert invalid.value.request_id
    assert invalid.value.request_id in (server.home / "server.log").read_text()


def test_a_job_that_fails_says_why(admin: Client, tmp_path: Path) -> None:
    admin.create_dataset("Smears")
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 and then nothing of a ZIP")
    with pytest.raises((JobFailed, Invalid)) as raised:
        admin.wait_for_job(admin.import_zip("smears", broken).id, timeout=60)
    assert raised.value.detail


def test_where_nobody_listens_the_server_is_unreachable() -> None:
    with Client("http://127.0.0.1:9", "cyto_any", patience=0) as client, pytest.raises(Unreachable) as raised:
        client.datasets()
    assert raised.value.status is None


def test_ids_cannot_lead_elsewhere(admin: Client) -> None:
    with pytest.raises(NotFound):
        admin.cell("../users")


def test_retry_after_is_read_as_seconds_and_as_a_moment() -> None:
    assert seconds_until("2") == 2
    assert seconds_until("soon") is None
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert seconds_until(later) == pytest.approx(60, abs=5)
    assert seconds_until("Wed, 21 Oct 2015 07:28:00 GMT") == 0


def test_fields_of_a_newer_server_are_ignored() -> None:
    answer = {"name": "mll23", "version": 9, "title": "Newer", "classes": [], "of_tomorrow": True}
    assert LabelSet.model_validate(answer).version == 9
