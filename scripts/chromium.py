"""Which Chromium tests and measurements drive, and how it is started."""

import os
import shutil
from pathlib import Path

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
"""What Chromium need not do for us. Its own buttons are web pages since some versions: a new window starts two
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


def chromium() -> Path | None:
    """Debian's Chromium, or the browser that ``CYTOREVIEW_TEST_CHROMIUM`` names; None where there is none."""
    found = os.environ.get("CYTOREVIEW_TEST_CHROMIUM") or shutil.which("chromium")
    return Path(found) if found else None
