"""Numbered migrations: each is one transaction, applied once, in order, by one migrator at a time."""

import hashlib
import re
import threading
from dataclasses import dataclass
from importlib import resources
from typing import LiteralString, cast

import structlog

from records import database
from records.database import Conn
from records.errors import MigrationChanged, SchemaTooNew, SchemaTooOld, Unavailable
from records.readings import policies
from records.readings.policies import Retention

log = structlog.get_logger(__name__)

_NAME = re.compile(r"(?P<number>\d{4})_(?P<name>\w+)(?:\.(?P<flavour>plain|timescale))?\.sql")
_LOCK = 0x616E6B616E67  # "ankang"


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file; `flavour` is None where both databases get the same."""

    number: int
    name: str
    flavour: str | None
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of its text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def all_migrations() -> list[Migration]:
    """Every migration of this release, both flavours, in order."""
    found = []
    for file in resources.files("records").joinpath("migrations").iterdir():
        match = _NAME.fullmatch(file.name)
        if match:
            found.append(Migration(int(match["number"]), match["name"], match["flavour"], file.read_text("utf-8")))
    return sorted(found, key=lambda migration: migration.number)


def migrations_for(flavour: str) -> list[Migration]:
    """What a `plain` or a `timescale` database gets."""
    return [migration for migration in all_migrations() if migration.flavour in (None, flavour)]


NEWEST = max(migration.number for migration in all_migrations())

TABLE = """
    CREATE TABLE IF NOT EXISTS schema_migration (
        number      integer PRIMARY KEY,
        name        text NOT NULL,
        flavour     text NOT NULL, -- of the whole database
        checksum    text NOT NULL,
        applied_at  timestamptz NOT NULL DEFAULT now()
    )
"""


def migrate(url: str, retention: Retention | None = None, steps: list[Migration] | None = None) -> list[str]:
    """Bring the database to this release and return what was applied; safe to run twice, and by two at once.

    A database that already is one flavour stays it; a new one becomes `timescale` where the server offers TimescaleDB.
    """
    applied = []
    with database.connect(url, autocommit=True) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        try:
            conn.execute(TABLE)
            flavour = _flavour(conn)
            for step in steps if steps is not None else migrations_for(flavour):
                if _apply(conn, step, flavour):
                    applied.append(f"{step.number:04} {step.name}")
            _refuse_newer(conn)
            with conn.transaction():
                policies.set_policies(conn, retention or Retention())
        finally:
            if not conn.closed:
                conn.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))
    return applied


def _flavour(conn: Conn) -> str:
    row = conn.execute("SELECT flavour FROM schema_migration ORDER BY number DESC LIMIT 1").fetchone()
    if row:
        return str(row[0])
    return "timescale" if database.timescale_offered(conn) else "plain"


def _apply(conn: Conn, step: Migration, flavour: str) -> bool:
    known = conn.execute("SELECT checksum FROM schema_migration WHERE number = %s", (step.number,)).fetchone()
    if known and known[0] != step.checksum:
        raise MigrationChanged(
            f"migration {step.number:04} {step.name} was edited after it was applied:"
            " put its text back and add a new one"
        )
    if known:
        return False
    log.info("applying migration", number=step.number, migration=step.name)
    with conn.transaction():
        # The text comes with the release, never from outside.
        conn.execute(cast(LiteralString, step.text))  # type: ignore[redundant-cast]
        conn.execute(
            "INSERT INTO schema_migration (number, name, flavour, checksum) VALUES (%s, %s, %s, %s)",
            (step.number, step.name, flavour, step.checksum),
        )
    return True


def schema_version(conn: Conn) -> int:
    """The number of the newest migration in this database; 0 in an empty one."""
    if conn.execute("SELECT to_regclass('schema_migration')").fetchone() == (None,):
        return 0
    row = conn.execute("SELECT coalesce(max(number), 0) FROM schema_migration").fetchone()
    return int(row[0]) if row else 0


def _refuse_newer(conn: Conn) -> None:
    found = schema_version(conn)
    if found > NEWEST:
        raise SchemaTooNew(
            f"the database is at schema {found}, this Ankang knows only up to {NEWEST}: install the newer Ankang again"
        )


def check_schema(conn: Conn) -> None:
    """What every service asks at its start: SchemaTooNew or SchemaTooOld, in words, unless the schema fits."""
    _refuse_newer(conn)
    found = schema_version(conn)
    if found < NEWEST:
        raise SchemaTooOld(f"the database is at schema {found}, this Ankang needs {NEWEST}: run `ankang migrate`")


def wait_for_schema(url: str, stop: threading.Event) -> bool:
    """Wait until the database answers, then check its schema as `check_schema`; False where `stop` came first."""
    while not stop.is_set():
        try:
            with database.connect(url, autocommit=True) as conn:
                check_schema(conn)
            return True
        except Unavailable as problem:
            log.warning("waiting for the database", reason=str(problem))
            stop.wait(1)
    return False
