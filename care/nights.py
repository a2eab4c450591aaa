"""A person's night: from one time of the day to another, by the clock on the wall. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Night:
    """From `start` to `end`, local; it may pass midnight, and with both the same it is the whole day."""

    start: time
    end: time
    zone: ZoneInfo

    @classmethod
    def of(cls, start: str, end: str, zone: ZoneInfo) -> "Night":
        """As limits are written: 21:00 and 06:00."""
        return cls(time.fromisoformat(start), time.fromisoformat(end), zone)

    def around(self, at: datetime) -> tuple[datetime, datetime] | None:
        """The night in which `at` is, its end not included; None by day."""
        today = at.astimezone(self.zone).date()
        for day in (today, today - _DAY):
            begins, ends = self._of(day)
            if begins <= at < ends:
                return begins, ends
        return None

    def next_start(self, at: datetime) -> datetime:
        """When the next night after `at` begins."""
        today = at.astimezone(self.zone).date()
        return next(begins for day in (today, today + _DAY, today + 2 * _DAY) if (begins := self._of(day)[0]) > at)

    def _of(self, day: date) -> tuple[datetime, datetime]:
        """The night that begins on this day."""
        ends = day if self.end > self.start else day + _DAY
        return datetime.combine(day, self.start, self.zone), datetime.combine(ends, self.end, self.zone)
