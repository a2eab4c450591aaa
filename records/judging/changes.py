"""The numbered changes of all alerts, as the pages hear them, and where to begin listening."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from records.database import Conn
from records.judging.alerts import VIEW, AlertView, open_alerts
from records.scope import EVERYTHING, Scope


@dataclass(frozen=True, slots=True)
class Change:
    """One numbered change, with the alert as it was then."""

    number: int
    at: datetime
    kind: str
    alert: AlertView


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All open alerts as they were when change `number` was the last one."""

    number: int
    alerts: list[AlertView]


LAST_NUMBER = "SELECT number FROM change_counter"
OLDEST = "SELECT coalesce(min(number), 0) FROM change"
SOME = VIEW + " WHERE a.id = ANY (%s)"
SINCE = "SELECT number, at, kind, alert_id, facts FROM change WHERE number > %s ORDER BY number LIMIT %s"


def snapshot(conn: Conn, scope: Scope = EVERYTHING) -> Snapshot:
    """All open alerts and the number up to which they are true; call it first in its transaction."""
    conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    row = conn.execute(LAST_NUMBER).fetchone()
    return Snapshot(int(row[0]) if row else 0, open_alerts(conn, scope))


def oldest_change(conn: Conn) -> int:
    """The lowest number still kept; 0 where there is none."""
    row = conn.execute(OLDEST).fetchone()
    return int(row[0]) if row else 0


def last_change(conn: Conn) -> int:
    """The number of the newest change."""
    row = conn.execute(LAST_NUMBER).fetchone()
    return int(row[0]) if row else 0


def changes_since(conn: Conn, number: int, limit: int = 1000) -> list[Change]:
    """The changes after `number`, in order, each with the facts of its own moment and today's names."""
    rows = conn.execute(SINCE, (number, limit)).fetchall()
    if not rows:
        return []
    ids = list({row[3] for row in rows})
    views = {view.id: view for view in conn.cursor(row_factory=class_row(AlertView)).execute(SOME, (ids,))}
    return [
        Change(number_, at, kind, _as_it_was(views[alert_id], facts)) for number_, at, kind, alert_id, facts in rows
    ]


def _as_it_was(view: AlertView, facts: dict[str, Any]) -> AlertView:
    times = {
        name: datetime.fromisoformat(facts[name]) if facts[name] else None
        for name in ("last_at", "answered_at", "closed_at")
    }
    then: dict[str, Any] = facts | times
    if facts["answered_at"] is None:
        then["answered_by_name"] = None
    if facts["closed_at"] is None:
        then["closed_by_name"] = None
    return replace(view, **then)
