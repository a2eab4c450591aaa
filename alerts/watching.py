"""The sweep over homes whose time has come: what their devices show by silence or by numbers rings, or clears."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from alerts.looking import OF_WHO_IS_AT_HOME, RULES_OF, Asked, Look, evidence, look, looks
from alerts.opening import clear_alert, raise_alert
from care.coverage import trouble as trouble_of
from care.events import AlertClass
from care.in_force import InForce
from care.rules import RULES
from care.watching import LOOK_AGAIN
from records import database, trouble
from records.database import Conn
from records.equipment import coverage, watch
from records.errors import Unavailable
from records.judging import holding, limits
from records.judging.alerts import Opening
from records.judging.limits import LimitBook
from records.living import home_watch, silence
from records.living.home_watch import Due, Looked, Sense

log = structlog.get_logger(__name__)

_AT_ONCE = 100
_SOONEST = timedelta(seconds=10)
_AFTER_A_LOOK = timedelta(hours=1)
"""So long after somebody closed its alert a rule without a time of its own rings again (an assumption)."""
TASK = "homes"
"""As in alerts.tasks: so health names it where a home can't be judged."""
_EVERY_RULE = tuple(rule for rules in RULES_OF.values() for rule in rules)


def sweep(conn: Conn, now: datetime) -> int:
    """Look at the homes whose time has come, as far as every lane has stored what it received; returns at how many."""
    through = watch.heard_through(conn)
    if through is None:
        return 0
    until = min(now, through)
    due = home_watch.claim(conn, until, _AT_ONCE)
    if not due:
        return 0
    book = limits.load(conn, _EVERY_RULE, residents={one.resident_id for one in due})
    asked = [_asked(one, book, until) for one in due]
    found = _together(conn, asked) or [_alone(conn, one) for one in asked]
    done = [_try(conn, one, whom, seen, now) for one, whom, seen in zip(due, asked, found, strict=True)]
    home_watch.looked(conn, [one for one in done if isinstance(one, Looked)])
    for one, failed in zip(due, done, strict=True):
        if isinstance(failed, Exception):
            home_watch.looked(conn, [Looked(one, until + LOOK_AGAIN, one.raised)])
            trouble.note(conn, "alerts", TASK, _which(one), failed, now)
    well = [_which(one) for one, found in zip(due, done, strict=True) if not isinstance(found, Exception)]
    trouble.over(conn, "alerts", TASK, well)
    return len(due)


def _which(due: Due) -> str:
    return f"resident:{due.resident_id} {due.sense}"


def _asked(due: Due, book: LimitBook, until: datetime) -> Asked:
    sense = Sense(due.sense)
    forces = {rule: book.of(rule, due.resident_id, due.area_id) for rule in RULES_OF[sense]}
    return Asked(due.resident_id, sense, forces, until)


def _together(conn: Conn, asked: Sequence[Asked]) -> list[Look | Exception]:
    """What is seen of all of them; nothing where one of them can't be judged."""
    try:
        with database.transaction(conn):
            return [*looks(conn, asked)]
    except Unavailable:
        raise
    except Exception as problem:
        log.warning("homes could not be judged together", homes=len(asked), error=type(problem).__name__)
        return []


def _alone(conn: Conn, asked: Asked) -> Look | Exception:
    """A home that can't be judged keeps no other from being looked at: its error is returned, and it is tried again."""
    try:
        with database.transaction(conn):
            return look(conn, asked)
    except Unavailable:
        raise
    except Exception as problem:
        return _failed(asked, problem)


def _failed(asked: Asked, problem: Exception) -> Exception:
    log.exception(
        "a home could not be judged", resident=str(asked.resident_id), sense=asked.sense, error=type(problem).__name__
    )
    return problem


def _try(conn: Conn, due: Due, asked: Asked, found: Look | Exception, now: datetime) -> Looked | Exception | None:
    """What follows from the look, in a transaction of its own where something does; the error where that fails."""
    if isinstance(found, Exception):
        return found
    if found.devices and not due.raised and not any(verdict.rings for verdict in found.verdicts.values()):
        return _next(due, found, asked.at, due.raised)
    try:
        with database.transaction(conn):
            return _follow(conn, due, asked, found, now)
    except Unavailable:
        raise
    except Exception as problem:
        return _failed(asked, problem)


def _next(due: Due, found: Look, until: datetime, raised: Collection[str], *, soon: bool = False) -> Looked:
    again = min((verdict.again for verdict in found.verdicts.values()), default=until + timedelta(hours=1))
    return Looked(due, max(min(again, until + LOOK_AGAIN) if soon else again, until + _SOONEST), raised)


def _follow(conn: Conn, due: Due, asked: Asked, found: Look, now: datetime) -> Looked | None:
    """Raise what rings and is new, clear what is over."""
    if not found.devices:
        home_watch.no_longer(conn, due)
        return None
    forces, until = asked.forces, asked.at
    known = {rule for rule in due.raised if rule in forces and forces[rule].enabled}
    raised = {rule for rule in known if not _looked_after_long_ago(conn, due, forces[rule], until)}
    for rule in set(due.raised) - known:
        clear_alert(conn, _subject(due, rule), rule, now, "the rule was switched off")
    silenced = _silenced(conn, due, found, raised, now)
    for rule, verdict in found.verdicts.items():
        fresh = verdict.news or rule in known  # what began long ago rings only where it rang before
        if verdict.rings and fresh and rule not in raised and rule not in silenced:
            raise_alert(conn, _opening(due, found, rule, forces[rule], until, now))
            raised.add(rule)
        elif verdict.rings is False and rule in raised:
            clear_alert(conn, _subject(due, rule), rule, now, RULES[rule].cleared)
            raised.discard(rule)
    return _next(due, found, until, raised, soon=bool(silenced or raised))


def _looked_after_long_ago(conn: Conn, due: Due, force: InForce, until: datetime) -> bool:
    """Whether somebody closed its alert and its time has passed once more since: if it still is so, it rings again."""
    looked = silence.looked_after(conn, due.resident_id, force.rule.id)
    within = timedelta(seconds=force.number("within")) if "within" in force.values else _AFTER_A_LOOK
    return looked is not None and looked + within <= until


def _silenced(conn: Conn, due: Due, found: Look, raised: set[str], now: datetime) -> set[str]:
    """Which rules would ring about what did not happen while none of the devices is known to work."""
    new = [rule for rule, verdict in found.verdicts.items() if verdict.rings and rule not in raised]
    doubtful = [rule for rule in new if rule in OF_WHO_IS_AT_HOME]
    if not doubtful:
        return set()
    hold = holding.holds(conn, [due.resident_id], now).get(due.resident_id)
    watchers = coverage.watchers(conn, [due.resident_id], now)[due.resident_id]
    ours = [one for one in watchers if one.device in {device.name for device in found.devices}]
    if any(trouble_of(one) is None and (hold is None or hold.proves(one.last_seen)) for one in ours):
        return set()
    if hold is not None:
        for rule in doubtful:
            holding.keep(conn, RULES[rule], [due.resident_id], now)
    return set(doubtful)


def judge_again(conn: Conn, resident_id: UUID, now: datetime) -> None:
    """Nothing holds this resident any more: the next sweep looks at the home, from what has come since."""
    home_watch.look_at_once(conn, resident_id, now)


def _subject(due: Due, rule: str) -> str:
    about_the_home = RULES[rule].alert_class is AlertClass.ENVIRONMENTAL
    return f"home:{due.home_id}" if about_the_home else f"resident:{due.resident_id}"


def _opening(due: Due, found: Look, rule: str, force: InForce, until: datetime, now: datetime) -> Opening:
    verdict = found.verdicts[rule]
    return Opening(
        rule=replace(RULES[rule], version=force.version),
        subject=_subject(due, rule),
        resident_id=due.resident_id,
        device_id=_device(found, verdict.because.get("device_id")),
        home_id=due.home_id,
        happened_at=verdict.since or until,
        now=now,
        evidence=evidence(found, rule, force, until),
    )


def _device(found: Look, said: object) -> int | None:
    """The device that shows it, where it is one."""
    ids: Sequence[int] = [device.device_id for device in found.devices]
    return said if isinstance(said, int) else ids[0] if len(ids) == 1 else None
