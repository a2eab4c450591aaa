"""Absences: who is known not to be at home, from when to when, and who said so. None is ever deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import kwargs_row

from care.absences import AbsenceKind, check
from records.database import Conn
from records.ids import new_id
from records.rounds import checkins


@dataclass(frozen=True, slots=True)
class Absence:
    """Not at home from `valid_from` to `valid_to`, or to `ended_at` where that is set; ended before it began: never."""

    id: UUID
    resident_id: UUID
    kind: AbsenceKind
    valid_from: datetime
    valid_to: datetime
    told_by: str
    """Who told us, in words."""
    entered_by_name: str | None
    recorded_at: datetime
    ended_at: datetime | None
    ended_by_name: str | None


@dataclass(frozen=True, slots=True)
class Away:
    """An absence to be entered, by this account; None: by the platform's own commands."""

    resident_id: UUID
    kind: AbsenceKind
    start: datetime
    end: datetime
    by: UUID | None = None
    told_by: str = ""


ADD = """
    INSERT INTO absence (id, resident_id, kind, valid_from, valid_to, told_by, entered_by, recorded_at)
    VALUES (%(id)s, %(resident)s, %(kind)s, %(start)s, %(end)s, %(told_by)s, %(by)s, %(now)s)
"""


def add(conn: Conn, away: Away, now: datetime) -> UUID:
    """Enter an absence; returns its id. Raises ValueError with the field and the fix where the times cannot be."""
    check(away.start, away.end, now)
    absence_id = new_id()
    terms = {
        "id": absence_id, "resident": away.resident_id, "kind": away.kind, "start": away.start, "end": away.end,
        "told_by": away.told_by, "by": away.by, "now": now,
    }  # fmt: skip
    conn.execute(ADD, terms)
    if away.start <= now:
        checkins.judge_now(conn, away.resident_id, now, now)  # nobody is asked any more
    return absence_id


END = """
    UPDATE absence SET ended_at = %(now)s, ended_by = %(by)s
     WHERE id = %(id)s AND resident_id = %(resident)s AND ended_at IS NULL AND valid_to > %(now)s
 RETURNING valid_from <= %(now)s
"""
BACK = """
    UPDATE absence SET ended_at = %(now)s, ended_by = %(by)s
     WHERE resident_id = %(resident)s AND ended_at IS NULL AND valid_from <= %(now)s AND valid_to > %(now)s
"""


def end(conn: Conn, resident_id: UUID, absence_id: UUID, by: UUID | None, now: datetime) -> bool:
    """The person is back, or does not go; False where this resident has no such absence that still goes on.

    Whoever is back is away by no other entry either: one that was forgotten would hide their silence.
    """
    terms = {"id": absence_id, "resident": resident_id, "by": by, "now": now}
    row = conn.execute(END, terms).fetchone()
    if row and row[0]:
        conn.execute(BACK, terms)
    return row is not None


VIEW = """
    SELECT a.id, a.resident_id, a.kind, a.valid_from, a.valid_to, a.told_by, enterer.username AS entered_by_name,
           a.recorded_at, a.ended_at, ender.username AS ended_by_name
      FROM absence a
      LEFT JOIN account enterer ON enterer.id = a.entered_by
      LEFT JOIN account ender ON ender.id = a.ended_by
     WHERE a.resident_id = %(resident)s
"""
SINCE = (
    VIEW
    + """
       AND a.valid_from < %(until)s
       AND least(a.valid_to, a.ended_at) > greatest(a.valid_from, %(since)s)
     ORDER BY a.valid_from
"""
)
CURRENT = (
    VIEW
    + """
       AND a.valid_from <= %(now)s AND least(a.valid_to, a.ended_at) > %(now)s
     ORDER BY least(a.valid_to, a.ended_at) DESC LIMIT 1
"""
)
ALL = VIEW + " ORDER BY a.valid_from DESC, a.id DESC LIMIT %(limit)s"


def _absence(kind: str, **columns: Any) -> Absence:
    return Absence(kind=AbsenceKind(kind), **columns)


def current(conn: Conn, resident_id: UUID, now: datetime) -> Absence | None:
    """The absence in which this resident is at `now`, of several the one that lasts longest; None: at home."""
    terms = {"resident": resident_id, "now": now}
    return conn.cursor(row_factory=kwargs_row(_absence)).execute(CURRENT, terms).fetchone()


def between(conn: Conn, resident_id: UUID, since: datetime, until: datetime) -> list[Absence]:
    """Every absence that touches this time, in order; withdrawn ones are none."""
    terms = {"resident": resident_id, "since": since, "until": until}
    return conn.cursor(row_factory=kwargs_row(_absence)).execute(SINCE, terms).fetchall()


TIMES = """
    SELECT resident_id, valid_from, least(valid_to, ended_at) FROM absence
     WHERE resident_id = ANY (%(residents)b) AND valid_from <= %(until)s
       AND least(valid_to, ended_at) > greatest(valid_from, %(since)s)
     ORDER BY valid_from
"""


def times(
    conn: Conn, residents: Sequence[UUID], since: datetime, until: datetime
) -> dict[UUID, list[tuple[datetime, datetime]]]:
    """From when until when each of these was away in this time; who was not is not in it."""
    found: dict[UUID, list[tuple[datetime, datetime]]] = {}
    for resident, start, end in conn.execute(TIMES, {"residents": list(residents), "since": since, "until": until}):
        found.setdefault(resident, []).append((start, end))
    return found


def of_resident(conn: Conn, resident_id: UUID, limit: int) -> list[Absence]:
    """A resident's absences, past, present and to come, the latest first."""
    terms = {"resident": resident_id, "limit": limit}
    return conn.cursor(row_factory=kwargs_row(_absence)).execute(ALL, terms).fetchall()
