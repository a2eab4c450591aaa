"""Stories of the proof of life: while it is late health is red, it rings, and the dead man's switch is left alone."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from alerts import telling
from alerts.canary import Flock, late_after, look
from alerts.channels.build import channels_of
from alerts.channels.settings import ChannelSettings
from records import database, health
from tests.receiver import Receiver, receiver
from tests.stories.town import Town

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
CHANNELS = channels_of(ChannelSettings())


@pytest.fixture
def deadman() -> Iterator[Receiver]:
    """Somebody else's machine, which rings when it is asked no more."""
    with receiver() as server:
        yield server


@pytest.fixture
def flock(town: Town, deadman: Receiver) -> Iterator[Flock]:
    """The canaries, one for each county, once a minute."""
    birds = Flock(town.database.url, town.broker.mqtt_url(), MINUTE, deadman.url, town.clock)
    yield birds
    birds.close()


def fly(town: Town, flock: Flock) -> None:
    """A round is sent, and stored."""
    town.said += flock.round()


def arrive(town: Town) -> None:
    """What was sent is judged and told."""
    town.settle()
    telling.turn(town.conn, CHANNELS, town.clock.now)


def light(town: Town, flock: Flock) -> tuple[str, str]:
    """The canary's light, and why, after a look."""
    with database.transaction(town.conn):
        look(town.conn, late_after(MINUTE), flock.since, town.clock.now)
    (part,) = [part for part in health.parts(town.conn) if part.name == "canary"]
    return part.status, part.detail


def ringing(town: Town) -> list[str]:
    return [alert.rule for alert in town.open_alerts()]


def test_a_canary_that_is_late_is_red_rings_and_leaves_the_switch_alone_until_all_is_well_again(
    town: Town, flock: Flock, deadman: Receiver
) -> None:
    fly(town, flock)
    assert deadman.got == [], "nothing has arrived yet"
    arrive(town)
    assert (light(town, flock)[0], ringing(town)) == ("ok", [])
    town.clock.now += MINUTE
    fly(town, flock)
    assert len(deadman.got) == 1

    # Nobody judges any more: this round never arrives.
    town.clock.now += 29 * SECOND
    assert light(town, flock)[0] == "ok"
    town.clock.now += SECOND
    colour, why = light(town, flock)
    assert colour == "down" and "340503" in why and "ingest or alerts" in why
    (alert,) = town.open_alerts()
    assert (alert.rule, alert.priority, len(alert.evidence["counties"])) == ("canary_late", "high", 6)
    for _ in range(3):
        town.clock.now += MINUTE
        fly(town, flock)
        assert light(town, flock)[0] == "down"
    assert len(deadman.got) == 1 and len(ringing(town)) == 1

    # It works again: everything that waited is judged and told.
    arrive(town)
    assert (light(town, flock)[0], ringing(town)) == ("ok", [])
    town.clock.now += MINUTE
    fly(town, flock)
    assert len(deadman.got) == 2


def test_a_canary_that_is_judged_and_not_told_names_notification(town: Town, flock: Flock, deadman: Receiver) -> None:
    fly(town, flock)
    town.settle()
    town.clock.now += 30 * SECOND
    colour, why = light(town, flock)
    assert colour == "down" and "notification" in why
    assert ringing(town) == ["canary_late"] and deadman.got == []
