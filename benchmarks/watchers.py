"""Five hundred live pages in one process: `python -m benchmarks.watchers`, fed with JSON on stdin.

Its own process, so that its work is not counted as the server's. It speaks WebSocket (RFC 6455) in the fewest
instructions: a server's frames are not masked, and these are text. It says `ready` when each page is open. For every
further line it sees to it that so many more pages are `stuck` and read nothing, says `go`, reads until each of the five
hundred has had so many `changes` more, and writes what came out as JSON.
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
_PING = 0x89
_SETTLES = 1.0
"""Seconds, after which what belongs to opening or closing a page is over."""


@dataclass(slots=True)
class Page:
    """One connection, what has come of the message under way, and how many changes came."""

    line: socket.socket
    rest: bytearray = field(default_factory=bytearray)
    changes: int = 0

    def take(self) -> list[bytes]:
        """The messages that are whole now."""
        got = self.line.recv(1 << 18)
        if not got:
            raise ConnectionError("the server closed a page")
        self.rest += got
        whole, at = [], 0
        while (end := _frame(self.rest, at)) is not None:
            start, stop = end
            if self.rest[at] == _PING:
                self.line.sendall(_pong(self.rest[start:stop]))
            else:
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


def _pong(payload: bytearray) -> bytes:
    """A client's frames are masked; with zeros, which changes nothing."""
    return bytes((0x8A, 0x80 | len(payload), 0, 0, 0, 0)) + payload


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
    """Read until each page has had so many changes: how many messages came, and of each change how late it was (ms)."""
    poll, by_number, messages = select.epoll(), {page.line.fileno(): page for page in pages}, 0
    late: dict[float, list[float]] = {}
    for page in pages:
        poll.register(page.line.fileno(), select.EPOLLIN)
        page.changes = 0
    waiting = len(pages)
    while waiting:
        for number, _ in poll.poll(60):
            page = by_number[number]
            whole = page.take()
            made = [_made(message) for message in whole if _CHANGE in message[:64]]
            now = time.time()
            for at in made:
                late.setdefault(at, []).append((now - at) * 1000)
            messages += len(whole)
            page.changes += len(made)
            waiting -= bool(made) and page.changes == changes
    poll.close()
    return {"messages": messages, "late": [sorted(each) for each in late.values()]}


def _made(change: bytes) -> float:
    start = change.index(_AT) + len(_AT)
    return datetime.fromisoformat(change[start : start + _TIME].split(b'"', 1)[0].decode()).timestamp()


def main() -> None:
    """Open the pages; then block by block watch and report, beside as many stuck pages as the block has."""
    work = json.loads(sys.stdin.readline())
    port, path, cookie = work["port"], work["path"], work["cookie"]
    pages = [opened(port, path, cookie) for _ in range(work["pages"])]
    print("ready", flush=True)
    stuck: list[Page] = []
    for line in sys.stdin:
        block = json.loads(line)
        if block["stuck"] != len(stuck):
            _keep_stuck(stuck, block["stuck"], port, path, cookie)
            time.sleep(_SETTLES)
        print("go", flush=True)
        print(json.dumps(watch(pages, block["changes"])), flush=True)


def _keep_stuck(stuck: list[Page], count: int, port: int, path: str, cookie: str) -> None:
    """They ask for everything that ever was, which is more than the kernel holds for them: stuck from the start."""
    while len(stuck) > count:
        stuck.pop().line.close()
    while len(stuck) < count:
        stuck.append(opened(port, f"{path}?since=0", cookie, stuck=True))


if __name__ == "__main__":
    main()
