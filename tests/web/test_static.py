"""Static files: kept for ever under the address that pages give them, with all that they import."""

import re
from urllib.parse import urljoin

import httpx

from tests.serving import Server

FOR_EVER = "public, max-age=31536000, immutable"


def test_a_page_names_files_that_may_be_kept_for_ever_and_so_may_what_they_import(server: Server) -> None:
    page = httpx.get(f"{server.url}/sign-in").text
    (script,) = re.findall(r'<script type="module" src="([^"]+/page\.js)"', page)
    address = urljoin(server.url, script)
    module = httpx.get(address)
    assert module.headers["cache-control"] == FOR_EVER
    imported = re.findall(r'from "(\./[^"]+)"|^import "(\./[^"]+)"', module.text, re.MULTILINE)
    assert imported
    for names in imported:
        answer = httpx.get(urljoin(address, next(filter(None, names))))
        assert (answer.status_code, answer.headers["cache-control"]) == (200, FOR_EVER)


def test_an_address_without_the_digest_or_with_an_old_one_is_asked_for_again(server: Server) -> None:
    for path in ("/static/css/base.css", "/static/0123456789/css/base.css"):
        answer = httpx.get(server.url + path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")


def test_what_is_not_there_is_not_kept(server: Server) -> None:
    page = httpx.get(f"{server.url}/sign-in").text
    (sheet,) = re.findall(r'href="([^"]+/base\.css)"', page)
    answer = httpx.get(server.url + sheet.replace("base.css", "nothing.css"))
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
