"""Migrations: half of one is none, two migrators at once are safe, a newer schema is refused in words."""

import threading

import psycopg
import pytest

from records import migrate as migrations
from records.database import connect
from records.errors import MigrationChanged, SchemaTooNew, SchemaTooOld
from records.migrate import NEWEST, Migration, check_schema, migrate, migrations_for, schema_version

BROKEN = Migration(9001, "broken", None, "CREATE TABLE half (id int); SELECT 1/0; CREATE TABLE whole (id int);")
MENDED = Migration(9001, "broken", None, "CREATE TABLE half (id int); CREATE TABLE whole (id int);")


def tables(url: str) -> set[str]:
    with connect(url) as conn:
        return {
            row[0] for row in conn.execute("SELECT relname FROM pg_class WHERE relname IN ('half', 'whole', 'alert')")
        }


def test_migrating_twice_does_nothing_the_second_time(empty_database_url: str) -> None:
    assert len(migrate(empty_database_url)) == len(migrations_for("plain"))
    assert migrate(empty_database_url) == []


def test_a_migration_that_fails_half_way_leaves_the_database_as_it_was_and_runs_again(empty_database_url: str) -> None:
    steps = migrations_for("plain")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty_database_url, steps=[*steps, BROKEN])
    assert tables(empty_database_url) == {"alert"}
    with connect(empty_database_url) as conn:
        assert schema_version(conn) == NEWEST
    with pytest.raises(SchemaTooNew):  # this release doesn't know 9001, but it was applied, whole
        migrate(empty_database_url, steps=[*steps, MENDED])
    assert tables(empty_database_url) == {"alert", "half", "whole"}


def test_of_two_migrators_at_once_one_does_the_work(empty_database_url: str) -> None:
    done: list[list[str]] = []
    threads = [threading.Thread(target=lambda: done.append(migrate(empty_database_url))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(len, done)) == [0, len(migrations_for("plain"))]


def test_a_newer_schema_is_refused_in_words(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "NEWEST", NEWEST - 1)
    with connect(database_url) as conn, pytest.raises(SchemaTooNew, match="install the newer Ankang again"):
        check_schema(conn)


def test_an_older_schema_is_refused_in_words(empty_database_url: str) -> None:
    with connect(empty_database_url) as conn, pytest.raises(SchemaTooOld, match="run `ankang migrate`"):
        check_schema(conn)


def test_an_edited_migration_is_noticed(database_url: str) -> None:
    first, *others = migrations_for("plain")
    edited = Migration(first.number, first.name, first.flavour, first.text + "\n-- a word\n")
    with pytest.raises(MigrationChanged, match="0001 people"):
        migrate(database_url, steps=[edited, *others])
