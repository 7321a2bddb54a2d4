"""Pages from Jinja templates: an environment for each language, and what every page knows."""

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from fastapi import Request
from fastapi.responses import HTMLResponse

from app.web.speech import LANGUAGES, SITE, language_of, speech

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["SITE", "asset", "environment", "page", "static_digest"]


class Visitor(Protocol):
    """Who looks at a page."""

    @property
    def name(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def csrf(self) -> str: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...


@cache
def static_digest() -> str:
    """Ten digits that change with any static file."""
    hashed = hashlib.sha256()
    files = (file for file in (SITE / "static").rglob("*") if file.is_file())
    for file in sorted(files):
        hashed.update(file.relative_to(SITE).as_posix().encode() + b"\0" + file.read_bytes())
    return hashed.hexdigest()[:10]


def asset(path: str) -> str:
    """The address of a static file below the digest of them all: a browser may keep it for ever, and what it imports by
    a relative path as well."""
    return f"/static/{static_digest()}/{path}"


@cache
def environment(language: str = LANGUAGES[0]) -> "Environment":
    """The one Jinja environment of a language: its templates are compiled once, with its words and figures."""
    # Loaded with the first page: a start has no page to show.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(SITE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    speaks = speech(language)
    made.install_gettext_translations(speaks.translations, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(
        number=speaks.number,
        decimal=speaks.decimal,
        percent=speaks.percent,
        datetime=speaks.moment,
        duration=speaks.duration,
        file_size=speaks.file_size,
        said=speaks.said,
    )
    made.globals.update(asset=asset, interval=speaks.interval, language=language, messages=speaks.of_scripts)
    return made


def page(request: Request, template: str, person: Visitor | None, /, **context: Any) -> HTMLResponse:
    """A page for a person, or for nobody."""
    navigation = getattr(request.app.state, "navigation", None)
    settings = person.settings if person else getattr(request.state, "settings", {})
    language = language_of(request, settings).code
    html = (
        environment(language)
        .get_template(template)
        .render(
            request_id=getattr(request.state, "request_id", ""),
            url_path=request.url.path,
            person=person,
            csrf_token=person.csrf if person else "",
            theme=settings.get("theme", "system"),
            nav=navigation(person) if navigation and person else None,
            **context,
        )
    )
    headers = {"Cache-Control": "no-store", "Content-Language": language, "Vary": "Accept-Language, Cookie"}
    return HTMLResponse(html, headers=headers)
