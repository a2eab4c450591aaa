"""The load of a city: that many beds, each with its household, its own connection and secret, and a word every 10 s."""

import resource
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import orjson

from gateway.crowd import Crowd, Member
from gateway.topics import Channel
from simulators.chance import noise
from simulators.incidents import Town
from simulators.moving_in import VENDOR, move_in

EVERY = 10
"""Seconds."""
SEED = 18_000
"""Its people are not those of the towns that live."""
_FILES_BESIDE = 200
_TOLD_EVERY = 10

Say = Callable[[str], None]


def most_in_one_process() -> int:
    """As many connections as this process may have, after asking the system for all that it gives."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard - _FILES_BESIDE


class Fleet:
    """Beds that connect and publish until they are stopped."""

    def __init__(self, mqtt_url: str, secrets: dict[str, str]) -> None:
        """`secrets` by device."""
        self._delays: list[float] = []
        self.crowd = Crowd(mqtt_url, self._delays.append)
        self._beds = [(self.crowd.add(VENDOR, name, secret), n) for n, (name, secret) in enumerate(secrets.items())]
        self._turn = 0
        self.said = 0

    def run(self, stop: threading.Event, say: Say, seconds: float | None = None) -> None:
        """Connect them all, then have each speak every 10 s; `seconds`: of speaking."""
        started = time.monotonic()
        while self.crowd.connected < len(self._beds) and not stop.is_set():
            self.crowd.serve(0.1)
        say(f"{self.crowd.connected} connected in {time.monotonic() - started:.1f} s, {self.crowd.refused} refusals")
        begin = told = time.monotonic()
        while not stop.is_set() and (seconds is None or time.monotonic() < begin + seconds):
            self._speak(time.monotonic() - begin)
            self.crowd.serve(0.01)
            if time.monotonic() > told + _TOLD_EVERY:
                told = time.monotonic()
                say(self._how_it_goes(told - begin))
        patience = time.monotonic() + 30
        while self.crowd.unacknowledged and time.monotonic() < patience and not stop.is_set():
            self.crowd.serve(0.1)
        say(self._how_it_goes(time.monotonic() - begin))
        self.crowd.close()

    def _speak(self, elapsed: float) -> None:
        """Those whose turn has come: spread evenly over the ten seconds."""
        due = int(elapsed / EVERY * len(self._beds))
        while self._turn < due:
            member, number = self._beds[self._turn % len(self._beds)]
            self.crowd.say(member, Channel.OBS, _reading(member, number))
            self._turn += 1
            self.said += 1

    def _how_it_goes(self, elapsed: float) -> str:
        delays = sorted(self._delays)
        self._delays.clear()
        p50, p99 = (delays[int(share * (len(delays) - 1))] * 1000 if delays else 0.0 for share in (0.5, 0.99))
        return (
            f"{elapsed:.0f} s: {self.crowd.connected} connected, {self.said} said, {self.crowd.unacknowledged} not"
            f" acknowledged; acknowledged after p50 {p50:.0f} ms, p99 {p99:.0f} ms"
        )


def _reading(_member: Member, number: int) -> bytes:
    now = int(time.time() * 1000)
    rough = noise(number, now)
    values = {"heart_rate": 58 + rough % 12, "respiration_rate": 13 + rough % 4, "in_bed": 1, "movement": rough % 8}
    return orjson.dumps({"time": now, "values": values})


def admitted(database_url: str, count: int) -> dict[str, str]:
    """The secrets of so many beds, whose people have moved in."""
    installed = move_in(database_url, Town(SEED, count, 0), datetime.now(UTC), only_beds=True)
    return {one.gadget.name: one.secret for one in installed}


def run(database_url: str, mqtt_url: str, count: int, seconds: float | None, stop: threading.Event, say: Say) -> None:
    """Everything, in words."""
    if count > (most := most_in_one_process()):
        raise ValueError(f"--fleet {count}: this process may have {most} connections; raise `ulimit -n`, or use less")
    say(f"{count} people with a bed each are moving in …")
    Fleet(mqtt_url, admitted(database_url, count)).run(stop, say, seconds)
