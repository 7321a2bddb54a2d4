"""The browser that tests drive, and the cells that they look at."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.corpus import Corpus, drawn_corpus
from tests.browser.desk import Desk, furnished

SECONDS_TO_WAIT = 20

NOT_ASKED_FOR = (
    "InitialWebUI",
    "WebUIBackForwardButton",
    "WebUIHomeButton",
    "WebUILocationBar",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "WebUIOmniboxPopup",
    "WebUIReloadButton",
    "WebUISplitTabsButton",
    "WebUIToolbar",
    "PreloadTopChromeWebUI",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
)
"""What Chromium need not do for a test. Its own buttons are web pages since some versions: a new window starts two
processes for them that nobody sees, which took longer than most tests. The last of several lists counts, so what
Playwright switches off stands here too."""

SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--disable-features={','.join(NOT_ASKED_FOR)}",
)


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
