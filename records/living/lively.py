"""Around whom there was life lately: cheaper to ask than what it says of them, and enough to leave them in peace."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from care.devices import DeviceKind
from records.database import Conn

_MOVING = (DeviceKind.MOTION, DeviceKind.WATER_METER, DeviceKind.WEARABLE)
"""Asked first: the last that they said of life is found at once where there was some."""


@dataclass(frozen=True, slots=True)
class Life:
    """There was some at this time, which need not be the last; None: only perhaps, and what was said must be read."""

    at: datetime | None


_ASKED = """
    WITH bound AS (
        SELECT asked.resident_id, asked.since, b.device_id, b.valid_from
          FROM unnest(%(residents)b::uuid[], %(since)b::timestamptz[]) AS asked (resident_id, since)
          JOIN binding b ON b.resident_id = asked.resident_id AND b.valid_to IS NULL
    )
"""
# What moved or ran last, by what tells little else.
MOVED = (
    _ASKED
    + """
    SELECT resident_id, max(moved.time)
      FROM bound
      JOIN device d ON d.id = bound.device_id AND d.kind = ANY (%(kinds)s)
     CROSS JOIN LATERAL (
           SELECT time FROM observation o
            WHERE o.device_id = bound.device_id AND o.time > bound.since AND o.time < %(until)s
              AND o.time >= bound.valid_from AND (o.motion = 1 OR o.water_used > 0 OR o.steps > 0)
            ORDER BY o.time DESC LIMIT 1) AS moved
     GROUP BY resident_id
"""
)
# The first sign of life of any device: that something moved or ran, or a state that is not as it was before. It reads
# fewer rows than the last would. Where the device told no state in the 25 hours in which one on battery speaks, or
# tells more than one, it may be a change.
CHANGED = (
    _ASKED
    + """
    SELECT resident_id, max(changed.time) FILTER (WHERE changed.sure)
      FROM bound
      LEFT JOIN LATERAL (
           SELECT coalesce(o.in_bed, o.presence, o.door_open) AS value FROM observation o
            WHERE o.device_id = bound.device_id AND o.time > bound.since - interval '25 hours' AND o.time <= bound.since
              AND o.time >= bound.valid_from AND num_nonnulls(o.in_bed, o.presence, o.door_open) = 1
            ORDER BY o.time DESC LIMIT 1) AS before ON true
     CROSS JOIN LATERAL (
           SELECT o.time, moves OR before.value IS NOT NULL AND states = 1 AS sure
             FROM observation o
            CROSS JOIN LATERAL (
                  SELECT num_nonnulls(o.in_bed, o.presence, o.door_open) AS states,
                         (o.motion = 1 OR o.water_used > 0 OR o.steps > 0) IS TRUE AS moves) AS said
            WHERE o.device_id = bound.device_id AND o.time > bound.since AND o.time < %(until)s
              AND o.time >= bound.valid_from
              AND (moves OR states > 1
                   OR states = 1 AND coalesce(o.in_bed, o.presence, o.door_open) IS DISTINCT FROM before.value)
            ORDER BY o.time LIMIT 1) AS changed
     GROUP BY resident_id
"""
)


def life_since(conn: Conn, since: Mapping[UUID, datetime], until: datetime) -> dict[UUID, Life]:
    """Of those around whom there was life, or perhaps, since then and before `until`: when."""
    terms = {"residents": list(since), "since": list(since.values()), "until": until, "kinds": list(_MOVING)}
    found = {resident: Life(at) for resident, at in conn.execute(MOVED, terms)}
    rest = {resident: then for resident, then in since.items() if resident not in found}
    terms |= {"residents": list(rest), "since": list(rest.values())}
    return found | {resident: Life(at) for resident, at in conn.execute(CHANGED, terms)}
