"""What a replay asks of the records: which of its readings are there, what was refused, and whom its devices watch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from records.database import Conn


@dataclass(frozen=True, slots=True)
class Sent:
    """The readings of a replay, one state each, as three columns of equal length."""

    device_ids: Sequence[int]
    times: Sequence[datetime]
    values: Sequence[int]

    def as_row(self) -> dict[str, object]:
        """For the statements below; the bounds let the planner skip the other days."""
        return {
            "devices": list(self.device_ids),
            "times": list(self.times),
            "values": list(self.values),
            "first": min(self.times),
            "last": max(self.times),
        }


STORED = """
    SELECT count(*)
      FROM unnest(%(devices)s::integer[], %(times)s::timestamptz[], %(values)s::smallint[])
           AS sent (device_id, time, value)
      JOIN observation o ON o.device_id = sent.device_id AND o.time = sent.time
     WHERE o.time BETWEEN %(first)s AND %(last)s
       AND coalesce(o.in_bed, o.presence, o.motion, o.door_open) = sent.value
"""


def stored(conn: Conn, sent: Sent) -> int:
    """How many of these readings are in the database."""
    row = conn.execute(STORED, sent.as_row()).fetchone()
    return int(row[0]) if row else 0


ROWS = """
    SELECT count(*) FROM observation
     WHERE device_id = ANY (%(devices)s::integer[]) AND time BETWEEN %(first)s AND %(last)s
"""


def rows_in_the_same_time(conn: Conn, sent: Sent) -> int:
    """How many readings of these devices there are between the first and the last of these, whatever they say."""
    row = conn.execute(ROWS, sent.as_row()).fetchone()
    return int(row[0]) if row else 0


REFUSED = "SELECT reason, sum(times)::bigint FROM quarantine WHERE vendor = %s GROUP BY reason"


def refused(conn: Conn, vendor: str) -> dict[str, int]:
    """How often a message of this vendor was put into quarantine, by reason."""
    return {reason: int(times) for reason, times in conn.execute(REFUSED, (vendor,))}


WATCHED_BY_OTHERS = """
    SELECT DISTINCT d.name
      FROM device d JOIN binding b ON b.device_id = d.id AND b.valid_to IS NULL
     WHERE d.vendor = %s AND d.name = ANY (%s) AND b.resident_id IS DISTINCT FROM %s
     ORDER BY d.name
"""


def watching_others(conn: Conn, vendor: str, names: Sequence[str], resident_id: UUID | None) -> list[str]:
    """Which of these devices watch over somebody else; `None` is somebody whom the records don't know yet."""
    return [row[0] for row in conn.execute(WATCHED_BY_OTHERS, (vendor, list(names), resident_id))]


# Never into the time of an earlier binding: then it belongs to whom it belonged.
WATCH_SINCE = """
    UPDATE binding b SET valid_from = %(since)s
     WHERE device_id = ANY (%(devices)s) AND valid_to IS NULL AND valid_from > %(since)s
       AND NOT EXISTS (SELECT FROM binding e WHERE e.device_id = b.device_id AND e.valid_to > %(since)s)
"""


def watch_since(conn: Conn, device_ids: Sequence[int], since: datetime) -> None:
    """These devices have watched over their resident since then, if they were thought to have come later."""
    conn.execute(WATCH_SINCE, {"devices": list(device_ids), "since": since})
