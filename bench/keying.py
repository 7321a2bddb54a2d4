"""From a key press to the next picture on the screen, measured inside the page in Chromium.

The floor is a page that only draws: the same pictures, decoded ahead, one put in the place of the other at each key.
Both are measured in the same run, in the same browser, with the same keys.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from bench.figures import Figure, at_most, p95
from bench.lateness import late
from bench.stage import Stage
from scripts.chromium import SWITCHES, chromium

CELLS = 300
RUNS = 3
BETWEEN = 250
"""Milliseconds between two presses: four cells a second, faster than anybody judges for long."""
DELAY = 300
"""Milliseconds that are added to every answer."""
FRAME = 1000 / 60
SUSTAINED = 30
"""Cells at three a second over which requests are counted."""
THIRD = 333
MEMORY_AT = (500, 1000, 2000)

WATCH = """(selector) => {
  const seen = { pressed: 0, painted: null };
  window.measured = seen;
  window.addEventListener("keydown", (event) => { seen.pressed = event.timeStamp; seen.painted = null; }, true);
  const afterFrame = (call) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { port1.close(); call(); };
    port2.postMessage(null);
  });
  const place = document.querySelector(selector);
  new MutationObserver(() => {
    const image = place.querySelector("img");
    const pressed = seen.pressed;
    if (image && image.complete && image.naturalWidth > 0) {
      afterFrame(() => { if (seen.pressed === pressed) seen.painted = performance.now(); });
    }
  }).observe(place, { childList: true });
}"""
PAINTED = "() => window.measured.painted !== null"
TOOK = "() => window.measured.painted - window.measured.pressed"

DRAW_ONLY = """async (addresses) => {
  const images = await Promise.all(addresses.map(async (address) => {
    const image = new Image();
    image.decoding = "sync";
    image.src = address;
    await image.decode();
    return image;
  }));
  const place = document.createElement("div");
  place.id = "place";
  document.body.replaceChildren(place);
  let next = 0;
  const draw = () => place.replaceChildren(images[next++ % images.length]);
  addEventListener("keydown", draw);
  draw();
}"""
"""A page that does nothing but draw the next picture at each key."""

PICTURE = "cell-viewer [data-part=picture]"


def key_press(stage: Stage) -> list[Figure]:
    """The 95th percentile over many cells, beside a page that only draws, with answers as they come and late ones."""
    port = stage.server.port
    only = "a page that only draws"
    with browsing(stage) as context, late(port, DELAY) as far:
        drawn = [p95(drawing_only(context, port, stage)) for _ in range(RUNS)]
        prompt = [p95(reviewing(context, port, stage)) for _ in range(RUNS)]
        tardy = [p95(reviewing(context, far, stage)) for _ in range(RUNS)]
        sustained = [posts(context, port, stage)]
    floor = median(drawn)
    bound = at_most(floor + FRAME)
    return [
        Figure("key press to next picture painted, p95", "ms", prompt, bound, floor, only),
        Figure(f"the same with {DELAY} ms added to answers, p95", "ms", tardy, bound, floor, only),
        Figure("POSTs a second at three cells a second", "", sustained, at_most(1)),
    ]


def memory(stage: Stage) -> list[Figure]:
    """What the page holds after many cells, in multiples of what it held after the first few hundred."""
    with browsing(stage) as context:
        page = opened(context, stage.server.port, stage)
        session = context.new_cdp_session(page)
        held: list[float] = []
        for cells, until in zip((0, *MEMORY_AT), MEMORY_AT, strict=False):
            for _ in range(until - cells):
                press(page)
            session.send("HeapProfiler.collectGarbage")
            used = session.send("Runtime.getHeapUsage")
            held.append(float(used["usedSize"]) / 2**20)
        names = [f"memory of the page after {cells:,} cells" for cells in MEMORY_AT]
        floor = held[0]
        return [
            Figure(name, "MB", [one], at_most(floor * 1.1 + 0.5), floor, f"after {MEMORY_AT[0]} cells")
            for name, one in zip(names, held, strict=True)
        ]


@contextmanager
def browsing(stage: Stage) -> Iterator[Any]:
    """A signed-in browser."""
    address = f"http://127.0.0.1:{stage.server.port}"
    with driven() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([{"name": "cytoreview_session", "value": stage.cookie, "url": address}])
        yield context


def opened(context: Any, port: int, stage: Stage) -> Any:
    """The review page with its pictures there."""
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/rounds/{stage.round}/review")
    page.wait_for_selector(f"{PICTURE} img")
    page.wait_for_load_state("networkidle")
    page.evaluate(WATCH, PICTURE)
    return page


def press(page: Any) -> float:
    """One decision; how long until the next picture was painted."""
    page.keyboard.press("d")
    page.wait_for_function(PAINTED)
    return float(page.evaluate(TOOK))


def closed(page: Any) -> None:
    """Leave when everything is saved."""
    page.wait_for_function("() => document.querySelector('save-state').dataset.kind === 'saved'")
    page.close()


def reviewing(context: Any, port: int, stage: Stage) -> list[float]:
    """Decide on cells one after the other."""
    page = opened(context, port, stage)
    took = []
    for _ in range(CELLS // RUNS):
        took.append(press(page))
        page.wait_for_timeout(BETWEEN)
    closed(page)
    return took


def drawing_only(context: Any, port: int, stage: Stage) -> list[float]:
    """The same number of pictures, which are only drawn."""
    page = opened(context, port, stage)
    pictures = page.evaluate(
        """async (round) => (await (await fetch(`/api/v1/rounds/${round}/queue?limit=40`)).json())
        .items.map(({ image_url }) => image_url)""",
        stage.round,
    )
    page.goto(f"http://127.0.0.1:{port}/help")
    page.evaluate(DRAW_ONLY, pictures)
    page.evaluate(WATCH, "#place")
    took = []
    for _ in range(CELLS // RUNS):
        took.append(press(page))
        page.wait_for_timeout(BETWEEN)
    page.close()
    return took


def posts(context: Any, port: int, stage: Stage) -> float:
    """Writes a second while somebody decides on three cells a second."""
    page = opened(context, port, stage)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    begun = time.monotonic()
    for number in range(SUSTAINED):
        press(page)
        page.wait_for_timeout(max(0, begun * 1000 + THIRD * (number + 1) - time.monotonic() * 1000))
    seconds = time.monotonic() - begun
    count = len(sent)
    closed(page)
    return (count - 1) / seconds


@contextmanager
def driven() -> Iterator[Any]:
    """Chromium, as tests drive it."""
    from playwright.sync_api import sync_playwright

    found = chromium()
    if found is None:
        raise RuntimeError("No Chromium: install it, or name it in CYTOREVIEW_TEST_CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=SWITCHES)
        yield browser
        browser.close()
