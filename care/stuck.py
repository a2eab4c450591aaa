"""Whether a sensor repeats one value for far longer than it ever did. Pure: whole hours of readings come in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LEAST_HOURS = 6
"""A shorter repetition is none (an assumption)."""
TIMES = 3
"""So many times the longest repetition that this sensor ever had (an assumption)."""
LEARNED = timedelta(days=7)
"""Before it is known for so long, nobody knows what this sensor usually does; the same as for people (care.habit)."""
MEMORY = timedelta(days=28)
RESTS_AT_ZERO = frozenset({"illuminance", "power"})
"""What nobody uses tells zero: a lamp, a stove. Of these zero is stuck when it has been so for a week (an assumption).

A bed's movement is zero while nobody lies in it: those hours are not among its hours (records.equipment.stuck).
"""
ZERO_HOURS = 7 * 24


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour in which something was read, and the lowest and highest of it."""

    time: datetime
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Stuck:
    """The same value in each reading of the last `hours` hours; never before in more than `longest_before`."""

    value: float
    since: datetime
    hours: int
    longest_before: int


def stuck(hours: Sequence[Hour], metric: str) -> Stuck | None:
    """What is stuck at the end of these hours of a metric, in order of time; hours without a reading are not among
    them.
    """
    longest = run = 0
    since: Hour | None = None
    for hour in hours:
        if since is not None and hour.low == hour.high == since.low:
            run += 1
            continue
        longest = max(longest, run)
        since, run = (hour, 1) if hour.low == hour.high else (None, 0)
    if since is None or since.time - hours[0].time < LEARNED:
        return None
    least = ZERO_HOURS if since.low == 0 and metric in RESTS_AT_ZERO else LEAST_HOURS
    return Stuck(since.low, since.time, run, longest) if run >= max(least, TIMES * longest) else None
