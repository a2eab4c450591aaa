"""NEWS2, the National Early Warning Score (Royal College of Physicians, 2017). Pure.

A parameter that nobody has measured makes the score incomplete, never 0: what is known is then the least it can be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median_low
from types import MappingProxyType

from care.devices import DeviceKind


class Parameter(StrEnum):
    """The seven things that are scored."""

    RESPIRATION = "respiration_rate"
    SPO2 = "spo2"
    OXYGEN = "oxygen"
    SYSTOLIC = "systolic"
    PULSE = "heart_rate"
    CONSCIOUSNESS = "consciousness"
    TEMPERATURE = "body_temperature"


Bands = Sequence[tuple[float, int]]
"""Up to and with each value so many points; the last one goes on for ever."""

_FOR_EVER = float("inf")
_BANDS: Mapping[Parameter, Bands] = MappingProxyType(
    {
        Parameter.RESPIRATION: ((8, 3), (11, 1), (20, 0), (24, 2), (_FOR_EVER, 3)),
        Parameter.SPO2: ((91, 3), (93, 2), (95, 1), (_FOR_EVER, 0)),
        Parameter.SYSTOLIC: ((90, 3), (100, 2), (110, 1), (219, 0), (_FOR_EVER, 3)),
        Parameter.PULSE: ((40, 3), (50, 1), (90, 0), (110, 1), (130, 2), (_FOR_EVER, 3)),
        Parameter.TEMPERATURE: ((35.0, 3), (36.0, 1), (38.0, 0), (39.0, 1), (_FOR_EVER, 2)),
    }
)
_SCALE_2: Bands = ((83, 3), (85, 2), (87, 1), (_FOR_EVER, 0))
"""SpO2 of those whom a clinician has put on scale 2; 93 and more scores only on oxygen."""
_SCALE_2_ON_OXYGEN: Bands = ((83, 3), (85, 2), (87, 1), (92, 0), (94, 1), (96, 2), (_FOR_EVER, 3))
_DECIMALS: Mapping[Parameter, int] = MappingProxyType({Parameter.TEMPERATURE: 1})
"""The table is written in whole numbers, the temperature in tenths; a reading is rounded as it would be read off."""

MEASURED = (Parameter.RESPIRATION, Parameter.SPO2, Parameter.SYSTOLIC, Parameter.PULSE, Parameter.TEMPERATURE)
"""The parameters that devices measure; oxygen is entered, and consciousness nobody measures at home."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What is known of somebody; None: nobody knows."""

    values: Mapping[Parameter, float]
    """Of those in MEASURED, in the metric's own unit."""
    oxygen: bool | None = None
    """Whether they breathe it."""
    alert: bool | None = None
    """Whether they are awake and clear; new confusion, and answering only to voice or pain, is not."""
    scale: int = 1
    """2 only where a clinician has said so."""


@dataclass(frozen=True, slots=True)
class Score:
    """The points of each parameter that is known; `missing`: the others."""

    points: Mapping[Parameter, int]
    missing: tuple[Parameter, ...]

    @property
    def total(self) -> int:
        """The sum; where something is missing the least that it can be."""
        return sum(self.points.values())

    @property
    def complete(self) -> bool:
        """Whether every parameter is known."""
        return not self.missing

    @property
    def single(self) -> tuple[Parameter, ...]:
        """The parameters that score 3 alone: an urgent review, whatever the total."""
        return tuple(one for one, points in self.points.items() if points == 3)


def score(taken: Taken) -> Score:
    """The score of what is known."""
    points = {
        one: _points(_bands(one, taken), round(taken.values[one], _DECIMALS.get(one, 0)))
        for one in MEASURED
        if one in taken.values
    }
    if taken.oxygen is not None:
        points[Parameter.OXYGEN] = 2 if taken.oxygen else 0
    if taken.alert is not None:
        points[Parameter.CONSCIOUSNESS] = 0 if taken.alert else 3
    in_order = {one: points[one] for one in Parameter if one in points}
    return Score(MappingProxyType(in_order), tuple(one for one in Parameter if one not in points))


def _bands(parameter: Parameter, taken: Taken) -> Bands:
    if parameter is Parameter.SPO2 and taken.scale == 2:
        return _SCALE_2_ON_OXYGEN if taken.oxygen else _SCALE_2
    return _BANDS[parameter]


def _points(bands: Bands, value: float) -> int:
    return next(points for most, points in bands if value <= most)


@dataclass(frozen=True, slots=True)
class Reading:
    """One stored value of a parameter, and what kind of device measured it."""

    parameter: Parameter
    time: datetime
    value: float
    kind: str

    @property
    def on_occasion(self) -> bool:
        """Whether somebody measured it (a cuff, a thermometer), rather than a device that does so all the time."""
        return self.kind == DeviceKind.VITALS


def still_good(
    readings: Sequence[Reading], at: datetime, fresh: timedelta, spot: timedelta
) -> dict[Parameter, Reading]:
    """The reading that stands for each parameter at `at`; none for one whose readings are too old.

    Of what is measured all the time the middle one of the last `fresh`, so that no artefact scores; where there is
    none, what somebody measured last, if that is not older than `spot`.
    """
    found: dict[Parameter, Reading] = {}
    for parameter in MEASURED:
        own = [one for one in readings if one.parameter is parameter and one.time <= at]
        lately = [one for one in own if not one.on_occasion and one.time > at - fresh]
        measured = [one for one in own if one.on_occasion and one.time > at - spot]
        last = max(measured, key=lambda one: one.time, default=None)
        if lately and (last is None or last.time <= at - fresh):
            middle = median_low([one.value for one in lately])
            found[parameter] = max((one for one in lately if one.value == middle), key=lambda one: one.time)
        elif last is not None:
            found[parameter] = last
    return found
