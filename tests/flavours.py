"""The databases that the records must work on: embedded PostgreSQL, TimescaleDB from npm, and a native one if named."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import make_conninfo

from records.database import Conn, connect
from records.migrate import migrate
from records.readings.observations import Observations, stage_by_copy, stage_by_insert
from records.readings.policies import Retention
from tests.whole import eventually

NATIVE_URL = os.environ.get("ANKANG_TEST_TIMESCALE_URL")


@dataclass(frozen=True, slots=True)
class Flavour:
    """One migrated database and how rows get into its staging table."""

    name: str
    url: str
    conn: Conn
    observations: Observations


@contextmanager
def fresh_database(server: str, like: str = "template0") -> Iterator[str]:
    """A new database on this server: empty, or like another one; while somebody is connected to that it is refused."""
    name = f"test_{uuid.uuid4().hex}"
    identifier = psycopg.sql.Identifier(name)
    with psycopg.connect(server, autocommit=True) as conn:
        make = psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(identifier, psycopg.sql.Identifier(like))
        if conn.info.server_version >= 150_000 and conn.execute("SHOW fsync").fetchone() == ("off",):
            make += psycopg.sql.SQL(" STRATEGY file_copy")  # where nothing is synced, several times as fast
        conn.execute(make)
        try:
            yield make_conninfo(server, dbname=name)
        finally:
            conn.execute(psycopg.sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


PAUSE = "SELECT alter_job(job_id, scheduled => %s) FROM timescaledb_information.jobs WHERE hypertable_name IS NOT NULL"
AT_WORK = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%Policy [%'"


def pause_jobs(conn: Conn, *, pause: bool = True) -> None:
    """TimescaleDB's own jobs would begin at once and roll up what a test has half written; what comes later is late."""
    conn.execute(PAUSE, (not pause,))
    if pause:
        eventually(lambda: conn.execute(AT_WORK).fetchone() is None, 30, "no job of TimescaleDB is at work")


@contextmanager
def migrated(name: str, url: str) -> Iterator[Flavour]:
    """This database with our schema and one connection."""
    migrate(url, Retention())
    observations = Observations(stage_by_insert if name == "npm" else stage_by_copy)
    with connect(url, autocommit=True) as conn:
        if name == "npm":
            conn.prepare_threshold = None  # it keeps what one connection prepared for the next, under the same name
        if name == "native":
            pause_jobs(conn)
        observations.prepare(conn)
        yield Flavour(name, url, conn, observations)
