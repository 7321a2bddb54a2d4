"""People, tokens and the audit trail."""

from collections.abc import Iterator
from urllib.parse import quote

from cytoreview_client.connection import API, Connection
from cytoreview_client.models import Event, Invited, MadeToken, Role, Token, User


class People(Connection):
    """Who may do what, and what was done."""

    def users(self) -> list[User]:
        """Everybody, by name."""
        return list(self._items(User, "/users"))

    def create_user(self, name: str, role: Role = "reviewer") -> Invited:
        """A new person, with the link by which they choose a password."""
        return self._write(Invited, "POST", "/users", {"name": name, "role": role})

    def edit_user(self, user_id: str, *, role: Role | None = None, disabled: bool | None = None) -> User:
        """Give another role, take access away, or give it back."""
        given = {"role": role, "disabled": disabled}
        body = {name: value for name, value in given.items() if value is not None}
        return self._write(User, "PATCH", f"/users/{quote(user_id, '')}", body)

    def new_link(self, user_id: str) -> Invited:
        """A new link by which this person chooses a password; earlier ones no longer work."""
        return self._write(Invited, "POST", f"/users/{quote(user_id, '')}/link")

    def tokens(self) -> list[Token]:
        """The tokens of this token's person that work."""
        return list(self._items(Token, "/tokens"))

    def create_token(self, name: str, days: int = 90) -> MadeToken:
        """Another token for this token's person; it is shown this once."""
        return self._write(MadeToken, "POST", "/tokens", {"name": name, "days": days})

    def revoke_token(self, token_id: str) -> None:
        """End a token of this token's person."""
        self._request("DELETE", f"{API}/tokens/{quote(token_id, '')}")

    def events(self, *, kind: str | None = None, actor: str | None = None) -> Iterator[Event]:
        """The audit trail, newest first."""
        return self._items(Event, "/audit/events", kind=kind, actor=actor)
