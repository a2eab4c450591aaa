"""What each day has taught, and what of it has to be known on the next: a habit is learned day by day. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from care.devices import DeviceKind
from care.habit import LONGEST_OUT, Habit, learn
from care.presence import Presence, Seen
from care.quiets import HALF_HOUR, SHORTEST, Quiet, half_hour, lived
from care.stirs import NOTHING_LEARNED, Stir, wall

MEMORY = timedelta(days=28)
"""So far back the days teach; what was longer ago was another life. An assumption: four weeks hold each weekday four
times."""

Away = tuple[datetime, datetime]
"""When somebody was known to be away, from and until."""


class Stretch(NamedTuple):
    """A quiet, in seconds since 1970, and what was last seen before it."""

    start: float
    end: float
    seen: Seen


@dataclass(frozen=True, slots=True)
class Day:
    """A day on which somebody was heard: the quiets that ended on it, and what is to be known on the next."""

    day: date
    quiets: Sequence[Stretch]
    lived: Sequence[int] = ()
    """Its half hours, by number, that were heard from end to end without a quiet that teaches."""
    after: Mapping[str, Any] = field(default_factory=dict)
    """`Known`, as it is kept."""


@dataclass(slots=True)
class Known:
    """What is known of somebody and of each sensor at some time."""

    presence: Presence = field(default_factory=Presence)
    since: datetime | None = None
    """The last sign of life."""
    seen: Seen = Seen.ROOM
    values: dict[str, bool] = field(default_factory=dict)
    """By sensor, what it said last."""

    def hear(self, stir: Stir) -> Stretch | None:
        """The quiet that ends with this sign of life, where it is one that teaches."""
        self.values[stir.sensor] = stir.on
        if not stir.changed:
            return None
        since, before = self.since, self.seen
        self.since = stir.time
        self.seen = self.presence.hear(stir.time, stir.sensor, DeviceKind(stir.kind), stir.place, on=stir.on)
        if since is None or not SHORTEST <= stir.time - since <= LONGEST_OUT:
            return None
        return Stretch(since.timestamp(), stir.time.timestamp(), before)

    def written(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "presence": self.presence.written(), "since": self.since and self.since.isoformat(), "seen": self.seen,
            "values": self.values,
        }  # fmt: skip

    @classmethod
    def read(cls, kept: Mapping[str, Any], devices: Collection[int]) -> "Known":
        """What was kept so; of sensors only those of these devices, the others are not there any more."""
        values = {sensor: on for sensor, on in kept["values"].items() if int(sensor.split(" ")[0]) in devices}
        since = datetime.fromisoformat(kept["since"]) if kept["since"] else None
        presence = Presence.read(kept["presence"], kept["values"].keys() - values.keys())
        return cls(presence, since, Seen(kept["seen"]), values)


def day_by_day(stirs: Iterable[Stir], known: Known, zone: ZoneInfo) -> Iterator[Day]:
    """What these days teach, in order of time; `known` is what was known before them, and goes on with them."""
    for day, heard in groupby(stirs, key=lambda stir: wall(stir.time, zone).date()):
        quiets, gaps = [], []
        for stir in heard:
            since, seen = known.since, known.seen
            quiet = known.hear(stir)
            if quiet is not None:
                quiets.append(quiet)
            if stir.changed and since is not None:
                gaps.append(Quiet(wall(since, zone), wall(stir.time, zone), seen))
        yield Day(day, quiets, [half_hour(at) for at in lived(gaps) if at.date() == day], known.written())


def habit_of(days: Sequence[Day], away: Sequence[Away], today: date, zone: ZoneInfo) -> Habit:
    """What these days before today teach, in order; what was quiet while the person was away teaches nothing."""
    if not days:
        return NOTHING_LEARNED
    return learn(at_home(days, away, zone), days[0].day, today, lived_through=_lived_through(days, away, zone))


def _lived_through(days: Iterable[Day], away: Sequence[Away], zone: ZoneInfo) -> Iterator[datetime]:
    """The half hours of these days that were lived through at home, by the clock on the wall."""
    gone = [(wall(start, zone), wall(end, zone)) for start, end in away]
    for day in days:
        for number in day.lived:
            at = datetime.combine(day.day, time()) + number * HALF_HOUR
            if not any(start < at + HALF_HOUR and end > at for start, end in gone):
                yield at


def at_home(days: Iterable[Day], away: Sequence[Away], zone: ZoneInfo) -> list[Quiet]:
    """The quiets of these days by the clock on the wall, without those during which the person was away."""
    gone = [(start.timestamp(), end.timestamp()) for start, end in away]
    return [
        Quiet(_moment(quiet.start, zone), _moment(quiet.end, zone), quiet.seen)
        for day in days
        for quiet in day.quiets
        if not any(start < quiet.end and end > quiet.start for start, end in gone)
    ]


def _moment(seconds: float, zone: ZoneInfo) -> datetime:
    return wall(datetime.fromtimestamp(seconds, UTC), zone)
