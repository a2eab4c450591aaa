"""Devices that are lost and back, and how well that leaves people covered, on a clock that the test holds."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from alerts.supervision import sweep
from care.coverage import State, Why
from care.devices import LOW_BATTERY, DeviceKind, expected_interval, silent_after
from care.in_force import Place
from care.rules import RULES
from care.supervision import SETTLE, Condition, Gap, Heard, judge, listened
from records.database import Conn, Database
from records.equipment import coverage, devices, inventory, outages, watch
from records.equipment.inventory import Which
from records.judging import alerts, rule_settings
from records.judging.rule_settings import Change
from records.readings import store
from records.scope import EVERYTHING
from tests.people import NOW, give

MINUTE = timedelta(minutes=1)
BED = Heard(timedelta(seconds=30), NOW)


def test_a_bed_is_silent_after_three_of_its_intervals_and_a_minute_for_the_clock() -> None:
    assert judge(BED, NOW + timedelta(seconds=89), []).condition is Condition.WELL
    assert judge(BED, NOW + timedelta(seconds=90), []).condition is Condition.SILENT
    assert judge(BED, NOW, []).due_at == NOW + timedelta(seconds=90)


QUIET_FOR = (
    "SELECT "
    + watch.QUIET_FOR
    + " FROM (VALUES (%(kind)s::text, %(interval)s::interval)) AS d (kind, expected_interval)"
    + " CROSS JOIN (VALUES (%(limit)s::interval)) AS w (quiet_for)"
    + watch.JOIN_USUAL
)


@pytest.mark.parametrize("limit", [None, timedelta(minutes=42)])
@pytest.mark.parametrize("interval", [None, "its kind's", timedelta(seconds=7)])
def test_the_lists_and_the_supervision_mean_the_same_by_silent(
    database: Database, interval: timedelta | str | None, limit: timedelta | None
) -> None:
    with database.transaction() as conn:
        for kind in DeviceKind:
            own = expected_interval(kind) if isinstance(interval, str) else interval
            terms = watch.usual() | {"kind": str(kind), "interval": own, "limit": limit}
            assert conn.execute(QUIET_FOR, terms).fetchone() == (silent_after(kind, own, limit),), kind


def test_what_we_did_not_hear_ourselves_makes_nobody_silent() -> None:
    gap = Gap(NOW, NOW + 10 * MINUTE)
    assert judge(BED, gap.until + SETTLE + timedelta(seconds=89), [gap]).condition is Condition.WELL
    assert judge(BED, gap.until + SETTLE + timedelta(seconds=90), [gap]).condition is Condition.SILENT


def test_gaps_of_several_lanes_at_once_count_once() -> None:
    gaps = [Gap(NOW, NOW + 5 * MINUTE), Gap(NOW + MINUTE, NOW + 5 * MINUTE)]
    assert listened(NOW, NOW + 10 * MINUTE, gaps) == 3 * MINUTE


def test_a_goodbye_counts_when_it_has_lasted_and_nothing_was_heard_since() -> None:
    gone = Heard(timedelta(hours=25), NOW, online=False, status_time=NOW)
    assert judge(gone, NOW + MINUTE, []).condition is Condition.WELL
    assert judge(gone, NOW + 2 * MINUTE, []).condition is Condition.OFFLINE
    speaks = Heard(timedelta(hours=25), NOW + MINUTE, online=False, status_time=NOW)
    assert judge(speaks, NOW + 2 * MINUTE, []).condition is Condition.WELL


def hear(conn: Conn, at: datetime, ids: Sequence[int]) -> None:
    """These devices speak, and every lane has got so far."""
    conn.execute(store.SEEN, {"at": at, "ids": sorted(ids)})
    go_to(conn, at)


def go_to(conn: Conn, at: datetime) -> list[str]:
    """It is that time, and ingest has kept up; returns the rules of the open alerts after the sweep."""
    for lane in ("events", "status", "bulk-0"):
        store.save_watermark(conn, lane, at)
    sweep(conn, at)
    return sorted(one.rule for one in alerts.open_alerts(conn))


def resident_of(conn: Conn, name: str) -> UUID:
    found = devices.find_resident(conn, name)
    assert found is not None
    return found


def test_a_silent_device_is_one_alert_that_clears_itself_when_it_is_back_for_good(database: Database) -> None:
    bed = give(database, "王桂珍", "bed-1").device_id
    with database.transaction() as conn:
        hear(conn, NOW, [bed])
        wang = resident_of(conn, "王桂珍")
        assert coverage.of_resident(conn, wang, NOW).state is State.ARMED
        assert go_to(conn, NOW + 2 * MINUTE) == []
        blind = coverage.of_resident(conn, wang, NOW + 2 * MINUTE)
        assert (blind.state, [one.why for one in blind.reasons]) == (State.BLIND, [Why.SILENT])
        assert go_to(conn, NOW + 6 * MINUTE) == ["device_silent"]
        (alert,) = alerts.open_alerts(conn)
        assert alert.evidence["last_heard"] == NOW.isoformat()
        hear(conn, NOW + 7 * MINUTE, [bed])
        assert coverage.of_resident(conn, wang, NOW + 7 * MINUTE).state is State.ARMED
        assert go_to(conn, NOW + 8 * MINUTE) == ["device_silent"], "not yet back for good"
        for minute in range(8, 14):
            hear(conn, NOW + minute * MINUTE, [bed])
        assert go_to(conn, NOW + 13 * MINUTE) == []
        then = coverage.at(conn, wang, NOW + 5 * MINUTE)
        assert then is not None and then.state is State.BLIND
        (closed,) = alerts.closed_alerts(conn)
    assert (closed.outcome, closed.occurrences) == ("cleared", 1)


def may_be_silent(conn: Conn, place: Place, at: datetime, **seconds: float) -> None:
    """From now on devices at this place may be quiet for so long."""
    rule_settings.change(conn, Change(RULES["device_silent"], place, seconds, None, "frail", forced=True), at)


def test_how_long_a_device_may_be_silent_is_set_for_an_area_and_a_person_and_the_nearest_wins(
    database: Database,
) -> None:
    hers, his = (give(database, name, f"bed-{n}").device_id for n, name in enumerate(("王桂珍", "李建国")))
    with database.transaction() as conn:
        hear(conn, NOW, [hers, his])
        may_be_silent(conn, Place(), NOW, bed=1800.0)
        may_be_silent(conn, Place(resident_id=resident_of(conn, "王桂珍")), NOW, bed=300.0)
        assert go_to(conn, NOW + MINUTE) == []
        for minute in range(2, 11):
            go_to(conn, NOW + minute * MINUTE)
        (alert,) = alerts.open_alerts(conn)
        assert (alert.device_id, alert.evidence["limit"]["bed"], alert.rule_version) == (hers, 300.0, 3)
        listed = inventory.page(conn, EVERYTHING, Which.SILENT, NOW + 10 * MINUTE, 10)
        assert [one.device for one in listed.devices] == ["bed-0"]
        may_be_silent(conn, Place(), NOW + 10 * MINUTE, bed=30.0)  # what is shorter counts at once
        for minute in range(11, 16):
            go_to(conn, NOW + minute * MINUTE)
        assert sorted(one.device_id or 0 for one in alerts.open_alerts(conn)) == sorted([hers, his])


def test_a_slow_ingest_makes_nobody_silent_and_nobody_covered(database: Database) -> None:
    bed = give(database, "王桂珍", "bed-1").device_id
    with database.transaction() as conn:
        hear(conn, NOW, [bed])
        sweep(conn, NOW + timedelta(hours=1))
        assert alerts.open_alerts(conn) == []
        wang = resident_of(conn, "王桂珍")
        later = coverage.of_resident(conn, wang, NOW + timedelta(hours=1))
        assert (later.state, later.reasons[0].why) == (State.BLIND, Why.PLATFORM)
        assert outages.holding(conn, wang, NOW + timedelta(hours=1)) == "platform"


def test_after_an_outage_of_our_own_devices_have_their_whole_time(database: Database) -> None:
    bed = give(database, "王桂珍", "bed-1").device_id
    with database.transaction() as conn:
        hear(conn, NOW, [bed])
        watch.note_gap(conn, "bulk-0", NOW, NOW + 10 * MINUTE)
        assert go_to(conn, NOW + 11 * MINUTE) == []
        wang = resident_of(conn, "王桂珍")
        assert outages.holding(conn, wang, NOW + 11 * MINUTE) == "platform"
        assert coverage.of_resident(conn, wang, NOW + 11 * MINUTE).state is State.ARMED
        hear(conn, NOW + 12 * MINUTE, [bed])
        assert outages.holding(conn, wang, NOW + 13 * MINUTE) is None


def test_a_low_battery_is_told_once_and_clears_with_a_new_one(database: Database) -> None:
    button = give(database, "王桂珍", "button-1", DeviceKind.SOS_BUTTON).device_id
    assert LOW_BATTERY == 20, "the index and the query of low batteries say 20"
    with database.transaction() as conn:
        hear(conn, NOW, [button])
        assert charge(conn, button, 19, NOW + MINUTE) == ["low_battery"]
        assert charge(conn, button, 21, NOW + 2 * MINUTE) == ["low_battery"], "no chattering at the limit"
        assert charge(conn, button, 100, NOW + 3 * MINUTE) == []


def charge(conn: Conn, device: int, battery: float, at: datetime) -> list[str]:
    conn.execute("UPDATE device_state SET battery = %s WHERE device_id = %s", (battery, device))
    return go_to(conn, at)


def test_whoever_names_an_interval_may_miss_some_of_these_and_the_others_have_their_supplys_time() -> None:
    assert silent_after(DeviceKind.BED, None) == silent_after(DeviceKind.BED, timedelta(seconds=10))
    assert silent_after(DeviceKind.BED, None) == timedelta(seconds=30)
    assert silent_after(DeviceKind.GATEWAY, None) == silent_after(DeviceKind.GATEWAY, 10 * MINUTE) == 10 * MINUTE
    assert silent_after(DeviceKind.MOTION, timedelta(hours=1)) == timedelta(hours=3)
    assert silent_after(DeviceKind.SMOKE, None) == timedelta(hours=25)


def test_a_device_speaks_through_a_gateway_that_is_registered(database: Database) -> None:
    gateway = give(database, "王桂珍", "gateway-1", DeviceKind.GATEWAY).device_id
    bed = give(database, "王桂珍", "bed-1").device_id
    with database.transaction() as conn:
        devices.set_parent(conn, bed, "acme/gateway-1")
        assert conn.execute("SELECT parent_id FROM device WHERE id = %s", (bed,)).fetchone() == (gateway,)
        for wrong in ("acme/bed-1", "acme/nothing", "gateway-1"):
            with pytest.raises(ValueError, match="register it first, as a gateway"):
                devices.set_parent(conn, bed, wrong)
        with pytest.raises(ValueError, match="itself"):
            devices.set_parent(conn, gateway, "acme/gateway-1")


def test_a_gateway_online_with_a_dead_sensor_behind_it_does_not_cover(database: Database) -> None:
    gateway = give(database, "王桂珍", "gateway-1", DeviceKind.GATEWAY).device_id
    bed = give(database, "王桂珍", "bed-1").device_id
    with database.transaction() as conn:
        conn.execute("UPDATE device SET parent_id = %s WHERE id = %s", (gateway, bed))
        hear(conn, NOW, [gateway, bed])
        hear(conn, NOW + 3 * MINUTE, [gateway])
        wang = resident_of(conn, "王桂珍")
        assert coverage.of_resident(conn, wang, NOW + 3 * MINUTE).state is State.BLIND
        assert go_to(conn, NOW + 7 * MINUTE) == ["device_silent"]


def test_what_speaks_through_a_lost_gateway_is_unreachable_and_one_alert_names_it(database: Database) -> None:
    gateway = give(database, "王桂珍", "gateway-1", DeviceKind.GATEWAY).device_id
    motions = [give(database, "王桂珍", f"motion-{n}", DeviceKind.MOTION).device_id for n in range(3)]
    with database.transaction() as conn:
        conn.execute("UPDATE device SET parent_id = %s WHERE id = ANY (%s)", (gateway, motions))
        hear(conn, NOW, [gateway, *motions])
        assert go_to(conn, NOW + 12 * MINUTE) == []
        wang = resident_of(conn, "王桂珍")
        found = coverage.of_resident(conn, wang, NOW + 12 * MINUTE)
        assert found.state is State.BLIND
        assert [one.why for one in found.reasons].count(Why.UNREACHABLE) == 3
        assert str(outages.holding(conn, wang, NOW + 12 * MINUTE)).startswith("outage:")
        assert go_to(conn, NOW + 16 * MINUTE) == ["gateway_lost"]


def test_a_resident_of_whom_nothing_is_known_for_a_day_is_visited(database: Database) -> None:
    bed = give(database, "王桂珍", "bed-1").device_id
    with database.transaction() as conn:
        hear(conn, NOW, [bed])
        go_to(conn, NOW + 2 * MINUTE)
        go_to(conn, NOW + timedelta(hours=25))
        go_to(conn, NOW + timedelta(hours=26))
        tasks = conn.execute("SELECT why, state FROM visit_task").fetchall()
        assert tasks == [("blind", "open")]
        hear(conn, NOW + timedelta(hours=27), [bed])
        hear(conn, NOW + timedelta(hours=27, minutes=1), [bed])
        assert conn.execute("SELECT why, state FROM visit_task").fetchall() == [("blind", "not_needed")]


@pytest.mark.parametrize("of", ["device_id", "home_id"])
def test_what_is_lost_during_maintenance_is_nobodys_alarm_until_it_ends(database: Database, of: str) -> None:
    bed = give(database, "王桂珍", "bed-1").device_id
    with database.transaction() as conn:
        hear(conn, NOW, [bed])
        home = conn.execute("SELECT home_id FROM resident").fetchone()
        whom = {"device_id": bed, "home_id": None} if of == "device_id" else {"device_id": None, "home_id": home[0]}  # type: ignore[index]
        conn.execute(
            "INSERT INTO maintenance (id, device_id, home_id, starts_at, ends_at, why, made_at)"
            " VALUES (gen_random_uuid(), %(device_id)s, %(home_id)s, %(from)s, %(to)s, 'a new battery', %(from)s)",
            whom | {"from": NOW, "to": NOW + timedelta(hours=1)},
        )
        assert go_to(conn, NOW + 30 * MINUTE) == []
        wang = resident_of(conn, "王桂珍")
        assert coverage.of_resident(conn, wang, NOW + 30 * MINUTE).reasons[0].why is Why.MAINTENANCE
        assert go_to(conn, NOW + 61 * MINUTE) == ["device_silent"]


def test_a_city_whose_limits_have_changed_is_in_the_way_of_no_device_that_is_lost(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "AT_ONCE", 1)
    people = enumerate(("王桂珍", "李建国", "赵玉兰"))
    lost, *others = (give(database, name, f"bed-{number}").device_id for number, name in people)
    with database.transaction() as conn:
        for number, device in enumerate((lost, *others)):
            hear(conn, NOW + number * timedelta(seconds=1), [device])
        conn.execute("UPDATE device_watch SET due_at = '-infinity' WHERE device_id = ANY (%s)", (others,))
        assert lost in {one.device_id for one in watch.due(conn, NOW + 10 * MINUTE)}
