"""The live changes: one thread hears the database, and what a change looks like is made once for all who may see it.

To a page that reads, the hub itself writes. One that does not read fast enough is left to its own task, which reads
what the page lacks from the database, by number; so a slow page holds up nobody, and none ever misses a change.
"""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import structlog

from dashboard.line import Line, frame
from dashboard.masked import masked_alert
from dashboard.metrics import Metrics
from records.database import Conn, Database, listen, notifications
from records.errors import Unavailable
from records.judging.changes import Change, Snapshot, changes_since, last_change
from records.login import sessions
from records.scope import Scope

log = structlog.get_logger(__name__)

BEAT = 2.0
"""Seconds between two beats."""
POLL = 0.5
"""Seconds after which the database is asked also without a notification; it is one look at an index."""
_READ_AT_ONCE = 500
_WRITE_AT_ONCE = 32 * 1024
"""Bytes: in a flood a page gets several changes in one write, half of what may wait for it."""


class Numbered(NamedTuple):
    """A change as it goes over the wire, made once for everybody: with names, and masked; and of whom it is."""

    number: int
    frame: bytes
    masked: bytes
    area_id: int | None = None
    resident_id: UUID | None = None


def numbered(change: Change) -> Numbered:
    """A change made ready for everybody."""
    view = change.alert
    masked = frame(change_text(replace(change, alert=masked_alert(view))))
    return Numbered(change.number, frame(change_text(change)), masked, view.area_id, view.resident_id)


def change_text(change: Change) -> bytes:
    """A change as the pages get it."""
    return orjson.dumps(
        {"type": "change", "number": change.number, "at": change.at, "kind": change.kind, "alert": change.alert}
    )


def snapshot_frame(snapshot: Snapshot) -> bytes:
    """All open alerts, as the pages get them."""
    whole = {"type": "snapshot", "number": snapshot.number, "at": datetime.now(UTC), "alerts": snapshot.alerts}
    return frame(orjson.dumps(whole))


def beat_frame(health: str) -> bytes:
    """A sign that the link is alive."""
    return frame(orjson.dumps({"type": "beat", "at": datetime.now(UTC), "health": health}))


def read_changes(conn: Conn, number: int) -> list[Numbered]:
    """Some of the changes after `number`, in order; none where there are no more."""
    return [numbered(change) for change in changes_since(conn, number, _READ_AT_ONCE)]


def in_writes(changes: Sequence[Numbered]) -> Iterator[Sequence[Numbered]]:
    """The changes in order, so many together as are written at once."""
    start = size = 0
    for at, change in enumerate(changes):
        if size and size + len(change.frame) > _WRITE_AT_ONCE:
            yield changes[start:at]
            start, size = at, 0
        size += len(change.frame)
    if start < len(changes):
        yield changes[start:]


@dataclass(frozen=True, slots=True)
class Audience:
    """Those who are sent the same bytes: whom they may see, and whether by name."""

    scope: Scope
    names: bool

    def frames(self, changes: Sequence[Numbered]) -> list[bytes]:
        """What they get of these."""
        seen = [change for change in changes if self.scope.holds(change.area_id, change.resident_id)]
        return [change.frame if self.names else change.masked for change in seen]


@dataclass(eq=False, slots=True)
class Watcher:
    """One live page."""

    session: bytes
    audience: Audience
    line: Line
    number: int = 0
    """Of the last change that was written, or passed over because this page may not see it."""
    live: bool = False
    """Whether the hub writes to it; else its own task does."""
    behind: asyncio.Event = field(default_factory=asyncio.Event)
    """Tells its task that it is not live any more."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, first: int, last: int, frames: bytes) -> bool:
        """The changes from `first` to `last`; whether they were written now."""
        if not self.live or last <= self.number:
            return False
        if first == self.number + 1 and (not frames or self.line.take(frames)):
            self.number = last
            return True
        self.fall_behind()
        return False

    def hear_beat(self, beat: bytes) -> None:
        """That the link is alive; a page that takes nothing more is looked after by its task."""
        if self.live and not self.line.take(beat):
            self.fall_behind()

    def fall_behind(self) -> None:
        """From now on its task writes, until the page is up to date again."""
        self.live = False
        self.behind.set()


class Hub:
    """Hears the changes in one thread and writes them to the pages in one event loop."""

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self._database = database
        self._metrics = metrics
        self._watchers: dict[Audience, set[Watcher]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._number: int | None = None
        self._published = 0

    def join(self, watcher: Watcher) -> None:
        """Its beginning is written: from now on it hears every change, and what it lacks makes it fall behind."""
        self._watchers.setdefault(watcher.audience, set()).add(watcher)
        self._metrics.watchers.inc()

    def leave(self, watcher: Watcher) -> None:
        """It is gone."""
        watcher.live = False
        together = self._watchers[watcher.audience]
        together.remove(watcher)
        if not together:
            del self._watchers[watcher.audience]
        self._metrics.watchers.dec()

    def up_to_date(self, watcher: Watcher) -> bool:
        """Whether nothing was published that this page lacks; if so it is live."""
        watcher.live = watcher.number >= self._published
        return watcher.live

    def session_ended(self, session: bytes) -> None:
        """Close this session's live pages; may be called from any thread."""
        self._in_loop(self._end, {session})

    def _everyone(self) -> list[Watcher]:
        return [watcher for together in list(self._watchers.values()) for watcher in list(together)]

    def _end(self, sessions: set[bytes]) -> None:
        for watcher in self._everyone():
            if watcher.session in sessions:
                watcher.ended.set()

    def _publish(self, changes: Sequence[Numbered]) -> None:
        first, last = changes[0].number, changes[-1].number
        sent = 0
        for audience, together in self._watchers.items():
            frames = audience.frames(changes)
            whole = b"".join(frames)
            sent += len(frames) * sum([watcher.hear(first, last, whole) for watcher in together])
        self._published = last
        self._metrics.changes_sent.inc(sent)

    def _begin_after(self, number: int) -> None:
        """Whatever came before the hub heard anything: the pages that lack it read it themselves."""
        self._published = number
        for watcher in self._everyone():
            if watcher.live and watcher.number < number:
                watcher.fall_behind()

    def _publish_beat(self, beat: bytes) -> None:
        for watcher in self._everyone():
            watcher.hear_beat(beat)

    def beat(self, health: str) -> None:
        """Tell every watcher that the link is alive, and how the platform is; from any thread."""
        self._in_loop(self._publish_beat, beat_frame(health))

    def close_ended_sessions(self) -> None:
        """Close the live pages whose sessions are over; from any thread, raises Unavailable."""
        watching = {watcher.session for watcher in self._everyone()}
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
            self._number = last_change(conn)
            self._in_loop(self._begin_after, self._number)
        while not stop.is_set():
            changes = read_changes(conn, self._number)
            for together in in_writes(changes):
                self._in_loop(self._publish, together)
                self._number = together[-1].number
            if len(changes) == _READ_AT_ONCE:
                continue  # what is committed after this reading is notified of after it
            if any(channel == "session" for channel, _ in notifications(conn, POLL)):
                self.close_ended_sessions()
