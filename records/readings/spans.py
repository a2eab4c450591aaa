"""How long a device's state lasted: from single readings to spans of time, and what is unknown between them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row

from care.metrics import Metric
from records.database import Conn


@dataclass(frozen=True, slots=True)
class Watch:
    """A device that watched over a resident from `start` to `end`, as far as asked."""

    device_id: int
    vendor: str
    device: str
    kind: str
    place: str
    expected_interval: timedelta | None
    bound_since: datetime
    start: datetime
    end: datetime

    @property
    def believed_for(self) -> timedelta:
        """How long a reading holds when no other follows.

        Three of its intervals; where it speaks only when something changes, three of the 25 hours within which a
        battery device gives a sign of life (Zigbee2MQTT's default).
        """
        return 3 * (self.expected_interval or timedelta(hours=25))


# A device that was bound twice within the window is two watches.
WATCHES = """
    SELECT d.id AS device_id, d.vendor, d.name AS device, d.kind, d.place, d.expected_interval,
           b.valid_from AS bound_since,
           greatest(b.valid_from, %(start)s) AS start, least(b.valid_to, %(end)s) AS "end"
      FROM binding b
      JOIN device d ON d.id = b.device_id
     WHERE b.resident_id = %(resident)s AND b.valid_from < %(end)s AND (b.valid_to IS NULL OR b.valid_to > %(start)s)
     ORDER BY d.place, d.vendor, d.name, b.valid_from
"""


def watches(conn: Conn, resident_id: UUID, start: datetime, end: datetime) -> list[Watch]:
    """Every device that watched over this resident between `start` and `end`."""
    values = {"resident": resident_id, "start": start, "end": end}
    return conn.cursor(row_factory=class_row(Watch)).execute(WATCHES, values).fetchall()


@dataclass(frozen=True, slots=True)
class Span:
    """The state was `value` from `since` to `until`."""

    since: datetime
    until: datetime
    value: int


# The reading before the window says what was so at its beginning, if it was made for the same resident.
SPANS = sql.SQL("""
    WITH reading AS (
         (SELECT time, {metric} AS value
            FROM observation
           WHERE device_id = %(device)s AND {metric} IS NOT NULL AND time < %(start)s AND time >= %(lookback)s
           ORDER BY time DESC LIMIT 1)
          UNION ALL
         SELECT time, {metric} AS value
           FROM observation
          WHERE device_id = %(device)s AND {metric} IS NOT NULL AND time >= %(start)s AND time < %(end)s
    ), believed AS (
        SELECT greatest(time, %(start)s) AS since, value,
               least(lead(time) OVER (ORDER BY time), time + %(believed_for)s, %(end)s) AS until
          FROM reading
    ), compared AS (
        SELECT *, value = lag(value) OVER earlier AND since <= lag(until) OVER earlier AS goes_on
          FROM believed
         WHERE until > since
        WINDOW earlier AS (ORDER BY since)
    ), numbered AS (
        SELECT *, count(*) FILTER (WHERE goes_on IS NOT TRUE) OVER (ORDER BY since) AS number FROM compared
    )
    SELECT min(since), max(until), value FROM numbered GROUP BY number, value ORDER BY 1
""")


def spans(conn: Conn, watch: Watch, metric: Metric, now: datetime) -> list[Span]:
    """The spans of a state in which it is known, in order; nothing is known of what comes after `now`."""
    if min(watch.end, now) <= watch.start:
        return []
    values = {
        "device": watch.device_id,
        "start": watch.start,
        "end": min(watch.end, now),
        "lookback": max(watch.start - watch.believed_for, watch.bound_since),
        "believed_for": watch.believed_for,
    }
    return [Span(*row) for row in conn.execute(SPANS.format(metric=sql.Identifier(metric.name)), values)]


def unknown(known: Iterable[Span], start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The parts of start–end that no span covers."""
    at = start
    for span in known:
        if span.since > at:
            yield at, span.since
        at = max(at, span.until)
    if at < end:
        yield at, end


@dataclass(slots=True)
class Held:
    """One bucket of a state: the last one in it, the seconds that it was 1, and the seconds in which it is known."""

    time: datetime
    last: int | None = None
    on: float | None = None
    known: float = 0

    def add(self, seconds: float, value: int) -> None:
        """For so long it was so."""
        self.last = value
        self.known += seconds
        self.on = (self.on or 0) + (seconds if value else 0)


def hold(buckets: Sequence[Held], width: timedelta, known: Iterable[Span]) -> None:
    """Add each span, in order, to the buckets that it crosses; a bucket that none crosses stays unknown."""
    if not buckets:
        return
    start = buckets[0].time
    for span in known:
        first = max(0, (span.since - start) // width)
        for bucket in buckets[first:]:
            since, until = max(span.since, bucket.time), min(span.until, bucket.time + width)
            if until > since:
                bucket.add((until - since).total_seconds(), span.value)
            elif bucket.time >= span.until:
                break
