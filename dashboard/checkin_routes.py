"""Check-ins over HTTP: how those of a day stand, and the plans by which a resident is expected."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from care.checkins import ZONE, Schedule, State
from dashboard.answers import NO_NUL, Cursor, Refused, not_found
from dashboard.desk import AtDesk, Care, InMyCare
from dashboard.masked import for_home
from records.people import areas
from records.rounds import checkin_day, checkin_plans, confirmations
from records.rounds.checkin_day import Day, Expected
from records.rounds.checkin_plans import Plan

router = APIRouter(prefix="/api", tags=["check-ins"])

_MINUTE = timedelta(minutes=1)


class CheckIns(BaseModel):
    """Some check-ins of a day by their time; `counts`: how many of the whole day stand how."""

    date: date
    counts: dict[State, int]
    checkins: list[Expected]
    cursor: str | None


class Terms(BaseModel):
    """When somebody is expected to give a sign of life; without `grace_minutes` the rule's limit in force holds."""

    model_config = ConfigDict(extra="forbid")
    cron: Annotated[
        str, Field(max_length=100, pattern=r"^[0-9A-Za-z*,/# -]+$", description="when the window opens: 0 8 * * *")
    ]
    zone: Annotated[str, Field(max_length=64, pattern=NO_NUL)] = ZONE
    window_minutes: Annotated[int, Field(ge=1, le=1440)]
    grace_minutes: Annotated[int | None, Field(ge=0, le=1440)] = None
    on_holidays: bool = True


class PlanView(BaseModel):
    """A plan; `ended_at` null: it is in force."""

    id: UUID
    cron: str
    zone: str
    window_minutes: int
    grace_minutes: int | None
    on_holidays: bool
    made_at: datetime
    ended_at: datetime | None


class Plans(BaseModel):
    """A resident's plans, those in force first."""

    plans: list[PlanView]


@router.get("/checkins")
def of_a_day(
    care: Care,
    desk: AtDesk,
    day: Annotated[date | None, Query(alias="date", description="in Ma'anshan; today without it")] = None,
    area: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="only in this area and below")] = None,
    state: State | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Cursor = None,
) -> CheckIns:
    """How the check-ins stand whose windows open on this day, and what met them."""
    day = day or datetime.now(ZoneInfo(ZONE)).date()
    since, until = _bounds(day)
    with desk.database.transaction() as conn:
        wanted = Day(since, until, areas.below(conn, area) if area is not None else None)
        found, goes_on = checkin_day.expected(conn, care.scope, wanted, limit, state=state, after=cursor)
        counts = checkin_day.counts(conn, care.scope, wanted)
    return CheckIns(date=day, counts=counts, checkins=[for_home(care.names, one) for one in found], cursor=goes_on)


def _bounds(day: date) -> tuple[datetime, datetime]:
    if not 1970 <= day.year <= 9998:
        raise Refused(422, "date: use a day since 1970", "date")
    begin = datetime.combine(day, time(), ZoneInfo(ZONE)).astimezone(UTC)
    return begin, begin + timedelta(days=1)


@router.get("/residents/{resident_id}/checkin_plans")
def list_plans(resident: InMyCare, desk: AtDesk) -> Plans:
    """The plans of a resident, also those that have ended."""
    with desk.database.transaction() as conn:
        return Plans(plans=[_view(one) for one in checkin_plans.plans_of(conn, resident.id)])


@router.post("/residents/{resident_id}/checkin_plans", status_code=201)
def add_plan(resident: InMyCare, terms: Terms, care: Care, desk: AtDesk) -> PlanView:
    """From now on the resident is expected to check in so."""
    own: dict[str, Any] = {
        "grace": None if terms.grace_minutes is None else terms.grace_minutes * _MINUTE,
        "on_holidays": terms.on_holidays,
        "by": care.session.account.id,
    }
    schedule, window, now = Schedule(terms.cron, terms.zone), terms.window_minutes * _MINUTE, datetime.now(UTC)
    try:
        with desk.database.transaction() as conn:
            made = checkin_plans.make_plan(conn, resident.id, schedule, window, now, **own)
            return next(_view(one) for one in checkin_plans.plans_of(conn, resident.id) if one.id == made)
    except ValueError as problem:
        raise Refused(422, str(problem), str(problem).partition(":")[0]) from None


@router.delete("/residents/{resident_id}/checkin_plans/{plan_id}", status_code=204)
def end_plan(resident: InMyCare, plan_id: UUID, desk: AtDesk) -> None:
    """Nobody is expected by this plan any more; a window that is open stays."""
    with desk.database.transaction() as conn:
        if not checkin_plans.end_plan(conn, resident.id, plan_id, datetime.now(UTC)):
            raise not_found("plan in force")


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


def _view(plan: Plan) -> PlanView:
    return PlanView(
        id=plan.id, cron=plan.cron, zone=plan.zone, window_minutes=plan.window // _MINUTE,
        grace_minutes=None if plan.grace is None else plan.grace // _MINUTE, on_holidays=plan.on_holidays,
        made_at=plan.made_at, ended_at=plan.ended_at,
    )  # fmt: skip
