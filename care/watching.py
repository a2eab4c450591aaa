"""What a home's devices show by their silence or their numbers: water, doors, the bed, how warm it is. Pure.

Every judgement says whether its rule rings at a time, and when at the earliest that can be otherwise: nobody has to be
looked at before. So many homes cost so little, and a back-test over a year takes the very same looks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from care.in_force import InForce
from care.limits import Sample
from care.nights import Night
from care.notices import LOCAL

LOOK_AGAIN = timedelta(minutes=10)
"""Where nothing can be said, or an alert stands. This and the times below are assumptions."""
HALF_HOUR = timedelta(minutes=30)
_FLOW = timedelta(hours=1)
"""So often a home is looked at that may use too much."""
_BED_BELIEVED = timedelta(minutes=2)
"""A bed that misses some of its readings is still known."""
_HISTORY = timedelta(hours=1)
"""Who left the bed so long before we could know of it is no news."""
_READINGS = 3


@dataclass(frozen=True, slots=True)
class Source:
    """A device, and what it said of one metric up to the time of judgement, in order."""

    device_id: int
    kind: str
    place: str
    believed: timedelta
    """For so long a reading holds; a longer quiet is a gap in which nothing is known."""
    samples: Sequence[Sample]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the rule rings; None: it can't be said, which neither rings nor clears."""

    rings: bool | None
    again: datetime
    """When it may be otherwise, at the earliest."""
    since: datetime | None = None
    """When it rang."""
    because: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    news: bool = True
    """False: it began so long ago that it rings only where it rang before and goes on."""


Judge = Callable[[Sequence[Source], InForce, datetime, datetime | None], Verdict]
"""From what the devices said, the limits in force, the time, and since when the person is at home again, where they
were away."""


def known_since(sources: Sequence[Source], at: datetime) -> datetime | None:
    """Since when all of these have spoken without a gap; None where one of them is not proven alive at `at`."""
    found = [_known_since(source, at) for source in sources]
    return max((one for one in found if one is not None), default=None) if None not in found else None


def _known_since(source: Source, at: datetime) -> datetime | None:
    if not source.samples or at - source.samples[-1].time > source.believed:
        return None
    gaps = (later.time for earlier, later in pairwise(source.samples) if later.time - earlier.time > source.believed)
    return max(gaps, default=source.samples[0].time)


def _unknown(at: datetime) -> Verdict:
    return Verdict(None, at + LOOK_AGAIN)


def _counted_from(*times: datetime | None) -> datetime | None:
    return max((one for one in times if one is not None), default=None)


def _merged(sources: Sequence[Source], since: datetime) -> list[Sample]:
    samples = (sample for source in sources for sample in source.samples if sample.time > since)
    return sorted(samples, key=lambda sample: sample.time)


def water_low(sources: Sequence[Source], force: InForce, at: datetime, home: datetime | None) -> Verdict:
    """Less than `least` litres in the time `within`, of which every meter tells without a gap."""
    within, least = timedelta(seconds=force.number("within")), force.number("least")
    since = _counted_from(known_since(sources, at), home)
    if known_since(sources, at) is None or since is None:
        return _unknown(at)
    uses = _merged(sources, at - within)
    total = sum(use.value for use in uses)
    because = {"litres": round(total, 1), "within": within.total_seconds(), "last_use": _last_use(sources)}
    if since > at - within:
        return Verdict(False, since + within, because=because)
    if total < least:
        return Verdict(True, at + LOOK_AGAIN, at, because)
    for use in uses:  # when so many of them are too long ago that the rest is too little
        total -= use.value
        if total < least:
            return Verdict(False, use.time + within, because=because)
    return Verdict(False, at + within, because=because)


def _last_use(sources: Sequence[Source]) -> str | None:
    used = [sample.time for source in sources for sample in source.samples if sample.value > 0]
    return max(used).isoformat() if used else None


def water_high(sources: Sequence[Source], force: InForce, at: datetime, _home: datetime | None) -> Verdict:
    """More than `most` litres in the time `within`."""
    within, most = timedelta(seconds=force.number("within")), force.number("most")
    uses = _merged(sources, at - within)
    if not uses:
        return _unknown(at)
    total = sum(use.value for use in uses)
    because = {"litres": round(total, 1), "within": within.total_seconds()}
    return Verdict(total > most, at + (LOOK_AGAIN if total > most else _FLOW), at, because)


def water_running(sources: Sequence[Source], force: InForce, at: datetime, _home: datetime | None) -> Verdict:
    """Some water in every half hour of the time `within`: it leaks. A half hour of which nobody tells is dry."""
    count = int(timedelta(seconds=force.number("within")) / HALF_HOUR)
    end = _half_hour_of(at)
    used: dict[datetime, float] = {}
    for sample in _merged(sources, end - count * HALF_HOUR):
        half = _half_hour_of(sample.time - timedelta(microseconds=1))  # a meter tells what was used before
        used[half] = used.get(half, 0.0) + sample.value
    halves = [end - (number + 1) * HALF_HOUR for number in range(count)]
    dry = next((half for half in halves if used.get(half, 0.0) <= 0), None)
    because = {"half_hours": count, "least_in_one": round(min(used.get(half, 0.0) for half in halves), 2)}
    if dry is not None:
        return Verdict(False, dry + (count + 1) * HALF_HOUR, because=because)
    return Verdict(True, end + HALF_HOUR, end, because | {"litres": round(sum(used.values()), 1)})


def _half_hour_of(time: datetime) -> datetime:
    return time.replace(minute=time.minute // 30 * 30, second=0, microsecond=0)


def door_not_opened(sources: Sequence[Source], force: InForce, at: datetime, home: datetime | None) -> Verdict:
    """No door was opened or closed in the time `within`, of which every door's sensor tells without a gap."""
    within = timedelta(seconds=force.number("within"))
    known = known_since(sources, at)
    if known is None:
        return _unknown(at)
    opened = max((one for source in sources for one in _passages(source)), default=None)
    since = _counted_from(known, opened, home) or known
    because = {"last_opened": opened.isoformat() if opened else None, "within": within.total_seconds()}
    if at - since < within:
        return Verdict(False, since + within, because=because)
    return Verdict(True, at + LOOK_AGAIN, since + within, because)


def _passages(source: Source) -> list[datetime]:
    changed = [later.time for earlier, later in pairwise(source.samples) if earlier.value != later.value]
    return changed + [sample.time for sample in source.samples if sample.value == 1]


def left_bed(sources: Sequence[Source], force: InForce, at: datetime, home: datetime | None) -> Verdict:
    """Out of bed for `within` in the person's night, having left it in that night; naps and early risers never ring."""
    within = timedelta(seconds=force.number("within"))
    night = Night.of(force.word("night_from"), force.word("night_to"), LOCAL)
    by_then = _earliest(night, within, at)
    left = _left_at(sources)
    if left is None or (home is not None and left < home):
        known = all(source.samples and source.samples[-1].value == 1 for source in sources) and bool(sources)
        return Verdict(False if known else None, by_then)
    that_night = night.around(left)
    if that_night is None or left + within > that_night[1]:
        return Verdict(False if that_night is None else None, by_then)
    rang = left + within
    if at < rang:
        return Verdict(None, rang)  # out of bed: nobody to be missed yet, and nobody back
    because = {"left_at": left.isoformat(), "out_for": (at - left).total_seconds(), "within": within.total_seconds()}
    because |= {"night": [one.isoformat() for one in that_night]}
    if not _proven_empty(sources, left, at):
        return Verdict(None, max(at + timedelta(minutes=1), min(by_then, at + LOOK_AGAIN)), because=because)
    return Verdict(True, at + timedelta(minutes=1), rang, because, news=at - rang <= _HISTORY)


def _earliest(night: Night, within: timedelta, at: datetime) -> datetime:
    """When somebody who may be in bed now could be missed, at the earliest."""
    now = night.around(at)
    if now is not None and at + within <= now[1]:
        return at + within
    return night.next_start(at) + within


def _left_at(sources: Sequence[Source]) -> datetime | None:
    """When the last bed in which somebody lay was left; None while somebody lies there, or where nobody ever did."""
    left = []
    for source in sources:
        if source.samples and source.samples[-1].value == 1:
            return None
        ends = [later.time for earlier, later in pairwise(source.samples) if (earlier.value, later.value) == (1, 0)]
        left += ends[-1:]
    return max(left, default=None)


def _proven_empty(sources: Sequence[Source], left: datetime, at: datetime) -> bool:
    """Whether a bed has said all the time since then that nobody is in it."""
    for source in sources:
        said = [sample.time for sample in source.samples if sample.time >= left]
        believed = max(source.believed, _BED_BELIEVED)
        if all(later - earlier <= believed for earlier, later in pairwise([left, *said, at])):
            return True
    return False


def room_cold(sources: Sequence[Source], force: InForce, at: datetime, _home: datetime | None) -> Verdict:
    """One room colder than `low` for the time `within`."""
    low = force.number("low")
    return _room(sources, force, at, lambda value: value < low)


def room_hot(sources: Sequence[Source], force: InForce, at: datetime, _home: datetime | None) -> Verdict:
    """One room hotter than `high` for the time `within`."""
    high = force.number("high")
    return _room(sources, force, at, lambda value: value > high)


def _room(sources: Sequence[Source], force: InForce, at: datetime, bad: Callable[[float], bool]) -> Verdict:
    within = timedelta(seconds=force.number("within"))
    found = [_one_room(source, within, at, bad) for source in sources]
    ringing = next((one for one in found if one.rings), None)
    if ringing is not None:
        return ringing
    again = min((one.again for one in found), default=at + LOOK_AGAIN)
    return Verdict(None if not found or any(one.rings is None for one in found) else False, again)


def _one_room(source: Source, within: timedelta, at: datetime, bad: Callable[[float], bool]) -> Verdict:
    """A thermometer says so all the time: no quiet of it longer than half of `within`."""
    run: list[Sample] = []
    expected = at
    for sample in reversed(source.samples):
        if expected - sample.time > within / 2 or not bad(sample.value):
            break
        run.insert(0, sample)
        expected = sample.time
    last = source.samples[-1] if source.samples else None
    if last is None or at - last.time > within / 2:
        return Verdict(None, at + LOOK_AGAIN)
    if not run:
        return Verdict(False, max(last.time, at - within / 2) + within)
    rang = run[0].time + within
    if at < rang or len(run) < _READINGS:
        return Verdict(False, max(rang, at + LOOK_AGAIN) if at >= rang else rang)
    kept = [sample for sample in run if sample.time >= at - within]
    because = {
        "device_id": source.device_id, "place": source.place, "within": within.total_seconds(),
        "readings": [[sample.time.isoformat(), sample.value] for sample in kept],
    }  # fmt: skip
    return Verdict(True, at + LOOK_AGAIN, rang, because)


JUDGES: Mapping[str, Judge] = MappingProxyType(
    {
        "water_low": water_low, "water_high": water_high, "water_running": water_running,
        "door_not_opened": door_not_opened, "left_bed": left_bed, "room_cold": room_cold, "room_hot": room_hot,
    }
)  # fmt: skip
"""By rule."""
