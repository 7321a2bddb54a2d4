"""Starting what is measured, as people start it: in processes of their own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

PATIENCE = 120.0
PRODUCT = ("-m", "cytoreview", "serve")
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    process: "subprocess.Popen[str]"
    port: int
    started_in: float
    """Seconds from its start to the first answer that says it is ready."""

    def memory(self) -> float:
        """What it holds in memory now, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def call(self, method: str, path: str, token: str = "", body: object = None) -> Any:
        """One request whose answer is wanted; an error is raised with what the server said."""
        status, content = answer(self.port, method, path, token, body)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {content[:500]!r}")
        return json.loads(content)


def environment(home: Path) -> dict[str, str]:
    """A place of its own and nothing of what the caller has set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CYTOREVIEW_")}
    return kept | {"CYTOREVIEW_HOME": str(home), "CYTOREVIEW_PORT": "0", "PYTHONPATH": str(ROOT)}


@contextmanager
def serving(home: Path, *module: str) -> Iterator[Server]:
    """A server over a folder, the product unless another module is named; ended when the block ends."""
    home.mkdir(parents=True, exist_ok=True)
    begun = time.perf_counter()
    with (
        (home / "server.log").open("ab") as log,
        subprocess.Popen(
            [sys.executable, *(module or PRODUCT)],
            env=environment(home),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            yield Server(process, wait_until_ready(process, home), time.perf_counter() - begun)
        finally:
            process.terminate()
            process.communicate()


def wait_until_ready(process: "subprocess.Popen[str]", home: Path) -> int:
    """The port of a server, as soon as it says that it is ready."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if "http://" not in line:
        raise RuntimeError(f"the server didn't start: {(home / 'server.log').read_text()[-2000:]}")
    port = int(line.strip().rsplit(":", 1)[1])
    deadline = time.perf_counter() + PATIENCE
    while time.perf_counter() < deadline:
        try:
            if answer(port, "GET", "/readyz")[0] == 200:
                return port
        except ConnectionError:
            time.sleep(0.002)
    raise RuntimeError("the server didn't get ready")


def answer(port: int, method: str, path: str, token: str = "", body: object = None) -> tuple[int, bytes]:
    """Status and content of one answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    if body is not None:
        headers["content-type"] = "application/json"
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def command(home: Path, *arguments: str, module: str = "cytoreview") -> "subprocess.Popen[str]":
    """A command on its way."""
    home.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env=environment(home),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def timed(home: Path, *arguments: str, module: str = "cytoreview") -> tuple[float, str]:
    """The seconds that a command takes, and what it prints."""
    begun = time.perf_counter()
    process = command(home, *arguments, module=module)
    printed, said = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {said[-2000:]}")
    return time.perf_counter() - begun, printed


def imported(home: Path, corpus: Path) -> tuple[float, Mapping[str, Any]]:
    """Import a corpus; the seconds that the command takes, and its report."""
    seconds, printed = timed(home, "import", str(corpus), "--dataset", "MLL23", "--json")
    return seconds, json.loads(printed)
