"""What goes wrong, and the truth about it: drawn for each day from the seed, or asked for. Pure.

How often each kind comes is an assumption: every kind must be seen within weeks, not within the years of real life.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from random import Random
from types import MappingProxyType

from simulators.chance import chance
from simulators.days import AWAY, ON_THE_FLOOR, OUT, SITTING, ZONE, Stay, between, days_between, in_words, rises
from simulators.homes import BATHROOM, LIVING_ROOM, Home, homes

_MINUTE, _HOUR = 60, 3600
LONGEST = 3 * 24 * _HOUR
"""No incident lasts longer."""


class Kind(StrEnum):
    """What can go wrong."""

    FALL_GETS_UP = "fall_gets_up"
    FALL_LIES = "fall_lies"
    COLLAPSE = "collapse"
    SOS = "sos"
    BED_EXIT = "bed_exit_no_return"
    SLOW_FEVER = "slow_fever"
    WANDERING = "wandering"
    LEAK = "leak"
    SMOKE = "smoke"
    POWER_CUT_HOME = "power_cut_home"
    POWER_CUT_STREET = "power_cut_street"


POWER_CUTS = (Kind.POWER_CUT_HOME, Kind.POWER_CUT_STREET)
_SAYS_SO = 15
"""Seconds, in which a bed has spoken."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing that goes wrong, in the home `home`, or in every home of a street where `street` says which."""

    kind: Kind
    home: int
    start: int
    end: int
    street: int | None = None

    def concerns(self, home: Home) -> bool:
        """Whether it happens in this home."""
        return home.number == self.home if self.street is None else home.street == self.street


@dataclass(frozen=True, slots=True)
class Town:
    """A whole simulated community: everything that will ever happen in it follows from this."""

    seed: int = 1
    count: int = 40
    incidents_per_day: float = 2.0
    asked: tuple[Incident, ...] = ()

    @property
    def homes(self) -> tuple[Home, ...]:
        """Its homes."""
        return homes(self.seed, self.count)

    def incidents(self, since: int, until: int) -> Iterator[Incident]:
        """Those that begin in since–until, in order."""
        drawn = [one for day in days_between(since, until) for one in _drawn(self, day)]
        yield from sorted(
            (one for one in (*drawn, *self.asked) if since <= one.start < until), key=lambda one: (one.start, one.home)
        )

    def power_turns(self, after: int, before: int) -> Iterator[int]:
        """When in this time the power goes or comes back anywhere, and a little later, when devices have said so."""
        for one in self.incidents(after - LONGEST, before):
            if one.kind in POWER_CUTS:
                turns = (one.start, one.start + _SAYS_SO, one.end, one.end + _SAYS_SO)
                yield from (turn for turn in turns if after < turn < before)

    def troubles(self, home: Home, since: int, until: int) -> list[Incident]:
        """Those in this home that touch since–until."""
        return [one for one in self.incidents(since - LONGEST, until) if one.end > since and one.concerns(home)]


_WEIGHTS: Mapping[Kind, int] = MappingProxyType(
    {
        Kind.FALL_GETS_UP: 5, Kind.FALL_LIES: 3, Kind.COLLAPSE: 1, Kind.SOS: 4, Kind.BED_EXIT: 3, Kind.SLOW_FEVER: 2,
        Kind.WANDERING: 1, Kind.LEAK: 2, Kind.SMOKE: 1, Kind.POWER_CUT_HOME: 2, Kind.POWER_CUT_STREET: 1,
    }
)  # fmt: skip
_LASTS: Mapping[Kind, tuple[int, int]] = MappingProxyType(
    {
        Kind.FALL_GETS_UP: (_MINUTE, 10 * _MINUTE),
        Kind.FALL_LIES: (40 * _MINUTE, 5 * _HOUR),
        Kind.COLLAPSE: (3 * _HOUR, 14 * _HOUR),
        Kind.SOS: (5 * _MINUTE, 30 * _MINUTE),
        Kind.BED_EXIT: (50 * _MINUTE, 3 * _HOUR),
        Kind.SLOW_FEVER: (36 * _HOUR, 60 * _HOUR),
        Kind.WANDERING: (45 * _MINUTE, 4 * _HOUR),
        Kind.LEAK: (2 * _HOUR, 10 * _HOUR),
        Kind.SMOKE: (10 * _MINUTE, 25 * _MINUTE),
        Kind.POWER_CUT_HOME: (20 * _MINUTE, 4 * _HOUR),
        Kind.POWER_CUT_STREET: (15 * _MINUTE, 2 * _HOUR),
    }
)
_AT_NIGHT = (Kind.BED_EXIT, Kind.WANDERING)


@lru_cache(maxsize=1024)
def _drawn(town: Town, day: date) -> Sequence[Incident]:
    dice = chance(town.seed, town.count, town.incidents_per_day, day, "incidents")
    rate = town.incidents_per_day
    times = sum(dice.random() < rate / (10 * max(1, round(rate))) for _ in range(10 * max(1, round(rate))))
    return tuple(_draw(town, day, dice) for _ in range(times)) if town.homes else ()


def _draw(town: Town, day: date, dice: Random) -> Incident:
    return _on(town, day, dice.choices(tuple(_WEIGHTS), tuple(_WEIGHTS.values()))[0], dice)


def _on(town: Town, day: date, kind: Kind, dice: Random) -> Incident:
    home = dice.choice(town.homes)
    up = rises(home, day)
    start = up - dice.randint(90 * _MINUTE, 4 * _HOUR) if kind in _AT_NIGHT else up + dice.randint(_HOUR, 14 * _HOUR)
    return happens(kind, home, start, dice)


def happens(kind: Kind, home: Home, start: int, dice: Random) -> Incident:
    """An incident of this kind that begins then."""
    street = home.street if kind is Kind.POWER_CUT_STREET else None
    return Incident(kind, home.number, start, start + dice.randint(*_LASTS[kind]), street)


def with_every_kind(town: Town, since: int, until: int) -> Town:
    """The same town, in which each kind that would not begin in since–until begins there once."""
    there = {one.kind for one in town.incidents(since, until)}
    dice = chance(town.seed, town.count, since, until, "every kind")
    days = list(days_between(since, until))
    missing = [_on(town, dice.choice(days), kind, dice) for kind in Kind if kind not in there]
    return replace(town, asked=(*town.asked, *(_within(one, since, until) for one in missing)))


def _within(one: Incident, since: int, until: int) -> Incident:
    start = min(max(one.start, since), until - 1)
    return replace(one, start=start, end=start + one.end - one.start)


def lived(town: Town, home: Home, since: int, until: int) -> list[Stay]:
    """What this person does in since–until, incidents included, clipped to it."""
    stays = [Stay(max(s.start, since), min(s.end, until), *s[2:]) for s in between(home, since, until)]
    for incident in town.troubles(home, since, until):
        if (instead := _instead(incident)) is not None:
            stays = _replaced(stays, Stay(max(instead.start, since), min(instead.end, until), *instead[2:]))
    return stays


def _instead(incident: Incident) -> Stay | None:
    """Where the person is while it lasts, if that differs from any other day."""
    match incident.kind:
        case Kind.FALL_GETS_UP | Kind.FALL_LIES:
            return Stay(incident.start, incident.end, BATHROOM, ON_THE_FLOOR)
        case Kind.COLLAPSE:
            return Stay(incident.start, incident.end, LIVING_ROOM, ON_THE_FLOOR)
        case Kind.BED_EXIT:
            return Stay(incident.start, incident.end, LIVING_ROOM, SITTING)
        case Kind.WANDERING:
            return Stay(incident.start, incident.end, OUT, AWAY)
        case _:
            return None


def _replaced(stays: Sequence[Stay], new: Stay) -> list[Stay]:
    kept = [
        piece
        for stay in stays
        for piece in (
            Stay(stay.start, min(stay.end, new.start), *stay[2:]),
            Stay(max(stay.start, new.end), stay.end, *stay[2:]),
        )
        if piece.end > piece.start
    ]
    return sorted([*kept, new]) if new.end > new.start else kept


def truth(town: Town, since: int, until: int) -> Iterator[dict[str, object]]:
    """The ledger: each incident that begins in since–until, once for each home that it concerns."""
    for incident in town.incidents(since, until):
        for home in town.homes:
            if incident.concerns(home):
                yield {
                    "kind": incident.kind.value,
                    "care_bed": home.household.care_bed,
                    "home": home.number,
                    "start": in_words(incident.start),
                    "end": in_words(incident.end),
                }


__all__ = ["LONGEST", "POWER_CUTS", "ZONE", "Incident", "Kind", "Town", "happens", "lived", "truth", "with_every_kind"]
