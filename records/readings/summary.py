"""How much is watched over, in a few numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from records.database import Conn
from records.equipment import inventory
from records.scope import DEVICE_IN_SCOPE, IN_SCOPE, Scope


@dataclass(frozen=True, slots=True)
class Summary:
    """Numbers over everybody whom one may see; `alerts`: the open ones by priority, drills left out.

    `watched_beds`: care beds in whose home a bed sensor speaks as often as it should.
    """

    residents: int
    beds: int
    watched_beds: int
    devices: int
    silent: int
    low: int
    alerts: Mapping[str, int]
    quarantined_24h: int


PEOPLE = (
    """
    SELECT count(*), count(bed.number)
      FROM resident r
      JOIN home h ON h.id = r.home_id
      LEFT JOIN LATERAL (
           SELECT number FROM care_bed WHERE resident_id = r.id AND closed IS NULL LIMIT 1) AS bed ON true
     WHERE r.ended_on IS NULL AND """
    + IN_SCOPE
)
ALERTS = (
    """
    SELECT a.priority, count(*)
      FROM alert a
      LEFT JOIN device d ON d.id = a.device_id
      LEFT JOIN resident r ON r.id = a.resident_id
      LEFT JOIN home h ON h.id = r.home_id
     WHERE a.phase <> 'closed' AND NOT a.drill AND """
    + DEVICE_IN_SCOPE
    + " GROUP BY a.priority"
)
QUARANTINED = (
    """
    SELECT count(*)
      FROM quarantine q
      LEFT JOIN device d ON d.vendor = q.vendor AND d.name = q.device
      LEFT JOIN binding b ON b.device_id = d.id AND b.valid_to IS NULL
      LEFT JOIN resident r ON r.id = b.resident_id
      LEFT JOIN home h ON h.id = r.home_id
     WHERE q.last_at >= %(since)s AND """
    + DEVICE_IN_SCOPE
)


def summary(conn: Conn, scope: Scope, now: datetime) -> Summary:
    """The numbers as of now."""
    residents, beds = _one(conn.execute(PEOPLE, scope.terms()).fetchone())
    devices = inventory.counts(conn, scope, now)
    found: dict[str, int] = dict(conn.execute(ALERTS, scope.terms()).fetchall())
    (quarantined,) = _one(conn.execute(QUARANTINED, scope.terms() | {"since": now - timedelta(hours=24)}).fetchone())
    return Summary(
        residents=residents,
        beds=beds,
        watched_beds=inventory.watched_beds(conn, scope, now),
        devices=devices.all,
        silent=devices.silent,
        low=devices.low,
        alerts={priority: found.get(priority, 0) for priority in ("high", "medium", "low")},
        quarantined_24h=quarantined,
    )


def _one(row: tuple[int, ...] | None) -> tuple[int, ...]:
    assert row is not None  # noqa: S101 - a count always has a row
    return row
