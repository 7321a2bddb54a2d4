"""Signing in and out: wrong passwords, too many of them, how long it lasts, and where it leads."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, update

from app.accounts import queries, service
from app.accounts.access import COOKIE
from app.accounts.errors import TooManyAttempts, WrongPassword
from app.accounts.models import Attempt, SignIn
from app.accounts.pages import inside
from app.audit.models import Event
from app.database import Database, Writing, now
from tests.factories import PASSWORD, a_person
from tests.serving import Server, signed_in


def with_password(database: Database, name: str = "reviewer1") -> None:
    with database.writing() as session:
        service.create_user(session, name, "reviewer", PASSWORD)


def sign_in(server: Server, name: str, password: str, target: str = "/") -> httpx.Response:
    return httpx.post(f"{server.url}/sign-in", data={"name": name, "password": password, "next": target})


def test_name_and_password_sign_a_browser_in(server: Server, database: Database) -> None:
    with_password(database)
    answer = sign_in(server, "Reviewer1", PASSWORD, "/datasets?q=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/datasets?q=1")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    secret = answer.cookies[COOKIE]
    assert httpx.get(f"{server.url}/", cookies={COOKIE: secret}).status_code == 200
    with database.reading() as session:
        assert session.scalar(select(SignIn.token_sha256)) == service.digest(secret)
        assert session.scalar(select(Event.kind).order_by(Event.id.desc())) == "session.open"


def test_the_answer_does_not_tell_whether_the_name_is_known(server: Server, database: Database) -> None:
    with_password(database)
    known, unknown = sign_in(server, "reviewer1", "wrong password"), sign_in(server, "reviewer9", "wrong password")
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace("reviewer1", "") == unknown.text.replace("reviewer9", "")
    assert COOKIE not in known.cookies


def test_a_person_without_a_password_cannot_sign_in_by_one(session: Writing) -> None:
    a_person(session)
    for password in ("", PASSWORD):
        with pytest.raises(WrongPassword):
            service.credentials(session, "reviewer1", password)


def test_ten_wrong_passwords_close_a_name_for_a_while(session: Writing) -> None:
    service.create_user(session, "reviewer1", "reviewer", PASSWORD)
    for _ in range(service.ATTEMPTS):
        service.check_attempts(session, "reviewer1")
        service.note_failure(session, "reviewer1")
    with pytest.raises(TooManyAttempts) as refused:
        service.credentials(session, "reviewer1", PASSWORD)
    assert 0 < refused.value.retry_after <= service.ATTEMPT_WINDOW.total_seconds() + 1
    service.check_attempts(session, "reviewer2")

    session.execute(update(Attempt).values(first_at=now() - service.ATTEMPT_WINDOW - timedelta(seconds=1)))
    assert service.credentials(session, "reviewer1", PASSWORD)
    service.note_failure(session, "reviewer1")
    assert session.scalar(select(Attempt.failures)) == 1


def test_signing_in_forgets_earlier_failures(session: Writing) -> None:
    person = a_person(session)
    service.note_failure(session, "reviewer1")
    service.open_session(session, person.id, 12)
    assert session.scalar(select(Attempt.failures)) is None


def test_the_page_says_how_long_a_name_is_closed(server: Server, database: Database) -> None:
    with_password(database)
    with database.writing() as session:
        for _ in range(service.ATTEMPTS):
            service.note_failure(session, "reviewer1")
    answer = sign_in(server, "reviewer1", PASSWORD)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 901
    assert "Too many wrong passwords" in answer.text


def test_a_sign_in_ends_by_itself(session: Writing) -> None:
    person = a_person(session)
    lasting, ended = (service.open_session(session, person.id, hours) for hours in (12, 0))
    found = queries.person_by_session(session, lasting)
    assert found is not None
    assert found.csrf
    assert queries.person_by_session(session, ended) is None
    service.open_session(session, person.id, 12)
    assert len(session.execute(select(SignIn.user)).all()) == 2


def test_signing_out_ends_this_browsers_session(server: Server, database: Database) -> None:
    with signed_in(server, database, "reviewer1") as browser, signed_in(server, database, "reviewer1") as other:
        answer = browser.post("/sign-out", data={"csrf_token": browser.headers["X-CSRF-Token"]})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        assert browser.get("/").status_code == 303
        assert other.get("/").status_code == 200


def test_a_new_password_signs_other_browsers_out(server: Server, database: Database) -> None:
    with_password(database)
    with signed_in(server, database, "reviewer1") as browser, signed_in(server, database, "reviewer1") as other:
        form = {"csrf_token": browser.headers["X-CSRF-Token"], "password": "another long one", "current": "wrong one"}
        assert browser.post("/account/password", data=form).status_code == 422
        assert other.get("/").status_code == 200
        assert browser.post("/account/password", data=form | {"current": PASSWORD}).status_code == 303
        assert browser.get("/").status_code == 200
        assert other.get("/").status_code == 303
    assert sign_in(server, "reviewer1", PASSWORD).status_code == 401
    assert sign_in(server, "reviewer1", "another long one").status_code == 303


@pytest.mark.parametrize("target", ["/", "/datasets", "/cells/abc?x=1&y=2#z", "/rounds/a/review"])
def test_a_place_on_this_server_is_returned_to(target: str) -> None:
    assert inside(target) == target


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "///elsewhere.example",
        "/\\elsewhere.example",
        "\\\\elsewhere.example",
        "javascript:alert(1)",
        "elsewhere.example",
        "/\t/elsewhere.example",
        "/\n/elsewhere.example",
        " //elsewhere.example",
        "http://[",
        "",
    ],
)
def test_a_link_cannot_send_people_elsewhere_after_they_signed_in(target: str) -> None:
    assert inside(target) == "/"


def test_the_sign_in_page_keeps_the_way_inside(server: Server, database: Database) -> None:
    with_password(database)
    assert sign_in(server, "reviewer1", PASSWORD, "//elsewhere.example/").headers["location"] == "/"
    shown = httpx.get(f"{server.url}/sign-in", params={"next": "https://elsewhere.example/"})
    assert "elsewhere.example" not in shown.text
    led = httpx.get(f"{server.url}/datasets?q=a%26b")
    assert led.headers["location"] == "/sign-in?next=%2Fdatasets%3Fq%3Da%2526b"


def test_a_page_signs_its_browser_in_without_being_left(server: Server, database: Database) -> None:
    with_password(database)
    given = {"name": "Reviewer1", "password": PASSWORD}
    with server.client() as client:
        assert client.get("/api/v1/account").status_code == 401
        opened = client.post("/api/v1/session", json=given)
        assert opened.status_code == 200
        cookie = opened.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert client.get("/api/v1/account").json() == opened.json()
        assert opened.json()["name"] == "reviewer1"
        refused = client.patch("/api/v1/account/settings", json={})
        assert refused.status_code == 403
        taken = client.patch("/api/v1/account/settings", json={}, headers={"X-CSRF-Token": opened.json()["csrf"]})
        assert taken.status_code == 200


def test_wrong_passwords_on_a_page_count_as_those_at_the_door(server: Server, database: Database) -> None:
    with_password(database)
    wrong = {"name": "reviewer1", "password": "not the password"}
    answers = [httpx.post(f"{server.url}/api/v1/session", json=wrong).status_code for _ in range(service.ATTEMPTS)]
    assert set(answers) == {401}
    closed = httpx.post(f"{server.url}/api/v1/session", json={"name": "reviewer1", "password": PASSWORD})
    assert closed.status_code == 429
    assert int(closed.headers["retry-after"]) > 0
    assert sign_in(server, "reviewer1", PASSWORD).status_code == 429
