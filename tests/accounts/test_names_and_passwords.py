"""What a sign-in name and a password must be like, and how a password is kept."""

import pytest
from sqlalchemy import select

from app.accounts import queries, service
from app.accounts.errors import NameTaken, UnknownRole, UnknownUser, UnusableName, UnusablePassword
from app.accounts.models import User
from app.accounts.people import check_password, checked_name
from app.database import Writing
from tests.factories import PASSWORD


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Reviewer1", "reviewer1"),
        ("  reviewer1 ", "reviewer1"),
        ("night shift-2", "night shift-2"),
        ("ŁUCJA", "łucja"),
        ("u\u0308ber", "über"),
        ("x", "x"),
        ("a" * 60, "a" * 60),
    ],
)
def test_a_name_is_kept_in_one_spelling(typed: str, stored: str) -> None:
    assert checked_name(typed) == stored


@pytest.mark.parametrize("name", ["", "  ", "a" * 61, ".hidden", "name\n2", "a\x00b", "<b>", "a/b", "e@mail"])
def test_a_name_that_could_be_taken_for_something_else_is_refused(name: str) -> None:
    with pytest.raises(UnusableName) as refused:
        checked_name(name)
    assert refused.value.field == "name"


@pytest.mark.parametrize("password", ["short", "123456789", "a" * 201, "aaaaaaaaaaaa", "abababababab", "reviewer-one"])
def test_a_password_that_is_guessed_at_once_is_refused(password: str) -> None:
    with pytest.raises(UnusablePassword) as refused:
        check_password(password, "reviewer-one")
    assert refused.value.field == "password"
    assert password not in refused.value.message


def test_a_long_password_may_be_made_of_anything() -> None:
    check_password("correct horse ✓", "reviewer1")
    check_password("äöü ßéè ñçø", "reviewer1")


def test_a_password_is_kept_as_an_argon2_hash_with_its_own_salt(session: Writing) -> None:
    for name in ("reviewer1", "reviewer2"):
        service.create_user(session, name, "reviewer", PASSWORD)
    kept = [hash for (hash,) in session.execute(select(User.password_hash)) if hash]
    assert all(hash.startswith("$argon2id$") for hash in kept)
    assert len(set(kept)) == len(kept) == 2
    assert PASSWORD not in "".join(kept)


def test_a_name_is_given_once_however_it_is_spelled(session: Writing) -> None:
    service.create_user(session, "Reviewer1", "reviewer")
    with pytest.raises(NameTaken):
        service.create_user(session, " REVIEWER1", "admin")
    assert queries.person_by_name(session, "REVIEWER1 ").name == "reviewer1"


def test_what_is_not_there_is_said_to_be_unknown(session: Writing) -> None:
    with pytest.raises(UnknownRole):
        service.create_user(session, "reviewer1", "owner")
    with pytest.raises(UnknownUser):
        queries.person_by_name(session, "reviewer9")
    with pytest.raises(UnknownUser):
        queries.user_id(session, "a" * 16)
