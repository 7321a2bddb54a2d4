"""A reviewer's desk for tests of what must never happen: cells enough for a long sitting, and a witness in the page who
notes, for every key, which picture was on the screen when it was pressed."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page

from app.database import Database
from tests.browser import house
from tests.browser.house import MLL23, a_round_of_ones_own, draw_grained, recorded
from tests.browser.screens import KEYS, Workplace, sign_in
from tests.factories import PASSWORD
from tests.serving import Server

CELLS = 200
DRAWINGS = 4
LABEL = "neutrophil_segmented"
CLASS_OF = {key: name for name, key in KEYS.items()}
"""The class that a key chooses."""
SWEEP = [KEYS[name] for name in ("monocyte", "lymphocyte", "eosinophil", "basophil", "neutrophil_band")]
"""Keys to press in turn, so that an answer that went to another cell shows."""

WITNESS = """() => {
  let painted = null;
  const look = () => {
    const address = document.querySelector("cell-viewer [data-part=picture] img")?.getAttribute("src") ?? null;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      painted = address;
      port1.close();
    };
    port2.postMessage(null);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  addEventListener("keydown", ({ key, repeat }) => repeat || window.pressed(key, painted), { capture: true });
}"""


@dataclass
class Witness:
    """What was on the screen at each key: the assignment whose picture the last frame had, or None."""

    presses: list[tuple[str, str | None]] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        """From now on, on every page that is opened, also after reloads."""

        def hear(source: Any, key: str, address: str | None) -> None:
            self.presses.append((key, address.split("/")[-2] if address else None))

        context.expose_binding("pressed", hear)
        context.add_init_script(f"({WITNESS})()")

    @property
    def seen_with(self) -> set[tuple[str, str]]:
        """Assignments with the class whose key was pressed while they were on the screen."""
        return {(on_screen, CLASS_OF[key]) for key, on_screen in self.presses if on_screen and key in CLASS_OF}


@dataclass(frozen=True)
class Desk:
    """A server with a dataset. Every test has a round and a reviewer of its own."""

    server: Server
    database: Database

    def task(self, presentation: str = "blind") -> "Task":
        """A round of one reviewer's over all cells."""
        return Task(self, *a_round_of_ones_own(self.database, presentation))


@dataclass(frozen=True)
class Task:
    """A round of one reviewer's."""

    desk: Desk
    round: str
    reviewer: str

    @property
    def url(self) -> str:
        return f"{self.desk.server.url}/rounds/{self.round}/review"

    def come_in(self, context: BrowserContext) -> None:
        """The reviewer is signed in in this browser."""
        house.come_in(context, self.desk.server, self.desk.database, self.reviewer)

    def sign_in(self, page: Page) -> None:
        """The reviewer signs in by the form."""
        sign_in(page, self.desk.server.url, self.reviewer, PASSWORD)

    def open(self, page: Page) -> Workplace:
        page.goto(self.url)
        return Workplace(page)

    def reviews(self) -> list[Any]:
        """Everything that was recorded, in order."""
        return recorded(self.desk.database, self.round)

    def check(self, witness: Witness, decided: int) -> None:
        """So many cells have an answer: none lost, none doubled, each on the screen when its key was pressed."""
        reviews = self.reviews()
        given = Counter(review.pid for review in reviews)
        assert given.total() == len(given) == decided, given.most_common(3)
        unseen = {(review.pid, MLL23[review.label].name) for review in reviews} - witness.seen_with
        assert unseen == set()
        answered = [on_screen for key, on_screen in witness.presses if on_screen and key in CLASS_OF]
        assert set(answered) == set(given)


def label_of(review: Any) -> str:
    """The class that a review says."""
    return MLL23[review.label].name


def sweep(work: Workplace, cells: int, start: int = 0) -> None:
    """Answer so many cells, each as soon as it is on the screen; the one after them is on it in the end."""
    work.address = None
    work.see_or_end()
    for number in range(start, start + cells):
        work.press(SWEEP[number % len(SWEEP)])
        work.see_or_end()


@contextmanager
def furnished(migrated_sqlite: Path, home: Path) -> Iterator[Desk]:
    """A desk in this folder, over pictures of one class."""
    draw_grained(home / "cells", LABEL, CELLS, DRAWINGS)
    with house.furnished(migrated_sqlite, home, home / "cells") as (server, database):
        yield Desk(server, database)
