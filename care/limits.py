"""Limits on vital signs, and the two pure judgements over them: of one reading, and of a stored window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Limit:
    """A value at or below `low`, or at or above `high`, for `lasting`, is abnormal. Units are the metric's own."""

    metric: str
    low: float | None
    high: float | None
    lasting: timedelta = timedelta(seconds=60)

    def allows(self, value: float) -> bool:
        """Whether this value is within the limit."""
        return (self.low is None or value > self.low) and (self.high is None or value < self.high)


DEFAULT_LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        limit.metric: limit
        for limit in (
            # NEWS2 (Royal College of Physicians, 2017): the values that score 3 on their own, an urgent review.
            Limit("heart_rate", 40, 131),
            Limit("respiration_rate", 8, 25),
            Limit("spo2", 91, None),
            Limit("systolic", 90, 220),
            # NEWS2 scores 3 at 35.0 and below; its highest score for fever, 2, begins at 39.1.
            Limit("body_temperature", 35.0, 39.1),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Breach:
    """One reading beyond its limit."""

    metric: str
    value: float
    limit: Limit


def screen(values: Mapping[str, float], limits: Mapping[str, Limit] = DEFAULT_LIMITS) -> list[Breach]:
    """The values of one reading that are beyond their limit; nearly always none."""
    return [
        Breach(metric, value, limit)
        for metric, value in values.items()
        if (limit := limits.get(metric)) is not None and not limit.allows(value)
    ]


@dataclass(frozen=True, slots=True)
class Sample:
    """One stored value."""

    time: datetime
    value: float


def sustained(window: Sequence[Sample], limit: Limit, at: datetime) -> tuple[Sample, ...]:
    """The readings that show `limit` broken all through the `lasting` before `at`; empty where it was not.

    At least three readings, every one of them beyond the limit, and together spanning half of `lasting`: a single
    artefact never pages, nor do three of them within a second.
    """
    recent = tuple(sample for sample in window if at - limit.lasting <= sample.time <= at)
    if len(recent) < 3 or any(limit.allows(sample.value) for sample in recent):
        return ()
    if max(s.time for s in recent) - min(s.time for s in recent) < limit.lasting / 2:
        return ()
    return recent
