"""One-time links: they work once, for a while, and for what they were made for."""

import httpx
import pytest
from sqlalchemy import select

from app.accounts import queries, service
from app.accounts.errors import SpentLink, UnusablePassword
from app.accounts.models import Invitation, Role, SignIn
from app.database import Database, Writing
from tests.factories import PASSWORD, a_person
from tests.serving import Server


def test_a_set_up_link_makes_the_first_admin_once(session: Writing) -> None:
    link = service.issue_link(session, "setup", None)
    assert queries.link(session, link) == ("setup", None)
    user = service.take_up(session, link, "admin", PASSWORD)
    assert queries.person_by_name(session, "admin").role is Role.ADMIN
    assert service.credentials(session, "admin", PASSWORD) == user
    with pytest.raises(SpentLink):
        service.take_up(session, link, "second", PASSWORD)
    assert queries.link(session, link) is None


def test_an_invitation_is_for_one_person(session: Writing) -> None:
    person = a_person(session)
    link = service.issue_link(session, "invite", person.id)
    assert queries.link(session, link) == ("invite", "reviewer1")
    assert service.take_up(session, link, "somebody else", PASSWORD) == person.id
    assert service.credentials(session, "reviewer1", PASSWORD) == person.id


def test_a_link_ends_by_itself(session: Writing) -> None:
    link = service.issue_link(session, "invite", a_person(session).id, hours=0)
    assert queries.link(session, link) is None
    with pytest.raises(SpentLink):
        service.take_up(session, link, "", PASSWORD)


def test_a_newer_link_ends_the_one_before(session: Writing) -> None:
    person, other = a_person(session), a_person(session, "reviewer2")
    first = service.issue_link(session, "invite", person.id)
    others = service.issue_link(session, "invite", other.id)
    second = service.issue_link(session, "invite", person.id)
    assert queries.link(session, first) is None
    assert queries.link(session, second) == ("invite", "reviewer1")
    assert queries.link(session, others) == ("invite", "reviewer2")


def test_a_link_is_for_its_purpose_only(session: Writing) -> None:
    link = service.issue_link(session, "sign-in", a_person(session).id)
    with pytest.raises(SpentLink):
        service.take_up(session, link, "", PASSWORD)
    assert service.spend_link(session, link, "sign-in")[0] == "sign-in"


def test_a_link_is_kept_hashed(session: Writing) -> None:
    link = service.issue_link(session, "setup", None)
    assert session.scalar(select(Invitation.token_sha256)) == service.digest(link)
    assert link.encode() not in service.digest(link)


def test_a_reset_signs_the_person_out_everywhere(session: Writing) -> None:
    person = a_person(session)
    cookie = service.open_session(session, person.id, 12)
    service.take_up(session, service.issue_link(session, "reset", person.id), "", PASSWORD)
    assert queries.person_by_session(session, cookie) is None


def test_a_password_that_is_refused_does_not_use_the_link_up(server: Server, database: Database) -> None:
    with database.writing() as session:
        link = service.issue_link(session, "invite", a_person(session).id)
    with server.client() as browser:
        refused = browser.post(f"/setup/{link}", data={"password": "short"})
        assert refused.status_code == 422
        assert "at least 10 characters" in refused.text
        taken = browser.post(f"/setup/{link}", data={"password": PASSWORD})
        assert (taken.status_code, taken.headers["location"]) == (303, "/")
        assert browser.get("/").status_code == 200


def test_opening_a_link_changes_nothing_and_using_it_twice_is_not_found(server: Server, database: Database) -> None:
    with database.writing() as session:
        link = service.issue_link(session, "sign-in", a_person(session).id)
    for _ in range(2):
        assert httpx.get(f"{server.url}/setup/{link}").status_code == 200
    assert httpx.post(f"{server.url}/setup/{link}").status_code == 303
    assert httpx.post(f"{server.url}/setup/{link}").status_code == 404
    with database.reading() as reading:
        assert len(reading.execute(select(SignIn.user)).all()) == 1


def test_the_service_refuses_a_weak_password_before_anything_is_changed(session: Writing) -> None:
    person = a_person(session)
    link = service.issue_link(session, "invite", person.id)
    with pytest.raises(UnusablePassword), session.savepoint():
        service.take_up(session, link, "", "reviewer1")
    assert queries.link(session, link) == ("invite", "reviewer1")
