"""The past of a simulated town, written straight into the records: its observations, no alerts."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from os import cpu_count

from records.readings import history
from records.readings.observations import Row
from simulators import faults, sensors
from simulators.incidents import Town
from simulators.moving_in import Installed

THIN = 6
"""Of a bed, every sixth reading: one a minute. A month of every reading would take as long to write as a night."""
_LATELY = timedelta(days=8)
"""Whose minutes are rolled up at once: the charts of a day and a week."""
_DAY = timedelta(days=1)
_HOLD_BACK_EVERY = 20.0
"""Seconds."""


def write(
    database_url: str,
    town: Town,
    installed: Sequence[Installed],
    since: datetime,
    until: datetime,
    told: Callable[[int, int], None] = lambda _done, _of: None,
    stop: threading.Event | None = None,
) -> int:
    """Write since–until, the last day first, and the rollups with it; returns how many readings. `told`: days done."""
    days = _days(since, until)
    if not days:
        return 0
    places = [(one.id, one.home.number, one.gadget.name) for one in installed]
    work = [(database_url, town, places, start > until - _LATELY, start, end) for start, end in days]
    spawn = multiprocessing.get_context("spawn")  # this process has threads
    written = number = 0
    held_back = float("-inf")
    with spawn.Pool(min(len(work), cpu_count() or 1)) as pool:  # at the end of the block its workers are ended
        done = pool.imap(_write_day, work)
        while number < len(work) and not (stop and stop.is_set()):
            if time.monotonic() > held_back + _HOLD_BACK_EVERY:
                history.hold_back_maintenance(database_url)
                held_back = time.monotonic()
            try:
                written += done.next(timeout=0.5)
            except multiprocessing.TimeoutError:
                continue
            number += 1
            told(number, len(days))
    return written


def _days(since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """The days of the world's clock, as the records are partitioned; the newest first."""
    first = since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    starts = [first + number * _DAY for number in range((until - first) // _DAY + 1)]
    return [(max(start, since), min(start + _DAY, until)) for start in reversed(starts) if start < until]


def _write_day(work: tuple[str, Town, Sequence[tuple[int, int, str]], bool, datetime, datetime]) -> int:
    database_url, town, places, minutes, since, until = work
    rows = rows_of(town, places, since, until)
    if rows:
        history.write(database_url, rows, until)
    first = since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    history.roll_up(database_url, [id_ for id_, *_ in places], first, minutes=minutes)
    return len(rows)


def rows_of(town: Town, places: Sequence[tuple[int, int, str]], since: datetime, until: datetime) -> list[Row]:
    """What each device (id, number of the home, name) said from `since` until before `until`, as far as it arrived."""
    rows = []
    start, end = int(since.timestamp()) - 1, int(until.timestamp()) - 1  # midnight belongs to the day that it begins
    for id_, number, name in places:
        home = town.homes[number - 1]
        gadget = next(gadget for gadget in home.gadgets if gadget.name == name)
        if faults.fault_of(home, gadget) is faults.Fault.WRONG_CLOCK:
            continue  # what it says is refused, or belongs to another time
        said = sensors.says(town, home, gadget, start, end, THIN)
        arrived = {one.stamp: one.said.values for one in faults.sent(home, gadget, said) if not one.said.event}
        rows += [Row(id_, datetime.fromtimestamp(moment, UTC), values) for moment, values in arrived.items()]
    return rows
