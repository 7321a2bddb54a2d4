"""What a process keeps of reviews and figures, so that a page of them costs little while nothing new was said.

Nothing that is kept is ever stale: reviews are only added, so their number and the last one's row tell whether what is
kept is what the database has. Another process keeps its own.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from app.database import Database, Reading
from app.quality import queries
from app.quality.queries import Recorded

if TYPE_CHECKING:
    from app.quality.answers import Answers

MOST_REVIEWS = 2_000_000
"""Reviews of all datasets together that a process keeps, at 48 bytes each."""

MOST_FIGURES = 200

Value = TypeVar("Value")


class Shelf(Generic[Value]):
    """The values that were asked for last, up to a total weight. Threads may share it."""

    def __init__(self, most: int, weight: Callable[[Value], int] = lambda value: 1) -> None:
        self._most = most
        self._weight = weight
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Value | None:
        """What is kept under a key."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Hashable, value: Value) -> None:
        """Keep a value, and let those go that were asked for longest ago; the last one stays, however heavy."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            total = sum(map(self._weight, self._values.values()))
            while total > self._most and len(self._values) > 1:
                _, gone = self._values.popitem(last=False)
                total -= self._weight(gone)


class Kept:
    """What is kept of one database."""

    def __init__(self) -> None:
        self._answers: Shelf[Answers] = Shelf(MOST_REVIEWS, len)
        self._figures: Shelf[Any] = Shelf(MOST_FIGURES)

    def answers(self, session: Reading, dataset: int, rounds: Collection[int]) -> "tuple[Answers, Recorded]":
        """Every review of a dataset's opened rounds, and how far recording had come. Only new ones are read."""
        # NumPy is loaded with the first figures, and never at a start.
        from app.quality.answers import read

        wanted = queries.recorded(session, rounds)
        known = self._answers.get(dataset)
        if known is not None and matches(known, wanted):
            return known, wanted
        found = None
        if known is not None and len(known):
            newer = queries.answers(session, rounds, int(known.id[-1]), wanted.last)
            found = read(newer, known)
        # Where ids were committed out of order, one below the last that is kept came later: all is read again.
        if found is None or not matches(found, wanted):
            found = read(queries.answers(session, rounds, 0, wanted.last))
        self._answers.put(dataset, found)
        return found, wanted

    def figures(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Figures that are kept under a key that says all they are made of; made where there are none."""
        found: Value | None = self._figures.get(key)
        if found is None:
            found = make()
            self._figures.put(key, found)
        return found


def matches(answers: "Answers", recorded: Recorded) -> bool:
    """Whether these are all reviews that were recorded."""
    last = int(answers.id[-1]) if len(answers) else 0
    return (len(answers), last) == (recorded.reviews, recorded.last)


_kept: WeakKeyDictionary[Database, Kept] = WeakKeyDictionary()


def kept(database: Database) -> Kept:
    """What this process keeps of a database."""
    found = _kept.get(database)
    if found is None:
        found = _kept.setdefault(database, Kept())
    return found
