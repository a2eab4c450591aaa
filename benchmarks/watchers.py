"""Five hundred live pages in one process: `python -m benchmarks.watchers`, fed with JSON on stdin.

Its own process, so that its work is not counted as the server's. It speaks WebSocket (RFC 6455) in the fewest
instructions: a server's frames are not masked, and these are text. It says `ready` when each page is open, reads until
each has had so many `changes`, and writes what came out as JSON.
"""

import json
import select
import socket
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{cookie}\r\n"
)
_CHANGE, _AT, _TIME = b'"type":"change"', b'"at":"', 32
"""What tells a change from a beat; what stands before the time it was made; how long that is at most."""


@dataclass(slots=True)
class Page:
    """One connection, what has come of the message under way, and how many came."""

    line: socket.socket
    rest: bytearray = field(default_factory=bytearray)
    messages: int = 0

    def take(self) -> list[bytes]:
        """The messages that are whole now."""
        got = self.line.recv(1 << 18)
        if not got:
            raise ConnectionError("the server closed a page")
        self.rest += got
        whole, at = [], 0
        while (end := _frame(self.rest, at)) is not None:
            start, stop = end
            whole.append(bytes(self.rest[start:stop]))
            at = stop
        del self.rest[:at]
        return whole


def _frame(data: bytearray, at: int) -> tuple[int, int] | None:
    """Where the payload of the frame at `at` begins and ends; None while it is not whole."""
    if len(data) < at + 2:
        return None
    length, start = data[at + 1], at + 2
    extended = {126: 2, 127: 8}.get(length, 0)
    if len(data) < start + extended:
        return None
    if extended:
        length = int.from_bytes(data[start : start + extended])
        start += extended
    return (start, start + length) if len(data) >= start + length else None


def opened(port: int, path: str, cookie: str, *, stuck: bool = False) -> Page:
    """A page that is let in; a stuck one has little room and reads nothing more."""
    line = socket.socket()
    if stuck:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(60)
    line.connect(("127.0.0.1", port))
    line.sendall(_HANDSHAKE.format(path=path, cookie=f"Cookie: {cookie}\r\n" if cookie else "").encode())
    head = bytearray()
    while b"\r\n\r\n" not in head:
        if not (got := line.recv(4096)):
            break
        head += got
    if b" 101 " not in head[:16]:
        raise PermissionError("the server let no page in")
    return Page(line, head[head.index(b"\r\n\r\n") + 4 :])


def watch(pages: list[Page], changes: int) -> dict[str, Any]:
    """Read until each page has had all changes; how many messages came, and how late they were (ms, sorted)."""
    poll, by_number, late, waiting = select.epoll(), {page.line.fileno(): page for page in pages}, [], len(pages)
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    while waiting:
        for number, _ in poll.poll(60):
            page = by_number[number]
            made = [_made(message) for message in page.take() if _CHANGE in message[:64]]
            now = time.time()
            late += [(now - at) * 1000 for at in made]
            page.messages += len(made)
            waiting -= bool(made) and page.messages == changes
    return {"messages": sum(page.messages for page in pages), "late": sorted(late)}


def _made(change: bytes) -> float:
    start = change.index(_AT) + len(_AT)
    return datetime.fromisoformat(change[start : start + _TIME].split(b'"', 1)[0].decode()).timestamp()


def main() -> None:
    """Open the pages, watch, report."""
    work = json.loads(sys.stdin.readline())
    where = (work["port"], work["path"], work["cookie"])
    pages = [opened(*where) for _ in range(work["pages"])]
    stuck = [opened(*where, stuck=True) for _ in range(work["stuck"])]
    print("ready", flush=True)
    print(json.dumps(watch(pages, work["changes"])), flush=True)
    for page in pages + stuck:
        page.line.close()


if __name__ == "__main__":
    main()
