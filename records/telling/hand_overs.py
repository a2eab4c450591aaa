"""Shifts handed over in writing: a sheet as it stood, signed by who goes and by who comes; never changed afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from records.counting import figures_response
from records.counting.figures_response import Answers
from records.counting.figures_terms import Wanted
from records.database import Conn
from records.ids import new_id
from records.scope import ALERT_IN_SCOPE, IN_SCOPE, Scope
from records.telling import rosters

MOST = timedelta(hours=36)
"""The longest shift that is handed over (an assumption): twice a double shift is a mistake."""
MOST_ROWS = 500
"""Of one kind on a sheet."""

# What nobody else will remember: open alerts, and those that were somebody's case in this shift. Ids, never names.
OPEN = (
    """
    SELECT a.id AS alert_id, a.rule, a.priority, a.phase, a.resident_id, a.opened_at, answerer.username AS by_name,
           a.due_at AS next_at, a.due_why AS next_step, a.expected_at, a.shelved_until,
           split_part(a.suppressed_by, ':', 1) AS held_by
      FROM alert a
      LEFT JOIN resident r ON r.id = a.resident_id
      LEFT JOIN home h ON h.id = a.home_id
      LEFT JOIN account answerer ON answerer.id = a.answered_by
     WHERE a.phase <> 'closed' AND NOT a.canary AND NOT a.drill AND """
    + ALERT_IN_SCOPE
    + """
     ORDER BY CASE a.priority WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END, a.opened_at, a.id
     LIMIT %(limit)s
"""
)
INCIDENTS = (
    """
    SELECT a.id AS alert_id, a.rule, a.priority, a.resident_id, a.opened_at, a.closed_at, a.outcome,
           closer.username AS by_name
      FROM alert a
      LEFT JOIN resident r ON r.id = a.resident_id
      LEFT JOIN home h ON h.id = a.home_id
      LEFT JOIN account closer ON closer.id = a.closed_by
     WHERE a.closed_at >= %(since)s AND a.closed_at < %(until)s AND a.class <> 'technical'
       AND NOT a.canary AND NOT a.drill AND a.outcome <> 'drill' AND """
    + ALERT_IN_SCOPE
    + """
     ORDER BY a.closed_at, a.id
     LIMIT %(limit)s
"""
)
AWAY = (
    """
    SELECT b.resident_id, b.kind, b.valid_from AS since, b.valid_to AS until
      FROM absence b
      JOIN resident r ON r.id = b.resident_id
      JOIN home h ON h.id = r.home_id
     WHERE b.valid_from <= %(until)s AND least(b.valid_to, b.ended_at) > %(until)s AND """
    + IN_SCOPE
    + """
     ORDER BY b.valid_to, b.id
     LIMIT %(limit)s
"""
)
WORKS = (
    """
    SELECT m.id AS work_id, d.vendor || '/' || d.name AS device, d.kind, r.id AS resident_id, m.starts_at AS since,
           m.ends_at AS until
      FROM maintenance m
      LEFT JOIN device d ON d.id = m.device_id
      LEFT JOIN binding b ON b.device_id = m.device_id AND b.valid_to IS NULL
      LEFT JOIN LATERAL (
           SELECT id, home_id FROM resident
            WHERE resident.id = b.resident_id OR resident.home_id = m.home_id
            ORDER BY resident.id LIMIT 1) AS r ON true
      LEFT JOIN home h ON h.id = r.home_id
     WHERE m.ends_at > %(until)s AND m.starts_at <= %(until)s + interval '12 hours' AND """
    + IN_SCOPE
    + """
     ORDER BY m.ends_at, m.id
     LIMIT %(limit)s
"""
)
CHECK_INS = (
    """
    SELECT c.resident_id, c.state, c.opens_at, c.closes_at, c.alert_id
      FROM check_in c
      JOIN resident r ON r.id = c.resident_id
      JOIN home h ON h.id = r.home_id
     WHERE c.state IN ('late', 'tried', 'with_contacts', 'missed') AND c.closes_at < %(until)s
       AND c.opens_at >= %(until)s - interval '1 day' AND """
    + IN_SCOPE
    + """
     ORDER BY c.closes_at, c.id
     LIMIT %(limit)s
"""
)
SECTIONS: Mapping[str, LiteralString] = {
    "open": OPEN,
    "incidents": INCIDENTS,
    "away": AWAY,
    "works": WORKS,
    "check_ins": CHECK_INS,
}
"""The rows of a sheet, by kind."""


def sheet(conn: Conn, scope: Scope, since: datetime, until: datetime) -> dict[str, Any]:
    """What the next shift has to know, as it stands at `until`."""
    terms = scope.terms() | {"since": since, "until": until, "limit": MOST_ROWS}
    found = {name: _rows(conn, statement, terms) for name, statement in SECTIONS.items()}
    wanted = Wanted.of(conn, scope, None, since, until, until)
    return found | {"figures": _figures(figures_response.response(conn, wanted).whole), "opened": _opened(conn, terms)}


def _rows(conn: Conn, statement: LiteralString, terms: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows as they are kept: ids and times as text."""
    rows = conn.cursor(row_factory=dict_row).execute(statement, terms).fetchall()
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


OPENED = (
    """
    SELECT a.priority, count(*)
      FROM alert a
      LEFT JOIN resident r ON r.id = a.resident_id
      LEFT JOIN home h ON h.id = a.home_id
     WHERE a.opened_at >= %(since)s AND a.opened_at < %(until)s AND NOT a.canary AND NOT a.drill
       AND a.outcome IS DISTINCT FROM 'drill' AND """
    + ALERT_IN_SCOPE
    + " GROUP BY a.priority"
)


def _opened(conn: Conn, terms: dict[str, Any]) -> dict[str, int]:
    found: dict[str, int] = dict(conn.execute(OPENED, terms).fetchall())
    return {priority: found.get(priority, 0) for priority in ("high", "medium", "low")}


def _figures(answers: Answers) -> list[dict[str, Any]]:
    names = ("limit_s", "within", "of", "target", "share")
    return [{name: getattr(rate, name) for name in names} for rate in answers.first]


@dataclass(frozen=True, slots=True)
class Signed:
    """A sheet that was signed; `taken_by_name` None: nobody has countersigned it yet."""

    id: UUID
    area_id: int | None
    area: str | None
    since: datetime
    until: datetime
    sheet: dict[str, Any]
    note: str
    signed_by_name: str
    signed_at: datetime
    taken_by_name: str | None
    taken_at: datetime | None


IN_CARE = "(%(areas)s::integer[] IS NULL OR o.area_id = ANY (%(areas)s::integer[]))"
SIGNED = (
    """
    SELECT o.id, o.area_id, area.name AS area, o.since, o.until, o.sheet, o.note, signer.username AS signed_by_name,
           o.signed_at, taker.username AS taken_by_name, o.taken_at
      FROM hand_over o
      JOIN account signer ON signer.id = o.signed_by
      LEFT JOIN account taker ON taker.id = o.taken_by
      LEFT JOIN area ON area.id = o.area_id
     WHERE """
    + IN_CARE
)
ONE = SIGNED + " AND o.id = %(id)s"
LATEST = SIGNED + " ORDER BY o.signed_at DESC, o.id DESC LIMIT %(limit)s"


def one(conn: Conn, hand_over_id: UUID, scope: Scope) -> Signed | None:
    """This sheet; None where there is none in the scope."""
    terms = {"areas": scope.terms()["areas"], "id": hand_over_id}
    return conn.cursor(row_factory=class_row(Signed)).execute(ONE, terms).fetchone()


def latest(conn: Conn, scope: Scope, limit: int) -> list[Signed]:
    """The sheets that were signed last, the newest first."""
    terms = {"areas": scope.terms()["areas"], "limit": limit}
    return conn.cursor(row_factory=class_row(Signed)).execute(LATEST, terms).fetchall()


SIGN = """
    INSERT INTO hand_over (id, area_id, since, until, sheet, note, signed_by, signed_at)
    VALUES (%(id)s, %(area)s, %(since)s, %(now)s, %(sheet)s, %(note)s, %(by)s, %(now)s)
"""


def sign(conn: Conn, by: UUID, area_id: int | None, since: datetime, note: str, scope: Scope, now: datetime) -> UUID:
    """Whoever goes signs the sheet as it stands now; ValueError where the shift can't have begun then."""
    if not now - MOST <= since < now:
        raise ValueError("since: when the shift began, within the last 36 hours")
    written = Jsonb(sheet(conn, scope, since, now))
    made = new_id()
    terms = {"id": made, "area": area_id, "since": since, "now": now, "sheet": written, "note": note, "by": by}
    conn.execute(SIGN, terms)
    return made


COUNTERSIGN = """
    UPDATE hand_over SET taken_by = %(by)s, taken_at = %(now)s
     WHERE id = %(id)s AND taken_by IS NULL AND signed_by <> %(by)s
 RETURNING signed_by
"""


def countersign(conn: Conn, hand_over_id: UUID, by: UUID, now: datetime) -> bool:
    """Whoever comes has read it, and has the shifts on the roster that were handed to them with it.

    False where somebody has countersigned already, or they wrote it themselves.
    """
    row = conn.execute(COUNTERSIGN, {"id": hand_over_id, "by": by, "now": now}).fetchone()
    if row is not None:
        rosters.take_over_from(conn, row[0], by, now)
    return row is not None


WHO = """
    SELECT r.id, r.name, h.address FROM resident r JOIN home h ON h.id = r.home_id
     WHERE r.id = ANY (%(ids)s) AND """
WHO_IN_SCOPE = WHO + IN_SCOPE


@dataclass(frozen=True, slots=True)
class Named:
    """Of whom a line speaks."""

    id: UUID
    name: str
    address: str


def named(conn: Conn, found: dict[str, Any], scope: Scope) -> list[Named]:
    """Of whom the lines of this sheet speak, as far as one has them in care and the records still know them."""
    ids = {UUID(line["resident_id"]) for name in SECTIONS for line in found[name] if line["resident_id"]}
    terms = scope.terms() | {"ids": list(ids)}
    return conn.cursor(row_factory=class_row(Named)).execute(WHO_IN_SCOPE, terms).fetchall()
