"""What is usual for somebody: the band in which their own hours lay of late, metric by metric."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg import sql

from records.database import Conn

PAST = timedelta(days=28)
"""How far back is looked; four weeks have each weekday four times (an assumption)."""
LEAST_HOURS = 72
"""Of fewer hours nothing is said (an assumption)."""
LOW, HIGH = 0.05, 0.95
"""Of twenty hours one lies below the band and one above (an assumption)."""

METRICS = ("heart_rate", "respiration_rate", "spo2", "body_temperature", "systolic", "diastolic")


@dataclass(frozen=True, slots=True)
class Usual:
    """Nine of ten of somebody's hourly averages lay from `low` to `high`, in the metric's unit; `hours`: how many."""

    metric: str
    low: float
    high: float
    hours: int


USUAL = sql.SQL("""
    SELECT {columns}
      FROM binding b
      JOIN observation_hour o
        ON o.device_id = b.device_id AND o.bucket >= %(since)s AND o.bucket < %(now)s
       AND o.bucket >= b.valid_from AND (b.valid_to IS NULL OR o.bucket < b.valid_to)
     WHERE b.resident_id = %(resident)s AND (b.valid_to IS NULL OR b.valid_to > %(since)s)
""").format(
    columns=sql.SQL(", ").join(
        sql.SQL("count({0}), percentile_cont(ARRAY[%(low)s, %(high)s]) WITHIN GROUP (ORDER BY {0})").format(
            sql.Identifier(f"{metric}_avg")
        )
        for metric in METRICS
    )
)


def usual(conn: Conn, resident_id: UUID, now: datetime) -> list[Usual]:
    """The bands of those vital signs of which enough is known, by all devices together."""
    terms = {"resident": resident_id, "since": now - PAST, "now": now, "low": LOW, "high": HIGH}
    row = conn.execute(USUAL, terms).fetchone() or ()
    found = zip(METRICS, row[::2], row[1::2], strict=True)
    return [
        Usual(metric, round(band[0], 1), round(band[1], 1), hours)
        for metric, hours, band in found
        if hours >= LEAST_HOURS
    ]
