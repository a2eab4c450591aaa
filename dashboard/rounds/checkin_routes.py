"""Check-ins over HTTP: how those of a day, or of one resident, stand; and somebody's word that all is well."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from care.checkins import ZONE, State
from dashboard.answers import NO_NUL, Cursor, Refused
from dashboard.desk import AtDesk, Care, InMyCare
from dashboard.masked import for_check_in
from records.people import areas
from records.rounds import checkin_day, confirmations
from records.rounds.checkin_day import Day, Expected

router = APIRouter(prefix="/api", tags=["check-ins"])


class CheckIns(BaseModel):
    """Some check-ins of a day by their time; `counts`: how many of the whole day stand how."""

    date: date
    counts: dict[State, int]
    checkins: list[Expected]
    cursor: str | None


@router.get("/checkins")
def of_a_day(
    care: Care,
    desk: AtDesk,
    day: Annotated[date | None, Query(alias="date", description="in Ma'anshan; today without it")] = None,
    area: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="only in this area and below")] = None,
    state: Annotated[list[State] | None, Query(max_length=len(State), description="only those that stand so")] = None,
    carried: Annotated[bool, Query(description="with those of the day before that are still open")] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Cursor = None,
) -> CheckIns:
    """How the check-ins stand whose windows open on this day, and what met them."""
    day = day or datetime.now(ZoneInfo(ZONE)).date()
    since, until = _bounds(day)
    with desk.database.transaction() as conn:
        wanted = Day(since, until, areas.below(conn, area) if area is not None else None, carried)
        found, goes_on = checkin_day.expected(conn, care.scope, wanted, limit, states=state or (), after=cursor)
        counts = checkin_day.counts(conn, care.scope, wanted)
    return CheckIns(date=day, counts=counts, checkins=[for_check_in(care.names, one) for one in found], cursor=goes_on)


def _bounds(day: date) -> tuple[datetime, datetime]:
    if not 1970 <= day.year <= 9998:
        raise Refused(422, "date: use a day since 1970", "date")
    begin = datetime.combine(day, time(), ZoneInfo(ZONE)).astimezone(UTC)
    return begin, begin + timedelta(days=1)


class CheckInsOf(BaseModel):
    """A resident's check-ins, the latest first."""

    checkins: list[Expected]


MOST = 200
"""Check-ins of one resident in one answer: a month of plans with several a day."""


@router.get("/residents/{resident_id}/checkins")
def of_resident(
    resident: InMyCare,
    care: Care,
    desk: AtDesk,
    days: Annotated[int, Query(ge=1, le=31, description="so many days back, today included")] = 7,
) -> CheckInsOf:
    """How a resident's check-ins of today and the days before stand, and what met them."""
    _, until = _bounds(datetime.now(ZoneInfo(ZONE)).date())
    with desk.database.transaction() as conn:
        found = checkin_day.of_resident(conn, resident.id, until - timedelta(days=days), until, MOST)
    return CheckInsOf(checkins=[for_check_in(care.names, one) for one in found])


class Confirmation(BaseModel):
    """Somebody of the care circle says that all is well; `at`: when they spoke with the resident, now without it."""

    model_config = ConfigDict(extra="forbid")
    at: Annotated[AwareDatetime | None, Field(description="at most 24 hours ago")] = None
    note: Annotated[str, Field(max_length=500, pattern=NO_NUL)] = ""


@router.post("/residents/{resident_id}/confirmations", status_code=204)
def confirm(resident: InMyCare, said: Confirmation, care: Care, desk: AtDesk) -> None:
    """All is well: the check-in that was open then is met, with who said so as its evidence."""
    now = datetime.now(UTC)
    try:
        with desk.database.transaction() as conn:
            confirmations.confirm(conn, resident.id, said.at or now, care.session.account.id, now, said.note.strip())
    except ValueError as problem:
        raise Refused(422, str(problem), "at") from None
