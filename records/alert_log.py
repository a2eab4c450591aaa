"""What happened to an alert, line by line."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

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
