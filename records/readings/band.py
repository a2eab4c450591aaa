"""A resident's day as a band: when in bed, where something moved, which door stood open, and when nothing is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from care.devices import DeviceKind
from care.metrics import CATALOGUE, METRICS, Metric, MetricKind
from records.database import Conn
from records.readings.spans import Span, Watch, spans, unknown, watches

STATES = tuple(metric for metric in CATALOGUE if metric.kind is MetricKind.STATE)

_EXPECTED: Mapping[str, Metric] = MappingProxyType(
    {
        DeviceKind.BED: METRICS["in_bed"],
        DeviceKind.MOTION: METRICS["motion"],
        DeviceKind.PRESENCE: METRICS["presence"],
        DeviceKind.FALL_RADAR: METRICS["presence"],
        DeviceKind.DOOR: METRICS["door_open"],
    }
)
"""What a device of this kind is there to observe: it has its row also on a day without a reading."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing is known from `since` to `until`."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """One state that one device observed: its spans, clipped to the day, and what is unknown of it."""

    metric: str
    vendor: str
    device: str
    kind: str
    place: str
    spans: Sequence[Span]
    unknown: Sequence[Gap]


def day_band(
    conn: Conn, resident_id: UUID, start: datetime, end: datetime, now: datetime, *, expected: bool = False
) -> list[Row]:
    """The states of this resident from `start` to `end`; what comes after `now` is not unknown, it has not been.

    `expected`: only what each device is there to observe, which asks the database a quarter as often.
    """
    return [
        _row(watch, metric, known, now)
        for watch in watches(conn, resident_id, start, min(end, now))
        for metric in STATES
        if (is_there_for := _EXPECTED.get(watch.kind) is metric) or not expected
        if (known := spans(conn, watch, metric, now)) or is_there_for
    ]


def _row(watch: Watch, metric: Metric, known: Sequence[Span], now: datetime) -> Row:
    gaps = [Gap(*gap) for gap in unknown(known, watch.start, min(watch.end, now))]
    return Row(metric.name, watch.vendor, watch.device, watch.kind, watch.place, known, gaps)
