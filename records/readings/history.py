"""Writing a long past quickly: rows as ingest stores them, and their rollups at once instead of hour by hour."""

import time
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import LiteralString

from psycopg.errors import LockNotAvailable

from records import database
from records.database import Conn, has_timescale
from records.readings.maintenance import ROLL_UP_HOURS, ROLL_UP_MINUTES
from records.readings.observations import Observations, Row

REFRESH_MINUTES = "CALL refresh_continuous_aggregate('observation_minute', %s, %s)"
REFRESH_HOURS = "CALL refresh_continuous_aggregate('observation_hour', %s, %s)"
HOLD_BACK = """
    SELECT alter_job(job_id, next_start => clock_timestamp() + interval '2 min')
      FROM timescaledb_information.jobs
     WHERE proc_name = 'policy_refresh_continuous_aggregate' AND next_start < clock_timestamp() + interval '90 s'
"""
"""TimescaleDB's own jobs would roll up what is half written, again and again. After two minutes they go on by
themselves, whatever becomes of us."""
READ_MARK = "SELECT done FROM rollup_mark FOR SHARE"
"""Days are rolled up side by side; only maintenance has to wait before it moves the mark."""
NOTE_HOURS = """
    INSERT INTO rollup_again (device_id, hour)
    SELECT device, hour FROM unnest(%s::integer[]) AS device,
           generate_series(%s::timestamptz, %s::timestamptz, interval '1 hour') AS hour
        ON CONFLICT DO NOTHING
"""
_DAY = timedelta(days=1)
_PATIENCE = 120.0
"""Seconds; a job of TimescaleDB that has begun holds its part of the rollups for as long as it takes, mostly less."""


def write(database_url: str, rows: list[Row], received_at: datetime) -> None:
    """Store these rows in one transaction; those that are there already change nothing."""
    store = Observations(note_late=False)
    with database.connect(database_url, autocommit=True) as conn:
        with database.transaction(conn):
            store.prepare(conn)
        with database.transaction(conn):
            store.ensure_partitions(conn, rows)
        with database.transaction(conn):
            store.save(conn, rows, received_at)


def hold_back_maintenance(database_url: str) -> None:
    """TimescaleDB makes no rollups by itself for two minutes; to be called again and again while a past is written."""
    with database.connect(database_url, autocommit=True) as conn:
        if has_timescale(conn):
            conn.execute(HOLD_BACK)


def roll_up(database_url: str, devices: Collection[int], day: datetime, *, minutes: bool = True) -> None:
    """The rollups of the day that begins at `day`, as far as maintenance has got; it makes the later ones itself.

    Called after every row of that day is written. Minutes cost most, and only pages of a few days read them: where
    they are not asked for, maintenance makes them when it comes to it.
    """
    with database.connect(database_url, autocommit=True) as conn:
        if has_timescale(conn):
            for statement in (REFRESH_HOURS, REFRESH_MINUTES) if minutes else (REFRESH_HOURS,):
                _refresh(conn, statement, day)
            return
        with database.transaction(conn):
            row = conn.execute(READ_MARK).fetchone()
            assert row is not None  # noqa: S101 - the migration put it there
            done: datetime = row[0]
            if minutes:
                conn.execute(ROLL_UP_MINUTES, (list(devices), day, min(day + _DAY, done)))
            else:
                conn.execute(NOTE_HOURS, (list(devices), day, day + timedelta(hours=23)))
            whole_hours = done.replace(minute=0, second=0, microsecond=0)
            conn.execute(ROLL_UP_HOURS, (list(devices), day, min(day + _DAY, whole_hours)))


def _refresh(conn: Conn, statement: LiteralString, day: datetime) -> None:
    """This rollup of the day; where a job of TimescaleDB is at it, when that is done."""
    patience = time.monotonic() + _PATIENCE
    while True:
        try:
            conn.execute(statement, (day, day + _DAY))
        except LockNotAvailable:
            if time.monotonic() > patience:
                raise
            time.sleep(0.2)
        else:
            return
