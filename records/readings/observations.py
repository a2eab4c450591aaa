"""Storing observations: binary COPY into a staging table, then INSERT … ON CONFLICT, so that a repeat changes nothing.

Measured (docs/decisions/wide-observations.md): this is the cheapest way for both sides; packing a row by hand costs a
fifth of psycopg's `write_row`.
"""

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from psycopg import sql

from care.metrics import CATALOGUE, METRICS, MetricKind
from records.database import Conn
from records.living import habits


class Row(NamedTuple):
    """One device's values at one time, in the units of the catalogue."""

    device_id: int
    time: datetime
    values: Mapping[str, float]


class Conflict(NamedTuple):
    """This device said something else about this time before; what was stored first stays."""

    device_id: int
    time: datetime
    metric: str


STAGING = "CREATE TEMP TABLE IF NOT EXISTS staging (LIKE observation) ON COMMIT DELETE ROWS"
ENSURE_PARTITION = "SELECT ensure_partition(%s)"
NOTE_LATE = "SELECT note_late_readings()"

# What changes nothing is left alone; the bounds let the planner skip the other partitions.
FILL = sql.SQL("""
    UPDATE observation o SET {fill}
      FROM staging s
     WHERE o.device_id = s.device_id AND o.time = s.time AND o.time BETWEEN %(first)s AND %(last)s AND ({empty})
""")
CONFLICTS = sql.SQL("""
    SELECT o.device_id, o.time, {metric}::text
      FROM observation o JOIN staging s ON o.device_id = s.device_id AND o.time = s.time
     WHERE o.time BETWEEN %(first)s AND %(last)s AND o.{column} <> s.{column}
""")

_BRAND_NEW = timedelta(seconds=45)
"""Rollups stay at least a minute behind the clock, so younger readings need not be noted."""

Stage = Callable[[Conn, Sequence[Row], Sequence[str], datetime], None]


class Observations:
    """The way into the observation table for one connection; remembers which partitions there are."""

    def __init__(self, stage: Stage | None = None, *, note_late: bool = True) -> None:
        """`stage` is how rows get into the staging table: by COPY unless the server can't.

        Without `note_late` the rollups hear nothing of late rows: for whoever makes them anew (see readings.history).
        """
        self._stage = stage or stage_by_copy
        self._note_late = note_late
        self._days: set[date] = set()

    def prepare(self, conn: Conn) -> None:
        """Once for each connection, in a transaction of its own."""
        conn.execute(STAGING)

    def ensure_partitions(self, conn: Conn, rows: Iterable[Row]) -> None:
        """Make room for the days of these rows, in a transaction of its own."""
        missing = {row.time.astimezone(UTC).date() for row in rows} - self._days
        for day in sorted(missing):
            conn.execute(ENSURE_PARTITION, (day,))
        self._days |= missing

    def forget_partitions(self) -> None:
        """After maintenance may have dropped some."""
        self._days.clear()

    def save(self, conn: Conn, rows: Sequence[Row], received_at: datetime) -> list[Conflict]:
        """Store the rows, no two of one device and time; fill columns that were empty; name what contradicts."""
        if not rows:
            return []
        present = set().union(*{tuple(row.values) for row in rows})
        columns = [metric.name for metric in CATALOGUE if metric.name in present]
        self._stage(conn, rows, columns, received_at)
        inserted = conn.execute(_insert(tuple(columns))).rowcount
        first = min(row.time for row in rows)
        if self._note_late and first < received_at - _BRAND_NEW:
            conn.execute(NOTE_LATE)
        habits.note_late(conn, first, received_at)
        if inserted == len(rows):
            return []
        return _merge(conn, columns, {"first": first, "last": max(row.time for row in rows)})


def _insert(columns: tuple[str, ...]) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, ("device_id", "time", "received_at", *columns)))
    return sql.SQL("INSERT INTO observation ({0}) SELECT {0} FROM staging ON CONFLICT DO NOTHING").format(names)


def _merge(conn: Conn, columns: Sequence[str], bounds: dict[str, datetime]) -> list[Conflict]:
    conflicts = [
        Conflict(*row)
        for column in columns
        for row in conn.execute(CONFLICTS.format(metric=column, column=sql.Identifier(column)), bounds)
    ]
    names = [sql.Identifier(column) for column in columns]
    fill = sql.SQL(", ").join(sql.SQL("{0} = coalesce(o.{0}, s.{0})").format(name) for name in names)
    empty = sql.SQL(" OR ").join(sql.SQL("o.{0} IS NULL AND s.{0} IS NOT NULL").format(name) for name in names)
    if names:
        conn.execute(FILL.format(fill=fill, empty=empty), bounds)
    return conflicts


# PostgreSQL's binary COPY: a signature, flags, rows of (number of fields, then length and bytes of each), an end mark.
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_EPOCH = 946_684_800_000_000
"""Microseconds from 1970 to 2000, where PostgreSQL's clock begins."""

_FORMATS = {MetricKind.STATE: (2, "h"), MetricKind.COUNTER: (8, "d"), MetricKind.GAUGE: (4, "f")}
_NULL = -1

Packer = Callable[[int, int, int, Mapping[str, float]], bytes]


def _packer(columns: Sequence[str], present: tuple[str, ...]) -> Packer:
    """Packs a row that has the values `present`, in that order, into these columns."""
    layout = "!hiiiqiq"
    template: list[float] = [3 + len(columns), 4, 0, 8, 0, 8, 0]
    places: dict[str, int] = {}
    for column in columns:
        if column in present:
            size, code = _FORMATS[METRICS[column].kind]
            layout += "i" + code
            template += [size, 0]
            places[column] = len(template) - 1
        else:
            layout += "i"
            template.append(_NULL)
    pack = struct.Struct(layout).pack
    slots = [places[name] for name in present]

    def packed(device_id: int, time: int, received_at: int, values: Mapping[str, float]) -> bytes:
        fields = template.copy()
        fields[2], fields[4], fields[6] = device_id, time, received_at
        for slot, value in zip(slots, values.values(), strict=True):
            fields[slot] = value
        return pack(*fields)

    return packed


def _microseconds(time: datetime) -> int:
    return round(time.timestamp() * 1_000_000) - _EPOCH


def stage_by_copy(conn: Conn, rows: Sequence[Row], columns: Sequence[str], received_at: datetime) -> None:
    """Copy the rows into the staging table."""
    packers: dict[tuple[str, ...], Packer] = {}
    received = _microseconds(received_at)
    pieces = [_HEADER]
    for device_id, time, values in rows:
        shape = tuple(values)
        packer = packers.get(shape)
        if packer is None:
            packer = packers[shape] = _packer(columns, shape)
        pieces.append(packer(device_id, _microseconds(time), received, values))
    pieces.append(_TRAILER)
    names = sql.SQL(", ").join(map(sql.Identifier, ("device_id", "time", "received_at", *columns)))
    with conn.cursor().copy(sql.SQL("COPY staging ({}) FROM STDIN (FORMAT BINARY)").format(names)) as copy:
        copy.write(b"".join(pieces))


def stage_by_insert(conn: Conn, rows: Sequence[Row], columns: Sequence[str], received_at: datetime) -> None:
    """For a server without COPY FROM STDIN: slower, the same result."""
    names = sql.SQL(", ").join(map(sql.Identifier, ("device_id", "time", "received_at", *columns)))
    places = sql.SQL(", ").join([sql.Placeholder()] * (3 + len(columns)))
    statement = sql.SQL("INSERT INTO staging ({}) VALUES ({})").format(names, places)
    for row in rows:
        values = [None if name not in row.values else float(row.values[name]) for name in columns]
        typed = [
            int(v) if v is not None and METRICS[c].kind is MetricKind.STATE else v
            for c, v in zip(columns, values, strict=True)
        ]
        conn.execute(statement, [row.device_id, row.time, received_at, *typed])
