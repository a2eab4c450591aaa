"""Signals: the few of all messages that may matter, claimed and judged by alerts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import sql

from care.limits import Sample
from care.metrics import METRICS
from records.database import Conn


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal, and whom its device watches over."""

    id: int
    rule: str
    device_id: int
    time: datetime
    received_at: datetime
    evidence: dict[str, Any]
    resident_id: UUID | None
    home_id: UUID | None


# Claimed for as long as the transaction lasts; another worker passes over them. A device belongs to whom it belonged
# when it happened. Where that was nobody, to whom it belonged when we heard of it: a clock that is a minute slow on
# the day of installation must not make a fall nobody's.
CLAIM = """
    WITH mine AS (
        SELECT * FROM signal
         WHERE handled_at IS NULL AND (retry_at IS NULL OR retry_at <= %(now)s)
         ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    SELECT mine.id, mine.rule, mine.device_id, mine.time, mine.received_at, mine.evidence, resident.id, resident.home_id
      FROM mine
      LEFT JOIN LATERAL (
           SELECT resident_id
             FROM (VALUES (1, mine.time), (2, mine.received_at)) AS at (preference, moment)
             JOIN binding b ON b.device_id = mine.device_id
                           AND b.valid_from <= at.moment AND (b.valid_to IS NULL OR b.valid_to > at.moment)
            ORDER BY preference, recorded_at DESC LIMIT 1
           ) AS watched ON true
      LEFT JOIN resident ON resident.id = watched.resident_id
     ORDER BY mine.id
"""


def claim(conn: Conn, limit: int, now: datetime) -> list[Signal]:
    """The oldest waiting signals; ours alone until the transaction ends."""
    return [Signal(*row) for row in conn.execute(CLAIM, {"limit": limit, "now": now})]


HANDLED = "UPDATE signal SET handled_at = %s WHERE id = ANY (%s)"


def handled(conn: Conn, ids: Sequence[int], now: datetime) -> None:
    """These have been judged."""
    conn.execute(HANDLED, (now, list(ids)))


MOST_WAIT = timedelta(hours=1)
"""So long at most a signal that can't be judged waits for its next try (an assumption)."""

PUT_ASIDE = """
    UPDATE signal
       SET tries = tries + 1, retry_at = %(now)s + least(%(most)s, interval '1 minute' * (1 << least(tries, 10)))
     WHERE id = ANY (%(ids)s)
"""
ASIDE = "SELECT count(*) FROM signal WHERE handled_at IS NULL AND retry_at IS NOT NULL"


def put_aside(conn: Conn, ids: Sequence[int], now: datetime) -> None:
    """These could neither be judged nor ring: again in a minute, then after twice as long each time, up to an hour."""
    conn.execute(PUT_ASIDE, {"ids": list(ids), "now": now, "most": MOST_WAIT})


def aside(conn: Conn) -> int:
    """How many signals have been tried in vain and wait for another try."""
    row = conn.execute(ASIDE).fetchone()
    return int(row[0]) if row else 0


SAID_SINCE = """
    SELECT FROM event
     WHERE device_id = %(device)s AND time >= %(since)s AND name = %(name)s
       AND (data ->> 'test' IS NOT DISTINCT FROM 'true') = %(drill)s
     LIMIT 1
"""


def said_since(conn: Conn, device_id: int, name: str, since: datetime, *, drill: bool) -> bool:
    """Whether this device has said so then or later, by its own time, whenever that arrived."""
    terms = {"device": device_id, "name": name, "since": since, "drill": drill}
    return conn.execute(SAID_SINCE, terms).fetchone() is not None


CLOSED_SINCE = "SELECT FROM alert WHERE closed_at > %s AND subject = %s AND rule = %s LIMIT 1"


def closed_since(conn: Conn, subject: str, rule: str, since: datetime) -> bool:
    """Whether somebody has closed an alert of this rule about this subject later than that."""
    return conn.execute(CLOSED_SINCE, (since, subject, rule)).fetchone() is not None


WINDOW = sql.SQL("""
    SELECT time, {metric} FROM observation
     WHERE device_id = %s AND time >= %s AND time <= %s AND {metric} IS NOT NULL
     ORDER BY time
""")


def window(conn: Conn, device_id: int, metric: str, since: datetime, until: datetime) -> list[Sample]:
    """What this device stored of this metric from `since` to `until`, both included."""
    if metric not in METRICS:
        raise ValueError(f"metric {metric}: not in the catalogue")
    query = WINDOW.format(metric=sql.Identifier(metric))
    return [Sample(*row) for row in conn.execute(query, (device_id, since, until))]


@dataclass(frozen=True, slots=True)
class Active:
    """An open alert of a device's readings whose condition is not known to have gone."""

    subject: str
    rule: str
    device_id: int
    evidence: dict[str, Any]


ACTIVE = """
    SELECT subject, rule, device_id, evidence FROM alert
     WHERE rule = ANY (%s) AND active AND phase <> 'closed' AND device_id IS NOT NULL AND evidence ? 'metric'
     ORDER BY opened_at
       FOR NO KEY UPDATE SKIP LOCKED
"""


def active(conn: Conn, rules: Sequence[str]) -> list[Active]:
    """The active alerts of these rules, the oldest first, but for those that somebody is just changing."""
    return [Active(*row) for row in conn.execute(ACTIVE, (list(rules),))]
