"""Every rule of the pack rings: for each there is something that happens, or does not, after which it is on the board.

A rule that nobody judges is a promise that nobody keeps: who adds one adds here what raises it.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

import pytest

from alerts import auditor, canary, stuck, watching
from alerts import checkins as checkin_engine
from alerts import silence as silence_engine
from alerts.supervision import sweep
from care.checkins import Schedule
from care.devices import DeviceKind
from care.in_force import Place
from care.rules import DEVICE_EVENTS, EVENT_RULES, RULES, VITAL_RULES
from records import canary as canaries
from records import database
from records.database import Conn
from records.equipment import devices
from records.ids import new_id
from records.judging import rule_settings
from records.judging.rule_settings import Change
from records.people.households import Household, settle
from records.readings import store
from records.readings.observations import Row
from records.rounds import checkin_plans
from tests.centre import id_of
from tests.people import NOW, event, give, obs
from tests.test_alerts import Engine, engine
from tests.test_stuck import WEEK, roll_up

__all__ = ["engine"]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NIGHT = NOW + 4 * HOUR  # midnight in Shanghai
LANES = ("events", "status", "bulk-0")
WANG = "王桂珍"


def stored(engine: Engine, rows: Sequence[Row], now: datetime) -> None:
    """These were observed, and every lane has come so far."""
    with database.transaction(engine.conn) as conn:
        engine.observations.ensure_partitions(conn, rows)
        engine.observations.save(conn, rows, now)
        conn.execute(store.SEEN, {"at": now, "ids": sorted({row.device_id for row in rows})})
        reach(conn, now)


def reach(conn: Conn, now: datetime) -> None:
    for lane in LANES:
        store.save_watermark(conn, lane, now)


def event_of(name: str) -> Callable[[Engine], None]:
    def happens(engine: Engine) -> None:
        engine.hear(give(engine.pool, WANG, "thing-1"), "event", event(NIGHT, name), at=NIGHT)

    return happens


def vital_of(metric: str) -> Callable[[Engine], None]:
    worst = {"heart_rate": 150, "respiration_rate": 40, "spo2": 80, "systolic": 70, "body_temperature": 40}[metric]

    def happens(engine: Engine) -> None:
        said = [obs(NOW - n * timedelta(seconds=10), **{metric: worst}) for n in range(7)]
        engine.hear(give(engine.pool, WANG, "watch-1"), "obs", *said, at=NOW)

    return happens


def looked(
    kind: DeviceKind, metric: str, values: Callable[[int], float], now: datetime = NOW
) -> Callable[[Engine], None]:
    """A device says this every ten minutes for 30 hours (`values`: by the minutes since the last), then one looks."""

    def happens(engine: Engine) -> None:
        wearer = give(engine.pool, WANG, "thing-1", kind)
        step = 1 if kind is DeviceKind.BED else 10
        minutes = range(0, 5 * 60 if kind is DeviceKind.BED else 30 * 60, step)
        stored(engine, [Row(wearer.device_id, now - n * MINUTE, {metric: values(n)}) for n in minutes], now)
        with engine.pool.transaction() as conn:
            sweep(conn, now)
            watching.sweep(conn, now)

    return happens


def scored(**values: float) -> Callable[[Engine], None]:
    def happens(engine: Engine) -> None:
        wearer = give(engine.pool, WANG, "cuff", DeviceKind.VITALS)
        stored(engine, [Row(wearer.device_id, NOW - MINUTE, values)], NOW)
        with engine.pool.transaction() as conn:
            watching.sweep(conn, NOW)

    return happens


def nobody_moves(engine: Engine) -> None:
    wearer = give(engine.pool, WANG, "pir-1", DeviceKind.MOTION)
    with engine.pool.transaction() as conn:
        silence_engine.begin_watching(conn, NOW - 25 * HOUR)
    stored(engine, [Row(wearer.device_id, NOW - 25 * HOUR + n * MINUTE, {"motion": 1 - n}) for n in (0, 1)], NOW)
    with engine.pool.transaction() as conn:
        sweep(conn, NOW)
        silence_engine.judge_silence(conn, NOW)


def nobody_checks_in(engine: Engine) -> None:
    give(engine.pool, WANG, "button-1", DeviceKind.SOS_BUTTON)
    with engine.pool.transaction() as conn:
        checkin_plans.make_plan(conn, id_of(engine.pool, WANG), Schedule.at(time(8)), HOUR, NOW)
        checkin_engine.plan_ahead(conn, NOW)
        for hours in range(12, 20):
            reach(conn, NOW + hours * HOUR)
            checkin_engine.sweep(conn, NOW + hours * HOUR)


def homes(conn: Conn, street: str, count: int, vendor: str = "acme") -> list[int]:
    return [
        devices.register(
            conn, vendor, f"bed-{new_id().hex}", DeviceKind.BED, resident=settled(conn, street, n), now=NOW - DAY
        )
        for n in range(count)
    ]


def settled(conn: Conn, street: str, number: int) -> str:
    name, long_ago = f"{street}{number}", date(2025, 1, 1)
    settle(conn, Household(name, long_ago, "340503", street, "一社区", name, name, long_ago, ()))
    return name


def lost(conn: Conn, gone: Sequence[int], left: Sequence[int], minutes: int = 12) -> None:
    """All speak once, then only those that are left."""
    for minute in range(minutes):
        conn.execute(store.SEEN, {"at": NOW + minute * MINUTE, "ids": sorted([*gone, *left] if minute == 0 else left)})
        reach(conn, NOW + minute * MINUTE)
        sweep(conn, NOW + minute * MINUTE)


def a_device_is_lost(engine: Engine) -> None:
    one, other = (give(engine.pool, WANG, name).device_id for name in ("bed-1", "bed-2"))
    with engine.pool.transaction() as conn:
        lost(conn, [one], [other])


def a_battery_is_low(engine: Engine) -> None:
    wearer = give(engine.pool, WANG, "pir-1", DeviceKind.MOTION)
    engine.hear(wearer, "status", f'{{"time": "{NOW.isoformat()}", "online": true, "battery": 9}}'.encode())
    with engine.pool.transaction() as conn:
        reach(conn, NOW + MINUTE)
        sweep(conn, NOW + MINUTE)


def a_sensor_is_stuck(engine: Engine) -> None:
    sensor = give(engine.pool, WANG, "sensor-1", DeviceKind.OTHER)
    with engine.pool.transaction() as conn:
        roll_up(conn, sensor.device_id, [*WEEK, *[21.5] * 8], NOW)
        stuck.look(conn, NOW)


def a_gateway_is_lost(engine: Engine) -> None:
    with engine.pool.transaction() as conn:
        left = homes(conn, "湖北路街道", 3)
        name = settled(conn, "花园街道", 1)
        hub = devices.register(conn, "acme", "hub", DeviceKind.GATEWAY, resident=name, now=NOW - DAY)
        bed = devices.register(conn, "acme", "bed", DeviceKind.BED, resident=name, now=NOW - DAY)
        conn.execute("UPDATE device SET parent_id = %s WHERE id = %s", (hub, bed))
        lost(conn, [hub, bed], left, 30)


def a_home_is_lost(engine: Engine) -> None:
    with engine.pool.transaction() as conn:
        left, name = homes(conn, "湖北路街道", 3), settled(conn, "花园街道", 1)
        beds = [devices.register(conn, "acme", f"b-{n}", DeviceKind.BED, resident=name, now=NOW - DAY) for n in (1, 2)]
        lost(conn, beds, left)


def an_area_is_lost(engine: Engine) -> None:
    with engine.pool.transaction() as conn:
        lost(conn, homes(conn, "花园街道", 12), homes(conn, "湖北路街道", 40))


def a_vendor_is_lost(engine: Engine) -> None:
    with engine.pool.transaction() as conn:
        gone = homes(conn, "花园街道", 6) + homes(conn, "湖北路街道", 6)
        names = [f"{street}{n}" for street in ("花园街道", "湖北路街道") for n in range(6)]
        left = [
            devices.register(conn, "other", f"o-{n}", DeviceKind.BED, resident=name, now=NOW - DAY)
            for n, name in enumerate(names)
        ]
        lost(conn, gone, left + homes(conn, "平湖街道", 20, "other"))


def the_platform_is_lost(engine: Engine) -> None:
    with engine.pool.transaction() as conn:
        lost(conn, homes(conn, "花园街道", 12) + homes(conn, "湖北路街道", 12), [])


def a_canary_is_late(engine: Engine) -> None:
    with engine.pool.transaction() as conn:
        ((area, _), *_) = canaries.counties(conn)
        canaries.sent(conn, new_id(), area, NOW - MINUTE)
        canary.look(conn, timedelta(seconds=30), NOW - HOUR, NOW)


def an_alert_is_forgotten(engine: Engine) -> None:
    event_of("fall")(engine)
    with engine.pool.transaction() as conn:
        conn.execute("UPDATE alert SET due_at = NULL")
        auditor.look(conn, NIGHT + HOUR)


SCENES: dict[str, Callable[[Engine], None]] = {
    **{rule.id: event_of(name) for name, rule in EVENT_RULES.items()},
    **{name: event_of(name) for name in DEVICE_EVENTS - {"power_back", "low_battery"}},
    **{rule.id: vital_of(metric) for metric, rule in VITAL_RULES.items()},
    "news2": scored(heart_rate=112, respiration_rate=22, spo2=94),
    "news2_emergency": scored(heart_rate=125, respiration_rate=23, spo2=92, body_temperature=39.5),
    "news2_single": scored(systolic=85),
    "no_movement": nobody_moves,
    "water_low": looked(DeviceKind.WATER_METER, "water_used", lambda minutes: 0.0 if minutes < 780 else 5.0),
    "water_high": looked(DeviceKind.WATER_METER, "water_used", lambda _: 20.0),
    "water_running": looked(DeviceKind.WATER_METER, "water_used", lambda _: 0.5),
    "door_not_opened": looked(DeviceKind.DOOR, "door_open", lambda _: 0),
    "left_bed": looked(DeviceKind.BED, "in_bed", lambda minutes: int(minutes > 40), NIGHT),
    "room_cold": looked(DeviceKind.CLIMATE, "temperature", lambda _: 12.0),
    "room_hot": looked(DeviceKind.CLIMATE, "temperature", lambda _: 34.0),
    "missed_check_in": nobody_checks_in,
    "device_silent": a_device_is_lost,
    "low_battery": a_battery_is_low,
    "device_stuck": a_sensor_is_stuck,
    "gateway_lost": a_gateway_is_lost,
    "home_lost": a_home_is_lost,
    "area_lost": an_area_is_lost,
    "vendor_lost": a_vendor_is_lost,
    "platform_lost": the_platform_is_lost,
    "canary_late": a_canary_is_late,
    "no_next_step": an_alert_is_forgotten,
}


def test_every_rule_has_a_scene_and_every_scene_a_rule() -> None:
    assert set(SCENES) == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_something_raises_this_rule(engine: Engine, rule: str) -> None:
    SCENES[rule](engine)
    assert rule in {alert.rule for alert in engine.open()}


@pytest.mark.parametrize("rule", [one.id for one in RULES.values() if one.can_be_off])
def test_a_rule_that_is_switched_off_is_heeded(engine: Engine, rule: str) -> None:
    with engine.pool.transaction() as conn:
        off = Change(RULES[rule], Place(), {}, False, "it is tried", forced=True)
        rule_settings.change(conn, off, NOW - 30 * DAY)
    SCENES[rule](engine)
    assert rule not in {alert.rule for alert in engine.open()}


@pytest.mark.parametrize("rule", [one.id for one in RULES.values() if not one.can_be_off])
def test_a_rule_that_rings_always_cannot_be_switched_off(engine: Engine, rule: str) -> None:
    with engine.pool.transaction() as conn, pytest.raises(ValueError, match="can't be switched off"):
        rule_settings.change(conn, Change(RULES[rule], Place(), {}, False, "quiet", forced=True), NOW)
