"""A simulated town that lives: every device has its own connection and its own secret, and says what it has to say.

Time is the town's own: it may go faster than ours as long as it lies in the past. What is said never depends on that.
"""

import heapq
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count

import orjson

from gateway.crowd import Crowd, Member
from gateway.topics import Channel
from simulators import faults, sensors
from simulators.chance import number_of
from simulators.faults import Sent
from simulators.homes import Gadget, Home
from simulators.incidents import Town
from simulators.moving_in import VENDOR, Installed

_READINGS_AT_ONCE = 200  # far below the 64 KiB that a message may have
_MOST_WAITING = 20_000
_STATUS_EVERY = 600
_AHEAD = 3600
"""What a device will say is worked out for so many seconds at once."""


class Clock:
    """The town's time; never ahead of ours. With speed 0 it goes as fast as the messages are acknowledged."""

    def __init__(self, begin: int, speed: float) -> None:
        self._begin = begin
        self._speed = speed
        self._started = time.monotonic()
        self._jumped = float(begin)

    def now(self) -> int:
        """In seconds of Unix time."""
        if self._speed == 0:
            self._jumped += _AHEAD
            return int(min(self._jumped, time.time()))
        return int(min(self._begin + (time.monotonic() - self._started) * self._speed, time.time()))


class _Teller:
    """One device: how far it has told what it has to say."""

    def __init__(self, town: Town, home: Home, gadget: Gadget, member: Member, begin: int) -> None:
        self.home, self.gadget, self.member = home, gadget, member
        self._town = town
        self.worked_out = begin
        self.next_status = begin + number_of(home.key, gadget.name, "status") % 30

    def work_out(self, until: int) -> Iterator[Sent]:
        """What leaves it of what it says up to `until`."""
        said = sensors.says(self._town, self.home, self.gadget, self.worked_out, until)
        self.worked_out = until
        return faults.sent(self.home, self.gadget, said)


class Community:
    """The living town."""

    def __init__(
        self, mqtt_url: str, town: Town, installed: Sequence[Installed], begin: int, end: int | None, speed: float
    ) -> None:
        """From `begin` to `end`, or until it is stopped."""
        self._town, self._end = town, end
        self._clock = Clock(begin, speed)
        self._slow = 0 < speed <= 10
        self.crowd = Crowd(mqtt_url)
        self.now = begin
        """How far life has got."""
        self._tellers = [
            _Teller(
                town, one.home, one.gadget, self.crowd.add(VENDOR, one.gadget.name, one.secret, _status(begin)), begin
            )
            for one in installed
        ]
        self._order = count()
        self._outbox: list[tuple[int, int, _Teller, Sent]] = []
        self._next_look = 0.0

    def run(self, stop: threading.Event, told: Callable[[int], None] = lambda _: None) -> None:
        """Live until the end or `stop`; `told` hears how far it has got."""
        try:
            while not stop.is_set() and not self._is_over():
                if self.crowd.unacknowledged < _MOST_WAITING:
                    self._live(self._until(self._clock.now()))
                    self._look_at_the_power()
                    told(self.now)
                self.crowd.serve(0.05)
        finally:
            self.crowd.close()

    def next_event(self, until: int) -> int:
        """When a device next has an event to say, or the power goes or comes; `until`, or the end, where none does."""
        self._work_out(self._until(until))
        events = (at for at, _, _, one in self._outbox if one.said.event and at > self.now)
        return min([*events, *self._town.power_turns(self.now, until)], default=until)

    def live_until(self, now: int) -> None:
        """Instead of `run`, for a clock that somebody else moves: on to `now`; everything said is acknowledged then."""
        self._live(now)
        self._settle()
        self._cut_power(now)
        self._settle()

    def _settle(self) -> None:
        while not self.crowd.settled:
            self.crowd.serve(0.02)

    def _until(self, now: int) -> int:
        return now if self._end is None else min(now, self._end)

    def _is_over(self) -> bool:
        over = self._end is not None and self.now >= self._end
        return over and not self._outbox and not self.crowd.unacknowledged

    def _live(self, now: int) -> None:
        self.now = now
        self._work_out(now)
        for teller in self._tellers:
            if now >= teller.next_status:
                self._say_how_it_is(teller, now)
        self._send(now)

    def _work_out(self, now: int) -> None:
        for teller in self._tellers:
            while teller.worked_out < now:
                for one in teller.work_out(self._until(teller.worked_out + _AHEAD)):
                    heapq.heappush(self._outbox, (one.at, next(self._order), teller, one))

    def _say_how_it_is(self, teller: _Teller, now: int) -> None:
        every = _STATUS_EVERY if self._slow else 6 * 3600
        teller.next_status += (1 + (now - teller.next_status) // every) * every
        left = sensors.battery(teller.home, teller.gadget, now)
        if not teller.member.away:
            self.crowd.say(teller.member, Channel.STATUS, _status(now, online=True, battery=left))

    def _send(self, now: int) -> None:
        """What is due, several readings of a device in one message where there are several."""
        due: dict[_Teller, dict[int, Sent]] = {}
        while self._outbox and (self._outbox[0][0] <= now or self._end == now):
            _, _, teller, one = heapq.heappop(self._outbox)
            if one.said.event:
                self.crowd.say(teller.member, Channel.EVENT, _event(one))
                continue
            readings = due.setdefault(teller, {})
            if one.stamp in readings or len(readings) == _READINGS_AT_ONCE:
                self._tell(teller, readings)
            readings[one.stamp] = one
        for teller, readings in due.items():
            self._tell(teller, readings)

    def _tell(self, teller: _Teller, readings: dict[int, Sent]) -> None:
        entries = [{"time": 1000 * stamp, "values": one.said.values} for stamp, one in readings.items()]
        if entries:
            self.crowd.say(teller.member, Channel.OBS, orjson.dumps(entries if len(entries) > 1 else entries[0]))
        readings.clear()

    def _look_at_the_power(self) -> None:
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + 1
            self._cut_power(self.now)

    def _cut_power(self, now: int) -> None:
        """At the end the power is back everywhere: what was said before it went still has to arrive."""
        over = now == self._end
        dark = {home.number: not over and sensors.dark(self._town, home, now) for home in self._town.homes}
        for teller in self._tellers:
            if teller.member.away != dark[teller.home.number]:
                self.crowd.cut(teller.member, away=dark[teller.home.number])
                teller.next_status = now


def _status(now: int, *, online: bool = False, battery: int | None = None) -> bytes:
    status = {"time": datetime.fromtimestamp(now, UTC).isoformat(), "online": online, "firmware": "sim-1"}
    return orjson.dumps(status | ({} if battery is None else {"battery": battery}))


def _event(one: Sent) -> bytes:
    id_ = f"{one.said.event}-{one.said.time}"
    return orjson.dumps({"id": id_, "time": 1000 * one.stamp, "event": one.said.event})
