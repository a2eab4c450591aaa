"""The areas in one's care over HTTP."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from care.people import Area
from dashboard.desk import AtDesk, Care
from records.people import areas

router = APIRouter(prefix="/api", tags=["accounts"])


class Areas(BaseModel):
    """Areas in one's care."""

    areas: list[Area]


@router.get("/areas")
def list_areas(
    care: Care,
    desk: AtDesk,
    at: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="opened down to this area")] = None,
    whole: Annotated[bool, Query(description="all of them; a city has hundreds")] = False,
) -> Areas:
    """The topmost areas in one's care and those right below, further down along the way to `at`; or all of them."""
    with desk.database.transaction() as conn:
        found = areas.areas_in(conn, care.scope)
    return Areas(areas=found if whole else opened(found, at))


def opened(found: Sequence[Area], at: int | None) -> list[Area]:
    """What one sees of this tree that is opened at the top, and on along the way to the area `at`."""
    by_id = {area.id: area for area in found}
    is_open = {area.id for area in found if area.parent_id not in by_id}
    here = by_id.get(at) if at is not None else None
    while here is not None:
        is_open.add(here.id)
        here = by_id.get(here.parent_id) if here.parent_id is not None else None
    return [area for area in found if area.parent_id not in by_id or area.parent_id in is_open]
