"""What happened around a resident within an hour: vital signs minute by minute, water, events, and where they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row, dict_row

from care.metrics import METRICS
from records.database import Conn
from records.readings.series import Level

VITALS = ("heart_rate", "respiration_rate", "spo2", "systolic", "diastolic", "body_temperature")
MINUTE = timedelta(minutes=1)
_LOOKBACK = timedelta(hours=25)
"""Whoever was seen nowhere for so long was seen nowhere: devices on battery speak at least as often."""
MOST_EVENTS = 200


@dataclass(frozen=True, slots=True)
class Curve:
    """One vital sign, minute by minute; minutes without a reading are left out."""

    metric: str
    unit: str
    points: Sequence[Level]


@dataclass(frozen=True, slots=True)
class Water:
    """What ran in one minute, in litres."""

    time: datetime
    litres: float


_PARTS = sql.SQL(", ").join(
    sql.SQL(
        "avg(o.{0})::float8 AS {1}, min(o.{0})::float8 AS {2}, max(o.{0})::float8 AS {3}, count(o.{0}) AS {4}"
    ).format(sql.Identifier(name), *(sql.Identifier(f"{name}_{part}") for part in ("avg", "min", "max", "count")))
    for name in VITALS
)
MINUTES = sql.SQL("""
    SELECT date_bin(%(minute)s, o.time, %(start)s) AS at, sum(o.water_used)::float8 AS water, {parts}
      FROM binding b
      JOIN observation o ON o.device_id = b.device_id AND o.time >= greatest(b.valid_from, %(start)s)
                        AND o.time < least(coalesce(b.valid_to, 'infinity'), %(end)s)
     WHERE b.resident_id = %(resident)s AND b.valid_from < %(end)s AND (b.valid_to IS NULL OR b.valid_to > %(start)s)
       AND o.time >= %(start)s AND o.time < %(end)s
     GROUP BY 1
     ORDER BY 1
""").format(parts=_PARTS)


def minutes(conn: Conn, resident_id: UUID, start: datetime, end: datetime) -> tuple[list[Curve], list[Water]]:
    """The vital signs of this resident and the water of the home, of whatever watched over them then."""
    terms = {"resident": resident_id, "start": start, "end": end, "minute": MINUTE}
    rows = conn.cursor(row_factory=dict_row).execute(MINUTES, terms).fetchall()
    curves = [
        Curve(name, METRICS[name].unit, points)
        for name in VITALS
        if (points := [_level(name, row) for row in rows if row[f"{name}_count"]])
    ]
    return curves, [Water(row["at"], _rounded(row["water"])) for row in rows if row["water"]]


def _level(name: str, row: dict[str, object]) -> Level:
    average, least, most = (_rounded(row[f"{name}_{part}"]) for part in ("avg", "min", "max"))
    return Level(row["at"], average, least, most, int(str(row[f"{name}_count"])))  # type: ignore[arg-type]


def _rounded(value: object) -> float:
    return float(f"{value:.4g}")


@dataclass(frozen=True, slots=True)
class Happening:
    """A device said that something happened."""

    time: datetime
    event: str
    place: str
    drill: bool


EVENTS = """
    SELECT e.time, e.name AS event, d.place, coalesce(e.data ->> 'test' = 'true', false) AS drill
      FROM binding b
      JOIN device d ON d.id = b.device_id
      JOIN event e ON e.device_id = b.device_id AND e.time >= b.valid_from
                  AND (b.valid_to IS NULL OR e.time < b.valid_to)
     WHERE b.resident_id = %(resident)s AND e.time >= %(start)s AND e.time < %(end)s
     ORDER BY e.time DESC
     LIMIT %(limit)s
"""


def happenings(conn: Conn, resident_id: UUID, start: datetime, end: datetime) -> list[Happening]:
    """The events of this resident's devices in this time, the earliest first; of very many the latest."""
    terms = {"resident": resident_id, "start": start, "end": end, "limit": MOST_EVENTS}
    return conn.cursor(row_factory=class_row(Happening)).execute(EVENTS, terms).fetchall()[::-1]


@dataclass(frozen=True, slots=True)
class LastSeen:
    """Where and when somebody was last seen, and by what: in_bed, motion or presence."""

    place: str
    time: datetime
    by: str


# A bed that is left and a room that is empty say where somebody is not.
SEEN = """
    SELECT d.place, seen.time, seen.by
      FROM binding b
      JOIN device d ON d.id = b.device_id AND d.state = 'registered'
     CROSS JOIN LATERAL (
           SELECT o.time, CASE WHEN o.in_bed = 1 THEN 'in_bed' WHEN o.motion = 1 THEN 'motion' ELSE 'presence' END AS by
             FROM observation o
            WHERE o.device_id = d.id AND o.time >= greatest(b.valid_from, %(since)s) AND o.time <= %(now)s
              AND (o.in_bed = 1 OR o.motion = 1 OR o.presence = 1)
            ORDER BY o.time DESC LIMIT 1) AS seen
     WHERE b.resident_id = %(resident)s AND b.valid_to IS NULL
     ORDER BY seen.time DESC, d.place
     LIMIT 1
"""


def last_seen(conn: Conn, resident_id: UUID, now: datetime) -> LastSeen | None:
    """The room or bed in which this resident was last; None where nothing has seen them for a day."""
    terms = {"resident": resident_id, "since": now - _LOOKBACK, "now": now}
    return conn.cursor(row_factory=class_row(LastSeen)).execute(SEEN, terms).fetchone()
