"""The replay's pure half: reading the recording, moving its days, keeping the pace."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.devices import DeviceKind, check_names
from care.metrics import METRICS, MetricKind
from simulators.ordonez import BadRecording, parse
from simulators.timetable import Pace, changes, days_to_now, last_end

SHANGHAI = ZoneInfo("Asia/Shanghai")

# Written for these tests in the shape of the recording; the recording itself is not ours to give away.
HEADING = "Start time\tEnd time\tLocation\tType\t\tPlace\n----------\t--------\t--------\t----\t-----\t-----\n"
EVENING = HEADING + (
    "2024-03-05 22:10:00\t\t2024-03-05 22:10:03\t\tDoor\t\tPIR\t\t\tBedroom\n"
    "2024-03-05 22:11:00\t\t2024-03-06 06:40:10\t\tBed\t\t\tPressure\tBedroom\n"
    "2024-03-06 06:41:00  2024-03-06 06:42:00  Toilet  Flush  Bathroom\n"
    "2024-03-06 07:00:00\t2024-03-06 07:00:20\tFridge\tMagnetic\tKitchen\n"
    "2024-03-06 07:30:00\t2024-03-06 07:30:09\tMaindoor\tMagnetic\tEntrance\n"
)


def line(*rows: str) -> bytes:
    """A recording of these rows."""
    return (HEADING + "\n".join(rows) + "\n").encode()


def test_every_row_becomes_a_time_that_one_sensor_was_on() -> None:
    rows = parse(EVENING.encode())
    assert [(row.sensor.name, row.sensor.metric, row.sensor.place) for row in rows] == [
        ("door-pir-bedroom", "motion", "bedroom"),
        ("bed-pressure-bedroom", "in_bed", "bedroom"),
        ("toilet-flush-bathroom", "motion", "toilet"),
        ("fridge-magnetic-kitchen", "door_open", "kitchen fridge"),
        ("maindoor-magnetic-entrance", "door_open", "entrance"),
    ]
    assert rows[1].end - rows[1].start == timedelta(hours=8, minutes=29, seconds=10)


def test_only_the_main_door_is_the_door_of_the_home() -> None:
    kinds = {row.sensor.name: row.sensor.kind for row in parse(EVENING.encode())}
    assert [name for name, kind in kinds.items() if kind is DeviceKind.DOOR] == ["maindoor-magnetic-entrance"]


def test_windows_line_ends_a_byte_order_mark_and_a_missing_heading_are_no_trouble() -> None:
    plain = parse(EVENING.encode())
    assert parse(b"\xef\xbb\xbf" + EVENING.replace("\n", "\r\n").encode()) == plain
    assert parse(EVENING.removeprefix(HEADING).encode()) == plain


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("2024-03-05 22:10:00\t2024-03-05 22:10:03\tBed\tPressure", "line 3: not start, end, location, type and place"),
        ("2024-03-05 22:10:00\t2024-03-05 22:09:00\tBed\tPressure\tBedroom", "line 3: the end is before the start"),
        ("2024-02-30 22:10:00\t2024-03-05 22:10:03\tBed\tPressure\tBedroom", "line 3: the start is no date"),
        ("2024-03-05 22:10:00\t2024-03-05 22:61:03\tBed\tPressure\tBedroom", "line 3: the end is no date"),
        ("2024-03-05 22:10:00\t2024-03-05 22:10:03\tBed\tLaser\tBedroom", "line 3: unknown type of sensor"),
        ("", "the file has no rows"),
    ],
)
def test_a_bad_line_is_named_and_so_is_the_fix(row: str, says: str) -> None:
    with pytest.raises(BadRecording, match=says):
        parse(line(row))


def test_a_picture_is_no_recording() -> None:
    with pytest.raises(BadRecording, match="not text"):
        parse(b"\x89PNG\r\n\xff\xd8")


@given(
    location=st.text(st.characters(exclude_categories=("Z", "C")), min_size=1, max_size=80),
    kind=st.sampled_from(["Pressure", "PIR", "Magnetic", "Flush", "Electric"]),
)
def test_every_sensor_fits_a_topic_and_the_catalogue(location: str, kind: str) -> None:
    sensor = parse(line(f"2024-03-05 22:10:00 2024-03-05 22:10:03 {location} {kind} Hall"))[0].sensor
    check_names("ordonez", sensor.name)
    assert METRICS[sensor.metric].kind is MetricKind.STATE


def test_starts_and_ends_come_in_order_over_all_sensors() -> None:
    played = changes(parse(EVENING.encode()), timedelta(0), SHANGHAI)
    assert [change.time for change in played] == sorted(change.time for change in played)
    assert len(played) == 10
    assert [change.value for change in played if change.sensor.metric == "in_bed"] == [1, 0]
    assert played[0].time == datetime(2024, 3, 5, 14, 10, tzinfo=UTC)


def test_a_sensor_that_ends_and_starts_in_the_same_second_stayed_on() -> None:
    rows = parse(
        line(
            "2024-03-05 22:00:00 2024-03-05 22:10:00 Seat Pressure Living",
            "2024-03-05 22:10:00 2024-03-05 22:20:00 Seat Pressure Living",
        )
    )
    assert [change.value for change in changes(rows, timedelta(0), UTC)] == [1, 1, 0]


@pytest.mark.parametrize(
    ("now", "days"),
    [
        (datetime(2024, 3, 6, 7, 30, 10, tzinfo=SHANGHAI), 0),
        (datetime(2024, 3, 6, 7, 30, 9, tzinfo=SHANGHAI), -1),  # the last row must be past
        (datetime(2024, 3, 7, 7, 30, 0, tzinfo=SHANGHAI), 0),
        (datetime(2024, 3, 7, 7, 31, 0, tzinfo=SHANGHAI), 1),
        (datetime(2024, 3, 6, 23, 31, 0, tzinfo=UTC), 1),  # the same moment, told in another zone
        (datetime(2026, 11, 23, 12, 0, 0, tzinfo=SHANGHAI), 992),
    ],
)
def test_now_moves_by_whole_days_to_the_latest_that_is_past(now: datetime, days: int) -> None:
    assert days_to_now(last_end(parse(EVENING.encode())), now, SHANGHAI) == timedelta(days=days)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_after_moving_the_last_row_is_past_and_less_than_a_day_old(now: datetime) -> None:
    last = last_end(parse(EVENING.encode()))
    moved = (last + days_to_now(last, now, SHANGHAI)).replace(tzinfo=SHANGHAI)
    assert timedelta(0) < now - moved <= timedelta(days=1)


def test_moving_keeps_the_time_of_day() -> None:
    rows = parse(EVENING.encode())
    moved = changes(rows, timedelta(days=992), SHANGHAI)
    assert [change.time.astimezone(SHANGHAI).time() for change in moved] == [
        change.time.astimezone(SHANGHAI).time() for change in changes(rows, timedelta(0), SHANGHAI)
    ]


BEGIN = datetime(2024, 3, 5, tzinfo=UTC)


def test_an_hour_at_speed_600_takes_six_seconds() -> None:
    pace = Pace(BEGIN, begun=100.0, speed=600)
    assert pace.wait(BEGIN + timedelta(hours=1), now=100.0) == pytest.approx(6)
    assert pace.wait(BEGIN + timedelta(hours=1), now=104.5) == pytest.approx(1.5)


def test_who_is_late_does_not_wait_and_the_lateness_does_not_add_up() -> None:
    pace = Pace(BEGIN, begun=0.0, speed=60)
    assert pace.wait(BEGIN + timedelta(minutes=1), now=7.0) == 0
    assert pace.wait(BEGIN + timedelta(minutes=10), now=7.0) == pytest.approx(3)


@given(cost=st.floats(0, 0.9), steps=st.integers(1, 50))
def test_the_pace_never_drifts_whatever_a_message_costs(cost: float, steps: int) -> None:
    pace, now = Pace(BEGIN, begun=0.0, speed=60), 0.0
    for minute in range(1, steps + 1):
        now += pace.wait(BEGIN + timedelta(minutes=minute), now)
        assert now == pytest.approx(minute)
        now += cost


def test_speed_0_never_waits() -> None:
    assert Pace(BEGIN, begun=0.0, speed=0).wait(BEGIN + timedelta(days=9), now=0.0) == 0
