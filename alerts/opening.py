"""The one door through which an alert opens, goes on, and is told that its condition is gone."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from alerts import escalation
from records import database
from records.database import Conn
from records.equipment import coverage
from records.errors import Unavailable
from records.judging import alerts, limits, suppression
from records.judging.alerts import Opened, Opening
from records.telling import plans

log = structlog.get_logger(__name__)


def raise_alert(conn: Conn, opening: Opening, *, gap: timedelta = timedelta(0)) -> Opened:
    """Open an alert, or count one more occurrence of the open one of this subject and rule.

    Within `gap` of the last time the condition merely goes on. Everything that follows from opening (whom it tells,
    what holds it back) is written in the same transaction.
    """
    if opening.coverage is None and opening.resident_id is not None:
        covered = coverage.of_resident(conn, opening.resident_id, opening.now)
        opening = replace(opening, coverage=coverage.as_json(covered))
    if opening.suppressed_by is None:
        opening = replace(opening, suppressed_by=suppression.cause_of(conn, opening))
    opened = alerts.open_or_repeat(conn, opening, gap=gap)
    if opened.new:
        _begin(conn, opened.id, opening.now)
    return opened


def _begin(conn: Conn, alert_id: UUID, now: datetime) -> None:
    """Take the first steps of its plan; an alert that can't is on the board all the same, and its next step is due."""
    try:
        with database.transaction(conn):
            escalation.begin(conn, alert_id, now)
    except Unavailable:
        raise
    except Exception as problem:
        # Frames and the kind of error only: the traceback holds no data of ours.
        log.exception("an alert has no plan; the supervisor is told", alert=str(alert_id), error=type(problem).__name__)
        plans.postpone(conn, alert_id, now)


def raise_unless_off(conn: Conn, opening: Opening, *, gap: timedelta = timedelta(0)) -> Opened | None:
    """Open it where the rule is switched on for whom it concerns; None where somebody has switched it off there."""
    rule = opening.rule.id
    if opening.resident_id is not None:
        force = limits.in_force(conn, rule, opening.resident_id)
    else:
        force = limits.in_area(conn, rule, opening.area_id)
    return raise_alert(conn, opening, gap=gap) if force.enabled else None


def clear_alert(conn: Conn, subject: str, rule_id: str, now: datetime, why: str) -> UUID | None:
    """The condition is gone; returns the alert that stood for it, None where none was active.

    A technical alert that is not latched is over with that; every other one stays until a person closes it.
    """
    return alerts.clear(conn, subject, rule_id, now, why)
