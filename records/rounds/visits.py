"""The ledger of visits: who was visited when, how and with what proof, and who has still to be."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from records import cursor
from records.database import Conn
from records.ids import new_id
from records.scope import IN_SCOPE, Scope

ASK = """
    INSERT INTO visit_task (id, resident_id, why, asked_at, by_when)
    VALUES (%(id)s, %(resident)s, %(why)s, %(now)s, %(by_when)s)
    ON CONFLICT (resident_id, why) WHERE state = 'open'
       DO UPDATE SET by_when = least(visit_task.by_when, excluded.by_when)
 RETURNING id
"""


def ask_for_visit(conn: Conn, resident_id: UUID, why: str, by_when: datetime, now: datetime) -> UUID:
    """Somebody is to go there until `by_when`; returns the task's id.

    `why`: one of care.visits.Why or a word of one's own. While a task is open for this resident and reason, it is that
    one, due by the earlier of both times.
    """
    terms = {"id": new_id(), "resident": resident_id, "why": why, "now": now, "by_when": by_when}
    row = conn.execute(ASK, terms).fetchone()
    assert row is not None  # noqa: S101 - RETURNING of an upsert always has a row
    return UUID(str(row[0]))


NO_LONGER = """
    UPDATE visit_task SET state = 'not_needed', settled_at = %(now)s
     WHERE resident_id = %(resident)s AND why = %(why)s AND state = 'open'
"""


def no_longer_needed(conn: Conn, resident_id: UUID, why: str, now: datetime) -> bool:
    """The reason for this visit is gone; False where none was open."""
    return conn.execute(NO_LONGER, {"resident": resident_id, "why": why, "now": now}).rowcount > 0


@dataclass(frozen=True, slots=True)
class Task:
    """A visit that somebody has to make; `overdue`: its time has passed."""

    id: UUID
    resident_id: UUID
    resident_name: str
    address: str
    area_id: int
    why: str
    asked_at: datetime
    by_when: datetime
    overdue: bool


OPEN = (
    """
    SELECT t.id, t.resident_id, r.name AS resident_name, h.address, h.area_id, t.why, t.asked_at, t.by_when,
           t.by_when < %(now)s AS overdue
      FROM visit_task t
      JOIN resident r ON r.id = t.resident_id
      JOIN home h ON h.id = r.home_id
     WHERE t.state = 'open' AND (%(area)s::integer[] IS NULL OR h.area_id = ANY (%(area)s::integer[]))
       AND (%(after)s::uuid IS NULL
            OR (t.by_when, t.id) > (SELECT by_when, id FROM visit_task WHERE id = %(after)s::uuid))
       AND """
    + IN_SCOPE
    + " ORDER BY t.by_when, t.id LIMIT %(limit)s"
)


def open_tasks(
    conn: Conn, scope: Scope, now: datetime, limit: int, *, area: list[int] | None = None, after: str | None = None
) -> tuple[list[Task], str | None]:
    """The visits to be made, the most urgent first, and the cursor to go on with. Raises BadCursor."""
    before = cursor.read_id(after) if after else None
    terms = scope.terms() | {"now": now, "area": area, "after": before, "limit": limit + 1}
    found = conn.cursor(row_factory=class_row(Task)).execute(OPEN, terms, prepare=False).fetchall()
    return found[:limit], cursor.written(found[limit - 1].id) if len(found) > limit else None
