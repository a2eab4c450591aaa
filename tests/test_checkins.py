"""Check-ins: when they are expected, what follows from silence, and what counts as a sign of life."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest

from alerts import checkins as engine
from care.checkins import Ask, Patience, Schedule, State, Waiting, judge
from care.devices import DeviceKind
from records.database import Database
from records.living import life
from records.living.life import Asked
from records.readings.observations import Row
from records.rounds import checkin_plans
from tests.centre import id_of, observe
from tests.people import NOW, give

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PATIENCE = Patience(HOUR, 3, 10 * MINUTE)


def test_eight_in_the_morning_is_eight_on_the_clock_of_the_place() -> None:
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    assert Schedule.at(time(8)).openings(midnight, midnight + DAY) == [midnight]  # 08:00 in Shanghai
    berlin = Schedule.at(time(8), zone="Europe/Berlin")
    march = datetime(2026, 3, 28, tzinfo=UTC)  # the clocks change on the 29th
    assert [at.hour for at in berlin.openings(march, march + 3 * DAY)] == [7, 6, 6]
    skipped = Schedule.at(time(2, 30), zone="Europe/Berlin").openings(march, march + 3 * DAY)
    assert len(skipped) == 3


def test_weekly_means_on_these_days_and_a_window_that_opens_now_is_not_lost() -> None:
    monday_eight = datetime(2026, 11, 23, tzinfo=UTC)
    weekly = Schedule.at(time(8), (1, 7))
    opened = weekly.openings(monday_eight, monday_eight + 7 * DAY)
    assert opened == [monday_eight, monday_eight + 6 * DAY]


@pytest.mark.parametrize(
    ("cron", "zone", "field"),
    [
        ("0 8 * *", "Asia/Shanghai", "cron: use five"), ("x 8 * * *", "Asia/Shanghai", "cron: bad minute"),
        ("* * * * *", "Asia/Shanghai", "cron: at most"), ("0 8 * * *", "Mars/Olympus", "zone: use"),
        ("0 8 30 2 *", "Asia/Shanghai", "cron: bad day"),
    ],
)  # fmt: skip
def test_a_plan_that_makes_no_sense_is_refused_with_the_field(cron: str, zone: str, field: str) -> None:
    with pytest.raises(ValueError, match=field):
        Schedule(cron, zone).check(NOW)


def test_silence_asks_one_after_the_other_and_ends_at_the_centre() -> None:
    closes, now = NOW, NOW
    found, seen = Waiting(State.DUE, closes), []
    while found.state is not State.MISSED:
        verdict = judge(found, PATIENCE, reachable=True, contacts=2, now=now)
        seen.append(((now - closes) // MINUTE, verdict.state, verdict.ask))
        found = Waiting(verdict.state, closes, verdict.tries, verdict.contacts_told)
        assert verdict.due_at is not None and verdict.due_at > now
        now = verdict.due_at
    assert seen == [
        (0, State.LATE, None), (60, State.TRIED, Ask.RESIDENT), (70, State.TRIED, Ask.RESIDENT),
        (80, State.TRIED, Ask.RESIDENT), (90, State.WITH_CONTACTS, Ask.CONTACT),
        (100, State.WITH_CONTACTS, Ask.CONTACT), (110, State.MISSED, Ask.CENTRE),
    ]  # fmt: skip


def test_who_has_nobody_to_ask_is_with_the_centre_as_soon_as_the_grace_is_over() -> None:
    verdict = judge(Waiting(State.LATE, NOW), PATIENCE, reachable=False, contacts=0, now=NOW + HOUR)
    assert (verdict.state, verdict.ask) == (State.MISSED, Ask.CENTRE)


def test_a_missed_one_is_looked_at_for_a_day_and_asks_nobody_again() -> None:
    later = judge(Waiting(State.MISSED, NOW, 3, 2), PATIENCE, reachable=True, contacts=2, now=NOW + 2 * HOUR)
    assert (later.state, later.ask, later.due_at) == (State.MISSED, None, NOW + 2 * HOUR + 10 * MINUTE)
    assert judge(Waiting(State.MISSED, NOW), PATIENCE, reachable=True, contacts=2, now=NOW + DAY).due_at is None


def sign(database: Database, resident: UUID) -> str | None:
    with database.transaction() as conn:
        found = life.signs(conn, [Asked(resident, resident, NOW - HOUR, NOW)])
    return found[resident].kind if resident in found else None


@pytest.mark.parametrize(
    ("kind", "readings", "expected"),
    [
        (DeviceKind.MOTION, [{"motion": 1}], "motion"),
        (DeviceKind.MOTION, [{"motion": 0}], None),
        (DeviceKind.WATER_METER, [{"water_used": 2.0}], "water"),
        (DeviceKind.WATER_METER, [{"water_used": 0.0}], None),
        (DeviceKind.WEARABLE, [{"steps": 4.0}], "steps"),
        (DeviceKind.DOOR, [{"door_open": 0}, {"door_open": 1}, {"door_open": 0}], "door"),
        (DeviceKind.DOOR, [{"door_open": 1}, {"door_open": 1}], None),
        (DeviceKind.BED, [{"in_bed": 1, "movement": 3.0}, {"in_bed": 0, "movement": 0.0}], "bed"),
        (DeviceKind.BED, [{"in_bed": 1, "movement": 3.0, "heart_rate": 60.0}] * 3, None),
        (DeviceKind.BED, [{"in_bed": 1, "movement": 40.0}], "movement"),
        (DeviceKind.FALL_RADAR, [{"presence": 1}], None),
        (DeviceKind.CLIMATE, [{"temperature": 21.0}], None),
    ],
)
def test_only_what_a_person_does_is_a_sign_of_life(
    database: Database, kind: DeviceKind, readings: list[dict[str, float]], expected: str | None
) -> None:
    wearer = give(database, "王桂珍", "thing-1", kind)
    rows = [Row(wearer.device_id, NOW - 30 * MINUTE + n * MINUTE, values) for n, values in enumerate(readings)]
    observe(database, rows)
    assert sign(database, id_of(database, "王桂珍")) == expected


def test_what_was_before_the_window_is_no_sign_but_says_what_changed(database: Database) -> None:
    door = give(database, "王桂珍", "door-1", DeviceKind.DOOR)
    wang = id_of(database, "王桂珍")
    observe(database, [Row(door.device_id, NOW - 5 * HOUR, {"door_open": 0})])
    assert sign(database, wang) is None
    observe(database, [Row(door.device_id, NOW - 10 * MINUTE, {"door_open": 1})])
    assert sign(database, wang) == "door"


def test_a_plan_makes_its_rows_once_and_an_ended_one_takes_back_what_has_not_begun(database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    wang = id_of(database, "王桂珍")

    def rows() -> int:
        with database.transaction() as conn:
            found = conn.execute("SELECT count(*) FROM check_in").fetchone()
        assert found is not None
        return int(found[0])

    with database.transaction() as conn:
        plan = checkin_plans.make_plan(conn, wang, Schedule.at(time(8)), HOUR, NOW)
    assert rows() == 2 - 1  # NOW is 20:00 in Shanghai: 36 hours hold one morning
    with database.transaction() as conn:
        assert engine.plan_ahead(conn, NOW + MINUTE) == 0
        assert engine.plan_ahead(conn, NOW + 13 * HOUR) == 1
        assert engine.plan_ahead(conn, NOW + 13 * HOUR) == 0
    assert rows() == 2
    with database.transaction() as conn:
        assert checkin_plans.end_plan(conn, wang, plan, NOW + 13 * HOUR)
        assert not checkin_plans.end_plan(conn, wang, plan, NOW + 13 * HOUR)
    assert rows() == 1


def test_a_lagging_ingest_holds_the_verdict_for_half_an_hour_and_not_longer(database: Database) -> None:
    give(database, "王桂珍", "bed-1")
    wang = id_of(database, "王桂珍")
    with database.transaction() as conn:
        checkin_plans.make_plan(conn, wang, Schedule.at(time(8)), HOUR, NOW)
        conn.execute("INSERT INTO watermark VALUES ('bulk-0', %s, 1, %s)", (NOW, NOW))
        closes = NOW + 13 * HOUR
        for minutes, expected in ((0, "due"), (29, "due"), (30, "late")):
            engine.sweep(conn, closes + minutes * MINUTE)
            row = conn.execute("SELECT state FROM check_in ORDER BY opens_at LIMIT 1").fetchone()
            assert row == (expected,)
