"""What happened to alerts since somebody last did something: read from their logs, so that nothing is missed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from records.database import Conn
from records.judging.alerts import VIEW, AlertView
from records.scope import ALERT_IN_SCOPE, Scope

MOST_LINES = 2000


@dataclass(frozen=True, slots=True)
class Done:
    """One line of an alert's log; `by_name` None where the platform did it."""

    alert_id: UUID
    at: datetime
    kind: str
    by_name: str | None
    detail: dict[str, Any]


LAST = """
    SELECT greatest((SELECT max(at) FROM alert_log WHERE account_id = %(account)s),
                    (SELECT max(started_at) FROM sitting WHERE account_id = %(account)s))
"""


def last_act(conn: Conn, account_id: UUID) -> datetime | None:
    """When this account last did something to an alert, or sat down; None where it never has."""
    row = conn.execute(LAST, {"account": account_id}).fetchone()
    return row[0] if row else None


# The newest lines first: where there are too many, the oldest are left out, and that is said.
LINES = (
    """
    SELECT l.alert_id, l.at, l.kind, account.username AS by_name, l.detail
      FROM alert_log l
      JOIN alert a ON a.id = l.alert_id AND NOT a.canary
      LEFT JOIN resident r ON r.id = a.resident_id
      LEFT JOIN home h ON h.id = a.home_id
      LEFT JOIN account ON account.id = l.account_id
     WHERE l.at > %(since)s AND l.at <= %(until)s AND l.account_id IS DISTINCT FROM %(account)s AND """
    + ALERT_IN_SCOPE
    + """
     ORDER BY l.id DESC
     LIMIT %(limit)s
"""
)
ALERTS = VIEW + " WHERE a.id = ANY (%(ids)s)"


@dataclass(frozen=True, slots=True)
class Missed:
    """What others and the platform did, the earliest first, and the alerts as they are now; `cut`: there was more."""

    lines: list[Done]
    alerts: list[AlertView]
    cut: bool


def since(conn: Conn, account_id: UUID, start: datetime, until: datetime, scope: Scope) -> Missed:
    """Everything that happened to alerts from `start` to `until`, without what this account did itself."""
    terms = scope.terms() | {"since": start, "until": until, "account": account_id, "limit": MOST_LINES + 1}
    lines = conn.cursor(row_factory=class_row(Done)).execute(LINES, terms).fetchall()
    shown = lines[:MOST_LINES][::-1]
    ids = list({line.alert_id for line in shown})
    found = conn.cursor(row_factory=class_row(AlertView)).execute(ALERTS, {"ids": ids}).fetchall()
    return Missed(shown, found, len(lines) > MOST_LINES)
