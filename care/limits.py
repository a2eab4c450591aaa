"""Limits on vital signs, and the pure judgements over them: of one reading, and of a stored window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from care.in_force import DEFAULT, InForce, nearest
from care.rules import VITAL_RULES


@dataclass(frozen=True, slots=True)
class Limit:
    """A value at or below `low`, or at or above `high`, for `lasting`, is abnormal. Units are the metric's own."""

    metric: str
    low: float | None
    high: float | None
    lasting: timedelta = timedelta(seconds=60)
    version: int = 1
    """Of the rule, when this was in force."""
    where: str = DEFAULT
    """Where it comes from: see InForce."""

    def allows(self, value: float) -> bool:
        """Whether this value is within the limit."""
        return (self.low is None or value > self.low) and (self.high is None or value < self.high)


def limit_of(metric: str, found: InForce) -> Limit:
    """The limit on a vital sign that is in force for somebody."""
    low, high = (float(found.values[name]) if name in found.values else None for name in ("low", "high"))
    lasting = timedelta(seconds=found.number("lasting"))
    return Limit(metric, low, high, lasting, found.version, found.where)


DEFAULT_LIMITS: Mapping[str, Limit] = MappingProxyType(
    {metric: limit_of(metric, nearest(rule, ())) for metric, rule in VITAL_RULES.items()}
)
"""What holds where nobody has set other limits; their sources are in the rule pack."""


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


def within(window: Sequence[Sample], limit: Limit, at: datetime) -> bool:
    """Whether the vital sign has come back within `limit`, and stayed so all through the `lasting` before `at`.

    As for `sustained`: at least three readings that span half of `lasting`; silence is no recovery.
    """
    recent = [sample for sample in window if at - limit.lasting <= sample.time <= at]
    if len(recent) < 3 or not all(limit.allows(sample.value) for sample in recent):
        return False
    return max(s.time for s in recent) - min(s.time for s in recent) >= limit.lasting / 2
