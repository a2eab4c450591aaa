"""Sensors that may be stuck: found in the hourly rollups, which every reading of a gauge is in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg import sql

from care.metrics import METRICS, MetricKind
from care.stuck import LEAST_HOURS, MEMORY, Hour
from records.database import Conn

GAUGES = tuple(metric.name for metric in METRICS.values() if metric.kind is MetricKind.GAUGE)

# An hour is whole, and rolled up, some minutes after its end.
SUSPECTS = sql.SQL("""
    SELECT s.device_id, s.metric
      FROM (SELECT device_id, {same} FROM observation_hour
             WHERE bucket >= %(since)s AND bucket < %(until)s GROUP BY device_id) AS hours
     CROSS JOIN LATERAL (VALUES {pairs}) AS s (device_id, metric, hours)
     WHERE s.hours >= %(least)s
     ORDER BY s.device_id, s.metric LIMIT %(at_once)s
""").format(
    same=sql.SQL(", ").join(
        sql.SQL("CASE WHEN min({low}) = max({high}) AND min({low}) <> 0 THEN count({low}) END AS {name}").format(
            low=sql.Identifier(f"{name}_min"), high=sql.Identifier(f"{name}_max"), name=sql.Identifier(name)
        )
        for name in GAUGES
    ),
    pairs=sql.SQL(", ").join(
        sql.SQL("(hours.device_id, {text}, hours.{name})").format(text=sql.Literal(name), name=sql.Identifier(name))
        for name in GAUGES
    ),
)
_AT_ONCE = 500
_WITHIN = timedelta(hours=LEAST_HOURS + 2)
"""In so much time the hours that count must lie: one may be missing, and the last one not rolled up yet."""


def suspects(conn: Conn, now: datetime) -> list[tuple[int, str]]:
    """The devices, each with the metric, that told one and the same value in all of the last hours."""
    until = now.replace(minute=0, second=0, microsecond=0)
    terms = {"since": until - _WITHIN, "until": until, "least": LEAST_HOURS, "at_once": _AT_ONCE}
    return [(row[0], row[1]) for row in conn.execute(SUSPECTS, terms)]


HOURS = sql.SQL("""
    SELECT bucket, {low}, {high} FROM observation_hour
     WHERE device_id = %s AND bucket >= %s AND bucket < %s AND {low} IS NOT NULL ORDER BY bucket
""")


def hours(conn: Conn, device_id: int, metric: str, now: datetime) -> list[Hour]:
    """The whole hours of the last four weeks in which this device told this metric."""
    if metric not in GAUGES:
        raise ValueError(f"metric {metric}: not a gauge of the catalogue")
    query = HOURS.format(low=sql.Identifier(f"{metric}_min"), high=sql.Identifier(f"{metric}_max"))
    until = now.replace(minute=0, second=0, microsecond=0)
    return [Hour(*row) for row in conn.execute(query, (device_id, now - MEMORY, until))]


@dataclass(frozen=True, slots=True)
class Known:
    """Whose device it is."""

    device_id: int
    kind: str
    resident_id: UUID | None
    home_id: UUID | None


OPEN = "SELECT device_id, evidence ->> 'metric' FROM alert WHERE rule = 'device_stuck' AND phase <> 'closed' AND active"
OF = """
    SELECT d.id, d.kind, r.id, r.home_id
      FROM device d
      LEFT JOIN binding b ON b.device_id = d.id AND b.valid_to IS NULL
      LEFT JOIN resident r ON r.id = b.resident_id
     WHERE d.id = ANY (%s) AND d.state = 'registered'
"""
FREED = "UPDATE device_watch SET fault = NULL, fault_at = NULL WHERE device_id = ANY (%s) AND fault = 'device_stuck'"


def open_ones(conn: Conn) -> list[tuple[int, str]]:
    """The devices that are said to be stuck, with the metric."""
    return [(row[0], row[1]) for row in conn.execute(OPEN)]


def known(conn: Conn, devices: Sequence[int]) -> dict[int, Known]:
    """Whose these registered devices are."""
    return {row[0]: Known(*row) for row in conn.execute(OF, (list(devices),))}


def freed(conn: Conn, devices: Sequence[int]) -> None:
    """These are no longer stuck."""
    conn.execute(FREED, (list(devices),))
