"""What the pages list: current values, nights, devices that need somebody, and a few numbers over all of it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.devices import DeviceKind
from care.rules import RULES
from records import cursor
from records.database import Conn
from records.equipment import devices, inventory
from records.equipment.inventory import Which
from records.ids import new_id
from records.judging import alerts
from records.judging.alerts import Opening
from records.readings.nights import latest, longest_stay, nights
from records.readings.now import current
from records.readings.observations import Row
from records.readings.spans import Span
from records.readings.summary import summary
from records.scope import EVERYTHING, Scope
from tests.flavours import Flavour

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
"""Noon in Ma'anshan."""
SHANGHAI = ZoneInfo("Asia/Shanghai")
LONG_AGO = NOW - timedelta(days=40)


def bind(
    conn: Conn, name: str, kind: DeviceKind, resident: str = "王桂珍", expected_interval: timedelta | None = None
) -> int:
    return devices.register(
        conn, "acme", name, kind, resident=resident, expected_interval=expected_interval, now=LONG_AGO
    )


def who(conn: Conn, name: str = "王桂珍") -> UUID:
    found = devices.find_resident(conn, name)
    assert found is not None
    return found


def store(flavour: Flavour, rows: list[Row]) -> None:
    flavour.observations.ensure_partitions(flavour.conn, rows)
    with flavour.conn.transaction():
        flavour.observations.save(flavour.conn, rows, NOW)


def seen(conn: Conn, device: int, ago: timedelta, *, online: bool | None = None, battery: float | None = None) -> None:
    conn.execute(
        "INSERT INTO device_state (device_id, last_seen, online, battery) VALUES (%s, %s, %s, %s)",
        (device, NOW - ago, online, battery),
    )


def test_the_latest_value_of_each_metric_is_the_current_one(flavour: Flavour) -> None:
    conn = flavour.conn
    bed = bind(conn, "bed-1", DeviceKind.BED, expected_interval=timedelta(seconds=10))
    door = bind(conn, "door-1", DeviceKind.DOOR)
    cuff = bind(conn, "cuff-1", DeviceKind.VITALS)
    store(
        flavour,
        [
            Row(bed, NOW - timedelta(hours=3), {"heart_rate": 71.0, "in_bed": 1, "movement": 3.0}),
            Row(bed, NOW - timedelta(hours=2), {"heart_rate": 64.5}),
            Row(bed, NOW - timedelta(hours=1), {"in_bed": 0, "apnea_events": 2.0}),
            Row(door, NOW - timedelta(hours=60), {"door_open": 0}),
            Row(cuff, NOW - timedelta(hours=80), {"systolic": 140.0}),
        ],
    )
    found = {one.metric: one for one in current(conn, who(conn), NOW)}
    assert {name: one.value for name, one in found.items()} == {
        "heart_rate": 64.5,
        "in_bed": 0,
        "movement": 3,
        "door_open": 0,
    }
    assert found["heart_rate"].time == NOW - timedelta(hours=2)
    assert (found["heart_rate"].unit, found["heart_rate"].expected_interval) == ("/min", 10.0)
    assert found["door_open"].expected_interval is None


def test_what_a_device_saw_of_somebody_else_is_not_shown(flavour: Flavour) -> None:
    conn = flavour.conn
    bed = bind(conn, "bed-1", DeviceKind.BED)
    store(flavour, [Row(bed, NOW - timedelta(hours=3), {"heart_rate": 71.0})])
    other = devices.add_resident(conn, "李建国")
    devices.bind(conn, bed, other, NOW - timedelta(hours=1))
    assert current(conn, other, NOW) == []
    assert current(conn, who(conn), NOW) == []


def a_night(bed: int, evening: datetime, *ups: tuple[float, float]) -> list[Row]:
    """In bed for eight hours from `evening`, each minute; up between the hours given."""

    def lies(minute: int) -> bool:
        return 0 <= minute < 480 and not any(60 * start <= minute < 60 * end for start, end in ups)

    return [
        Row(
            bed,
            evening + timedelta(minutes=minute),
            {"in_bed": int(lies(minute))} | ({"heart_rate": 58.0, "respiration_rate": 14.0} if lies(minute) else {}),
        )
        for minute in range(-30, 510)
    ]


def test_a_night_says_how_long_in_bed_and_how_often_up(flavour: Flavour) -> None:
    conn = flavour.conn
    bed = bind(conn, "bed-1", DeviceKind.BED, expected_interval=timedelta(minutes=1))
    store(flavour, a_night(bed, datetime(2026, 11, 18, 14, tzinfo=UTC), (2, 2.25), (5, 5.5)))  # 22:00
    newest, earlier, nothing = nights(conn, who(conn), date(2026, 11, 19), 3, SHANGHAI, NOW)
    assert (newest.night, newest.known, newest.in_bed, newest.times_up) == (date(2026, 11, 19), 0, None, None)
    assert earlier.night == date(2026, 11, 18)
    assert earlier.start == datetime(2026, 11, 18, 14, tzinfo=UTC)
    assert earlier.end == datetime(2026, 11, 18, 22, tzinfo=UTC)
    assert (earlier.in_bed, earlier.out_of_bed, earlier.times_up) == (7.25 * 3600, 0.75 * 3600, 2)
    assert (earlier.heart_rate, earlier.respiration) == (58.0, 14.0)
    assert nothing.in_bed is None


def test_a_night_that_has_not_begun_is_not_listed() -> None:
    for clock, evening in ((17, 19), (18, 20)):
        assert latest(datetime(2026, 11, 20, clock, tzinfo=SHANGHAI), SHANGHAI) == date(2026, 11, evening)


def test_a_bed_that_stayed_empty_is_no_missing_night(flavour: Flavour) -> None:
    conn = flavour.conn
    bed = bind(conn, "bed-1", DeviceKind.BED, expected_interval=timedelta(minutes=1))
    evening = datetime(2026, 11, 18, 14, tzinfo=UTC)
    store(flavour, [Row(bed, evening + timedelta(minutes=m), {"in_bed": 0}) for m in range(60)])
    (night,) = nights(conn, who(conn), date(2026, 11, 18), 1, SHANGHAI, NOW)
    assert (night.in_bed, night.start) == (0, None)
    assert night.known == pytest.approx(3600, abs=200)


SPANS = st.lists(st.tuples(st.integers(1, 5 * 3600), st.integers(0, 4 * 3600), st.booleans()), max_size=12)


@given(SPANS)
def test_a_stay_is_as_long_as_its_parts(parts: list[tuple[int, int, bool]]) -> None:
    at, known = NOW, []
    for lasting, gap, lying in parts:
        until = at + timedelta(seconds=lasting)
        known.append(Span(at, until, int(lying)))
        at = until + timedelta(seconds=gap)
    stay = longest_stay(known)
    seconds = sum((span.until - span.since).total_seconds() for span in known if span.value)
    if stay is None:
        assert seconds == 0
        return
    assert 0 < stay.in_bed <= seconds
    assert stay.in_bed + stay.out_of_bed <= (stay.end - stay.start).total_seconds()


@pytest.fixture
def fleet(flavour: Flavour) -> Iterator[Conn]:
    """Four devices: one is well, one long silent, one with a low battery, one offline; and one of another vendor."""
    conn = flavour.conn
    seen(conn, bind(conn, "bed-1", DeviceKind.BED), timedelta(seconds=20), online=True, battery=90)
    seen(conn, bind(conn, "radar-1", DeviceKind.FALL_RADAR, "李建国"), timedelta(minutes=12), online=True)
    seen(conn, bind(conn, "door-1", DeviceKind.DOOR), timedelta(hours=24), online=True, battery=20)
    seen(conn, bind(conn, "motion-1", DeviceKind.MOTION, "李建国"), timedelta(hours=1), online=False, battery=21)
    other = devices.register(conn, "other", "bed-9", DeviceKind.BED, expected_interval=timedelta(hours=1), now=LONG_AGO)
    seen(conn, other, timedelta(hours=2), online=True)
    yield conn


def names(page: inventory.Page) -> list[str]:
    return [one.device for one in page.devices]


def test_devices_that_need_somebody_are_found(fleet: Conn) -> None:
    listed = {which: names(inventory.page(fleet, EVERYTHING, which, NOW, 100)) for which in Which}
    assert listed == {
        Which.ALL: ["bed-1", "radar-1", "door-1", "motion-1", "bed-9"],
        Which.SILENT: ["radar-1"],
        Which.LOW: ["door-1"],
        Which.OFFLINE: ["motion-1"],
        Which.FAULTY: [],
        Which.UNBOUND: ["bed-9"],
        Which.UNCLAIMED: [],
        Which.LENT: [],
        Which.OVERDUE: [],
        Which.DISABLED: [],
    }
    assert inventory.counts(fleet, EVERYTHING, NOW) == inventory.Counts(5, 1, 1, 1, 0, 1, 0, 0, 0, 0)
    later = NOW + timedelta(hours=2)
    assert names(inventory.page(fleet, EVERYTHING, Which.SILENT, later, 100)) == ["door-1", "bed-9", "radar-1", "bed-1"]


def test_a_device_that_was_never_heard_is_silent_once_its_time_is_over(flavour: Flavour) -> None:
    conn = flavour.conn
    device = bind(conn, "bed-1", DeviceKind.BED)
    for ago, silent in ((timedelta(seconds=60), 0), (timedelta(minutes=5), 1)):
        conn.execute("UPDATE device SET recorded_at = %s WHERE id = %s", (NOW - ago, device))
        assert inventory.counts(conn, EVERYTHING, NOW).silent == silent


def test_a_long_list_goes_on_where_it_stopped(fleet: Conn) -> None:
    found, after = [], None
    while True:
        page = inventory.page(fleet, EVERYTHING, Which.ALL, NOW, 2, after)
        found += names(page)
        after = page.cursor
        if after is None:
            break
    assert found == ["bed-1", "radar-1", "door-1", "motion-1", "bed-9"]
    for nonsense in ("x", "[]", cursor.written("1", 2), "\0", "é"):
        with pytest.raises(cursor.BadCursor):
            inventory.page(fleet, EVERYTHING, Which.ALL, NOW, 2, nonsense)


def test_only_devices_in_the_scope_are_listed_and_a_vendor_is_told_of_nobody(fleet: Conn) -> None:
    mine = Scope(residents=(who(fleet),))
    assert names(inventory.page(fleet, mine, Which.ALL, NOW, 100)) == ["bed-1", "door-1"]
    assert inventory.counts(fleet, Scope(areas=()), NOW).all == 0
    theirs = inventory.page(fleet, Scope(vendor="acme"), Which.ALL, NOW, 100)
    assert names(theirs) == ["bed-1", "radar-1", "door-1", "motion-1"]
    assert {one.resident for one in theirs.devices} | {one.resident_id for one in theirs.devices} == {None}


QUARANTINE = """
    INSERT INTO quarantine (digest, vendor, device, topic, field, reason, payload, first_at, last_at, times)
    VALUES (%s, 'acme', %s, 't', 'time', %s, '', %s, %s, %s)
"""


def test_the_numbers_count_what_may_be_seen(fleet: Conn) -> None:
    conn = fleet
    for number, (device, reason, ago) in enumerate(
        (("bed-1", "late", 1), ("door-1", "late", 30), ("radar-1", "early", 2))
    ):
        at = NOW - timedelta(hours=ago)
        conn.execute(QUARANTINE, (bytes([number] * 32), device, reason, at, at, 3))
    conn.execute(
        "INSERT INTO care_bed (id, resident_id, number, set_up) VALUES (%s, %s, 'MAS-1', '2026-01-01')",
        (new_id(), who(conn)),
    )
    found = summary(conn, EVERYTHING, NOW)
    assert (found.residents, found.beds, found.watched_beds) == (2, 1, 1)
    assert (found.devices, found.silent, found.low, found.quarantined_24h) == (5, 1, 1, 2)
    assert found.alerts == {"high": 0, "medium": 0, "low": 0}
    mine = summary(conn, Scope(residents=(who(conn),)), NOW)
    assert (mine.residents, mine.devices, mine.silent, mine.quarantined_24h) == (1, 2, 0, 1)
    late, early = inventory.reasons(conn, EVERYTHING, 10)
    assert {(one.reason, one.times, one.devices) for one in (late, early)} == {("late", 6, 2), ("early", 3, 1)}


def test_a_residents_alerts_page_back_into_the_past(flavour: Flavour) -> None:
    conn = flavour.conn
    bed = bind(conn, "bed-1", DeviceKind.BED)
    for hour in range(5):
        signal = conn.execute(
            "INSERT INTO signal (rule, device_id, time, received_at, evidence) VALUES ('fall', %s, %s, %s, '{}')"
            " RETURNING id",
            (bed, NOW, NOW),
        ).fetchone()
        assert signal is not None
        at = NOW - timedelta(hours=hour)
        alerts.open_or_repeat(conn, Opening(RULES["fall"], f"{hour}", who(conn), bed, at, at, {}, signal[0]))
    pages, after = [], None
    while True:
        found, after = alerts.alerts_of(conn, who(conn), NOW - timedelta(hours=3), NOW + timedelta(hours=1), 2, after)
        pages.append([(NOW - one.opened_at) // timedelta(hours=1) for one in found])
        if after is None:
            break
    assert pages == [[0, 1], [2, 3]]
    with pytest.raises(cursor.BadCursor):
        alerts.alerts_of(conn, who(conn), LONG_AGO, NOW, 2, cursor.written("yesterday"))
