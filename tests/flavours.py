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
        conn.execute(psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(identifier, psycopg.sql.Identifier(like)))
        try:
            yield make_conninfo(server, dbname=name)
        finally:
            conn.execute(psycopg.sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


@contextmanager
def migrated(name: str, url: str) -> Iterator[Flavour]:
    """This database with our schema and one connection."""
    migrate(url, Retention())
    observations = Observations(stage_by_insert if name == "npm" else stage_by_copy)
    with connect(url, autocommit=True) as conn:
        if name == "npm":
            conn.prepare_threshold = None  # it keeps what one connection prepared for the next, under the same name
        observations.prepare(conn)
        yield Flavour(name, url, conn, observations)
