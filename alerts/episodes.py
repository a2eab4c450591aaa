"""When a rule would have rung for somebody in a stored time, with limits that may be others than those of that time.

The judgements are the engine's own: what is asked here is what the sweeps ask, at the times at which they would. Only
how well the devices worked then is known no better than by what they said.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import groupby
from types import MappingProxyType
from uuid import UUID

from alerts.looking import SENSE_OF, Asked, look
from alerts.silence import RULE as NO_MOVEMENT
from care.backtests import Episode
from care.checkins import Ask, Patience, State, Waiting, judge
from care.devices import DeviceKind
from care.habit import Habit
from care.in_force import InForce
from care.limits import Limit, Sample, limit_of, read_from, sustained, within
from care.notices import LOCAL
from care.rules import VITAL_RULES
from care.stirs import LastSeen, followed, limit_for
from care.taught import MEMORY, Day, Known, day_by_day, habit_of
from care.watching import LOOK_AGAIN
from records.database import Conn
from records.judging import backtests
from records.living import life, silence
from records.living.home_devices import KINDS_OF
from records.living.life import Asked as SignAsked
from records.living.silence import WATCHED_KINDS
from records.living.unwatched import unwatched
from records.rounds import absences, checkin_notices

_SOONEST = timedelta(seconds=10)
_METRIC_OF = {rule.id: metric for metric, rule in VITAL_RULES.items()}
_ANY = ("bed", "wearable", "fall_radar", "vitals", "other")
_LEARNS_AT = time(3)

Forces = Mapping[str, InForce]
"""By rule, the limits that are tried for somebody."""
Find = Callable[[Conn, UUID, str, Forces, datetime, datetime], Iterator[Episode]]


def by_looks(
    conn: Conn, resident_id: UUID, rule: str, forces: Forces, since: datetime, until: datetime
) -> Iterator[Episode]:
    """The rules of a home, look by look as `alerts.watching` makes them."""
    at, rang = since, None
    while at < until:
        verdict = look(conn, Asked(resident_id, SENSE_OF[rule], forces, at)).verdicts.get(rule)
        if verdict is None:
            at += timedelta(hours=1)
            continue
        if verdict.rings and verdict.news and rang is None:
            rang = at
        elif verdict.rings is False and rang is not None:
            yield Episode(resident_id, rang, at)
            rang = None
        again = verdict.again if rang is None else min(verdict.again, at + LOOK_AGAIN)
        at = max(again, at + _SOONEST)
    if rang is not None:
        yield Episode(resident_id, rang)


def by_readings(
    conn: Conn, resident_id: UUID, rule: str, forces: Forces, since: datetime, until: datetime
) -> Iterator[Episode]:
    """A vital sign, reading by reading as ingest screens them and the engine confirms them."""
    limit = limit_of(_METRIC_OF[rule], forces[rule])
    found = backtests.readings(conn, resident_id, limit.metric, _ANY, read_from(limit, since), until)
    for _, own in groupby(found, key=lambda pair: pair[0]):
        yield from beyond(resident_id, [sample for _, sample in own], limit, since)


def beyond(resident_id: UUID, samples: Sequence[Sample], limit: Limit, since: datetime) -> Iterator[Episode]:
    """When what one device measured was beyond the limit for long enough, until it was back for as long."""
    times, rang = [sample.time for sample in samples], None
    for place, sample in enumerate(samples):
        if sample.time < since or limit.allows(sample.value) == (rang is None):
            continue
        window = samples[bisect_left(times, read_from(limit, sample.time)) : place + 1]
        if rang is None and sustained(window, limit, sample.time):
            rang = sample.time
        elif rang is not None and within(window, limit, sample.time):
            yield Episode(resident_id, rang, sample.time)
            rang = None
    if rang is not None:
        yield Episode(resident_id, rang)


def by_quiet(
    conn: Conn, resident_id: UUID, rule: str, forces: Forces, since: datetime, until: datetime
) -> Iterator[Episode]:
    """No movement: each quiet against the habit that was learned by then, and the fixed limit that is tried."""
    fixed = timedelta(seconds=forces[rule].number("within"))
    stirs = silence.stirs(conn, resident_id, since - MEMORY, until)
    if not stirs:
        return
    habits = _Habits(conn, resident_id, list(day_by_day(stirs, Known(), LOCAL)), until)
    seen = [one for one in followed(stirs) if one.since >= since]
    for number, last in enumerate(seen):
        ends = seen[number + 1].since if number + 1 < len(seen) else None
        rang = _speaks(conn, resident_id, habits, last, fixed, ends or until)
        if rang is not None:
            yield Episode(resident_id, rang, ends)


class _Habits:
    """What was known of somebody at each time: learned at three each night from the days before."""

    def __init__(self, conn: Conn, resident_id: UUID, days: Sequence[Day], until: datetime) -> None:
        self._days = days
        self._dates = [day.day for day in days]
        first = datetime.combine(days[0].day, time(), LOCAL) if days else until
        self.away = absences.times(conn, [resident_id], first, until).get(resident_id, [])
        self._learned: dict[object, Habit] = {}

    def at(self, moment: datetime) -> Habit:
        """The habit that held then."""
        today = (moment - timedelta(hours=_LEARNS_AT.hour)).astimezone(LOCAL).date()
        if today not in self._learned:
            start, end = bisect_left(self._dates, today - MEMORY), bisect_left(self._dates, today)
            self._learned[today] = habit_of(self._days[start:end], self.away, today, LOCAL)
        return self._learned[today]


def _speaks(
    conn: Conn, resident_id: UUID, habits: _Habits, last: LastSeen, fixed: timedelta, until: datetime
) -> datetime | None:
    """When somebody who was last seen then would have been missed; None: not before `until`."""
    if until - last.since < timedelta(minutes=90):  # nobody is called about less: care.habit.SOONEST
        return None
    begin = max([last.since, *(end for start, end in habits.away if start < until and last.since < end < until)])
    at = begin
    while at < until:
        speaks = begin + limit_for(habits.at(at), last, fixed, LOCAL)
        night = _next_night(at)
        if speaks <= min(until, night):
            break
        at = night
    else:
        return None
    speaks += unwatched(conn, resident_id, begin, speaks, WATCHED_KINDS, some=False)
    gone = any(start <= speaks < end for start, end in habits.away)
    return speaks if speaks < until and not gone else None


def _next_night(at: datetime) -> datetime:
    local = at.astimezone(LOCAL)
    night = datetime.combine(local.date(), _LEARNS_AT, LOCAL)
    return night if night > local else night + timedelta(days=1)


def by_check_ins(
    conn: Conn, resident_id: UUID, rule: str, forces: Forces, since: datetime, until: datetime
) -> Iterator[Episode]:
    """Check-ins: when the centre would have been asked, unless a sign of life had come before."""
    circle = checkin_notices.circle(conn, resident_id)
    for one in backtests.check_ins(conn, resident_id, since, until):
        patience = Patience.of(forces[rule].values, one.grace)
        asked = _centre_asked(one.closes_at, patience, circle.own is not None, len(circle.others))
        if asked >= until or life.signs(conn, [SignAsked(one.id, resident_id, one.opens_at, asked)]):
            continue
        yield Episode(resident_id, asked)


def _centre_asked(closes_at: datetime, patience: Patience, reachable: bool, contacts: int) -> datetime:
    found, now = Waiting(State.DUE, closes_at), closes_at
    while True:
        verdict = judge(found, patience, reachable=reachable, contacts=contacts, now=now)
        if verdict.ask is Ask.CENTRE or verdict.due_at is None:
            return now
        found, now = (
            replace(found, state=verdict.state, tries=verdict.tries, contacts_told=verdict.contacts_told),
            (verdict.due_at),
        )


FINDERS: Mapping[str, tuple[Find, tuple[str, ...]]] = MappingProxyType(
    {
        **{rule: (by_looks, tuple(map(str, KINDS_OF[sense]))) for rule, sense in SENSE_OF.items()},
        **dict.fromkeys(_METRIC_OF, (by_readings, _ANY)),
        NO_MOVEMENT: (by_quiet, tuple(map(str, WATCHED_KINDS))),
        "missed_check_in": (by_check_ins, tuple(map(str, DeviceKind))),
    }
)
"""By rule how it is judged again, and devices of which kinds it looks at."""

ALSO: Mapping[str, tuple[str, ...]] = MappingProxyType({"news2_emergency": ("news2",), "news2_single": ("news2",)})
"""The rules whose limits hold for these too."""
