"""One device as people see it: what it is, how it is, and what became of its messages."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from records.database import Conn
from records.scope import DEVICE_IN_SCOPE, EVERYTHING, Scope


@dataclass(frozen=True, slots=True)
class Quarantined:
    """How often messages of a device were refused for one reason."""

    field: str
    reason: str
    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device; `online`, `battery` and the like are None where it has never said."""

    vendor: str
    device: str
    kind: str
    state: str
    place: str
    resident_id: UUID | None
    resident_name: str | None
    last_seen: datetime | None
    online: bool | None
    battery: float | None
    rssi: float | None
    firmware: str | None
    unknown_fields: int
    observations: int
    events: int
    stored: int
    quarantined: int
    quarantine: list[Quarantined] = field(default_factory=list)
    """The reasons, the most frequent first."""


# greatest() passes over NULL: the latest of what is known.
DEVICE = (
    """
    SELECT d.vendor, d.name AS device, d.kind, d.state, d.place, r.id AS resident_id, r.name AS resident_name,
           greatest(s.last_seen, newest.time) AS last_seen, s.online, s.battery::float8, s.rssi::float8, s.firmware,
           coalesce(s.unknown_fields, 0) AS unknown_fields,
           observed.times AS observations, happened.times AS events, observed.times + happened.times AS stored,
           refused.times AS quarantined
      FROM device d
      LEFT JOIN device_state s ON s.device_id = d.id
      LEFT JOIN binding b ON b.device_id = d.id AND b.valid_to IS NULL
      LEFT JOIN resident r ON r.id = b.resident_id
      LEFT JOIN home h ON h.id = r.home_id
      LEFT JOIN LATERAL (
           SELECT time FROM observation WHERE device_id = d.id ORDER BY time DESC LIMIT 1) AS newest ON true
     CROSS JOIN LATERAL (SELECT count(*) AS times FROM observation WHERE device_id = d.id) AS observed
     CROSS JOIN LATERAL (SELECT count(*) AS times FROM event WHERE device_id = d.id) AS happened
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(times), 0)::bigint AS times FROM quarantine WHERE vendor = d.vendor AND device = d.name
           ) AS refused
     WHERE d.vendor = %(of)s AND d.name = %(name)s AND
"""
    + DEVICE_IN_SCOPE
)

REASONS = """
    SELECT field, reason, sum(times)::bigint AS times, max(last_at) AS last_at
      FROM quarantine
     WHERE vendor = %s AND device = %s
     GROUP BY field, reason
     ORDER BY times DESC, last_at DESC
     LIMIT 50
"""


def device_view(conn: Conn, vendor: str, device: str, scope: Scope = EVERYTHING) -> DeviceView | None:
    """This device, or None where there is none in the scope."""
    terms = scope.terms() | {"of": vendor, "name": device}
    found = conn.cursor(row_factory=class_row(DeviceView)).execute(DEVICE, terms).fetchone()
    if found is None:
        return None
    reasons = conn.cursor(row_factory=class_row(Quarantined)).execute(REASONS, (vendor, device)).fetchall()
    return replace(found, quarantine=reasons)
