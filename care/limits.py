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


SPARSE = timedelta(minutes=15)
"""Of a device that speaks less often than three times in `lasting`, three readings within this time count: else a watch
that measures every five minutes could never ring. An assumption."""
_READINGS = 3


def read_from(limit: Limit, at: datetime) -> datetime:
    """From when on the stored readings are needed to judge at `at`."""
    return at - max(limit.lasting, SPARSE)


def _lately(window: Sequence[Sample], limit: Limit, at: datetime) -> tuple[Sample, ...]:
    """All readings of the `lasting` before `at`, or the last three where it has fewer; none where they say too little.

    They must span half of `lasting`: a single artefact never pages, nor do three of them within a second.
    """
    found = tuple(sample for sample in window if at - limit.lasting <= sample.time <= at)
    if len(found) < _READINGS:
        sparse = (sample for sample in window if read_from(limit, at) <= sample.time <= at)
        found = tuple(sorted(sparse, key=lambda sample: sample.time))[-_READINGS:]
    if len(found) < _READINGS or max(s.time for s in found) - min(s.time for s in found) < limit.lasting / 2:
        return ()
    return found


def sustained(window: Sequence[Sample], limit: Limit, at: datetime) -> tuple[Sample, ...]:
    """The readings that show `limit` broken all through the `lasting` before `at`; empty where it was not."""
    recent = _lately(window, limit, at)
    return () if any(limit.allows(sample.value) for sample in recent) else recent


def within(window: Sequence[Sample], limit: Limit, at: datetime) -> bool:
    """Whether the vital sign has come back within `limit`, and stayed so all through the `lasting` before `at`.

    As for `sustained`: at least three readings that span half of `lasting`; silence is no recovery.
    """
    recent = _lately(window, limit, at)
    return bool(recent) and all(limit.allows(sample.value) for sample in recent)
