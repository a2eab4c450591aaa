"""Cases: what two workers opened for one home in the same instant becomes one case as soon as both are there."""

from datetime import datetime, timedelta

from records.database import Conn
from records.judging.alert_log import record_change

INSTANT = timedelta(minutes=1)
"""Opened so close together, neither may have seen the other (an assumption: a worker's transaction is much shorter)."""
LOOKED_BACK = timedelta(minutes=10)
"""So long ago is still looked at: the engine may have been away in between."""

# As records.judging.alerts.INSERT decides it, for what was not to be seen then. The first alert's case stays; one at a
# time, since what joins a case decides who may join it next.
JOIN = """
    WITH apart AS (
        SELECT a.id, a.case_id, earlier.case_id AS into_case
          FROM alert a
         CROSS JOIN LATERAL (
               SELECT c.case_id
                 FROM alert c
                WHERE c.home_id = a.home_id AND c.phase <> 'closed' AND c.class <> 'technical'
                  AND NOT c.drill AND NOT c.canary AND c.case_id <> a.case_id
                  AND (c.opened_at, c.id) < (a.opened_at, a.id) AND c.opened_at >= a.opened_at - %(instant)s
                  AND NOT EXISTS (
                      SELECT FROM alert mine
                        JOIN alert other ON other.case_id = c.case_id AND other.resident_id <> mine.resident_id
                       WHERE mine.case_id = a.case_id AND mine.class = 'personal' AND other.class = 'personal')
                ORDER BY c.opened_at, c.id LIMIT 1) AS earlier
         WHERE a.case_id = a.id AND a.phase <> 'closed' AND a.class <> 'technical' AND NOT a.drill AND NOT a.canary
           AND a.opened_at >= %(since)s
         ORDER BY a.opened_at, a.id LIMIT 1
           FOR NO KEY UPDATE OF a SKIP LOCKED
    )
    UPDATE alert SET case_id = apart.into_case FROM apart WHERE alert.case_id = apart.case_id
 RETURNING alert.id
"""


def join(conn: Conn, now: datetime) -> int:
    """Make one case of what belongs to one; returns how many alerts are of another case now."""
    terms, joined = {"instant": INSTANT, "since": now - LOOKED_BACK}, 0
    while rows := conn.execute(JOIN, terms).fetchall():
        for (alert_id,) in sorted(rows):
            record_change(conn, alert_id, "joined")
        joined += len(rows)
    return joined
