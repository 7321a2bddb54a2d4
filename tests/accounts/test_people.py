"""Admins make people, change their roles and take access away; one admin always stays."""

from pathlib import Path

import pytest
from sqlalchemy import select

from app.accounts import queries, service
from app.accounts.errors import LastAdmin, WrongPassword
from app.accounts.models import Role
from app.audit.models import Event
from app.database import Database, Writing
from tests.factories import PASSWORD, a_person
from tests.serving import Server, running_server, token_for


def test_each_role_includes_the_one_before() -> None:
    assert [Role.ADJUDICATOR.includes(role) for role in Role] == [True, True, False]
    assert all(Role.ADMIN.includes(role) for role in Role)


@pytest.mark.parametrize(("role", "disabled"), [("reviewer", None), (None, True)])
def test_the_last_admin_stays_one(session: Writing, role: str | None, disabled: bool | None) -> None:
    admin = a_person(session, "admin", "admin")
    with pytest.raises(LastAdmin), session.savepoint():
        service.change_user(session, admin.id, role, disabled)
    assert queries.admins(session) == 1
    a_person(session, "second", "admin")
    service.change_user(session, admin.id, role, disabled)
    assert queries.admins(session) == 1


def test_an_admin_who_is_disabled_does_not_count(session: Writing) -> None:
    first, second = a_person(session, "admin", "admin"), a_person(session, "second", "admin")
    service.change_user(session, second.id, None, True)
    with pytest.raises(LastAdmin):
        service.change_user(session, first.id, "adjudicator", None)


def test_disabling_ends_the_sessions_and_closes_the_door(session: Writing) -> None:
    a_person(session, "admin", "admin")
    user = service.create_user(session, "reviewer1", "reviewer", PASSWORD)
    cookie = service.open_session(session, user, 12)
    service.change_user(session, user, None, True)
    assert queries.person_by_session(session, cookie) is None
    with pytest.raises(WrongPassword):
        service.credentials(session, "reviewer1", PASSWORD)
    service.change_user(session, user, None, False)
    assert service.credentials(session, "reviewer1", PASSWORD) == user
    assert queries.person_by_session(session, cookie) is None


def test_an_admin_invites_and_the_trail_tells_it_without_the_secret(server: Server, database: Database) -> None:
    with server.client(token_for(database, "admin", "admin")) as admin:
        invited = admin.post("/api/v1/users", json={"name": "Reviewer1", "role": "reviewer"})
        assert invited.status_code == 201
        assert invited.json()["name"] == "reviewer1"
        again = admin.post("/api/v1/users", json={"name": "reviewer1"})
        assert (again.status_code, again.json()["field"]) == (409, "name")
        user = invited.json()["id"]
        assert admin.patch(f"/api/v1/users/{user}", json={"role": "adjudicator"}).json()["role"] == "adjudicator"
        last = [each["id"] for each in admin.get("/api/v1/users").json()["items"] if each["name"] == "admin"]
        assert admin.patch(f"/api/v1/users/{last[0]}", json={"role": "reviewer"}).status_code == 409
        listed = admin.get("/api/v1/audit/events", params={"actor": "admin"}).json()["items"]
    assert [event["kind"] for event in listed] == ["user.edit", "user.create"]
    with database.reading() as session:
        kept = str(session.execute(select(Event.body)).all())
    assert invited.json()["link"].rsplit("/", 1)[1] not in kept


def test_the_first_start_prints_a_link_that_makes_the_admin(
    database: Database, database_address: str, tmp_path: Path
) -> None:
    with running_server(tmp_path / "home", database_address) as server:
        assert server.process is not None
        server.process.said.readline()
        link = server.process.said.readline().strip()
        assert link.startswith(f"{server.url}/setup/")
        with server.client() as browser:
            taken = browser.post(link, data={"name": "admin", "password": PASSWORD})
            assert taken.status_code == 303
            assert browser.get("/users").status_code == 200
    with database.reading() as session:
        assert queries.person_by_name(session, "admin").role is Role.ADMIN
