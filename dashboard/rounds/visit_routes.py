"""Visits over HTTP: who has to be visited, and that somebody was."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from care.visits import Place, VisitKind
from dashboard.answers import NO_NUL, Cursor, Refused
from dashboard.desk import AtDesk, Care, InMyCare
from dashboard.masked import for_home
from records.people import areas
from records.rounds import visit_past, visit_rates, visiting, visits
from records.rounds.visit_past import PastVisit
from records.rounds.visit_rates import VisitRates
from records.rounds.visiting import Recorded, Visited
from records.rounds.visits import Task

router = APIRouter(prefix="/api", tags=["visits"])


class Tasks(BaseModel):
    """Some visits to be made, the most urgent first."""

    tasks: list[Task]
    cursor: str | None


class Position(BaseModel):
    """Where the visitor's telephone was: WGS 84, in degrees."""

    model_config = ConfigDict(extra="forbid")
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class Visit(BaseModel):
    """A visit; `reached`: somebody was spoken to or seen, `code`: as read from the one that hangs in the home."""

    model_config = ConfigDict(extra="forbid")
    kind: VisitKind
    reached: bool
    at: Annotated[AwareDatetime | None, Field(description="now without it; at most seven days ago")] = None
    code: Annotated[str | None, Field(max_length=200, pattern=NO_NUL)] = None
    position: Position | None = None
    note: Annotated[str, Field(max_length=2000, pattern=NO_NUL)] = ""


@router.get("/visits/tasks")
def tasks(
    care: Care,
    desk: AtDesk,
    area: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="only in this area and below")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Cursor = None,
) -> Tasks:
    """Who has still to be visited, until when and why."""
    with desk.database.transaction() as conn:
        below = areas.below(conn, area) if area is not None else None
        found, goes_on = visits.open_tasks(conn, care.scope, datetime.now(UTC), limit, area=below, after=cursor)
    return Tasks(tasks=[for_home(care.names, one) for one in found], cursor=goes_on)


@router.get("/visits/rates")
def rates(
    care: Care,
    desk: AtDesk,
    area: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="only in this area and below")] = None,
) -> VisitRates:
    """How many were visited in time, and in the last week, in an area and in each right below it."""
    with desk.counting, desk.database.transaction() as conn:
        return visit_rates.rates(conn, care.scope, area, datetime.now(UTC))


class Past(BaseModel):
    """A resident's visits, the newest first."""

    visits: list[PastVisit]
    cursor: str | None


@router.get("/residents/{resident_id}/visits")
def past(
    resident: InMyCare,
    care: Care,
    desk: AtDesk,
    limit: Annotated[int, Query(ge=1, le=200)] = 10,
    cursor: Cursor = None,
) -> Past:
    """When and how the resident was visited, and with what proof; notes only for those who may see names."""
    with desk.database.transaction() as conn:
        found, goes_on = visit_past.of_resident(conn, resident.id, limit, cursor)
    return Past(visits=found if care.names else [replace(one, note="") for one in found], cursor=goes_on)


@router.post("/residents/{resident_id}/visits", status_code=201)
def record(resident: InMyCare, visit: Visit, care: Care, desk: AtDesk) -> Recorded:
    """Record a visit; one at the door counts only with a proof: the home's button, its code, or the place."""
    now = datetime.now(UTC)
    place = Place(visit.position.latitude, visit.position.longitude) if visit.position else None
    code = visit.code.rsplit("/", 1)[-1].strip() if visit.code else None  # also as the address that it is
    said = Visited(visit.kind, visit.at or now, visit.reached, code, place, visit.note.strip())
    try:
        with desk.database.transaction() as conn:
            return visiting.record(conn, resident.id, said, care.session.account.id, now)
    except ValueError as problem:
        raise Refused(422, str(problem), "at") from None
