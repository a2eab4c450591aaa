"""The readings of a person, deleted from where they are stored: raw, minutes and hours, the columnstore too.

The rollups are deleted themselves, never refreshed away: where raw readings are no more that would empty everybody's.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from psycopg import sql

from records.database import Conn, has_timescale
from records.leaving.belongings import Wore

STEP = timedelta(days=31)
"""So much is deleted in one transaction."""


def windows(worn: Wore, oldest: datetime, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The time of a device with its person, in steps."""
    begin, end = max(worn.since, oldest), worn.until or now
    while begin < end:
        yield begin, min(begin + STEP, end)
        begin += STEP


OLDEST = """
    SELECT least((SELECT time FROM observation WHERE device_id = %(device)s ORDER BY time LIMIT 1),
                 (SELECT min(bucket) FROM observation_minute WHERE device_id = %(device)s),
                 (SELECT min(bucket) FROM observation_hour WHERE device_id = %(device)s))
"""


def oldest(conn: Conn, device_id: int) -> datetime | None:
    """The oldest that is stored of this device."""
    row = conn.execute(OLDEST, {"device": device_id}).fetchone()
    return row[0] if row else None


STORES = """
    SELECT view_name::text, materialization_hypertable_schema::text, materialization_hypertable_name::text
      FROM timescaledb_information.continuous_aggregates WHERE view_schema = current_schema()
"""


def stores(conn: Conn) -> dict[str, sql.Identifier]:
    """Where each of the rollups is kept."""
    if has_timescale(conn) is None:
        return {name: sql.Identifier(name) for name in ("observation_minute", "observation_hour")}
    return {view: sql.Identifier(schema, table) for view, schema, table in conn.execute(STORES)}


RAW = "DELETE FROM observation WHERE device_id = %(device)s AND time >= %(since)s AND time < %(until)s"
ROLLUP = sql.SQL("DELETE FROM {} WHERE device_id = %(device)s AND bucket >= %(since)s AND bucket < %(until)s")
# What another person's time with the device has left in the hours at both ends is rolled up anew from their readings.
EDGES = """
    INSERT INTO rollup_again (device_id, hour)
    SELECT DISTINCT device_id, date_bin('1 hour', time, 'epoch')
      FROM observation
     WHERE device_id = %(device)s
       AND (time >= %(since_hour)s AND time < %(since_hour)s + interval '1 hour'
            OR time >= %(until_hour)s AND time < %(until_hour)s + interval '1 hour')
    ON CONFLICT DO NOTHING
"""


def delete_readings(conn: Conn, device_id: int, since: datetime, until: datetime) -> dict[str, int]:
    """What this device said from–to, by relation: how many rows there were."""
    terms = {"device": device_id, "since": since, "until": until}
    gone = {"observation": conn.execute(RAW, terms).rowcount}
    begins = {"observation_minute": _minute(since), "observation_hour": _hour(since)}
    for view, store in stores(conn).items():
        gone[view] = conn.execute(ROLLUP.format(store), terms | {"since": begins[view]}).rowcount
    if has_timescale(conn) is None:
        conn.execute(EDGES, terms | {"since_hour": _hour(since), "until_hour": _hour(until)})
    return gone


def _minute(time: datetime) -> datetime:
    return time.replace(second=0, microsecond=0)


def _hour(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
