"""Signing in and out, one-time links, one's own account, and the people."""

from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from app.accounts import queries, service
from app.accounts.access import COOKIE, Admin, Public, Reviewer, ReviewerByForm
from app.accounts.api import give_session, user_by_password
from app.accounts.errors import (
    NameTaken,
    SpentLink,
    TooManyAttempts,
    UnusableName,
    UnusablePassword,
    WrongPassword,
)
from app.accounts.people import Person
from app.accounts.preferences import SettingsEdit, key_sheet
from app.audit import service as audit
from app.database import Database as DatabaseClass
from app.database import Text
from app.errors import CytoreviewError
from app.labels import queries as labels
from app.labels.labelset import load_builtin
from app.settings import Settings as SettingsClass
from app.web.dependencies import Database, Settings
from app.web.problems import misfit
from app.web.speech import language_for, language_of
from app.web.templating import page

router = APIRouter(include_in_schema=False)

Words = Annotated[Text, Form(max_length=1000)]


@router.get("/sign-in", name="sign_in", dependencies=[Public])
def show_sign_in(request: Request, database: Database, next: str = "/") -> Response:
    """The form, or where nobody was set up yet a word about the set-up link."""
    return page(request, "accounts/sign-in.html", None, next=inside(next), name="", error=None)


@router.post("/sign-in", dependencies=[Public])
def sign_in(
    request: Request, database: Database, settings: Settings, name: Words, password: Words, next: Words = "/"
) -> Response:
    """Open a session and go where one wanted to."""
    try:
        user = user_by_password(database, name, password)
    except WrongPassword as error:
        return refused(
            request,
            "accounts/sign-in.html",
            401,
            next=inside(next),
            name=name,
            error=told(request, error),
        )
    except TooManyAttempts as error:
        answer = refused(
            request,
            "accounts/sign-in.html",
            429,
            next=inside(next),
            name=name,
            error=told(request, error),
        )
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    return signed_in(request, database, settings, user, inside(next))


@router.post("/sign-out")
def sign_out(request: Request, person: ReviewerByForm, database: Database) -> Response:
    """End this browser's session."""
    with database.writing() as session:
        service.close_session(session, request.cookies.get(COOKIE, ""))
        audit.record(session, person.id, "session.close", person.pid)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/setup/{token}", dependencies=[Public])
def show_link(request: Request, token: str, database: Database) -> Response:
    """The page behind a one-time link: opening it changes nothing, because link scanners open links too."""
    with database.reading() as session:
        found = queries.link(session, token)
    if found is None:
        return refused(request, "accounts/setup.html", 404, token=token, purpose=None, name="", error=None, field=None)
    purpose, name = found
    return page(
        request, "accounts/setup.html", None, token=token, purpose=purpose, name=name or "", error=None, field=None
    )


@router.post("/setup/{token}", dependencies=[Public])
def take_up_link(
    request: Request,
    token: str,
    database: Database,
    settings: Settings,
    name: Words = "",
    password: Words = "",
) -> Response:
    """Use the link up: sign in by it, or choose a password and sign in."""
    with database.reading() as session:
        purpose, known = queries.link(session, token) or (None, None)
    try:
        with database.writing() as session:
            if purpose == "sign-in":
                _, user = service.spend_link(session, token, "sign-in")
                assert user is not None
            else:
                user = service.take_up(session, token, name, password)
            audit.record(session, user, "link.use", purpose or "")
    except SpentLink:
        return refused(request, "accounts/setup.html", 404, token=token, purpose=None, name="", error=None, field=None)
    except (UnusableName, UnusablePassword, NameTaken) as error:
        return refused(
            request,
            "accounts/setup.html",
            422,
            token=token,
            purpose=purpose,
            name=known or name,
            error=told(request, error),
            field=error.field,
        )
    return signed_in(request, database, settings, user, "/")


@router.get("/account")
def show_account(request: Request, person: Reviewer, database: Database, saved: str | None = None) -> Response:
    """One's own tokens, password and preferences."""
    return account_page(request, person, database, saved)


@router.post("/account/settings")
def save_settings(
    request: Request,
    person: ReviewerByForm,
    database: Database,
    theme: Words = "",
    language: Words = "",
    keys: Words = "",
    layout: Words = "",
    hand: Words = "",
    motion: Words = "",
    grid_page: Words = "",
) -> Response:
    """Keep what a person prefers, where no script does it; what isn't sent stays."""
    form = {
        "theme": theme,
        "language": language,
        "keys": keys,
        "layout": layout,
        "hand": hand,
        "motion": motion,
        "grid_page": grid_page,
    }
    given = {name: value for name, value in form.items() if value}
    try:
        edit = SettingsEdit.model_validate(given)
    except ValidationError as error:
        speech = language_for(request)
        errors = {str(item["loc"][0]): misfit(speech, item) for item in error.errors()}
        return account_page(request, person, database, errors=errors)
    with database.writing() as session:
        service.change_settings(session, person.id, edit)
        audit.record(session, person.id, "user.settings", person.pid, given)
    return RedirectResponse("/account?" + urlencode({"saved": "settings"}), 303)


@router.get("/account/keys")
def show_keys(request: Request, person: Reviewer, database: Database, label_set: Text = "") -> Response:
    """One's own keys with a label set, in the layout that one uses, and how to change them."""
    return keys_page(request, "accounts/keys.html", person, database, label_set)


@router.get("/account/keys/print")
def show_key_sheet(request: Request, person: Reviewer, database: Database, label_set: Text = "") -> Response:
    """The same on a sheet of paper."""
    return keys_page(request, "accounts/keys_print.html", person, database, label_set)


@router.post("/account/password")
def save_password(
    request: Request,
    person: ReviewerByForm,
    database: Database,
    settings: Settings,
    current: Words,
    password: Words,
) -> Response:
    """Another password; every other browser of this person is signed out."""
    try:
        with database.reading() as session:
            service.credentials(session, person.name, current)
        with database.writing() as session:
            service.change_password(session, person.id, person.name, password)
            audit.record(session, person.id, "user.password", person.pid)
    except (WrongPassword, UnusablePassword, TooManyAttempts) as error:
        if isinstance(error, WrongPassword):
            with database.writing() as session:
                service.note_failure(session, person.name)
        field = "password" if isinstance(error, UnusablePassword) else "current"
        return account_page(request, person, database, errors={field: told(request, error)})
    return signed_in(request, database, settings, person.id, "/account?" + urlencode({"saved": "password"}))


@router.get("/users")
def show_users(request: Request, admin: Admin, database: Database) -> Response:
    """Everybody, and how to invite somebody."""
    with database.reading() as session:
        return page(request, "accounts/users.html", admin, users=queries.users(session))


def keys_page(request: Request, template: str, person: Person, database: DatabaseClass, name: str) -> Response:
    """A page about one's own keys with a label set: the one that is asked for, or the first there is."""
    with database.reading() as session:
        known = labels.label_sets(session) or [load_builtin("mll23")]
        chosen = service.label_set_named(session, name) if name else known[0]
    sheet = key_sheet(person.preferences, chosen, language_of(request, person.settings).code)
    return page(request, template, person, settings=person.preferences, label_sets=known, chosen=chosen, sheet=sheet)


def account_page(
    request: Request,
    person: Person,
    database: DatabaseClass,
    saved: str | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    """One's own account, with what was wrong where something was."""
    with database.reading() as session:
        tokens = queries.tokens(session, person.id)
    answer = page(
        request,
        "accounts/account.html",
        person,
        settings=person.preferences,
        tokens=tokens,
        saved=saved,
        errors=errors or {},
    )
    answer.status_code = 422 if errors else 200
    return answer


def inside(target: str) -> str:
    """A place on this server; anything else would let a link send people elsewhere after they signed in."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/"
    plain = not parts.scheme and not parts.netloc and target.startswith("/") and not target.startswith("//")
    return target if plain and "\\" not in target and target.isprintable() else "/"


def signed_in(request: Request, database: DatabaseClass, settings: SettingsClass, user: int, target: str) -> Response:
    """A redirect that carries the new session's cookie."""
    answer = RedirectResponse(target, 303)
    give_session(request, answer, database, settings, user)
    return answer


def refused(request: Request, template: str, status: int, **context: object) -> Response:
    """The same page again, with what was wrong."""
    answer = page(request, template, None, **context)
    answer.status_code = status
    return answer


def told(request: Request, error: CytoreviewError) -> str:
    """What was wrong, in the language of the page."""
    return language_for(request).error(error)
