"""Every kind of bad input, from a raw client through the whole system: kept aside with its reason, the line goes on."""

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

import pytest

from benchmarks.mqtt import connected, goodbye, publish_packet
from care.devices import DeviceKind
from records.database import Database
from records.equipment import credentials
from records.equipment.device_view import DeviceView, device_view
from records.judging import alerts
from records.judging.alerts import AlertView
from tests.conftest import open_to_all
from tests.whole import Whole, admit, eventually, whole_ankang

MARK = "98765432"
"""In every bad payload, as a number or a text: it must reach no log."""

Payload = Callable[[datetime], bytes]


def said(**fields: object) -> Payload:
    """This object with the time of now, unless it brings one."""
    return lambda now: json.dumps({"time": now.isoformat(), "mark": MARK} | fields).encode()


def raw(text: bytes) -> Payload:
    """These bytes."""
    return lambda _: text


def at(shift: timedelta, **fields: object) -> Payload:
    """This object with a time that is off."""
    return lambda now: json.dumps({"time": (now + shift).isoformat(), "mark": MARK} | fields).encode()


def value(text: str) -> Payload:
    """A heart rate in this notation."""
    return lambda now: f'{{"time":"{now.isoformat()}","values":{{"heart_rate":{text}}}}}'.encode()


GOOD = {"obs": said(values={"heart_rate": 72}), "status": said(online=True), "event": said(id="good", event="bed_exit")}

KEPT_ASIDE: list[tuple[str, str, Payload, str]] = [
    ("empty", "obs", raw(b""), "not JSON"),
    ("not-json", "obs", raw(b"heart rate: " + MARK.encode()), "not JSON"),
    ("not-utf-8", "obs", raw(b'{"time":"\xff\xfe' + MARK.encode()), "not JSON"),
    ("half-json", "obs", raw(b'{"time":' + MARK.encode()), "not JSON"),
    ("deep", "obs", raw(b"[" * 20_000 + b"]" * 20_000), "not JSON"),
    ("a-number", "obs", raw(MARK.encode()), "not an object"),
    ("empty-array", "obs", raw(b"[]"), "an empty array"),
    ("unknown-metric", "obs", said(values={"mood": 98765432}), "values.(unknown): unknown metric"),
    ("too-high", "obs", value(MARK), "heart_rate: above the plausible range"),
    ("too-low", "obs", value("-" + MARK), "heart_rate: below the plausible range"),
    ("nan", "obs", value("NaN"), "heart_rate: not a finite number"),
    ("infinity", "obs", value("-Infinity"), "heart_rate: not a finite number"),
    ("beyond-double", "obs", value("1e999"), "heart_rate: not a finite number"),
    ("a-text", "obs", value(f'"{MARK}"'), "heart_rate: not a number"),
    ("a-truth", "obs", value("true"), "heart_rate: not a number"),
    ("neither-0-nor-1", "obs", said(values={"in_bed": 98765432}), "in_bed: not 0 or 1"),
    ("no-time", "obs", raw(b'{"values":{"heart_rate":72}}'), "time: missing"),
    ("no-zone", "obs", said(time="2026-11-23T12:00:00", values={"heart_rate": 72}), "time: has no time zone"),
    ("no-such-day", "obs", said(time="2026-02-30T12:00:00Z", values={"heart_rate": 72}), "time: not a time"),
    ("future", "obs", at(timedelta(minutes=6), values={"heart_rate": 72}), "more than 5 minutes in the future"),
    ("ancient", "obs", at(timedelta(days=-401), values={"heart_rate": 72}), "older than the 400 days"),
    ("no-values", "obs", said(), "values: missing"),
    ("too-large", "obs", said(values={"heart_rate": 72}, filler="x" * 66_000), "more than 64 KiB"),
    ("unknown-event", "event", said(id="1", event=f"levitation-{MARK}"), "event: unknown"),
    ("event-no-id", "event", said(event="fall"), "id: missing"),
    ("event-long-id", "event", said(id=MARK * 17, event="fall"), "id: too long"),
    ("technical-no-time", "event", raw(b'{"id":"1","event":"tamper"}'), "time: missing"),
    ("technical-future", "event", at(timedelta(days=1), id="1", event="tamper"), "more than 5 minutes in the future"),
    ("status-no-truth", "status", said(online=MARK), "online: not 0 or 1"),
    ("status-battery", "status", said(online=True, battery=98765432), "battery: above the plausible range"),
    ("status-future", "status", at(timedelta(hours=1), online=True), "more than 5 minutes in the future"),
]


@dataclass
class Line:
    """A running Ankang and one device on a connection of its own."""

    ankang: Whole
    database: Database
    device: str
    secret: str
    wire: socket.socket = field(default_factory=socket.socket)
    number: int = 0

    def connect(self) -> None:
        """Anew."""
        self.wire.close()
        self.wire, self.number = connected(self.ankang.found.mqtt_url, "acme", self.device, self.secret), 0
        self.wire.settimeout(120)

    def publish(self, channel: str, payload: bytes) -> None:
        """At QoS 1; returns when the broker has acknowledged it."""
        self.number += 1
        self.wire.sendall(publish_packet(f"care/v1/acme/{self.device}/{channel}", payload, self.number))
        answer = self.wire.recv(4)
        assert answer == b"\x40\x02" + self.number.to_bytes(2, "big"), answer

    def view(self) -> DeviceView:
        """What became of its messages."""
        with self.database.transaction() as conn:
            found = device_view(conn, "acme", self.device)
        assert found is not None
        return found

    def reasons(self) -> list[str]:
        """Why some are kept aside."""
        return [one.reason for one in self.view().quarantine]

    def goes_on(self) -> None:
        """What is good still arrives, on this very connection."""
        before = self.view().stored
        for channel, payload in GOOD.items():
            self.publish(channel, payload(datetime.now(UTC)))
        eventually(lambda: self.view().stored >= before + 2 and self.view().online is True, 15, "the line goes on")


@pytest.fixture(scope="module")
def ankang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with whole_ankang(open_to_all(tmp_path_factory.mktemp("bad")) / "data") as running:
        yield running
        logs = b"".join(file.read_bytes() for file in (running.data / "log").iterdir())
        assert len(logs) > 1_000
        assert MARK.encode() not in logs, "a payload has reached a log"


@pytest.fixture(scope="module")
def database(ankang: Whole) -> Iterator[Database]:
    with ankang.database as pool:
        yield pool


NUMBERS = count(1)


@pytest.fixture
def line(ankang: Whole, database: Database) -> Iterator[Line]:
    """A device of its own for each test."""
    device = f"device-{next(NUMBERS)}"
    made = Line(ankang, database, device, admit(ankang, device, DeviceKind.BED, f"住户 {device}"))
    made.connect()
    yield made
    made.wire.close()


@pytest.mark.parametrize(("channel", "payload", "reason"), [pytest.param(*c[1:], id=c[0]) for c in KEPT_ASIDE])
def test_kept_aside_with_its_reason_and_the_line_goes_on(
    line: Line, channel: str, payload: Payload, reason: str
) -> None:
    line.publish(channel, payload(datetime.now(UTC)))
    eventually(lambda: any(reason in told for told in line.reasons()), 15, f"it is kept aside: {reason}")
    assert line.view().quarantined == 1
    assert MARK not in "".join(line.reasons())
    line.goes_on()


def test_a_second_value_is_kept_aside_and_the_first_stays(line: Line) -> None:
    now = datetime.now(UTC)
    for heart_rate in (72, 73, 72):
        line.publish("obs", said(values={"heart_rate": heart_rate})(now))
    eventually(lambda: line.view().quarantined == 1, 15, "the other value is kept aside")
    assert "another value" in line.reasons()[0]
    with line.database.transaction() as conn:
        stored = conn.execute(
            "SELECT heart_rate FROM observation o JOIN device d ON d.id = o.device_id WHERE d.name = %s", (line.device,)
        ).fetchall()
    assert stored == [(72,)]
    line.goes_on()


def test_one_bad_value_costs_no_good_one(line: Line) -> None:
    now = datetime.now(UTC)
    line.publish("obs", said(values={"heart_rate": 98765432, "respiration_rate": 14})(now))
    eventually(lambda: line.view().quarantined == 1 and line.view().observations == 1, 15, "one each")


# What the broker does first.


def hung_up(wire: socket.socket) -> bool:
    """Whether the other side has closed the connection."""
    try:
        while wire.recv(4_096):
            pass
    except ConnectionError:
        return True
    return True


def test_a_message_of_more_than_a_megabyte_ends_the_connection(line: Line) -> None:
    packet = publish_packet(f"care/v1/acme/{line.device}/obs", b" " * 1_100_000, 1)
    try:
        line.wire.sendall(packet)
    except ConnectionError:
        return
    assert hung_up(line.wire)


@pytest.mark.parametrize(
    "packet",
    [b"\x32\xff\xff\xff\xff\x01", b"\x00\x00", b"\xf0\x00", b"\x36\x04\x00\x00\x00\x01", b"\x32\x05\x00\x40a/b"],
    ids=["length-of-five-bytes", "reserved-type-0", "reserved-type-15", "qos-3", "topic-beyond-the-packet"],
)
def test_what_is_not_mqtt_ends_the_connection_and_nothing_else(line: Line, packet: bytes) -> None:
    line.wire.sendall(packet)
    assert hung_up(line.wire)
    line.connect()
    line.goes_on()


@pytest.mark.parametrize("topic", ["care/v1/acme/{}/telemetry", "care/v1/acme/other/obs", "care/v2/acme/{}/obs", "x"])
def test_a_topic_outside_the_grants_reaches_nobody(line: Line, topic: str) -> None:
    line.wire.sendall(publish_packet(topic.format(line.device), GOOD["obs"](datetime.now(UTC)), 1))
    # NATS acknowledges what it denies, or ends the connection: either way nothing arrives.
    if not line.wire.recv(4):
        line.connect()
    line.number = 1
    line.goes_on()
    assert line.view().observations == 1
    assert line.view().quarantined == 0


def test_qos_2_and_retained_are_stored_like_any_other(line: Line) -> None:
    now = datetime.now(UTC)
    retained = bytearray(publish_packet(f"care/v1/acme/{line.device}/obs", GOOD["obs"](now), 1))
    retained[0] |= 0x01
    line.wire.sendall(retained)
    assert line.wire.recv(4) == b"\x40\x02\x00\x01"
    twice = bytearray(publish_packet(f"care/v1/acme/{line.device}/obs", GOOD["obs"](now + timedelta(seconds=1)), 2))
    twice[0] = 0x34
    line.wire.sendall(twice)
    assert line.wire.recv(4) == b"\x50\x02\x00\x02"
    line.wire.sendall(b"\x62\x02\x00\x02")
    assert line.wire.recv(4) == b"\x70\x02\x00\x02"
    eventually(lambda: line.view().observations == 2, 15, "both are stored")


# Alarms never wait for their clock or their owner.


def open_alerts(line: Line) -> list[AlertView]:
    with line.database.transaction() as conn:
        return [alert for alert in alerts.open_alerts(conn) if alert.device == line.device]


@pytest.mark.parametrize(
    "payload",
    [
        at(timedelta(days=365), id="1", event="fall"),
        at(timedelta(days=-3_650), id="1", event="fall"),
        raw(b'{"id":"1","event":"fall"}'),
        raw(b'{"id":"1","event":"fall","time":"soon"}'),
    ],
    ids=["future", "ancient", "no-time", "not-a-time"],
)
def test_a_fall_with_an_impossible_clock_rings_now_and_says_so(line: Line, payload: Payload) -> None:
    before = datetime.now(UTC)
    line.publish("event", payload(before))
    (alert,) = eventually(partial(open_alerts, line), 15, "it rings")
    assert before - timedelta(seconds=1) < alert.happened_at <= datetime.now(UTC)
    assert alert.evidence["clock_problem"].startswith("time: ")
    assert alert.resident_name is not None


def test_what_a_revoked_device_still_had_under_way_is_kept_aside(line: Line) -> None:
    lane = line.ankang.parts()["ingest-bulk-0"]["pid"]
    os.kill(lane, signal.SIGSTOP)
    line.publish("obs", GOOD["obs"](datetime.now(UTC)))
    with line.database.transaction() as conn:
        credentials.revoke(conn, "acme", line.device)
    os.kill(lane, signal.SIGKILL)  # the next one can't know the device from before
    eventually(lambda: any("disabled device" in reason for reason in line.reasons()), 45, "it is kept aside")
    assert line.view().observations == 0


def test_a_fall_from_a_device_that_nobody_has_claimed_rings_as_such(line: Line) -> None:
    """Its entry is gone between its connecting and its fall, as where records were restored from an older backup."""
    with line.database.transaction() as conn:
        conn.execute("DELETE FROM binding USING device d WHERE d.id = device_id AND d.name = %s", (line.device,))
        conn.execute("UPDATE device SET state = 'unclaimed' WHERE name = %s", (line.device,))
    line.publish("event", said(id="1", event="fall")(datetime.now(UTC)))
    (alert,) = eventually(partial(open_alerts, line), 15, "it rings")
    assert alert.unclaimed and alert.resident_name is None


def test_a_connection_that_only_opens_and_closes_leaves_nothing(line: Line) -> None:
    goodbye(connected(line.ankang.found.mqtt_url, "acme", line.device, line.secret))
    assert line.view().quarantined == 0
