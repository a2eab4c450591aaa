"""The straight way to a live page: a frame that was made once goes to each connection as it is, without a task."""

import asyncio

from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request


def frame(text: bytes) -> bytes:
    """A message as it goes over the wire; a server's frames are not masked, so it is the same for every page."""
    return Frame(Opcode.TEXT, text).serialize(mask=False)


class Line(WebSocketsSansIOProtocol):
    """uvicorn's side of one WebSocket, which also lets us write whole frames; only between accepting and closing it."""

    def handle_connect(self, event: Request) -> None:
        """Give the route the line, as `socket.state.line`."""
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["state"]["line"] = self

    full = False
    """Whether so much waits for the page (the transport's 64 KiB) that it must read before it gets more."""

    def pause_writing(self) -> None:
        """Said by the transport."""
        super().pause_writing()
        self.full = True

    def resume_writing(self) -> None:
        """Said by the transport."""
        super().resume_writing()
        self.full = False

    def take(self, frames: bytes) -> bool:
        """Hand whole frames to the kernel or, where it has no room, to the transport; False where that is full."""
        if self.full or self.transport.is_closing():
            return False
        self.transport.write(frames)
        return True

    async def has_read(self, within: float) -> None:
        """Wait until there is room; TimeoutError after so many seconds, ConnectionError where the page is gone."""
        async with asyncio.timeout(within):
            await self.writable.wait()
        if self.transport.is_closing():
            raise ConnectionResetError("the page is gone")

    def cut(self) -> None:
        """End it at once: what a page that reads nothing has not taken is thrown away."""
        self.transport.abort()


def line_of(socket: WebSocket) -> Line:
    """The line of this WebSocket; the dashboard is served with `Line` as uvicorn's protocol."""
    line = socket.state.line
    assert isinstance(line, Line)  # noqa: S101 - set by itself
    return line
