"""The latest value of everything that is observed of a resident."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg import sql
from psycopg.rows import dict_row

from care.metrics import CATALOGUE, METRICS, MetricKind
from records.database import Conn
from records.readings.spans import Watch, watches

_LOOKBACK = timedelta(hours=25)
"""What is older is history; a device that speaks only of changes gives a sign of life at least as often, and is asked
for three times as long."""


@dataclass(frozen=True, slots=True)
class CurrentValue:
    """A metric's latest value from one device; `expected_interval` in seconds, None where it tells changes only."""

    metric: str
    kind: MetricKind
    unit: str
    value: float
    time: datetime
    vendor: str
    device: str
    place: str
    expected_interval: float | None


# One pass over the device's last hours finds when each metric was last there; counters are amounts, not how it is now.
LATEST = sql.SQL(
    "SELECT {times} FROM observation WHERE device_id = %(device)s AND time >= %(since)s AND time <= %(now)s"
)
VALUES = sql.SQL("SELECT time, {columns} FROM observation WHERE device_id = %(device)s AND time = ANY (%(times)s)")

_SHOWN = tuple(metric for metric in CATALOGUE if metric.kind is not MetricKind.COUNTER)
_TIMES = LATEST.format(
    times=sql.SQL(", ").join(
        sql.SQL("max(time) FILTER (WHERE {0} IS NOT NULL) AS {0}").format(sql.Identifier(metric.name))
        for metric in _SHOWN
    )
)
_VALUES = VALUES.format(
    columns=sql.SQL(", ").join(sql.SQL("{0}::float8 AS {0}").format(sql.Identifier(metric.name)) for metric in _SHOWN)
)


def current(conn: Conn, resident_id: UUID, now: datetime) -> list[CurrentValue]:
    """Gauges and states, from each device that watches over this resident now."""
    found = [
        value
        for watch in watches(conn, resident_id, now - timedelta(microseconds=1), now)
        for value in _of(conn, watch, now)
    ]
    order = {metric.name: place for place, metric in enumerate(CATALOGUE)}
    return sorted(found, key=lambda one: (order[one.metric], one.place, one.vendor, one.device))


def _of(conn: Conn, watch: Watch, now: datetime) -> list[CurrentValue]:
    lookback = _LOOKBACK if watch.expected_interval else watch.believed_for
    bounds = {"device": watch.device_id, "since": max(now - lookback, watch.bound_since), "now": now}
    latest = conn.cursor(row_factory=dict_row).execute(_TIMES, bounds).fetchone() or {}
    times = {name: time for name, time in latest.items() if time is not None}
    if not times:
        return []
    wanted = {"device": watch.device_id, "times": sorted(set(times.values()))}
    rows = {row["time"]: row for row in conn.cursor(row_factory=dict_row).execute(_VALUES, wanted)}
    return [
        CurrentValue(
            metric=name,
            kind=METRICS[name].kind,
            unit=METRICS[name].unit,
            value=float(f"{rows[time][name]:.7g}"),
            time=time,
            vendor=watch.vendor,
            device=watch.device,
            place=watch.place,
            expected_interval=watch.expected_interval.total_seconds() if watch.expected_interval else None,
        )
        for name, time in times.items()
    ]
