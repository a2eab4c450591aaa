"""What is said of single devices: lost, low on battery, faulty; and when that is over."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from care.devices import LOW_BATTERY
from records.database import Conn


@dataclass(frozen=True, slots=True)
class Telling:
    """A device of somebody's, about which something is to be said."""

    device_id: int
    vendor: str
    device: str
    kind: str
    resident_id: UUID | None
    home_id: UUID | None
    area_id: int | None
    condition: str
    heard_at: datetime | None
    battery: float | None


TOLD_AT_ONCE = 50
"""So many alerts of single devices one sweep opens or clears of each sort; the others wait for the next."""

_TELLING = """
    SELECT w.device_id, d.vendor, d.name AS device, d.kind, r.id AS resident_id, r.home_id, h.area_id, w.condition,
           w.heard_at, s.battery::float8
      FROM device_watch w
      JOIN device d ON d.id = w.device_id
      LEFT JOIN device_state s ON s.device_id = d.id
      LEFT JOIN device_watch parent ON parent.device_id = d.parent_id
      JOIN binding b ON b.device_id = d.id AND b.valid_to IS NULL
      JOIN resident r ON r.id = b.resident_id
      JOIN home h ON h.id = r.home_id
     WHERE d.state = 'registered' AND NOT EXISTS (
           SELECT FROM maintenance m WHERE (m.device_id = d.id OR m.home_id = r.home_id)
              AND m.starts_at <= %(now)s AND m.ends_at > %(now)s)
"""
LOSSES = (
    _TELLING
    + """
       AND w.tell_at <= %(now)s AND w.condition IN ('silent', 'offline') AND w.outage_id IS NULL
       AND (parent.condition IS NULL OR parent.condition NOT IN ('silent', 'offline'))
     ORDER BY w.tell_at, w.device_id LIMIT %(told_at_once)s
"""
)
# Of the many that are low the few that were not before: found on the two small indexes alone.
NEWLY_LOW = (
    """
    WITH fresh AS MATERIALIZED (
        SELECT device_id FROM device_state s
         WHERE battery <= 20 AND NOT EXISTS (SELECT FROM device_watch l WHERE l.device_id = s.device_id AND l.low)
    )
    """
    + _TELLING
    + " AND w.device_id IN (SELECT device_id FROM fresh) ORDER BY w.device_id LIMIT %(told_at_once)s"
)
TOLD = "UPDATE device_watch SET told = true, tell_at = NULL WHERE device_id = ANY (%s)"
IS_LOW = "UPDATE device_watch SET low = true WHERE device_id = ANY (%s)"


def losses_to_tell(conn: Conn, now: datetime) -> list[Telling]:
    """Devices that are lost for reasons of their own, long enough to say so."""
    return _telling(conn, LOSSES, now)


def _telling(conn: Conn, statement: LiteralString, now: datetime) -> list[Telling]:
    terms = {"now": now, "told_at_once": TOLD_AT_ONCE}
    return conn.cursor(row_factory=class_row(Telling)).execute(statement, terms).fetchall()


def told(conn: Conn, device_ids: Sequence[int]) -> None:
    """Their losses have alerts of their own now."""
    conn.execute(TOLD, (list(device_ids),))


def newly_low(conn: Conn, now: datetime) -> list[Telling]:
    """Devices whose battery has become low."""
    found = _telling(conn, NEWLY_LOW, now)
    conn.execute(IS_LOW, ([one.device_id for one in found],))
    return found


TO_PUT_ASIDE = """
    SELECT device_id, told, low, fault FROM device_watch
     WHERE device_id = ANY (%s) AND (told OR low OR fault IS NOT NULL) ORDER BY device_id FOR UPDATE
"""
PUT_ASIDE = """
    UPDATE device_watch
       SET told = false, low = false, fault = NULL, fault_at = NULL,
           tell_at = CASE WHEN condition IN ('silent', 'offline') AND outage_id IS NULL THEN %(now)s::timestamptz END
     WHERE device_id = ANY (%(ids)s)
"""


def put_aside(conn: Conn, devices: Sequence[int], now: datetime) -> list[tuple[int, str]]:
    """Somebody works on these: returns the rules with an open alert of each. What is so afterwards is told anew."""
    rows = conn.execute(TO_PUT_ASIDE, (list(devices),)).fetchall()
    conn.execute(PUT_ASIDE, {"ids": [row[0] for row in rows], "now": now})
    found = []
    for device_id, lost, low, fault in rows:
        rules = ("device_silent" if lost else None, "low_battery" if low else None, fault)
        found += [(device_id, rule) for rule in rules if rule]
    return found


CHARGED = """
    UPDATE device_watch w SET low = false
     WHERE device_id IN (SELECT l.device_id FROM device_watch l JOIN device_state s USING (device_id)
                          WHERE l.low AND s.battery >= %s LIMIT %s)
 RETURNING w.device_id
"""
BATTERY_IS_NEW = LOW_BATTERY + 10
"""%; above this a battery is no longer low: a cold night must not make it so every evening (an assumption)."""

OVER = """
    UPDATE device_watch SET told = false, back_at = NULL, heard_at = NULL
     WHERE device_id IN (SELECT device_id FROM device_watch WHERE back_at <= %s AND condition = 'well' AND told
                          ORDER BY back_at LIMIT %s)
 RETURNING device_id
"""


def charged(conn: Conn) -> list[int]:
    """Devices whose battery was low and is not any more."""
    return [row[0] for row in conn.execute(CHARGED, (BATTERY_IS_NEW, TOLD_AT_ONCE))]


def back_for_good(conn: Conn, heard_again_before: datetime) -> list[int]:
    """Devices with an alert of their own that have been heard again since before then."""
    return [row[0] for row in conn.execute(OVER, (heard_again_before, TOLD_AT_ONCE))]


FAULT = "UPDATE device_watch SET fault = %(fault)s, fault_at = %(now)s WHERE device_id = %(device)s"
FAULTS_OVER = """
    WITH over AS (
        SELECT w.device_id, w.fault FROM device_watch w JOIN device_state s USING (device_id)
         WHERE w.fault = ANY (%(faults)s) AND w.fault_at <= %(before)s AND w.condition = 'well'
           AND s.last_seen > w.fault_at
         ORDER BY w.fault_at LIMIT %(told_at_once)s
           FOR UPDATE OF w
    )
    UPDATE device_watch w SET fault = NULL, fault_at = NULL FROM over WHERE over.device_id = w.device_id
 RETURNING w.device_id, over.fault
"""


def faulty(conn: Conn, device_id: int, fault: str, now: datetime) -> None:
    """The device says that something is wrong with it."""
    conn.execute(FAULT, {"device": device_id, "fault": fault, "now": now})


def faults_over(conn: Conn, faults: Collection[str], before: datetime) -> list[tuple[int, str]]:
    """The devices that have not said so since `before` and are heard, with what was wrong."""
    terms = {"faults": list(faults), "before": before, "told_at_once": TOLD_AT_ONCE}
    return conn.execute(FAULTS_OVER, terms).fetchall()
