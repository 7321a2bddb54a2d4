"""What can go wrong with people and with proving who they are."""

from app.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated


class UnusableName(Invalid):
    """A sign-in name that can't be stored."""


class UnusablePassword(Invalid):
    """A password that is guessed too easily."""


class UnusableKey(Invalid):
    """A key that can't be given this meaning."""


class UnknownRole(Invalid):
    """A role that doesn't exist."""


class NameTaken(Conflict):
    """Another person has this sign-in name."""


class UnknownUser(NotFound):
    """No such person."""


class UnknownToken(NotFound):
    """No such token of this person."""


class SpentLink(NotFound):
    """A one-time link that was used, has expired, or never was."""


class WrongPassword(Unauthenticated):
    """Name and password don't fit."""


class NotSignedIn(Unauthenticated):
    """Nobody is signed in."""


class MissingCsrf(Forbidden):
    """A write from a browser without the page's token."""


class RoleTooLow(Forbidden):
    """The person's role doesn't allow it."""


class LastAdmin(Conflict):
    """Nobody would be left to administer."""


class TooManyAttempts(TooMany):
    """Too many wrong passwords for one name."""
