"""Loading what a model says of 42,000 cells, with a probability for each of 18 classes, in one request."""

import hashlib
import json
import time
from http.client import HTTPConnection
from pathlib import Path

import numpy as np
from sqlalchemy import insert

from app.accounts import service as accounts
from app.catalogue.models import Cell, Dataset
from app.database import Database, new_pid, new_pids, now
from app.labels.labelset import load_builtin
from app.labels.service import store_label_set
from bench.figures import Figure, at_least
from bench.processes import PATIENCE, serving

CELLS = 42_000
RUNS = 5
ROWS_A_SECOND = 20_000
DIGITS = 5


def loading(work: Path, cells: int = CELLS) -> list[Figure]:
    """Rows a second, from the first byte of the request to the last one of the answer; then the same file again."""
    home = work / "predictions"
    home.mkdir(parents=True, exist_ok=True)
    database = Database(f"sqlite:///{home / 'cytoreview.db'}")
    database.ready()
    token, pids = filled(database, cells)
    database.close()
    content = written(pids)
    with serving(home) as server:
        new = [post(server.port, token, content, f"{run}", cells) for run in range(RUNS)]
        again = [post(server.port, token, content, "0", cells) for _ in range(RUNS)]
    name = f"{cells:,} predictions in one request"
    return [
        Figure(f"{name}: a new model", "rows/s", new, at_least(ROWS_A_SECOND)),
        Figure(f"{name}: the same file again", "rows/s", again, at_least(ROWS_A_SECOND)),
    ]


def filled(database: Database, cells: int) -> tuple[str, list[str]]:
    """A dataset with so many cells; an admin's token, and the cells' public ids."""
    label_set = load_builtin("mll23")
    pids = new_pids(cells)
    with database.writing() as session:
        token = accounts.create_token(session, accounts.create_user(session, "admin", "admin"), "bench", 1).secret
        values = {"slug": "mll23", "name": "MLL23", "rule": "majority", "created_at": now()}
        dataset = session.execute(
            insert(Dataset)
            .values(pid=new_pid(), label_set=store_label_set(session, label_set), **values)
            .returning(Dataset.id)
        ).scalar_one()
        session.execute(
            insert(Cell),
            [
                {
                    "pid": pid, "dataset": dataset, "pixel_sha256": hashlib.sha256(pid.encode()).digest(),
                    "width": 288, "height": 288, "given_label": number % len(label_set), "born_disputed": False,
                    "state": "unreviewed", "dissent": False, "flagged": False, "reviewed_since": False, "reviews": 0,
                }
                for number, pid in enumerate(pids)
            ],
        )  # fmt: skip
    return token, pids


def written(pids: list[str]) -> bytes:
    """The file: each cell by its id, with a probability for each class."""
    names = load_builtin("mll23").names
    drawn = np.random.default_rng(0).dirichlet(np.full(len(names), 0.2), len(pids)).round(DIGITS)
    lines = (
        json.dumps({"cell_id": pid, "probabilities": dict(zip(names, row, strict=True))})
        for pid, row in zip(pids, drawn.tolist(), strict=True)
    )
    return "\n".join(lines).encode()


def post(port: int, token: str, content: bytes, version: str, cells: int) -> float:
    """Rows a second of one request."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/x-ndjson"}
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    begun = time.perf_counter()
    connection.request("POST", f"/api/v1/datasets/mll23/predictions?model=net&version={version}", content, headers)
    response = connection.getresponse()
    body = response.read()
    taken = time.perf_counter() - begun
    connection.close()
    if response.status != 200 or json.loads(body)["cells"] != cells:
        raise RuntimeError(f"predictions: {response.status} {body[:500]!r}")
    return cells / taken
