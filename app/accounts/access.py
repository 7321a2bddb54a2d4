"""Who may call a route: a type in its signature.

``Reviewer``, ``Adjudicator`` and ``Admin`` are what a route takes; each includes the one before. ``Public`` stands in
the decorator of the few routes that anybody may call. A test walks all routes and finds exactly one on each.
"""

import hmac
from typing import Annotated

from fastapi import Depends, Form, Request

from app.accounts import queries
from app.accounts.errors import MissingCsrf, NotSignedIn, RoleTooLow
from app.accounts.models import Role
from app.accounts.people import Person
from app.database import Text
from app.web.dependencies import the_database
from app.web.glance import glance

COOKIE = "cytoreview_session"
CSRF_HEADER = "x-csrf-token"
SAFE = ("GET", "HEAD", "OPTIONS")


async def identify(request: Request) -> tuple[Person, bool]:
    """The person behind a request, and whether a cookie proved it. A bearer token goes before a cookie."""
    database = await the_database(request)
    authorization = request.headers.get("authorization", "")
    scheme, _, secret = authorization.partition(" ")
    if authorization:
        if scheme.lower() != "bearer" or not secret:
            raise NotSignedIn("Send `Authorization: Bearer TOKEN` with a token from your account page.")
        person = await glance(database, lambda session: queries.person_by_token(session, secret.strip()))
        if person is None:
            raise NotSignedIn("This token doesn't work: it was revoked, has expired, or never was.")
        return person, False
    cookie = request.cookies.get(COOKIE)
    if cookie:
        person = await glance(database, lambda session: queries.person_by_session(session, cookie))
        if person is not None:
            request.state.settings = person.settings
            return person, True
    raise NotSignedIn("Sign in first.")


class Door:
    """Lets people of a role in, and their browsers' writes only with the page's token in a header."""

    def __init__(self, role: Role) -> None:
        self.role = role

    async def __call__(self, request: Request) -> Person:
        person, by_cookie = await identify(request)
        if by_cookie and request.method not in SAFE:
            check_csrf(person, request.headers.get(CSRF_HEADER, ""))
        check_role(person, self.role)
        return person


class FormDoor(Door):
    """A door for HTML forms, which carry the page's token in a field."""

    async def __call__(self, request: Request, csrf_token: Annotated[Text, Form()] = "") -> Person:
        person, by_cookie = await identify(request)
        if by_cookie:
            check_csrf(person, csrf_token)
        check_role(person, self.role)
        return person


def check_csrf(person: Person, given: str) -> None:
    """Refuse a write that doesn't come from a page of ours."""
    if not hmac.compare_digest(person.csrf.encode(), given.encode()):
        raise MissingCsrf("The page's token is missing or old: load the page again and repeat what you did.")


def check_role(person: Person, role: Role) -> None:
    """Refuse whose role doesn't reach."""
    if not person.may(role):
        raise RoleTooLow(
            "This is for the role {role}; you are signed in as {name} ({own_role}).",
            role=role,
            name=person.name,
            own_role=person.role,
        )


async def anybody() -> None:
    """The door of public routes: it stands open."""


Reviewer = Annotated[Person, Depends(Door(Role.REVIEWER))]
Adjudicator = Annotated[Person, Depends(Door(Role.ADJUDICATOR))]
Admin = Annotated[Person, Depends(Door(Role.ADMIN))]
ReviewerByForm = Annotated[Person, Depends(FormDoor(Role.REVIEWER))]
Public = Depends(anybody)
