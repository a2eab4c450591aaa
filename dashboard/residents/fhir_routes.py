"""A resident as FHIR R4 over HTTP, page by page."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from care.metrics import CATALOGUE, MetricKind
from dashboard.answers import Refused
from dashboard.desk import AtDesk, Care, InMyCare
from dashboard.masked import for_resident
from dashboard.residents.document_routes import saved_as
from dashboard.residents.fhir import Measured, Person, bundle
from dashboard.residents.resident_routes import time_of
from dashboard.words import words
from records.database import Conn
from records.judging import alerts
from records.nursing import sheet
from records.people import residents
from records.people.residents import ResidentView
from records.readings import series
from records.readings.series import Point

router = APIRouter(prefix="/api/residents", tags=["health"])

_CODED = tuple(one for one in CATALOGUE if one.loinc and one.kind is MetricKind.GAUGE)
PAGE, LONGEST = 1000, timedelta(days=31)


@router.get("/{resident_id}/fhir", response_class=Response, responses={200: {"content": {"application/fhir+json": {}}}})
def as_fhir(
    resident: InMyCare,
    care: Care,
    desk: AtDesk,
    request: Request,
    from_: Annotated[str | None, Query(alias="from", max_length=40, description="ISO 8601 with a zone")] = None,
    to: Annotated[str | None, Query(max_length=40, description="ISO 8601 with a zone")] = None,
    lang: Annotated[Literal["zh-CN", "en"], Query(description="of what is said in words")] = "zh-CN",
) -> Response:
    """Patient, Device, Observation and Flag (R4): the last 24 hours, or a time of at most 31 days, page by page."""
    now = datetime.now(UTC)
    end = time_of("to", to) if to else now
    start = time_of("from", from_) if from_ else end - timedelta(days=1)
    if not timedelta(0) < end - start <= LONGEST:
        raise Refused(422, f"from: earlier than to, by at most {LONGEST.days} days", "from")
    with desk.database.transaction() as conn:
        found, more = _measured(conn, resident, start, end)
        open_ = [one for one in alerts.open_alerts(conn, care.scope) if one.resident_id == resident.id]
        # Whoever sees names masked gets no name, address or number in a file either.
        people = residents.contacts(conn, resident.id) if care.names else []
        person = Person(for_resident(care.names, resident), sheet.sex_of(conn, resident.id), people, open_, words(lang))
    links = {"self": _url(request, start, end, lang)}
    if more is not None:
        links["next"] = _url(request, more, end, lang)
    heads = {"content-disposition": saved_as(f"fhir-{resident.id}.json")}
    body = orjson.dumps(bundle(person, found, now, links))
    return Response(body, media_type="application/fhir+json", headers=heads)


def _url(request: Request, start: datetime, end: datetime, lang: str) -> str:
    asked = urlencode({"from": start.isoformat(), "to": end.isoformat(), "lang": lang})
    return f"{request.url.path}?{asked}"


def _measured(
    conn: Conn, resident: ResidentView, start: datetime, end: datetime
) -> tuple[list[Measured], datetime | None]:
    """The first readings in order, and from when on there are others."""
    found = [
        Measured(metric, one.vendor, one.device, point.time, point.value)
        for metric in _CODED
        for one in series.readings(conn, resident.id, metric, start, end)
        for point in one.points
        if isinstance(point, Point)
    ]
    found.sort(key=lambda one: (one.time, one.metric.name))
    if len(found) <= PAGE:
        return found, None
    more = found[PAGE].time
    page: list[Any] = [one for one in found[:PAGE] if one.time < more]
    return page or found[:PAGE], more if page else found[PAGE - 1].time + timedelta(microseconds=1)
