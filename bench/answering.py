"""How fast answers come, beside a bare application in the same run, in turn with it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from uuid import uuid4

from bench.bare import ITEMS
from bench.figures import Figure, at_least_floors, at_most, at_most_floors, p95
from bench.load import Order, Outcome, begin, finish, loaded, request
from bench.processes import Server, answer
from bench.stage import CLIENTS, DATASET, Stage, report_of

RUNS = 3
RECORDED = '"status":"recorded"'
BARE_INSERT, BARE_SELECT = "bare insert", "bare select"


@dataclass(frozen=True)
class Pair:
    """The same load on the product and on its floor, several times in turn."""

    ours: Sequence[Outcome]
    floor: Sequence[Outcome]

    def rates(self, name: str, unit: str, floor_name: str, bound: float, each: int = 1) -> Figure:
        """Answers, or what they hold ``each``, a second."""
        values = [each * outcome.rate for outcome in self.ours]
        floor = median(outcome.rate for outcome in self.floor)
        return Figure(name, unit, values, at_least_floors(bound), floor, floor_name)

    def tails(self, name: str, floor_name: str, bound: float | None = None, most: float | None = None) -> Figure:
        """The 95th percentile, bound by the floor's or by itself."""
        values = [p95(outcome.latencies) for outcome in self.ours]
        floor = median(p95(outcome.latencies) for outcome in self.floor)
        target = at_most_floors(bound) if bound else at_most(most) if most else None
        return Figure(name, "ms", values, target, floor, floor_name)


def in_turn(ours: Callable[[], Order], floor: Callable[[], Order]) -> Pair:
    """Both, in turn."""
    ours_done, floor_done = [], []
    for _ in range(RUNS):
        floor_done.append(loaded(floor()))
        ours_done.append(loaded(ours()))
    return Pair(ours_done, floor_done)


def bare_inserts(bare: Server, clients: int, count: int) -> Order:
    """Single inserts."""

    def one() -> str:
        body = {"id": str(uuid4()), "assignment_id": "k3f7q2mzxw5a6bcd", "verdict": "label"}
        return request("POST", "/insert", body=body | {"label": "neutrophil_segmented", "seconds": 1.8})

    return Order(bare.port, [[one() for _ in range(count)] for _ in range(clients)], "recorded_at")


def queue(stage: Stage, bare: Server) -> list[Figure]:
    """The next 30 cells, one client, beside 30 rows of one index range."""
    count, name = 400, "next 30 cells"
    reviewer = stage.reviewers[0]
    path = f"/api/v1/rounds/{stage.round}/queue?limit=30"
    selects = [
        request("GET", f"/select?reviewer=1&after={31 * number % (ITEMS - 40)}&limit=30") for number in range(count)
    ]
    pair = in_turn(
        lambda: Order(stage.server.port, [[request("GET", path, reviewer.token)] * count], '"assignment_id"', 30),
        lambda: Order(bare.port, [selects], '"pid"', 30),
    )
    return [
        pair.rates(f"{name}, rate", "answers/s", f"{BARE_SELECT} of 30 rows", 0.3),
        pair.tails(f"{name}, p95", f"{BARE_SELECT} of 30 rows", most=8),
    ]


def submit_one(stage: Stage, bare: Server) -> list[Figure]:
    """One client, one review a POST, each on the disk before the answer."""
    count, reviewer = 300, stage.reviewers[0]
    pair = in_turn(
        lambda: Order(stage.server.port, [reviewer.posts(count)], RECORDED), lambda: bare_inserts(bare, 1, count)
    )
    return [pair.tails("submit, one client, durable, p95", BARE_INSERT, 4)]


def submit_eight(stage: Stage, bare: Server) -> list[Figure]:
    """Eight clients, one review a POST."""
    count, name = 200, "submit, eight clients, one a POST"
    pair = in_turn(
        lambda: Order(stage.server.port, [one.posts(count) for one in stage.reviewers], RECORDED),
        lambda: bare_inserts(bare, CLIENTS, count),
    )
    return [
        pair.rates(f"{name}, rate", "reviews/s", BARE_INSERT, 0.35),
        pair.tails(f"{name}, p95", BARE_INSERT, 3),
    ]


def submit_tens(stage: Stage, bare: Server) -> list[Figure]:
    """Eight clients, ten reviews a POST, beside single inserts."""
    count, each = 25, 10
    pair = in_turn(
        lambda: Order(stage.server.port, [one.posts(count, each) for one in stage.reviewers], RECORDED, each),
        lambda: bare_inserts(bare, CLIENTS, 200),
    )
    name = "submit, eight clients, ten a POST"
    return [
        pair.rates(f"{name}, rate", "reviews/s", BARE_INSERT, 1.5, each),
        pair.tails(f"{name}, p95", BARE_INSERT),
    ]


def picture(stage: Stage, bare: Server) -> list[Figure]:
    """Pictures that were rendered before, eight clients, beside bytes of one from Starlette's memory."""
    count, name = 500, "picture already rendered, eight clients"
    for reviewer in stage.reviewers:
        for pid in reviewer.pictures:
            answer(stage.server.port, "GET", f"/api/v1/assignments/{pid}/image?size=display", reviewer.token)

    def ours() -> Order:
        requests = [
            [
                request(
                    "GET",
                    f"/api/v1/assignments/{one.pictures[number % len(one.pictures)]}/image?size=display",
                    one.token,
                )
                for number in range(count)
            ]
            for one in stage.reviewers
        ]
        return Order(stage.server.port, requests, "image/webp")

    pair = in_turn(
        ours, lambda: Order(bare.port, [[request("GET", "/picture")] * count for _ in range(CLIENTS)], "image/webp")
    )
    return [
        pair.rates(f"{name}, rate", "answers/s", "a picture from Starlette's memory", 0.1),
        pair.tails(f"{name}, p95", "a picture from Starlette's memory", most=6),
    ]


def cells(stage: Stage, bare: Server) -> list[Figure]:
    """A hundred cells of a class, one client."""
    count, name = 60, "list of 100 filtered by class, p95"
    reviewer = stage.reviewers[0]
    path = f"/api/v1/cells?dataset={DATASET}&given_label=lymphocyte&limit=100"
    selects = [request("GET", f"/select?reviewer=1&after={101 * number % 9_000}&limit=100") for number in range(count)]
    pair = in_turn(
        lambda: Order(stage.server.port, [[request("GET", path, reviewer.token)] * count], '"pixel_sha256"', 100),
        lambda: Order(bare.port, [selects], '"pid"', 100),
    )
    return [pair.tails(name, f"{BARE_SELECT} of 100 rows", most=15)]


def labels(stage: Stage, bare: Server) -> list[Figure]:
    """From asking for a release to its labels.csv on this side; and how reviewers fare while releases are written."""

    def release() -> float:
        begun = time.perf_counter()
        made = stage.server.call("POST", f"/api/v1/datasets/{DATASET}/releases", stage.admin, {})
        report = report_of(stage.server, stage.admin, made["id"])
        path = f"/api/v1/datasets/{DATASET}/releases/{report['number']}/files/labels.csv"
        status, content = answer(stage.server.port, "GET", path, stage.admin)
        if status != 200 or content.count(b"\r\n") < 2:
            raise RuntimeError(f"{path}: {status}")
        return time.perf_counter() - begun

    def reviewing(count: int) -> Order:
        posts = [one.posts(count) for one in stage.reviewers]
        return Order(stage.server.port, posts, RECORDED, pause=0.1, seconds=count * 0.1)

    alone = [release() for _ in range(3)]
    quiet, busy = [], []
    for _ in range(RUNS):
        quiet.append(p95(loaded(reviewing(40)).latencies))
        load = begin(reviewing(40))
        while load.poll() is None:
            release()
        busy.append(p95(finish(load).latencies))
    return [
        Figure("labels CSV of all cells", "s", alone, at_most(1.5)),
        Figure(
            "submit while a labels CSV is written, p95", "ms", busy, at_most_floors(2), median(quiet), "the same, quiet"
        ),
    ]
