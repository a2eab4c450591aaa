"""The check-ins of one day: how each stands, and how many stand so."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from care.checkins import State
from records import cursor
from records.database import Conn
from records.scope import IN_SCOPE, Scope


@dataclass(frozen=True, slots=True)
class Day:
    """Windows that open from `since` to before `until`, in these areas (None: all)."""

    since: datetime
    until: datetime
    area: list[int] | None = None

    def terms(self) -> dict[str, object]:
        """The parameters of a statement."""
        return {"since": self.since, "until": self.until, "area": self.area}


@dataclass(frozen=True, slots=True)
class Expected:
    """One sign of life that is expected; `evidence`: what showed that all is well, `why`: why it was excused."""

    id: UUID
    resident_id: UUID
    resident_name: str
    address: str
    area_id: int
    opens_at: datetime
    closes_at: datetime
    state: State
    tries: int
    contacts_told: int
    settled_at: datetime | None
    evidence: dict[str, Any] | None
    why: str
    alert_id: UUID | None


OF_DAY = (
    """
      FROM check_in c
      JOIN resident r ON r.id = c.resident_id
      JOIN home h ON h.id = r.home_id
     WHERE c.opens_at >= %(since)s AND c.opens_at < %(until)s
       AND (%(area)s::integer[] IS NULL OR h.area_id = ANY (%(area)s::integer[]))
       AND """
    + IN_SCOPE
)
LIST = (
    """
    SELECT c.id, c.resident_id, r.name AS resident_name, h.address, h.area_id, c.opens_at, c.closes_at, c.state,
           c.tries, c.contacts_told, c.settled_at, c.evidence, c.why, c.alert_id
    """
    + OF_DAY
    + """
       AND (%(state)s::text IS NULL OR c.state = %(state)s)
       AND (%(after)s::uuid IS NULL
            OR (c.opens_at, c.id) > (SELECT opens_at, id FROM check_in WHERE id = %(after)s::uuid))
     ORDER BY c.opens_at, c.id LIMIT %(limit)s
    """
)


def expected(
    conn: Conn, scope: Scope, day: Day, limit: int, *, state: State | None = None, after: str | None = None
) -> tuple[list[Expected], str | None]:
    """The check-ins of this day by their time, and the cursor to go on with. Raises BadCursor."""
    before = cursor.read_id(after) if after else None
    terms = scope.terms() | day.terms() | {"state": state, "after": before, "limit": limit + 1}
    rows = conn.cursor(row_factory=class_row(Expected)).execute(LIST, terms, prepare=False)
    found = [replace(one, state=State(one.state)) for one in rows]
    return found[:limit], cursor.written(found[limit - 1].id) if len(found) > limit else None


COUNT = "SELECT c.state, count(*)" + OF_DAY + " GROUP BY c.state"


def counts(conn: Conn, scope: Scope, day: Day) -> dict[State, int]:
    """How many of this day stand how; every state has its number."""
    rows = conn.execute(COUNT, scope.terms() | day.terms(), prepare=False)
    return dict.fromkeys(State, 0) | {State(state): int(number) for state, number in rows}
