"""The exceptions: which alerts missed a target, and why."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from records.counting.figures_response import DONE_BY, TRIPS, WAITS
from records.counting.figures_terms import CHOSEN, Wanted
from records.database import Conn


@dataclass(frozen=True, slots=True)
class Miss:
    """A target that was missed, and why; `took_s` None: it has not happened yet, or never did."""

    alert_id: UUID
    target: str
    """answered, door or technical."""
    rule: str
    priority: str
    since: datetime
    took_s: int | None
    nobody_on_duty: bool
    """The platform noted that nobody of a level was on duty."""
    reason: str | None
    reason_by: str | None


MISSES = (
    CHOSEN
    + WAITS
    + TRIPS
    + DONE_BY
    + """
    , miss AS (
        SELECT id, 'answered' AS target, since, took
          FROM wait WHERE first AND (took > '60 s' OR took IS NULL AND waited > '60 s')
         UNION ALL
        SELECT DISTINCT ON (id) id, 'door', since, took
          FROM (SELECT * FROM trip
                 WHERE took > '45 min' OR took IS NULL AND waited > '45 min' ORDER BY id, since) AS late
         UNION ALL
        SELECT id, 'technical', opened_at, closed_at - opened_at
          FROM fault WHERE closed_at >= by_when OR closed_at IS NULL AND by_when <= %(now)s
    )
    SELECT miss.id AS alert_id, miss.target, c.rule, c.priority, miss.since,
           extract(epoch FROM miss.took)::bigint AS took_s,
           EXISTS (SELECT FROM alert_log l WHERE l.alert_id = miss.id AND l.kind = 'nobody_on_duty') AS nobody_on_duty,
           m.reason, account.username AS reason_by
      FROM miss
      JOIN chosen c ON c.id = miss.id
      LEFT JOIN miss_reason m ON m.alert_id = miss.id AND m.target = miss.target
      LEFT JOIN account ON account.id = m.account_id
     WHERE NOT (%(without)s AND m.reason IS NOT NULL)
     ORDER BY miss.since DESC, miss.id, miss.target
     LIMIT %(limit)s OFFSET %(offset)s
    """
)


def misses(conn: Conn, wanted: Wanted, limit: int, *, offset: int = 0, without_reason: bool = False) -> list[Miss]:
    """The targets that were missed, the latest first: the exceptions, each with its reason where one was given."""
    terms = wanted.terms() | {"limit": limit, "offset": offset, "without": without_reason}
    return conn.cursor(row_factory=class_row(Miss)).execute(MISSES, terms, prepare=False).fetchall()


GIVE_REASON = """
    INSERT INTO miss_reason (alert_id, target, reason, account_id, at)
    VALUES (%(alert)s, %(target)s, %(reason)s, %(by)s, %(now)s)
    ON CONFLICT (alert_id, target)
       DO UPDATE SET reason = excluded.reason, account_id = excluded.account_id, at = excluded.at
"""


def give_reason(conn: Conn, alert_id: UUID, target: str, reason: str, by: UUID, now: datetime) -> None:
    """Say why this alert missed its target (answered, door or technical); a later reason replaces the first."""
    terms = {"alert": alert_id, "target": target, "reason": reason, "by": by, "now": now}
    conn.execute(GIVE_REASON, terms)
