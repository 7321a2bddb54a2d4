"""What happens to every request before any route: an id, a log line, security headers, no cross-site writes."""

import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.log import Log
from app.web.problems import unexpected_error

log = Log("http")

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
RAW_SECURITY_HEADERS = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]

CROSS_SITE = (
    b'{"type":"about:blank","title":"Not allowed","status":403,'
    b'"detail":"This request came from another site\'s page. Open cytoreview itself and try again."}'
)


UNREADABLE = (
    b'{"type":"about:blank","title":"Not valid","status":400,'
    b'"detail":"The address holds a NUL character, which nothing here is named with."}'
)


class Edge:
    """An ASGI wrapper; no ``BaseHTTPMiddleware``, which would cost the hot path a task per request."""

    def __init__(self, application: ASGIApp) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        request_id = secrets.token_hex(4)
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 500
        started_answering = False

        async def send_with_headers(message: Message) -> None:
            nonlocal status, started_answering
            if message["type"] == "http.response.start":
                started_answering = True
                status = message["status"]
                message.setdefault("headers", [])
                message["headers"] = [
                    *message["headers"],
                    *RAW_SECURITY_HEADERS,
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            await refuse(send_with_headers, 400, UNREADABLE)
        elif scope["method"] not in ("GET", "HEAD", "OPTIONS") and is_cross_site(scope):
            await refuse(send_with_headers, 403, CROSS_SITE)
        else:
            try:
                await self.application(scope, receive, send_with_headers)
            except Exception:
                log.exception("defect", request_id=request_id, method=scope["method"], path=scope["path"])
                if started_answering:
                    raise
                await unexpected_error(Request(scope, receive))(scope, receive, send_with_headers)
        log.info(
            "request",
            request_id=request_id,
            method=scope["method"],
            path=scope["path"],
            status=status,
            ms=round(1000 * (time.perf_counter() - started), 1),
        )


def is_cross_site(scope: Scope) -> bool:
    """Whether a browser sends this write on behalf of another site's page.

    A bearer token is never sent by a browser on its own, so requests that carry one are no concern.
    """
    headers = Headers(scope=scope)
    if "authorization" in headers:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and origin.split("://")[-1] != headers.get("host")


async def refuse(send: Send, status: int, body: bytes) -> None:
    headers = MutableHeaders({"content-type": "application/problem+json", "content-length": str(len(body))})
    await send({"type": "http.response.start", "status": status, "headers": headers.raw})
    await send({"type": "http.response.body", "body": body})
