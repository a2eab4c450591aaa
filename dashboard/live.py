"""The live changes: one thread hears the database, every watcher has a short queue, and a slow one holds up nobody."""

import asyncio
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import structlog

from dashboard.masked import masked_alert
from dashboard.metrics import Metrics
from records import alerts, sessions
from records.alerts import Change, Snapshot
from records.database import Conn, Database, listen, notifications
from records.errors import Unavailable

log = structlog.get_logger(__name__)

QUEUE = 64
"""Messages that may wait for one watcher; more, and it reads them from the database when it can."""
BEAT = 2.0
"""Seconds between two beats."""
POLL = 0.5
"""Seconds after which the database is asked also without a notification; it is one look at an index."""
_READ_AT_ONCE = 500


class Numbered(NamedTuple):
    """A change as it is sent, once made for everybody: with names, and masked; and of whom it is."""

    number: int
    text: str
    masked: str = ""
    area_id: int | None = None
    resident_id: UUID | None = None


def numbered(change: Change) -> Numbered:
    """A change made ready for everybody."""
    view = change.alert
    masked = change_text(replace(change, alert=masked_alert(view)))
    return Numbered(change.number, change_text(change), masked, view.area_id, view.resident_id)


def change_text(change: Change) -> str:
    """A change as the pages get it."""
    return _json(
        {"type": "change", "number": change.number, "at": change.at, "kind": change.kind, "alert": change.alert}
    )


def snapshot_text(snapshot: Snapshot) -> str:
    """All open alerts, as the pages get them."""
    return _json({"type": "snapshot", "number": snapshot.number, "at": datetime.now(UTC), "alerts": snapshot.alerts})


def beat_text(health: str) -> str:
    """A sign that the link is alive."""
    return _json({"type": "beat", "at": datetime.now(UTC), "health": health})


def _json(message: dict[str, Any]) -> str:
    return orjson.dumps(message).decode()


def read_changes(conn: Conn, number: int) -> list[Numbered]:
    """Some of the changes after `number`, in order; none where there are no more."""
    return [numbered(change) for change in alerts.changes_since(conn, number, _READ_AT_ONCE)]


@dataclass(eq=False, slots=True)
class Watcher:
    """One live page; `behind` says that its queue was full and it must read from the database."""

    session: bytes
    queue: asyncio.Queue[Numbered | str] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    behind: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, changes: Iterable[Numbered]) -> None:
        """Queue them; where they don't fit, the watcher falls behind."""
        for change in changes:
            if self.queue.full():
                self.behind = True
                return
            self.queue.put_nowait(change)

    def offer_beat(self, text: str) -> None:
        """Queue a beat, unless so much waits that it would say nothing."""
        if not self.queue.full():
            self.queue.put_nowait(text)

    def forget_waiting(self) -> None:
        """Empty the queue: what was in it will be read from the database."""
        self.behind = False
        while not self.queue.empty():
            self.queue.get_nowait()


class Hub:
    """Hears the changes in one thread and hands them to the watchers of one event loop."""

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self._database = database
        self._metrics = metrics
        self._watchers: set[Watcher] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._number: int | None = None

    def join(self, watcher: Watcher) -> None:
        """From now on this watcher hears every change."""
        self._watchers.add(watcher)
        self._metrics.watchers.set(len(self._watchers))

    def leave(self, watcher: Watcher) -> None:
        """It is gone."""
        self._watchers.discard(watcher)
        self._metrics.watchers.set(len(self._watchers))

    def session_ended(self, session: bytes) -> None:
        """Close this session's live pages; may be called from any thread."""
        self._in_loop(self._end, {session})

    def _end(self, sessions: set[bytes]) -> None:
        for watcher in self._watchers:
            if watcher.session in sessions:
                watcher.ended.set()

    def _publish(self, changes: Sequence[Numbered]) -> None:
        for watcher in self._watchers:
            watcher.offer(changes)

    def _publish_beat(self, text: str) -> None:
        for watcher in self._watchers:
            watcher.offer_beat(text)

    def beat(self, health: str) -> None:
        """Tell every watcher that the link is alive, and how the platform is; from any thread."""
        self._in_loop(self._publish_beat, beat_text(health))

    def close_ended_sessions(self) -> None:
        """Close the live pages whose sessions are over; from any thread, raises Unavailable."""
        watching = {watcher.session for watcher in list(self._watchers)}
        if watching:
            with self._database.transaction() as conn:
                still = sessions.still_open(conn, watching)
            self._in_loop(self._end, watching - still)

    def _in_loop(self, function: Any, argument: Any) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, argument)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """The event loop in which the watchers live."""
        self._loop = loop

    def hear(self, stop: threading.Event) -> None:
        """Listen until `stop`; while the database is away, try again every second."""
        while not stop.is_set():
            try:
                with listen(self._database.url, ("change", "session")) as conn:
                    self._hear(conn, stop)
            except Unavailable as problem:
                log.warning("the live changes wait for the database", reason=str(problem))
                stop.wait(1)

    def _hear(self, conn: Conn, stop: threading.Event) -> None:
        if self._number is None:
            self._number = alerts.last_change(conn)
        while not stop.is_set():
            while changes := read_changes(conn, self._number):
                self._number = changes[-1].number
                self._in_loop(self._publish, changes)
            if any(channel == "session" for channel, _ in notifications(conn, POLL)):
                self.close_ended_sessions()
