"""The figures over HTTP: against their targets, as JSON or as a sheet; what was missed, and why."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, StringConstraints

from care.figures import Rate
from care.periods import LOCAL, period
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care
from dashboard.masked import for_figures
from dashboard.sheets.figure_sheet import COLUMNS, sheet
from dashboard.sheets.table_files import MEDIA, as_xlsx
from dashboard.words import words
from records.counting import figures_misses, figures_response
from records.counting.figures import Figures, figures
from records.counting.figures_lines import lines
from records.counting.figures_misses import Miss
from records.counting.figures_terms import Wanted
from records.judging import alerts

router = APIRouter(prefix="/api/figures", tags=["figures"])

AreaId = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="this area and all below it")]
_A_TIME = "a day in Ma'anshan, or a time such as 2026-11-23T08:00"
From = Annotated[
    str | None, Query(alias="from", max_length=40, pattern=NO_NUL, description=f"{_A_TIME}; a week without it")
]
To = Annotated[str | None, Query(max_length=40, pattern=NO_NUL, description=f"{_A_TIME}; a day with all of it")]


class Misses(BaseModel):
    """Some of the targets that were missed, the latest first; `more`: there are others behind."""

    misses: list[Miss]
    more: bool


class Reason(BaseModel):
    """Why a target was missed."""

    model_config = ConfigDict(extra="forbid")
    target: Literal["answered", "door", "technical"]
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=NO_NUL)]


class Today(BaseModel):
    """How alerts that opened today were answered, and how many still wait."""

    as_of: datetime
    answered: list[Rate]
    waiting: int


@router.get("", responses={200: {"content": {"text/csv": {}}}}, response_model=Figures)
def of_a_time(
    request: Request,
    care: Care,
    desk: AtDesk,
    area: AreaId = None,
    from_: From = None,
    to: To = None,
    format_: Annotated[Literal["json", "csv", "xlsx"] | None, Query(alias="format")] = None,
    lang: Annotated[Literal["zh-CN", "en"], Query(description="of the sheet")] = "zh-CN",
) -> Figures | Response:
    """The figures of an area and a time: JSON, or with `format=csv`, `format=xlsx` or `Accept: text/csv` a sheet."""
    since, until, now = _period(from_, to)
    with desk.counting, desk.database.transaction() as conn:
        found = for_figures(care.names, figures(conn, care.scope, area, since, until, now))
    if format_ == "xlsx":
        name = f"figures-{since:%Y%m%d}-{until:%Y%m%d}.xlsx"
        made = as_xlsx(COLUMNS, lines(found), words(lang))
        heads = {"content-disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(made, media_type=MEDIA["xlsx"], headers=heads)
    if format_ == "csv" or (format_ is None and request.headers.get("accept", "").startswith("text/csv")):
        name = f"figures-{since:%Y%m%d}-{until:%Y%m%d}.csv"
        heads = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(sheet(lines(found), lang), media_type="text/csv; charset=utf-8", headers=heads)
    return found


@router.get("/today")
def today(care: Care, desk: AtDesk, area: AreaId = None) -> Today:
    """The answer targets as they stand today: small enough to be asked for again and again."""
    since, until, now = _period(f"{datetime.now(UTC).astimezone(LOCAL):%Y-%m-%d}", None)
    with desk.database.transaction() as conn:
        wanted = Wanted.of(conn, care.scope, area, since, until, now)
        whole = figures_response.response(conn, wanted).whole
    return Today(as_of=now, answered=list(whole.first), waiting=whole.waiting)


@router.get("/misses")
def missed(
    care: Care,
    desk: AtDesk,
    area: AreaId = None,
    from_: From = None,
    to: To = None,
    without_reason: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Misses:
    """The alerts that missed a target, each with its reason where one was given."""
    since, until, now = _period(from_, to)
    with desk.counting, desk.database.transaction() as conn:
        wanted = Wanted.of(conn, care.scope, area, since, until, now)
        found = figures_misses.misses(conn, wanted, limit + 1, offset=offset, without_reason=without_reason)
    return Misses(misses=found[:limit], more=len(found) > limit)


@router.post("/misses/{alert_id}", status_code=204)
def give_reason(alert_id: UUID, given: Reason, care: Care, desk: AtDesk) -> None:
    """Say why this alert missed a target; a later reason replaces the first."""
    with desk.database.transaction() as conn:
        if alerts.alert(conn, alert_id, care.scope) is None:
            raise not_found("alert")
        by, now = care.session.account.id, datetime.now(UTC)
        figures_misses.give_reason(conn, alert_id, given.target, given.reason, by, now)


def _period(start: str | None, end: str | None) -> tuple[datetime, datetime, datetime]:
    now = datetime.now(UTC)
    try:
        return *period(start, end, now), now
    except ValueError as problem:
        raise Refused(422, str(problem), str(problem).partition(":")[0]) from None
