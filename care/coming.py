"""The windows of a check-in plan that lie ahead, as somebody wants to see them before the plan is made. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from care.checkins import Schedule

AHEAD = timedelta(days=7)
"""So far ahead a plan is shown."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan says: when its windows open, how long they are, and how long one waits afterwards."""

    schedule: Schedule
    window: timedelta
    grace: timedelta
    on_holidays: bool = True


@dataclass(frozen=True, slots=True)
class Away:
    """Not at home in this time, and why."""

    start: datetime
    end: datetime
    kind: str


@dataclass(frozen=True, slots=True)
class Coming:
    """One window to come: from `asked_at` on the resident is asked. `excused`: why nobody is expected in it."""

    opens_at: datetime
    closes_at: datetime
    asked_at: datetime
    excused: str | None


def coming(terms: Terms, now: datetime, holidays: Mapping[date, str], away: Sequence[Away]) -> list[Coming]:
    """The windows of the next seven days, excused by the same rules by which they are judged when they close."""
    return [_window(terms, opens_at, holidays, away) for opens_at in terms.schedule.openings(now, now + AHEAD)]


def _window(terms: Terms, opens_at: datetime, holidays: Mapping[date, str], away: Sequence[Away]) -> Coming:
    closes_at = opens_at + terms.window
    holiday = holidays.get(opens_at.astimezone(ZoneInfo(terms.schedule.zone)).date())
    absent = next((one.kind for one in away if one.start <= closes_at < one.end), None)
    excused = f"absence: {absent}" if absent else None
    if holiday is not None and not terms.on_holidays:
        excused = f"holiday: {holiday}"
    return Coming(opens_at, closes_at, closes_at + terms.grace, excused)
