"""When somebody usually gets up for good, from the days that are remembered. Pure.

A bed that is left at five and stays empty may be a fall or the beginning of the day: the person's own mornings tell.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from care.presence import Seen
from care.quiets import DAYS_TO_LEARN
from care.stirs import wall
from care.taught import Day

EARLIEST, LATEST = time(4), time(9)
"""No morning begins earlier, and who lies down later takes a nap. These and those below are assumptions."""
OFTEN = 3
"""On so many of the days that are remembered, or it is no habit."""
MARGIN = timedelta(minutes=15)


def day_begins(days: Iterable[Day], before: date, zone: ZoneInfo) -> time | None:
    """From when on leaving the bed is this person's morning; None where too few days before `before` are known."""
    rises = sorted(rise for day in days if day.day < before and (rise := _rise(day, zone)) is not None)
    if len(rises) < DAYS_TO_LEARN:
        return None
    usual = next(islice(rises, OFTEN - 1, None))
    return max(EARLIEST, (datetime.combine(before, usual) - MARGIN).time())


def _rise(day: Day, zone: ZoneInfo) -> time | None:
    """When the last quiet in bed of this morning ended."""
    ends = (wall(datetime.fromtimestamp(quiet.end, UTC), zone).time() for quiet in day.quiets if quiet.seen is Seen.BED)
    return max((end for end in ends if EARLIEST <= end < LATEST), default=None)
