"""A town on a clock that the story holds: devices speak over MQTT, ingest stores, the engine judges when told to."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from alerts.engine import turn
from care.devices import DeviceKind
from care.lanes import Lane, lane_client_id
from gateway.device import DeviceClient
from gateway.session import Session
from gateway.topics import Channel, filters
from ingest.worker import Worker
from launch.broker import EmbeddedBroker
from records import database as database_module
from records import health
from records.database import Conn, Database
from records.equipment import credentials, devices
from records.judging import alerts
from records.judging.alerts import AlertView
from records.people.households import Household, settle
from tests.people import event, obs
from tests.whole import eventually

LOCAL = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=LOCAL)


@dataclass
class HeldClock:
    """It shows what the story says."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Town:
    """Homes with devices, and the platform that watches over them."""

    broker: EmbeddedBroker
    database: Database
    conn: Conn
    clock: HeldClock = field(default_factory=HeldClock)
    clients: dict[str, DeviceClient] = field(default_factory=dict)
    said: int = 0
    numbers: int = 0

    def give(
        self, resident: str, device: str, kind: DeviceKind = DeviceKind.BED, place: str = "", vendor: str = "acme"
    ) -> str:
        """Put a device into this resident's home and connect it; returns its name."""
        with self.database.transaction() as conn:
            month = timedelta(days=30)
            devices.register(conn, vendor, device, kind, resident=resident, place=place, now=self.clock.now - month)
            secret = credentials.issue_secret(conn, vendor, device)
        client = DeviceClient(self.broker.mqtt_url(), vendor, device, secret)
        client.connect(timeout=60)
        self.clients[device] = client
        return device

    def lives_in(self, resident: str, street: str) -> UUID:
        """This resident lives in a home of their own in this street."""
        long_ago = date(2025, 1, 1)
        home = Household(resident, long_ago, "340503", street, "一社区", f"{street} {resident}", resident, long_ago, ())
        with self.database.transaction() as conn:
            return settle(conn, home)

    def event(
        self, device: str, name: str, at: datetime | None = None, data: Mapping[str, object] | None = None
    ) -> None:
        """The device reports this event, which happened now or `at`."""
        self.numbers += 1
        self._say(device, Channel.EVENT, event(at or self.clock.now, name, str(self.numbers), data))

    def obs(self, device: str, at: datetime | None = None, **values: float) -> None:
        """The device measures these values, now or `at`."""
        self._say(device, Channel.OBS, obs(at or self.clock.now, **values))

    def status(self, device: str, payload: bytes) -> None:
        """The device says how it is."""
        self._say(device, Channel.STATUS, payload)

    def _say(self, device: str, channel: Channel, payload: bytes) -> None:
        self.clients[device].publish(channel, payload)
        self.said += 1

    def settle(self) -> None:
        """Wait until all that was said is stored and every lane has come as far as the clock; then the engine turns."""
        eventually(self._all_is_stored, 30, "everything that was said is stored")
        turn(self.conn, self.clock.now)

    def _all_is_stored(self) -> bool:
        with self.database.transaction() as conn:
            marks = health.watermarks(conn)
        stored = sum(mark.messages for mark in marks)
        return len(marks) == len(Lane) and stored >= self.said and all(m.through >= self.clock.now for m in marks)

    def at(self, moment: datetime | str) -> None:
        """Move the clock to `moment` (a time of day such as "03:12": the next such one) and let everything settle."""
        if isinstance(moment, str):
            hour, minute = (int(part) for part in moment.split(":"))
            local = self.clock.now.astimezone(LOCAL)
            then = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
            moment = then if then >= local else then + timedelta(days=1)
        self.clock.now = moment
        self.settle()

    def after(self, step: timedelta) -> None:
        """Let so much time pass, then let everything settle."""
        self.at(self.clock.now + step)

    @contextmanager
    def database_away(self) -> Iterator[None]:
        """Nobody reaches the database; the devices and the broker go on."""
        name = conninfo_to_dict(self.database.url)["dbname"]
        door = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
        with psycopg.connect(make_conninfo(self.database.url, dbname="postgres"), autocommit=True) as admin:
            admin.execute(door.format(sql.Identifier(str(name)), sql.Literal(False)))
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            yield
            admin.execute(door.format(sql.Identifier(str(name)), sql.Literal(True)))
        self.conn.close()
        self.conn = database_module.connect(self.database.url, autocommit=True)

    def hang_up(self) -> None:
        """Every device says goodbye, and nobody looks any more."""
        self.conn.close()
        for client in self.clients.values():
            client.close()

    def open_alerts(self) -> list[AlertView]:
        """The open alerts, the oldest first."""
        with self.database.transaction() as conn:
            return alerts.open_alerts(conn)


@contextmanager
def living_in(broker: EmbeddedBroker, database: Database) -> Iterator[Town]:
    """A town whose ingest runs as long as the `with` lasts."""
    with database_module.connect(database.url, autocommit=True) as conn, ExitStack() as stack:
        town = Town(broker, database, conn)
        stack.callback(town.hang_up)
        for lane in Lane:
            stack.enter_context(_ingest(town, lane))
        eventually(lambda: _admitting(database), 20, "devices are admitted")
        yield town


@contextmanager
def _ingest(town: Town, lane: Lane) -> Iterator[None]:
    session = Session(town.broker.mqtt_url(), lane_client_id(lane), filters(lane, 0), known=False)
    worker = Worker(town.database.url, session, lane, 0, timedelta(days=400), clock=town.clock, tick=0.05)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,), name=f"ingest-{lane}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive(), "ingest did not stop within 60 s"


def _admitting(database: Database) -> bool:
    with database.transaction() as conn:
        return any(part.name == "access" and part.status == "ok" for part in health.parts(conn))
