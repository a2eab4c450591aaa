"""What happened to an alert: line by line for whoever asks, and numbered for the pages that listen."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from records.database import Conn


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened; `by_name` None where the platform did it."""

    at: datetime
    kind: str
    by_name: str | None
    detail: dict[str, Any]


OF_ALERT = """
    SELECT l.at, l.kind, account.username AS by_name, l.detail
      FROM alert_log l
      LEFT JOIN account ON account.id = l.account_id
     WHERE l.alert_id = %s
     ORDER BY l.id
"""


def of_alert(conn: Conn, alert_id: UUID) -> list[Line]:
    """The whole log of this alert, the first line first."""
    return conn.cursor(row_factory=class_row(Line)).execute(OF_ALERT, (alert_id,)).fetchall()


LOG = """
    INSERT INTO alert_log (alert_id, at, kind, account_id, signal_id, detail) VALUES (%s, %s, %s, %s, %s, %s)
"""


def log_line(
    conn: Conn,
    alert_id: UUID,
    at: datetime,
    kind: str,
    *,
    account_id: UUID | None = None,
    signal_id: int | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """One line of the alert's log: what happened to it, and who did it where a person did."""
    conn.execute(LOG, (alert_id, at, kind, account_id, signal_id, Jsonb(detail or {})))


# It gets its number when the transaction commits (migration 0016): numbers are in the order of commit, without gaps,
# and whoever holds the one counter waits for nothing else.
CHANGE = """
    INSERT INTO change_unnumbered (kind, alert_id, facts)
    SELECT %(kind)s, alert.id,
           jsonb_build_object('phase', phase, 'active', active, 'occurrences', occurrences, 'last_at', last_at,
                              'answered_at', answered_at, 'closed_at', closed_at, 'outcome', outcome)
      FROM alert
     WHERE alert.id = %(alert)s
"""


def record_change(conn: Conn, alert_id: UUID, kind: str) -> None:
    """Number this change and tell the dashboards of it when the transaction commits."""
    conn.execute(CHANGE, {"kind": kind, "alert": alert_id})
