"""Datasets, imports and jobs over REST, and their pages."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.accounts import service as accounts
from app.audit.models import Event
from app.browse import api as browse_api
from app.browse import pages as browse_pages
from app.catalogue import api, pages, tasks
from app.catalogue.service import IMPORT
from app.database import Database
from app.images.store import BlobStore
from app.jobs.runner import Runner
from app.settings import Settings
from app.web.problems import install_problem_handlers
from tests.catalogue.cells import lay, picture
from tests.catalogue.test_archives import pack

API = "/api/v1"


class Laboratory:
    """The routes of this room over a database, those that show its jobs, and somebody of each role."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database = database
        self.settings = Settings(home=home, import_roots=[home / "open"], upload_limit_gb=0.000_1)
        application = FastAPI()
        for router in (api.router, pages.router, browse_api.router, browse_pages.router):
            application.include_router(router)
        install_problem_handlers(application)
        application.state.database = database
        application.state.settings = self.settings
        self.application = application
        with database.writing() as session:
            self.tokens = {
                role: accounts.create_token(session, accounts.create_user(session, role, role), "test", 1).secret
                for role in ("reviewer", "adjudicator", "admin")
            }

    def ask(self, method: str, path: str, role: str = "admin", **how: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} | how.pop("headers", {})
        return self.send(method, path, headers=headers, **how)

    def send(self, method: str, path: str, **how: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.application)
            async with httpx.AsyncClient(transport=transport, base_url="http://lab") as client:
                return await client.request(method, path, **how)

        return asyncio.run(send())

    def do_jobs(self) -> int:
        store = BlobStore((self.settings.home / "blobs").as_uri())
        return Runner(self.database, {IMPORT: tasks.handlers(store)[IMPORT]}).run_waiting()


@pytest.fixture
def lab(database: Database, tmp_path: Path) -> Laboratory:
    return Laboratory(database, tmp_path)


@pytest.fixture
def smears(lab: Laboratory) -> Laboratory:
    """With an empty dataset."""
    lab.ask("POST", f"{API}/datasets", json={"name": "Smears"})
    return lab


def test_only_the_name_of_a_dataset_is_required(lab: Laboratory) -> None:
    answer = lab.ask("POST", f"{API}/datasets", json={"name": " Blood smears 2024 "})
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{API}/datasets/blood-smears-2024"
    made = answer.json()
    assert (made["name"], made["slug"], made["label_set"], made["rule"]) == (
        "Blood smears 2024",
        "blood-smears-2024",
        "mll23",
        "majority",
    )
    assert lab.ask("POST", f"{API}/datasets", json={"name": "Blood smears 2024"}).json()["slug"] == (
        "blood-smears-2024-2"
    )
    assert lab.ask("POST", f"{API}/datasets", json={"name": "New"}).json()["slug"] == "new-2"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "name"),
        ({"name": "x", "colour": "red"}, 422, "colour"),
        ({"name": "x", "px_per_um": 0}, 422, "px_per_um"),
        ({"name": "x", "rule": "oracle"}, 422, "rule"),
        ({"name": "x", "label_set": "unheard of"}, 404, "label_set"),
        ({"name": "x", "slug": "Not A Slug"}, 422, "slug"),
        ({"name": "x", "slug": "new"}, 409, "slug"),
        ({"name": "x", "slug": "smears"}, 409, "slug"),
        ({"name": "a\x00b"}, 422, "name"),
    ],
)
def test_what_is_wrong_with_a_new_dataset_is_named(
    smears: Laboratory, body: dict[str, Any], status: int, field: str
) -> None:
    answer = smears.ask("POST", f"{API}/datasets", json=body)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["field"] == field


@pytest.mark.parametrize("role", ["reviewer", "adjudicator"])
def test_only_an_admin_makes_changes_and_imports(smears: Laboratory, role: str) -> None:
    for method, path in (
        ("POST", f"{API}/datasets"),
        ("PATCH", f"{API}/datasets/smears"),
        ("POST", f"{API}/datasets/smears/imports"),
        ("GET", f"{API}/jobs/x"),
    ):
        assert smears.ask(method, path, role, json={"name": "x"} if method != "GET" else None).status_code == 403
    assert smears.send("POST", f"{API}/datasets/smears/imports").status_code == 401
    assert not list(smears.settings.home.glob("uploads/*"))


def test_a_changed_rule_has_the_cells_recounted(smears: Laboratory) -> None:
    answer = smears.ask("PATCH", f"{API}/datasets/smears", json={"stain": "Pappenheim"})
    assert (answer.status_code, answer.json()["stain"], answer.json()["job"]) == (200, "Pappenheim", None)
    answer = smears.ask("PATCH", f"{API}/datasets/smears", json={"rule": "unanimous"})
    assert (answer.status_code, answer.json()["rule"]) == (202, "unanimous")
    job = smears.ask("GET", f"{API}/jobs/{answer.json()['job']}").json()
    assert (job["kind"], job["subject"], job["state"]) == ("recount_dataset", "smears", "queued")
    assert smears.ask("PATCH", f"{API}/datasets/smears", json={"rule": "unanimous"}).status_code == 200
    assert smears.ask("PATCH", f"{API}/datasets/smears", json={"name": ""}).status_code == 422
    with smears.database.reading() as session:
        kinds = session.execute(select(Event.kind).order_by(Event.id)).scalars().all()
    assert kinds == ["dataset.create", "dataset.edit", "dataset.edit", "dataset.edit"]


def test_an_uploaded_zip_is_imported_by_a_job(smears: Laboratory, tmp_path: Path) -> None:
    packed = pack(tmp_path / "cells.zip", {"basophil/a.TIF": picture(1), "basophil/b.TIF": b""})
    answer = smears.ask("POST", f"{API}/datasets/smears/imports", files={"file": ("Zellen ü.zip", packed.read_bytes())})
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"{API}/jobs/{answer.json()['id']}"
    assert answer.json()["state"] == "queued"
    assert smears.do_jobs() == 1
    job = smears.ask("GET", f"{API}/jobs/{answer.json()['id']}").json()
    assert job["state"] == "done"
    report = job["report"]
    assert {"cells_new": 1, "files": 2, "ignored": 0, "unchanged": 0}.items() <= report.items()
    assert [one["path"] for one in report["refused"]] == ["basophil/b.TIF"]
    assert not list((tmp_path / "uploads").iterdir())


def test_a_dangerous_zip_makes_its_job_fail_with_the_reason(smears: Laboratory, tmp_path: Path) -> None:
    packed = pack(tmp_path / "cells.zip", {"basophil/a.TIF": picture(1)}).read_bytes()[:-30]
    pid = smears.ask("POST", f"{API}/datasets/smears/imports", files={"file": ("a.zip", packed)}).json()["id"]
    smears.do_jobs()
    job = smears.ask("GET", f"{API}/jobs/{pid}").json()
    assert (job["state"], job["report"]) == ("failed", None)
    assert "damaged or cut off" in job["message"]
    assert not list((tmp_path / "uploads").iterdir())


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"files": {"file": ("a.zip", bytes(200_000))}}, "larger than an upload"),
        ({"files": {"other": ("a.zip", b"PK")}}, "no file"),
        ({"content": b"PK", "headers": {"Content-Type": "application/zip"}}, "multipart field"),
        ({"content": b"--x\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, "no file"),
        (
            {
                "content": b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\nPK',
                "headers": {"Content-Type": "multipart/form-data; boundary=x"},
            },
            "broke off",
        ),
    ],
)
def test_an_upload_that_cannot_be_taken_leaves_nothing(smears: Laboratory, how: dict[str, Any], words: str) -> None:
    answer = smears.ask("POST", f"{API}/datasets/smears/imports", **how)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert not list(smears.settings.home.glob("uploads/*"))
    assert smears.do_jobs() == 0


def test_an_upload_to_a_dataset_that_is_not_there_is_not_read(lab: Laboratory) -> None:
    answer = lab.ask("POST", f"{API}/datasets/nothing/imports", files={"file": ("a.zip", b"PK")})
    assert answer.status_code == 404
    assert not (lab.settings.home / "uploads").exists()


def test_a_folder_below_an_import_root_is_imported_in_place(smears: Laboratory, tmp_path: Path) -> None:
    lay(tmp_path / "open" / "cells", {"basophil/a.TIF": picture(1)})
    answer = smears.ask("POST", f"{API}/datasets/smears/imports", json={"path": str(tmp_path / "open" / "cells")})
    assert answer.status_code == 202
    smears.do_jobs()
    assert smears.ask("GET", f"{API}/jobs/{answer.json()['id']}").json()["report"]["cells_new"] == 1
    assert not (tmp_path / "blobs" / "originals").exists()


def test_nothing_outside_the_import_roots_is_touched(smears: Laboratory, tmp_path: Path) -> None:
    lay(tmp_path / "closed", {"basophil/a.TIF": picture(1)})
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "link").symlink_to(tmp_path / "closed")
    for path in (tmp_path / "closed", tmp_path / "open" / ".." / "closed", tmp_path / "open" / "link", "cells", "/"):
        answer = smears.ask("POST", f"{API}/datasets/smears/imports", json={"path": str(path)})
        assert (answer.status_code, answer.json()["field"]) == (403, "path")
    answer = smears.ask("POST", f"{API}/datasets/smears/imports", json={"path": ""})
    assert (answer.status_code, answer.json()["field"]) == (422, "path")


def test_a_jobs_page_says_what_came_of_it(smears: Laboratory, tmp_path: Path) -> None:
    assert "mll23" in smears.ask("GET", "/datasets/new").text
    packed = pack(tmp_path / "cells.zip", {"basophil/a.TIF": picture(1), "basophil/b.TIF": b""})
    pid = smears.ask("POST", f"{API}/datasets/smears/imports", files={"file": packed.read_bytes()}).json()["id"]
    assert "Import into Smears" in smears.ask("GET", f"/jobs/{pid}").text
    smears.do_jobs()
    assert "basophil/b.TIF" in smears.ask("GET", f"/jobs/{pid}").text
    assert smears.ask("GET", "/jobs/nothing", headers={"Accept": "text/html"}).status_code == 404


def test_the_command_prints_one_json_document_and_keeps_the_report(
    database_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import typer

    from app.catalogue import commands

    monkeypatch.setenv("CYTOREVIEW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CYTOREVIEW_DATABASE_URL", database_address)
    app = typer.Typer()
    app.callback()(lambda: None)
    commands.register(app)
    root = lay(tmp_path / "cells", {"blasts/a.TIF": picture(1), "basophil/b.TIF": b"", "notes.txt": b""})
    (tmp_path / "map.csv").write_text("folder,label\nblasts,myeloblast\n")
    arguments = ["import", str(root), "--dataset", "Smears", "--map", str(tmp_path / "map.csv"), "--scale", "11.52"]
    app([*arguments, "--json"], standalone_mode=False)
    report = json.loads(capfd.readouterr().out)
    assert list(report) == [
        "files",
        "cells_new",
        "cells_total",
        "occurrences_new",
        "born_disputed",
        "unchanged",
        "updated",
        "refused",
        "unknown_classes",
        "ignored",
        "normalised",
        "seconds",
    ]
    assert (report["files"], report["cells_new"], report["ignored"]) == (2, 1, 1)
    (kept,) = (tmp_path / "home" / "reports").iterdir()
    assert json.loads(kept.read_text()) == report
    app(arguments, standalone_mode=False)
    shown = capfd.readouterr()
    assert "Dataset smears: 1 cells, 0 of them new" in shown.out
    assert "basophil/b.TIF: The file is empty" in shown.out
