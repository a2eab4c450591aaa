"""Observations of one metric over time, from the source that answers soonest: raw readings, minutes or hours."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from psycopg import sql

from care.metrics import Metric, MetricKind
from records.database import Conn
from records.readings.spans import Held, Watch, hold, spans, watches

MOST_POINTS = 20_000
"""Raw readings in one answer."""
MOST_BUCKETS = 5_000

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_NOT_ROLLED_UP_YET = timedelta(hours=2)
"""Rollups may be behind by so much (an assumption): what is younger is always read raw."""


class Source(StrEnum):
    """Where the numbers come from."""

    RAW = "raw"
    MINUTE = "minute"
    HOUR = "hour"


@dataclass(frozen=True, slots=True)
class Window:
    """What is asked for: from `start`, included, to `end`, in buckets of `width`."""

    start: datetime
    end: datetime
    width: timedelta

    @property
    def length(self) -> timedelta:
        """From start to end."""
        return self.end - self.start

    def times(self) -> list[datetime]:
        """Where each bucket begins; the last one may be shorter."""
        return [self.start + number * self.width for number in range(-(-self.length // self.width))]

    def whole(self, unit: timedelta) -> "Window":
        """Widened to whole units, so that every rolled-up bucket falls into one of ours."""
        return replace(self, start=_floor(self.start, unit), end=_ceiling(self.end, unit))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _floor(time: datetime, unit: timedelta) -> datetime:
    return time - (time - _EPOCH) % unit


def _ceiling(time: datetime, unit: timedelta) -> datetime:
    return time + (_EPOCH - time) % unit


@dataclass(frozen=True, slots=True)
class Level:
    """One bucket of a gauge; None where nothing was observed."""

    time: datetime
    avg: float | None = None
    min: float | None = None
    max: float | None = None
    readings: int = 0


@dataclass(frozen=True, slots=True)
class Amount:
    """One bucket of a counter; None where nothing was observed."""

    time: datetime
    sum: float | None = None
    readings: int = 0


@dataclass(frozen=True, slots=True)
class Point:
    """One reading."""

    time: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """What one device observed while it watched over the resident."""

    vendor: str
    device: str
    place: str
    source: Source
    points: Sequence[Level | Amount | Held | Point]
    cut: bool = False
    """There is more than fits into one answer: ask again from the last point on."""


READINGS = sql.SQL("""
    SELECT time, {metric}::float8
      FROM observation
     WHERE device_id = %(device)s AND {metric} IS NOT NULL AND time >= %(start)s AND time < %(end)s
     ORDER BY time
     LIMIT %(limit)s
""")


def readings(conn: Conn, resident_id: UUID, metric: Metric, start: datetime, end: datetime) -> list[Series]:
    """Every reading of a metric, as it was made; at most MOST_POINTS of them."""
    found, left = [], MOST_POINTS
    for watch in watches(conn, resident_id, start, end):
        values = {"device": watch.device_id, "start": watch.start, "end": watch.end, "limit": left + 1}
        rows = conn.execute(READINGS.format(metric=sql.Identifier(metric.name)), values).fetchall()
        points = [Point(time, _rounded(value)) for time, value in rows[:left]]
        if rows:
            found.append(
                Series(watch.vendor, watch.device, watch.place, Source.RAW, points, cut=len(rows) > len(points))
            )
        left -= len(points)
    return found


def bucketed(conn: Conn, resident_id: UUID, metric: Metric, window: Window, now: datetime) -> list[Series]:
    """A metric summed up by buckets, those without a reading included, for each device that observed it."""
    summed = _summed_states if metric.kind is MetricKind.STATE else _summed_numbers
    source = source_of_states(window) if metric.kind is MetricKind.STATE else source_of_numbers(window)
    window = window.whole(_UNITS[source])
    found = (
        summed(conn, watch, metric, window, source, now)
        for watch in watches(conn, resident_id, window.start, window.end)
    )
    return [series for series in found if series is not None]


_UNITS = {Source.RAW: timedelta(microseconds=1), Source.MINUTE: _MINUTE, Source.HOUR: _HOUR}
_TABLES = {Source.MINUTE: "observation_minute", Source.HOUR: "observation_hour"}


def source_of_numbers(window: Window) -> Source:
    """Two days are read raw; beyond a month hours will do, if the buckets are made of whole ones."""
    if window.length > timedelta(days=31) and not window.width % _HOUR:
        return Source.HOUR
    if window.length > timedelta(days=2) and not window.width % _MINUTE:
        return Source.MINUTE
    return Source.RAW


def source_of_states(window: Window) -> Source:
    """Minutes don't say how a state went on between two of them, so a month is read raw."""
    return Source.HOUR if window.length > timedelta(days=31) and not window.width % _HOUR else Source.RAW


RAW = sql.SQL("""
    SELECT time AS at, {metric}::float8 AS total, {metric}::float8 AS low, {metric}::float8 AS high, 1 AS readings
      FROM observation
     WHERE device_id = %(device)s AND {metric} IS NOT NULL AND time >= {since} AND time < {until}
""")
# An average counts as often as there were readings.
ROLLED_UP_GAUGE = sql.SQL("""
    SELECT bucket, {avg} * readings::float8, {min}, {max}, readings
      FROM {table}
     WHERE device_id = %(device)s AND {avg} IS NOT NULL AND bucket >= %(first)s AND bucket < %(cut)s
""")
ROLLED_UP_COUNTER = sql.SQL("""
    SELECT bucket, {sum}, NULL, NULL, readings
      FROM {table}
     WHERE device_id = %(device)s AND {sum} IS NOT NULL AND bucket >= %(first)s AND bucket < %(cut)s
""")
SUMMED = sql.SQL("""
    SELECT date_bin(%(width)s, at, %(origin)s), sum(total), min(low), max(high), sum(readings)::bigint
      FROM ({pieces}) AS piece
     GROUP BY 1
""")


def _summed_numbers(
    conn: Conn, watch: Watch, metric: Metric, window: Window, source: Source, now: datetime
) -> Series | None:
    first, cut = _rolled_up_part(watch, source, now)
    values = {
        "device": watch.device_id,
        "start": watch.start,
        "first": first,
        "cut": cut,
        "end": watch.end,
        "width": window.width,
        "origin": window.start,
    }
    rows = conn.execute(SUMMED.format(pieces=_pieces(metric, source)), values).fetchall()
    if not rows:
        return None
    known = {row[0]: _number(metric.kind, row) for row in rows}
    nothing = Amount if metric.kind is MetricKind.COUNTER else Level
    points = [known.get(time) or nothing(time) for time in window.times()]
    return Series(watch.vendor, watch.device, watch.place, source, points)


def _rolled_up_part(watch: Watch, source: Source, now: datetime) -> tuple[datetime, datetime]:
    """From where to where the rollups serve: whole units of this binding only, and none that may not be there yet."""
    if source is Source.RAW:
        return watch.start, watch.start
    first = min(watch.end, _ceiling(watch.start, _UNITS[source]))
    return first, max(first, _floor(min(watch.end, now - _NOT_ROLLED_UP_YET), _HOUR))


def _pieces(metric: Metric, source: Source) -> sql.Composed:
    """What is summed up: rollups from `first` to `cut`, and the readings before and after."""
    column = sql.Identifier(metric.name)
    after = RAW.format(metric=column, since=sql.Placeholder("cut"), until=sql.Placeholder("end"))
    if source is Source.RAW:
        return after
    before = RAW.format(metric=column, since=sql.Placeholder("start"), until=sql.Placeholder("first"))
    names = {part: sql.Identifier(f"{metric.name}_{part}") for part in ("avg", "min", "max", "sum")}
    rolled_up = ROLLED_UP_COUNTER if metric.kind is MetricKind.COUNTER else ROLLED_UP_GAUGE
    between = rolled_up.format(table=sql.Identifier(_TABLES[source]), **names)
    return sql.SQL(" UNION ALL ").join((before, between, after))


def _number(kind: MetricKind, row: Sequence[Any]) -> Level | Amount:
    time, total, low, high, readings = row
    if kind is MetricKind.COUNTER:
        return Amount(time, _rounded(total), readings)
    return Level(time, _rounded(total / readings), _rounded(low), _rounded(high), readings)


def _rounded(value: float) -> float:
    """Without the digits that a 4-byte number doesn't have."""
    return float(f"{value:.7g}")


ROLLED_UP_STATE = sql.SQL("""
    SELECT date_bin(%(width)s, bucket, %(origin)s), (array_agg({last} ORDER BY bucket DESC))[1], sum({on}),
           sum(least(3600, readings * %(interval)s))::float8
      FROM observation_hour
     WHERE device_id = %(device)s AND {last} IS NOT NULL AND bucket >= %(start)s AND bucket < %(cut)s
     GROUP BY 1
""")


def _summed_states(
    conn: Conn, watch: Watch, metric: Metric, window: Window, source: Source, now: datetime
) -> Series | None:
    buckets = [Held(time) for time in window.times()]
    # Where a device speaks only of changes, an hour doesn't say what was so before its first reading.
    if source is Source.HOUR and watch.expected_interval is not None:
        first, cut = _rolled_up_part(watch, source, now)
        hold(buckets, window.width, spans(conn, replace(watch, end=first), metric, now))
        _add_hours(conn, watch, metric, window, (first, cut), buckets)
        watch = replace(watch, start=cut)
    else:
        source = Source.RAW
    hold(buckets, window.width, spans(conn, watch, metric, now))
    if all(bucket.last is None for bucket in buckets):
        return None
    return Series(watch.vendor, watch.device, watch.place, source, buckets)


def _add_hours(
    conn: Conn,
    watch: Watch,
    metric: Metric,
    window: Window,
    rolled_up: tuple[datetime, datetime],
    buckets: Sequence[Held],
) -> None:
    """Each reading of a rolled-up hour counts as known for one interval."""
    assert watch.expected_interval is not None  # noqa: S101 - asked by the caller
    names = {part: sql.Identifier(f"{metric.name}_{part}") for part in ("last", "on")}
    values = {
        "device": watch.device_id,
        "start": rolled_up[0],
        "cut": rolled_up[1],
        "width": window.width,
        "origin": window.start,
        "interval": watch.expected_interval.total_seconds(),
    }
    for time, last, on, known in conn.execute(ROLLED_UP_STATE.format(**names), values):
        bucket = buckets[(time - window.start) // window.width]
        bucket.last = last
        bucket.on = (bucket.on or 0) + on
        bucket.known += known
