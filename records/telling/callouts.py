"""Call-outs as those see them who were asked or sent to go: theirs, each with the address only while they are on it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from care.alerts import Phase
from care.callouts import ON_IT, Part, part_in
from care.checkins import SELF
from records.database import Conn
from records.nursing import way_in
from records.nursing.way_in import AccessNotes


@dataclass(frozen=True, slots=True)
class CallOut:
    """An alert, and what this account has to do with it."""

    alert_id: UUID
    part: Part
    rule: str
    priority: str
    drill: bool
    happened_at: datetime
    resident_id: UUID | None
    resident_name: str | None = field(repr=False)
    area_id: int | None
    offer_id: UUID | None
    asked_at: datetime | None
    """When they were asked, or sent."""
    report: str | None
    """What they reported last."""
    closed_at: datetime | None
    outcome: str | None
    minutes: int | None
    """What was credited to them for it (爱心时间银行)."""
    place: "Place | None" = field(repr=False)
    """Where it is: only while they are on it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go and how to get in; latitude and longitude in degrees (WGS 84) where they are known."""

    address: str
    area: str
    latitude: float | None
    longitude: float | None
    phone: str | None
    way: AccessNotes | None


VIEW = """
    SELECT a.id AS alert_id, a.rule, a.priority, a.drill, a.phase, a.happened_at, a.resident_id,
           r.name AS resident_name, coalesce(a.area_id, h.area_id) AS area_id, o.id AS offer_id,
           o.state AS offer_state, coalesce(o.offered_at, a.dispatched_at) AS asked_at,
           coalesce(a.responder_id = %(account)s, false) AS sent,
           EXISTS (SELECT FROM alert_log l
                    WHERE l.alert_id = a.id AND l.account_id = %(account)s AND l.kind = 'set_out'
                      AND l.at >= a.dispatched_at) AS set_out,
           CASE WHEN a.report ->> 'by' = %(account)s::text THEN a.report ->> 'what' END AS report,
           a.closed_at, a.outcome, credit.minutes
      FROM alert a
      LEFT JOIN resident r ON r.id = a.resident_id
      LEFT JOIN home h ON h.id = a.home_id
      LEFT JOIN responder_offer o ON o.alert_id = a.id AND o.account_id = %(account)s
      LEFT JOIN credit ON credit.offer_id = o.id
     WHERE NOT a.canary
"""
THEIRS = (
    VIEW
    + """
       AND a.id IN (SELECT alert_id FROM responder_offer WHERE account_id = %(account)s
                     UNION SELECT id FROM alert WHERE responder_id = %(account)s)
     ORDER BY a.phase = 'closed', a.closed_at DESC NULLS FIRST, a.opened_at DESC
     LIMIT %(limit)s
"""
)
# Whoever was relieved, or gave it back, may still know what became of it.
ONE = (
    VIEW
    + """
       AND a.id = %(alert)s
       AND (o.id IS NOT NULL OR a.responder_id = %(account)s
            OR EXISTS (SELECT FROM alert_log l
                        WHERE l.alert_id = a.id AND l.kind = 'dispatch'
                          AND l.detail ->> 'responder_id' = %(account)s::text))
"""
)


def of_account(conn: Conn, account_id: UUID, limit: int = 30) -> list[CallOut]:
    """Their call-outs: those that are open, then the last ones that are over; without the places."""
    rows = conn.cursor(row_factory=dict_row).execute(THEIRS, {"account": account_id, "limit": limit})
    return [_callout(row, None) for row in rows]


def one(conn: Conn, alert_id: UUID, account_id: UUID) -> CallOut | None:
    """This call-out, with the place while they are on it; None where they never had anything to do with it."""
    terms = {"account": account_id, "alert": alert_id}
    row = conn.cursor(row_factory=dict_row).execute(ONE, terms).fetchone()
    if row is None:
        return None
    place = _place(conn, alert_id, account_id) if _part(row) in ON_IT else None
    return _callout(row, place)


def _part(row: dict[str, Any]) -> Part:
    return part_in(Phase(row["phase"]), row["offer_state"], sent=row["sent"], set_out=row["set_out"])


def _callout(row: dict[str, Any], place: Place | None) -> CallOut:
    internal = ("phase", "offer_state", "sent", "set_out")
    return CallOut(part=_part(row), place=place, **{name: row[name] for name in row if name not in internal})


PLACE = """
    SELECT h.address, area.name, p.latitude, p.longitude,
           (SELECT phone FROM contact
             WHERE contact.resident_id = a.resident_id AND relation = %(self)s AND phone <> ''
             ORDER BY position LIMIT 1)
      FROM alert a
      JOIN home h ON h.id = a.home_id
      JOIN area ON area.id = h.area_id
      LEFT JOIN home_proof p ON p.home_id = h.id
     WHERE a.id = %(alert)s AND a.phase <> 'closed'
"""


def _place(conn: Conn, alert_id: UUID, account_id: UUID) -> Place | None:
    row = conn.execute(PLACE, {"alert": alert_id, "self": SELF}).fetchone()
    if row is None:
        return None
    address, area, latitude, longitude, phone = row
    return Place(address, area, latitude, longitude, phone, way_in.for_responder(conn, alert_id, account_id))


TIMES = """
    SELECT l.kind, max(l.at) FROM alert_log l
     WHERE l.alert_id = %(alert)s AND l.account_id = %(account)s
       AND l.kind IN ('set_out', 'offer_accepted', 'arrive', 'see')
     GROUP BY l.kind
"""


def times(conn: Conn, alert_id: UUID, account_id: UUID) -> dict[str, datetime]:
    """When they accepted or set out, arrived, and saw the person."""
    return dict(conn.execute(TIMES, {"alert": alert_id, "account": account_id}).fetchall())
