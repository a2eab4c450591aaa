"""`ankang notify`: decides and sends what is in the outbox, apart from judgement, so that no provider holds that up."""

import threading
import time
from datetime import datetime

import structlog

from alerts.linking import NOWHERE, PublicPages
from alerts.telling import Providers, keep_sending, plan
from care.notices import Channel
from records import database, health, trouble
from records.clock import utc_now
from records.database import Conn
from records.errors import Unavailable
from records.migrate import wait_for_schema

log = structlog.get_logger(__name__)

THREADS = 2
"""Senders of each channel that has a provider: while one waits, the other goes on."""

_POLL = 1.0
_BEAT = 2.0
_RETRY = 0.5


def run(database_url: str, channels: Providers, stop: threading.Event, pages: PublicPages = NOWHERE) -> None:
    """Tell people until `stop`; several may run at once."""
    if not wait_for_schema(database_url, stop):
        return
    log.info("the channels that are set up", channels=sorted(map(str, channels)))
    wakes = {channel: threading.Event() for channel in channels}
    threads = [
        threading.Thread(
            target=keep_sending,
            args=(database_url, channel, channels, wakes[channel], stop, pages),
            name=f"send-{channel}",
        )
        for channel, providers in channels.items()
        for _ in range(THREADS if providers else 1)
    ]
    for thread in threads:
        thread.start()
    while not stop.is_set():
        try:
            _decide(database_url, channels, wakes, stop)
        except Unavailable as problem:
            log.warning("waiting for the database", reason=str(problem))
            stop.wait(_RETRY)
    for thread in threads:
        thread.join(timeout=8)  # a message in hand is finished; what takes longer is sent again by its lease


def _decide(
    database_url: str, channels: Providers, wakes: dict[Channel, threading.Event], stop: threading.Event
) -> None:
    with (
        database.connect(database_url, autocommit=True) as conn,
        database.listen(database_url, ("notice",)) as ears,
    ):
        with database.transaction(conn):
            beat(conn, utc_now())
            health.tells_by(conn, channels)
        next_beat = 0.0
        while not stop.is_set():
            if time.monotonic() >= next_beat:
                next_beat = time.monotonic() + _BEAT
                with database.transaction(conn):
                    beat(conn, utc_now())
            if plan(conn, channels, utc_now()):
                for wake in wakes.values():
                    wake.set()
            else:
                database.notifications(ears, timeout=_POLL)


def beat(conn: Conn, now: datetime) -> None:
    """Say how telling is: degraded where a channel fails in a way that nobody foresaw."""
    problem = trouble.failing(conn, "notify", now)
    health.beat(conn, "notify", "degraded" if problem else "ok", problem)
