"""The check-ins of one day, or of one resident: how each stands, and how many stand so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row

from care.checkins import State
from records import cursor
from records.database import Conn
from records.scope import IN_SCOPE, Scope


@dataclass(frozen=True, slots=True)
class Day:
    """Windows that open from `since` to before `until`, in these areas (None: all).

    `carried`: with those of the day before of which somebody still has to hear, so that midnight hides nobody.
    """

    since: datetime
    until: datetime
    area: list[int] | None = None
    carried: bool = False

    def terms(self) -> dict[str, object]:
        """The parameters of a statement."""
        first = self.since - timedelta(days=1) if self.carried else self.since
        return {"first": first, "since": self.since, "until": self.until, "area": self.area}


@dataclass(frozen=True, slots=True)
class Expected:
    """One sign of life that is expected; `evidence`: what showed that all is well, `why`: why it was excused.

    `due_at`: when the next step follows. `attempts`: how often somebody tried to reach them since the window opened and
    did not, the last time at `attempted_at`.
    """

    id: UUID
    resident_id: UUID
    resident_name: str
    address: str
    area_id: int
    opens_at: datetime
    closes_at: datetime
    due_at: datetime | None
    state: State
    tries: int
    contacts_told: int
    attempts: int
    attempted_at: datetime | None
    settled_at: datetime | None
    evidence: dict[str, Any] | None
    why: str
    alert_id: UUID | None


OF_DAY = (
    """
      FROM check_in c
      JOIN resident r ON r.id = c.resident_id
      JOIN home h ON h.id = r.home_id
     WHERE c.opens_at >= %(first)s AND c.opens_at < %(until)s
       AND (c.opens_at >= %(since)s OR c.due_at IS NOT NULL)
       AND (%(area)s::integer[] IS NULL OR h.area_id = ANY (%(area)s::integer[]))
       AND """
    + IN_SCOPE
)
# The page is found first: nothing is looked up for check-ins that aren't on it.
_SHOWN = """
    SELECT c.id, c.resident_id, r.name AS resident_name, h.address, h.area_id, c.opens_at, c.closes_at, c.due_at,
           c.state, c.tries, c.contacts_told, attempt.count AS attempts, attempt.last AS attempted_at, c.settled_at,
           c.evidence, c.why, c.alert_id
      FROM page
      JOIN check_in c ON c.id = page.id
      JOIN resident r ON r.id = c.resident_id
      JOIN home h ON h.id = r.home_id
     CROSS JOIN LATERAL (
           SELECT count(*), max(v.at) AS last
             FROM visit v
            WHERE v.resident_id = c.resident_id AND NOT v.reached AND v.at >= c.opens_at
              AND v.at < coalesce(c.settled_at, 'infinity')) AS attempt
"""
LIST = (
    "WITH page AS MATERIALIZED (SELECT c.id"
    + OF_DAY
    + """
       AND (%(states)s::text[] IS NULL OR c.state = ANY (%(states)s))
       AND (%(after)s::uuid IS NULL
            OR (c.opens_at, c.id) > (SELECT opens_at, id FROM check_in WHERE id = %(after)s::uuid))
     ORDER BY c.opens_at, c.id LIMIT %(limit)s)
    """
    + _SHOWN
    + " ORDER BY c.opens_at, c.id"
)
OF_RESIDENT = (
    """
    WITH page AS MATERIALIZED (
         SELECT id FROM check_in
          WHERE resident_id = %(resident)s AND opens_at >= %(since)s AND opens_at < %(until)s
          ORDER BY opens_at DESC, id LIMIT %(limit)s
    )
    """
    + _SHOWN
    + " ORDER BY c.opens_at DESC, c.id"
)


def expected(
    conn: Conn, scope: Scope, day: Day, limit: int, *, states: Sequence[State] = (), after: str | None = None
) -> tuple[list[Expected], str | None]:
    """The check-ins of this day by their time, and the cursor to go on with; `states`: only those that stand so.

    Raises BadCursor.
    """
    before = cursor.read_id(after) if after else None
    terms = scope.terms() | day.terms() | {"states": list(states) or None, "after": before, "limit": limit + 1}
    found = _read(conn, LIST, terms)
    return found[:limit], cursor.written(found[limit - 1].id) if len(found) > limit else None


def of_resident(conn: Conn, resident_id: UUID, since: datetime, until: datetime, limit: int) -> list[Expected]:
    """The check-ins of this resident whose windows open in this time, the latest first."""
    return _read(conn, OF_RESIDENT, {"resident": resident_id, "since": since, "until": until, "limit": limit})


def _read(conn: Conn, statement: LiteralString, terms: Mapping[str, object]) -> list[Expected]:
    rows = conn.cursor(row_factory=class_row(Expected)).execute(statement, terms, prepare=False)
    return [replace(one, state=State(one.state)) for one in rows]


COUNT = "SELECT c.state, count(*)" + OF_DAY + " GROUP BY c.state"


def counts(conn: Conn, scope: Scope, day: Day) -> dict[State, int]:
    """How many of this day stand how; every state has its number."""
    rows = conn.execute(COUNT, scope.terms() | day.terms(), prepare=False)
    return dict.fromkeys(State, 0) | {State(state): int(number) for state, number in rows}
