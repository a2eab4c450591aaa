"""Who may connect: the real broker, the real responder, the real records, and MQTT clients that try it on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from access.service import run
from care.devices import DeviceKind
from care.lanes import Lane, expected_sessions, lane_client_id
from launch.broker import EmbeddedBroker
from records import health
from records.database import Database
from records.equipment import credentials, devices
from tests.whole import eventually

ADMITTED, REFUSED = 0, 5
SESSIONS = expected_sessions(1)


def until(true: Callable[[], bool]) -> None:
    """Wait for it; the test fails where it does not come."""
    eventually(true, 15, "it comes about")


class Client:
    """A stock MQTT client."""

    def __init__(self, broker: EmbeddedBroker, user: str, password: str, client_id: str, *, clean: bool = True) -> None:
        self.answer: int | None = None
        self.granted: list[int] = []
        self.heard: list[str] = []
        self.connected = threading.Event()
        self.closed = threading.Event()
        self._mqtt = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, clean_session=clean, protocol=mqtt.MQTTv311)
        self._mqtt.username_pw_set(user, password)
        self._mqtt.on_connect = self._on_connect
        self._mqtt.on_disconnect = lambda *_: self.closed.set()
        self._mqtt.on_subscribe = lambda _c, _u, _m, reasons, _p: self.granted.extend(r.value for r in reasons)
        self._mqtt.on_message = lambda _c, _u, message: self.heard.append(message.topic)
        self._mqtt.reconnect_delay_set(60, 60)
        self._mqtt.connect("127.0.0.1", broker.mqtt_port)
        self._mqtt.loop_start()
        assert self.connected.wait(60), "no answer from the broker"

    def _on_connect(self, _client: object, _data: object, _flags: object, reason: ReasonCode, _props: object) -> None:
        # paho tells MQTT 3's answers 4 and 5 in the words of MQTT 5.
        self.answer = ADMITTED if reason.value == 0 else REFUSED if reason.value in (4, 5, 134, 135) else reason.value
        self.connected.set()

    def publish(self, topic: str, payload: bytes = b"{}") -> None:
        """At QoS 1; returns when it is acknowledged or the connection is gone."""
        sent = self._mqtt.publish(topic, payload, qos=1)
        until(lambda: sent.is_published() or self.closed.is_set())

    def subscribe(self, topic: str) -> int:
        """The answer to it."""
        self._mqtt.subscribe(topic, qos=1)
        until(lambda: bool(self.granted))
        return self.granted.pop()

    def end(self) -> None:
        """Say goodbye."""
        self._mqtt.disconnect()
        self._mqtt.loop_stop()


@dataclass
class Gatehouse:
    """A broker, its responder, and the records behind it."""

    broker: EmbeddedBroker
    database: Database
    clients: list[Client]

    def connect(self, user: str, password: str, client_id: str, *, clean: bool = True) -> Client:
        """A client that tries to get in."""
        client = Client(self.broker, user, password, client_id, clean=clean)
        self.clients.append(client)
        return client

    def device(self, name: str, vendor: str = "acme") -> str:
        """Register a device; its secret."""
        with self.database.transaction() as conn:
            devices.register(conn, vendor, name, DeviceKind.BED, now=datetime.now(UTC))
            return credentials.issue_secret(conn, vendor, name)

    def service(self, client_id: str, *, clean: bool = False) -> Client:
        """One of our services."""
        return self.connect("ankang", self.broker.service_secret, client_id, clean=clean)

    def ingest_is_ready(self) -> None:
        """Every lane says that its session is there."""
        with self.database.transaction() as conn:
            for client_id in SESSIONS:
                health.session_ready(conn, client_id)

    def open_the_gate(self) -> None:
        """As ingest does: say it every second until access believes it."""

        def opened() -> bool:
            self.ingest_is_ready()
            return self.word() == "ok"

        until(opened)

    def word(self) -> str:
        """What access says of itself."""
        with self.database.transaction() as conn:
            return next((part.status for part in health.parts(conn) if part.name == "access"), "")


@contextmanager
def responder(broker: EmbeddedBroker, database_url: str) -> Iterator[None]:
    """`ankang access` until the block ends."""
    stop = threading.Event()
    arguments = (
        database_url, broker.nats_url, broker.sys_url, broker.issuer_seed, broker.service_secret, SESSIONS, stop,
    )  # fmt: skip
    thread = threading.Thread(target=run, args=arguments)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive(), "access did not stop"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker(tmp_path_factory.mktemp("broker")) as server:
        yield server


@pytest.fixture
def shut(broker: EmbeddedBroker, database: Database, database_url: str) -> Iterator[Gatehouse]:
    """Nobody has heard of ingest yet."""
    clients: list[Client] = []
    gatehouse = Gatehouse(broker, database, clients)
    with responder(broker, database_url):
        until(lambda: gatehouse.word() == "degraded")
        yield gatehouse
        for client in clients:
            client.end()


@pytest.fixture
def gatehouse(shut: Gatehouse) -> Gatehouse:
    """Devices are let in."""
    shut.open_the_gate()
    return shut


def test_a_registered_device_gets_in_and_its_words_reach_the_lanes(gatehouse: Gatehouse) -> None:
    secret = gatehouse.device("bed-1")
    events = gatehouse.service(lane_client_id(Lane.EVENTS))
    bulk = gatehouse.service(lane_client_id(Lane.BULK))
    assert events.subscribe("care/v1/+/+/event") == 1
    assert bulk.subscribe("care/p/0/+/+/obs") == 1
    bed = gatehouse.connect("acme/bed-1", secret, "acme:bed-1")
    assert bed.answer == ADMITTED
    bed.publish("care/v1/acme/bed-1/event")
    bed.publish("care/v1/acme/bed-1/obs")
    until(lambda: events.heard == ["care/v1/acme/bed-1/event"])
    until(lambda: bulk.heard == ["care/p/0/acme/bed-1/obs"])


def test_a_device_hears_its_own_acknowledgements_and_no_one_elses(gatehouse: Gatehouse) -> None:
    first = gatehouse.connect("acme/bed-1", gatehouse.device("bed-1"), "acme:bed-1")
    assert first.subscribe("care/v1/acme/bed-1/ack") in (0, 1)
    assert first.subscribe("care/v1/acme/bed-2/ack") == 128
    assert first.subscribe("care/v1/acme/+/event") == 128
    events = gatehouse.service(lane_client_id(Lane.EVENTS))
    events.publish("care/v1/acme/bed-2/ack")
    events.publish("care/v1/acme/bed-1/ack")
    until(lambda: first.heard == ["care/v1/acme/bed-1/ack"])


def test_nothing_that_a_device_says_in_anothers_name_arrives(gatehouse: Gatehouse) -> None:
    gatehouse.device("bed-2")
    events = gatehouse.service(lane_client_id(Lane.EVENTS))
    events.subscribe("care/v1/+/+/event")
    bulk = gatehouse.service(lane_client_id(Lane.BULK))
    bulk.subscribe("care/p/0/+/+/obs")
    bed = gatehouse.connect("acme/bed-1", gatehouse.device("bed-1"), "acme:bed-1")
    for topic in ("care/v1/acme/bed-2/event", "care/v1/acme/bed-2/obs", "care/p/0/acme/bed-2/obs", "else/where"):
        if bed.closed.is_set():
            bed = gatehouse.connect("acme/bed-1", gatehouse.device("bed-1"), "acme:bed-1")
        bed.publish(topic)
    honest = gatehouse.connect("acme/bed-3", gatehouse.device("bed-3"), "acme:bed-3")
    honest.publish("care/v1/acme/bed-3/event")
    honest.publish("care/v1/acme/bed-3/obs")
    until(lambda: bool(events.heard) and bool(bulk.heard))
    assert events.heard == ["care/v1/acme/bed-3/event"]
    assert bulk.heard == ["care/p/0/acme/bed-3/obs"]


def test_a_devices_secret_opens_no_other_door(gatehouse: Gatehouse) -> None:
    secret = gatehouse.device("bed-1")
    for user, client_id in (
        ("acme/bed-1", "acme:bed-2"),
        ("acme/bed-1", "acme"),
        ("acme/bed-1", "ankang-ingest-events"),
        ("acme/bed-1", "ankang-ingest-bulk-0"),
        ("acme/bed-9", "acme:bed-9"),
        ("acme", "acme:bed-1"),
        ("acme/bed-1/x", "acme:bed-1"),
        ("ankang", "acme:bed-1"),
        ("ankang", "ankang-ingest-events"),
        ("", "acme:bed-1"),
    ):
        assert gatehouse.connect(user, secret, client_id).answer == REFUSED, (user, client_id)


def test_a_wrong_secret_and_none_are_refused(gatehouse: Gatehouse) -> None:
    gatehouse.device("bed-1")
    for secret in ("wrong", "", "0" * 32):
        assert gatehouse.connect("acme/bed-1", secret, "acme:bed-1").answer == REFUSED


def test_a_device_that_nobody_gave_a_secret_is_refused(gatehouse: Gatehouse) -> None:
    with gatehouse.database.transaction() as conn:
        devices.register(conn, "acme", "bed-1", DeviceKind.BED, now=datetime.now(UTC))
        devices.add_unclaimed(conn, "acme", "bed-2")
    for name in ("bed-1", "bed-2"):
        assert gatehouse.connect(f"acme/{name}", "", f"acme:{name}").answer == REFUSED


def test_a_service_secret_opens_only_the_services_doors(gatehouse: Gatehouse) -> None:
    assert gatehouse.service("ankang-ingest-events").answer == ADMITTED
    assert gatehouse.service("ankang-something-else").answer == REFUSED
    status = gatehouse.service("ankang-ingest-status")
    assert status.subscribe("care/v1/+/+/event") == 128


def test_a_device_cannot_take_over_a_services_session(gatehouse: Gatehouse) -> None:
    client_id = lane_client_id(Lane.EVENTS)
    secret = gatehouse.device("bed-1")
    events = gatehouse.service(client_id)
    events.subscribe("care/v1/+/+/event")
    events.end()
    gatehouse.connect("acme/bed-1", secret, "acme:bed-1").publish("care/v1/acme/bed-1/event")
    assert gatehouse.connect("acme/bed-1", secret, client_id, clean=True).answer == REFUSED
    back = gatehouse.service(client_id)
    until(lambda: back.heard == ["care/v1/acme/bed-1/event"])


def test_a_revoked_device_is_out_and_stays_out(gatehouse: Gatehouse) -> None:
    secret = gatehouse.device("bed-1")
    bed = gatehouse.connect("acme/bed-1", secret, "acme:bed-1")
    other = gatehouse.connect("acme/bed-2", gatehouse.device("bed-2"), "acme:bed-2")
    assert bed.answer == other.answer == ADMITTED
    with gatehouse.database.transaction() as conn:
        assert credentials.revoke(conn, "acme", "bed-1")
    assert bed.closed.wait(60), "its connection was not closed"
    assert gatehouse.connect("acme/bed-1", secret, "acme:bed-1").answer == REFUSED
    assert not other.closed.is_set()


def test_a_device_of_which_something_else_changed_stays_connected(gatehouse: Gatehouse) -> None:
    bed = gatehouse.connect("acme/bed-1", gatehouse.device("bed-1"), "acme:bed-1")
    others = [gatehouse.connect(f"acme/{name}", gatehouse.device(name), f"acme:{name}") for name in ("bed-2", "bed-3")]
    with gatehouse.database.transaction() as conn:
        devices.announce(conn, "acme", "bed-1")
    for name, other in zip(("bed-2", "bed-3"), others, strict=True):  # the second is looked at after the change is done
        with gatehouse.database.transaction() as conn:
            credentials.revoke(conn, "acme", name)
        assert other.closed.wait(60)
    assert not bed.closed.is_set()


def test_a_connection_with_a_secret_that_was_replaced_is_closed(gatehouse: Gatehouse) -> None:
    bed = gatehouse.connect("acme/bed-1", gatehouse.device("bed-1"), "acme:bed-1")
    fresh = gatehouse.device("bed-1")
    assert bed.closed.wait(60)
    assert gatehouse.connect("acme/bed-1", fresh, "acme:bed-1").answer == ADMITTED


def test_a_device_revoked_while_access_was_away_is_found_when_it_is_back(
    broker: EmbeddedBroker, database: Database, database_url: str
) -> None:
    gatehouse = Gatehouse(broker, database, [])
    with responder(broker, database_url):
        gatehouse.open_the_gate()
        bed = gatehouse.connect("acme/bed-1", gatehouse.device("bed-1"), "acme:bed-1")
    assert not bed.closed.is_set()
    with database.transaction() as conn:
        credentials.revoke(conn, "acme", "bed-1")
    with responder(broker, database_url):
        assert bed.closed.wait(60)
    bed.end()


def test_no_device_gets_in_before_every_session_of_ingest_is_there(shut: Gatehouse) -> None:
    secret = shut.device("bed-1")
    assert shut.connect("acme/bed-1", secret, "acme:bed-1").answer == REFUSED
    assert shut.service("ankang-ingest-events").answer == ADMITTED
    shut.open_the_gate()
    assert shut.connect("acme/bed-1", secret, "acme:bed-1").answer == ADMITTED


def test_after_a_new_start_of_the_broker_the_sessions_are_proven_anew(shut: Gatehouse) -> None:
    shut.open_the_gate()
    secret = shut.device("bed-1")
    shut.broker.kill()
    until(lambda: shut.word() == "down")
    shut.broker.start()
    until(lambda: shut.word() == "degraded")
    assert shut.connect("acme/bed-1", secret, "acme:bed-1").answer == REFUSED
    shut.open_the_gate()
    assert shut.connect("acme/bed-1", secret, "acme:bed-1").answer == ADMITTED
