"""The metrics that a device may observe: one name, one unit, one plausible range and, where it exists, one LOINC code.

Units are UCUM; codes are LOINC; the ranges say what is plausible of a sensor, not what is healthy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class MetricKind(StrEnum):
    """How a metric is summed up over time."""

    GAUGE = "gauge"
    """A level: average, minimum, maximum."""
    COUNTER = "counter"
    """An amount since the last message: sum."""
    STATE = "state"
    """0 or 1: the last one, and the seconds that it was 1."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One entry of the catalogue; `low` and `high` are the plausible range, both included, in `unit`."""

    name: str
    unit: str
    low: float
    high: float
    kind: MetricKind = MetricKind.GAUGE
    loinc: str | None = None


_STATE = MetricKind.STATE
_COUNTER = MetricKind.COUNTER
_NO_LIMIT = 1e9
"""Above what any counter adds in one message (an assumption: the field gives none)."""

CATALOGUE: tuple[Metric, ...] = (
    Metric("heart_rate", "/min", 20, 250, loinc="8867-4"),
    Metric("respiration_rate", "/min", 2, 60, loinc="9279-1"),
    Metric("spo2", "%", 50, 100, loinc="59408-5"),
    Metric("body_temperature", "Cel", 30, 43, loinc="8310-5"),
    Metric("systolic", "mm[Hg]", 50, 260, loinc="8480-6"),
    Metric("diastolic", "mm[Hg]", 20, 160, loinc="8462-4"),
    Metric("weight", "kg", 20, 250, loinc="29463-7"),
    Metric("blood_glucose", "mmol/L", 1, 40),
    Metric("in_bed", "1", 0, 1, _STATE),
    Metric("movement", "%", 0, 100),
    Metric("apnea_events", "{count}", 0, _NO_LIMIT, _COUNTER),
    Metric("temperature", "Cel", -30, 60),
    Metric("humidity", "%", 0, 100),
    Metric("illuminance", "lx", 0, 150_000),
    Metric("co2", "[ppm]", 0, 20_000),
    Metric("motion", "1", 0, 1, _STATE),
    Metric("presence", "1", 0, 1, _STATE),
    Metric("door_open", "1", 0, 1, _STATE),
    Metric("water_used", "L", 0, _NO_LIMIT, _COUNTER),
    Metric("power", "W", 0, 20_000),
    Metric("steps", "{count}", 0, _NO_LIMIT, _COUNTER),
)

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in CATALOGUE})

VITAL_SIGNS = ("heart_rate", "respiration_rate", "spo2", "body_temperature", "systolic", "diastolic")
