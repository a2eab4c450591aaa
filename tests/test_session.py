"""The durable session of a lane, against the real broker: what waits, what is acknowledged, what is lost."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from care.lanes import Lane, lane_client_id
from gateway.device import DeviceClient
from gateway.fast_client import FastClient
from gateway.session import INBOX_SIZE, Letter, Session
from gateway.topics import Channel, filters
from launch.broker import CONFIG, EmbeddedBroker
from records.database import Database
from tests.conftest import open_to_all
from tests.test_access import Gatehouse, responder, until
from tests.whole import PATIENCE, eventually

EVENTS = lane_client_id(Lane.EVENTS)


@pytest.fixture
def gatehouse(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Gatehouse]:
    """A broker of its own that sends again after 3 s, its responder, and an open gate."""
    monkeypatch.setattr("launch.broker.CONFIG", CONFIG.replace('ack_wait: "30s"', 'ack_wait: "3s"'))
    folder = open_to_all(tmp_path_factory.mktemp("session"))
    with EmbeddedBroker(folder) as broker, responder(broker, database_url):
        made = Gatehouse(broker, database, [])
        until(lambda: made.word() != "")
        made.open_the_gate()
        yield made


@contextmanager
def session(
    gatehouse: Gatehouse, *, known: bool = False, secret: str | None = None, inbox_size: int = INBOX_SIZE
) -> Iterator[Session]:
    """The events lane's session."""
    url = gatehouse.broker.mqtt_url(password=secret)
    made = Session(url, EVENTS, filters(Lane.EVENTS), known=known, inbox_size=inbox_size)
    made.start()
    try:
        yield made
    finally:
        made.close()


@contextmanager
def ready_session(gatehouse: Gatehouse, *, known: bool = False) -> Iterator[Session]:
    """The same, connected."""
    with session(gatehouse, known=known) as made:
        eventually(lambda: made.ready, 20, "the session is ready")
        yield made


class Bed:
    """A device that publishes numbered events."""

    def __init__(self, gatehouse: Gatehouse) -> None:
        self._client = DeviceClient(gatehouse.broker.mqtt_url(), "acme", "bed-1", gatehouse.device("bed-1"))
        self._client.connect(timeout=60)

    def say(self, *numbers: int) -> None:
        """Until the broker has them."""
        for number in numbers:
            self._client.publish(Channel.EVENT, str(number).encode())

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def bed(gatehouse: Gatehouse) -> Iterator[Bed]:
    made = Bed(gatehouse)
    yield made
    made.close()


def take(session: Session, count: int, within: float = 20.0) -> list[Letter]:
    """So many letters, in the order in which they came."""
    letters: list[Letter] = []
    deadline = time.monotonic() + PATIENCE * within
    while len(letters) < count:
        assert time.monotonic() < deadline, f"{len(letters)} of {count} came"
        letters += session.take(count - len(letters), wait=0.2)
    return letters


def numbers(letters: list[Letter]) -> list[int]:
    return [int(letter.payload) for letter in letters]


def test_what_is_said_while_nobody_listens_waits_in_order(gatehouse: Gatehouse) -> None:
    with ready_session(gatehouse):
        pass
    device = Bed(gatehouse)
    device.say(*range(20))
    device.close()
    with ready_session(gatehouse, known=True) as back:
        assert not back.lost
        assert numbers(take(back, 20)) == list(range(20))


def test_what_is_acknowledged_does_not_come_again_and_the_rest_does(gatehouse: Gatehouse, bed: Bed) -> None:
    with ready_session(gatehouse) as first:
        bed.say(*range(10))
        first.acknowledge(take(first, 10)[:6])
    with ready_session(gatehouse, known=True) as second:
        bed.say(10)
        assert sorted(numbers(take(second, 5, within=60))) == [6, 7, 8, 9, 10]


def test_an_acknowledgement_of_an_old_connection_is_dropped(gatehouse: Gatehouse, bed: Bed) -> None:
    with ready_session(gatehouse) as one:
        bed.say(1)
        (old,) = take(one, 1)
        one.pause()
        eventually(lambda: not one.ready)
        one.resume()
        eventually(lambda: one.ready, 20)
        bed.say(2)
        (new,) = take(one, 1)
        assert new.connection > old.connection
        # The new connection may have given number 2 the packet id that number 1 had: acknowledging the old letter
        # must not acknowledge the new one.
        one.acknowledge([old])
        assert sorted(set(numbers(take(one, 2, within=60)))) == [1, 2]


def test_nothing_is_subscribed_again_when_the_session_is_there(
    gatehouse: Gatehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed: list[object] = []
    original = FastClient.subscribe

    def subscribe(client: FastClient, topics: Any) -> Any:
        subscribed.append(topics)
        return original(client, topics)

    monkeypatch.setattr(FastClient, "subscribe", subscribe)
    with ready_session(gatehouse):
        assert len(subscribed) == 1
    with ready_session(gatehouse, known=True):
        assert len(subscribed) == 1


def test_a_session_that_was_there_and_is_gone_is_said(gatehouse: Gatehouse) -> None:
    with ready_session(gatehouse):
        pass
    # Somebody connects with the lane's client id and a clean session: the broker forgets the durable one.
    intruder = gatehouse.service(EVENTS, clean=True)
    intruder.end()
    with ready_session(gatehouse, known=True) as back:
        assert back.lost
        back.recorded()
        assert not back.lost


def test_a_first_session_is_no_loss(gatehouse: Gatehouse) -> None:
    with ready_session(gatehouse, known=False) as first:
        assert not first.lost


def test_a_wrong_secret_is_said_and_tried_again(gatehouse: Gatehouse) -> None:
    with session(gatehouse, secret="wrong") as refused:
        eventually(lambda: refused.problem not in ("", "not connected yet"), 15)
        assert not refused.ready
        assert "refused" in refused.problem


def test_a_broker_that_dies_is_said_and_found_again(gatehouse: Gatehouse) -> None:
    with ready_session(gatehouse) as one:
        gatehouse.broker.kill()
        eventually(lambda: not one.ready and one.problem, 15, "it is said")
        gatehouse.broker.start()
        eventually(lambda: one.ready, 40, "it is back")


def test_the_inbox_is_bounded_and_nothing_is_lost_over_it(gatehouse: Gatehouse, bed: Bed) -> None:
    count, size, at_once = 1_500, 50, 500
    with session(gatehouse, inbox_size=size) as one:
        eventually(lambda: one.ready, 20, "the session is ready")
        bed.say(*range(count))  # all of them are at the broker before the first is taken
        eventually(lambda: one.waiting >= size, 20, "the inbox is full")
        letters: list[Letter] = []
        while len(letters) < count:
            assert one.waiting < size + at_once
            got = one.take(10, wait=60)
            assert got
            one.acknowledge(got)
            letters += got
        assert numbers(letters) == list(range(count))
