"""How somebody spends a day: pure, and any day can be asked for without the days before.

A day of life lasts from getting up to getting up, so that its night belongs to it and the days join without a seam.
The numbers are assumptions, made to look like life.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from simulators.chance import chance
from simulators.homes import BATHROOM, BEDROOM, KITCHEN, LIVING_ROOM, Home

ZONE = ZoneInfo("Asia/Shanghai")
OUT = "外面"
IN_BED, UP, SITTING, COOKING, AWAY, ON_THE_FLOOR = "in bed", "up", "sitting", "cooking", "away", "on the floor"

_MINUTE, _HOUR = 60, 3600
_DAY = timedelta(days=1)


class Stay(NamedTuple):
    """Somebody is in one place and does one thing, from `start` to `end` (seconds of Unix time)."""

    start: int
    end: int
    place: str
    doing: str


def rises(home: Home, day: date) -> int:
    """When this person gets up on this day; later at the weekend."""
    late = 25 if day.weekday() >= 5 else 0
    return _at(day, home.habits.rises + late) + chance(home.key, day, "rises").randint(-15 * _MINUTE, 15 * _MINUTE)


def retires(home: Home, day: date) -> int:
    """When this person goes to bed on this day."""
    return _at(day, home.habits.retires) + chance(home.key, day, "retires").randint(-25 * _MINUTE, 25 * _MINUTE)


@lru_cache(maxsize=512)
def day_of(home: Home, day: date) -> Sequence[Stay]:
    """From getting up on this day to getting up on the next, without a gap."""
    dice = chance(home.key, day, "day")
    up, bed, next_up = rises(home, day), retires(home, day), rises(home, day + _DAY)
    plan = [*_waking(home, day, dice, up, bed), *_night(home, dice, bed, next_up)]
    return tuple(_without_gaps(plan, up, next_up))


def between(home: Home, since: int, until: int) -> Iterator[Stay]:
    """The stays that touch since–until, in order."""
    day = datetime.fromtimestamp(since, ZONE).date() - _DAY
    while rises(home, day) < until:
        yield from (stay for stay in day_of(home, day) if stay.end > since and stay.start < until)
        day += _DAY


def days_between(since: int, until: int) -> Iterator[date]:
    """The calendar days that touch since–until."""
    day = datetime.fromtimestamp(since, ZONE).date()
    while _at(day, 0) < until:
        yield day
        day += _DAY


def _waking(home: Home, day: date, dice: Random, up: int, bed: int) -> Iterator[Stay]:
    """What is planned by day; the living room fills what is left."""
    weekend = day.weekday() >= 5
    at = up
    for place, doing, shortest, longest in (
        (BATHROOM, UP, 6, 14), (KITCHEN, COOKING, 15, 35),
    ):  # fmt: skip
        lasts = dice.randint(shortest, longest) * _MINUTE
        yield Stay(at, at + lasts, place, doing)
        at += lasts
    if dice.random() < home.habits.market * (0.6 if weekend else 1):
        yield _stay(dice, max(at + 5 * _MINUTE, _at(day, 480)), 40, 30, 80, OUT, AWAY)
    yield _stay(dice, _at(day, 660), 15, 25, 50, KITCHEN, COOKING)
    if dice.random() < home.habits.naps:
        yield _stay(dice, _at(day, 745), 20, 30, 75, BEDROOM, IN_BED)
    if weekend and dice.random() < 0.35:  # the family comes, or fetches them
        yield _stay(dice, _at(day, 870), 20, 90, 150, *((OUT, AWAY) if dice.random() < 0.4 else (LIVING_ROOM, UP)))
    elif dice.random() < home.habits.strolls:
        yield _stay(dice, _at(day, 880), 60, 25, 75, OUT, AWAY)
    yield _stay(dice, _at(day, 1030), 20, 25, 45, KITCHEN, COOKING)
    yield Stay(bed - dice.randint(8, 15) * _MINUTE, bed, BATHROOM, UP)


def _stay(dice: Random, begins: int, spread: int, shortest: int, longest: int, place: str, doing: str) -> Stay:
    start = begins + dice.randint(0, spread * _MINUTE)
    return Stay(start, start + dice.randint(shortest * _MINUTE, longest * _MINUTE), place, doing)


def _night(home: Home, dice: Random, bed: int, up: int) -> Iterator[Stay]:
    walks = int(home.habits.night_walks) + (dice.random() < home.habits.night_walks % 1)
    at, part = bed, (up - bed) // (walks + 1)
    for number in range(1, walks + 1):
        start = bed + number * part + dice.randint(-25, 25) * _MINUTE
        end = start + dice.randint(180, 540)
        yield Stay(at, start, BEDROOM, IN_BED)
        yield Stay(start, end, BATHROOM, UP)
        at = end
    yield Stay(at, up, BEDROOM, IN_BED)


def _without_gaps(plan: Sequence[Stay], up: int, next_up: int) -> Iterator[Stay]:
    """The plan in order, none before the end of another; between them somebody sits and walks about a little."""
    at = up
    for start, end, place, doing in plan:
        if start > at:
            yield from _idle(at, start)
        if end > max(start, at):
            yield Stay(max(start, at), end, place, doing)
            at = end
    if at < next_up:
        yield from _idle(at, next_up)


def _idle(at: int, until: int) -> Iterator[Stay]:
    """Mostly the living room, now and then the bathroom; drawn from the time itself."""
    dice = chance(at, until, "idle")
    while at < until:
        sits = min(until, at + dice.randint(50, 130) * _MINUTE)
        yield Stay(at, sits, LIVING_ROOM, SITTING)
        at = sits
        if until - at > 10 * _MINUTE:
            place = BATHROOM if dice.random() < 0.7 else BEDROOM
            back = at + dice.randint(2 * _MINUTE, 7 * _MINUTE)
            yield Stay(at, back, place, UP)
            at = back


def _at(day: date, minute: int) -> int:
    """So many minutes after midnight, by the clock on the wall."""
    return int((datetime.combine(day, time(), ZONE) + timedelta(minutes=minute)).timestamp())


def in_words(seconds: int) -> str:
    """A time as the ledger writes it."""
    return datetime.fromtimestamp(seconds, ZONE).isoformat()
