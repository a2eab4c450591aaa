"""The demo life: plausible, quiet, and the same whenever one looks."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from care.devices import check_names
from care.limits import screen
from care.messages import Reading
from care.metrics import METRICS
from simulators import demo, life
from simulators.people import PEOPLE, Person

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
A_DAY = timedelta(days=1)
everybody = pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.household.care_bed)


def seen(person: Person, since: datetime, until: datetime) -> Sequence[Reading]:
    """What all sensors of this home say."""
    return [reading for *_, sees in demo.SENSORS for reading in sees(person, since, until)]


@everybody
def test_nothing_in_a_plain_day_rings(person: Person) -> None:
    for reading in seen(person, NOW - A_DAY, NOW):
        assert list(screen(reading.values)) == []
        for name, value in reading.values.items():
            assert METRICS[name].low <= value <= METRICS[name].high


@everybody
def test_a_sensor_says_one_thing_at_a_time_in_order(person: Person) -> None:
    for *_, sees in demo.SENSORS:
        times = [reading.time for reading in sees(person, NOW - A_DAY, NOW)]
        assert all(earlier < later for earlier, later in pairwise(times))


@everybody
def test_whoever_asks_in_pieces_hears_the_same(person: Person) -> None:
    middle = NOW - timedelta(hours=5, seconds=3.5)
    whole = seen(person, NOW - A_DAY, NOW)
    pieces = [*seen(person, NOW - A_DAY, middle), *seen(person, middle, NOW)]
    assert sorted(pieces, key=str) == sorted(whole, key=str)


@everybody
def test_a_night_in_bed_lasts_six_to_eleven_hours_and_has_a_walk_or_two(person: Person) -> None:
    _, *night = life.lying(person, date(2026, 11, 22))
    assert 2 <= len(night) <= 3
    assert timedelta(hours=6) < night[-1].end - night[0].start < timedelta(hours=11)


def test_nobody_in_bed_has_no_pulse_but_the_bed_still_speaks() -> None:
    li_yulan = PEOPLE[0]
    noon = datetime(2026, 11, 23, 11, 0, tzinfo=life.ZONE)
    readings = list(life.bed(li_yulan, noon, noon + timedelta(minutes=1)))
    assert [reading.values for reading in readings] == [{"in_bed": 0.0, "movement": 0.0}] * 6


def test_the_bed_speaks_every_ten_seconds() -> None:
    times = [reading.time for reading in life.bed(PEOPLE[3], NOW - timedelta(hours=1), NOW)]
    assert len(times) == 360
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(seconds=10)}


def test_the_ten_are_72_to_91_years_old_and_live_in_every_county() -> None:
    ages = [2026 - person.household.born.year for person in PEOPLE]
    assert (len(PEOPLE), min(ages), max(ages)) == (10, 72, 91)
    assert {person.household.county_code for person in PEOPLE} == {
        "340503", "340504", "340506", "340521", "340522", "340523",
    }  # fmt: skip
    assert len({person.household.care_bed for person in PEOPLE}) == len(PEOPLE)
    phones = [contact.phone for person in PEOPLE for contact in person.household.contacts]
    assert len(set(phones)) == len(phones)
    for what, *_ in demo.SENSORS:
        check_names(demo.VENDOR, f"{what}-10")
