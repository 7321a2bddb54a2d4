"""What goes over the wire about people and tokens."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.database import Text


class Given(BaseModel):
    """What a caller sends: an unknown field is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class NewUser(Given):
    """A person to be invited."""

    name: Annotated[Text, Field(max_length=200, examples=["reviewer1"])]
    role: Literal["reviewer", "adjudicator", "admin"] = "reviewer"


class Credentials(Given):
    """Name and password, as the sign-in page asks for them."""

    name: Annotated[Text, Field(max_length=1000, examples=["reviewer1"])]
    password: Annotated[Text, Field(max_length=1000, examples=["correct horse battery staple"])]


class OpenedSession(BaseModel):
    """Who is signed in now. The session itself is the cookie."""

    id: str
    name: str
    csrf: Annotated[str, Field(description="What writes of this browser repeat in `X-CSRF-Token`.")]


class UserEdit(Given):
    """Another role, or no more access."""

    role: Literal["reviewer", "adjudicator", "admin"] | None = None
    disabled: bool | None = None


class UserView(BaseModel):
    """A person in a list."""

    id: str
    name: str
    role: str
    created_at: datetime
    disabled: bool
    invited: Annotated[bool, Field(description="They have no password yet.")]


class UserList(BaseModel):
    """People, by name."""

    items: list[UserView]


class InvitedUser(BaseModel):
    """A person with the one-time link to hand over; it is shown once."""

    id: str
    name: str
    role: str
    link: str


class NewToken(Given):
    """A token to be made."""

    name: Annotated[Text, Field(min_length=1, max_length=60)]
    days: Annotated[int, Field(ge=1, le=730)] = 90


class TokenView(BaseModel):
    """A token in a list; the token itself is never shown again."""

    id: str
    name: str
    created_at: datetime
    expires_at: datetime


class TokenList(BaseModel):
    """A person's tokens that work."""

    items: list[TokenView]


class MadeToken(BaseModel):
    """A token, shown once."""

    id: str
    name: str
    token: str
