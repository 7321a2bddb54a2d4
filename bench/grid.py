"""A page of a hundred cells, from asking for it to its last picture on the screen, and from confirming it to the
server's answer for all of them, measured inside the page in Chromium."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.demo.drawing import FREQUENCY
from bench.figures import Figure, at_most
from bench.keying import driven
from bench.stage import Stage

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CELLS = 100
RUNS = 3
RAREST, *_ = sorted(FREQUENCY, key=lambda label: FREQUENCY[label])
MOST_FREQUENT = sorted(FREQUENCY, key=lambda label: -FREQUENCY[label])[:RUNS]
"""A class a run, each with more than a page of cells from a twentieth of the corpus on."""

WIDTH, HEIGHT = 1920, 1300
"""So large that a hundred cells need no scrolling: only what was on the screen is confirmed."""

WATCH = f"""
const measured = {{ complete: null, pressed: null, saved: null }};
window.measured = measured;
const afterFrame = (call) => requestAnimationFrame(() => {{
  const {{ port1, port2 }} = new MessageChannel();
  port1.onmessage = call;
  port2.postMessage(null);
}});
const keyPressed = ({{ key, timeStamp }}) => {{ if (key === "Enter") measured.pressed = timeStamp; }};
window.addEventListener("keydown", keyPressed, true);
new MutationObserver(() => {{
  if (measured.complete === null && document.querySelectorAll("cell-grid img").length === {CELLS}) {{
    measured.complete = 0;
    afterFrame(() => {{ measured.complete = performance.now(); }});
  }}
  const state = document.querySelector("save-state")?.dataset.kind;
  if (state === "unsaved" && measured.pressed !== null) measured.waiting = true;
  if (state === "saved" && measured.waiting) measured.saved ??= performance.now();
}}).observe(document, {{ childList: true, subtree: true, attributes: true, attributeFilter: ["data-kind"] }});
"""
COMPLETE = """() => new Promise((resolve, reject) => {
  const look = () => {
    if (window.measured.complete) resolve(window.measured.complete);
    else if (performance.now() > 60000) reject(new Error("the page didn't get complete"));
    else requestAnimationFrame(look);
  };
  look();
})"""
"""Milliseconds from the beginning of the navigation to the first task after the frame with the last picture."""
STANDS = """(words) => new Promise((resolve, reject) => {
  const page = document.querySelector("grid-page");
  const look = () => {
    const isSeen = document.querySelector("[data-part=main-act-text]").textContent.includes(words);
    if (isSeen && performance.now() > page.mayConfirmFrom) resolve();
    else if (performance.now() > 60000) reject(new Error("the page was not all on the screen"));
    else requestAnimationFrame(look);
  };
  look();
})"""
SAVED = """() => new Promise((resolve, reject) => {
  const { measured } = window;
  const look = () => {
    if (measured.saved) resolve(measured.saved - measured.pressed);
    else if (performance.now() > 60000) reject(new Error("the batch was not acknowledged"));
    else requestAnimationFrame(look);
  };
  look();
})"""
"""Milliseconds from the key's time stamp to the server's answer for every cell."""


def grid_page(stage: Stage) -> list[Figure]:
    """Both figures over pages whose pictures this browser hasn't seen; the page's scripts it knows."""
    complete: list[float] = []
    confirmed: list[float] = []
    with driven() as browser:
        for label in MOST_FREQUENT:
            have_rendered(browser, stage, label)
            opened, acknowledged = one_page(browser, stage, label)
            complete.append(opened)
            confirmed.append(acknowledged)
    return [
        Figure(f"grid page of {CELLS}, all pictures painted", "ms", complete, at_most(500)),
        Figure(f"batch of {CELLS} confirmed and acknowledged", "ms", confirmed, at_most(300)),
    ]


def have_rendered(browser: "Browser", stage: Stage, label: str) -> None:
    """Look at the class in another browser: a picture is rendered when it is first asked for, once in its life."""
    with signed_in(browser, stage) as page:
        page.goto(f"{grid_of(stage)}?label={label}")
        page.select_option("[data-part=size]", str(CELLS))
        page.wait_for_load_state("networkidle")


def one_page(browser: "Browser", stage: Stage, label: str) -> tuple[float, float]:
    """One page opened and confirmed in a browser of its own, which was at a class of few cells before."""
    with signed_in(browser, stage) as page:
        page.goto(f"{grid_of(stage)}?label={RAREST}")
        page.wait_for_load_state("networkidle")
        page.add_init_script(WATCH)
        page.goto(f"{grid_of(stage)}?label={label}")
        complete = float(page.evaluate(COMPLETE))
        page.evaluate(STANDS, str(CELLS))
        page.wait_for_load_state("networkidle")
        page.keyboard.press("Enter")
        return complete, float(page.evaluate(SAVED))


@contextmanager
def signed_in(browser: "Browser", stage: Stage) -> Iterator["Page"]:
    """A page of a browser that has seen nothing yet."""
    address = f"http://127.0.0.1:{stage.server.port}"
    with browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}) as context:
        context.add_cookies([{"name": "cytoreview_session", "value": stage.cookie, "url": address}])
        yield context.new_page()


def grid_of(stage: Stage) -> str:
    """Where the grid of the measured round is."""
    return f"http://127.0.0.1:{stage.server.port}/rounds/{stage.round}/grid"
