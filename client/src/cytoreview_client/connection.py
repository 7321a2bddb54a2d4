"""Talking to the server: credentials, errors, trying again, and lists that go on."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from cytoreview_client.errors import CytoreviewError, Unreachable, kind_of
from cytoreview_client.models import Answer

Model = TypeVar("Model", bound=Answer)

API = "/api/v1"
BUSY = (429, 503)
SAFE = ("GET", "HEAD")
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0


class Connection:
    """One server, one token.

    What can be repeated without harm — reading, and what carries an id made here — is tried again when the connection
    breaks or the server is busy, for at most ``patience`` seconds.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 30,
        patience: float = 60,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._patience = patience
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=url.rstrip("/"), headers={"Authorization": f"Bearer {token}"}, timeout=timeout
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def _request(self, method: str, path: str, *, repeatable: bool | None = None, **options: Any) -> httpx.Response:
        """The answer to a request that the server granted."""
        with self._answer(method, path, repeatable=repeatable, **options) as response:
            response.read()
            return response

    @contextmanager
    def _answer(
        self, method: str, path: str, *, repeatable: bool | None = None, **options: Any
    ) -> Iterator[httpx.Response]:
        """The head of a granted request's answer, with its body still to be read."""
        response = self._sent(method, path, method in SAFE if repeatable is None else repeatable, options)
        try:
            yield response
        finally:
            response.close()

    def _sent(self, method: str, path: str, repeatable: bool, options: Mapping[str, Any]) -> httpx.Response:
        deadline = time.monotonic() + self._patience
        pause = FIRST_PAUSE
        while True:
            try:
                response = self._http.send(self._http.build_request(method, path, **options), stream=True)
                if response.is_success:
                    return response
                response.read()
            except httpx.TransportError as broken:
                never_arrived = isinstance(broken, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
                failure: CytoreviewError = Unreachable(None, "No answer from the server", str(broken))
                failure.__cause__ = broken
                again = repeatable or never_arrived
            else:
                failure = error_of(response)
                response.close()
                # Too many requests: it was turned away at the door, so even a write may come back.
                again = response.status_code in BUSY and (repeatable or response.status_code == 429)
            wait = failure.retry_after if failure.retry_after is not None else pause * random.uniform(0.5, 1)
            if not again or time.monotonic() + wait > deadline:
                raise failure
            self._sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _read(self, model: type[Model], path: str, **parameters: Any) -> Model:
        return model.model_validate_json(self._request("GET", API + path, params=named(parameters)).content)

    def _write(
        self, model: type[Model], method: str, path: str, body: Any = None, *, repeatable: bool = False
    ) -> Model:
        options = {} if body is None else {"json": body}
        response = self._request(method, API + path, repeatable=repeatable, **options)
        return model.model_validate_json(response.content)

    def _items(self, model: type[Model], path: str, **parameters: Any) -> Iterator[Model]:
        """Every item of a list, page after page as they are asked for."""
        response = self._request("GET", API + path, params=named(parameters))
        while True:
            for item in response.json()["items"]:
                yield model.model_validate(item)
            following = response.links.get("next")
            if following is None:
                return
            response = self._request("GET", following["url"])


def named(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Query parameters without those that say nothing; times as the server reads them."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in parameters.items()
        if value is not None
    }


def error_of(response: httpx.Response) -> CytoreviewError:
    """The problem that a refusal describes; what stands before the server may answer with something else."""
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        problem = {"detail": response.text[:200]}
    return kind_of(response.status_code)(
        response.status_code,
        str(problem.get("title") or response.reason_phrase),
        str(problem.get("detail") or ""),
        problem.get("field"),
        problem.get("request_id") or response.headers.get("x-request-id"),
        seconds_until(response.headers.get("retry-after")),
    )


def seconds_until(retry_after: str | None) -> float | None:
    """What ``Retry-After`` asks for: seconds, or a moment."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds()) if moment.tzinfo else None
