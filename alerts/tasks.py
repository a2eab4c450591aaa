"""What the engine does from time to time: each task with how often, and whether every worker may do it at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts import (
    again,
    auditor,
    checkins,
    escalation,
    learning,
    silence,
    stuck,
    supervision,
    visits,
    watching,
)
from alerts.recovery import clear_vitals
from records import tasks
from records.database import Conn
from records.judging import cases, suppression


@dataclass(frozen=True, slots=True)
class Task:
    """Work that is due every so often; it runs in a transaction of its own and returns how much it did."""

    name: str
    every: timedelta
    work: Callable[[Conn, datetime], int]
    shared: bool = False
    """Every worker may do it at once, since it claims the rows it works on; else one worker at a time."""
    to_the_end: bool = False
    """Each time only some of what is due is done: it is done again at once until nothing is left."""


_SECONDS, _MINUTE = timedelta(seconds=5), timedelta(minutes=1)

TASKS: tuple[Task, ...] = (
    Task("vital signs back within their limits", _MINUTE, clear_vitals),
    Task("check-ins ahead", _MINUTE, checkins.plan_ahead),
    Task("check-in buttons", _SECONDS, checkins.buttons),
    Task("visits that are due", timedelta(hours=1), visits.due),
    Task("visits after a change", timedelta(minutes=5), visits.after_changes),
    Task("check-ins", _SECONDS, checkins.sweep, shared=True),
    Task("cases of one home", _SECONDS, cases.join),
    Task("what a cause explains that began later", _SECONDS, suppression.hold_back),
    Task("what was held back", _SECONDS, suppression.let_go, shared=True, to_the_end=True),
    Task("escalation", timedelta(seconds=1), escalation.sweep, shared=True, to_the_end=True),
    Task("alerts without a next step", _MINUTE, auditor.look),
    Task("supervision", supervision.SWEEP_EVERY, supervision.sweep),
    Task("stuck sensors", timedelta(hours=1), stuck.look),
    Task("sensors that speak seldom or tell zero", timedelta(hours=6), stuck.look_longer),
    Task("what was held", _SECONDS, again.judge_again, shared=True, to_the_end=True),
    Task("habits", _MINUTE, learning.learn_habits, shared=True, to_the_end=True),
    Task("homes", _SECONDS, watching.sweep, shared=True, to_the_end=True),
    Task("silence", _SECONDS, silence.judge_silence, shared=True, to_the_end=True),
)


def run_if_due(conn: Conn, task: Task, now: datetime) -> int:
    """Do this task in the transaction at hand where it is due and ours; returns how much it did."""
    if not task.shared and not tasks.claim(conn, task.name, now, task.every):
        return 0
    return task.work(conn, now)
