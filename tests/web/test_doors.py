"""Who may call what: every route says it, and a real server holds it."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from app.accounts.access import Door, anybody
from app.database import Database
from app.images.store import BlobStore
from app.main import calls, create_application, doors
from app.settings import Settings
from tests.serving import Server, running_server, signed_in, token_for

PUBLIC = {
    "/sign-in",
    "/api/v1/session",
    "/setup/{token}",
    "/healthz",
    "/readyz",
    "/api/v1/openapi.json",
}
REVIEWERS = {
    "GET /", "GET /account", "GET /account/keys", "GET /account/keys/print", "GET /api/docs", "GET /cells/{pid}",
    "GET /datasets", "GET /datasets/{slug}", "GET /datasets/{slug}/atlas",
    "GET /datasets/{slug}/quality", "GET /datasets/{slug}/quality/cells", "GET /rounds/{pid}/quality",
    "GET /api/v1/datasets/{dataset}/agreement", "GET /api/v1/datasets/{dataset}/confusion",
    "GET /api/v1/datasets/{dataset}/confusion/cells", "GET /api/v1/datasets/{dataset}/suspicion",
    "GET /api/v1/datasets/{dataset}/reviewers", "GET /datasets/{slug}/reviewers",
    "GET /api/v1/assignments/{assignment_id}/similar", "GET /api/v1/cells/{cell_id}/similar",
    "GET /api/v1/cells/{cell_id}/near-duplicates",
    "GET /api/v1/label-sets/{name}/classes/{class_name}/reference",
    "GET /datasets/{slug}/cells", "GET /datasets/{slug}/rounds", "GET /help", "GET /rounds/{pid}",
    "GET /rounds/{pid}/grid", "GET /rounds/{pid}/review", "POST /account/password", "POST /account/settings",
    "POST /sign-out",
    "DELETE /api/v1/tokens/{token_id}", "GET /api/v1/account/settings",
    "GET /api/v1/account", "PATCH /api/v1/account/settings", "GET /api/v1/assignments/{assignment_id}/image",
    "GET /api/v1/cells",
    "GET /api/v1/cells/{cell_id}", "GET /api/v1/cells/{cell_id}/image", "GET /api/v1/cells/{cell_id}/reviews",
    "GET /api/v1/datasets", "GET /api/v1/datasets/{dataset}", "GET /api/v1/label-sets",
    "GET /api/v1/label-sets/{name}", "GET /api/v1/reviews", "GET /api/v1/rounds", "GET /api/v1/rounds/{round_id}",
    "GET /accessibility", "GET /api/v1/rounds/{round_id}/assignments/{assignment_id}",
    "GET /api/v1/rounds/{round_id}/progress", "GET /api/v1/rounds/{round_id}/summary", "GET /rounds/{pid}/mine",
    "GET /api/v1/assignments/{assignment_id}/suggestion", "GET /api/v1/rounds/{round_id}/stopping",
    "GET /rounds/{pid}/stopping",
    "GET /api/v1/rounds/{round_id}/queue", "GET /api/v1/tokens", "POST /api/v1/reviews", "POST /api/v1/tokens",
}  # fmt: skip


FORM_ENCODED = "application/x-www-form-urlencoded"


@pytest.fixture
def application(sqlite_database: Database, tmp_path: Path) -> FastAPI:
    blobs = BlobStore((tmp_path / "blobs").as_uri())
    return create_application(Settings(home=tmp_path), sqlite_database, blobs)


def test_every_route_has_exactly_one_door(application: FastAPI) -> None:
    seen = 0
    for context in iter_route_contexts(application.routes):
        dependant = getattr(context, "dependant", None) or getattr(context.route, "dependant", None)
        if dependant is None:
            assert context.path == "/static", context.path
            continue
        found = [call for call in calls(dependant) if isinstance(call, Door) or call is anybody]
        assert len(found) == 1, context.path
        assert (found[0] is anybody) == (context.path in PUBLIC), context.path
        seen += 1
    assert seen > 70
    paths = {path for path, _, _ in doors(application)}
    assert {"/", "/api/v1/reviews", "/sign-in", "/rounds/{pid}/review"} <= paths


def test_what_a_reviewer_may_call_is_this_list(application: FastAPI) -> None:
    found = {f"{method} {path}" for path, method, role in doors(application) if role == "reviewer"}
    assert found == REVIEWERS


def test_the_document_says_who_may_call_each_operation(application: FastAPI) -> None:
    document = application.openapi()
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    assert document["openapi"].startswith("3.1")
    assert len(operations) > 40
    roles = {(path, method.lower()): role for path, method, role in doors(application)}
    for path, method, operation in operations:
        role = roles[path, method]
        assert operation["x-role"] == (role or "public"), (method, path)
        assert operation["security"] == ([{"token": []}, {"session": []}] if role else []), (method, path)
    assert [path for path, _, operation in operations if operation["x-role"] == "public"] == ["/api/v1/session"]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Database]]:
    home = tmp_path_factory.mktemp("doors")
    address = f"sqlite:///{home}/doors.db"
    with running_server(home, address) as server:
        database = Database(address)
        yield server, database
        database.close()


def requests_of(database: Database, tmp_path: Path) -> list[tuple[str, str, str | None]]:
    application = create_application(Settings(home=tmp_path), database, BlobStore((tmp_path / "blobs").as_uri()))
    filled = []
    for path, method, role in doors(application):
        for name in ("round_id", "cell_id", "assignment_id", "user_id", "token_id", "job_id", "pid", "slug", "dataset",
                     "name", "number", "other"):  # fmt: skip
            path = path.replace("{" + name + "}", "1" if name in ("number", "other") else "aaaaaaaaaaaaaaaa")
        if method != "HEAD":
            filled.append((path, method, role))
    return filled


def test_nobody_gets_in_without_proving_who_they_are(places: tuple[Server, Database], tmp_path: Path) -> None:
    server, database = places
    with server.client() as client:
        for path, method, role in requests_of(database, tmp_path):
            if role is None:
                continue
            answer = client.request(method, path)
            if path.startswith("/api/v1/"):
                assert answer.status_code == 401, (method, path)
                assert answer.headers["content-type"] == "application/problem+json"
            elif method == "GET":
                assert answer.status_code == 303, (method, path)
                assert answer.headers["location"].startswith("/sign-in?next=")
            else:
                assert answer.status_code == 401, (method, path)


def test_a_role_that_does_not_reach_is_refused(places: tuple[Server, Database], tmp_path: Path) -> None:
    server, database = places
    for name, mine in (("reviewer1", ("reviewer",)), ("adjudicator1", ("reviewer", "adjudicator"))):
        with server.client(token_for(database, name, mine[-1])) as client:
            for path, method, role in requests_of(database, tmp_path):
                if role is not None and role not in mine:
                    assert client.request(method, path).status_code == 403, (method, path, name)


def test_hostile_input_is_never_our_fault(places: tuple[Server, Database], tmp_path: Path) -> None:
    server, database = places
    hostile_bodies: list[object] = [
        None,
        {},
        [],
        "x",
        {"reviews": [{"id": "\x00"}]},
        {"name": "\ud800"},
        {"name": "a" * 10_000},
    ]
    bodies = [json.dumps(body).encode() for body in hostile_bodies]
    with server.client(token_for(database, "admin", "admin")) as client:
        for path, method, _ in requests_of(database, tmp_path):
            for hostile in ("%00", "..%2F..", "é" * 300, "aaaaaaaaaaaaaaaa"):
                url = path.replace("aaaaaaaaaaaaaaaa", hostile)
                for query in ("", "?limit=-1", "?cursor=%00", "?dataset=%00&q=%00", "?since=never", "?size=huge"):
                    answer = client.request(method, url + query)
                    assert answer.status_code < 500, (method, url + query, answer.text)
            if method in ("POST", "PATCH"):
                for content in bodies:
                    answer = client.request(method, path, content=content, headers={"content-type": "application/json"})
                    assert answer.status_code < 500, (method, path, content, answer.text)


HOSTILE_QUERIES = (
    {"cursor": "W3RydWVd", "dataset": "smears"},
    {"cursor": "WzkyMjMzNzIwMzY4NTQ3NzU4MDdd"},
    {"cursor": "Wy1JbmZpbml0eSw5MjIzMzcyMDM2ODU0Nzc1ODA3XQ"},
    {"cursor": "Wy1JbmZpbml0eSw1XQ"},
    {"cursor": "WzFlNDAwXQ", "kind": "\0", "actor": "\0"},
    {"cursor": "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5XQ", "label": "\0", "reviewer": "\0"},
    {"dataset": "\0", "q": "\0", "round": "\0", "cell": "\0", "given_label": "\0", "sort": "\0"},
    {"since": "0001-01-01T00:00:00+14:00", "pair": "a,\0"},
    {"since": "9999-12-31T23:59:59-14:00", "next": "http://["},
)
FORM = ("name", "password", "next", "theme", "layout", "grid_page", "current", "csrf_token")


def test_text_and_moments_that_no_database_can_keep_are_refused(
    server: Server, database: Database, sqlite_database: Database, tmp_path: Path
) -> None:
    with signed_in(server, database, "admin", "admin") as client, server.client() as stranger:
        csrf = client.headers["X-CSRF-Token"]
        for path, method, _ in requests_of(sqlite_database, tmp_path):
            for hostile in HOSTILE_QUERIES:
                answer = client.request(method, path, params=hostile)
                assert answer.status_code < 500, (method, path, hostile)
            if method != "POST" or path.startswith("/api/") or path == "/sign-out":
                continue
            for text in (b"\0", b"\xed\xa0\x80", b"x" * 5000, b"//["):
                form = dict.fromkeys(FORM, text)
                for who, sent in ((client, form | {"csrf_token": csrf.encode()}), (client, form), (stranger, form)):
                    content = urlencode(sent).encode()
                    answer = who.post(path, content=content, headers={"content-type": FORM_ENCODED})
                    assert answer.status_code < 500, (path, text, answer.text)
        assert client.get("/account").status_code == 200


def test_a_browsers_write_needs_the_pages_token(places: tuple[Server, Database]) -> None:
    server, database = places
    with signed_in(server, database, "reviewer1") as client:
        body: dict[str, list[str]] = {"reviews": []}
        assert client.post("/api/v1/reviews", json=body).status_code == 200
        assert client.post("/api/v1/reviews", json=body, headers={"X-CSRF-Token": "other"}).status_code == 403
        del client.headers["X-CSRF-Token"]
        answer = client.post("/api/v1/reviews", json=body)
        assert answer.status_code == 403
        assert "token" in answer.json()["detail"]
        assert client.post("/sign-out", data={"csrf_token": "wrong"}).status_code == 403
        assert client.get("/").status_code == 200


def test_another_sites_page_writes_nothing(places: tuple[Server, Database]) -> None:
    server, database = places
    with signed_in(server, database, "reviewer1") as client:
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://elsewhere.example"}):
            assert client.post("/api/v1/reviews", json={"reviews": []}, headers=headers).status_code == 403
            assert client.post("/sign-in", data={"name": "a", "password": "b"}, headers=headers).status_code == 403


def test_answers_carry_the_headers_that_keep_a_browser_safe(places: tuple[Server, Database]) -> None:
    server, _ = places
    for path in ("/sign-in", "/api/v1/rounds", "/static/css/base.css", "/nothing"):
        headers = httpx.get(server.url + path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-request-id"]


def test_a_name_that_is_not_the_servers_is_refused(places: tuple[Server, Database]) -> None:
    server, _ = places
    assert httpx.get(server.url + "/sign-in", headers={"Host": "elsewhere.example"}).status_code == 400
