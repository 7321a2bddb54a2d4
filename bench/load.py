"""Load on a server, from a process of its own: several connections, each with one request on its way at a time.

``python -m bench.load`` reads an order from standard input and answers on standard output, both JSON. Requests are made
before the clock starts and answers are only searched for their length and for what they must hold, so that on two cores
the client takes a few per cent of what even the fastest floor needs.
"""

import asyncio
import gc
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import uvloop


@dataclass(frozen=True)
class Order:
    """What each connection sends, in order. ``pause``: seconds that it waits after an answer, as a person does.

    ``expected`` is what each good answer holds, ``times`` times. ``seconds``: after this time nothing new is sent.
    """

    port: int
    requests: Sequence[Sequence[str]]
    expected: str = ""
    times: int = 1
    pause: float = 0.0
    seconds: float = 600.0


@dataclass(frozen=True)
class Outcome:
    """How long each answer took (ms), and how long all of them together (s)."""

    latencies: list[float]
    seconds: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds


class BadAnswer(Exception):
    """A server said something else than it should: nothing that it was asked may count as measured."""


class Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, order: Order, requests: Sequence[bytes], deadline: float) -> None:
        self.order = order
        self.requests = iter(requests)
        self.expected = order.expected.encode()
        self.deadline = deadline
        self.latencies: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.received = bytearray()
        self.needed = 0
        self.asked_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.WriteTransport, transport)

    def ask(self) -> None:
        request = next(self.requests, None) if time.perf_counter() < self.deadline else None
        if request is None:
            self.transport.close()
            self.end(None)
            return
        self.received.clear()
        self.needed = 0
        self.asked_at = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.received += data
        if not self.needed:
            head = self.received.find(b"\r\n\r\n")
            if head < 0:
                return
            at = self.received.find(b"content-length: ", 0, head)
            if at < 0:
                self.end(BadAnswer(f"no length: {bytes(self.received[:300])!r}"))
                return
            self.needed = head + 4 + int(self.received[at + 16 : self.received.find(b"\r", at)])
        if len(self.received) >= self.needed:
            self.latencies.append(1000 * (time.perf_counter() - self.asked_at))
            self.answered()

    def answered(self) -> None:
        answer = bytes(self.received)
        if not answer.startswith(b"HTTP/1.1 200") or answer.count(self.expected) < self.order.times:
            self.transport.close()
            self.end(BadAnswer(repr(answer[:1000])))
        elif self.order.pause:
            asyncio.get_running_loop().call_later(self.order.pause, self.ask)
        else:
            self.ask()

    def connection_lost(self, error: Exception | None) -> None:
        self.end(BadAnswer("the server closed the connection"))

    def end(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error) if error else self.done.set_result(None)


async def run(order: Order) -> Outcome:
    """Send everything and wait for the last answer."""
    loop = asyncio.get_running_loop()
    deadline = time.perf_counter() + order.seconds
    connections: list[Connection] = []
    for requests in order.requests:
        prepared = [request.encode("latin-1") for request in requests]

        def client(prepared: Sequence[bytes] = prepared) -> Connection:
            return Connection(order, prepared, deadline)

        _, connection = await loop.create_connection(client, "127.0.0.1", order.port)
        connections.append(connection)
    gc.disable()
    begun = time.perf_counter()
    for connection in connections:
        connection.ask()
    await asyncio.gather(*(connection.done for connection in connections))
    seconds = time.perf_counter() - begun
    return Outcome([latency for connection in connections for latency in connection.latencies], seconds)


def begin(order: Order) -> "subprocess.Popen[str]":
    """Start a load; :func:`finish` waits for what came of it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    json.dump(asdict(order), process.stdin)
    process.stdin.close()
    return process


def finish(process: "subprocess.Popen[str]") -> Outcome:
    """What came of a load."""
    assert process.stdout is not None
    with process:
        answer: dict[str, Any] = json.loads(process.stdout.read() or "{}")
    if "latencies" not in answer:
        raise BadAnswer(answer.get("error", f"the load ended with code {process.returncode}"))
    return Outcome(answer["latencies"], answer["seconds"])


def loaded(order: Order) -> Outcome:
    """A load from beginning to end."""
    return finish(begin(order))


def request(method: str, path: str, token: str = "", body: object = None) -> str:
    """A request as it goes over the wire."""
    content = "" if body is None else json.dumps(body, separators=(",", ":"))
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", "accept: */*"]
    if token:
        lines.append(f"authorization: Bearer {token}")
    if body is not None:
        lines += ["content-type: application/json", f"content-length: {len(content.encode())}"]
    return "\r\n".join([*lines, "", content])


def main() -> None:
    order = Order(**json.load(sys.stdin))
    try:
        outcome = uvloop.run(run(order))
    except (BadAnswer, OSError) as error:
        json.dump({"error": str(error)}, sys.stdout)
        sys.exit(1)
    json.dump(asdict(outcome), sys.stdout)


if __name__ == "__main__":
    main()
