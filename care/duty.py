"""When nobody is on duty. Pure: the shifts come as arguments."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody is there from when to when."""

    starts: datetime
    ends: datetime


def gaps(shifts: Iterable[tuple[datetime, datetime]], since: datetime, until: datetime) -> list[Gap]:
    """The times between `since` and `until` that none of these shifts covers, in order."""
    found, covered = [], since
    for starts, ends in sorted(shifts):
        if starts >= until:
            break
        if starts > covered:
            found.append(Gap(covered, starts))
        covered = max(covered, ends)
    return [*found, Gap(covered, until)] if covered < until else found
