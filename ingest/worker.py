"""The loop of one lane: take, decode, store, commit, acknowledge. It keeps nothing that a restart could lose."""

import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson
import structlog

from care.lanes import Lane, lane_client_id, lane_name
from care.messages import Address
from gateway.session import Letter, Session
from gateway.topics import Channel, parse, topic
from ingest import metrics
from ingest.devices import DeviceBook
from ingest.limits import Limits
from ingest.sorting import Ack, Sorted, Sorter, aside, two_values
from records import database, health
from records.clock import Clock, utc_now
from records.database import Conn
from records.equipment import watch
from records.errors import Unavailable
from records.migrate import check_schema
from records.readings import store
from records.readings.observations import Conflict, Observations

log = structlog.get_logger(__name__)

BATCH_SIZE = 4_000
LINGER = {Lane.EVENTS: 0.0, Lane.STATUS: 0.02, Lane.BULK: 0.03}
"""Seconds to wait for more letters: none for a fall, a little for heart rates, which come in crowds."""

DISCONNECT_AFTER = 10.0
"""Seconds without the database after which the lane leaves the broker, which then keeps everything in one place."""

SEEN_EVERY = timedelta(seconds=30)
"""How exact `last_seen` is."""

_RETRY = 0.5


class Worker:
    """One lane, from its durable session to the database."""

    def __init__(
        self,
        database_url: str,
        session: Session,
        lane: Lane,
        partition: int,
        retention: timedelta,
        clock: Clock = utc_now,
        tick: float = 1.0,
    ) -> None:
        """`tick`: seconds between two words about how far it has got; a held clock needs them closer together."""
        self._clock = clock
        self._every = tick
        self._url = database_url
        self._session = session
        self._name = lane_name(lane, partition)
        self._client_id = lane_client_id(lane, partition)
        self._linger = LINGER[lane]
        self._book = DeviceBook()
        self._limits = Limits()
        self._sorter = Sorter(self._name, retention, self._book.lookup, self._book.claim, self._limits.of)
        self._observations = Observations()
        self._conn: Conn | None = None
        self._ears: Conn | None = None
        self._next_tick = 0.0
        self._seen: dict[int, datetime] = {}
        self._deaf_since: datetime | None = None
        """Up to here all was heard; since then this lane was away, and it has not caught up yet."""

    def run(self, stop: threading.Event) -> None:
        """Until `stop`: finishes the batch in hand, acknowledges it, and leaves the durable session in place."""
        self._session.start()
        try:
            while not stop.is_set():
                try:
                    self._connected()
                    self._work(stop)
                except Unavailable as problem:
                    self._outage(stop, problem)
        finally:
            self._session.close()
            self._hang_up()

    def _work(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._tick()
            letters = self._session.take(BATCH_SIZE, wait=min(0.25, self._every), linger=self._linger)
            if letters:
                self._deliver(letters)

    def _deliver(self, letters: Sequence[Letter]) -> None:
        """Store these letters, waiting out a short absence of the database, then acknowledge them."""
        started = time.monotonic()
        while True:
            try:
                self._store(self._connected(), letters)
                break
            except Unavailable:
                self._hang_up()
                if time.monotonic() - started > DISCONNECT_AFTER:
                    raise
                time.sleep(_RETRY)
        metrics.MESSAGES.labels(self._name).inc(len(letters))
        metrics.COMMIT.labels(self._name).observe(time.monotonic() - started)

    def _store(self, conn: Conn, letters: Sequence[Letter]) -> None:
        try:
            with database.transaction(conn):
                work = self._sorter.sort(letters, self._clock())
            work.batch.seen = self._seldom(work)
            work.batch.caught_up = self._deaf_since is None and not self._session.waiting
            conflicts = store.save(conn, work.batch, self._observations)
            self._keep_conflicts(conn, work, conflicts)
        except store.NotStorable as problem:
            self._find_the_culprit(conn, letters, problem)
            return
        self._session.acknowledge(letters)
        self._tell(work.acks)
        metrics.QUARANTINED.labels(self._name).inc(len(work.batch.quarantine) + len(conflicts))
        metrics.SIGNALS.labels(self._name).inc(len(work.batch.signals))

    def _find_the_culprit(self, conn: Conn, letters: Sequence[Letter], problem: store.NotStorable) -> None:
        """Halve the batch until the letter that PostgreSQL refuses stands alone, and keep that one aside."""
        if len(letters) > 1:
            middle = len(letters) // 2
            self._store(conn, letters[:middle])
            self._store(conn, letters[middle:])
            return
        letter = letters[0]
        log.warning("a message could not be stored and is kept aside", lane=self._name, reason=str(problem))
        parsed = parse(letter.topic)
        refused = store.QuarantineRow(
            parsed[0].vendor if parsed else None, parsed[0].device if parsed else None, None, letter.topic, "payload",
            f"could not be stored ({problem})", None, letter.payload, letter.repeated,
        )  # fmt: skip
        store.save_conflicts(conn, [refused], self._clock())
        self._session.acknowledge(letters)

    def _keep_conflicts(self, conn: Conn, work: Sorted, conflicts: Sequence[Conflict]) -> None:
        rows = []
        for conflict in conflicts:
            letter = work.sources[(conflict.device_id, conflict.time)]
            parsed = parse(letter.topic)
            address = parsed[0] if parsed else Address("", "")
            rows.append(aside(letter, address, conflict.device_id, two_values(conflict.metric)))
        if rows:
            store.save_conflicts(conn, rows, work.batch.received_at)

    def _seldom(self, work: Sorted) -> list[int]:
        """The devices whose `last_seen` is worth writing again: not with every heart beat."""
        now = work.batch.received_at
        due = [d for d in work.batch.seen if (known := self._seen.get(d)) is None or now - known > SEEN_EVERY]
        self._seen.update(dict.fromkeys(due, now))
        # A row that counts unknown fields must be there to be counted in.
        return sorted({*due, *work.batch.unknown_fields})

    def _tell(self, acks: Sequence[Ack]) -> None:
        """The `ack` of each event: only now is it safe for the device to forget it."""
        for ack in acks:
            body = {"id": ack.id} | ({"quarantined": ack.quarantined} if ack.quarantined else {})
            self._session.publish(topic(ack.address, Channel.ACK), orjson.dumps(body))

    def _tick(self) -> None:
        """Every second or `tick`: how this lane is, how far it has got, and what has changed about devices."""
        if time.monotonic() < self._next_tick:
            return
        conn = self._connected()
        self._next_tick = time.monotonic() + self._every
        now = self._clock()
        session = self._session
        ready = session.ready
        with database.transaction(conn):
            if ready:
                health.session_ready(conn, self._client_id, lost=session.lost)
                if not session.waiting:
                    self._caught_up(conn, now)
            elif self._deaf_since is None:
                self._deaf_since = health.heard_through(conn, self._name)
            health.beat(conn, f"ingest-{self._name}", "ok" if ready else "degraded", session.problem)
        if ready:
            session.recorded()
        metrics.WAITING.labels(self._name).set(session.waiting)
        metrics.READY.labels(self._name).set(session.ready)
        self._listen()

    def _caught_up(self, conn: Conn, now: datetime) -> None:
        """Everything received is stored; what could not be heard before is no silence of the devices."""
        if self._deaf_since is not None:
            watch.note_gap(conn, self._name, self._deaf_since, now)
        store.save_watermark(conn, self._name, now)
        self._deaf_since = None

    def _listen(self) -> None:
        if self._ears is None:
            return
        heard = database.notifications(self._ears, timeout=0)
        for channel, address in heard:
            if channel == "device_changed":
                self._book.forget(address)
        if any(channel == "limits_changed" for channel, _ in heard):
            self._limits.load(self._connected())

    def _connected(self) -> Conn:
        if self._conn is None or self._conn.closed:
            conn = database.connect(self._url, autocommit=True)
            self._ears = database.listen(self._url, ("device_changed", "limits_changed"))
            with database.transaction(conn):
                check_schema(conn)
            self._observations.prepare(conn)
            self._book.load(conn)
            if self._deaf_since is None:
                self._deaf_since = health.heard_through(conn, self._name)
            self._limits.load(conn)
            self._conn = conn
        return self._conn

    def _hang_up(self) -> None:
        for conn in (self._conn, self._ears):
            if conn is not None:
                conn.close()
        self._conn = self._ears = None

    def _outage(self, stop: threading.Event, problem: Unavailable) -> None:
        """Leave the broker until the database answers: what is left there is kept, in order, on its disk."""
        log.error("the database is away; leaving the broker until it is back", lane=self._name, reason=str(problem))
        self._hang_up()
        self._session.pause()
        while not stop.is_set():
            try:
                self._connected()
                break
            except Unavailable:
                stop.wait(_RETRY)
        log.info("the database is back", lane=self._name)
        self._session.resume()
