"""What a home's devices show: water, doors, the bed and how warm it is; and that nobody is looked at too late."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from care.in_force import InForce, nearest
from care.limits import Sample
from care.nights import Night
from care.notices import LOCAL
from care.rules import RULES
from care.watching import JUDGES, Source, Verdict

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TEN = 10 * MINUTE
NIGHT = datetime(2026, 11, 23, 0, 0, tzinfo=LOCAL)


def force(rule: str, **values: float | str) -> InForce:
    found = nearest(RULES[rule], ())
    return replace(found, values=dict(found.values) | values)


def said(*samples: Sample, believed: timedelta = TEN) -> Source:
    return Source(1, "any", "厨房", believed, samples)


def every(step: timedelta, since: datetime, until: datetime, value: Callable[[datetime], float]) -> list[Sample]:
    """A device that says its value every so often."""
    return [Sample(since + n * step, value(since + n * step)) for n in range(int((until - since) / step) + 1)]


def judge(
    rule: str, at: datetime, *samples: Sample, home: datetime | None = None, within: float | None = None
) -> Verdict:
    limits = {} if within is None else {"within": within}
    return JUDGES[rule]([said(*(one for one in samples if one.time <= at))], force(rule, **limits), at, home)


def first_ring(rule: str, samples: Sequence[Sample], since: datetime, until: datetime) -> datetime | None:
    """When it would ring, looked at only when the judgement says so."""
    at = since
    while at <= until:
        verdict = judge(rule, at, *samples)
        if verdict.rings:
            return at
        at = max(verdict.again, at + 10 * timedelta(seconds=1))
    return None


def test_half_a_day_without_water_is_too_little_and_a_cup_of_tea_is_not_much() -> None:
    samples = every(TEN, NIGHT, NIGHT + DAY, lambda time: 12.0 if time <= NIGHT + HOUR else 0.0)
    assert first_ring("water_low", samples, NIGHT, NIGHT + DAY) == NIGHT + 13 * HOUR
    tea = every(TEN, NIGHT, NIGHT + DAY, lambda time: 0.3 if time.hour == 9 and time.minute == 0 else 0.0)
    assert judge("water_low", NIGHT + 13 * HOUR, *tea).rings
    washed = every(TEN, NIGHT, NIGHT + DAY, lambda time: 11.0 if time.hour == 9 and time.minute == 0 else 0.0)
    assert judge("water_low", NIGHT + 13 * HOUR, *washed).rings is False


def test_a_meter_with_a_gap_proves_no_dry_half_day_before_it() -> None:
    samples = [one for one in every(TEN, NIGHT, NIGHT + DAY, lambda _: 0.0) if one.time.hour != 5]
    assert judge("water_low", NIGHT + 13 * HOUR, *samples).rings is False
    assert judge("water_low", NIGHT + 18 * HOUR, *samples).rings
    silent = every(TEN, NIGHT, NIGHT + 12 * HOUR, lambda _: 0.0)
    assert judge("water_low", NIGHT + 13 * HOUR, *silent).rings is None


def test_who_comes_home_begins_anew() -> None:
    samples = every(TEN, NIGHT, NIGHT + DAY, lambda _: 0.0)
    verdict = judge("water_low", NIGHT + 20 * HOUR, *samples, home=NIGHT + 10 * HOUR)
    assert (verdict.rings, verdict.again) == (False, NIGHT + 22 * HOUR)


def test_more_than_two_cubic_metres_in_a_day_are_too_much() -> None:
    samples = every(TEN, NIGHT, NIGHT + DAY, lambda _: 14.0)
    assert judge("water_high", NIGHT + 23 * HOUR, *samples).rings is False
    assert judge("water_high", NIGHT + DAY, *samples).rings


def test_water_in_every_half_hour_of_a_day_is_a_leak_and_one_dry_half_hour_is_not() -> None:
    drips = every(TEN, NIGHT + TEN, NIGHT + 2 * DAY, lambda _: 0.2)
    assert first_ring("water_running", drips, NIGHT, NIGHT + 2 * DAY) == NIGHT + DAY
    rested = [replace(one, value=0.0) if one.time.hour == 3 else one for one in drips]
    assert first_ring("water_running", rested, NIGHT, NIGHT + 2 * DAY) is None


def test_a_door_that_nobody_opens_for_a_day() -> None:
    samples = every(HOUR, NIGHT, NIGHT + 3 * DAY, lambda time: float(time == NIGHT + 9 * HOUR))
    door = said(*samples, believed=25 * HOUR)
    at = NIGHT + 9 * HOUR + DAY + HOUR  # closed again an hour later
    assert JUDGES["door_not_opened"]([door], force("door_not_opened"), at - MINUTE, None).rings is False
    found = JUDGES["door_not_opened"]([door], force("door_not_opened"), at, None)
    assert found.rings and found.since == at


def bed(leaves: str, back: str | None) -> list[Sample]:
    """In bed from nine in the evening but for this time, told every minute until eight."""

    def at(clock: str) -> datetime:
        hours, minutes = map(int, clock.split(":"))
        return NIGHT.replace(hour=hours, minute=minutes) - (DAY if hours > 12 else timedelta(0))

    out, again = at(leaves), at(back) if back else NIGHT + 2 * DAY
    return every(MINUTE, NIGHT - 3 * HOUR, NIGHT + 8 * HOUR, lambda time: float(not out <= time < again))


@pytest.mark.parametrize(
    ("leaves", "back", "rings"),
    [
        ("02:00", None, "02:30"),
        ("02:00", "02:29", None),
        ("02:00", "02:45", "02:30"),
        ("05:20", None, "05:50"),
        ("05:40", None, None),  # gets up
        ("22:10", None, "22:40"),
    ],
)
def test_who_leaves_the_bed_at_night_and_is_not_back_in_half_an_hour(
    leaves: str, back: str | None, rings: str | None
) -> None:
    found = first_ring("left_bed", bed(leaves, back), NIGHT - 3 * HOUR, NIGHT + 8 * HOUR)
    assert (found and f"{found.astimezone(LOCAL):%H:%M}") == rings


def test_a_nap_never_rings() -> None:
    noon = NIGHT + 12 * HOUR
    nap = every(MINUTE, noon, noon + 12 * HOUR, lambda time: float(time < noon + HOUR))
    assert first_ring("left_bed", nap, noon, noon + 12 * HOUR) is None


def test_an_empty_bed_that_says_nothing_proves_nothing() -> None:
    samples = [one for one in bed("02:00", None) if one.time <= NIGHT + 2 * HOUR + 5 * MINUTE]
    assert judge("left_bed", NIGHT + 2 * HOUR + 31 * MINUTE, *samples).rings is None


@pytest.mark.parametrize(("rule", "bad", "good"), [("room_cold", 15.9, 16.0), ("room_hot", 30.1, 30.0)])
def test_two_hours_too_cold_or_too_hot(rule: str, bad: float, good: float) -> None:
    samples = every(TEN, NIGHT, NIGHT + 8 * HOUR, lambda time: bad if time > NIGHT + HOUR else good)
    assert first_ring(rule, samples, NIGHT, NIGHT + 8 * HOUR) == NIGHT + 3 * HOUR + TEN
    aired = [replace(one, value=good) if one.time.minute == 30 and one.time.hour % 2 else one for one in samples]
    assert first_ring(rule, aired, NIGHT, NIGHT + 8 * HOUR) is None


def test_of_several_rooms_the_cold_one_rings_and_is_named() -> None:
    warm = every(TEN, NIGHT, NIGHT + 3 * HOUR, lambda _: 20.0)
    cold = every(TEN, NIGHT, NIGHT + 3 * HOUR, lambda _: 12.0)
    rooms = [Source(1, "climate", "客厅", DAY, warm), Source(2, "climate", "卧室", DAY, cold)]
    verdict = JUDGES["room_cold"](rooms, force("room_cold"), NIGHT + 3 * HOUR, None)
    assert verdict.rings and (verdict.because["device_id"], verdict.because["place"]) == (2, "卧室")


SERIES = {
    "water_low": (some.sampled_from([0.0, 0.0, 0.0, 0.0, 3.0, 12.0]), 4 * 3600.0),
    "water_running": (some.sampled_from([0.0, 0.5, 1.0, 2.0]), 2 * 3600.0),
    "door_not_opened": (some.sampled_from([0.0] * 9 + [1.0]), 3 * 3600.0),
    "left_bed": (some.sampled_from([0.0, 1.0]), 1200.0),
    "room_cold": (some.sampled_from([12.0, 13.0, 14.0, 20.0]), None),
    "room_hot": (some.sampled_from([20.0, 31.0, 32.0, 33.0]), None),
}


@pytest.mark.parametrize("rule", SERIES)
@given(data=some.data())
def test_before_the_next_look_it_could_not_have_rung(rule: str, data: some.DataObject) -> None:
    values, within = SERIES[rule]
    begins = NIGHT - data.draw(some.integers(0, 12), "hours before midnight") * HOUR
    parts = some.tuples(values, some.integers(1, 20))  # it stays so for a while
    heard = [value for value, times in data.draw(some.lists(parts, min_size=2, max_size=12)) for _ in range(times)]
    samples = [Sample(begins + number * TEN, value) for number, value in enumerate(heard)]
    at = begins + data.draw(some.integers(0, len(samples) - 1), "looked at") * TEN
    verdict = judge(rule, at, *samples, within=within)
    assert verdict.again > at
    if verdict.rings:
        return
    moments = [at + n * MINUTE for n in range(int((verdict.again - at) / MINUTE) + 1)]
    last = samples[-1].time + TEN
    rang = [
        m for m in moments if at < m < verdict.again and m <= last and judge(rule, m, *samples, within=within).rings
    ]
    assert rang == [], f"it could have rung at {rang[0]}"


@given(some.times(), some.times(), some.datetimes(NIGHT.replace(tzinfo=None), (NIGHT + 365 * DAY).replace(tzinfo=None)))
def test_a_night_contains_what_lies_between_its_ends(start: time, end: time, moment: datetime) -> None:
    night, at = Night(start, end, LOCAL), moment.replace(tzinfo=LOCAL)
    found = night.around(at)
    inside = (start <= moment.time() < end) if start < end else not (end <= moment.time() < start)
    assert (found is not None) == inside
    assert found is None or found[0] <= at < found[1]
    assert night.next_start(at) > at
