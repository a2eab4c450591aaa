"""Sensors that may be stuck: found in the hourly rollups, which every reading of a gauge is in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from psycopg import sql

from care.devices import DeviceKind
from care.metrics import METRICS, MetricKind
from care.stuck import LEAST_HOURS, MEMORY, RESTS_AT_ZERO, ZERO_HOURS, Hour
from records.database import Conn

_RESTING = ("movement", *sorted(RESTS_AT_ZERO))
"""What may be zero for hours without anything being wrong: suspected apart."""
GAUGES = tuple(metric.name for metric in METRICS.values() if metric.kind is MetricKind.GAUGE)

_SAME = sql.SQL(", ").join(
    sql.SQL("CASE WHEN min({low}) = max({high}){never_zero} THEN count({low}) END AS {name}").format(
        low=sql.Identifier(f"{name}_min"), high=sql.Identifier(f"{name}_max"), name=sql.Identifier(name),
        never_zero=sql.SQL(" AND min({}) <> 0").format(sql.Identifier(f"{name}_min")) if name in _RESTING
        else sql.SQL(""),
    )
    for name in GAUGES
)  # fmt: skip
_PAIRS = sql.SQL(", ").join(
    sql.SQL("(hours.device_id, {text}, hours.{name})").format(text=sql.Literal(name), name=sql.Identifier(name))
    for name in GAUGES
)
# An hour is whole, and rolled up, some minutes after its end.
SUSPECTS = sql.SQL("""
    SELECT s.device_id, s.metric
      FROM (SELECT device_id, {same} FROM observation_hour
             WHERE bucket >= %(since)s AND bucket < %(until)s GROUP BY device_id) AS hours
     CROSS JOIN LATERAL (VALUES {pairs}) AS s (device_id, metric, hours)
     WHERE s.hours >= %(least)s
     ORDER BY s.device_id, s.metric LIMIT %(at_once)s
""").format(same=_SAME, pairs=_PAIRS)
# Of what speaks less than hourly the last hours in which it spoke, however long ago.
SELDOM = sql.SQL("""
    SELECT s.device_id, s.metric
      FROM (SELECT device_id FROM observation_hour
             WHERE bucket >= %(a_day)s AND bucket < %(until)s
             GROUP BY device_id HAVING count(*) FILTER (WHERE bucket >= %(since)s) < %(least)s) AS seldom
     CROSS JOIN LATERAL (
           SELECT seldom.device_id, {same}
             FROM (SELECT * FROM observation_hour
                    WHERE device_id = seldom.device_id AND bucket >= %(memory)s AND bucket < %(until)s
                    ORDER BY bucket DESC LIMIT %(least)s) AS latest) AS hours
     CROSS JOIN LATERAL (VALUES {pairs}) AS s (device_id, metric, hours)
     WHERE s.hours >= %(least)s
     ORDER BY s.device_id, s.metric LIMIT %(at_once)s
""").format(same=_SAME, pairs=_PAIRS)
# A bed that feels nobody move although it says that somebody lies in it.
STILL_BEDS = """
    SELECT device_id, 'movement' FROM observation_hour
     WHERE bucket >= %(a_day)s AND bucket < %(until)s AND in_bed_on > 1800
     GROUP BY device_id HAVING max(movement_max) = 0 AND count(movement_max) >= %(least)s
     ORDER BY device_id LIMIT %(at_once)s
"""
DEAD_METERS = """
    SELECT h.device_id, 'power' FROM device d JOIN observation_hour h ON h.device_id = d.id
     WHERE d.kind = %(meter)s AND d.state = 'registered' AND h.bucket >= %(weeks)s AND h.bucket < %(until)s
     GROUP BY h.device_id HAVING max(h.power_max) = 0 AND count(h.power_max) >= %(zero_hours)s
     ORDER BY h.device_id LIMIT %(at_once)s
"""
_AT_ONCE = 500
_WITHIN = timedelta(hours=LEAST_HOURS + 2)
"""In so much time the hours that count must lie: one may be missing, and the last one not rolled up yet."""
_SPOKE_WITHIN = timedelta(hours=26)
"""Who speaks once a day has spoken within this."""


def suspects(conn: Conn, now: datetime) -> list[tuple[int, str]]:
    """The devices, each with the metric, that told one and the same value in all of the last hours."""
    return _found(conn, SUSPECTS, now)


def seldom_or_zero(conn: Conn, now: datetime) -> list[tuple[int, str]]:
    """The same of what speaks less than hourly, and of what rests at zero; reads more, so it is asked less often."""
    return [*_found(conn, SELDOM, now), *_found(conn, STILL_BEDS, now), *_found(conn, DEAD_METERS, now)]


def _found(conn: Conn, query: LiteralString | sql.Composed, now: datetime) -> list[tuple[int, str]]:
    until = now.replace(minute=0, second=0, microsecond=0)
    terms = {
        "since": until - _WITHIN, "until": until, "least": LEAST_HOURS, "at_once": _AT_ONCE, "memory": until - MEMORY,
        "a_day": until - _SPOKE_WITHIN, "meter": DeviceKind.POWER_METER, "zero_hours": ZERO_HOURS,
        "weeks": until - timedelta(hours=ZERO_HOURS + 2),
    }  # fmt: skip
    return [(row[0], row[1]) for row in conn.execute(query, terms)]


HOURS = sql.SQL("""
    SELECT bucket, {low}, {high} FROM observation_hour
     WHERE device_id = %s AND bucket >= %s AND bucket < %s AND {low} IS NOT NULL{lain} ORDER BY bucket
""")
_LAIN_IN = sql.SQL(" AND (movement_max > 0 OR in_bed_on > 1800)")


def hours(conn: Conn, device_id: int, metric: str, now: datetime) -> list[Hour]:
    """The whole hours of the last four weeks in which this device told this metric; of a bed's movement those in which
    somebody lay there for more than half of it, or it moved.
    """
    if metric not in GAUGES:
        raise ValueError(f"metric {metric}: not a gauge of the catalogue")
    lain = _LAIN_IN if metric == "movement" else sql.SQL("")
    query = HOURS.format(low=sql.Identifier(f"{metric}_min"), high=sql.Identifier(f"{metric}_max"), lain=lain)
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
