"""Packs JSON and HTML for those who can unpack it: a list of a hundred residents is a tenth of the bytes."""

import asyncio
import zlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

WORTH_IT = 1024
"""Bytes; less fits into one packet anyway."""
_ASIDE = 32 * 1024
"""Bytes from which on the packing is done in a thread: the live pages wait for nobody's month of charts."""
_LEVEL = 5


class Packed:
    """Around the routes; files come packed already (pages), and the WebSocket has nothing to do with it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, _Packing(send))


class _Packing:
    """Holds the beginning of an answer back until it is known how long the answer is."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_text(message):
            self._start = message
            return
        if self._start is not None and message["type"] == "http.response.body":
            start, self._start = self._start, None
            headers = MutableHeaders(raw=start["headers"])
            headers.add_vary_header("accept-encoding")
            body = message.get("body", b"")
            # An answer in pieces goes out as it comes; ours are whole.
            if len(body) >= WORTH_IT and not message.get("more_body", False):
                message = {**message, "body": await _packed(body)}
                headers["content-encoding"] = "gzip"
                headers["content-length"] = str(len(message["body"]))
            await self._send({**start, "headers": headers.raw})
        await self._send(message)


def _is_text(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return (
        headers.get("content-type", "").startswith(("application/json", "text/html"))
        and "content-encoding" not in headers
    )


async def _packed(body: bytes) -> bytes:
    return await asyncio.to_thread(_gzip, body) if len(body) >= _ASIDE else _gzip(body)


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()
