"""Every list as a file over HTTP, and the alerts of the past as a list."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from care.alerts import Outcome
from care.periods import period
from care.rules import RULES
from dashboard.answers import NO_NUL, Cursor, Refused
from dashboard.desk import AtDesk, Care, CareOf, Desk
from dashboard.masked import for_alert
from dashboard.residents.document_routes import saved_as
from dashboard.sheets.figure_routes import AreaId, From, To
from dashboard.sheets.lists import LISTS, Asked, Listing
from dashboard.sheets.table_files import MEDIA, as_csv, as_xlsx
from dashboard.words import words
from records.equipment.inventory import Which
from records.judging import past_alerts
from records.judging.alerts import AlertView
from records.people import areas

router = APIRouter(prefix="/api", tags=["lists"])

Format = Annotated[Literal["csv", "xlsx"], Query(alias="format")]
Language = Annotated[Literal["zh-CN", "en"], Query(description="of the heads and words")]
Search = Annotated[str, Query(max_length=64, pattern=NO_NUL)]
RuleId = Annotated[str | None, Query(max_length=64, pattern=NO_NUL, description="only of this rule")]
Ended = Annotated[Outcome | Literal["open"] | None, Query(description="only those that ended so; open: not closed")]


class PastAlerts(BaseModel):
    """Alerts, the newest first; `cursor` asks for those before them, null: there are no more."""

    alerts: list[AlertView]
    cursor: str | None


@router.get("/alerts/past")
def past(
    care: Care,
    desk: AtDesk,
    area: AreaId = None,
    from_: From = None,
    to: To = None,
    rule: RuleId = None,
    outcome: Ended = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Cursor = None,
) -> PastAlerts:
    """The alerts that opened from–to, open and closed: by area, rule and outcome."""
    asked = _asked(care, desk, area, from_, to, rule=rule, outcome=outcome)
    wanted = past_alerts.Wanted(asked.since, asked.until, asked.area, asked.rule, asked.outcome)
    with desk.database.transaction() as conn:
        found, goes_on = past_alerts.past(conn, care.scope, wanted, limit, cursor)
    return PastAlerts(alerts=[for_alert(care.names, one) for one in found], cursor=goes_on)


def _asked(
    care: CareOf, desk: Desk, area: int | None, from_: str | None, to: str | None, *,
    search: str = "", state: str = "", rule: str | None = None, outcome: str | None = None,
) -> Asked:  # fmt: skip
    if rule is not None and rule not in RULES:
        raise Refused(422, "rule: there is no such rule", "rule")
    try:
        since, until = period(from_, to, datetime.now(UTC))
    except ValueError as problem:
        raise Refused(422, str(problem), str(problem).partition(":")[0]) from None
    with desk.database.transaction() as conn:
        below = areas.below(conn, area) if area is not None else None
    return Asked(care, below, since, until, search.strip(), state, rule, outcome)


def _endpoint(listing: Listing) -> Callable[..., StreamingResponse]:
    def file(
        care: Care,
        desk: AtDesk,
        form: Format = "csv",
        lang: Language = "zh-CN",
        area: AreaId = None,
        from_: From = None,
        to: To = None,
        search: Search = "",
        state: Which = Which.ALL,
        rule: RuleId = None,
        outcome: Ended = None,
    ) -> StreamingResponse:
        asked = _asked(care, desk, area, from_, to, search=search, state=state, rule=rule, outcome=outcome)
        write = as_csv if form == "csv" else as_xlsx
        rows = listing.rows(desk.database, asked)
        name = f"ankang-{listing.name}-{datetime.now(UTC):%Y%m%d-%H%M}.{form}"
        body = write(listing.columns, rows, words(lang))
        return StreamingResponse(body, media_type=MEDIA[form], headers={"content-disposition": saved_as(name)})

    file.__name__ = f"list_of_{listing.name}"
    file.__doc__ = f"The list of {listing.name} as CSV (with a BOM) or XLSX, masked as elsewhere."
    return file


for _listing in LISTS:
    router.add_api_route(
        f"/lists/{_listing.name}", _endpoint(_listing), methods=["GET"], response_class=StreamingResponse,
        responses={200: {"content": {media.partition(";")[0]: {} for media in MEDIA.values()}}},
    )  # fmt: skip
