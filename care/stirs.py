"""From signs of life to what was last seen of somebody, and how long it may be quiet since then. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from care.devices import DeviceKind
from care.habit import Habit, Key
from care.presence import Presence, Seen
from care.quiets import DAYS_TO_LEARN, Quiet

NOTHING_LEARNED = Habit(days=0, rates={}, allowed=0.0, longest_out=timedelta(0), quiets=())
"""The habit of somebody of whom nothing is known: the fixed limit."""


@dataclass(frozen=True, slots=True)
class Stir:
    """Something changed at home that only a person changes."""

    time: datetime
    device_id: int
    kind: str
    place: str
    metric: str
    on: bool
    changed: bool = True
    """False: the first that is known of this sensor, and no sign of life."""

    @property
    def sensor(self) -> str:
        """What turned on or off: the device, and which of its senses."""
        return f"{self.device_id} {self.metric}"


@dataclass(frozen=True, slots=True)
class LastSeen:
    """The last sign of life: when, and what it says of the person; no place where nothing was ever heard."""

    since: datetime
    seen: Seen
    place: str = ""
    metric: str = ""


def followed(stirs: Iterable[Stir]) -> list[LastSeen]:
    """What was known of the person after each of these, in order of time."""
    presence = Presence()
    return [
        LastSeen(
            stir.time,
            presence.hear(stir.time, stir.sensor, DeviceKind(stir.kind), stir.place, on=stir.on),
            stir.place,
            stir.metric,
        )
        for stir in stirs
    ]


def wall(time: datetime, zone: ZoneInfo) -> datetime:
    """The clock on the wall then."""
    return time.astimezone(zone).replace(tzinfo=None)


def limit_for(habit: Habit, last: LastSeen, fixed: timedelta, zone: ZoneInfo) -> timedelta:
    """How long it may be quiet now: as learned, else `fixed`; at home never longer than that."""
    if habit.days < DAYS_TO_LEARN:
        return fixed
    learned = habit.limit(wall(last.since, zone), last.seen)
    return learned if last.seen is Seen.LEFT else min(learned, fixed)


def longest_before(quiets: Sequence[Quiet], last: LastSeen, zone: ZoneInfo) -> timedelta:
    """The longest such quiet among these, of which the days are known."""
    return replace(NOTHING_LEARNED, quiets=quiets).longest_before(wall(last.since, zone), last.seen)


def written(habit: Habit) -> dict[str, Any]:
    """The habit as it is kept; the quiets from which it was learned are kept by day."""
    by_hour: dict[str, list[list[float]]] = {}
    for seen, number, settled in sorted(habit.rates):
        two = by_hour.setdefault(seen, [[], []])
        two[settled].insert(number, habit.rates[seen, number, settled])
    return {
        "allowed": habit.allowed, "longest_out": habit.longest_out.total_seconds(), "by_hour": by_hour,
        "longest": _seconds(habit.longest), "longest_up": _seconds(habit.longest_up),
    }  # fmt: skip


def _seconds(lengths: Sequence[timedelta | None]) -> list[float | None]:
    return [None if one is None else one.total_seconds() for one in lengths]


class _Kept(Mapping[Key, float]):
    """Rates as they are kept: judging somebody asks for few of them, so none is made ready before."""

    def __init__(self, by_hour: Mapping[str, Sequence[Sequence[float]]]) -> None:
        self._by_hour = by_hour

    def __getitem__(self, key: Key) -> float:
        seen, number, settled = key
        return self._by_hour[seen][settled][number]

    def __iter__(self) -> Iterator[Key]:
        for seen, two in self._by_hour.items():
            for settled in (False, True):
                yield from ((Seen(seen), number, settled) for number in range(len(two[settled])))

    def __len__(self) -> int:
        return sum(len(rates) for two in self._by_hour.values() for rates in two)


def read(days: int, model: Mapping[str, Any]) -> Habit:
    """The habit that was kept so."""
    longest_out = timedelta(seconds=model["longest_out"])
    longest, up = (_lengths(model.get(name, ())) for name in ("longest", "longest_up"))
    rates = _Kept(model["by_hour"])
    return Habit(days, rates, model["allowed"], longest_out, quiets=(), longest=longest, longest_up=up)


def _lengths(seconds: Sequence[float | None]) -> list[timedelta | None]:
    return [None if one is None else timedelta(seconds=one) for one in seconds]
