"""When each change of a recorded home is played: pure, the clock is an argument."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from simulators.ordonez import Row, Sensor


@dataclass(frozen=True, slots=True)
class Change:
    """From this time on the sensor said this: 1 at the start of a row, 0 at its end."""

    time: datetime
    sensor: Sensor
    value: int


def days_to_now(last: datetime, now: datetime, zone: tzinfo) -> timedelta:
    """The whole days by which `last`, a time on the wall, moves to its latest place before `now`."""
    here = now.astimezone(zone).replace(tzinfo=None)
    days = (here.date() - last.date()).days
    return timedelta(days=days if last + timedelta(days=days) < here else days - 1)


def last_end(rows: Iterable[Row]) -> datetime:
    """The end of the last row, by the clock on the wall."""
    return max(row.end for row in rows)


def changes(rows: Iterable[Row], shift: timedelta, zone: tzinfo) -> list[Change]:
    """Every start and end, moved by `shift`, in order of time over all sensors.

    Where a sensor ends one row and starts the next in the same second, it stayed on: a device says one thing at a time.
    """
    said: dict[tuple[datetime, Sensor], int] = {}
    for row in rows:
        for time, value in ((row.start, 1), (row.end, 0)):
            key = (time + shift).replace(tzinfo=zone).astimezone(UTC), row.sensor
            said[key] = max(value, said.get(key, 0))
    return sorted((Change(time, sensor, value) for (time, sensor), value in said.items()), key=lambda c: c.time)


@dataclass(frozen=True, slots=True)
class Pace:
    """`speed` recorded seconds pass in one of ours, counted from `begun`: what each message costs never adds up.

    `begun` is a reading of the monotonic clock; a speed of 0 means at once.
    """

    first: datetime
    begun: float
    speed: float

    def wait(self, time: datetime, now: float) -> float:
        """Seconds from `now` until this is to be played; 0 where that has passed."""
        if self.speed == 0:
            return 0.0
        due = self.begun + (time - self.first).total_seconds() / self.speed
        return max(0.0, due - now)
