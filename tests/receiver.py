"""A real HTTP server on this machine that keeps what it gets and answers as told: it stands where providers do."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[str, dict[str, str], bytes], tuple[int, bytes]]
"""From path, headers (in small letters) and body to status and body."""


class Receiver(ThreadingHTTPServer):
    """Answers with `status` and `body` unless it has an `answer`."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.status, self.body = 200, b"{}"
        self.answer: Answer | None = None
        self.guard = threading.Lock()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        asked = (self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        with self.server.guard:
            self.server.got.append(asked)
            status, said = self.server.answer(*asked) if self.server.answer else (self.server.status, self.server.body)
        self.send_response(status)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def receiver(port: int = 0) -> Iterator[Receiver]:
    """A server that listens until the block ends."""
    with Receiver(port) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
