"""The language in which a page, or an error that a page shows, speaks: its words and how it writes figures.

Words are kept in English, which is the key of every translation. ``make messages`` collects them and compiles what
translators made of them; here the compiled catalogues are read once, by the standard library.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import Request
from markupsafe import Markup

from app.errors import CytoreviewError
from app.words import Words

if TYPE_CHECKING:
    from gettext import NullTranslations

SITE = Path(__file__).parent.parent.parent
"""The folder in which ``templates``, ``static`` and ``translations`` lie, in a checkout and in a wheel."""

LANGUAGES = ("en", "de")
"""What there is; the first one is what everything is written in, and what stands in for the rest."""

SEPARATORS = {"de": str.maketrans(",.", ".,")}
"""Of thousands and decimals, where they aren't the English ones."""

NO_BREAK = "\u00a0"


class Speech:
    """One language. ``code`` is what ``<html lang>`` says."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.is_english = code == LANGUAGES[0]
        self._separators = SEPARATORS.get(code, {})

    def say(self, text: str, /, **values: object) -> str:
        """A text with its values: ``say("round {name}", name=…)``. Numbers among them are written as people do."""
        translation = self.translations.gettext(text)
        if not values:
            return translation
        return translation.format(**{name: self._written(value) for name, value in values.items()})

    def count(self, n: int, one: str, many: str, /, **values: object) -> str:
        """One of two texts, by a number that is ``{n}`` in them."""
        text = self.translations.ngettext(one, many, n)
        return text.format(n=self.number(n), **{name: self._written(value) for name, value in values.items()})

    def phrase(self, text: Words) -> str:
        """A text that was made where nobody's language is known."""
        return self.say(text.template, **text.values)

    def phrases(self, texts: Iterable[Words]) -> str:
        """Several of them in a row."""
        return ", ".join(map(self.phrase, texts))

    def said(self, text: object) -> object:
        """The same for templates: words and marked texts in this language, all else as it is."""
        return self.phrase(text) if isinstance(text, Words) else self.say(text) if isinstance(text, str) else text

    def error(self, error: CytoreviewError) -> str:
        """What is wrong, and how to mend it."""
        return self.say(error.template, **error.values)

    @property
    def translations(self) -> "NullTranslations":
        """The catalogue, as Jinja takes it."""
        return catalogue(self.code)

    @property
    def of_scripts(self) -> Markup | None:
        """What the pages' JavaScript says, as JSON; None where it speaks as it is written."""
        return script_messages(self.code)

    def figure(self, text: str) -> str:
        """An English figure with this language's separators."""
        return text.translate(self._separators)

    def number(self, value: float | None, digits: int = 0) -> str:
        """A figure with thousands separated, an en dash where there is none."""
        return "–" if value is None else self.figure(f"{value:,.{digits}f}")

    def decimal(self, value: float) -> str:
        """A figure with as many decimals as it has."""
        return self.figure(f"{value:g}")

    def percent(self, share: float | None, digits: int = 1) -> str:
        """A share of one as a percentage, with the space that typography wants."""
        return "–" if share is None else self.figure(f"{100 * share:,.{digits}f}") + f"{self.blank}%"

    def interval(self, low: float, high: float, digits: int = 1) -> str:
        """The two ends of a share's interval, in percent."""
        return self.figure(f"{100 * low:.{digits}f}–{100 * high:.{digits}f}")

    def moment(self, value: datetime | None) -> Markup | str:
        """A moment that a script on the page may show in the reader's time zone."""
        if value is None:
            return "–"
        return Markup('<time datetime="{}">{} UTC</time>').format(
            value.isoformat(timespec="seconds"), value.strftime("%Y-%m-%d %H:%M")
        )

    def duration(self, seconds: float | None) -> str:
        """Seconds in the largest two units."""
        if seconds is None:
            return "–"
        if seconds < 60:
            return self.say("{n:.1f} s", n=seconds)
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        if hours:
            return self.say("{hours} h {minutes} min", hours=hours, minutes=minutes)
        return self.say("{minutes} min {seconds} s", minutes=minutes, seconds=rest)

    def file_size(self, count: float) -> str:
        """Bytes in the unit that keeps the figure short."""
        for unit in ("B", "kB", "MB", "GB"):
            if count < 1000 or unit == "GB":
                return self.figure(f"{count:,.0f}" if unit == "B" else f"{count:,.1f}") + f"{self.blank}{unit}"
            count /= 1000
        raise AssertionError

    @property
    def blank(self) -> str:
        """Between a figure and its unit."""
        return " " if self.is_english else NO_BREAK

    def _written(self, value: object) -> object:
        """A value as it stands in a text: figures by the language's custom, states and roles by their words."""
        if isinstance(value, Words):
            return self.phrase(value)
        if isinstance(value, Enum):
            return self.say(str(value).replace("_", " "))
        return Figure(value, self) if isinstance(value, int | float) and self._separators else value


class Figure:
    """A number in a text: a format like ``{n:,}`` means the separators of the text's language."""

    def __init__(self, value: float, speech: Speech) -> None:
        self._value = value
        self._speech = speech

    def __format__(self, form: str) -> str:
        return self._speech.figure(format(self._value, form))


@cache
def speech(code: str) -> Speech:
    """One of :data:`LANGUAGES`."""
    return Speech(code)


def language_of(request: Request, settings: Mapping[str, Any]) -> Speech:
    """What a person chose; else what their browser asks for."""
    chosen = settings.get("language")
    return speech(chosen if chosen in LANGUAGES else accepted(request.headers.get("accept-language", "")))


def language_for(request: Request) -> Speech:
    """The language of an answer before it is known who asks, and of errors. Programs, which carry tokens, are
    answered in English.
    """
    if "authorization" in request.headers:
        return speech(LANGUAGES[0])
    return language_of(request, getattr(request.state, "settings", {}))


@lru_cache(maxsize=200)
def accepted(header: str) -> str:
    """The language of ours that an ``Accept-Language`` header likes best."""
    likings: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, weight = part.strip().partition(";q=")
        code = tag.split("-")[0].strip().lower()
        try:
            liking = float(weight or 1)
        except ValueError:
            continue
        if liking > 0 and code in LANGUAGES:
            likings.append((liking, code))
    return max(likings, key=lambda each: each[0])[1] if likings else LANGUAGES[0]


@cache
def catalogue(code: str) -> "NullTranslations":
    """A language's messages; English has none to look up."""
    # Loaded with the first page: a start has nothing to say.
    from gettext import GNUTranslations, NullTranslations

    if code == LANGUAGES[0]:
        return NullTranslations()
    with (messages_of(code) / "messages.mo").open("rb") as file:
        return GNUTranslations(file)


@cache
def script_messages(code: str) -> Markup | None:
    """What JavaScript says in a language, ready for a page."""
    if code == LANGUAGES[0]:
        return None
    return Markup((messages_of(code) / "scripts.json").read_text("utf-8"))


def messages_of(code: str) -> Path:
    return SITE / "translations" / code / "LC_MESSAGES"
