"""The browser that tests drive, and the cells that they look at."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from scripts.chromium import SWITCHES
from tests.browser.corpus import Corpus, drawn_corpus
from tests.browser.desk import Desk, furnished

SECONDS_TO_WAIT = 20


@pytest.fixture(scope="module")
def browser(chromium_path: Path) -> Iterator[Browser]:
    """One Chromium for a module; each test opens a context of its own.

    Playwright keeps an event loop running in this thread, which tests elsewhere must not find here.
    """
    expect.set_options(timeout=SECONDS_TO_WAIT * 1000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """A small folder of drawn cells."""
    return drawn_corpus(tmp_path_factory.mktemp("corpus") / "cells")


@pytest.fixture(scope="session")
def desk(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One server with cells enough for long sittings."""
    with furnished(migrated_sqlite, tmp_path_factory.mktemp("desk")) as desk:
        yield desk
