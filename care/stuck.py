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


def stuck(hours: Sequence[Hour]) -> Stuck | None:
    """What is stuck at the end of these hours, in order of time; hours without a reading are not among them.

    Zero is not judged: an empty bed and a lamp that is off measure it for as long as they are so.
    """
    longest = run = 0
    since: Hour | None = None
    for hour in hours:
        if since is not None and hour.low == hour.high == since.low:
            run += 1
            continue
        longest = max(longest, run)
        since, run = (hour, 1) if hour.low == hour.high else (None, 0)
    if since is None or since.low == 0 or since.time - hours[0].time < LEARNED:
        return None
    return Stuck(since.low, since.time, run, longest) if run >= max(LEAST_HOURS, TIMES * longest) else None
