"""The way to PostgreSQL: a pool of connections, transactions, and notifications."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString

import psycopg
from psycopg import Connection, sql
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from records.errors import Unavailable

Conn = Connection[TupleRow]

_OPTIONS = "-c timezone=UTC -c timescaledb.max_tuples_decompressed_per_dml_transaction=0"
"""Back-fill into compressed chunks must pass (plain PostgreSQL ignores the second setting)."""


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
        raise Unavailable(f"the database is not reachable ({type(error).__name__})") from error


def connect(url: str, *, timeout: float = 5.0, autocommit: bool = False) -> Conn:
    """One connection of one's own; Unavailable where there is none within `timeout` seconds."""
    with _our_errors():
        return psycopg.connect(
            url,
            connect_timeout=max(2, round(timeout)),
            autocommit=autocommit,
            application_name="ankang",
            options=_OPTIONS,
        )


@contextmanager
def transaction(conn: Conn) -> Iterator[Conn]:
    """All or nothing on a connection of one's own."""
    with _our_errors(), conn.transaction():
        yield conn


@contextmanager
def rehearsal(conn: Conn) -> Iterator[Conn]:
    """Inside a transaction: what is done in here is really done, and then taken back."""
    with _our_errors(), conn.transaction(force_rollback=True):
        yield conn


class Database:
    """A pool of connections to one database; made once by each service, closed by `with`."""

    def __init__(self, url: str, *, size: int = 4, timeout: float = 5.0) -> None:
        """`timeout`: seconds to wait for a connection before Unavailable."""
        self.url = url
        self._pool: ConnectionPool[Conn] = ConnectionPool(
            url,
            kwargs={"application_name": "ankang", "options": _OPTIONS, "connect_timeout": 2},
            min_size=1,
            max_size=size,
            timeout=timeout,
            reconnect_timeout=5,
            check=ConnectionPool.check_connection,
            open=False,
        )
        self._pool.open(wait=False)

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give all connections back."""
        self._pool.close(timeout=2)

    @contextmanager
    def transaction(self) -> Iterator[Conn]:
        """A connection whose work is committed together or not at all; Unavailable when PostgreSQL is away."""
        with _our_errors(), self._pool.connection() as conn, conn.transaction():
            yield conn


def listen(url: str, channels: tuple[LiteralString, ...]) -> Conn:
    """A connection that hears these channels; wait on it with `notifications`."""
    conn = connect(url, autocommit=True)
    with _our_errors():
        for channel in channels:
            conn.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
    return conn


def notifications(conn: Conn, timeout: float) -> list[tuple[str, str]]:
    """The (channel, payload) pairs that come within `timeout` seconds; returns as soon as there are some."""
    with _our_errors():
        heard = list(conn.notifies(timeout=timeout, stop_after=1))
        if heard:
            heard += conn.notifies(timeout=0)
    return [(note.channel, note.payload) for note in heard]


def has_timescale(conn: Conn) -> str | None:
    """The version of TimescaleDB in this database, or None."""
    row = conn.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    return row[0] if row else None


def timescale_offered(conn: Conn) -> str | None:
    """The version of TimescaleDB that this server could install, or None."""
    row = conn.execute("SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb'").fetchone()
    return row[0] if row else None


def ensure_database(conn: Conn, name: str) -> None:
    """Create this database unless it is there; on a connection with autocommit."""
    if conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
