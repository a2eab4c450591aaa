"""Who was held behind an outage is let go when their devices are back and have told what they kept."""

from datetime import datetime, timedelta
from uuid import UUID

from records.database import Conn

DRAINED = timedelta(minutes=2)
"""When nothing that was buffered has come for so long, all of it has (an assumption)."""

# Back: none of this resident's devices is lost behind it any more, nor the gateway that they speak through.
BACK = """
    UPDATE held
       SET back_at = CASE WHEN away.lost THEN NULL ELSE coalesce(held.back_at, %(now)s) END,
           look_at = CASE WHEN away.lost THEN NULL ELSE coalesce(held.look_at, %(look)s) END
      FROM (SELECT h.resident_id, bool_or(w.condition IN ('silent', 'offline') AND o.id IS NOT NULL
                              OR coalesce(p.condition IN ('silent', 'offline'), false) AND po.id IS NOT NULL) AS lost
              FROM held h
              JOIN binding b ON b.resident_id = h.resident_id AND b.valid_to IS NULL
              JOIN device d ON d.id = b.device_id
              JOIN device_watch w ON w.device_id = d.id
              LEFT JOIN outage o ON o.id = w.outage_id AND o.ended_at IS NULL
              LEFT JOIN device_watch p ON p.device_id = d.parent_id
              LEFT JOIN outage po ON po.id = p.outage_id AND po.ended_at IS NULL
             WHERE w.outage_id IS NOT NULL OR p.outage_id IS NOT NULL OR h.back_at IS NULL
             GROUP BY h.resident_id) AS away
     WHERE held.resident_id = away.resident_id AND (held.back_at IS NULL) <> away.lost
"""
# The newest arrival of something that was so during the outage.
LAST_BUFFERED = """
    SELECT held.resident_id, max(late.received_at)
      FROM held
      JOIN outage o ON o.id = held.outage_id
      JOIN binding b ON b.resident_id = held.resident_id AND b.valid_to IS NULL
      LEFT JOIN LATERAL (
           SELECT max(received_at) AS received_at FROM observation
            WHERE device_id = b.device_id AND time >= o.began_at AND time < held.back_at
              AND received_at >= held.back_at - interval '1 minute'
            UNION ALL
           SELECT max(received_at) FROM event
            WHERE device_id = b.device_id AND time >= o.began_at AND time < held.back_at
              AND received_at >= held.back_at - interval '1 minute') AS late ON true
     WHERE held.look_at <= %s
     GROUP BY held.resident_id
"""
LOOK_LATER = "UPDATE held SET look_at = %s WHERE resident_id = ANY (%s)"
RELEASED = "DELETE FROM held WHERE resident_id = ANY (%s)"


def release(conn: Conn, now: datetime, as_of: datetime) -> list[UUID]:
    """Let go of the residents whose devices are back and whose buffers are empty; returns them."""
    conn.execute(BACK, {"now": now, "look": now + DRAINED})
    seen = conn.execute(LAST_BUFFERED, (as_of,)).fetchall()
    still = [resident for resident, last in seen if last is not None and last > as_of - DRAINED]
    free = [resident for resident, last in seen if last is None or last <= as_of - DRAINED]
    if still:
        conn.execute(LOOK_LATER, (now + DRAINED, still))
    if free:
        conn.execute(RELEASED, (free,))
    return free
