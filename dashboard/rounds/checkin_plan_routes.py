"""Plans of check-ins over HTTP: what they ask for in the days ahead; making, changing, pausing and ending them."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from care.checkins import ZONE, Patience, Schedule
from care.coming import AHEAD, Away, Coming, coming
from care.coming import Terms as Planned
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care, InMyCare
from records.database import Conn
from records.judging import limits
from records.rounds import absences, checkin_plans, holidays
from records.rounds.checkin_plans import Plan

router = APIRouter(prefix="/api/residents", tags=["check-ins"])

_MINUTE = timedelta(minutes=1)
_RULE = "missed_check_in"

_Cron = Annotated[
    str, Field(max_length=100, pattern=r"^[0-9A-Za-z*,/# -]+$", description="when the window opens: 0 8 * * *")
]
_Zone = Annotated[str, Field(max_length=64, pattern=NO_NUL)]
_Window = Annotated[int, Field(ge=1, le=1440)]
_Grace = Annotated[int | None, Field(ge=0, le=1440)]


class Terms(BaseModel):
    """When somebody is expected to give a sign of life; without `grace_minutes` the rule's limit in force holds."""

    model_config = ConfigDict(extra="forbid")
    cron: _Cron
    zone: _Zone = ZONE
    window_minutes: _Window
    grace_minutes: _Grace = None
    on_holidays: bool = True


class PlanView(BaseModel):
    """A plan; `ended_at` null: it is in force. `paused_until` ahead: nobody is expected before then."""

    id: UUID
    cron: str
    zone: str
    window_minutes: int
    grace_minutes: int | None
    on_holidays: bool
    made_at: datetime
    made_by_name: str | None
    ended_at: datetime | None
    paused_until: datetime | None
    paused_why: str
    paused_by_name: str | None


class Plans(BaseModel):
    """A resident's plans, those in force first; `grace_minutes`: what holds for plans without a grace of their own."""

    plans: list[PlanView]
    grace_minutes: int


class Preview(BaseModel):
    """What a plan would ask for in the next seven days."""

    windows: list[Coming]


class Pause(BaseModel):
    """Until when nobody is expected by a plan, and why."""

    model_config = ConfigDict(extra="forbid")
    until: AwareDatetime
    why: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_NUL)]


@router.get("/{resident_id}/checkin_plans")
def listed(resident: InMyCare, care: Care, desk: AtDesk) -> Plans:
    """The plans of a resident, also those that have ended."""
    with desk.database.transaction() as conn:
        found = checkin_plans.plans_of(conn, resident.id)
        grace = _patience(conn, resident.id, None).grace
    return Plans(plans=[_view(one, care.names) for one in found], grace_minutes=grace // _MINUTE)


@router.get("/{resident_id}/checkin_plans/preview")
def preview(
    resident: InMyCare,
    desk: AtDesk,
    cron: _Cron,
    window_minutes: _Window,
    zone: _Zone = ZONE,
    grace_minutes: _Grace = None,
    on_holidays: Annotated[bool, Query()] = True,
) -> Preview:
    """What a plan would ask for in the next seven days; nothing is changed."""
    schedule, now = Schedule(cron, zone), datetime.now(UTC)
    try:
        schedule.check(now)
    except ValueError as problem:
        raise _refused(problem) from None
    own = None if grace_minutes is None else grace_minutes * _MINUTE
    with desk.database.transaction() as conn:
        terms = Planned(schedule, window_minutes * _MINUTE, _patience(conn, resident.id, own).grace, on_holidays)
        local = now.astimezone(ZoneInfo(zone)).date()
        off = holidays.holidays(conn, local, local + AHEAD + timedelta(days=1))
        away = absences.between(conn, resident.id, now, now + AHEAD + timedelta(days=1))
    times = [Away(one.valid_from, one.ended_at or one.valid_to, one.kind) for one in away]
    return Preview(windows=coming(terms, now, {one.day: one.name for one in off if not one.works}, times))


@router.post("/{resident_id}/checkin_plans", status_code=201)
def add(resident: InMyCare, terms: Terms, care: Care, desk: AtDesk) -> PlanView:
    """From now on the resident is expected to check in so."""
    try:
        with desk.database.transaction() as conn:
            return _made(conn, resident.id, terms, care.session.account.id)
    except ValueError as problem:
        raise _refused(problem) from None


@router.put("/{resident_id}/checkin_plans/{plan_id}")
def change(resident: InMyCare, plan_id: UUID, terms: Terms, care: Care, desk: AtDesk) -> PlanView:
    """The plan ends and another takes its place, at once; a window that is open stays, and so does a pause."""
    try:
        with desk.database.transaction() as conn:
            if not checkin_plans.end_plan(conn, resident.id, plan_id, datetime.now(UTC)):
                raise not_found("plan in force")
            return _made(conn, resident.id, terms, care.session.account.id, instead_of=plan_id)
    except ValueError as problem:
        raise _refused(problem) from None


@router.delete("/{resident_id}/checkin_plans/{plan_id}", status_code=204)
def end(resident: InMyCare, plan_id: UUID, desk: AtDesk) -> None:
    """Nobody is expected by this plan any more; a window that is open stays."""
    with desk.database.transaction() as conn:
        if not checkin_plans.end_plan(conn, resident.id, plan_id, datetime.now(UTC)):
            raise not_found("plan in force")


@router.post("/{resident_id}/checkin_plans/{plan_id}/pause", status_code=204)
def pause(resident: InMyCare, plan_id: UUID, wish: Pause, care: Care, desk: AtDesk) -> None:
    """Nobody is expected in the windows that close from now to `until`; one that has closed goes on."""
    by, now = care.session.account.id, datetime.now(UTC)
    try:
        with desk.database.transaction() as conn:
            if not checkin_plans.pause(conn, resident.id, plan_id, wish.until, now, why=wish.why, by=by):
                raise not_found("plan in force")
    except ValueError as problem:
        raise _refused(problem) from None


@router.delete("/{resident_id}/checkin_plans/{plan_id}/pause", status_code=204)
def go_on(resident: InMyCare, plan_id: UUID, desk: AtDesk) -> None:
    """The pause is over."""
    with desk.database.transaction() as conn:
        if not checkin_plans.go_on(conn, resident.id, plan_id, datetime.now(UTC)):
            raise not_found("plan that is paused")


def _made(conn: Conn, resident_id: UUID, terms: Terms, by: UUID, instead_of: UUID | None = None) -> PlanView:
    own: dict[str, Any] = {
        "grace": None if terms.grace_minutes is None else terms.grace_minutes * _MINUTE,
        "on_holidays": terms.on_holidays,
        "by": by,
    }
    schedule, window, now = Schedule(terms.cron, terms.zone), terms.window_minutes * _MINUTE, datetime.now(UTC)
    made = checkin_plans.make_plan(conn, resident_id, schedule, window, now, **own)
    if instead_of is not None:
        checkin_plans.take_over_pause(conn, instead_of, made)
    return next(_view(one) for one in checkin_plans.plans_of(conn, resident_id) if one.id == made)


def _patience(conn: Conn, resident_id: UUID, own: timedelta | None) -> Patience:
    return Patience.of(limits.in_force(conn, _RULE, resident_id).values, own)


def _refused(problem: ValueError) -> Refused:
    return Refused(422, str(problem), str(problem).partition(":")[0])


def _view(plan: Plan, names: bool = True) -> PlanView:
    """Why it is paused, in words, may hold a name."""
    return PlanView(
        id=plan.id, cron=plan.cron, zone=plan.zone, window_minutes=plan.window // _MINUTE,
        grace_minutes=None if plan.grace is None else plan.grace // _MINUTE, on_holidays=plan.on_holidays,
        made_at=plan.made_at, made_by_name=plan.made_by_name, ended_at=plan.ended_at, paused_until=plan.paused_until,
        paused_why=plan.paused_why if names else "", paused_by_name=plan.paused_by_name,
    )  # fmt: skip
