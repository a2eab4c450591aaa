"""What a replay asks of the records: an alert as it was opened, the signal and event that it rests on, and what was
stored then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row

from care.limits import Sample
from care.metrics import METRICS
from records.database import Conn
from records.judging.signals import Signal


@dataclass(frozen=True, slots=True)
class OpenedAlert:
    """An alert as it was when it opened; `signal_id` None where nothing was said that it rests on."""

    id: UUID
    rule: str
    rule_version: int
    alert_class: str
    priority: str
    subject: str
    resident_id: UUID | None
    device_id: int | None
    latched: bool
    drill: bool
    delayed: bool
    unclaimed: bool
    happened_at: datetime
    opened_at: datetime
    evidence: dict[str, Any]
    coverage: dict[str, Any] | None
    signal_id: int | None


OPENED = """
    SELECT a.id, a.rule, a.rule_version, a.class AS alert_class, a.priority, a.subject, a.resident_id, a.device_id,
           a.latched, a.drill, a.delayed, a.unclaimed, a.happened_at, a.opened_at, a.evidence, a.coverage,
           (SELECT l.signal_id FROM alert_log l WHERE l.alert_id = a.id AND l.kind = 'opened' ORDER BY l.id LIMIT 1)
               AS signal_id
      FROM alert a
     WHERE a.id = %s
"""


def opened(conn: Conn, alert_id: UUID) -> OpenedAlert | None:
    """This alert as it was opened; None where there is none."""
    return conn.cursor(row_factory=class_row(OpenedAlert)).execute(OPENED, (alert_id,)).fetchone()


SIGNAL = """
    SELECT s.id, s.rule, s.device_id, s.time, s.received_at, s.evidence, resident.id AS resident_id, resident.home_id
      FROM signal s
      LEFT JOIN LATERAL (
           SELECT resident_id
             FROM (VALUES (1, s.time), (2, s.received_at)) AS at (preference, moment)
             JOIN binding b ON b.device_id = s.device_id
                           AND b.valid_from <= at.moment AND (b.valid_to IS NULL OR b.valid_to > at.moment)
            ORDER BY preference, recorded_at DESC LIMIT 1
           ) AS watched ON true
      LEFT JOIN resident ON resident.id = watched.resident_id
     WHERE s.id = %s
"""


def signal(conn: Conn, signal_id: int) -> Signal | None:
    """This signal, and whom its device watched over; None where it is no longer kept."""
    return conn.cursor(row_factory=class_row(Signal)).execute(SIGNAL, (signal_id,)).fetchone()


EVENT = "SELECT name FROM event WHERE device_id = %s AND id = %s AND time = %s AND received_at <= %s"


def event_name(conn: Conn, device_id: int, event_id: str, time: datetime, known_at: datetime) -> str | None:
    """What this device reported then; None where it is not stored."""
    row = conn.execute(EVENT, (device_id, event_id, time, known_at)).fetchone()
    return row[0] if row else None


WINDOW = sql.SQL("""
    SELECT time, {metric} FROM observation
     WHERE device_id = %s AND time >= %s AND time <= %s AND {metric} IS NOT NULL AND received_at <= %s
     ORDER BY time
""")


def window(
    conn: Conn, device_id: int, metric: str, since: datetime, until: datetime, known_at: datetime
) -> list[Sample]:
    """What was known then of what this device measured from `since` to `until`, both included."""
    if metric not in METRICS:
        raise ValueError(f"metric {metric}: not in the catalogue")
    query = WINDOW.format(metric=sql.Identifier(metric))
    return [Sample(*row) for row in conn.execute(query, (device_id, since, until, known_at))]


SPOKE = """
    SELECT d.id FROM device d
     WHERE d.id = ANY (%(devices)s)
       AND (EXISTS (SELECT FROM observation o WHERE o.device_id = d.id AND o.time > %(since)s AND o.time <= %(until)s
                                                AND o.received_at <= %(until)s)
            OR EXISTS (SELECT FROM event e WHERE e.device_id = d.id AND e.time > %(since)s AND e.time <= %(until)s
                                             AND e.received_at <= %(until)s))
     ORDER BY d.id
"""


def spoke(conn: Conn, devices: Sequence[int], since: datetime, until: datetime) -> list[int]:
    """Which of these devices were heard after `since` and up to `until`, as far as their words are kept."""
    terms = {"devices": list(devices), "since": since, "until": until}
    return [row[0] for row in conn.execute(SPOKE, terms)]


ONLY_LATER = """
    SELECT min(o.received_at) > %(known_at)s
      FROM unnest(%(devices)s::integer[]) AS source (device_id)
      JOIN observation o ON o.device_id = source.device_id AND o.time > %(since)s AND o.time <= %(until)s
"""


def only_later(conn: Conn, devices: Sequence[int], since: datetime, until: datetime, known_at: datetime) -> bool:
    """Whether these devices said something in that time, and all of it was received after `known_at`."""
    terms = {"devices": list(devices), "since": since, "until": until, "known_at": known_at}
    row = conn.execute(ONLY_LATER, terms).fetchone()
    return bool(row and row[0])


IDS = "SELECT id FROM device WHERE vendor || '/' || name = ANY (%s) ORDER BY id"


def ids_of(conn: Conn, names: Sequence[str]) -> list[int]:
    """The devices of these names, written as vendor/name."""
    return [row[0] for row in conn.execute(IDS, (list(names),))]


DEVICE = "SELECT kind, expected_interval FROM device WHERE id = %s"


def kind_of(conn: Conn, device_id: int) -> tuple[str, timedelta | None] | None:
    """A device's kind, and the interval that it is registered with."""
    row = conn.execute(DEVICE, (device_id,)).fetchone()
    return (row[0], row[1]) if row else None


LOOKED = """
    SELECT max(closed_at) FROM alert
     WHERE resident_id = %(resident)s AND rule = %(rule)s AND NOT drill
       AND opened_at > %(since)s AND closed_at < %(until)s
"""


def looked(conn: Conn, resident_id: UUID, rule: str, since: datetime, until: datetime) -> datetime | None:
    """When somebody had closed an earlier alert of this rule that was about the same quiet."""
    terms = {"resident": resident_id, "rule": rule, "since": since, "until": until}
    row = conn.execute(LOOKED, terms).fetchone()
    return row[0] if row else None


@dataclass(frozen=True, slots=True)
class ExpectedCheckIn:
    """A check-in as it stood before the centre was asked."""

    id: UUID
    opens_at: datetime
    closes_at: datetime
    grace: timedelta | None
    state: str


CHECK_IN = """
    SELECT c.id, c.opens_at, c.closes_at, c.grace,
           coalesce((SELECT l.kind FROM check_in_log l
                      WHERE l.check_in_id = c.id AND l.kind <> 'missed' AND l.at <= %(at)s
                      ORDER BY l.id DESC LIMIT 1), 'late') AS state
      FROM check_in c
     WHERE c.id = %(id)s
"""


def check_in(conn: Conn, check_in_id: UUID, at: datetime) -> ExpectedCheckIn | None:
    """This check-in as it stood at that time, before it was missed; None where it is no longer kept."""
    terms = {"id": check_in_id, "at": at}
    return conn.cursor(row_factory=class_row(ExpectedCheckIn)).execute(CHECK_IN, terms).fetchone()


LATE_CANARIES = """
    SELECT count(*) FROM canary c JOIN area a ON a.id = c.area_id
     WHERE coalesce(a.code, a.id::text) = ANY (%(codes)s) AND c.sent_at >= %(since)s AND c.sent_at <= %(at)s
       AND (c.told_at IS NULL OR c.told_at > %(at)s)
"""


def late_canaries(conn: Conn, codes: Sequence[str], since: datetime, at: datetime) -> int:
    """How many canaries of these counties, sent since then, had not arrived at that time."""
    row = conn.execute(LATE_CANARIES, {"codes": list(codes), "since": since, "at": at}).fetchone()
    return int(row[0]) if row else 0
