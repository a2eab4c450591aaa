"""The proof of life: an SOS of a virtual device per county, and when it had passed each stage."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from care.devices import OWN_VENDOR
from records.database import Conn
from records.ids import new_id

COUNTIES = "SELECT id, coalesce(code, id::text) FROM area WHERE level = 'county' ORDER BY code, id"


def counties(conn: Conn) -> list[tuple[int, str]]:
    """The id and code of each county."""
    return [(row[0], row[1]) for row in conn.execute(COUNTIES)]


SENT = "INSERT INTO canary (id, area_id, sent_at) VALUES (%s, %s, %s)"


def sent(conn: Conn, canary_id: UUID, area_id: int, now: datetime) -> None:
    """It is on its way."""
    conn.execute(SENT, (canary_id, area_id, now))


JUDGED = """
    UPDATE canary SET received_at = %(received)s, judged_at = %(now)s
     WHERE id = %(id)s AND judged_at IS NULL RETURNING area_id
"""
PUT = """
    INSERT INTO notice (id, canary_id, about, recipient, priority, made_at, due_at)
    VALUES (%(id)s, %(canary)s, 'canary', %(recipient)s, 'high', %(now)s, %(now)s)
    ON CONFLICT DO NOTHING
"""


def judged(conn: Conn, canary_id: UUID, received_at: datetime, now: datetime) -> bool:
    """Alerts has judged it, and it is to be told. False where there is no such canary, or it was judged before."""
    row = conn.execute(JUDGED, {"id": canary_id, "received": received_at, "now": now}).fetchone()
    if row is None:
        return False
    terms = {"id": new_id(), "canary": canary_id, "recipient": f"canary:{row[0]}", "now": now}
    conn.execute(PUT, terms)
    return True


TOLD = "UPDATE canary SET told_at = %s WHERE id = %s AND told_at IS NULL"


def told(conn: Conn, canary_id: UUID, now: datetime) -> None:
    """Notification has told it: it has arrived."""
    conn.execute(TOLD, (now, canary_id))


@dataclass(frozen=True, slots=True)
class Overdue:
    """A county whose canary has not arrived for too long, and the stage that it did not get to."""

    area_id: int
    code: str
    stage: str
    sent_at: datetime


# The oldest that has not arrived since the last that did tells which stage it waits for.
OVERDUE = """
    SELECT a.id AS area_id, coalesce(a.code, a.id::text) AS code,
           CASE WHEN c.received_at IS NULL THEN 'ingest or alerts' ELSE 'notification' END AS stage, c.sent_at
      FROM area a
      JOIN LATERAL (
           SELECT received_at, sent_at FROM canary
            WHERE area_id = a.id AND told_at IS NULL AND sent_at >= %(since)s
              AND sent_at > coalesce((SELECT max(sent_at) FROM canary
                                       WHERE area_id = a.id AND told_at IS NOT NULL AND sent_at >= %(since)s),
                                     '-infinity')
            ORDER BY sent_at LIMIT 1
           ) AS c ON true
     WHERE a.level = 'county' AND c.sent_at <= %(now)s - %(late)s::interval
     ORDER BY code
"""


def overdue(conn: Conn, late: timedelta, since: datetime, now: datetime) -> list[Overdue]:
    """The counties whose canary, sent after `since`, has not arrived within `late`."""
    terms = {"late": late, "since": since, "now": now}
    return conn.cursor(row_factory=class_row(Overdue)).execute(OVERDUE, terms).fetchall()


ARRIVED = """
    SELECT count(*) FROM area a
     WHERE a.level = 'county'
       AND NOT EXISTS (SELECT FROM canary WHERE area_id = a.id AND told_at IS NOT NULL AND sent_at >= %s)
"""


def all_arrived(conn: Conn, since: datetime) -> bool:
    """Whether a canary of every county, sent after `since`, has arrived."""
    return conn.execute(ARRIVED, (since,)).fetchone() == (0,)


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Seconds from one stage to the next of the canaries since a time: the median and the worst."""

    canaries: int
    arrived: int
    ingest_p50: float | None
    ingest_max: float | None
    alerts_p50: float | None
    alerts_max: float | None
    notify_p50: float | None
    notify_max: float | None


STAGES = """
    WITH stage AS (
        SELECT told_at, extract(epoch FROM received_at - sent_at)::float8 AS ingest,
               extract(epoch FROM judged_at - received_at)::float8 AS alerts,
               extract(epoch FROM told_at - judged_at)::float8 AS notify
          FROM canary WHERE sent_at >= %s
    )
    SELECT count(*) AS canaries, count(told_at) AS arrived,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY ingest) AS ingest_p50, max(ingest) AS ingest_max,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY alerts) AS alerts_p50, max(alerts) AS alerts_max,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY notify) AS notify_p50, max(notify) AS notify_max
      FROM stage
"""


def stage_times(conn: Conn, since: datetime) -> StageTimes:
    """How long the stages took of the canaries sent since then."""
    found = conn.cursor(row_factory=class_row(StageTimes)).execute(STAGES, (since,)).fetchone()
    assert found is not None  # noqa: S101 - a count always has a row
    return found


FORGET = "DELETE FROM canary WHERE sent_at < %s"
FORGET_EVENTS = "DELETE FROM event WHERE device_id IN (SELECT id FROM device WHERE vendor = %s) AND time < %s"
KEPT = timedelta(days=30)
"""How long the stage times are kept (an assumption)."""


def forget_old(conn: Conn, now: datetime) -> int:
    """Delete the canaries older than KEPT, their events and what was told of them; returns how many rows of both."""
    events = conn.execute(FORGET_EVENTS, (OWN_VENDOR, now - KEPT)).rowcount
    return events + conn.execute(FORGET, (now - KEPT,)).rowcount
