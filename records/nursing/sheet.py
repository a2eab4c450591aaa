"""The hand-over sheet for an ambulance: on one page what its crew asks of somebody."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from care.metrics import METRICS, VITAL_SIGNS
from records.database import Conn
from records.readings import series
from records.readings.series import Level, Series, Window

SEX = "SELECT sex FROM resident WHERE id = %s"
LAST_HOURS = timedelta(hours=6)
_WIDTH = timedelta(minutes=10)


def sex_of(conn: Conn, resident_id: UUID) -> str:
    """male, female, or empty where nobody entered it."""
    row = conn.execute(SEX, (resident_id,)).fetchone()
    return str(row[0]) if row else ""


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened: an alert, or a step that somebody took."""

    at: datetime
    rule: str
    kind: str
    who: str | None


HAPPENED = """
    SELECT l.at, a.rule, l.kind, account.username AS who
      FROM alert a
      JOIN alert_log l ON l.alert_id = a.id
      LEFT JOIN account ON account.id = l.account_id
     WHERE a.resident_id = %(resident)s AND NOT a.drill AND NOT a.canary AND l.at > %(since)s
       AND a.class IN ('personal', 'environmental')
       AND l.kind IN ('opened', 'answer', 'contact', 'dispatch', 'arrive', 'see', 'close')
     ORDER BY l.at DESC LIMIT 14
"""


def happened(conn: Conn, resident_id: UUID, now: datetime) -> list[Happened]:
    """The alerts of the last day with what was done, in their order."""
    terms = {"resident": resident_id, "since": now - timedelta(days=1)}
    rows = conn.cursor(row_factory=class_row(Happened)).execute(HAPPENED, terms).fetchall()
    return rows[::-1]


@dataclass(frozen=True, slots=True)
class Course:
    """A vital sign over the last hours: the average of each ten minutes, where it was measured."""

    metric: str
    unit: str
    points: list[tuple[datetime, float]]


def courses(conn: Conn, resident_id: UUID, now: datetime) -> list[Course]:
    """Of each vital sign that was measured; of several devices the one that said most."""
    window = Window(now - LAST_HOURS, now, _WIDTH)
    found = []
    for name in VITAL_SIGNS:
        metric = METRICS[name]
        lines = [_line(one) for one in series.bucketed(conn, resident_id, metric, window, now)]
        longest = max(lines, key=len, default=[])
        if longest:
            found.append(Course(name, metric.unit, longest))
    return found


def _line(one: Series) -> list[tuple[datetime, float]]:
    return [(point.time, point.avg) for point in one.points if isinstance(point, Level) and point.avg is not None]
