"""Residents over HTTP: searching, one of them, what was observed of them, and their day."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from care.metrics import METRICS, Metric, MetricKind
from care.news2 import Parameter
from care.scoring import Scored
from dashboard.answers import Cursor, Refused
from dashboard.desk import AtDesk, Care, InMyCare
from dashboard.masked import for_alert, for_resident
from records.equipment import coverage
from records.judging import alerts
from records.judging.alerts import AlertView
from records.living.scores import score_now
from records.login import audit
from records.people import areas, residents
from records.people.residents import Found, ResidentView, ToCall
from records.readings import series
from records.readings.band import Row, day_band
from records.readings.nights import Night, latest, nights
from records.readings.now import CurrentValue, current
from records.readings.series import MOST_BUCKETS, MOST_POINTS, Series, Window
from records.readings.usual import Usual, usual

router = APIRouter(prefix="/api/residents", tags=["residents"])


class Residents(BaseModel):
    """Some residents; `more`: there are others, narrow the search or go on with `cursor`."""

    residents: list[Found]
    more: bool
    cursor: str | None


class Observations(BaseModel):
    """One metric over time, for each device that observed it."""

    metric: str
    kind: MetricKind
    unit: str
    start: datetime
    end: datetime
    bucket: float | None
    """Seconds; None for single readings."""
    cut: bool
    detail: str
    series: list[Series]


class Band(BaseModel):
    """One day's states."""

    day: date
    zone: str
    start: datetime
    end: datetime
    now: datetime
    rows: list[Row]


class Reason(BaseModel):
    """Why somebody needs to see it."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(min_length=2, max_length=200, pattern=r"^[^\x00]*\S[^\x00]*$")]


class Revealed(BaseModel):
    """What is masked elsewhere; `phone` is null where the records have none of the resident's own."""

    name: str
    phone: str | None
    address: str
    contacts: list[ToCall]


class Measured(BaseModel):
    """What one parameter of NEWS2 rests on, in the metric's unit."""

    parameter: Parameter
    time: datetime
    value: float


class News2(BaseModel):
    """NEWS2 (RCP 2017); what is `missing` makes it incomplete, and `total` the least that it can be.

    `single`: parameters that score 3 alone. `oxygen` and `scale` are what a doctor has set for the resident.
    """

    total: int
    complete: bool
    missing: list[Parameter]
    single: list[Parameter]
    points: dict[Parameter, int]
    measured: list[Measured]
    scale: int
    oxygen: str


class Now(BaseModel):
    """How a resident is now, as far as the devices say; `news2` null: nothing of it has been measured lately."""

    now: datetime
    values: list[CurrentValue]
    news2: News2 | None


class UsualBands(BaseModel):
    """What is usual for a resident, metric by metric; nothing of those of which too little is known."""

    bands: list[Usual]


class Nights(BaseModel):
    """Some nights, the newest first."""

    zone: str
    nights: list[Night]


class AlertsOf(BaseModel):
    """A resident's alerts; `cursor` asks for those before them, null: there are no more."""

    alerts: list[AlertView]
    cursor: str | None


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@router.get("")
def search(
    care: Care,
    desk: AtDesk,
    search: Annotated[str, Query(max_length=64)] = "",
    area: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="only in this area and below")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Cursor = None,
    ended: Annotated[bool, Query(description="those whose service has ended, instead of the others")] = False,
) -> Residents:
    """Find residents by a part of the name, pinyin initials, care-bed number, or the end of a phone number.

    Whoever sees names masked finds people by their surname only.
    """
    with desk.database.transaction() as conn:
        below = areas.below(conn, area) if area is not None else None
        page = residents.search(
            conn, search, limit, care.scope, names=care.names, area=below, after=cursor, ended=ended
        )
    shown = [for_resident(care.names, one) for one in page.residents]
    return Residents(residents=shown, more=page.cursor is not None, cursor=page.cursor)


@router.get("/{resident_id}")
def one(resident: InMyCare, care: Care, desk: AtDesk) -> ResidentView:
    """One resident with home, care bed and devices, and how well these watch over them now."""
    with desk.database.transaction() as conn:
        covered = coverage.of_resident(conn, resident.id, datetime.now(UTC))
    return replace(for_resident(care.names, resident), coverage=covered)


@router.post("/{resident_id}/reveal")
def reveal(resident: InMyCare, why: Reason, care: Care, desk: AtDesk) -> Revealed:
    """Name, address and telephone numbers in full; who asked and why is in the audit log."""
    with desk.database.transaction() as conn:
        audit.note(conn, care.session.account.id, "reveal", resident_id=resident.id, reason=why.reason.strip())
        found = residents.contacts(conn, resident.id)
    return Revealed(name=resident.name, phone=None, address=resident.address, contacts=found)


@router.get("/{resident_id}/observations")
def observations(
    resident: InMyCare,
    desk: AtDesk,
    metric: str,
    from_: Annotated[str, Query(alias="from", max_length=40, description="ISO 8601 with a zone")],
    to: Annotated[str, Query(max_length=40, description="ISO 8601 with a zone")],
    bucket: Annotated[
        str | None, Query(max_length=12, description="60, 60s, 5m, 1h or 1d; without it single readings")
    ] = None,
) -> Observations:
    """One metric from–to: gauges as avg, min, max; counters as sum; states as the last one and the seconds on."""
    known = _metric(metric)
    start, end = time_of("from", from_), time_of("to", to)
    if start >= end:
        raise Refused(422, "from: must be earlier than to", "from")
    width = _bucket(bucket, end - start) if bucket else None
    with desk.database.transaction() as conn:
        if width is None:
            found = series.readings(conn, resident.id, known, start, end)
        else:
            found = series.bucketed(conn, resident.id, known, Window(start, end, width), datetime.now(UTC))
    return _answer(known, start, end, width, found)


def _answer(
    metric: Metric, start: datetime, end: datetime, width: timedelta | None, found: list[Series]
) -> Observations:
    cut = any(one.cut for one in found)
    return Observations(
        metric=metric.name,
        kind=metric.kind,
        unit=metric.unit,
        start=start,
        end=end,
        bucket=width.total_seconds() if width else None,
        cut=cut,
        detail=f"There are more than {MOST_POINTS} readings; ask again from the last one on, or with a bucket."
        if cut
        else "",
        series=found,
    )


def _metric(name: str) -> Metric:
    if name not in METRICS:
        raise Refused(422, f"metric: not in the catalogue; use one of {', '.join(METRICS)}", "metric")
    return METRICS[name]


_DATETIME: TypeAdapter[Any] = TypeAdapter(datetime)
_UNESCAPED_PLUS = re.compile(r" (?=\d\d:?\d\d$)")


def time_of(field: str, text: str) -> datetime:
    """A time with its zone; a `+` that the address turned into a space is taken for what it was."""
    try:
        found: datetime = _DATETIME.validate_python(_UNESCAPED_PLUS.sub("+", text))
    except ValidationError:
        raise Refused(422, f"{field}: write it like 2026-11-23T12:00:00+08:00", field) from None
    if found.tzinfo is None:
        raise Refused(422, f"{field}: needs a zone, as in 2026-11-23T12:00:00+08:00", field)
    return found.astimezone(UTC)


_BUCKET = re.compile(r"(\d{1,9})([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def _bucket(text: str, length: timedelta) -> timedelta:
    match = _BUCKET.fullmatch(text)
    seconds = int(match[1]) * _SECONDS[match[2]] if match else 0
    if not 1 <= seconds <= 366 * 86400:
        raise Refused(422, "bucket: use a number of seconds, or 5m, 1h, 1d; at most 366d", "bucket")
    if length / timedelta(seconds=seconds) > MOST_BUCKETS:
        fits = int(length.total_seconds() // MOST_BUCKETS) + 1
        raise Refused(422, f"bucket: at most {MOST_BUCKETS} of them; use {fits}s or more, or a shorter time", "bucket")
    return timedelta(seconds=seconds)


@router.get("/{resident_id}/now")
def values_now(resident: InMyCare, desk: AtDesk) -> Now:
    """The latest value of everything that is observed, and how old it is."""
    now = datetime.now(UTC)
    with desk.database.transaction() as conn:
        found = score_now(conn, resident.id, now)
        return Now(now=now, values=current(conn, resident.id, now), news2=news2_of(found) if found.readings else None)


def news2_of(found: Scored) -> News2:
    measured = [
        Measured(parameter=one, time=reading.time, value=reading.value) for one, reading in found.readings.items()
    ]
    return News2(
        total=found.score.total,
        complete=found.score.complete,
        missing=list(found.score.missing),
        single=list(found.score.single),
        points=dict(found.score.points),
        measured=measured,
        scale=found.scale,
        oxygen=found.oxygen,
    )


@router.get("/{resident_id}/usual")
def usual_of(resident: InMyCare, desk: AtDesk) -> UsualBands:
    """The bands in which the resident's own vital signs lay in the last four weeks."""
    with desk.database.transaction() as conn:
        return UsualBands(bands=usual(conn, resident.id, datetime.now(UTC)))


@router.get("/{resident_id}/nights")
def by_night(
    resident: InMyCare,
    desk: AtDesk,
    days: Annotated[int, Query(ge=1, le=62, description="how many nights, up to this one")] = 14,
    zone: Annotated[str, Query(max_length=64)] = "Asia/Shanghai",
) -> Nights:
    """Night by night: in bed, up, and the rates at rest; the newest first."""
    there, now = _zone(zone), datetime.now(UTC)
    with desk.database.transaction() as conn:
        return Nights(zone=zone, nights=nights(conn, resident.id, latest(now, there), days, there, now))


@router.get("/{resident_id}/alerts")
def past_alerts(
    resident: InMyCare,
    care: Care,
    desk: AtDesk,
    from_: Annotated[str | None, Query(alias="from", max_length=40, description="ISO 8601 with a zone")] = None,
    to: Annotated[str | None, Query(max_length=40, description="ISO 8601 with a zone")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Cursor = None,
) -> AlertsOf:
    """The alerts that were opened from–to, the newest first."""
    start = time_of("from", from_) if from_ else _LONG_AGO
    end = time_of("to", to) if to else datetime.now(UTC) + timedelta(days=1)
    with desk.database.transaction() as conn:
        found, goes_on = alerts.alerts_of(conn, resident.id, start, end, limit, cursor)
    return AlertsOf(alerts=[for_alert(care.names_of(one), one) for one in found], cursor=goes_on)


@router.get("/{resident_id}/band")
def band(
    resident: InMyCare, desk: AtDesk, day: date, zone: Annotated[str, Query(max_length=64)] = "Asia/Shanghai"
) -> Band:
    """A day's states: in bed, in the rooms, doors; and when nothing is known."""
    start, end = _day(day, zone)
    now = datetime.now(UTC)
    with desk.database.transaction() as conn:
        rows = day_band(conn, resident.id, start, end, now)
    return Band(day=day, zone=zone, start=start, end=end, now=now, rows=rows)


def _day(day: date, zone: str) -> tuple[datetime, datetime]:
    """From midnight to midnight there; 23 or 25 hours where the clocks change."""
    there = _zone(zone)
    if not 1970 <= day.year <= 9998:
        raise Refused(422, "day: use a day since 1970", "day")
    start = datetime.combine(day, time(), there)
    return start.astimezone(UTC), datetime.combine(day + timedelta(days=1), time(), there).astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Refused(422, "zone: use a name like Asia/Shanghai", "zone") from None
