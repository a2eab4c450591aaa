"""Whom an alert tells, when, and what happens where a phase stays silent: a plan as data, and one pure judgement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from care.alerts import Phase
from care.events import AlertClass
from care.rules import Priority


class Whom(StrEnum):
    """The levels of a plan."""

    SEAT = "seat"
    FAMILY = "family"
    NEIGHBOUR = "neighbour"
    STATION = "station"
    STREET = "street"
    COUNTY = "county"
    SUPERVISOR = "supervisor"


ON_ROSTERS = frozenset({Whom.SEAT, Whom.STATION, Whom.STREET, Whom.COUNTY, Whom.SUPERVISOR})
"""Who works in shifts: where nobody of theirs is on duty, the next of them is told at once."""

ANSWER_HOLDS: Mapping[AlertClass, timedelta] = {
    AlertClass.PERSONAL: timedelta(minutes=5),
    AlertClass.ENVIRONMENTAL: timedelta(minutes=5),
    AlertClass.TECHNICAL: timedelta(hours=8),
}
"""An answer that is followed by nothing for so long rings again (domain.md); technical: the same working day."""

AT_THE_DOOR = timedelta(minutes=45)
"""When somebody sent is expected where nobody said so: 90 % of responders are at the door within this (domain.md)."""
INSIDE = timedelta(minutes=5)
"""Access is gained within 5 minutes of arrival (domain.md)."""
WITH_THEM = timedelta(minutes=60)
"""How long after the person was seen an alert may stay open without another word (an assumption)."""

LAST_RESORT: Mapping[Priority, tuple[timedelta, timedelta]] = {
    Priority.HIGH: (timedelta(minutes=4), timedelta(minutes=1)),
    Priority.MEDIUM: (timedelta(minutes=20), timedelta(minutes=5)),
    Priority.LOW: (timedelta(hours=4), timedelta(hours=1)),
}
"""The city supervisor is told again after the first time, then after half of it, down to the second (an assumption)."""


@dataclass(frozen=True, slots=True)
class Tell:
    """One step of a plan: `after` so long without an answer tell this level, and `repeat` times more, `wait` apart."""

    after: timedelta
    whom: Whom
    repeat: int = 0
    wait: timedelta = timedelta(0)


Plan = tuple[Tell, ...]


def read_plan(steps: Sequence[Mapping[str, Any]]) -> Plan:
    """The plan that these rows are, times in seconds; ValueError names the step and the field."""
    return tuple(_read_step(number, step) for number, step in enumerate(steps, start=1))


def _read_step(number: int, step: Mapping[str, Any]) -> Tell:
    if step.get("whom") not in set(Whom):
        raise ValueError(f"step {number}: whom: use one of {', '.join(Whom)}")
    after, repeat, wait = (step.get(name, 0) for name in ("after", "repeat", "wait"))
    for name, value in (("after", after), ("repeat", repeat), ("wait", wait)):
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 7 * 86_400:
            raise ValueError(f"step {number}: {name}: a whole number from 0 to 604800")
    if repeat and not wait:
        raise ValueError(f"step {number}: wait: how many seconds between two of the {repeat + 1} times")
    return Tell(timedelta(seconds=after), Whom(step["whom"]), repeat, timedelta(seconds=wait))


def written_plan(plan: Plan) -> list[dict[str, Any]]:
    """The plan as rows, times in seconds."""
    return [
        {
            "after": round(step.after.total_seconds()),
            "whom": str(step.whom),
            "repeat": step.repeat,
            "wait": round(step.wait.total_seconds()),
        }
        for step in plan
    ]


@dataclass(frozen=True, slots=True)
class Telling:
    """One time that one level is told; `time` 0 is the first."""

    after: timedelta
    whom: Whom
    time: int


def tellings(plan: Plan) -> tuple[Telling, ...]:
    """Every time that somebody is told, in order."""
    every = [
        Telling(step.after + time * step.wait, step.whom, time) for step in plan for time in range(step.repeat + 1)
    ]
    return tuple(sorted(every, key=lambda telling: telling.after))  # of two at once the plan's first comes first


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an alert has got: all that its next deed depends on."""

    phase: Phase
    alert_class: AlertClass
    priority: Priority
    plan: Plan
    raised_at: datetime
    """Since when it waits for an answer; anew after handing back and after an answer that expired."""
    phase_at: datetime
    touched_at: datetime
    """When a person last did something to it."""
    told: int = 0
    """How many tellings of the plan are done since `raised_at`."""
    again: int = 0
    """How often a silent phase, or a plan at its end, has been told."""
    told_at: datetime | None = None
    ahead: timedelta = timedelta(0)
    """By how much the plan runs ahead, because nobody was on duty."""
    expected_at: datetime | None = None
    """When whoever was sent should be there."""
    shelved_until: datetime | None = None
    suppressed: bool = False


class Does(StrEnum):
    """What comes next for an alert."""

    TELL = "tell"
    """The next level of its plan, or the same again."""
    LAST_RESORT = "last_resort"
    """The plan is at its end: the city supervisor, again and again."""
    EXPIRE = "expire"
    """The answer was followed by nothing: it waits again, and rings."""
    OVERDUE = "overdue"
    """Whoever was sent is not there, or nobody has seen the person, or nobody has closed it."""
    UNSHELVE = "unshelve"


@dataclass(frozen=True, slots=True)
class Deed:
    """What the platform does at `due` unless a person acts before."""

    does: Does
    due: datetime
    whom: tuple[Whom, ...] = ()
    time: int = 0

    @property
    def why(self) -> str:
        """As it is kept beside the due time: `tell:seat`, `overdue:seat,supervisor`, `expire`."""
        return f"{self.does}:{','.join(self.whom)}" if self.whom else str(self.does)


def next_deed(alert: Standing) -> Deed | None:
    """What comes next for this alert, and when; None only where it is closed or held back by a cause."""
    if alert.phase is Phase.CLOSED or alert.suppressed:
        return None
    if alert.shelved_until is not None:
        return Deed(Does.UNSHELVE, alert.shelved_until)
    if alert.phase is Phase.ANSWERED:
        return Deed(Does.EXPIRE, alert.touched_at + ANSWER_HOLDS[alert.alert_class])
    return _next_telling(alert) if alert.phase is Phase.RAISED else _overdue(alert)


def _next_telling(alert: Standing) -> Deed:
    plan = tellings(alert.plan)
    if alert.told < len(plan):
        telling = plan[alert.told]
        return Deed(Does.TELL, alert.raised_at + telling.after - alert.ahead, (telling.whom,), telling.time)
    since = alert.told_at or alert.raised_at
    due = since + cadence(alert.priority, alert.again) if alert.told_at else since
    return Deed(Does.LAST_RESORT, due, (Whom.SUPERVISOR,), alert.again)


def _overdue(alert: Standing) -> Deed:
    match alert.phase:
        case Phase.DISPATCHED:
            due = alert.expected_at or alert.phase_at + AT_THE_DOOR
        case Phase.ARRIVED:
            due = alert.phase_at + INSIDE
        case _:
            due = alert.touched_at + WITH_THEM
    if alert.again and alert.told_at:
        due = max(due, alert.told_at + cadence(alert.priority, alert.again - 1))
    return Deed(Does.OVERDUE, due, (Whom.SEAT, Whom.SUPERVISOR), alert.again)


def cadence(priority: Priority, again: int) -> timedelta:
    """How long after the last time somebody is told once more: shorter each time, down to a floor."""
    first, shortest = LAST_RESORT[priority]
    return max(shortest, first / (1 << min(again, 16)))


def done(alert: Standing, deed: Deed, now: datetime, *, reached: bool = True) -> Standing:
    """The alert after this deed; `reached` False where nobody of this level is on duty."""
    match deed.does:
        case Does.TELL:
            told = replace(alert, told=alert.told + 1, told_at=now)
            return told if reached or deed.time else replace(told, ahead=_to_the_next_on_rosters(told, now))
        case Does.LAST_RESORT | Does.OVERDUE:
            return replace(alert, again=alert.again + 1, told_at=now)
        case Does.EXPIRE:
            return waiting_again(replace(alert, phase=Phase.RAISED, phase_at=now), now)
        case Does.UNSHELVE:
            return waiting_again(replace(alert, shelved_until=None), now)


def waiting_again(alert: Standing, now: datetime) -> Standing:
    """Its plan begins anew."""
    return replace(alert, raised_at=now, touched_at=now, told=0, again=0, told_at=None, ahead=timedelta(0))


def _to_the_next_on_rosters(alert: Standing, now: datetime) -> timedelta:
    """How far the plan has to run ahead so that the next level that works in shifts is told now."""
    left = tellings(alert.plan)[alert.told :]
    after = next((one.after for one in left if one.whom in ON_ROSTERS and one.time == 0), None)
    return alert.ahead if after is None else max(alert.ahead, alert.raised_at + after - now)
