"""Coverage over HTTP: how many are watched over how well in each area, and who is not, one by one."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from care.coverage import State
from dashboard.answers import Cursor
from dashboard.desk import AtDesk, Care
from dashboard.masked import for_home
from records.equipment import coverage, uncovered
from records.equipment.coverage import CoverageCounts
from records.equipment.uncovered import AreaCounts, Uncovered
from records.people import areas

router = APIRouter(prefix="/api", tags=["coverage"])


class Covered(BaseModel):
    """How well people are covered; `platform`: since then we ourselves hear nothing, so nobody is; null: we do."""

    platform: datetime | None
    counts: CoverageCounts
    areas: list[AreaCounts]
    residents: list[Uncovered]
    cursor: str | None


@router.get("/coverage")
def covered(
    care: Care,
    desk: AtDesk,
    area: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="only in this area and below")] = None,
    state: Annotated[State | None, Query(description="only those; without it the degraded and the blind")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Cursor = None,
) -> Covered:
    """How many are armed, degraded and blind in the areas right below, and who is not armed, with the reasons."""
    with desk.database.transaction() as conn:
        inside = areas.below(conn, area) if area is not None else None
        everybody, each = uncovered.counts(conn, care.scope, area)
        found, goes_on = uncovered.listed(conn, care.scope, limit, area=inside, state=state, after=cursor)
        deaf = coverage.deaf_since(conn, datetime.now(UTC))
    shown = [for_home(care.names, one) for one in found]
    return Covered(platform=deaf, counts=everybody, areas=each, residents=shown, cursor=goes_on)
