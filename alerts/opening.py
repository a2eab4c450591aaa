"""The one door through which an alert opens, goes on, and is told that its condition is gone."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from alerts import escalation
from records import alerts, coverage
from records.alerts import Opened, Opening
from records.database import Conn


def raise_alert(conn: Conn, opening: Opening, *, gap: timedelta = timedelta(0)) -> Opened:
    """Open an alert, or count one more occurrence of the open one of this subject and rule.

    Within `gap` of the last time the condition merely goes on. Everything that follows from opening (whom it tells,
    what holds it back) is written in the same transaction.
    """
    if opening.coverage is None and opening.resident_id is not None:
        covered = coverage.of_resident(conn, opening.resident_id, opening.now)
        opening = replace(opening, coverage=coverage.as_json(covered))
    opened = alerts.open_or_repeat(conn, opening, gap=gap)
    if opened.new:
        escalation.begin(conn, opened.id, opening.now)
    return opened


def clear_alert(conn: Conn, subject: str, rule_id: str, now: datetime, why: str) -> UUID | None:
    """The condition is gone; returns the alert that stood for it, None where none was active.

    A technical alert that is not latched is over with that; every other one stays until a person closes it.
    """
    return alerts.clear(conn, subject, rule_id, now, why)
