"""Orders of services as people see them: the work lists of an area, those of one resident, and each order's log."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from care.notices import LOCAL
from records import cursor
from records.database import Conn
from records.scope import EVERYTHING, IN_SCOPE, Scope


@dataclass(frozen=True, slots=True)
class ServiceOrder:
    """A service that was ordered for a resident, and how far it has got."""

    id: UUID
    resident_id: UUID
    resident_name: str = field(repr=False)
    address: str = field(repr=False)
    area_id: int
    area: str
    series_id: UUID
    weeks: int
    """How many orders were made at once; 1: it does not repeat."""
    service: str
    wished_from: datetime
    wished_to: datetime
    wish: str = field(repr=False)
    state: str
    ordered_at: datetime
    ordered_by_name: str | None
    """The account that entered it; None: the contact, by a link."""
    contact_id: UUID | None
    contact_name: str | None = field(repr=False)
    """For whom of the family, who hears of it."""
    accepted_by_name: str | None
    comes: str = field(repr=False)
    """Who comes, in words."""
    why: str = field(repr=False)
    """The reason or the result of its end."""
    due_at: datetime | None
    late: bool
    """Its next step should have been taken by now."""
    settled_at: datetime | None


VIEW = """
    SELECT o.id, o.resident_id, r.name AS resident_name, h.address, h.area_id, area.name AS area, o.series_id,
           (SELECT count(*)::integer FROM service_order s WHERE s.series_id = o.series_id) AS weeks,
           o.service, o.wished_from, o.wished_to, o.wish, o.state, o.ordered_at, orderer.username AS ordered_by_name,
           o.contact_id, contact.name AS contact_name, taker.username AS accepted_by_name, o.comes, o.why, o.due_at,
           coalesce(o.due_at < %(now)s, false) AS late, o.settled_at
      FROM service_order o
      JOIN resident r ON r.id = o.resident_id
      JOIN home h ON h.id = r.home_id
      JOIN area ON area.id = h.area_id
      LEFT JOIN account orderer ON orderer.id = o.ordered_by
      LEFT JOIN account taker ON taker.id = o.accepted_by
      LEFT JOIN contact ON contact.id = o.contact_id
"""
ONE = VIEW + " WHERE o.id = %(id)s AND " + IN_SCOPE


def order(conn: Conn, order_id: UUID, now: datetime, scope: Scope = EVERYTHING) -> ServiceOrder | None:
    """This order, or None where there is none in the scope."""
    terms = scope.terms() | {"id": order_id, "now": now}
    return conn.cursor(row_factory=class_row(ServiceOrder)).execute(ONE, terms).fetchone()


OF_RESIDENT = (
    VIEW
    + """
     WHERE o.resident_id = %(resident)s
     ORDER BY o.due_at IS NULL, CASE WHEN o.due_at IS NOT NULL THEN o.wished_from END, o.settled_at DESC, o.id
     LIMIT %(limit)s
"""
)


def of_resident(conn: Conn, resident_id: UUID, now: datetime, limit: int = 50) -> list[ServiceOrder]:
    """A resident's orders: those that are to come by their time, then those that are over, the latest first."""
    terms = {"resident": resident_id, "now": now, "limit": limit}
    return conn.cursor(row_factory=class_row(ServiceOrder)).execute(OF_RESIDENT, terms).fetchall()


class WorkList(StrEnum):
    """The work lists of those who serve; all but the last hold open orders only."""

    NEW = "new"
    """Not accepted yet."""
    TODAY = "today"
    """For today, or overdue."""
    LATE = "late"
    AHEAD = "ahead"
    """For the days after today."""
    OVER = "over"


# Whose next step has waited longest comes first; of those that are over what was settled last.
CONDITION = """
     WHERE (%(area)s::integer[] IS NULL OR h.area_id = ANY (%(area)s::integer[]))
       AND CASE %(which)s::text
           WHEN 'new' THEN o.due_at IS NOT NULL AND o.state = 'ordered'
           WHEN 'today' THEN o.due_at IS NOT NULL AND (o.wished_from < %(tomorrow)s OR o.due_at < %(now)s)
           WHEN 'late' THEN o.due_at < %(now)s
           WHEN 'ahead' THEN o.due_at IS NOT NULL AND o.wished_from >= %(tomorrow)s
           ELSE o.settled_at IS NOT NULL END
       AND (%(after)s::uuid IS NULL OR CASE WHEN %(which)s::text = 'over'
            THEN (o.settled_at, o.id) < (SELECT settled_at, id FROM service_order WHERE id = %(after)s::uuid)
            ELSE (o.due_at, o.wished_from, o.id) >
                 (SELECT due_at, wished_from, id FROM service_order WHERE id = %(after)s::uuid) END)
       AND """
OPEN = VIEW + CONDITION + IN_SCOPE + " ORDER BY o.due_at, o.wished_from, o.id LIMIT %(limit)s"
OVER = VIEW + CONDITION + IN_SCOPE + " ORDER BY o.settled_at DESC, o.id DESC LIMIT %(limit)s"


def listed(
    conn: Conn, scope: Scope, which: WorkList, now: datetime, limit: int, *, area: Sequence[int] | None = None,
    after: str | None = None,
) -> tuple[list[ServiceOrder], str | None]:  # fmt: skip
    """One of the work lists, and the cursor to go on with. Raises BadCursor."""
    terms = _terms(scope, now, area) | {
        "which": which, "after": cursor.read_id(after) if after else None, "limit": limit + 1,
    }  # fmt: skip
    statement = OVER if which is WorkList.OVER else OPEN
    found = conn.cursor(row_factory=class_row(ServiceOrder)).execute(statement, terms, prepare=False).fetchall()
    return found[:limit], cursor.written(found[limit - 1].id) if len(found) > limit else None


def _terms(scope: Scope, now: datetime, area: Sequence[int] | None) -> dict[str, Any]:
    midnight = datetime.combine(now.astimezone(LOCAL).date() + timedelta(days=1), time(), LOCAL)
    below = None if area is None else list(area)
    return scope.terms() | {"now": now, "tomorrow": midnight.astimezone(UTC), "area": below}


COUNTS = (
    """
    SELECT count(*) FILTER (WHERE o.state = 'ordered'),
           count(*) FILTER (WHERE o.wished_from < %(tomorrow)s OR o.due_at < %(now)s),
           count(*) FILTER (WHERE o.due_at < %(now)s),
           count(*) FILTER (WHERE o.wished_from >= %(tomorrow)s)
      FROM service_order o
      JOIN resident r ON r.id = o.resident_id
      JOIN home h ON h.id = r.home_id
     WHERE o.due_at IS NOT NULL AND (%(area)s::integer[] IS NULL OR h.area_id = ANY (%(area)s::integer[])) AND """
    + IN_SCOPE
)


def counts(conn: Conn, scope: Scope, now: datetime, *, area: Sequence[int] | None = None) -> dict[WorkList, int]:
    """How many open orders each work list holds."""
    row = conn.execute(COUNTS, _terms(scope, now, area), prepare=False).fetchone()
    return dict(zip((WorkList.NEW, WorkList.TODAY, WorkList.LATE, WorkList.AHEAD), row or (0, 0, 0, 0), strict=True))


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One thing that happened to an order; `by_name` None: the contact, by a link."""

    at: datetime
    step: str
    by_name: str | None
    why: str = field(repr=False)


LOG = """
    SELECT l.at, l.step, account.username AS by_name, l.why
      FROM service_order_log l
      LEFT JOIN account ON account.id = l.account_id
     WHERE l.order_id = %s
     ORDER BY l.id
"""


def log_of(conn: Conn, order_id: UUID) -> list[OrderLine]:
    """What happened to this order, the first thing first."""
    return conn.cursor(row_factory=class_row(OrderLine)).execute(LOG, (order_id,)).fetchall()
