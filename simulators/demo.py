"""A first demo life: ten residents whose beds, bedrooms and doors publish, each device with its own connection.

It keeps nothing: what a device has yet to send is what happens after the last reading that is stored of it, so it goes
on where it was after any crash, like a device with a buffer. The first time that buffer holds a day.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice

import orjson
import structlog

from care.devices import DeviceKind, DeviceState
from care.messages import Reading
from gateway.device import DeviceClient
from gateway.errors import NotDelivered
from gateway.topics import Channel
from records import credentials, database, devices, households
from records.database import Conn
from records.errors import Unavailable
from simulators import life
from simulators.people import PEOPLE, Person

log = structlog.get_logger(__name__)

VENDOR = "demo"
BUFFER = timedelta(hours=24)
"""How far back a device that was away sends."""

_READINGS_AT_ONCE = 200  # far below the 64 KiB that a message may have
_STATUS_EVERY = timedelta(minutes=10)
_KNOCK_EVERY = timedelta(seconds=5)

Sees = Callable[[Person, datetime, datetime], Iterator[Reading]]

SENSORS: Sequence[tuple[str, DeviceKind, str, timedelta, Sees]] = (
    ("bed", DeviceKind.BED, "卧室", timedelta(seconds=life.BED_EVERY), life.bed),
    ("motion", DeviceKind.MOTION, "卧室", life.SAYS_HOW_IT_IS_EVERY, life.bedroom),
    ("door", DeviceKind.DOOR, "大门", life.SAYS_HOW_IT_IS_EVERY, life.door),
)


def run(database_url: str, mqtt_url: str, stop: threading.Event) -> None:
    """Live until `stop`; waits for the database at the start and for the broker whenever it is away."""
    home_devices = _move_in(database_url, mqtt_url, stop)
    log.info("the demo life begins", devices=len(home_devices))
    try:
        while not stop.is_set():
            behind = [device.step(datetime.now(UTC)) for device in home_devices if not stop.is_set()]
            if not any(behind):
                stop.wait(1)
    finally:
        with ThreadPoolExecutor(len(home_devices) or 1) as pool:  # with the broker away each may take a second
            list(pool.map(lambda device: device.close(), home_devices))


def _move_in(database_url: str, mqtt_url: str, stop: threading.Event) -> "list[SimulatedDevice]":
    """Everybody's devices, registered and with fresh secrets; none where it is stopped before the database answers."""
    while not stop.is_set():
        try:
            with database.connect(database_url) as conn:
                now = datetime.now(UTC)
                return [device for person in PEOPLE for device in _devices_of(conn, person, mqtt_url, now)]
        except Unavailable as problem:
            log.warning("waiting for the database", reason=str(problem))
            stop.wait(1)
    return []


def _devices_of(conn: Conn, person: Person, mqtt_url: str, now: datetime) -> "Iterator[SimulatedDevice]":
    """One person's devices; one that was revoked stays so."""
    resident = households.settle(conn, person.household)
    latest = households.latest(conn, VENDOR)
    for what, kind, place, interval, sees in SENSORS:
        name = f"{what}-{person.number:02}"
        known = devices.find(conn, VENDOR, name)
        if known and known.state is DeviceState.DISABLED:
            continue
        device_id = devices.register(conn, VENDOR, name, kind, place=place, expected_interval=interval, now=now)
        devices.bind(conn, device_id, resident, now - BUFFER)
        secret = credentials.issue_secret(conn, VENDOR, name)
        since = max(now - BUFFER, min(now, latest.get(name, now - BUFFER)))
        yield SimulatedDevice(mqtt_url, name, secret, person, sees, since)


class SimulatedDevice:
    """One device: its line to the broker, and how far it has told what it saw."""

    def __init__(self, mqtt_url: str, name: str, secret: str, person: Person, sees: Sees, since: datetime) -> None:
        self._mqtt_url = mqtt_url
        self._name = name
        self._secret = secret
        self._person = person
        self._sees = sees
        self._told = since
        self._client: DeviceClient | None = None
        self._next_knock = self._next_status = datetime.min.replace(tzinfo=UTC)

    def step(self, now: datetime) -> bool:
        """Send a piece of what is to be sent; whether there is more, and somebody to take it."""
        if not self._connected(now):
            return False
        try:
            self._say_how_it_is(now)
            return self._tell(now)
        except NotDelivered as problem:
            log.info("not delivered, trying again", device=self._name, reason=str(problem))
            return False

    def close(self) -> None:
        """Say goodbye."""
        if self._client is not None:
            self._client.close()

    def _connected(self, now: datetime) -> bool:
        if self._client is not None:
            if not self._client.connected:
                self._next_status = now  # the broker has told our will by the time that we are back
            return self._client.connected
        if now < self._next_knock:
            return False
        client = DeviceClient(self._mqtt_url, VENDOR, self._name, self._secret, self._status(now, online=False))
        try:
            client.connect(timeout=3)
        except NotDelivered as problem:
            self._next_knock = now + _KNOCK_EVERY
            log.info("waiting to be let in", device=self._name, reason=str(problem))
            return False
        self._client = client
        return True

    def _say_how_it_is(self, now: datetime) -> None:
        if now >= self._next_status and self._client is not None:
            self._client.publish(Channel.STATUS, self._status(now, online=True), timeout=5)
            self._next_status = now + _STATUS_EVERY

    def _tell(self, now: datetime) -> bool:
        """The next readings, several of them in one message where there are several."""
        readings = list(islice(self._sees(self._person, self._told, now), _READINGS_AT_ONCE))
        if readings and self._client is not None:
            self._client.publish(Channel.OBS, _payload(readings), timeout=5)
            self._told = readings[-1].time
        return len(readings) == _READINGS_AT_ONCE

    def _status(self, now: datetime, *, online: bool) -> bytes:
        battery = 100 - (self._person.number * 7 + now.timetuple().tm_yday) % 60
        status = {"time": now.isoformat(), "online": online, "battery": battery, "firmware": "demo-1"}
        return orjson.dumps(status)


def _payload(readings: Sequence[Reading]) -> bytes:
    entries = [{"time": reading.time.isoformat(), "values": reading.values} for reading in readings]
    return orjson.dumps(entries if len(entries) > 1 else entries[0])
