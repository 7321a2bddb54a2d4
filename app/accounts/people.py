"""A person as the rest of the product sees one, and what names and passwords must be like."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.accounts.errors import UnusableName, UnusablePassword
from app.accounts.models import Role
from app.accounts.preferences import PersonSettings

NAME = re.compile(r"[\w][\w.\- ]{0,58}[\w]|[\w]")
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200


@dataclass(frozen=True)
class Person:
    """Somebody who has proven who they are.

    ``csrf`` is what a write from their browser must repeat; it is empty where a token proved it.
    """

    id: int
    pid: str
    name: str
    role: Role
    settings: Mapping[str, Any] = field(default_factory=dict)
    csrf: str = ""

    @property
    def preferences(self) -> PersonSettings:
        """What this person prefers, with defaults for what they never said."""
        return PersonSettings.of(self.settings)

    def may(self, role: Role) -> bool:
        """Whether this person may do what ``role`` may."""
        return self.role.includes(role)


def checked_name(name: str) -> str:
    """A sign-in name as it is stored: composed, lower case, without blanks around it."""
    stored = unicodedata.normalize("NFC", name).strip().casefold()
    if not NAME.fullmatch(stored):
        raise UnusableName(
            "A name has 1 to 60 letters, digits, dots, dashes, underscores or blanks, and begins and ends with a "
            "letter or digit.",
            "name",
        )
    return stored


def check_password(password: str, name: str) -> None:
    """Refuse what is guessed at once; length is what counts (NIST SP 800-63B)."""
    if len(password) < SHORTEST_PASSWORD:
        raise UnusablePassword("A password has at least {least} characters.", "password", least=SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        raise UnusablePassword("A password has at most {most} characters.", "password", most=LONGEST_PASSWORD)
    if password.casefold() == name or len(set(password)) < 4:
        raise UnusablePassword("This password is too easy to guess: take another.", "password")
