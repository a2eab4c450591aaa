"""What a changed limit would have done to what is stored: how often it would have rung, and what it would have missed.

Pure: when the rule would have rung before and after the change, and what people confirmed, come as arguments.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from care.figures import Sitting, load

CAUGHT_WITHIN = timedelta(hours=1)
"""An alert that the new limits would have raised so long before, and that still stood then, is the same (an
assumption)."""


@dataclass(frozen=True, slots=True)
class Episode:
    """A rule rang for somebody from `rang` on, until its condition was gone (None: it still is not)."""

    resident_id: UUID
    rang: datetime
    cleared: datetime | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """An alert of this rule of which people said that somebody was in need."""

    id: UUID
    resident_id: UUID
    happened_at: datetime
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class Period:
    """The time that was judged again, with what else rang in it and who sat at the seats."""

    since: datetime
    until: datetime
    others: Mapping[datetime, int]
    """By minute the alerts of all other rules that opened in it."""
    sittings: Sequence[Sitting]

    @property
    def days(self) -> float:
        """Its length."""
        return (self.until - self.since) / timedelta(days=1)


def counted(episodes: Sequence[Episode], period: Period) -> dict[str, Any]:
    """How often it rang: a day, and for one seat in ten minutes, by itself and with everything else."""
    own = Counter(one.rang.replace(second=0, microsecond=0) for one in episodes)
    alone = load(own, period.sittings, period.since, period.until)
    together = load(own + Counter(period.others), period.sittings, period.since, period.until)
    return {
        "alerts": len(episodes),
        "a_day": round(len(episodes) / period.days, 2),
        "residents": len({one.resident_id for one in episodes}),
        "seat_10_min_average": round(alone.average, 4),
        "seat_10_min_most": round(alone.busiest, 2),
        "seat_10_min_most_with_all": round(together.busiest, 2),
        "floods": len(together.floods),
        "flooded_s": together.flooded_s,
    }


def compared(
    before: Sequence[Episode], after: Sequence[Episode], confirmed: Sequence[Confirmed], period: Period
) -> dict[str, Any]:
    """The result of a back-test, as it is kept with the version that it lets through."""
    caught = {one.id: _delay(one, after) for one in confirmed}
    delays = [delay.total_seconds() for delay in caught.values() if delay is not None]
    return {
        "days": round(period.days, 2),
        "before": counted(before, period),
        "after": counted(after, period),
        "confirmed": len(confirmed),
        "missed": [str(one.id) for one in confirmed if caught[one.id] is None],
        "latest_s": max(delays, default=None),
    }


def _delay(alert: Confirmed, after: Sequence[Episode]) -> timedelta | None:
    """How much later than it did this alert would have rung; None: not before people had closed it."""
    rang = [
        one.rang
        for one in after
        if one.resident_id == alert.resident_id
        and one.rang <= alert.closed_at
        and (one.cleared is None or one.cleared >= alert.happened_at - CAUGHT_WITHIN)
    ]
    return max(timedelta(0), min(rang) - alert.happened_at) if rang else None
