"""Incidents that somebody asks for, as KIND@HOME@TIME."""

from datetime import datetime, timedelta

from simulators.chance import chance
from simulators.days import ZONE
from simulators.incidents import Incident, Kind, Town, happens


class CannotHappen(ValueError):
    """What was asked for can't happen; says which part and what to write instead."""


def asked(town: Town, text: str, begin: datetime) -> Incident:
    """This incident in this town, which begins at `begin`; CannotHappen in words. A time has the clock on the wall."""
    parts = text.split("@")
    if len(parts) != 3:
        raise CannotHappen(f"{text}: write KIND@HOME@TIME, such as fall_lies@7@03:12")
    kind, number = _kind(parts[0]), _home(parts[1], town)
    start = _time(parts[2], begin)
    if start < begin:
        raise CannotHappen(
            f"{parts[2]}: that is before the town begins to live ({begin.astimezone(ZONE):%Y-%m-%d %H:%M})"
        )
    since = int(start.timestamp())
    return happens(kind, town.homes[number - 1], since, chance(town.seed, number, kind, since, "asked"))


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError:
        raise CannotHappen(f"{text}: no such kind; one of {', '.join(Kind)}") from None


def _home(text: str, town: Town) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= town.count:
        raise CannotHappen(f"{text}: the homes have the numbers 1 to {town.count}")
    return int(text)


def _time(text: str, begin: datetime) -> datetime:
    """A date with a time, or a time of day: the next such one."""
    try:
        if len(text) == 5:
            clock = datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - of the clock on the wall
            start = datetime.combine(begin.astimezone(ZONE).date(), clock, ZONE)
            return start if start >= begin else start + timedelta(days=1)
        start = datetime.fromisoformat(text)
    except ValueError:
        raise CannotHappen(f"{text}: write a time such as 03:12 or 2026-11-24T03:12") from None
    return start if start.tzinfo else start.replace(tzinfo=ZONE)
