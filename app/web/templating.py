"""Pages from Jinja templates: one environment, the formatting of figures and moments, and what every page knows."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

if TYPE_CHECKING:
    from jinja2 import Environment

SITE = Path(__file__).parent.parent.parent
"""The folder in which ``templates`` and ``static`` lie, in a checkout and in a wheel."""

translations = NullTranslations()


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


def number(value: float | None, digits: int = 0) -> str:
    """A figure with thousands separated, an en dash where there is none."""
    return "–" if value is None else f"{value:,.{digits}f}"


def percent(share: float | None, digits: int = 1) -> str:
    """A share of one as a percentage, with the space that typography wants."""
    return "–" if share is None else f"{100 * share:,.{digits}f} %"


def interval(low: float, high: float, digits: int = 1) -> str:
    """The two ends of a share's interval, in percent."""
    return f"{100 * low:.{digits}f}–{100 * high:.{digits}f}"


def moment(value: datetime | None) -> Markup | str:
    """A moment that a script on the page may show in the reader's time zone."""
    if value is None:
        return "–"
    return Markup('<time datetime="{}">{} UTC</time>').format(
        value.isoformat(timespec="seconds"), value.strftime("%Y-%m-%d %H:%M")
    )


def duration(seconds: float | None) -> str:
    """Seconds in the largest two units."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def file_size(count: float) -> str:
    """Bytes in the unit that keeps the figure short."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:,.0f} {unit}" if unit == "B" else f"{count:,.1f} {unit}"
        count /= 1000
    raise AssertionError


@cache
def asset(path: str) -> str:
    """The address of a static file, with its digest, so that a browser may keep it for ever."""
    digest = hashlib.sha256((SITE / "static" / path).read_bytes()).hexdigest()[:10]
    return f"/static/{path}?v={digest}"


@cache
def environment() -> "Environment":
    """The one Jinja environment."""
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
    made.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(
        number=number,
        percent=percent,
        datetime=moment,
        duration=duration,
        file_size=file_size,
    )
    made.globals.update(asset=asset, interval=interval)
    return made


def page(request: Request, template: str, person: Visitor | None, /, **context: Any) -> HTMLResponse:
    """A page for a person, or for nobody."""
    navigation = getattr(request.app.state, "navigation", None)
    html = (
        environment()
        .get_template(template)
        .render(
            request_id=getattr(request.state, "request_id", ""),
            url_path=request.url.path,
            person=person,
            csrf_token=person.csrf if person else "",
            theme=(person.settings if person else {}).get("theme", "system"),
            nav=navigation(person) if navigation and person else None,
            **context,
        )
    )
    return HTMLResponse(html, headers={"Cache-Control": "no-store"})
