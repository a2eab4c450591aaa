"""Stories of what did not arrive: a street without power, a late SOS, a dying battery, our own database away."""

from collections.abc import Iterable
from datetime import time, timedelta
from uuid import UUID

from care.checkins import Schedule
from care.coverage import Coverage, State, Why
from care.devices import DeviceKind
from care.in_force import Place
from care.rules import RULES
from records.equipment import coverage, outages
from records.judging import rule_settings
from records.judging.rule_settings import Change
from records.rounds import checkin_plans
from tests.stories.test_checkins import stands
from tests.stories.town import Town

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def covered(town: Town, resident: UUID) -> Coverage:
    """How well this resident is covered now."""
    with town.database.transaction() as conn:
        return coverage.of_resident(conn, resident, town.clock.now)


def held(town: Town, resident: UUID) -> str | None:
    """What holds the judgements about this resident."""
    with town.database.transaction() as conn:
        return outages.holding(conn, resident, town.clock.now)


def rings_after_an_hour_of_quiet(town: Town, resident: UUID) -> None:
    """For this resident no movement means an hour."""
    wanted = Change(RULES["no_movement"], Place(None, resident), {"within": 3600.0}, None, "lives so", forced=True)
    with town.database.transaction() as conn:
        rule_settings.change(conn, wanted, town.clock.now)


def expected_at_noon(town: Town, resident: UUID) -> None:
    """Every day from noon to half past this resident is expected to check in."""
    with town.database.transaction() as conn:
        checkin_plans.make_plan(conn, resident, Schedule.at(time(12)), HOUR / 2, town.clock.now)


def passes(town: Town, step: timedelta, speaking: Iterable[str], in_bed: int = 1) -> list[str]:
    """So much time passes and these devices speak; returns the rules of the open alerts."""
    town.clock.now += step
    for device in speaking:
        town.obs(device, in_bed=in_bed)
    town.settle()
    return sorted(alert.rule for alert in town.open_alerts())


def test_a_streets_power_cut_is_one_alert_and_who_fell_meanwhile_is_found_when_what_was_buffered_arrives(
    town: Town,
) -> None:
    names = ("王桂珍", "张秀英", "李建国", "刘玉兰")
    people = {name: town.lives_in(name, "花园街道") for name in names}
    dark = [town.give(name, f"dark-{n}") for n, name in enumerate(names)]
    for number in range(5):
        town.lives_in(f"邻居{number}", "湖北路街道")
    lit = [town.give(f"邻居{number}", f"lit-{number}") for number in range(5)]
    wang, zhang, li, liu = people.values()
    for one in (wang, zhang, li):
        rings_after_an_hour_of_quiet(town, one)
    expected_at_noon(town, liu)
    assert passes(town, MINUTE, dark + lit) == []
    began = town.clock.now
    for _ in range(3):
        passes(town, MINUTE, lit)
    assert passes(town, MINUTE, lit) == ["area_lost"]
    (alert,) = town.open_alerts()
    assert (alert.evidence["count"], alert.happened_at) == (4, began)
    for _ in range(6):
        assert passes(town, HOUR / 2, lit) == ["area_lost"], "nobody behind it is judged"
    assert {held(town, one) for one in people.values()} == {f"outage:{alert.evidence['outage']}"}
    assert covered(town, wang).state is State.BLIND
    assert stands(town, liu) == "due"

    town.clock.now += MINUTE  # the power is back, and what the beds have kept is sent
    for minutes in (60, 120):
        town.obs(dark[0], at=began + minutes * MINUTE, in_bed=1)  # 王桂珍 lies still
        town.obs(dark[1], at=began + minutes * MINUTE, in_bed=minutes // 60 % 2)  # 张秀英 got up and lay down again
    town.obs(dark[3], at=began + 20 * MINUTE, in_bed=0)  # 刘玉兰 got up at noon
    town.obs(dark[1], at=began + 180 * MINUTE, in_bed=1)
    for _ in range(6):
        passes(town, MINUTE, dark + lit)
    assert {held(town, one) for one in people.values()} == {None}
    found = town.open_alerts()
    assert [(one.rule, one.resident_name) for one in found if one.alert_class == "personal"] == [
        ("no_movement", "王桂珍")
    ]
    assert stands(town, liu) == "done"
    for _ in range(3):
        passes(town, MINUTE, dark + lit)
    assert [one.rule for one in town.open_alerts()] == ["no_movement"], "the power cut is over"
    assert covered(town, li).state is State.ARMED
    # Of 李建国 nothing was kept: those three hours count for nobody, the hour begins when the power is back.
    for _ in range(5):
        passes(town, 10 * MINUTE, dark + lit)
    assert "李建国" in {one.resident_name for one in town.open_alerts()}


def test_a_late_sos_from_behind_an_outage_rings_at_once_and_is_marked_delayed_and_one_of_yesterday_does_not(
    town: Town,
) -> None:
    gateway = town.give("王桂珍", "gateway-1", DeviceKind.GATEWAY)
    button = town.give("王桂珍", "button-1", DeviceKind.SOS_BUTTON)
    town.conn.execute(
        "UPDATE device SET parent_id = (SELECT id FROM device WHERE name = %s) WHERE name = %s", (gateway, button)
    )
    town.status(gateway, f'{{"time": "{town.clock.now.isoformat()}", "online": true}}'.encode())
    town.settle()
    town.after(12 * MINUTE)
    town.after(4 * MINUTE)
    assert [alert.rule for alert in town.open_alerts()] == ["gateway_lost"]
    town.event(button, "sos", at=town.clock.now - 26 * HOUR)
    town.settle()
    assert [alert.rule for alert in town.open_alerts()] == ["gateway_lost"], "history"
    town.event(button, "sos", at=town.clock.now - 10 * MINUTE)
    town.settle()
    assert [(alert.rule, alert.delayed) for alert in town.open_alerts()] == [("gateway_lost", False), ("sos", True)]


def test_a_battery_that_dies_while_its_owner_is_silent_is_said_and_somebody_goes_there(town: Town) -> None:
    wang = town.lives_in("王桂珍", "花园街道")
    rings_after_an_hour_of_quiet(town, wang)
    motion = town.give("王桂珍", "motion-1", DeviceKind.MOTION, "客厅")
    town.obs(motion, motion=1)
    town.status(motion, f'{{"time": "{town.clock.now.isoformat()}", "online": true, "battery": 9}}'.encode())
    town.settle()
    assert [alert.rule for alert in town.open_alerts()] == ["low_battery"]
    assert [one.why for one in covered(town, wang).reasons] == [Why.LOW_BATTERY]
    town.after(HOUR / 2)
    town.status(motion, f'{{"time": "{town.clock.now.isoformat()}", "online": false}}'.encode())
    town.settle()
    town.after(3 * MINUTE)
    town.after(4 * MINUTE)
    assert [alert.rule for alert in town.open_alerts()] == ["low_battery", "device_silent"]
    blind = covered(town, wang)
    assert (blind.state, [one.why for one in blind.reasons]) == (State.BLIND, [Why.OFFLINE])
    for _ in range(4):
        town.after(HOUR)
    assert [alert.rule for alert in town.open_alerts()] == ["low_battery", "device_silent"], (
        "a dead sensor proves nothing"
    )
    town.after(24 * HOUR)
    with town.database.transaction() as conn:
        assert conn.execute("SELECT resident_id, why, state FROM visit_task").fetchall() == [(wang, "blind", "open")]


def test_our_own_database_away_for_ten_minutes_makes_nobody_silent(town: Town) -> None:
    wang = town.lives_in("王桂珍", "花园街道")
    rings_after_an_hour_of_quiet(town, wang)
    beds = [town.give("王桂珍", "bed-1"), *(town.give(f"邻居{number}", f"bed-{number}") for number in range(2, 7))]
    assert passes(town, MINUTE, beds) == []
    for _ in range(5):
        passes(town, 10 * MINUTE, beds)
    with town.database_away():
        town.clock.now += 5 * MINUTE
        town.obs(beds[0], in_bed=0)  # she got up, which nobody hears yet
        town.clock.now += 5 * MINUTE
    town.settle()
    assert town.open_alerts() == []
    assert (held(town, wang), covered(town, wang).state) == ("platform", State.ARMED)
    for _ in range(3):
        assert passes(town, MINUTE, beds, in_bed=0) == []
    assert (held(town, wang), covered(town, wang).state) == (None, State.ARMED)
