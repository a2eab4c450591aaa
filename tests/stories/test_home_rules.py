"""Stories of a home: a slow fever, a bed that stays empty, a leak, a cold room, no water, a door that nobody opens."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from care.absences import AbsenceKind
from care.alerts import Outcome, Step
from care.devices import DeviceKind
from care.in_force import Place
from care.notices import LOCAL
from care.people import Role
from care.presence import Seen
from care.rules import RULES
from care.taught import Day, Stretch
from records.equipment import devices
from records.judging import alert_steps, rule_settings
from records.judging.alerts import AlertView
from records.judging.rule_settings import Change
from records.living import habits
from records.login import accounts
from records.readings.observations import Row
from records.rounds import absences
from records.rounds.absences import Away
from tests.centre import id_of, observe
from tests.stories.town import Town

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WANG = "王桂珍"


def past(town: Town, device: str, step: timedelta, hours: int, metric: str, value: float) -> None:
    """What this device said all the time until now."""
    with town.database.transaction() as conn:
        found = devices.find(conn, "acme", device)
    assert found is not None
    now = town.clock.now
    observe(town.database, [Row(found.id, now - n * step, {metric: value}) for n in range(1, int(hours * HOUR / step))])


def says(town: Town, device: str, step: timedelta, times: int, **values: float) -> None:
    """The device says this so many times, and then the engine turns."""
    for _ in range(times):
        town.clock.now += step
        town.obs(device, None, **values)
    town.settle()


def rings(town: Town, *rules: str) -> list[AlertView]:
    return [alert for alert in town.open_alerts() if alert.rule in rules]


def limit(town: Town, rule: str, values: dict[str, float | str], *, enabled: bool | None = None) -> None:
    with town.database.transaction() as conn:
        wanted = Change(RULES[rule], Place(), values, enabled, "a story", forced=True)
        rule_settings.change(conn, wanted, town.clock.now)


def test_a_slow_fever_becomes_an_urgent_score_then_an_emergency_and_says_what_is_missing(town: Town) -> None:
    town.give(WANG, "watch", DeviceKind.WEARABLE)

    def measures(**values: float) -> None:
        says(town, "watch", 5 * MINUTE, 3, **values)

    measures(heart_rate=95, respiration_rate=20, spo2=95, body_temperature=38.5)
    assert rings(town, "news2", "news2_emergency") == []
    measures(heart_rate=112, respiration_rate=21, spo2=95, body_temperature=38.8)
    (urgent,) = rings(town, "news2", "news2_emergency")
    assert (urgent.rule, urgent.priority, urgent.evidence["total"]) == ("news2", "medium", 6)
    assert (urgent.evidence["complete"], urgent.evidence["missing"]) == (
        False,
        ["oxygen", "systolic", "consciousness"],
    )
    measures(heart_rate=122, respiration_rate=23, spo2=93, body_temperature=39.4)
    measures(heart_rate=122, respiration_rate=23, spo2=93, body_temperature=39.4)
    assert [one.rule for one in rings(town, "news2", "news2_emergency")] == ["news2", "news2_emergency"]
    assert [one.rule for one in rings(town, "vital_body_temperature")] == ["vital_body_temperature"]
    for _ in range(2):
        measures(heart_rate=80, respiration_rate=16, spo2=96, body_temperature=37.2)
    assert {one.active for one in rings(town, "news2", "news2_emergency", "vital_body_temperature")} == {False}


def test_one_blood_pressure_that_scores_three_alone_asks_for_an_urgent_review(town: Town) -> None:
    town.give(WANG, "cuff", DeviceKind.VITALS)
    says(town, "cuff", MINUTE, 1, systolic=88, diastolic=50)
    town.after(5 * MINUTE)
    (alert,) = rings(town, "news2_single", "news2")
    assert (alert.rule, alert.evidence["single"]) == ("news2_single", ["systolic"])


def night(town: Town) -> None:
    town.give(WANG, "bed", DeviceKind.BED)
    town.at("21:30")
    says(town, "bed", MINUTE, 30, in_bed=1)


def test_who_leaves_the_bed_at_night_and_does_not_come_back_is_missed_after_half_an_hour(town: Town) -> None:
    night(town)
    says(town, "bed", MINUTE, 29, in_bed=0)
    assert rings(town, "left_bed") == []
    says(town, "bed", MINUTE, 2, in_bed=0)
    (alert,) = rings(town, "left_bed")
    assert (alert.priority, alert.active, alert.resident_name) == ("high", True, WANG)
    assert datetime.fromisoformat(alert.evidence["left_at"]) == alert.happened_at - 30 * MINUTE
    says(town, "bed", MINUTE, 2, in_bed=1)
    assert [one.active for one in rings(town, "left_bed")] == [False]


def test_whoever_is_still_not_back_after_somebody_has_closed_the_alert_is_missed_again(town: Town) -> None:
    night(town)
    says(town, "bed", MINUTE, 31, in_bed=0)
    (alert,) = rings(town, "left_bed")
    with town.database.transaction() as conn:
        account = accounts.create_account(conn, "李敏", "a long password", Role.OPERATOR)
        alert_steps.take_step(conn, alert.id, Step.CLOSE, account, town.clock.now, Outcome.HELPED)
    says(town, "bed", MINUTE, 28, in_bed=0)
    assert rings(town, "left_bed") == []
    says(town, "bed", MINUTE, 4, in_bed=0)
    (again,) = rings(town, "left_bed")
    assert again.id != alert.id
    says(town, "bed", MINUTE, 20, in_bed=0)
    assert [one.occurrences for one in rings(town, "left_bed")] == [1]


def test_a_walk_to_the_bathroom_and_an_early_riser_ring_nowhere(town: Town) -> None:
    night(town)
    says(town, "bed", MINUTE, 20, in_bed=0)
    says(town, "bed", MINUTE, 10, in_bed=1)
    town.at("05:30")
    says(town, "bed", MINUTE, 15, in_bed=1)
    says(town, "bed", MINUTE, 90, in_bed=0)
    assert rings(town, "left_bed") == []


def risen_at_five(town: Town) -> None:
    """For two weeks she has got up at five, and now it is ten to five and she lies in bed."""
    town.give(WANG, "pir", DeviceKind.MOTION, place="厨房")
    night(town)
    town.at("04:25")
    says(town, "bed", MINUTE, 25, in_bed=1)
    with town.database.transaction() as conn:
        today = town.clock.now.astimezone(LOCAL).replace(hour=0, minute=0)
        mornings = [today - n * DAY for n in range(1, 15)]
        slept = [
            Day(one.date(), [Stretch(one.timestamp(), (one + 5 * HOUR).timestamp(), Seen.BED)]) for one in mornings
        ]
        habits.add_days(conn, id_of(town.database, WANG), slept[-1].day, slept[-1].day, slept)


def test_who_always_gets_up_at_five_and_is_seen_in_the_kitchen_is_not_missed(town: Town) -> None:
    risen_at_five(town)
    says(town, "bed", MINUTE, 20, in_bed=0)
    says(town, "pir", MINUTE, 1, motion=1)
    says(town, "bed", MINUTE, 50, in_bed=0)
    assert rings(town, "left_bed") == []


def test_who_gets_up_at_five_as_always_and_is_not_seen_any_more_is_missed(town: Town) -> None:
    risen_at_five(town)
    says(town, "pir", MINUTE, 1, motion=1)
    says(town, "bed", MINUTE, 33, in_bed=0)
    assert len(rings(town, "left_bed")) == 1


def test_a_night_that_was_set_for_somebody_is_kept_to_whatever_was_learned(town: Town) -> None:
    risen_at_five(town)
    own = Place(resident_id=id_of(town.database, WANG))
    with town.database.transaction() as conn:
        until_six = Change(RULES["left_bed"], own, {"night_to": "06:00"}, None, "she wanders", forced=True)
        rule_settings.change(conn, until_six, town.clock.now)
    says(town, "bed", MINUTE, 20, in_bed=0)
    says(town, "pir", MINUTE, 1, motion=1)
    says(town, "bed", MINUTE, 20, in_bed=0)
    assert len(rings(town, "left_bed")) == 1


def test_a_bed_that_says_so_itself_rings_at_night_only_and_the_same_walk_rings_once(town: Town) -> None:
    town.give(WANG, "bed", DeviceKind.BED)
    town.event("bed", "bed_exit_no_return")
    town.settle()
    assert rings(town, "left_bed") == []  # at noon
    town.at("21:30")
    says(town, "bed", MINUTE, 30, in_bed=1)
    says(town, "bed", MINUTE, 20, in_bed=0)
    town.event("bed", "bed_exit_no_return")
    town.settle()
    assert len(rings(town, "left_bed")) == 1
    says(town, "bed", MINUTE, 20, in_bed=0)
    (alert,) = rings(town, "left_bed")
    assert (alert.occurrences, alert.active) == (1, True)
    says(town, "bed", MINUTE, 2, in_bed=1)
    assert [one.active for one in rings(town, "left_bed")] == [False]


def test_a_tap_that_never_stops_is_a_leak_and_half_an_hour_without_use_ends_it(town: Town) -> None:
    town.give(WANG, "meter", DeviceKind.WATER_METER)
    past(town, "meter", 10 * MINUTE, 23, "water_used", 1.5)
    says(town, "meter", 10 * MINUTE, 3, water_used=1.5)
    assert rings(town, "water_running") == []
    says(town, "meter", 10 * MINUTE, 6, water_used=1.5)
    (alert,) = rings(town, "water_running")
    assert (alert.alert_class, alert.evidence["half_hours"], alert.active) == ("environmental", 48, True)
    says(town, "meter", 10 * MINUTE, 9, water_used=0)
    assert [one.active for one in rings(town, "water_running")] == [False]


def test_more_than_two_cubic_metres_in_a_day_ring_as_too_much(town: Town) -> None:
    town.give(WANG, "meter", DeviceKind.WATER_METER)
    says(town, "meter", 10 * MINUTE, 7, water_used=300)
    (alert,) = rings(town, "water_high")
    assert alert.evidence["litres"] == 2100


def dry(town: Town, hours: int) -> None:
    town.give(WANG, "meter", DeviceKind.WATER_METER)
    past(town, "meter", 10 * MINUTE, hours, "water_used", 0)
    says(town, "meter", 10 * MINUTE, 2, water_used=0)


def test_half_a_day_without_water_rings_and_a_glass_ends_it(town: Town) -> None:
    dry(town, 13)
    (alert,) = rings(town, "water_low")
    assert (alert.alert_class, alert.evidence["litres"]) == ("personal", 0)
    says(town, "meter", 10 * MINUTE, 2, water_used=11)
    assert [one.active for one in rings(town, "water_low")] == [False]


def test_who_is_away_or_went_out_by_the_main_door_needs_no_water(town: Town) -> None:
    town.give(WANG, "door", DeviceKind.DOOR, "大门")
    with town.database.transaction() as conn:
        found = devices.find(conn, "acme", "door")
    assert found is not None
    left = town.clock.now - 3 * HOUR
    observe(town.database, [Row(found.id, left + n * MINUTE, {"door_open": n}) for n in (0, 1)])
    dry(town, 13)
    assert rings(town, "water_low") == []
    with town.database.transaction() as conn:
        away = Away(id_of(town.database, WANG), AbsenceKind.AWAY, town.clock.now, town.clock.now + DAY)
        absences.add(conn, away, town.clock.now)
    says(town, "meter", 10 * MINUTE, 60, water_used=0)
    assert rings(town, "water_low") == []


def test_a_room_below_sixteen_degrees_for_two_hours_is_too_cold_until_it_is_warm(town: Town) -> None:
    town.give(WANG, "climate", DeviceKind.CLIMATE, "卧室")
    says(town, "climate", 10 * MINUTE, 12, temperature=14.5)
    assert rings(town, "room_cold") == []
    says(town, "climate", 10 * MINUTE, 2, temperature=14.5)
    (alert,) = rings(town, "room_cold")
    assert (alert.alert_class, alert.evidence["place"], alert.evidence["limit"]["low"]) == ("environmental", "卧室", 16)
    says(town, "climate", 10 * MINUTE, 2, temperature=18)
    assert [one.active for one in rings(town, "room_cold")] == [False]


def test_a_door_that_nobody_opens_for_a_day_rings_quietly(town: Town) -> None:
    town.give(WANG, "door", DeviceKind.DOOR, "大门")
    past(town, "door", HOUR, 24, "door_open", 0)
    says(town, "door", HOUR, 2, door_open=0)
    (alert,) = rings(town, "door_not_opened")
    assert (alert.priority, alert.active) == ("low", True)


def test_who_was_up_and_about_has_merely_stayed_in(town: Town) -> None:
    town.give(WANG, "door", DeviceKind.DOOR, "大门")
    town.give(WANG, "kitchen", DeviceKind.MOTION, "厨房")
    past(town, "door", HOUR, 24, "door_open", 0)
    says(town, "kitchen", HOUR, 1, motion=1)
    says(town, "door", HOUR, 12, door_open=0)
    assert rings(town, "door_not_opened") == []
    says(town, "door", HOUR, 14, door_open=0)
    assert [one.active for one in rings(town, "door_not_opened")] == [True]
    says(town, "kitchen", HOUR, 1, motion=1)
    says(town, "door", HOUR, 1, door_open=0)
    assert [one.active for one in rings(town, "door_not_opened")] == [False]


def test_a_rule_that_is_switched_off_rings_nowhere_and_ends_what_rang(town: Town) -> None:
    town.give(WANG, "climate", DeviceKind.CLIMATE, "卧室")
    says(town, "climate", 10 * MINUTE, 15, temperature=14.5)
    assert [one.active for one in rings(town, "room_cold")] == [True]
    limit(town, "room_cold", {}, enabled=False)
    says(town, "climate", 10 * MINUTE, 1, temperature=14.5)
    assert [one.active for one in rings(town, "room_cold")] == [False]


def test_a_lower_limit_is_judged_at_once(town: Town) -> None:
    town.give(WANG, "climate", DeviceKind.CLIMATE, "卧室")
    says(town, "climate", 10 * MINUTE, 15, temperature=17)
    assert rings(town, "room_cold") == []
    limit(town, "room_cold", {"low": 18})
    says(town, "climate", 10 * MINUTE, 1, temperature=17)
    (alert,) = rings(town, "room_cold")
    assert (alert.rule_version, alert.evidence["where"]) == (2, "low: everywhere")


def rules_of(alerts: Iterable[AlertView]) -> set[str]:
    return {alert.rule for alert in alerts}


def test_what_the_bed_reports_late_rings_nobody_hours_after(town: Town) -> None:
    night(town)
    with town.database.transaction() as conn:
        found = devices.find(conn, "acme", "bed")
    assert found is not None
    begins = town.clock.now
    town.clock.now += 3 * HOUR
    observe(town.database, [Row(found.id, begins + n * MINUTE, {"in_bed": 0}) for n in range(1, 180)])
    says(town, "bed", MINUTE, 1, in_bed=0)
    assert "left_bed" not in rules_of(town.open_alerts())
