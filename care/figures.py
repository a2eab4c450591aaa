"""Figures: the targets that a centre is held to, and how busy its seats were. Pure."""

from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from care.alerts import Outcome
from care.rule import Priority

ANSWERED: Mapping[timedelta, float] = MappingProxyType({timedelta(seconds=60): 0.975, timedelta(seconds=180): 0.99})
"""How many are answered within which time (telecare service standard, TSA; domain.md, "Working alarms off")."""

AT_THE_DOOR: Mapping[timedelta, float] = MappingProxyType({timedelta(minutes=45): 0.9, timedelta(minutes=60): 1.0})
"""How many responders are at the door within which time after they were sent (domain.md)."""

TECHNICAL = 1.0
"""Technical alerts done on the working day on which they opened (domain.md)."""

INTERVAL = timedelta(minutes=10)
"""What the load of a seat is counted in (ISA-18.2, EEMUA 191)."""
FINE, MANAGEABLE = 1, 2
"""Alerts of one seat in an interval that are fine, and that are manageable (ISA-18.2, EEMUA 191)."""
FLOOD_BEGINS, FLOOD_ENDS = 10, 5
"""A flood begins with more alerts of one seat in an interval, and ends with fewer (ISA-18.2, EEMUA 191)."""
A_DAY, AT_MOST = 150, 300
"""Alerts of one seat in a day that are fine, and at most (ISA-18.2, EEMUA 191)."""

CHATTERING, WITHIN = 3, timedelta(minutes=1)
"""So many times from one source in so long (ISA-18.2)."""
STALE = timedelta(hours=24)
"""Active for longer (ISA-18.2)."""
MOST_OF_ONE = 0.05
"""Of all that rings one source makes less (ISA-18.2, domain.md)."""

SHARES: Mapping[Priority, float] = MappingProxyType({Priority.HIGH: 0.05, Priority.MEDIUM: 0.15, Priority.LOW: 0.8})
"""How alerts spread over the priorities, about (ISA-18.2, EEMUA 191)."""

CONFIRMED = frozenset({Outcome.HELPED, Outcome.AMBULANCE, Outcome.FAMILY_TOOK_OVER})
"""Somebody was in need. Whoever needed no help, or called it off, is neither confirmed nor a false alarm."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of how many kept a target; `share` None where there was nothing to keep."""

    limit_s: int | None
    within: int
    of: int
    target: float
    share: float | None
    """From 0 to 1."""

    @property
    def kept(self) -> bool | None:
        """Whether the target is kept; None where there was nothing to keep."""
        return None if self.share is None else self.share >= self.target


def rate(limit: timedelta | None, within: int, of: int, target: float) -> Rate:
    """So many of so many kept this limit."""
    return Rate(
        None if limit is None else round(limit.total_seconds()), within, of, target, within / of if of else None
    )


@dataclass(frozen=True, slots=True)
class Sitting:
    """One account at a seat, from–to."""

    account: str
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Flood:
    """More than a person can follow: when it began and ended, how many alerts it had, and the most of one seat."""

    began: datetime
    ended: datetime
    alerts: int
    peak: float


@dataclass(frozen=True, slots=True)
class Load:
    """How busy the seats were. Where nobody was on duty one seat is counted, and `unstaffed` says how often."""

    intervals: int
    """Ten minutes each, in the whole time."""
    average: float
    """Alerts of one seat in ten minutes."""
    busiest: float
    busiest_at: datetime | None
    fine: int
    """In so many intervals one seat had at most one alert; the two others likewise."""
    manageable: int
    over: int
    unstaffed: int
    """Intervals with alerts while nobody was on duty."""
    day_average: float
    """Alerts of one seat in a day."""
    floods: Sequence[Flood]
    flooded_s: int
    """How long floods lasted together."""


class Seats:
    """How many people sat at the seats at any time."""

    def __init__(self, sittings: Iterable[Sitting]) -> None:
        steps = sorted(step for one in sittings for step in ((one.starts, 1, one.account), (one.ends, -1, one.account)))
        there: Counter[str] = Counter()
        self._since: list[datetime] = []
        self._many: list[int] = []
        for at, change, account in steps:
            there[account] += change
            self._since.append(at)
            self._many.append(sum(number > 0 for number in there.values()))

    def at(self, time: datetime) -> int:
        """How many; two shifts of one account at once are one seat."""
        place = bisect_right(self._since, time)
        return self._many[place - 1] if place else 0


def load(minutes: Mapping[datetime, int], sittings: Iterable[Sitting], since: datetime, until: datetime) -> Load:
    """How busy the seats were from `since` to `until`; `minutes`: how many alerts opened in each that had some."""
    seats = Seats(sittings)
    intervals = max(1, -(-(until - since) // INTERVAL))
    found: dict[datetime, int] = {}
    for minute, number in minutes.items():
        begin = since + (max(minute, since) - since) // INTERVAL * INTERVAL
        found[begin] = found.get(begin, 0) + number
    each = {begin: number / max(1, seats.at(begin)) for begin, number in found.items()}
    busiest_at = max(each, key=lambda begin: each[begin], default=None)
    over = sum(number > MANAGEABLE for number in each.values())
    manageable = sum(FINE < number <= MANAGEABLE for number in each.values())
    floods = floods_of(minutes, seats)
    total = sum(each.values())
    return Load(
        intervals=intervals, average=total / intervals, busiest=each[busiest_at] if busiest_at else 0.0,
        busiest_at=busiest_at, fine=intervals - over - manageable, manageable=manageable, over=over,
        unstaffed=sum(seats.at(begin) == 0 for begin in found), day_average=total / intervals * 144, floods=floods,
        flooded_s=round(sum((one.ended - one.began).total_seconds() for one in floods)),
    )  # fmt: skip


def floods_of(minutes: Mapping[datetime, int], seats: Seats) -> list[Flood]:
    """The floods: counted over the last ten minutes, minute by minute, so that none hides between two intervals."""
    found: list[Flood] = []
    window: deque[tuple[datetime, int]] = deque()
    began, alerts, peak, inside = None, 0, 0.0, 0
    for minute, number in [*sorted(minutes.items()), (datetime.max.replace(tzinfo=UTC), 0)]:
        while window and window[0][0] <= minute - INTERVAL:
            left, gone = window.popleft()
            inside -= gone
            ends = left + INTERVAL
            if began is not None and inside / max(1, seats.at(ends)) < FLOOD_ENDS:
                found.append(Flood(began, ends, alerts, peak))
                began = None
        window.append((minute, number))
        inside += number
        now = inside / max(1, seats.at(minute))
        if began is not None:
            alerts, peak = alerts + number, max(peak, now)
        elif now > FLOOD_BEGINS:
            began, alerts, peak = window[0][0], inside, now
    return found
