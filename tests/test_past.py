"""A past that is written quickly has its rollups at once, on both databases, and nobody else makes them meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest

from records.database import Conn, has_timescale
from simulators import history
from simulators.incidents import Town
from simulators.moving_in import move_in
from tests.flavours import Flavour, pause_jobs

DAY = timedelta(days=1)
TOWN = Town(seed=5, count=1, incidents_per_day=0)
HELD_BACK = """
    SELECT bool_and(next_start > clock_timestamp() + interval '30 s'
                    AND next_start < clock_timestamp() + interval '1 hour')
      FROM timescaledb_information.jobs WHERE proc_name = 'policy_refresh_continuous_aggregate'
"""


def test_a_past_has_its_hours_and_its_last_minutes_at_once(flavour: Flavour) -> None:
    if flavour.name == "npm":
        pytest.skip("writing a past needs several connections")
    if flavour.name == "native":
        pause_jobs(flavour.conn, pause=False)
    now = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = now - 10 * DAY
    rows = history.write(flavour.url, TOWN, move_in(flavour.url, TOWN, since), since, now)
    assert readings(flavour.conn, "SELECT sum(readings) FROM observation_hour WHERE bucket < %s", now) == rows
    lately = "SELECT sum(readings) FROM observation_minute WHERE bucket >= %s"
    raw = "SELECT count(*) FROM observation WHERE time >= %s"
    assert readings(flavour.conn, lately, now - 7 * DAY) == readings(flavour.conn, raw, now - 7 * DAY)
    if has_timescale(flavour.conn):
        row = flavour.conn.execute(HELD_BACK).fetchone()
        assert row == (True,)


def readings(conn: Conn, statement: str, at: datetime) -> int:
    row = conn.execute(statement.encode(), (at,)).fetchone()
    assert row is not None
    return int(row[0])
