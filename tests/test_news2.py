"""NEWS2 against the chart of the Royal College of Physicians, and what may never happen whatever is measured."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from care.metrics import METRICS
from care.news2 import MEASURED, Parameter, Reading, Taken, score, still_good
from tests.people import NOW

P = Parameter
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

CHART: dict[Parameter, dict[float, int]] = {
    P.RESPIRATION: {8: 3, 9: 1, 11: 1, 12: 0, 20: 0, 21: 2, 24: 2, 25: 3},
    P.SPO2: {91: 3, 92: 2, 93: 2, 94: 1, 95: 1, 96: 0, 100: 0},
    P.SYSTOLIC: {90: 3, 91: 2, 100: 2, 101: 1, 110: 1, 111: 0, 219: 0, 220: 3},
    P.PULSE: {40: 3, 41: 1, 50: 1, 51: 0, 90: 0, 91: 1, 110: 1, 111: 2, 130: 2, 131: 3},
    P.TEMPERATURE: {35.0: 3, 35.1: 1, 36.0: 1, 36.1: 0, 38.0: 0, 38.1: 1, 39.0: 1, 39.1: 2},
}
"""Both ends of every band of the chart."""
SCALE_2_ON_AIR: dict[float, int] = {83: 3, 84: 2, 85: 2, 86: 1, 87: 1, 88: 0, 92: 0, 93: 0, 100: 0}
SCALE_2_ON_OXYGEN: dict[float, int] = {83: 3, 85: 2, 87: 1, 88: 0, 92: 0, 93: 1, 94: 1, 95: 2, 96: 2, 97: 3}


@pytest.mark.parametrize("parameter", CHART)
def test_every_band_begins_and_ends_where_the_chart_says(parameter: Parameter) -> None:
    assert {value: score(Taken({parameter: value})).total for value in CHART[parameter]} == CHART[parameter]


@pytest.mark.parametrize(("oxygen", "chart"), [(False, SCALE_2_ON_AIR), (True, SCALE_2_ON_OXYGEN)])
def test_scale_2_scores_too_much_oxygen_only_on_oxygen(oxygen: bool, chart: dict[float, int]) -> None:
    found = {value: score(Taken({P.SPO2: value}, oxygen=oxygen, scale=2)).points[P.SPO2] for value in chart}
    assert found == chart


def test_oxygen_scores_2_and_not_being_alert_3() -> None:
    assert score(Taken({}, oxygen=True, alert=False)).points == {P.OXYGEN: 2, P.CONSCIOUSNESS: 3}
    assert score(Taken({}, oxygen=False, alert=True)).points == {P.OXYGEN: 0, P.CONSCIOUSNESS: 0}


def test_the_example_of_a_deteriorating_person_adds_up() -> None:
    found = score(
        Taken({P.RESPIRATION: 22, P.SPO2: 94, P.SYSTOLIC: 105, P.PULSE: 112, P.TEMPERATURE: 38.4}, False, True)
    )
    assert (found.total, found.complete, found.single) == (2 + 1 + 1 + 2 + 1, True, ())


values = some.fixed_dictionaries(
    {}, optional={one: some.floats(METRICS[one].low, METRICS[one].high) for one in MEASURED}
)
anybody = some.builds(
    Taken, values, some.none() | some.booleans(), some.none() | some.booleans(), some.sampled_from((1, 2))
)


@given(anybody)
def test_what_is_missing_makes_the_score_incomplete_and_is_never_counted_as_0(taken: Taken) -> None:
    found = score(taken)
    assert set(found.points) | set(found.missing) == set(Parameter)
    assert not set(found.points) & set(found.missing)
    assert found.complete == (len(taken.values) == 5 and taken.oxygen is not None and taken.alert is not None)
    assert 0 <= found.total <= 20 and all(0 <= points <= 3 for points in found.points.values())


@given(anybody, some.sampled_from(MEASURED), some.floats(0, 1))
def test_one_more_measurement_never_lowers_the_score(taken: Taken, parameter: Parameter, share: float) -> None:
    found = METRICS[parameter]
    value = found.low + share * (found.high - found.low)
    with_it = Taken(
        dict(taken.values) | {parameter: taken.values.get(parameter, value)}, taken.oxygen, taken.alert, taken.scale
    )
    assert score(with_it).total >= score(taken).total


@given(anybody)
def test_the_order_of_the_parameters_says_nothing(taken: Taken) -> None:
    backwards = Taken(dict(reversed(list(taken.values.items()))), taken.oxygen, taken.alert, taken.scale)
    assert score(backwards) == score(taken)


def reading(parameter: Parameter, ago: timedelta, value: float, kind: str = "bed") -> Reading:
    return Reading(parameter, NOW - ago, value, kind)


def standing(*readings: Reading) -> dict[Parameter, float]:
    found = still_good(readings, NOW, fresh=10 * MINUTE, spot=12 * HOUR)
    return {one: reading.value for one, reading in found.items()}


def test_a_single_artefact_does_not_score() -> None:
    beats = [70.0, 71, 200, 70, 72]
    assert standing(*(reading(P.PULSE, n * MINUTE, value) for n, value in enumerate(beats))) == {P.PULSE: 71}


def test_a_pulse_of_an_hour_ago_is_not_the_pulse_of_now_but_a_blood_pressure_may_be() -> None:
    assert standing(reading(P.PULSE, HOUR, 140), reading(P.SYSTOLIC, HOUR, 85, "vitals")) == {P.SYSTOLIC: 85}
    assert standing(reading(P.SYSTOLIC, 12 * HOUR, 85, "vitals")) == {}


def test_what_somebody_has_just_measured_counts_more_than_what_a_device_says_all_the_time() -> None:
    assert standing(reading(P.PULSE, MINUTE, 70), reading(P.PULSE, 5 * MINUTE, 95, "vitals")) == {P.PULSE: 95}
    assert standing(reading(P.PULSE, MINUTE, 70), reading(P.PULSE, HOUR, 95, "vitals")) == {P.PULSE: 70}
