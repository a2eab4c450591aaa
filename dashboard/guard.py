"""What stands before every request: where it comes from, how large it is, and the headers that every answer carries."""

import time
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.metrics import Metrics

MOST_BYTES = 64 * 1024
"""Of a request's body."""
LARGER = (("/documents", 5 * 1024 * 1024), ("/imports/residents", 16 * 1024 * 1024))
"""Where a file comes in: the end of the address, and how large it may be."""

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

# 'self' in connect-src covers the WebSocket of the same origin too (CSP level 3).
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self';"
    " manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FORMS = ("/l/", "/family", "/respond")
"""Pages whose forms carry a proof that no other site has: the secret in their address, or a field."""

HEADERS: Mapping[str, str] = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(), microphone=()",
}


def foreign(headers: Headers) -> bool:
    """Whether another site's page made this request; a program that is no browser sends none of these headers."""
    origin = headers.get("origin")
    if origin == "null":  # what a form of ours sends too: its page says that nobody is to learn its address
        return headers.get("sec-fetch-site") != "same-origin"
    if origin is None:
        return any(name.startswith("sec-fetch-") for name in headers)
    return _host(urlsplit(origin).netloc) != _host(headers.get("host", ""))


def _host(netloc: str) -> str:
    return netloc.lower().removesuffix(":80").removesuffix(":443")


class Guard:
    """Refuses what comes from elsewhere or is too large, adds the headers, and counts."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or WebSocket."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = _refusal(scope)
        if scope["type"] == "websocket":
            await (_refuse_socket(refusal, send) if refusal else self._app(scope, receive, send))
            return
        await self._answer(refusal, scope, receive, send)

    async def _answer(self, refusal: tuple[int, str] | None, scope: Scope, receive: Receive, send: Send) -> None:
        began, status = time.perf_counter(), 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(scope, message)
            await send(message)

        try:
            if refusal:
                await _refuse(refusal, send_with_headers)
            else:
                await self._app(scope, receive, send_with_headers)
        finally:
            self._count(scope, status, time.perf_counter() - began)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        self._metrics.requests.labels(scope["method"], route, str(status)).inc()
        self._metrics.seconds.labels(scope["method"], route).observe(seconds)


def _refusal(scope: Scope) -> tuple[int, str] | None:
    if b"%00" in scope["query_string"] or "\0" in scope["path"]:
        return 422, "Leave the NUL character out of the address; no text in the records holds one."
    if scope["type"] == "http" and scope["method"] in _SAFE_METHODS:
        return None
    headers = Headers(scope=scope)
    if foreign(headers) and not _proves_itself(scope, headers):
        return 403, "This request came from another site's page; open Ankang itself and do it there."
    if scope["type"] == "http":
        return _too_large(headers, scope["path"])
    return None


def _proves_itself(scope: Scope, headers: Headers) -> bool:
    """A form of the pages with signed links, from a browser too old to say where it comes from: its own proof counts,
    which the route checks."""
    from_a_form = scope["path"].startswith(FORMS) and headers.get("origin") == "null"
    return from_a_form and "sec-fetch-site" not in headers


def _too_large(headers: Headers, path: str) -> tuple[int, str] | None:
    most = next((larger for end, larger in LARGER if path.endswith(end)), MOST_BYTES)
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return 411, "Send the body with a Content-Length."
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > most:
        return 413, f"Send at most {most} bytes."
    return None


def _add_headers(scope: Scope, message: Message) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if scope["path"].startswith("/api/"):
        headers.setdefault("cache-control", "no-store")


async def _refuse(refusal: tuple[int, str], send: Send) -> None:
    for message in _messages(refusal, "http.response"):
        await send(message)


async def _refuse_socket(refusal: tuple[int, str], send: Send) -> None:
    for message in _messages(refusal, "websocket.http.response"):
        await send(message)


def _messages(refusal: tuple[int, str], kind: str) -> Iterable[Message]:
    body = orjson.dumps({"detail": refusal[1], "field": None})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    yield {"type": f"{kind}.start", "status": refusal[0], "headers": headers}
    yield {"type": f"{kind}.body", "body": body}
