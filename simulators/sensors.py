"""What the devices of a home say of what happens in it: pure, a day at a time, each device with its own rhythm.

The same moment always sounds the same, whoever asks from when to when.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from care.devices import DeviceKind
from simulators.chance import chance, noise, number_of
from simulators.days import AWAY, COOKING, IN_BED, ON_THE_FLOOR, SITTING, UP, ZONE, Stay, days_between
from simulators.homes import BATHROOM, Gadget, Home
from simulators.incidents import POWER_CUTS, Incident, Kind, Town, lived

_MINUTE, _HOUR = 60, 3600
_FALLS = (Kind.FALL_GETS_UP, Kind.FALL_LIES)
SENSITIVITY = 0.8
"""Of a fall detector in real homes (domain.md: 80 % at 0.17 false alarms per wearer and week)."""


class Said(NamedTuple):
    """One thing that a device has to say: readings where `event` is empty, else that event."""

    time: int
    values: Mapping[str, float]
    event: str = ""


class Scene(NamedTuple):
    """What a sensor can see of one day: from `start` to `end`, what the person does and what goes wrong."""

    town: Town
    home: Home
    start: int
    end: int
    stays: Sequence[Stay]
    troubles: Sequence[Incident]

    def trouble(self, *kinds: Kind) -> Iterator[Incident]:
        """Those of these kinds."""
        return (one for one in self.troubles if one.kind in kinds)


@lru_cache(maxsize=256)
def scene(town: Town, home: Home, day: date) -> Scene:
    """From midnight to midnight by the clock on the wall."""
    start = int(datetime.combine(day, time(), ZONE).timestamp())
    end = int(datetime.combine(day + timedelta(days=1), time(), ZONE).timestamp())
    return Scene(town, home, start, end, lived(town, home, start, end), town.troubles(home, start, end))


def says(town: Town, home: Home, gadget: Gadget, since: int, until: int, thin: int = 1) -> Iterator[Said]:
    """What this device says after `since` and up to `until`; of the bed only every `thin`-th reading.

    With the power cut the home's gateway is dark, and nothing is said.
    """
    sees = _SEES[gadget.kind]
    for day in days_between(since, until + 1):
        at = scene(town, home, day)
        dark = [(one.start, one.end) for one in at.trouble(*POWER_CUTS)]
        for said in sees(at, gadget, thin):
            if since < said.time <= until and not any(start <= said.time < end for start, end in dark):
                yield said


def battery(home: Home, gadget: Gadget, now: int) -> int | None:
    """What is left of its battery in per cent; None where it has none. It lasts some months; at 18 it is changed."""
    if gadget.kind in (DeviceKind.BED, DeviceKind.FALL_RADAR, DeviceKind.POWER_METER):
        return None
    own = number_of(home.key, gadget.name, "battery")
    lasts = 86_400 * (200 + own % 300)
    return 100 - round(82 * ((now + own % lasts) % lasts) / lasts)


def dark(town: Town, home: Home, now: int) -> bool:
    """Whether this home has no power."""
    return any(one.start <= now < one.end for one in town.troubles(home, now, now + 1) if one.kind in POWER_CUTS)


def _key(home: Home, gadget: Gadget) -> int:
    return number_of(home.key, gadget.name) & 0xFFFF_FFFF


def _ticks(at: Scene, gadget: Gadget, every: int) -> Iterator[int]:
    """Each device at a second of its own."""
    phase = _key(at.home, gadget) % every
    first = at.start + (phase - at.start) % every
    return iter(range(first, at.end, every))


def _bed(at: Scene, gadget: Gadget, thin: int) -> Iterator[Said]:
    key = _key(at.home, gadget)
    base, breaths = at.home.habits.pulse - 1.5, at.home.habits.breaths
    empty = {"in_bed": 0, "movement": 0.0}
    every = gadget.every * thin
    phase = key % gadget.every
    fevers = list(at.trouble(Kind.SLOW_FEVER))
    for stay in at.stays:
        first = stay.start + (phase - stay.start) % every
        if stay.doing != IN_BED:
            for moment in range(first, stay.end, every if thin == 1 else every * 3 // 2):
                yield Said(moment, empty)
            continue
        for moment in range(first, stay.end, every):
            rough = noise(key, moment)
            fever = _fever(fevers, moment)
            restless = moment - stay.start < 180 or stay.end - moment < 180 or rough % 97 == 0
            deep = math.sin(moment * 0.0011635528)  # a cycle of sleep lasts about 90 minutes
            yield Said(
                moment,
                {
                    "heart_rate": float(round(base + 3 * deep + (rough & 3) + 18 * fever + 8 * restless)),
                    "respiration_rate": float(round(breaths + deep / 2 + (rough >> 4 & 1) + 4 * fever)),
                    "in_bed": 1,
                    "movement": float(20 + (rough >> 8) % 50 if restless else (rough >> 8) % 6),
                },
            )


def _fever(fevers: Sequence[Incident], moment: int) -> float:
    """From 0 to 1: it rises slowly over most of its time."""
    now = (one for one in fevers if one.start <= moment < one.end)
    return max((min(1.0, (moment - one.start) / (0.7 * (one.end - one.start))) for one in now), default=0.0)


def _motion(at: Scene, gadget: Gadget, _thin: int) -> Iterator[Said]:
    spans = [
        span
        for stay in at.stays
        if stay.place == gadget.place
        for span in _moves(at.home, stay)
        if not (stay.doing in (IN_BED, ON_THE_FLOOR) and span[0] == stay.start == at.start)
    ]  # who has lain there since yesterday neither falls once more at midnight nor turns over
    return _state("motion", at, gadget, spans)


def _moves(home: Home, stay: Stay) -> Iterator[tuple[int, int]]:
    """When somebody who does this moves."""
    dice = chance(home.key, stay.start, stay.place, "moves")
    moves, rests = {
        UP: ((50, 180), (15, 60)), COOKING: ((60, 200), (20, 120)), SITTING: ((15, 50), (300, 1100)),
        IN_BED: ((10, 40), (1500, 5000)), ON_THE_FLOOR: ((10, 25), (100_000, 100_001)),
    }.get(stay.doing, ((0, 0), (100_000, 100_001)))  # fmt: skip
    at = stay.start
    while at < stay.end:
        lasts = dice.randint(*moves)
        if lasts:
            yield at, min(stay.end, at + lasts)
        at += lasts + dice.randint(*rests)


def _door(at: Scene, gadget: Gadget, _thin: int) -> Iterator[Said]:
    moments = [moment for stay in at.stays if stay.doing == AWAY for moment in (stay.start, stay.end)]
    inside = [moment for moment in moments if at.start < moment < at.end]  # midnight opens no door
    return _state("door_open", at, gadget, [(moment, moment + 15) for moment in inside])


def _radar(at: Scene, gadget: Gadget, _thin: int) -> Iterator[Said]:
    spans = [(stay.start, stay.end) for stay in at.stays if stay.place == BATHROOM and stay.doing != ON_THE_FLOOR]
    yield from _state("presence", at, gadget, spans)
    for fall in at.trouble(*_FALLS):
        if chance(at.home.key, fall.start, "noticed").random() < SENSITIVITY:
            yield from _tells(at, fall, "fall", after=25)


def _state(metric: str, at: Scene, gadget: Gadget, spans: Sequence[tuple[int, int]]) -> Iterator[Said]:
    """Each change, and now and then once more how it is, to show that the sensor is alive."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    starts = [start for start, _ in joined]
    said = {}
    for moment in _ticks(at, gadget, gadget.every):
        which = bisect_right(starts, moment) - 1
        said[moment] = int(which >= 0 and moment < joined[which][1])
    said |= {start: 1 for start, _ in joined} | {end: 0 for _, end in joined if end < at.end}
    for moment in sorted(said):
        yield Said(moment, {metric: said[moment]})


def _doing(at: Scene, gadget: Gadget) -> Iterator[tuple[int, Stay]]:
    """At each tick, what the person does."""
    which = 0
    for moment in _ticks(at, gadget, gadget.every):
        while which + 1 < len(at.stays) and at.stays[which].end <= moment:
            which += 1
        yield moment, at.stays[which]


def _water(at: Scene, gadget: Gadget, _thin: int) -> Iterator[Said]:
    key, leaks = _key(at.home, gadget), list(at.trouble(Kind.LEAK))
    litres = {COOKING: 4.0, UP: 5.0}
    for moment, _ in _doing(at, gadget):
        since = moment - gadget.every
        used = sum(
            litres.get(stay.doing, 0.0) * (min(stay.end, moment) - max(stay.start, since)) / 300
            for stay in at.stays
            if stay.end > since and stay.start < moment
        )
        used *= 0.7 + (noise(key, moment) % 60) / 100
        used += sum(14.0 for leak in leaks if leak.start <= moment < leak.end)
        yield Said(moment, {"water_used": round(used, 1)})


def _power(at: Scene, gadget: Gadget, _thin: int) -> Iterator[Said]:
    key = _key(at.home, gadget)
    watts = {COOKING: 950, SITTING: 140, UP: 120, AWAY: 45, IN_BED: 50, ON_THE_FLOOR: 110}
    for moment, stay in _doing(at, gadget):
        yield Said(moment, {"power": float(watts[stay.doing] + noise(key, moment) % 40)})


def _climate(at: Scene, gadget: Gadget, _thin: int) -> Iterator[Said]:
    key = _key(at.home, gadget)
    for moment in _ticks(at, gadget, gadget.every):
        hour = (moment + 8 * _HOUR) % 86_400 / _HOUR
        warm = 21 + 2 * math.sin((hour - 9) / 24 * math.tau) + (noise(key, moment) % 5) / 10
        yield Said(moment, {"temperature": round(warm, 1), "humidity": float(48 + noise(key, moment // 3600) % 14)})


def _watch(at: Scene, gadget: Gadget, _thin: int) -> Iterator[Said]:
    key, fevers = _key(at.home, gadget), list(at.trouble(Kind.SLOW_FEVER))
    faster = {UP: 16, COOKING: 20, AWAY: 26, SITTING: 8, ON_THE_FLOOR: 24}
    paces = {UP: 60, COOKING: 50, AWAY: 260, SITTING: 4}
    for moment, stay in _doing(at, gadget):
        rough, fever = noise(key, moment), _fever(fevers, moment)
        yield Said(
            moment,
            {
                "heart_rate": float(round(at.home.habits.pulse + faster.get(stay.doing, 0) + rough % 6 + 18 * fever)),
                "steps": float(paces.get(stay.doing, 0) * (50 + rough % 100) // 100),
                "body_temperature": round(36.3 + (rough >> 8 & 3) / 10 + 3.1 * fever, 1),
            },
        )
    if not at.home.has(DeviceKind.FALL_RADAR):
        for fall in at.trouble(*_FALLS):
            if chance(at.home.key, fall.start, "noticed").random() < SENSITIVITY:
                yield from _tells(at, fall, "fall", after=15)


def _tells(at: Scene, incident: Incident, event: str, after: int) -> Iterator[Said]:
    moment = incident.start + after
    if at.start <= moment < at.end:
        yield Said(moment, {}, event)


def _button(at: Scene, _gadget: Gadget, _thin: int) -> Iterator[Said]:
    for incident in at.trouble(Kind.SOS):
        yield from _tells(at, incident, "sos", after=20)


def _smoke(at: Scene, _gadget: Gadget, _thin: int) -> Iterator[Said]:
    for incident in at.trouble(Kind.SMOKE):
        yield from _tells(at, incident, "smoke", after=45)


def _leak(at: Scene, _gadget: Gadget, _thin: int) -> Iterator[Said]:
    for incident in at.trouble(Kind.LEAK):
        yield from _tells(at, incident, "water_leak", after=6 * _MINUTE)


_SEES: Mapping[DeviceKind, Callable[[Scene, Gadget, int], Iterator[Said]]] = MappingProxyType(
    {
        DeviceKind.BED: _bed,
        DeviceKind.MOTION: _motion,
        DeviceKind.DOOR: _door,
        DeviceKind.FALL_RADAR: _radar,
        DeviceKind.WATER_METER: _water,
        DeviceKind.POWER_METER: _power,
        DeviceKind.CLIMATE: _climate,
        DeviceKind.WEARABLE: _watch,
        DeviceKind.SOS_BUTTON: _button,
        DeviceKind.SMOKE: _smoke,
        DeviceKind.WATER_LEAK: _leak,
    }
)
