"""A recorded home, played through MQTT as if it happened now: `ankang replay`.

Each sensor of the recording is a device of its own and logs in as one. A message follows the next only once the broker
has acknowledged it, over all devices, so the order holds and nothing is lost when the broker goes away in between.

Playing the same file to the same dates again stores nothing twice. With `--start now` the dates depend on the day: on
another day the same file is moved by one day more, and the two replays would lie on top of each other; that is said.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
from rich.console import Console

from gateway.device import DeviceClient
from gateway.errors import NotDelivered
from records.database import Database
from records.equipment import credentials, devices
from records.errors import RecordsError, Unavailable
from records.judging import replay as records
from records.judging.replay import Sent
from simulators import lines
from simulators.meter import Meter
from simulators.ordonez import BadRecording, Row, Sensor, parse
from simulators.timetable import Change, Pace, changes, days_to_now, last_end

VENDOR = "ordonez"

STORED_WITHIN = 90.0
"""Seconds without one more reading stored after which nothing more is expected: what the broker had in hand when it or
ingest died comes again only after its ack_wait of half a minute."""
_LOOK_EVERY = 2.0


class ReplayFailed(Exception):
    """The replay can't go on; the message says why and what to do."""


def run(
    database_url: str, mqtt_url: str, file: Path, format: str, resident: str, speed: float, start: str, zone: str
) -> None:
    """Play the file; says at the end how many readings were sent, stored and already there.

    SystemExit(1), after saying why, where something is wrong or not everything arrived.
    """
    console = Console(emoji=False, markup=False)
    try:
        home = _read(file, format, speed, start, zone)
        with Database(database_url, size=1) as database:
            arrived = _Replay(database, mqtt_url, resident, home, speed, console).play()
    except (ReplayFailed, BadRecording, NotDelivered, RecordsError) as problem:
        Console(stderr=True).print(f"The replay failed: {problem}", highlight=False, soft_wrap=True, markup=False)
        raise SystemExit(1) from None
    if not arrived:
        raise SystemExit(1)


def _read(file: Path, format: str, speed: float, start: str, zone: str) -> list[Change]:
    """What is to be played, in order."""
    if format != "ordonez":
        raise ReplayFailed(f"--format {format}: only ordonez is known")
    if not 0 <= speed < float("inf"):
        raise ReplayFailed("--speed: use 0 (as fast as it goes) or a number above it")
    try:
        content = file.read_bytes()
    except OSError as problem:
        raise ReplayFailed(f"{file} can't be read: {problem.strerror}") from None
    here = _zone(zone)
    rows = parse(content)
    return changes(rows, _shift(rows, start, here), here)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ReplayFailed(f"--zone {name}: unknown; use a name like Asia/Shanghai") from None


def _shift(rows: Sequence[Row], start: str, zone: tzinfo) -> timedelta:
    match start:
        case "now":
            return days_to_now(last_end(rows), datetime.now(UTC), zone)
        case "recorded":
            return timedelta(0)
        case _:
            raise ReplayFailed(f"--start {start}: use now or recorded")


@dataclass(frozen=True, slots=True)
class _Before:
    """What the records held before the replay began."""

    stored: int
    refused: Mapping[str, int]


class _Replay:
    """One replay of one home."""

    def __init__(
        self,
        database: Database,
        mqtt_url: str,
        resident: str,
        home: Sequence[Change],
        speed: float,
        console: Console,
    ) -> None:
        self._database = database
        self._mqtt_url = mqtt_url
        self._resident = resident
        self._home = home
        self._speed = speed
        self._console = console
        self._next_look = 0.0

    def play(self) -> bool:
        """Register, connect, send, wait until it is stored; whether everything arrived."""
        secrets, sent = self._register()
        with self._database.transaction() as conn:
            before = _Before(records.stored(conn, sent), records.refused(conn, VENDOR))
            others = records.rows_in_the_same_time(conn, sent) - before.stored
        if others:
            self._say(f"These devices hold {others} readings of another replay in the same days: the two will overlap.")
        with self._connected(secrets) as clients:
            count, stopped = self._send(clients, before)
        there = self._stored(sent) if stopped else self._wait(sent, before)
        self._explain(before)
        now_stored = max(0, there - before.stored)
        self._say(f"sent {count}, stored {now_stored}, already there {before.stored}")
        return there == len(self._home) == count

    def _say(self, line: str) -> None:
        self._console.print(line, highlight=False, soft_wrap=True)

    def _register(self) -> tuple[dict[Sensor, str], Sent]:
        """The home's devices, known to the records and with fresh secrets."""
        sensors = sorted({change.sensor for change in self._home}, key=lambda sensor: sensor.name)
        begins = self._home[0].time
        with self._database.transaction() as conn:
            resident_id = devices.find_resident(conn, self._resident)
            taken = records.watching_others(conn, VENDOR, [sensor.name for sensor in sensors], resident_id)
            if taken:
                raise ReplayFailed(
                    f"the device {VENDOR}/{taken[0]} watches over another resident: this home was replayed for them;"
                    " give the same --resident again"
                )
            ids = {
                sensor: devices.register(
                    conn, VENDOR, sensor.name, sensor.kind, resident=self._resident, place=sensor.place, now=begins
                )
                for sensor in sensors
            }
            records.watch_since(conn, list(ids.values()), begins)
            secrets = {sensor: credentials.issue_secret(conn, VENDOR, sensor.name) for sensor in sensors}
        return secrets, Sent(
            [ids[change.sensor] for change in self._home],
            [change.time for change in self._home],
            [change.value for change in self._home],
        )

    @contextmanager
    def _connected(self, secrets: Mapping[Sensor, str]) -> Iterator[Mapping[Sensor, DeviceClient]]:
        """Every device with its own connection, for as long as the `with` lasts."""
        with ExitStack() as stack:
            clients = {}
            for sensor, secret in secrets.items():
                clients[sensor] = lines.connect(self._mqtt_url, VENDOR, sensor.name, secret, self._say)
                stack.callback(clients[sensor].close)
            yield clients

    def _send(self, clients: Mapping[Sensor, DeviceClient], before: _Before) -> tuple[int, bool]:
        """Publish everything in order, at its time; returns how many, and whether it was stopped as pointless."""
        pace = Pace(self._home[0].time, time.monotonic(), self._speed)
        with Meter(self._console, "sent", len(self._home)) as meter:
            for count, change in enumerate(self._home):
                meter.show(count, _day_and_time(change.time))
                while (wait := pace.wait(change.time, time.monotonic())) > 0:
                    if self._look(before):
                        return count, True
                    time.sleep(min(wait, _LOOK_EVERY))
                if self._look(before):
                    return count, True
                lines.deliver(clients[change.sensor], _payload(change))
            meter.show(len(self._home))
        return len(self._home), False

    def _look(self, before: _Before) -> bool:
        """Whether the platform refuses the dates; asked now and then, so that nobody waits an hour to hear it."""
        if time.monotonic() < self._next_look:
            return False
        self._next_look = time.monotonic() + _LOOK_EVERY
        try:
            return any(_too_old(reason) for reason in self._refused(before))
        except Unavailable:
            return False  # the broker keeps what we send until the database is back

    def _wait(self, sent: Sent, before: _Before) -> int:
        """Wait until everything is stored or refused, as long as it goes on; returns how much is stored."""
        there, last_step = -1, time.monotonic()
        with Meter(self._console, "stored", len(self._home)) as meter:
            while time.monotonic() < last_step + STORED_WITHIN:
                try:
                    found, refused = self._stored(sent), sum(self._refused(before).values())
                except Unavailable:
                    found, refused = there, 0
                if found > there:
                    there, last_step = found, time.monotonic()
                    meter.show(there)
                if there + refused >= len(self._home):
                    break
                time.sleep(0.3)
        return max(0, there)

    def _stored(self, sent: Sent) -> int:
        with self._database.transaction() as conn:
            return records.stored(conn, sent)

    def _refused(self, before: _Before) -> dict[str, int]:
        """What went into quarantine since the replay began, by reason."""
        with self._database.transaction() as conn:
            found = records.refused(conn, VENDOR)
        counts = {reason: times - before.refused.get(reason, 0) for reason, times in found.items()}
        return {reason: times for reason, times in counts.items() if times > 0}

    def _explain(self, before: _Before) -> None:
        """Why not everything was stored, and what to do about it."""
        for reason, times in self._refused(before).items():
            self._say(f"The platform keeps readings aside in quarantine, {times} so far: {reason}.")
            if _too_old(reason):
                days = (datetime.now(UTC) - self._home[0].time).days + 2
                self._say(
                    f"Set ANKANG_RETENTION_RAW_DAYS={days} or more, start the platform again, then replay again;"
                    " or use --start now."
                )


def _too_old(reason: str) -> bool:
    return reason.startswith("time: older than")


def _payload(change: Change) -> bytes:
    return orjson.dumps({"time": change.time.isoformat(), "values": {change.sensor.metric: change.value}})


def _day_and_time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}Z"
