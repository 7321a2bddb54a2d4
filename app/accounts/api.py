"""REST of people and tokens."""

from dataclasses import asdict

from fastapi import APIRouter, Request, Response

from app.accounts import queries, service
from app.accounts.access import COOKIE, Admin, Public, Reviewer
from app.accounts.errors import WrongPassword
from app.accounts.preferences import PersonSettings, SettingsEdit
from app.accounts.schemas import (
    Credentials,
    InvitedUser,
    MadeToken,
    NewToken,
    NewUser,
    OpenedSession,
    TokenList,
    TokenView,
    UserEdit,
    UserList,
    UserView,
)
from app.audit import service as audit
from app.database import Database as DatabaseClass
from app.database import Reading
from app.settings import Settings as SettingsClass
from app.web.dependencies import Database, Settings

router = APIRouter(prefix="/api/v1", tags=["people"])


@router.post("/session", dependencies=[Public])
def open_session(
    given: Credentials, request: Request, response: Response, database: Database, settings: Settings
) -> OpenedSession:
    """Sign this browser in by its cookie, without leaving the page."""
    user = user_by_password(database, given.name, given.password)
    secret = give_session(request, response, database, settings, user)
    with database.reading() as session:
        person = queries.person_by_session(session, secret)
        assert person is not None
    return OpenedSession(id=person.pid, name=person.name, csrf=person.csrf)


@router.get("/account")
def read_account(person: Reviewer) -> OpenedSession:
    """Who is signed in here. With a token `csrf` is empty: nothing needs it."""
    return OpenedSession(id=person.pid, name=person.name, csrf=person.csrf)


@router.get("/users")
def list_users(admin: Admin, database: Database) -> UserList:
    """Everybody, by name."""
    with database.reading() as session:
        return UserList(items=[UserView(**asdict(user)) for user in queries.users(session)])


@router.post("/users", status_code=201)
def create_user(new: NewUser, admin: Admin, database: Database, settings: Settings, request: Request) -> InvitedUser:
    """A new person, with the link by which they choose their password."""
    with database.writing() as session:
        user = service.create_user(session, new.name, new.role)
        secret = service.issue_link(session, "invite", user)
        made = queries.person_by_name(session, new.name)
        audit.record(session, admin.id, "user.create", made.pid, {"name": made.name, "role": made.role})
    return InvitedUser(id=made.pid, name=made.name, role=made.role, link=link(request, settings, secret))


@router.patch("/users/{user_id}")
def edit_user(user_id: str, edit: UserEdit, admin: Admin, database: Database) -> UserView:
    """Give another role, take access away, or give it back. The last admin stays one."""
    with database.writing() as session:
        service.change_user(session, queries.user_id(session, user_id), edit.role, edit.disabled)
        audit.record(session, admin.id, "user.edit", user_id, edit.model_dump(exclude_none=True))
        return view(session, user_id)


@router.post("/users/{user_id}/link")
def issue_link(user_id: str, admin: Admin, database: Database, settings: Settings, request: Request) -> InvitedUser:
    """A new link by which this person chooses a password; earlier ones no longer work."""
    with database.writing() as session:
        row = queries.user_id(session, user_id)
        user = view(session, user_id)
        secret = service.issue_link(session, "invite" if user.invited else "reset", row)
        audit.record(session, admin.id, "user.link", user_id)
    return InvitedUser(id=user_id, name=user.name, role=user.role, link=link(request, settings, secret))


@router.get("/account/settings")
def read_settings(person: Reviewer) -> PersonSettings:
    """What the caller prefers, with defaults for what they never said."""
    return person.preferences


@router.patch("/account/settings")
def edit_settings(edit: SettingsEdit, person: Reviewer, database: Database) -> PersonSettings:
    """Change what the caller prefers; what isn't named stays."""
    with database.writing() as session:
        settings = service.change_settings(session, person.id, edit)
        audit.record(session, person.id, "user.settings", person.pid, edit.model_dump(mode="json", exclude_none=True))
    return settings


@router.get("/tokens")
def list_tokens(person: Reviewer, database: Database) -> TokenList:
    """The caller's tokens that work, newest first."""
    with database.reading() as session:
        return TokenList(items=[TokenView(**asdict(token)) for token in queries.tokens(session, person.id)])


@router.post("/tokens", status_code=201)
def create_token(new: NewToken, person: Reviewer, database: Database) -> MadeToken:
    """A personal token. It is shown in this answer and never again."""
    with database.writing() as session:
        made = service.create_token(session, person.id, new.name, new.days)
        audit.record(session, person.id, "token.create", made.pid, {"name": new.name, "days": new.days})
    return MadeToken(id=made.pid, name=new.name, token=made.secret)


@router.delete("/tokens/{token_id}", status_code=204)
def revoke_token(token_id: str, person: Reviewer, database: Database) -> None:
    """End one of the caller's tokens."""
    with database.writing() as session:
        service.revoke_token(session, person.id, token_id)
        audit.record(session, person.id, "token.revoke", token_id)


def user_by_password(database: DatabaseClass, name: str, password: str) -> int:
    """Whose name and password these are; checked outside of any writing transaction, since it takes long on purpose."""
    try:
        with database.reading() as session:
            return service.credentials(session, name, password)
    except WrongPassword:
        with database.writing() as session:
            service.note_failure(session, name.strip().casefold()[:60])
        raise


def give_session(
    request: Request, response: Response, database: DatabaseClass, settings: SettingsClass, user: int
) -> str:
    """Open a session, which an answer carries to the browser as a cookie; returns the cookie's secret."""
    with database.writing() as session:
        secret = service.open_session(session, user, settings.session_hours)
        audit.record(session, user, "session.open", "")
    response.set_cookie(
        COOKIE,
        secret,
        max_age=settings.session_hours * 3600,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return secret


def view(session: Reading, pid: str) -> UserView:
    """One person as in the list."""
    return next(UserView(**asdict(user)) for user in queries.users(session) if user.id == pid)


def link(request: Request, settings: SettingsClass, secret: str) -> str:
    """The address of a one-time link, as people reach the server."""
    base = settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
    return f"{base}/setup/{secret}"
