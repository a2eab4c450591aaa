"""How somebody spends a day, and what the sensors see of it: pure. The same moment always looks the same.

A plain life: a night in bed with a walk to the bathroom or two, a nap, two walks out of the house. Nothing in it rings.
The numbers are assumptions, made to look like life and to stay inside the default limits.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from care.messages import Reading
from simulators.people import Person

ZONE = ZoneInfo("Asia/Shanghai")
BED_EVERY = 10
"""Seconds."""
SAYS_HOW_IT_IS_EVERY = timedelta(hours=1)
"""A sensor that otherwise speaks only when something changes."""

_DAY = timedelta(days=1)
_STEP = timedelta(minutes=1)
_DOOR_STANDS_OPEN = timedelta(seconds=15)


class Span(NamedTuple):
    """From `start`, included, to `end`, not included."""

    start: datetime
    end: datetime


SpansOf = Callable[[date], Sequence[Span]]


def bed(person: Person, since: datetime, until: datetime) -> Iterator[Reading]:
    """What the bed says after `since` and up to `until`: every ten seconds, also when nobody lies in it."""
    second = math.floor(since.timestamp())
    second += 1 + (person.number - second - 1) % BED_EVERY  # each bed at a second of its own
    while second <= until.timestamp():
        now = datetime.fromtimestamp(second, UTC)
        if now > since:
            yield Reading(now, _in_bed(person, now))
        second += BED_EVERY


def bedroom(person: Person, since: datetime, until: datetime) -> Iterator[Reading]:
    """What the motion sensor of the bedroom says: somebody moves, nobody moves any more."""
    return _changes("motion", since, until, lambda day: motion(person, day))


def door(person: Person, since: datetime, until: datetime) -> Iterator[Reading]:
    """What the door of the home says: open, closed."""
    return _changes("door_open", since, until, lambda day: doors(person, day))


def _changes(metric: str, since: datetime, until: datetime, spans: SpansOf) -> Iterator[Reading]:
    """Each change, and every full hour once more how it is, as such sensors do to show that they are alive."""
    seen = _joined([span for day in _days(since, until) for span in spans(day)])
    said = {hour: float(any(span.start <= hour < span.end for span in seen)) for hour in _hours(since, until)}
    said |= {span.start: 1.0 for span in seen} | {span.end: 0.0 for span in seen}
    for moment in sorted(said):
        if since < moment <= until:
            yield Reading(moment, {metric: said[moment]})


def _hours(since: datetime, until: datetime) -> Iterator[datetime]:
    hour = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour <= until:
        yield hour
        hour += SAYS_HOW_IT_IS_EVERY


def _joined(spans: Iterable[Span]) -> Sequence[Span]:
    """The same spans in order, those that touch or overlap made one."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def _days(since: datetime, until: datetime) -> Iterator[date]:
    day = since.astimezone(ZONE).date() - _DAY
    while day <= until.astimezone(ZONE).date():
        yield day
        day += _DAY


def _in_bed(person: Person, now: datetime) -> dict[str, float]:
    today = now.astimezone(ZONE).date()
    for span in (*lying(person, today - _DAY), *lying(person, today)):
        if span.start <= now < span.end:
            return _asleep(person, now, span)
    return {"in_bed": 0.0, "movement": 0.0}


def _asleep(person: Person, now: datetime, span: Span) -> dict[str, float]:
    chance = Random(f"{person.seed} {now.timestamp():.0f}")  # noqa: S311 - a life, not a secret
    restless = min(now - span.start, span.end - now) < 3 * _STEP or chance.random() < 0.01
    slowly = math.sin(now.timestamp() / 5400 * math.tau)  # a cycle of sleep lasts about 90 minutes
    return {
        "in_bed": 1.0,
        "heart_rate": float(round(person.pulse + 3 * slowly + chance.uniform(-2, 2) + (8 if restless else 0))),
        "respiration_rate": float(round(person.breaths + slowly / 2 + chance.uniform(-1, 1))),
        "movement": float(chance.randint(20, 70) if restless else chance.randint(0, 6)),
    }


@lru_cache(maxsize=256)
def lying(person: Person, day: date) -> Sequence[Span]:
    """When this person lies in bed: the nap of this day, and the night that begins on it, in order."""
    chance = Random(f"{person.seed} {day} bed")  # noqa: S311
    nap = _at(day, 765 + chance.randint(0, 30))
    begins = _at(day, 720 + person.to_bed + chance.randint(-20, 20))
    ends = _at(day + _DAY, person.up + chance.randint(-15, 25))
    night = [begins, *_walks(chance, begins, ends), ends]
    return (Span(nap, nap + chance.randint(30, 60) * _STEP), *(Span(*pair) for pair in list(pairwise(night))[::2]))


def _walks(chance: Random, begins: datetime, ends: datetime) -> Iterator[datetime]:
    """Getting up and lying down again, once or twice in the night, for less than ten minutes."""
    times = chance.randint(1, 2)
    part = (ends - begins) / (times + 1)
    for number in range(1, times + 1):
        up = _whole_second(begins + number * part + chance.randint(-30, 30) * _STEP)
        yield up
        yield up + timedelta(seconds=chance.randint(240, 560))


@lru_cache(maxsize=256)
def away(person: Person, day: date) -> Sequence[Span]:
    """When this person is out of the house: to the market in the morning, for a walk in the afternoon."""
    chance = Random(f"{person.seed} {day} away")  # noqa: S311
    market = _at(day, 480 + chance.randint(0, 60))
    walk = _at(day, 930 + chance.randint(0, 60))
    return (
        Span(market, market + chance.randint(30, 70) * _STEP),
        Span(walk, walk + chance.randint(20, 60) * _STEP),
    )


def doors(person: Person, day: date) -> Sequence[Span]:
    """When the door of the home stands open: going out and coming back."""
    moments = [moment for span in away(person, day) for moment in span]
    return [Span(moment, moment + _DOOR_STANDS_OPEN) for moment in moments]


def motion(person: Person, day: date) -> Sequence[Span]:
    """When somebody moves in the bedroom: before lying down, after getting up, and to fetch something by day."""
    chance = Random(f"{person.seed} {day} motion")  # noqa: S311
    spans = [span for lies in lying(person, day) for span in (Span(lies.start - _STEP, lies.start), _after(lies.end))]
    spans += [_after(_at(day, minute + chance.randint(0, 20))) for minute in (420, 615, 690, 1080)]
    return spans


def _after(moment: datetime) -> Span:
    return Span(moment, moment + _STEP)


def _at(day: date, minute: int) -> datetime:
    """So many minutes after midnight, by the clock on the wall."""
    return datetime.combine(day, time(), ZONE) + timedelta(minutes=minute)


def _whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
