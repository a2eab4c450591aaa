"""Around whom there was life lately: cheaper to ask than what it says of them, and enough to leave them in peace."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from care.devices import DeviceKind
from records.database import Conn

# What moved or ran last.
MOVED = """
    WITH asked AS (
        SELECT * FROM unnest(%(residents)b::uuid[], %(since)b::timestamptz[]) AS asked (resident_id, since)
    )
    SELECT asked.resident_id, max(moved.time)
      FROM asked
      JOIN binding b ON b.resident_id = asked.resident_id AND b.valid_to IS NULL
      JOIN device d ON d.id = b.device_id AND d.kind = ANY (%(kinds)s)
     CROSS JOIN LATERAL (
           SELECT time FROM observation o
            WHERE o.device_id = d.id AND o.time > asked.since AND o.time < %(until)s AND o.time >= b.valid_from
              AND (o.motion = 1 OR o.water_used > 0 OR o.steps > 0)
            ORDER BY o.time DESC LIMIT 1) AS moved
     GROUP BY asked.resident_id
"""
# The first change of a state: it need not be the last, but it reads fewer rows.
CHANGED = """
    WITH asked AS (
        SELECT * FROM unnest(%(residents)b::uuid[], %(since)b::timestamptz[]) AS asked (resident_id, since)
    )
    SELECT asked.resident_id, max(changed.time)
      FROM asked
      JOIN binding b ON b.resident_id = asked.resident_id AND b.valid_to IS NULL
      JOIN device d ON d.id = b.device_id AND d.kind = ANY (%(kinds)s)
     CROSS JOIN LATERAL (
           SELECT coalesce(o.in_bed, o.presence, o.door_open) AS value FROM observation o
            WHERE o.device_id = d.id AND o.time > asked.since - interval '1 hour' AND o.time <= asked.since
              AND o.time >= b.valid_from AND num_nonnulls(o.in_bed, o.presence, o.door_open) = 1
            ORDER BY o.time DESC LIMIT 1) AS before
     CROSS JOIN LATERAL (
           SELECT o.time FROM observation o
            WHERE o.device_id = d.id AND o.time > asked.since AND o.time < %(until)s
              AND coalesce(o.in_bed, o.presence, o.door_open) <> before.value
            ORDER BY o.time LIMIT 1) AS changed
     GROUP BY asked.resident_id
"""
_MOVING = (DeviceKind.MOTION, DeviceKind.WATER_METER, DeviceKind.WEARABLE)
_CHANGING = (DeviceKind.BED, DeviceKind.PRESENCE, DeviceKind.DOOR)


def moved_since(conn: Conn, since: Mapping[UUID, datetime], until: datetime) -> dict[UUID, datetime]:
    """Of those around whom there was life since then and before `until` a time of it, which need not be the last."""
    terms = {"residents": list(since), "since": list(since.values()), "until": until, "kinds": list(_MOVING)}
    found: dict[UUID, datetime] = dict(conn.execute(MOVED, terms).fetchall())
    rest = {resident: then for resident, then in since.items() if resident not in found}
    terms |= {"residents": list(rest), "since": list(rest.values()), "kinds": list(_CHANGING)}
    return found | dict(conn.execute(CHANGED, terms).fetchall())
