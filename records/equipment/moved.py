"""Devices that are out of use or in other hands since: what was told of them holds no more."""

from datetime import datetime

from records.database import Conn

AT_ONCE = 50
"""So many in one sweep; the others wait for the next."""

# Still lost, it is told anew, of whom it watches over now.
MOVED = """
    WITH moved AS (
        SELECT device_id FROM device_watch WHERE moved ORDER BY device_id LIMIT %(at_once)s FOR UPDATE
    )
    UPDATE device_watch w
       SET moved = false, told = false, low = false, fault = NULL, fault_at = NULL, outage_id = NULL, back_at = NULL,
           tell_at = CASE WHEN condition IN ('silent', 'offline') THEN %(now)s::timestamptz END
      FROM moved WHERE moved.device_id = w.device_id
 RETURNING w.device_id
"""


def moved(conn: Conn, now: datetime) -> list[int]:
    """The devices that have changed hands or gone out of use since this was asked; each once, and behind no outage."""
    return sorted(row[0] for row in conn.execute(MOVED, {"now": now, "at_once": AT_ONCE}))
