"""The auditor: no open alert may be without a next step; one that is gets one, and it rings, for the fault is ours."""

from datetime import datetime, timedelta

from alerts.opening import raise_alert
from care.pack.technical import NO_NEXT_STEP
from records.database import Conn
from records.judging.alert_log import log_line
from records.judging.alerts import Opening
from records.telling import plans

LATE = timedelta(minutes=5)
"""A deadline that nobody has kept for so long is none (an assumption; the sweep runs every second), and by so much more
than now the time of a step can't be."""


def look(conn: Conn, now: datetime) -> int:
    """Find what was forgotten, have it done with the next sweep, and ring; returns how many there were."""
    found = plans.forgotten(conn, now, LATE)
    for alert_id in found:
        plans.remember(conn, alert_id, now)
        log_line(conn, alert_id, now, "found_forgotten")
    if found:
        evidence = {"alerts": [str(alert_id) for alert_id in found[:100]], "count": len(found)}
        raise_alert(conn, Opening(NO_NEXT_STEP, "platform", None, None, now, now, evidence))
    return len(found)
