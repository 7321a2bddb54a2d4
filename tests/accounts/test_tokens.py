"""Personal tokens: shown once, kept hashed, and no longer working once they are revoked or have expired."""

import httpx
import pytest
from sqlalchemy import select

from app.accounts import queries, service
from app.accounts.errors import UnknownToken
from app.accounts.models import Token
from app.audit.models import Event
from app.database import Database, Writing
from tests.factories import a_person
from tests.serving import Server, signed_in, token_for


def test_a_token_is_kept_hashed_and_shown_once(server: Server, database: Database) -> None:
    with server.client(token_for(database, "reviewer1")) as client:
        made = client.post("/api/v1/tokens", json={"name": "notebook", "days": 7})
        assert made.status_code == 201
        secret = made.json()["token"]
        listed = client.get("/api/v1/tokens")
        assert secret not in listed.text
        assert [token["name"] for token in listed.json()["items"]] == ["notebook", "a test"]
    with database.reading() as session:
        kept = session.execute(select(Token.token_sha256).where(Token.pid == made.json()["id"])).scalar_one()
        events = session.execute(select(Event.kind, Event.body)).all()
    assert kept == service.digest(secret)
    assert ("token.create", {"name": "notebook", "days": 7}) in [tuple(event) for event in events]
    assert secret not in str(events)


def test_a_token_says_whose_it_is(session: Writing) -> None:
    person = a_person(session, "adjudicator1", "adjudicator")
    found = queries.person_by_token(session, service.create_token(session, person.id, "notebook", 1).secret)
    assert found is not None
    assert (found.name, found.role, found.csrf) == ("adjudicator1", "adjudicator", "")


def test_an_expired_token_does_not_work(session: Writing) -> None:
    made = service.create_token(session, a_person(session).id, "notebook", 0)
    assert queries.person_by_token(session, made.secret) is None
    assert queries.tokens(session, a_person(session).id) == []


def test_a_revoked_token_does_not_work(session: Writing) -> None:
    person, other = a_person(session), a_person(session, "reviewer2")
    made = service.create_token(session, person.id, "notebook", 1)
    with pytest.raises(UnknownToken):
        service.revoke_token(session, other.id, made.pid)
    assert queries.person_by_token(session, made.secret) is not None
    service.revoke_token(session, person.id, made.pid)
    assert queries.person_by_token(session, made.secret) is None
    with pytest.raises(UnknownToken):
        service.revoke_token(session, person.id, made.pid)


def test_a_disabled_persons_tokens_and_browsers_no_longer_work(server: Server, database: Database) -> None:
    secret = token_for(database, "reviewer1")
    with (
        server.client(token_for(database, "admin", "admin")) as admin,
        server.client(secret) as script,
        signed_in(server, database, "reviewer1") as browser,
    ):
        assert script.get("/api/v1/tokens").status_code == 200
        [user] = [each["id"] for each in admin.get("/api/v1/users").json()["items"] if each["name"] == "reviewer1"]
        assert admin.patch(f"/api/v1/users/{user}", json={"disabled": True}).json()["disabled"]
        assert script.get("/api/v1/tokens").status_code == 401
        assert browser.get("/api/v1/tokens").status_code == 401
        assert not admin.patch(f"/api/v1/users/{user}", json={"disabled": False}).json()["disabled"]
        assert script.get("/api/v1/tokens").status_code == 200
        assert browser.get("/api/v1/tokens").status_code == 401


def test_a_header_that_proves_nothing_is_not_made_good_by_a_cookie(server: Server, database: Database) -> None:
    with signed_in(server, database, "reviewer1") as browser:
        for authorization in ("Bearer", "Bearer cyto_unknown", "Basic YTpi", "cyto_unknown"):
            answer = browser.get("/api/v1/tokens", headers={"Authorization": authorization})
            assert answer.status_code == 401, authorization
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"


def test_a_token_needs_a_name_and_an_end(server: Server, database: Database) -> None:
    with server.client(token_for(database, "reviewer1")) as client:
        for body, field in (({"name": ""}, "name"), ({"name": "x", "days": 731}, "days"), ({"days": 3}, "name")):
            answer: httpx.Response = client.post("/api/v1/tokens", json=body)
            assert (answer.status_code, answer.json()["field"]) == (422, field)
