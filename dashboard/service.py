"""The dashboard as a service: HTTP and WebSocket until it is told to stop."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import structlog
import uvicorn

from dashboard.app import create_app
from dashboard.desk import Desk, Outside
from dashboard.line import Line
from dashboard.live import BEAT, Hub
from dashboard.metrics import Metrics
from records import health
from records.database import Database
from records.errors import Unavailable

log = structlog.get_logger(__name__)


class CannotListen(Exception):
    """The address is taken or not ours."""


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it: only the stop event counts."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None."""
        yield


def run(
    database_url: str,
    host: str,
    port: int,
    secure_cookies: bool,
    parts_file: Path | None,
    stop: threading.Event,
    outside: Outside | None = None,
    codes_for_administrators: bool = False,
) -> None:
    """Serve until `stop`. Starts and answers /api/health also while the database is down.

    Raises CannotListen, in words, where the port is taken.
    """
    with (
        _listening(host, port) as listener,
        Database(database_url, size=8) as database,
        Database(database_url, size=1, timeout=1.0) as health_database,
    ):
        metrics = Metrics()
        desk = Desk(
            database, health_database, parts_file, secure_cookies, Hub(database, metrics), metrics,
            outside=outside or Outside(), codes_for_administrators=codes_for_administrators,
        )  # fmt: skip
        log.info("the dashboard listens", host=host, port=listener.getsockname()[1])
        _serve(desk, listener, stop)


def _serve(desk: Desk, listener: socket.socket, stop: threading.Event) -> None:
    server, ended = _server(desk), threading.Event()
    threads = [
        threading.Thread(target=desk.hub.hear, args=(ended,), name="live", daemon=True),
        threading.Thread(target=_pulse, args=(desk, ended), name="pulse", daemon=True),
        threading.Thread(target=_stop_with, args=(server, stop, ended), name="stop", daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        server.run(sockets=[listener])
    finally:
        ended.set()
        for thread in threads:
            thread.join(timeout=4)


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Where the protocol isn't named, asyncio leaves Nagle's algorithm on, and every answer comes 40 ms later.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Each connection inherits it: a page that reads nothing costs this much of the kernel's memory, not megabytes.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 128 * 1024)
        try:
            listener.bind((host, port))
            listener.listen(256)  # whoever comes a moment too early waits instead of being refused
        except OSError as error:
            raise CannotListen(f"cannot listen on {host}:{port} ({error.strerror}); choose another port") from error
        yield listener


def _server(desk: Desk) -> _Server:
    return _Server(
        uvicorn.Config(
            create_app(desk),
            ws=Line,
            ws_per_message_deflate=False,  # it would be done again for every page; a change is about 1 kB
            log_config=None,
            log_level="warning",
            access_log=False,  # addresses carry what people search for
            server_header=False,
            # Only behind something that ends TLS is there a proxy whose word about the client counts.
            proxy_headers=desk.secure_cookies,
            timeout_graceful_shutdown=3,
        )
    )


def _stop_with(server: uvicorn.Server, stop: threading.Event, ended: threading.Event) -> None:
    while not stop.wait(0.5):
        if ended.is_set():
            return
    server.should_exit = True


def _pulse(desk: Desk, ended: threading.Event) -> None:
    """Every two seconds: look at the health, tell it to the pages, and say that we are alive."""
    while not ended.is_set():
        report = desk.look()
        desk.hub.beat(report.status)
        if report.database:
            _say_alive(desk)
        ended.wait(BEAT)


def _say_alive(desk: Desk) -> None:
    try:
        with desk.health_database.transaction() as conn:
            health.beat(conn, "dashboard", "ok")
        desk.hub.close_ended_sessions()
    except Unavailable as problem:
        log.warning("the dashboard could not say that it is alive", reason=str(problem))
