"""From a key press to the next picture on the screen, measured inside the page in Chromium."""

import os
import shutil

from bench.figures import Figure, at_most, p95
from bench.stage import Stage

CELLS = 200
RUNS = 3
BETWEEN = 120
"""Milliseconds between two presses: faster than anybody looks."""

WATCH = """
() => {
  const seen = { pressed: 0, painted: null };
  window.measured = seen;
  window.addEventListener("keydown", (event) => { seen.pressed = event.timeStamp; seen.painted = null; }, true);
  const afterFrame = (call) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = call;
    port2.postMessage(null);
  });
  new MutationObserver(() => {
    const image = document.querySelector("cell-viewer [data-part=picture] img");
    const pressed = seen.pressed;
    if (image && image.complete && image.naturalWidth > 0) {
      afterFrame(() => { if (seen.pressed === pressed) seen.painted = performance.now(); });
    }
  }).observe(document.querySelector("cell-viewer [data-part=picture]"), { childList: true });
}
"""
PAINTED = "() => window.measured.painted !== null"
TOOK = "() => window.measured.painted - window.measured.pressed"


def key_press(stage: Stage) -> list[Figure]:
    """The 95th percentile over many cells, for each run, and the page's own frame as floor."""
    from playwright.sync_api import sync_playwright

    address = f"http://127.0.0.1:{stage.server.port}"
    runs: list[list[float]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium())
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([{"name": "cytoreview_session", "value": stage.cookie, "url": address}])
        for _ in range(RUNS):
            page = context.new_page()
            page.goto(f"{address}/rounds/{stage.round}/review")
            page.wait_for_selector("cell-viewer [data-part=picture] img")
            page.evaluate(WATCH)
            page.wait_for_timeout(1000)
            took = []
            for _ in range(CELLS // RUNS + 1):
                page.keyboard.press("d")
                page.wait_for_function(PAINTED)
                took.append(float(page.evaluate(TOOK)))
                page.wait_for_timeout(BETWEEN)
            runs.append(took)
            page.wait_for_timeout(1500)
            page.close()
        browser.close()
    values = [p95(took) for took in runs]
    return [Figure("key press to next picture painted, p95", "ms", values, at_most(50), 1000 / 60, "one frame")]


def chromium() -> str:
    """Where the browser is."""
    found = os.environ.get("CYTOREVIEW_TEST_CHROMIUM") or shutil.which("chromium")
    if not found:
        raise RuntimeError("No Chromium: install it, or name it in CYTOREVIEW_TEST_CHROMIUM.")
    return found
