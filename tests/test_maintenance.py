"""Maintenance of plain PostgreSQL: rollups follow the data, late readings too; what is old goes."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from care.devices import DeviceKind
from records.database import Database, connect, transaction
from records.equipment import devices
from records.readings import store
from records.readings.maintenance import maintain
from records.readings.observations import Observations, Row
from records.readings.policies import Retention
from records.readings.store import Batch, QuarantineRow

RETENTION = Retention(raw=timedelta(days=30), minutes=timedelta(days=60), hours=timedelta(days=90))


def now() -> datetime:
    return datetime.now(UTC)


def store_reading(url: str, time: datetime, value: float = 60) -> None:
    with connect(url, autocommit=True) as conn:
        with transaction(conn):
            bed = devices.register(conn, "acme", "bed-1", DeviceKind.BED, resident="李建国", now=now())
        observations = Observations()
        observations.prepare(conn)
        store.save(conn, Batch("bulk-0", now(), 1, [Row(bed, time, {"heart_rate": value})]), observations)


def averages(database: Database, relation: str) -> list[float]:
    queries = {
        "minute": "SELECT heart_rate_avg FROM observation_minute ORDER BY bucket",
        "hour": "SELECT heart_rate_avg FROM observation_hour ORDER BY bucket",
    }
    with database.transaction() as conn:
        return [row[0] for row in conn.execute(queries[relation].encode())]


def test_rollups_follow_and_late_readings_change_them(database: Database) -> None:
    hour = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
    store_reading(database.url, hour, 60)
    maintain(database, RETENTION, now())
    assert averages(database, "minute") == averages(database, "hour") == [60]
    store_reading(database.url, hour + timedelta(seconds=10), 80)
    maintain(database, RETENTION, now())
    assert averages(database, "minute") == averages(database, "hour") == [70]


def test_what_is_live_now_is_rolled_up_later(database: Database) -> None:
    time = now()
    store_reading(database.url, time)
    maintain(database, RETENTION, time)
    assert averages(database, "minute") == []
    maintain(database, RETENTION, time + timedelta(hours=2))
    assert averages(database, "minute") == averages(database, "hour") == [60]


def test_told_to_stop_it_stops_between_two_steps_and_the_next_round_goes_on(database: Database) -> None:
    hour = now().replace(minute=0, second=0, microsecond=0)
    for age in range(40, 0, -1):
        store_reading(database.url, hour - timedelta(hours=age))
    with database.transaction() as conn:  # it was away for a day and a half
        conn.execute("UPDATE rollup_mark SET done = %(at)s, through = %(at)s", {"at": hour - timedelta(hours=36)})
        conn.execute("DELETE FROM rollup_again WHERE hour >= %s", (hour - timedelta(hours=36),))
    asked = 0

    def soon() -> bool:
        nonlocal asked
        asked += 1
        return asked >= 3

    maintain(database, RETENTION, now(), soon)
    assert len(averages(database, "hour")) == 3, "one hour for each time that it was asked"
    with database.transaction() as conn:
        (late,) = conn.execute("SELECT count(*) FROM rollup_again").fetchone() or (0,)
    assert late == 4, "what else there was to do waits"
    maintain(database, RETENTION, now())
    assert len(averages(database, "hour")) == len(averages(database, "minute")) == 40


def test_old_days_minutes_and_bad_messages_go_and_the_rest_stays(database: Database) -> None:
    for age in (10, 45, 75):
        store_reading(database.url, now() - timedelta(days=age))
    maintain(database, Retention(timedelta(days=400)), now())
    with connect(database.url, autocommit=True) as conn:
        bad = QuarantineRow("acme", "bed-1", None, "t", "payload", "not JSON", None, b"x")
        store.save(conn, Batch("bulk-0", now() - timedelta(days=31), quarantine=[bad]), Observations())
    maintain(database, RETENTION, now())
    assert (len(averages(database, "minute")), len(averages(database, "hour"))) == (2, 3)
    with database.transaction() as conn:
        assert conn.execute("SELECT count(*) FROM observation").fetchone() == (1,)
        assert conn.execute("SELECT count(*) FROM quarantine").fetchone() == (0,)


def test_the_audit_log_is_forgotten_when_its_time_is_over_and_not_otherwise(database: Database) -> None:
    line = "INSERT INTO audit (at, action) VALUES (%s, %s)"
    with database.transaction() as conn:
        for days in (1200, 400, 1):
            conn.execute(line, (now() - timedelta(days=days), f"{days} days ago"))
    maintain(database, Retention(), now())
    maintain(database, Retention(), now())
    with database.transaction() as conn:
        kept = conn.execute("SELECT action, by_user, reason FROM audit ORDER BY id").fetchall()
    assert kept == [("400 days ago", "", ""), ("1 days ago", "", ""), ("forget audit", "ankang maintain", "1")]
    for kept_from, statement in (
        (None, "DELETE FROM audit WHERE action = '400 days ago'"),
        (now() - timedelta(days=500), "DELETE FROM audit WHERE action = '400 days ago'"),
        (now(), "DELETE FROM audit WHERE action = '1 days ago'"),
        (now(), "UPDATE audit SET action = ''"),
        (now(), "TRUNCATE audit"),
    ):
        with pytest.raises(psycopg.Error, match="stays as it is"), database.transaction() as conn:
            if kept_from is not None:
                conn.execute("SELECT set_config('ankang.audit_kept_from', %s, true)", (kept_from.isoformat(),))
            conn.execute(statement.encode())


def test_proofs_of_life_are_kept_for_a_month_and_a_fall_for_longer(database: Database) -> None:
    old = now() - timedelta(days=40)
    with database.transaction() as conn:
        for vendor, device in (("ankang", "canary-340503"), ("acme", "radar-1")):
            number = devices.register(conn, vendor, device, DeviceKind.OTHER, now=old)
            conn.execute(
                """INSERT INTO event (device_id, id, stated_time, time, received_at, name)
                VALUES (%s, '1', %s, %s, %s, 'sos')""",
                (number, old, old, old),
            )
        conn.execute(
            "INSERT INTO canary (id, area_id, sent_at) SELECT gen_random_uuid(), min(id), %s FROM area", (old,)
        )
    maintain(database, Retention(), now())
    with database.transaction() as conn:
        assert conn.execute("SELECT count(*) FROM canary").fetchone() == (0,)
        left = conn.execute("SELECT d.vendor FROM event e JOIN device d ON d.id = e.device_id").fetchall()
        assert left == [("acme",)]


def test_a_day_that_was_dropped_can_come_back(database: Database) -> None:
    observations = Observations()
    old = now() - timedelta(days=45)
    with connect(database.url, autocommit=True) as conn:
        observations.prepare(conn)
        with transaction(conn):
            bed = devices.register(conn, "acme", "bed-1", DeviceKind.BED, now=now())
        store.save(conn, Batch("bulk-0", now(), 1, [Row(bed, old, {"heart_rate": 60})]), observations)
        maintain(database, RETENTION, now())
        store.save(conn, Batch("bulk-0", now(), 1, [Row(bed, old, {"heart_rate": 60})]), observations)
        assert conn.execute("SELECT count(*) FROM observation").fetchone() == (1,)
