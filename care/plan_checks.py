"""Whether an escalation plan may be set: what is refused, what wants a second word, and what it would do. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from care.alerts import Phase
from care.escalation import ON_ROSTERS, Does, Plan, Standing, Whom, done, next_deed, tellings
from care.events import AlertClass
from care.rules import Priority

MOST_TELLINGS = 40
"""Times that a plan tells somebody (an assumption): more is noise, which is heard no more."""
SHORTEST_WAIT = timedelta(seconds=10)
"""Between two times that the same level is told (an assumption)."""
LONGEST = timedelta(days=1)
"""After this long a plan has nobody new to tell (an assumption): the city supervisor is told from then on."""

SECOND_WITHIN: Mapping[Priority, timedelta] = MappingProxyType(
    {
        Priority.HIGH: timedelta(seconds=180),  # 99 % are answered within 180 s (telecare service standard, domain.md)
        Priority.MEDIUM: timedelta(hours=1),  # an assumption
        Priority.LOW: timedelta(hours=8),  # the same working day (domain.md, for technical alerts)
    }
)
"""By when somebody besides the seat should be told who works in shifts."""


class Danger(StrEnum):
    """Why a plan is refused."""

    EMPTY = "empty"
    NO_SEAT_AT_ONCE = "no_seat_at_once"
    """A high alert that rings at no seat at once is heard by nobody."""
    NO_SEAT = "no_seat"
    NOBODY_ELSE = "nobody_else"
    """Only pages, or people who have no duty: where the seat is empty nobody has to act."""
    TOO_OFTEN = "too_often"
    TOO_MANY = "too_many"
    TOO_LATE = "too_late"
    """A step lies beyond a day."""


class Doubt(StrEnum):
    """What may be so, for a reason."""

    SLOW = "slow"
    """Nobody but the seat is told within the answer target."""


def dangers(plan: Plan, priority: Priority) -> list[Danger]:
    """Why nobody may set this plan; none where it may be set."""
    if not plan:
        return [Danger.EMPTY]
    seats = [step for step in plan if step.whom is Whom.SEAT]
    found = [
        (Danger.NO_SEAT, not seats),
        (Danger.NO_SEAT_AT_ONCE, bool(seats) and priority is Priority.HIGH and all(step.after for step in seats)),
        (Danger.NOBODY_ELSE, not any(_works_in_shifts(step.whom) for step in plan)),
        (Danger.TOO_OFTEN, any(step.repeat and step.wait < SHORTEST_WAIT for step in plan)),
        (Danger.TOO_MANY, len(tellings(plan)) > MOST_TELLINGS),
        (Danger.TOO_LATE, any(step.after + step.repeat * step.wait > LONGEST for step in plan)),
    ]
    return [danger for danger, is_so in found if is_so]


def doubts(plan: Plan, priority: Priority) -> list[Doubt]:
    """What wants a reason and a second word."""
    others = [step.after for step in plan if _works_in_shifts(step.whom)]
    return [Doubt.SLOW] if not others or min(others) > SECOND_WITHIN[priority] else []


def _works_in_shifts(whom: Whom) -> bool:
    return whom in ON_ROSTERS and whom is not Whom.SEAT


@dataclass(frozen=True, slots=True)
class Moment:
    """One level's turn as it would come: so long after the alert, sooner than planned where nobody was there before."""

    after: timedelta
    whom: Whom
    time: int
    reached: bool
    """Whether anybody of this level is there to be told."""


_BEGIN = datetime(2000, 1, 1, tzinfo=UTC)


def rehearsed(plan: Plan, alert_class: AlertClass, priority: Priority, there: Collection[Whom]) -> list[Moment]:
    """What the plan would do if nobody answered: by the same judgement as an alert's own (care.escalation).

    `there`: the levels at which somebody is. The last moment is the city supervisor's, when the plan is at its end.
    """
    alert = Standing(
        Phase.RAISED, alert_class, priority, plan, raised_at=_BEGIN, phase_at=_BEGIN, touched_at=_BEGIN
    )  # fmt: skip
    moments: list[Moment] = []
    now = _BEGIN
    while (deed := next_deed(alert)) is not None:
        now = max(now, deed.due)
        (whom,) = deed.whom
        reached = whom in there
        moments.append(Moment(now - _BEGIN, whom, deed.time, reached))
        if deed.does is not Does.TELL:
            break
        alert = done(alert, deed, now, reached=reached or whom not in ON_ROSTERS)
    return moments
