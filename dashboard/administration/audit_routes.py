"""The audit log over HTTP."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel

from dashboard.answers import NO_NUL
from dashboard.desk import AtDesk, Care
from dashboard.masked import for_entry
from records.login import audit
from records.login.audit import Entry, Wanted

router = APIRouter(prefix="/api", tags=["audit"])

_ZONE = ZoneInfo("Asia/Shanghai")


class Log(BaseModel):
    """Some of the audit log, the newest first; `cursor` asks for older lines, null at the end."""

    entries: list[Entry]
    cursor: str | None


@router.get("/audit")
def read_log(
    care: Care,
    desk: AtDesk,
    resident: UUID | None = None,
    account: Annotated[str | None, Query(max_length=64, pattern=NO_NUL)] = None,
    day: Annotated[date | None, Query(description="a day in Ma'anshan")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$")] = None,
) -> Log:
    """Who saw or changed what of whom."""
    since, until = _bounds(day)
    wanted = Wanted(resident, account, since, until, int(cursor) if cursor else None)
    with desk.database.transaction() as conn:
        found = audit.entries(conn, care.scope, wanted, limit + 1)
    shown = [for_entry(care.names, one) for one in found[:limit]]
    return Log(entries=shown, cursor=str(found[limit - 1].id) if len(found) > limit else None)


def _bounds(day: date | None) -> tuple[datetime | None, datetime | None]:
    """From midnight to midnight; the last day of all has no end."""
    if day is None:
        return None, None
    begin = datetime.combine(day, time(), _ZONE)
    return begin, begin + timedelta(days=1) if day < date.max else None
