"""A command centre for tests: a real dashboard on a free port, people who work at it, and homes to watch over."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
from websockets.sync.client import ClientConnection, connect

from care.devices import DeviceKind
from care.people import Role
from care.rules import RULES
from dashboard.desk import Outside
from dashboard.service import run
from launch.ports import free_port
from records.database import Database
from records.equipment import devices
from records.judging import alerts
from records.judging.alerts import Opening
from records.login import accounts
from records.readings.observations import Observations, Row
from tests.people import Wearer, give

PASSWORD = "long-enough-for-a-test"


@dataclass(frozen=True, slots=True)
class Centre:
    """A running dashboard."""

    port: int

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def visitor(self) -> httpx2.Client:
        """Somebody who has not logged in."""
        return httpx2.Client(base_url=self.url, trust_env=False, timeout=120)

    @contextmanager
    def operator(self, username: str = "operator", password: str = PASSWORD) -> Iterator[httpx2.Client]:
        """Somebody who has."""
        with self.visitor() as client:
            client.post("/api/session", json={"username": username, "password": password}).raise_for_status()
            yield client

    def live(self, client: httpx2.Client, query: str = "", **options: Any) -> ClientConnection:
        """The live changes, as this person's page hears them."""
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        return self.connect_live({"Cookie": cookie}, query, **options)

    def connect_live(self, headers: dict[str, str], query: str = "", **options: Any) -> ClientConnection:
        """The WebSocket with these headers."""
        address = f"ws://127.0.0.1:{self.port}/api/live{query}"
        patient = {"open_timeout": 60, "ping_timeout": None} | options
        socket: ClientConnection = connect(address, additional_headers=headers, proxy=None, **patient)
        return socket


@contextmanager
def open_centre(
    database_url: str,
    *,
    secure_cookies: bool = False,
    parts_file: Path | None = None,
    port: int | None = None,
    outside: Outside | None = None,
    codes_for_administrators: bool = False,
) -> Iterator[Centre]:
    """A dashboard that serves until the block ends."""
    centre, stop = Centre(port or free_port()), threading.Event()
    arguments = (
        database_url,
        "127.0.0.1",
        centre.port,
        secure_cookies,
        parts_file,
        stop,
        outside,
        codes_for_administrators,
    )
    thread = threading.Thread(target=run, args=arguments, name="dashboard under test")
    thread.start()
    try:
        _until_it_answers(centre)
        yield centre
    finally:
        stop.set()
        thread.join(timeout=60)
    assert not thread.is_alive(), "the dashboard did not stop within 60 s"


def _until_it_answers(centre: Centre) -> None:
    client = httpx2.Client(trust_env=False, transport=httpx2.HTTPTransport(retries=8), timeout=120)
    with client:
        client.get(f"{centre.url}/api/health")


def employ(database: Database, *names: str, role: Role = Role.OPERATOR) -> None:
    """Accounts with the tests' password."""
    with database.transaction() as conn:
        for name in names or ("operator",):
            accounts.create_account(conn, name, PASSWORD, role)


def id_of(database: Database, resident: str) -> UUID:
    """The id of a resident by name."""
    with database.transaction() as conn:
        found = devices.find_resident(conn, resident)
    assert found is not None
    return found


def ring(
    database: Database,
    wearer: Wearer,
    rule: str = "fall",
    *,
    at: datetime | None = None,
    drill: bool = False,
    delayed: bool = False,
) -> UUID:
    """What the alert engine does when it has judged: the alert is open, and everybody hears of it."""
    now = datetime.now(UTC)
    resident = id_of(database, wearer.name)
    with database.transaction() as conn:
        signal = conn.execute(
            """INSERT INTO signal (rule, device_id, time, received_at, evidence) VALUES (%s, %s, %s, %s, '{}')
            RETURNING id""",
            (rule, wearer.device_id, at or now, now),
        ).fetchone()
        assert signal is not None
        opening = Opening(
            RULES[rule],
            f"resident:{resident}",
            resident,
            wearer.device_id,
            at or now,
            now,
            {},
            signal[0],
            drill=drill,
            delayed=delayed,
        )
        return alerts.open_or_repeat(conn, opening).id


def observe(database: Database, rows: list[Row]) -> None:
    """Store these rows as ingest does."""
    store = Observations()
    with database.transaction() as conn:
        store.prepare(conn)
        store.ensure_partitions(conn, rows)
        store.save(conn, rows, datetime.now(UTC))


def changes(wearer: Wearer, metric: str, *readings: tuple[datetime, float]) -> list[Row]:
    """What a device that speaks only of changes says."""
    return [Row(wearer.device_id, time, {metric: value}) for time, value in readings]


@dataclass(frozen=True, slots=True)
class Household:
    """The home of one resident, with what watches over it."""

    bed: Wearer
    rooms: tuple[Wearer, ...]
    door: Wearer


def furnish(database: Database, name: str, number: int = 1, since: datetime | None = None) -> Household:
    """A home with a care bed, movement sensors in two rooms and a door contact."""
    since = since or datetime.now(UTC) - timedelta(days=30)

    def place(device: str, kind: DeviceKind, where: str) -> Wearer:
        wearer = give(database, name, f"{device}-{number:02}", kind, since=since)
        with database.transaction() as conn:
            interval = timedelta(seconds=10) if kind is DeviceKind.BED else None
            conn.execute(
                "UPDATE device SET place = %s, expected_interval = %s WHERE id = %s",
                (where, interval, wearer.device_id),
            )
        return wearer

    rooms = (place("pir-living", DeviceKind.MOTION, "客厅"), place("pir-kitchen", DeviceKind.MOTION, "厨房"))
    return Household(place("bed", DeviceKind.BED, "卧室"), rooms, place("door", DeviceKind.DOOR, "大门"))
