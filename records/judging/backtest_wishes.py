"""Back-tests that somebody asked for on a page: rows that a worker claims, with how far it has got."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from care.in_force import Place
from care.rule import Value
from records.database import Conn
from records.ids import new_id

LEASE = timedelta(minutes=5)
"""A worker that has said nothing for so long is gone: another one begins anew (an assumption)."""
LONGEST = timedelta(days=400)
"""So far back readings are kept (the default retention)."""

ASK = """
    INSERT INTO backtest_wish (id, rule, area_id, values, enabled, since, until, asked_by, asked_at, due_at)
    VALUES (%(id)s, %(rule)s, %(area)s, %(values)s, %(enabled)s, %(since)s, %(now)s, %(by)s, %(now)s, %(now)s)
"""


def ask(
    conn: Conn, rule: str, area_id: int | None, values: Mapping[str, Value], enabled: bool | None, length: timedelta,
    by: UUID, now: datetime,
) -> UUID:  # fmt: skip
    """Have these limits tried on so much of the stored time, up to now; ValueError where that is too long."""
    if not timedelta(0) < length <= LONGEST:
        raise ValueError(f"days: more than 0 and at most {LONGEST.days}")
    made = new_id()
    terms = {
        "id": made, "rule": rule, "area": area_id, "values": Jsonb(dict(values)), "enabled": enabled,
        "since": now - length, "by": by, "now": now,
    }  # fmt: skip
    conn.execute(ASK, terms)
    return made


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants tried, as a worker has it."""

    id: UUID
    rule: str
    area_id: int | None
    resident_id: UUID | None
    values: dict[str, Any]
    enabled: bool | None
    since: datetime
    until: datetime
    asked_by: UUID

    @property
    def place(self) -> Place:
        """Where the limits would be set."""
        return Place(self.area_id, self.resident_id)


CLAIM = """
    UPDATE backtest_wish SET due_at = %(again)s, people = NULL, done = 0
     WHERE id = (SELECT id FROM backtest_wish WHERE due_at <= %(now)s
                  ORDER BY asked_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
 RETURNING id, rule, area_id, resident_id, values, enabled, since, until, asked_by
"""


def claim(conn: Conn, now: datetime) -> Wish | None:
    """The wish that has waited longest, ours until the lease ends; None where none waits."""
    terms = {"now": now, "again": now + LEASE}
    return conn.cursor(row_factory=class_row(Wish)).execute(CLAIM, terms).fetchone()


WAITS = "SELECT EXISTS (SELECT FROM backtest_wish WHERE due_at <= %s)"


def waits(conn: Conn, now: datetime) -> bool:
    """Whether there is something to do."""
    row = conn.execute(WAITS, (now,)).fetchone()
    return bool(row and row[0])


TELL = "UPDATE backtest_wish SET done = %s, people = %s, due_at = %s WHERE id = %s AND due_at IS NOT NULL"


def tell(conn: Conn, wish: UUID, done: int, people: int, now: datetime) -> None:
    """So many of so many have been judged again."""
    conn.execute(TELL, (done, people, now + LEASE, wish))


END = "UPDATE backtest_wish SET due_at = NULL, backtest_id = %s, problem = %s WHERE id = %s"


def end(conn: Conn, wish: UUID, backtest: UUID | None, problem: str | None = None) -> None:
    """It is done, or can't be."""
    conn.execute(END, (backtest, problem, wish))


@dataclass(frozen=True, slots=True)
class BackTest:
    """How far a back-test has got, and its result once it is there."""

    id: UUID
    rule: str
    area_id: int | None
    values: dict[str, Any]
    since: datetime
    until: datetime
    people: int | None
    """How many have to be judged again; None: not begun."""
    done: int
    over: bool
    problem: str | None
    """`untestable`: what is stored does not say when this rule would have rung; `failed`: see the log of alerts."""
    result: dict[str, Any] | None
    """As `care.backtests.compared` makes it: `before`, `after`, `confirmed` and the ids of those that are `missed`."""


VIEW = """
    SELECT w.id, w.rule, w.area_id, w.values, w.since, w.until, w.people, w.done, w.due_at IS NULL AS over, w.problem,
           b.result
      FROM backtest_wish w
      LEFT JOIN rule_backtest b ON b.id = w.backtest_id
     WHERE w.id = %s AND w.rule = %s
"""


def view(conn: Conn, wish: UUID, rule: str) -> BackTest | None:
    """This back-test; None where there is none."""
    return conn.cursor(row_factory=class_row(BackTest)).execute(VIEW, (wish, rule)).fetchone()
