"""What one missed over HTTP: everything that happened to alerts since one last did something."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from dashboard.desk import AtDesk, Care
from dashboard.masked import for_alert, for_log
from records.judging import missed
from records.judging.alerts import AlertView
from records.judging.missed import Done

router = APIRouter(prefix="/api", tags=["alerts"])

MOST = timedelta(hours=36)
"""So far back a break is looked at (an assumption): what is older is history."""


class Missed(BaseModel):
    """What happened from `since` to `until`, the earliest first, and the alerts as they are now; `cut`: more did."""

    since: datetime
    until: datetime
    lines: list[Done]
    alerts: list[AlertView]
    cut: bool


@router.get("/missed")
def since_then(
    care: Care,
    desk: AtDesk,
    since: Annotated[AwareDatetime | None, Query(description="when one last did something, without it")] = None,
) -> Missed:
    """What others and the platform did, at most of the last 36 hours; what one did oneself is left out."""
    me, now = care.session.account.id, datetime.now(UTC)
    with desk.database.transaction() as conn:
        start = max(since or missed.last_act(conn, me) or now - MOST, now - MOST)
        found = missed.since(conn, me, start, now, care.scope)
    lines = [for_log(care.names, line) for line in found.lines]
    shown = [for_alert(care.names, one) for one in found.alerts]
    return Missed(since=start, until=now, lines=lines, alerts=shown, cut=found.cut)
