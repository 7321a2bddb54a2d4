"""Every page's markup obeys the content security policy, and every word on it can be translated."""

import re
from html.parser import HTMLParser

import pytest

from app.web.templating import SITE, environment

TEMPLATES = sorted(str(path.relative_to(SITE / "templates")) for path in (SITE / "templates").rglob("*.html"))
JINJA = re.compile(r"{#.*?#}|{% block \w+_class %}[\w -]*{% endblock %}|{%.*?%}|{{.*?}}", re.DOTALL)
SPOKEN = ("alt", "aria-label", "placeholder", "title")
NO_WORDS = {"cytoreview", "SHA-256", "openapi.json", "px", "Enter", "Space", "Esc", "Cmd"}


class Markup(HTMLParser):
    """The elements and the words of a template whose Jinja parts were taken out."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.in_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.in_code |= tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        self.in_code &= tag != "pre"

    def handle_data(self, data: str) -> None:
        if not self.in_code:
            self.words += re.findall(r"[A-Za-zÀ-ÿ][\w.-]+", data)


def markup(name: str) -> Markup:
    read = Markup()
    read.feed(JINJA.sub("", (SITE / "templates" / name).read_text()))
    return read


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_compiles(name: str) -> None:
    environment().get_template(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_has_no_inline_script_style_or_handler(name: str) -> None:
    for tag, attributes in markup(name).elements:
        assert tag != "style"
        assert "style" not in attributes
        assert not any(attribute.startswith("on") for attribute in attributes)
        if tag == "script":
            assert "src" in attributes or attributes.get("type") == "application/json"


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_takes_nothing_from_another_server(name: str) -> None:
    for tag, attributes in markup(name).elements:
        if tag in ("script", "link", "img"):
            source = attributes.get("src") or attributes.get("href") or ""
            assert not source.startswith(("//", "http:", "https:", "data:"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_word_goes_through_the_translation_call(name: str) -> None:
    read = markup(name)
    assert set(read.words) <= NO_WORDS
    for _, attributes in read.elements:
        for attribute in SPOKEN:
            assert not re.search(r"[A-Za-z]{2}", attributes.get(attribute) or "")
