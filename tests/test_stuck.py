"""Sensors that repeat the very same value: found, said, counting for nobody, and over when they tell another."""

from datetime import UTC, datetime, timedelta

from alerts import stuck
from care import stuck as care
from care.coverage import State, Why
from care.devices import DeviceKind
from care.stuck import Hour
from records.database import Conn, Database
from records.equipment import coverage, devices
from records.equipment import stuck as records
from records.judging import alerts
from records.readings import store
from tests.flavours import Flavour
from tests.people import give

HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 23, 12, 10, tzinfo=UTC)


def told(values: list[float], begin: datetime = NOW) -> list[Hour]:
    """One value in each hour."""
    return [Hour(begin + number * HOUR, value, value) for number, value in enumerate(values)]


WEEK = [20.0 + number % 5 for number in range(24 * 7)]


def test_what_is_far_longer_than_ever_is_stuck_and_what_the_sensor_always_did_is_not() -> None:
    assert care.stuck(told([*WEEK, *[21.5] * 5]), "temperature") is None
    found = care.stuck(told([*WEEK, *[21.5] * 6]), "temperature")
    assert found is not None
    assert (found.value, found.hours, found.longest_before) == (21.5, 6, 1)
    slow = [20.0 + number // 4 % 5 for number in range(24 * 8)]
    assert care.stuck(told([*slow, *[29.0] * 11]), "temperature") is None
    assert care.stuck(told([*slow, *[29.0] * 12]), "temperature") is not None
    assert care.stuck(told([21.5] * 100), "temperature") is None, "nobody knows yet what this sensor does"


def test_zero_is_stuck_where_nothing_rests_at_it_and_else_when_it_has_been_so_for_a_week() -> None:
    assert care.stuck(told([*WEEK, *[0.0] * 6]), "temperature") is not None
    assert care.stuck(told([*WEEK, *[0.0] * 6]), "movement") is not None, "of hours in which somebody lay there"
    assert care.stuck(told([*WEEK, *[0.0] * 167]), "power") is None, "nobody cooks while they are away"
    assert care.stuck(told([*WEEK, *[0.0] * 168]), "power") is not None


def test_an_hour_in_which_it_moved_ends_it() -> None:
    hours = told([*WEEK, *[21.5] * 5])
    moved = Hour(hours[-1].time + HOUR, 21.5, 22.0)
    assert care.stuck([*hours, moved], "temperature") is None


def roll_up(conn: Conn, device: int, values: list[float], until: datetime) -> None:
    """What the rollups hold of a device that told these values in the hours before `until`."""
    first = until.replace(minute=0) - len(values) * HOUR
    for number, value in enumerate(values):
        conn.execute(
            "INSERT INTO observation_hour (device_id, bucket, readings, temperature_avg, temperature_min,"
            " temperature_max) VALUES (%s, %s, 60, %s, %s, %s)",
            (device, first + number * HOUR, value, value, value),
        )


def test_a_stuck_sensor_is_one_alert_its_owner_is_not_covered_by_it_and_both_end(database: Database) -> None:
    sensor = give(database, "王桂珍", "sensor-1", DeviceKind.OTHER, since=NOW - 60 * 24 * HOUR).device_id
    with database.transaction() as conn:
        conn.execute(store.SEEN, {"at": NOW, "ids": [sensor]})
        conn.execute("UPDATE device_watch SET condition = 'well', due_at = 'infinity'")
        wang = devices.find_resident(conn, "王桂珍")
        assert wang is not None
        roll_up(conn, sensor, [*WEEK, *[21.5] * 8], NOW)
        assert stuck.look(conn, NOW) == 1
        assert stuck.look(conn, NOW) == 0
        (alert,) = alerts.open_alerts(conn)
        assert (alert.rule, alert.evidence["metric"], alert.evidence["hours"]) == ("device_stuck", "temperature", 8)
        found = coverage.of_resident(conn, wang, NOW)
        assert (found.state, [one.why for one in found.reasons]) == (State.BLIND, [Why.FAULTY])
        roll_up(conn, sensor, [22.0], NOW + HOUR)
        assert stuck.look(conn, NOW + HOUR) == 1
        assert alerts.open_alerts(conn) == []
        assert coverage.of_resident(conn, wang, NOW + HOUR).state is State.ARMED


def test_a_sensor_that_speaks_every_four_hours_is_found_too(database: Database) -> None:
    sensor = give(database, "王桂珍", "sensor-1", DeviceKind.OTHER, since=NOW - 60 * 24 * HOUR).device_id
    with database.transaction() as conn:
        for number, value in enumerate([*WEEK[:60], *[21.5] * 6]):
            roll_up(conn, sensor, [value], NOW - (65 - number) * 4 * HOUR)
        assert stuck.look(conn, NOW) == 0
        assert stuck.look_longer(conn, NOW) == 1
        assert [alert.evidence["hours"] for alert in alerts.open_alerts(conn)] == [6]


def lies(conn: Conn, bed: int, in_bed: list[int], movement: list[float]) -> None:
    """So many seconds of each of the last hours somebody lay there, and moved so much at the most."""
    for number, (on, most) in enumerate(zip(in_bed, movement, strict=True)):
        conn.execute(
            "INSERT INTO observation_hour (device_id, bucket, readings, in_bed_on, movement_min, movement_max)"
            " VALUES (%s, %s, 60, %s, 0, %s)",
            (bed, NOW.replace(minute=0) - (len(in_bed) - number) * HOUR, on, most),
        )


def test_a_bed_that_feels_nobody_who_lies_in_it_is_stuck_and_an_empty_one_is_not(
    database: Database,
) -> None:
    since = NOW - 60 * 24 * HOUR
    names = {"bed-1": "王桂珍", "bed-2": "李建国"}
    still, empty = (give(database, name, bed, since=since).device_id for bed, name in names.items())
    nights = [3600] * 8 + [0] * 16
    with database.transaction() as conn:
        lies(conn, still, nights * 10, [30.0, 0.0] * 108 + [0.0] * 24)
        lies(conn, empty, nights * 9 + [0] * 24, [30.0, 0.0] * 108 + [0.0] * 24)
        assert stuck.look(conn, NOW) == 0
        assert stuck.look_longer(conn, NOW) == 1
        assert [alert.device_id for alert in alerts.open_alerts(conn)] == [still]


def test_the_hours_are_read_on_both_databases(flavour: Flavour) -> None:
    assert records.suspects(flavour.conn, NOW) == []
    assert records.seldom_or_zero(flavour.conn, NOW) == []
    assert records.hours(flavour.conn, 1, "movement", NOW) == []
    assert records.hours(flavour.conn, 1, "temperature", NOW) == []
