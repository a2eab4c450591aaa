"""`ankang rehearse`: a simulated time on a clock of its own, through a whole platform that is there only for it."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from access import service as access
from alerts.engine import turn
from care.lanes import Lane, expected_sessions, lane_client_id
from gateway.session import Session
from gateway.topics import filters
from ingest.worker import Worker
from launch.broker import EmbeddedBroker
from launch.errors import CannotStart
from launch.postgres import EmbeddedPostgres
from records import database as database_module
from records import health
from records.database import Conn, Database
from records.migrate import migrate
from simulators import history, town_hall, truth
from simulators.community import Community
from simulators.days import ZONE
from simulators.incidents import Town, with_every_kind
from simulators.moving_in import move_in

_STEP = 300
"""Seconds of the town's clock at most between two turns of the engine; an event ends a step at once."""
_KEEP = timedelta(days=400)
_TICK = 0.05
_PATIENCE = 120.0
"""Seconds of ours in which whatever was said must be stored, or something is broken."""

Told = Callable[[datetime, float], None]
"""Hears how far the town's clock has got, and what share of the whole that is."""


@dataclass
class _Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A town from `begin` on for so many days, every kind of incident among them."""

    town: Town
    begin: datetime
    days: int
    ledger: Path
    """Where it is written down what really happened."""
    past_days: int = 0
    """So many days before `begin`, on which nothing went wrong, are in the records: habits are learned from them."""
    told: Told = lambda _now, _share: None
    stop: threading.Event = field(default_factory=threading.Event)
    """Ends it early; the ledger and the score are of what was lived until then."""

    def run(self) -> list[str]:
        """Live through it; the score in words. CannotStart where the platform does not start or stands still."""
        since, until = int(self.begin.timestamp()), int((self.begin + timedelta(days=self.days)).timestamp())
        every = with_every_kind(self.town, since, until)
        # What began before is in no ledger, so it does not happen.
        town = replace(every, incidents_per_day=0, asked=tuple(every.incidents(since, until)))
        clock = _Clock(self.begin)
        with _platform(clock) as (database, broker), database_module.connect(database.url, autocommit=True) as conn:
            installed = move_in(database.url, town, self.begin - self._past)
            if self.past_days:
                before = replace(town, asked=())
                history.write(database.url, before, installed, self.begin - self._past, self.begin, stop=self.stop)
            community = Community(broker.mqtt_url(), town, installed, since, until, 0)
            try:
                self._live(community, database, conn, clock, until)
            finally:
                community.crowd.close()
            self.ledger.write_bytes(truth.ledger(town, since, community.now))
            return list(town_hall.score_alerts(database.url, self.ledger))

    @property
    def _past(self) -> timedelta:
        return timedelta(days=self.past_days)

    def _live(self, community: Community, database: Database, conn: Conn, clock: _Clock, until: int) -> None:
        since = community.now
        while community.now < until and not self.stop.is_set():
            step_ends = min(until, community.next_event(min(until, community.now + _STEP)))
            clock.now = datetime.fromtimestamp(step_ends, UTC)
            community.live_until(step_ends)
            _until_stored(community, database, clock.now)
            turn(conn, clock.now)
            self.told(clock.now, (step_ends - since) / (until - since))


def last_days(days: int, now: datetime) -> datetime:
    """When the last `days` whole days before `now` began, by the clock on the wall."""
    return now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)


def _until_stored(community: Community, database: Database, now: datetime) -> None:
    stored = partial(_all_is_stored, database, community.crowd.arrived, now)
    _wait(stored, lambda: community.crowd.serve(0.01), f"at {now}: what was said is not stored")


def _wait(condition: Callable[[], bool], meanwhile: Callable[[], None], what: str) -> None:
    patience = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > patience:
            raise CannotStart(f"the rehearsal stands still {what}; the errors above say why")
        meanwhile()


def _admits(database: Database) -> bool:
    with database.transaction() as conn:
        return any(part.name == "access" and part.status == "ok" for part in health.parts(conn))


def _all_is_stored(database: Database, arrived: int, now: datetime) -> bool:
    with database.transaction() as conn:
        marks = health.watermarks(conn)
    stored = sum(mark.messages for mark in marks)
    return len(marks) == len(Lane) and stored >= arrived and all(mark.through >= now for mark in marks)


@contextmanager
def _platform(clock: _Clock) -> Iterator[tuple[Database, EmbeddedBroker]]:
    """Database, broker, access and ingest, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ankang-rehearsal-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o711)  # as root PostgreSQL runs as another user, who must get through
        postgres = stack.enter_context(EmbeddedPostgres(folder))
        migrate(postgres.url)
        broker = stack.enter_context(EmbeddedBroker(folder))
        database = stack.enter_context(Database(postgres.url))
        stack.enter_context(_access(broker, postgres.url))
        for lane in Lane:
            stack.enter_context(_ingest(broker, postgres.url, lane, clock))
        _wait(partial(_admits, database), lambda: time.sleep(0.05), "at its start: no device is let in")
        yield database, broker


@contextmanager
def _access(broker: EmbeddedBroker, url: str) -> Iterator[None]:
    stop = threading.Event()
    arguments = (
        url, broker.nats_url, broker.sys_url, broker.issuer_seed, broker.service_secret, expected_sessions(1), stop,
    )  # fmt: skip
    with _thread(threading.Thread(target=access.run, args=arguments, name="access", daemon=True), stop):
        yield


@contextmanager
def _ingest(broker: EmbeddedBroker, url: str, lane: Lane, clock: _Clock) -> Iterator[None]:
    session = Session(broker.mqtt_url(), lane_client_id(lane), filters(lane, 0), known=False)
    worker = Worker(url, session, lane, 0, _KEEP, clock=clock, tick=_TICK)
    stop = threading.Event()
    with _thread(threading.Thread(target=worker.run, args=(stop,), name=f"ingest-{lane}", daemon=True), stop):
        yield


@contextmanager
def _thread(thread: threading.Thread, stop: threading.Event) -> Iterator[None]:
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(15)
