"""Maintenance: somebody works on a device or in a home, so that what is lost meanwhile is nobody's alarm."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from records.database import Conn
from records.ids import new_id
from records.scope import DEVICE_IN_SCOPE, IN_SCOPE, Scope

MOST = timedelta(days=7)
"""The longest that may be entered at once (an assumption): a device is not switched off for ever by a word."""


@dataclass(frozen=True, slots=True)
class Work:
    """Who said that somebody works where, from when to when, and why."""

    id: UUID
    vendor: str | None
    device: str | None
    """None where it is the whole home."""
    kind: str | None
    place: str | None
    resident_id: UUID | None
    """Whom it watches over, or one who lives in the home."""
    resident_name: str | None
    starts_at: datetime
    ends_at: datetime
    why: str
    by_name: str | None
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Planned:
    """A maintenance to be entered: of one device, by id or as VENDOR/NAME, or of the home of a resident."""

    device_id: int | None
    resident_id: UUID | None
    starts: datetime
    ends: datetime
    why: str
    device: str | None = None


OF_DEVICE = (
    """
    INSERT INTO maintenance (id, device_id, starts_at, ends_at, why, account_id, made_at)
    SELECT %(id)s, d.id, %(starts)s, %(ends)s, %(why)s, %(by)s, %(now)s
      FROM device d
      LEFT JOIN binding b ON b.device_id = d.id AND b.valid_to IS NULL
      LEFT JOIN resident r ON r.id = b.resident_id
      LEFT JOIN home h ON h.id = r.home_id
     WHERE (d.id = %(device)s OR d.vendor || '/' || d.name = %(named)s) AND d.state = 'registered' AND """
    + DEVICE_IN_SCOPE
    + " LIMIT 1"
)
OF_HOME = (
    """
    INSERT INTO maintenance (id, home_id, starts_at, ends_at, why, account_id, made_at)
    SELECT %(id)s, h.id, %(starts)s, %(ends)s, %(why)s, %(by)s, %(now)s
      FROM resident r
      JOIN home h ON h.id = r.home_id
     WHERE r.id = %(resident)s AND """
    + IN_SCOPE
)


def add(conn: Conn, planned: Planned, by: UUID, now: datetime, scope: Scope) -> UUID | None:
    """Enter a maintenance; returns its id, None where there is no such device or resident in the scope.

    Raises ValueError with the field for times that can't be, and where it is of more than one or of none.
    """
    if sum(one is not None for one in (planned.device_id, planned.device, planned.resident_id)) != 1:
        raise ValueError("device_id: either device_id, device or resident_id")
    if not (now < planned.ends and planned.starts < planned.ends <= planned.starts + MOST):
        raise ValueError("to: a time to come, after the beginning and within 7 days of it")
    work = new_id()
    terms = scope.terms() | {
        "id": work, "device": planned.device_id, "named": planned.device,
        "resident": planned.resident_id, "starts": planned.starts,
        "ends": planned.ends, "why": planned.why, "by": by, "now": now,
    }  # fmt: skip
    made = conn.execute(OF_DEVICE if planned.resident_id is None else OF_HOME, terms).rowcount == 1
    return work if made else None


LASTING = (
    """
    SELECT m.id, d.vendor, d.name AS device, d.kind, d.place, r.id AS resident_id, r.name AS resident_name,
           m.starts_at, m.ends_at, m.why, account.username AS by_name, m.made_at
      FROM maintenance m
      LEFT JOIN device d ON d.id = m.device_id
      LEFT JOIN LATERAL (
           SELECT resident_id AS id FROM binding WHERE device_id = m.device_id AND valid_to IS NULL
            UNION ALL
           SELECT id FROM resident WHERE home_id = m.home_id
            LIMIT 1
           ) AS whose ON true
      LEFT JOIN resident r ON r.id = whose.id
      LEFT JOIN home h ON h.id = r.home_id
      LEFT JOIN account ON account.id = m.account_id
     WHERE m.ends_at > %(now)s AND """
    + DEVICE_IN_SCOPE
)
ALL = LASTING + " ORDER BY m.starts_at, m.id LIMIT 1000"
ONE = LASTING + " AND m.id = %(id)s"


def lasting(conn: Conn, now: datetime, scope: Scope) -> list[Work]:
    """Where somebody works or is going to, the earliest first, 1,000 at the most."""
    return conn.cursor(row_factory=class_row(Work)).execute(ALL, scope.terms() | {"now": now}).fetchall()


def work(conn: Conn, work_id: UUID, now: datetime, scope: Scope) -> Work | None:
    """This one, where it goes on or is to come and is in the scope."""
    terms = scope.terms() | {"now": now, "id": work_id}
    return conn.cursor(row_factory=class_row(Work)).execute(ONE, terms).fetchone()


# One that has not begun ends as it begins: it holds nothing back, and stays to be read.
END = "UPDATE maintenance SET ends_at = greatest(%(now)s, starts_at + interval '1 microsecond') WHERE id = %(id)s"


def end(conn: Conn, work_id: UUID, now: datetime, scope: Scope) -> bool:
    """They are done, or do not come; False where there is no such maintenance in the scope."""
    if work(conn, work_id, now, scope) is None:
        return False
    conn.execute(END, {"id": work_id, "now": now})
    return True


IN_MAINTENANCE = """
    SELECT FROM maintenance m
      LEFT JOIN binding b ON b.device_id = %(device)s AND b.valid_to IS NULL
      LEFT JOIN resident r ON r.id = b.resident_id
     WHERE (m.device_id = %(device)s OR m.home_id = r.home_id) AND m.starts_at <= %(now)s AND m.ends_at > %(now)s
     LIMIT 1
"""
TURNS = """
    WITH turned AS (
        UPDATE maintenance SET seen_start = starts_at <= %(now)s, seen_end = ends_at <= %(now)s
         WHERE NOT (seen_start AND seen_end) AND (starts_at <= %(now)s AND NOT seen_start OR ends_at <= %(now)s)
     RETURNING device_id, home_id, ends_at > %(now)s AS begun
    )
    SELECT device_id, begun FROM turned WHERE device_id IS NOT NULL
     UNION
    SELECT b.device_id, turned.begun FROM turned JOIN resident r ON r.home_id = turned.home_id
      JOIN binding b ON b.resident_id = r.id AND b.valid_to IS NULL
"""


def in_maintenance(conn: Conn, device_id: int, now: datetime) -> bool:
    """Whether somebody works on this device or in its home now."""
    return conn.execute(IN_MAINTENANCE, {"device": device_id, "now": now}).fetchone() is not None


def begun_or_ended(conn: Conn, now: datetime) -> tuple[list[int], list[int]]:
    """The devices whose maintenance has begun, and those of which it has ended, since this was asked last."""
    rows = conn.execute(TURNS, {"now": now}).fetchall()
    return [row[0] for row in rows if row[1]], [row[0] for row in rows if not row[1]]
