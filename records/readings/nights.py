"""Night by night: how long in bed, how often up, and the heart and breathing rates at rest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from care.metrics import METRICS
from records.database import Conn
from records.readings.series import Level, Window, bucketed
from records.readings.spans import Span, spans, watches

EVENING, NOON = time(18), time(12)
"""A night is looked for between these, in local time."""

_SAME_NIGHT = timedelta(hours=3)
"""Up for longer, and what was before was a nap, or what comes after is another sleep. An assumption."""

_COUNTS_AS_UP = timedelta(seconds=15)
"""The shortest absence from bed that counts, the shortest that telecare vendors let one set."""


@dataclass(frozen=True, slots=True)
class Night:
    """The longest stay in bed of the night that begins on the evening of `night`; durations in seconds.

    `known`: how long of the evening to noon a bed sensor spoke. None: nothing is known, or nobody lay down. Heart rate
    and respiration per minute, on average from `start` to `end`.
    """

    night: date
    start: datetime | None
    end: datetime | None
    known: float
    in_bed: float | None
    out_of_bed: float | None
    times_up: int | None
    heart_rate: float | None
    respiration: float | None


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay in bed, short absences included."""

    start: datetime
    end: datetime
    in_bed: float
    out_of_bed: float
    times_up: int


def nights(conn: Conn, resident_id: UUID, last: date, count: int, zone: ZoneInfo, now: datetime) -> list[Night]:
    """The `count` nights up to the one that begins on the evening of `last`, the newest first."""
    evenings = [last - timedelta(days=back) for back in range(count)]
    bounds = {evening: _bounds(evening, zone) for evening in evenings}
    first, end = bounds[evenings[-1]][0], min(bounds[last][1], now)
    known = (
        [
            span
            for watch in watches(conn, resident_id, first, end)
            if watch.kind == "bed"
            for span in spans(conn, watch, METRICS["in_bed"], now)
        ]
        if first < end
        else []
    )
    return [_night(conn, resident_id, evening, _clipped(known, *bounds[evening]), now) for evening in evenings]


def latest(now: datetime, zone: ZoneInfo) -> date:
    """The evening of the night that began last: before six in the evening it is yesterday's."""
    there = now.astimezone(zone)
    return there.date() if there.time() >= EVENING else there.date() - timedelta(days=1)


def _bounds(evening: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    morning = evening + timedelta(days=1)
    return datetime.combine(evening, EVENING, zone).astimezone(UTC), datetime.combine(morning, NOON, zone).astimezone(
        UTC
    )


def _clipped(known: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    return sorted(
        (
            Span(max(span.since, start), min(span.until, end), span.value)
            for span in known
            if span.since < end and span.until > start
        ),
        key=lambda span: span.since,
    )


def _night(conn: Conn, resident_id: UUID, evening: date, known: Sequence[Span], now: datetime) -> Night:
    covered = sum((span.until - span.since).total_seconds() for span in known)
    stay = longest_stay(known)
    if stay is None:
        return Night(evening, None, None, covered, 0.0 if covered else None, None, None, None, None)
    return Night(
        night=evening,
        start=stay.start,
        end=stay.end,
        known=covered,
        in_bed=stay.in_bed,
        out_of_bed=stay.out_of_bed,
        times_up=stay.times_up,
        heart_rate=_at_rest(conn, resident_id, "heart_rate", stay, now),
        respiration=_at_rest(conn, resident_id, "respiration_rate", stay, now),
    )


def longest_stay(known: Sequence[Span]) -> Stay | None:
    """The stay with the most time in bed, absences shorter than three hours bridged; None where nobody lay down."""
    stays: list[list[Span]] = []
    for span in known:
        if span.value != 1:
            continue
        if stays and span.since - stays[-1][-1].until < _SAME_NIGHT:
            stays[-1].append(span)
        else:
            stays.append([span])
    return max((_stay(stay, known) for stay in stays), key=lambda stay: stay.in_bed, default=None)


def _stay(lying: Sequence[Span], known: Sequence[Span]) -> Stay:
    start, end = lying[0].since, max(span.until for span in lying)
    up = [span.until - span.since for span in known if span.value == 0 and span.since >= start and span.until <= end]
    return Stay(
        start=start,
        end=end,
        in_bed=sum((span.until - span.since).total_seconds() for span in lying),
        out_of_bed=sum(absence.total_seconds() for absence in up),
        times_up=sum(absence >= _COUNTS_AS_UP for absence in up),
    )


def _at_rest(conn: Conn, resident_id: UUID, metric: str, stay: Stay, now: datetime) -> float | None:
    """The average over the stay, each reading counted once; None where there is none."""
    whole = Window(stay.start, stay.end, stay.end - stay.start)
    levels = [
        level
        for series in bucketed(conn, resident_id, METRICS[metric], whole, now)
        for level in series.points
        if isinstance(level, Level) and level.avg is not None
    ]
    readings = sum(level.readings for level in levels)
    if not readings:
        return None
    return round(sum((level.avg or 0) * level.readings for level in levels) / readings, 1)
