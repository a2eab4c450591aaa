"""The simulated community: plausible, the same whoever asks and whenever, and with the truth about what goes wrong."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.devices import DeviceKind, check_names
from care.limits import screen
from care.metrics import METRICS
from simulators import asking, days, faults, incidents, sensors, truth
from simulators.days import ZONE
from simulators.homes import homes
from simulators.incidents import Incident, Kind, Town

QUIET = Town(seed=1, count=6, incidents_per_day=0)
BUSY = Town(seed=3, count=40, incidents_per_day=4)
NOON = int(datetime(2026, 11, 23, 12, tzinfo=ZONE).timestamp())
DAY = 86_400

dates = st.dates(date(2024, 1, 1), date(2030, 1, 1))
seeds = st.integers(0, 10_000)


@given(seeds, st.integers(0, 5), dates)
def test_a_day_has_no_gap_and_ends_where_the_next_begins(seed: int, which: int, day: date) -> None:
    home = homes(seed, 6)[which]
    today, tomorrow = days.day_of(home, day), days.day_of(home, day + timedelta(days=1))
    assert all(earlier.end == later.start for earlier, later in pairwise([*today, *tomorrow]))
    assert all(stay.end > stay.start for stay in today)


@given(seeds, dates)
def test_a_night_in_bed_is_a_night(seed: int, day: date) -> None:
    stays = days.day_of(homes(seed, 1)[0], day)
    slept = sum(stay.end - stay.start for stay in stays if stay.doing == days.IN_BED)
    assert 4.5 * 3600 < slept < 12.5 * 3600


@given(seeds, st.integers(0, 3 * DAY), st.integers(1, DAY))
def test_whoever_asks_in_pieces_hears_the_same(seed: int, start: int, lasts: int) -> None:
    town = Town(seed, 2, incidents_per_day=3)
    home, since = town.homes[0], NOON + start
    middle, until = since + lasts // 3, since + lasts
    for gadget in home.gadgets[1:]:  # the bed has its own test: it says most
        whole = list(sensors.says(town, home, gadget, since, until))
        pieces = [*sensors.says(town, home, gadget, since, middle), *sensors.says(town, home, gadget, middle, until)]
        assert sorted(pieces, key=str) == sorted(whole, key=str)


def test_the_bed_speaks_every_ten_seconds_and_history_has_some_of_the_same_readings() -> None:
    home = QUIET.homes[0]
    bed = home.gadgets[0]
    everything = list(sensors.says(QUIET, home, bed, NOON, NOON + DAY))
    assert {later.time - earlier.time for earlier, later in pairwise(everything)} == {10}
    pieces = [
        *sensors.says(QUIET, home, bed, NOON, NOON + 777),
        *sensors.says(QUIET, home, bed, NOON + 777, NOON + DAY),
    ]
    assert pieces == everything
    assert set(map(str, sensors.says(QUIET, home, bed, NOON, NOON + DAY, thin=6))) < set(map(str, everything))


@pytest.mark.parametrize("number", range(6))
def test_nothing_in_a_plain_day_rings(number: int) -> None:
    home = QUIET.homes[number]
    for gadget in home.gadgets:
        for said in sensors.says(QUIET, home, gadget, NOON, NOON + DAY):
            assert not said.event
            assert list(screen(said.values)) == []
            for name, value in said.values.items():
                assert METRICS[name].low <= value <= METRICS[name].high


def test_the_same_seed_gives_the_same_ledger_byte_for_byte() -> None:
    first = truth.ledger(BUSY, NOON, NOON + 7 * DAY)
    incidents._drawn.cache_clear()
    sensors.scene.cache_clear()
    assert truth.ledger(Town(3, 40, 4), NOON, NOON + 7 * DAY) == first
    assert truth.ledger(Town(4, 40, 4), NOON, NOON + 7 * DAY) != first


def test_a_ledger_can_be_read_again(tmp_path: Path) -> None:
    file = tmp_path / "truth.jsonl"
    file.write_bytes(truth.ledger(BUSY, NOON, NOON + 7 * DAY))
    found = truth.read(file)
    assert (found.homes, found.until - found.since) == (40, timedelta(days=7))
    assert 14 <= len(found.happened) <= 200
    file.write_text("[]\n")
    with pytest.raises(truth.BadLedger, match="line 1"):
        truth.read(file)


def test_within_a_year_everything_happens() -> None:
    assert {one.kind for one in BUSY.incidents(NOON, NOON + 365 * DAY)} == set(Kind)


def test_what_would_not_happen_in_a_short_time_can_be_had_once_and_nothing_else_changes() -> None:
    since, until = NOON - 12 * 3600, NOON + 12 * 3600
    whole = incidents.with_every_kind(BUSY, since, until)
    happened, drawn = list(whole.incidents(since, until)), list(BUSY.incidents(since, until))
    assert {one.kind for one in happened} == set(Kind)
    assert [one for one in happened if one not in whole.asked] == drawn
    assert len(whole.asked) == len(set(Kind) - {one.kind for one in drawn})
    assert incidents.with_every_kind(whole, since, until) == whole


def test_what_is_asked_for_happens_at_that_time_in_that_home() -> None:
    begin = datetime(2026, 11, 23, 20, 0, tzinfo=ZONE)
    one = asking.asked(QUIET, "fall_lies@4@03:12", begin)
    assert (one.kind, one.home) == (Kind.FALL_LIES, 4)
    assert datetime.fromtimestamp(one.start, ZONE) == datetime(2026, 11, 24, 3, 12, tzinfo=ZONE)
    assert asking.asked(QUIET, "fall_lies@4@2026-11-24T03:12", begin) == one
    assert asking.asked(QUIET, "fall_lies@4@2026-11-23T19:12+00:00", begin) == one
    street = asking.asked(QUIET, "power_cut_street@4@20:00", begin)
    assert [home.number for home in QUIET.homes if street.concerns(home)] == [1, 4]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fall_lies@4", "KIND@HOME@TIME"),
        ("stumble@4@03:12", "stumble: no such kind; one of fall_gets_up"),
        ("sos@7@03:12", "7: the homes have the numbers 1 to 6"),
        ("sos@²@03:12", "the numbers 1 to 6"),
        ("sos@4@25:00", "25:00: write a time"),
        ("sos@4@2026-11-23T19:59", "before the town begins to live .2026-11-23 20:00"),
    ],
)
def test_what_cannot_happen_says_why(text: str, says: str) -> None:
    with pytest.raises(asking.CannotHappen, match=says):
        asking.asked(QUIET, text, datetime(2026, 11, 23, 20, 0, tzinfo=ZONE))


def one_of(kind: Kind) -> tuple[Town, Incident]:
    """A town in which this happens at noon to the first person who has everything that could notice it."""
    needs = {DeviceKind.FALL_RADAR, DeviceKind.WATER_METER, DeviceKind.WATER_LEAK, DeviceKind.WEARABLE}
    home = next(home for home in homes(1, 200) if all(home.has(need) for need in needs))
    street = home.street if kind is Kind.POWER_CUT_STREET else None
    incident = Incident(kind, home.number, NOON, NOON + 3 * 3600, street)
    return Town(1, home.number, 0, (incident,)), incident


@pytest.mark.parametrize(
    ("kind", "event"),
    [(Kind.SOS, "sos"), (Kind.SMOKE, "smoke"), (Kind.LEAK, "water_leak")],
)
def test_what_a_device_is_there_for_it_tells(kind: Kind, event: str) -> None:
    town, incident = one_of(kind)
    home = town.homes[incident.home - 1]
    told = [s for g in home.gadgets for s in sensors.says(town, home, g, NOON - DAY, NOON + DAY) if s.event]
    assert [(said.event, NOON < said.time < NOON + 600) for said in told] == [(event, True)]


@pytest.mark.parametrize("kind", [Kind.POWER_CUT_HOME, Kind.POWER_CUT_STREET])
def test_without_power_the_home_is_silent(kind: Kind) -> None:
    town, incident = one_of(kind)
    for home in town.homes:
        heard = [s for g in home.gadgets for s in sensors.says(town, home, g, incident.start, incident.end - 1)]
        assert bool(heard) != incident.concerns(home)
        assert sensors.dark(town, home, NOON + 1) == incident.concerns(home)


def test_it_is_known_when_the_power_goes_and_comes() -> None:
    cut = Incident(Kind.POWER_CUT_HOME, 1, NOON, NOON + 3600)
    town = replace(QUIET, asked=(cut, Incident(Kind.SOS, 2, NOON + 60, NOON + 120)))
    assert list(town.power_turns(NOON - 60, NOON + DAY)) == [NOON, NOON + 15, NOON + 3600, NOON + 3615]
    assert list(town.power_turns(NOON + 15, NOON + 3601)) == [NOON + 3600]


def test_who_has_collapsed_moves_no_more() -> None:
    town, incident = one_of(Kind.COLLAPSE)
    home = town.homes[incident.home - 1]
    moved = [
        said
        for gadget in home.gadgets
        if gadget.kind is DeviceKind.MOTION
        for said in sensors.says(town, home, gadget, NOON + 60, incident.end - 1)
        if said.values["motion"] == 1
    ]
    assert moved == []


def test_who_lies_there_at_midnight_does_not_fall_again() -> None:
    town, noon = one_of(Kind.COLLAPSE)
    late = replace(noon, start=noon.start + 8 * 3600, end=noon.start + 20 * 3600)
    town = replace(town, asked=(late,))
    home = town.homes[late.home - 1]
    moved = [
        said.time
        for gadget in home.gadgets
        if gadget.kind is DeviceKind.MOTION
        for said in sensors.says(town, home, gadget, late.start + 60, late.end - 1)
        if said.values["motion"] == 1
    ]
    assert moved == []


def test_midnight_wakes_nobody() -> None:
    for home in QUIET.homes:
        (pir,) = (one for one in home.gadgets if one.name.startswith("pir-bedroom"))
        midnights = [NOON + DAY // 2 + n * DAY for n in range(20)]
        told = [sensors.says(QUIET, home, pir, midnight - 1, midnight) for midnight in midnights]
        assert sum(said.values["motion"] for each in told for said in each) <= 2  # who turns over just then


def test_a_slow_fever_shows_in_the_bed_and_on_the_wrist() -> None:
    town, incident = one_of(Kind.SLOW_FEVER)
    home = town.homes[incident.home - 1]
    watch = next(gadget for gadget in home.gadgets if gadget.kind is DeviceKind.WEARABLE)
    warmest = max(s.values["body_temperature"] for s in sensors.says(town, home, watch, NOON, incident.end))
    assert 39.1 <= warmest <= 40


def test_faults_lose_repeat_and_delay_a_little_and_never_an_event() -> None:
    said = [sensors.Said(NOON + n, {"motion": float(n % 2)}) for n in range(20_000)]
    home = next(h for h in BUSY.homes if faults.fault_of(h, h.gadgets[1]) is faults.Fault.NONE)
    out = list(faults.sent(home, home.gadgets[1], said))
    assert 0.99 < len({one.said.time for one in out}) / len(said) < 1
    assert any(one.at > one.said.time + 29 for one in out)
    assert len(out) > len({one.said.time for one in out})
    falls = [sensors.Said(NOON + n, {}, "fall") for n in range(500)]
    assert {one.said.time for one in faults.sent(home, home.gadgets[1], falls)} == {fall.time for fall in falls}


def test_the_people_of_a_town_are_made_up() -> None:
    town = homes(1, 200)
    assert len({home.household.care_bed for home in town}) == 200
    phones = [contact.phone for home in town for contact in home.household.contacts]
    assert len(set(phones)) == len(phones)
    assert all(len(phone) == 11 and phone.startswith("100") for phone in phones)
    assert [home.household for home in homes(1, 40)] == [home.household for home in town[:40]]
    assert {home.street for home in town} == {0, 1, 2}
    for home in town:
        for gadget in home.gadgets:
            check_names("sim", gadget.name)
