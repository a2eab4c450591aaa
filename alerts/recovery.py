"""The end of a vital sign's alert: back within its limits for as long as it has to be beyond them."""

from datetime import datetime

from alerts.judgement import limit_in
from alerts.opening import clear_alert
from care.limits import read_from, within
from care.rules import VITAL_RULES
from records.database import Conn
from records.judging import signals

_RULES = tuple(rule.id for rule in VITAL_RULES.values())


def clear_vitals(conn: Conn, now: datetime) -> int:
    """Say of each vital sign's alert whose condition has gone that it has; returns of how many."""
    cleared = 0
    for active in signals.active(conn, _RULES):
        limit = limit_in(active.evidence)
        window = signals.window(conn, active.device_id, limit.metric, read_from(limit, now), now)
        if within(window, limit, now):
            clear_alert(conn, active.subject, active.rule, now, "back within the limit")
            cleared += 1
    return cleared
