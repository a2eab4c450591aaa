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


def test_an_alert_from_before_there_were_plans_gets_one_and_begins_anew(empty_database_url: str) -> None:
    steps = migrations_for("plain")
    migrate(empty_database_url, steps=[step for step in steps if step.number <= 15])
    with connect(empty_database_url, autocommit=True) as conn:
        conn.execute(
            """INSERT INTO alert (id, rule, rule_version, class, priority, subject, phase, latched, happened_at,
                                  opened_at, last_at, evidence, plan, raised_at, phase_at, touched_at, due_at)
               SELECT gen_random_uuid(), 'fall', 1, 'personal', 'high', 'device:' || n, 'raised', true, long_ago,
                      long_ago, long_ago, '{}', plan, long_ago, long_ago, long_ago, long_ago
                 FROM (VALUES (1, '[]'::jsonb), (2, '[{"after": 0, "whom": "seat"}]')) AS old (n, plan),
                      (SELECT now() - interval '30 days' AS long_ago) AS moment"""
        )
        migrate(empty_database_url)
        rows = conn.execute(
            "SELECT subject, jsonb_array_length(plan) > 5, raised_at > opened_at FROM alert ORDER BY subject"
        ).fetchall()
    assert rows == [("device:1", True, True), ("device:2", False, False)]


def test_an_edited_migration_is_noticed(database_url: str) -> None:
    first, *others = migrations_for("plain")
    edited = Migration(first.number, first.name, first.flavour, first.text + "\n-- a word\n")
    with pytest.raises(MigrationChanged, match="0001 people"):
        migrate(database_url, steps=[edited, *others])


def test_what_was_told_before_is_known_by_its_address_afterwards(empty_database_url: str) -> None:
    steps = migrations_for("plain")
    migrate(empty_database_url, steps=[step for step in steps if step.number <= 15])
    with connect(empty_database_url) as conn:
        conn.execute(TOLD_AT_0015)
    migrate(empty_database_url, steps=steps)
    with connect(empty_database_url) as conn:
        numbers = conn.execute("SELECT channel, number FROM delivery ORDER BY id").fetchall()
        ways = {channel: id_ for channel, id_ in conn.execute("SELECT channel, id FROM reach")}  # noqa: C416
    assert numbers == [("sms", ways["sms"]), ("email", ways["email"]), ("sms", -1), ("voice", -2), ("pages", 0)]


# Two addresses whose order is not that of their ids, a contact with a telephone number only, and a seat.
TOLD_AT_0015 = """
    INSERT INTO home (id, area_id) SELECT gen_random_uuid(), id FROM area WHERE code = '340503';
    INSERT INTO resident (id, home_id, name) SELECT gen_random_uuid(), id, '王桂珍' FROM home;
    INSERT INTO contact (id, resident_id, name, phone, position)
    SELECT gen_random_uuid(), resident.id, '', '13855512345', n FROM resident, generate_series(1, 2) n;
    INSERT INTO reach (contact_id, channel, address, position)
    SELECT id, channel, channel, position FROM contact, (VALUES ('email', 2), ('sms', 1)) AS way (channel, place)
     WHERE contact.position = 1 ORDER BY channel;
    INSERT INTO alert (id, case_id, rule, rule_version, class, priority, subject, phase, latched, happened_at,
                       opened_at, last_at, raised_at, phase_at, touched_at, evidence)
    SELECT id, id, 'fall', 1, 'personal', 'high', 'platform', 'raised', true, now(), now(), now(), now(), now(), now(),
           '{}'
      FROM gen_random_uuid() AS id;
    INSERT INTO notice (id, alert_id, about, recipient, priority, made_at)
    SELECT gen_random_uuid(), alert.id, 'raised', recipient, 'high', now()
      FROM alert, (SELECT 'contact:' || id FROM contact UNION ALL SELECT 'seat:all') AS whom (recipient);
    INSERT INTO delivery (notice_id, number, channel, address, language, vital_signs, urgent, made_at)
    SELECT notice.id, number, way.channel, way.channel, 'zh-CN', false, true, now()
      FROM (VALUES (1, 1, 'sms'), (1, 2, 'email'), (2, 1, 'sms'), (2, 2, 'voice'), (NULL, 1, 'pages'))
           AS way (contact, number, channel)
      LEFT JOIN contact ON contact.position = way.contact
      JOIN notice ON notice.recipient = coalesce('contact:' || contact.id, 'seat:all');
"""
