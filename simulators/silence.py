"""How well silence is judged in a recorded home, learned online: false alerts, and how soon a collapse shows. Pure.

Each day is judged with what the days before it taught; the first seven are only learned. A false alert is a quiet of
the real days that went on until the rule spoke. A collapse is put at every half hour at which the person was up and at
home; from then on nothing changes any more, and what was on stays on. Up and at home is known in hindsight: not in bed
(without a bed sensor: not in a quiet of two hours or more with an hour of it between 23:00 and 06:00), and not in a
quiet of ten minutes or more after the main door.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from care.devices import DeviceKind
from care.habit import ALL, Evidence, learn
from care.presence import Presence, Seen
from care.quiets import DAYS_TO_LEARN, SHORTEST, Quiet, lived
from simulators.ordonez import Row

_DAY, _HALF_HOUR = timedelta(days=1), timedelta(minutes=30)
NEVER = timedelta(hours=72)
"""A collapse that no rule has noticed by then counts as noticed then."""


class TooShort(ValueError):
    """There is no day to judge after those that are only learned."""


@dataclass(frozen=True, slots=True)
class Home:
    """A recorded home: its quiets in order, and when the person was up and at home in hindsight."""

    quiets: Sequence[Quiet]
    up: Sequence[datetime]
    lived: Sequence[datetime] = ()
    """The half hours without a quiet that counts."""

    @property
    def first_day(self) -> date:
        """The day on which the recording begins."""
        return self.quiets[0].start.date()

    @property
    def judged_from(self) -> datetime:
        """Midnight after the days that are only learned."""
        return _midnight(self.first_day) + DAYS_TO_LEARN * _DAY


Rule = Callable[[datetime, Seen, datetime, datetime], datetime | None]
"""Since when it is quiet, what was last seen, and from when until when it is judged: when the rule speaks."""


def recorded(rows: Sequence[Row]) -> Home:
    """What a recording says; TooShort where it has no day after the seventh."""
    said = sorted(
        ((time, on, row.sensor) for row in rows for time, on in ((row.start, True), (row.end, False))),
        key=lambda one: one[:2],
    )
    presence = Presence()
    stirs = [(time, presence.hear(time, s.name, s.kind, s.place, on=on)) for time, on, s in said]
    quiets = [Quiet(a, b, seen) for (a, seen), (b, _) in pairwise(stirs)]
    beds = [(row.start, row.end) for row in rows if row.sensor.kind is DeviceKind.BED]
    away = [(q.start, q.end) for q in quiets if q.seen in (Seen.LEFT, Seen.BACK) and q.length >= SHORTEST]
    asleep = beds or [(q.start, q.end) for q in quiets if _night_sleep(q)]
    home = Home(quiets, ())
    if stirs[-1][0] <= home.judged_from:
        raise TooShort(f"the recording has no day after the {DAYS_TO_LEARN} that are only learned: give a longer one")
    return Home(quiets, list(_up(home.judged_from, stirs[-1][0], [*away, *asleep])), list(lived(quiets)))


def _up(since: datetime, until: datetime, not_up: Sequence[tuple[datetime, datetime]]) -> Iterator[datetime]:
    while since < until:
        if not any(start <= since < end for start, end in not_up):
            yield since
        since += _HALF_HOUR


def _night_sleep(quiet: Quiet) -> bool:
    if quiet.seen in (Seen.LEFT, Seen.BACK) or quiet.length < timedelta(hours=2):
        return False
    night = timedelta(0)
    evening = _midnight(quiet.start.date()) - timedelta(hours=1)
    while evening < quiet.end:
        night += max(timedelta(0), min(quiet.end, evening + timedelta(hours=7)) - max(quiet.start, evening))
        evening += _DAY
    return night >= timedelta(hours=1)


def fixed(limit: timedelta) -> Callable[[Home, date], Rule]:
    """The same limit for everybody, at every time."""

    def rule(since: datetime, _seen: Seen, start: datetime, end: datetime) -> datetime | None:
        return max(since + limit, start) if since + limit < end else None

    return lambda _home, _today: rule


def plain_maximum(home: Home, today: date) -> Rule:
    """For each half hour of the day 1.2 times the longest silence that was ever seen in it."""
    longest = [timedelta(0)] * 48
    for quiet in home.quiets:
        if quiet.end <= _midnight(today):
            at = (
                _midnight(quiet.start.date()) + (quiet.start - _midnight(quiet.start.date())) // _HALF_HOUR * _HALF_HOUR
            )
            while at <= quiet.end:
                number = (at - _midnight(at.date())) // _HALF_HOUR
                longest[number] = max(longest[number], min(quiet.end, at + _HALF_HOUR) - quiet.start)
                at += _HALF_HOUR

    def rule(since: datetime, _seen: Seen, start: datetime, end: datetime) -> datetime | None:
        at = _midnight(start.date())
        while at < end:
            speaks = max(since + 1.2 * longest[(at - _midnight(at.date())) // _HALF_HOUR], at, start)
            if speaks < min(at + _HALF_HOUR, end):
                return speaks
            at += _HALF_HOUR
        return None

    return rule


def by_habit(evidence: Evidence = ALL) -> Callable[[Home, date], Rule]:
    """The limits of care.habit, learned anew each night."""

    def of_day(home: Home, today: date) -> Rule:
        habit = learn(home.quiets, home.first_day, today, evidence, home.lived)

        def rule(since: datetime, seen: Seen, start: datetime, end: datetime) -> datetime | None:
            speaks = max(since + habit.limit(since, seen), start)
            return speaks if speaks < end else None

        return rule

    return of_day


RULES = {
    "fixed 12 h": fixed(timedelta(hours=12)),
    "fixed 24 h": fixed(timedelta(hours=24)),
    "plain maximum × 1.2": plain_maximum,
    "habit": by_habit(ALL),
    "habit without main door": by_habit(Evidence(door=False)),
    "habit without bed": by_habit(Evidence(bed=False)),
    "habit without time of day": by_habit(Evidence(time_of_day=False)),
    "habit without last seen": by_habit(Evidence(last_seen=False)),
}


@dataclass(frozen=True, slots=True)
class Result:
    """How one rule did in one home."""

    false_alerts: int
    days: float
    delays: Sequence[timedelta]

    @property
    def per_month(self) -> float:
        """False alerts in thirty days."""
        return self.false_alerts / self.days * 30


def judge(home: Home, learner: Callable[[Home, date], Rule]) -> Result:
    """Hold one rule against the real days and against the collapses."""
    rules: dict[date, Rule] = {}

    def speaks(since: datetime, seen: Seen, until: datetime) -> datetime | None:
        day = max(since.date(), home.judged_from.date())
        while _midnight(day) < until:
            if day not in rules:
                rules[day] = learner(home, day)
            start, end = max(since, _midnight(day)), min(until, _midnight(day) + _DAY)
            if (found := rules[day](since, seen, start, end)) is not None:
                return found
            day += _DAY
        return None

    false = sum(
        speaks(q.start, q.seen, q.end) is not None
        for q in home.quiets
        if q.end > home.judged_from and q.length >= SHORTEST
    )
    starts = [quiet.start for quiet in home.quiets]
    delays = []
    for collapse in home.up:
        quiet = home.quiets[bisect_right(starts, collapse) - 1]
        found = speaks(quiet.start, quiet.seen, collapse + NEVER) or collapse + NEVER
        delays.append(max(found - collapse, timedelta(0)))
    return Result(false, (home.quiets[-1].end - home.judged_from) / _DAY, delays)


def in_words(home: Home) -> Iterator[str]:
    """The result of every rule as a table."""
    yield f"{(home.quiets[-1].end - home.judged_from) / _DAY:.1f} days judged, {len(home.up)} collapses"
    yield f"{'rule':<28}{'false alerts':>13}{'per month':>11}{'delay median':>14}{'p90':>9}"
    for name, learner in RULES.items():
        found = judge(home, learner)
        delays = "".join(f"{_quantile(found.delays, share):>{width}}" for share, width in ((0.5, 14), (0.9, 9)))
        yield f"{name:<28}{found.false_alerts:>13}{found.per_month:>11.2f}{delays}"


def _quantile(delays: Sequence[timedelta], share: float) -> str:
    """The nearest rank."""
    if not delays:
        return "–"
    return f"{sorted(delays)[min(len(delays) - 1, int(share * len(delays)))] / timedelta(hours=1):.2f} h"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())
