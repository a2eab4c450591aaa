"""Quiets, and the half hours without any: that it is never quiet at an hour says how long it may be. Pure.

All times here are those of the clock on the wall, without a zone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from care.presence import Seen

SHORTEST = timedelta(minutes=10)
"""A shorter quiet is life going on, and is not counted. An assumption."""
HALF_HOUR = timedelta(minutes=30)
HALF_HOURS = 48
DAYS_TO_LEARN = 7
_NEAR = 3
"""Half hours: what begins within 90 minutes of a time of day is of that time. An assumption."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """From the last thing heard to the next, and what the last one said of the person."""

    start: datetime
    end: datetime
    seen: Seen

    @property
    def length(self) -> timedelta:
        """How long it was."""
        return self.end - self.start


def half_hour(time: datetime) -> int:
    """The number of the half hour of the day."""
    return time.hour * 2 + time.minute // 30


def lived(gaps: Iterable[Quiet]) -> Iterator[datetime]:
    """The beginnings of the half hours that were heard from end to end, at home, without a quiet that counts.

    `gaps` are all of a time, one after the other, however short.
    """
    at = None
    for gap in gaps:
        if at is None:
            at = _next_half_hour(gap.start)
        if gap.length < SHORTEST and gap.seen is not Seen.LEFT:
            while at + HALF_HOUR <= gap.end:
                yield at
                at += HALF_HOUR
        else:
            at = max(at, _next_half_hour(gap.end))


def longest_at(quiets: Iterable[Quiet], lived_through: Iterable[datetime]) -> Sequence[timedelta | None]:
    """For each half hour of the day the longest quiet at home that ever began near it, at least the shortest counted.

    None where fewer than seven days tell: days with such a quiet, and days on which somebody was heard there all
    through.
    """
    days: list[dict[date, timedelta]] = [{} for _ in range(HALF_HOURS)]
    told = [(quiet.start, quiet.length) for quiet in quiets if quiet.seen is not Seen.LEFT]
    for start, length in (*told, *((start, SHORTEST) for start in lived_through)):
        for near in range(half_hour(start) - _NEAR, half_hour(start) + _NEAR + 1):
            longest = days[near % HALF_HOURS]
            longest[start.date()] = max(longest.get(start.date(), SHORTEST), length)
    return [max(longest.values()) if len(longest) >= DAYS_TO_LEARN else None for longest in days]


def in_bed_at(quiets: Iterable[Quiet], days: int) -> set[int]:
    """The half hours of the day, by number, in which somebody lay quietly in bed on at least half of so many days."""
    often = Counter(
        half_hour(at)
        for quiet in quiets
        if quiet.seen is Seen.BED
        for number in range((quiet.end - quiet.start) // HALF_HOUR + 1)
        for at in [quiet.start + number * HALF_HOUR]
    )
    return {number for number, times in often.items() if 2 * times >= days}


def _next_half_hour(time: datetime) -> datetime:
    midnight = datetime.combine(time.date(), datetime.min.time())
    return midnight - (midnight - time) // HALF_HOUR * HALF_HOUR
