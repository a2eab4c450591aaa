"""What the tests stand on: a real PostgreSQL, with a fresh database for each test that asks."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from launch.postgres import EmbeddedPostgres
from psycopg.conninfo import make_conninfo

from records.database import Database
from records.migrate import migrate


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """One embedded PostgreSQL for the whole run."""
    folder = tmp_path_factory.mktemp("postgres")
    for parent in (folder, *folder.parents):
        if parent == Path(parent.anchor) or not parent.name.startswith("pytest"):
            break
        parent.chmod(0o755)  # as root it runs as another user, who must get there
    with EmbeddedPostgres(folder) as server:
        yield server


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database with nothing in it."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres.url, autocommit=True) as conn:
        conn.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        yield make_conninfo(postgres.url, dbname=name)
        conn.execute(psycopg.sql.SQL("DROP DATABASE {} WITH (FORCE)").format(psycopg.sql.Identifier(name)))


@pytest.fixture
def database_url(empty_database_url: str) -> str:
    """A freshly migrated database."""
    migrate(empty_database_url)
    return empty_database_url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A pool on a freshly migrated database."""
    with Database(database_url) as pool:
        yield pool
