"""How long a month of 40 homes takes to write, rollups included."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simulators import history
from simulators.incidents import Town
from simulators.moving_in import move_in

TOWN = Town(seed=1, count=40, incidents_per_day=2)
MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, and how long it took."""

    rows: int
    seconds: float


def measure(database_url: str) -> Written:
    """Move in and write the month before now."""
    now = datetime.now(UTC)
    started = time.monotonic()
    installed = move_in(database_url, TOWN, now - MONTH)
    rows = history.write(database_url, TOWN, installed, now - MONTH, now)
    return Written(rows, time.monotonic() - started)
