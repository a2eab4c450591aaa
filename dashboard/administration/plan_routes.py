"""Escalation plans over HTTP: which holds where, setting one, and who would be told now."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from care.escalation import ON_ROSTERS, Plan, Whom, read_plan
from care.events import AlertClass
from care.plan_checks import Danger, Doubt, dangers, doubts, rehearsed
from care.rules import Priority
from dashboard.administration.rule_routes import AreaId, Why, inside
from dashboard.answers import Refused
from dashboard.desk import AtDesk, Care
from records.login import audit
from records.telling import plan_settings
from records.telling.plan_settings import ChangedMeanwhile, KeptPlan, OnDuty, PlanChange, PlanInForce

router = APIRouter(prefix="/api/plans", tags=["rules"])

_AreaNumber = Annotated[int | None, Field(ge=1, le=2**31 - 1)]
_Seconds = Annotated[int, Field(ge=0, le=7 * 86_400)]


class Step(BaseModel):
    """So long after the alert tell this level, and `repeat` times more, `wait` apart; in seconds."""

    model_config = ConfigDict(extra="forbid")
    after: _Seconds
    whom: Whom
    repeat: Annotated[int, Field(ge=0, le=100)] = 0
    wait: _Seconds = 0


Steps = Annotated[list[Step], Field(max_length=40)]


class Plans(BaseModel):
    """The plans of every class and priority as they hold in an area."""

    plans: list[PlanInForce]


class WantedPlan(BaseModel):
    """What is to hold in an area and below (without one everywhere); `version` of its own plan as read, 0: it has none.

    What is slower than the answer target needs `force`, besides the reason that every change needs.
    """

    model_config = ConfigDict(extra="forbid")
    area: _AreaNumber = None
    steps: Steps
    version: Annotated[int, Field(ge=0)]
    why: Why
    force: bool = False


class TakeBack(BaseModel):
    """An area has no plan of its own any more: the next larger one's holds."""

    model_config = ConfigDict(extra="forbid")
    area: Annotated[int, Field(ge=1, le=2**31 - 1)]
    version: Annotated[int, Field(ge=1)]
    why: Why


class Question(BaseModel):
    """A plan as it would be, and where."""

    model_config = ConfigDict(extra="forbid")
    alert_class: AlertClass
    priority: Priority
    area: _AreaNumber = None
    steps: Steps


class Turn(BaseModel):
    """A level's turn: so many seconds after the alert; who is there then, and how many of them have no address."""

    after: int
    planned: int
    """By the plan; it comes sooner where nobody is on duty before."""
    whom: Whom
    time: int
    by_shifts: bool
    people: list[OnDuty]
    without_address: int


class Preview(BaseModel):
    """Who would be told if nobody answered, as of now; and why it may not be set, or only for a reason."""

    turns: list[Turn]
    dangers: list[Danger]
    doubts: list[Doubt]


class PlanHistory(BaseModel):
    """The versions of a plan, the newest first."""

    versions: list[KeptPlan]


@router.get("")
def list_plans(care: Care, desk: AtDesk, area: AreaId = None) -> Plans:
    """Which plans hold in an area; without one everywhere."""
    inside(care.scope, area, reading=True)
    with desk.database.transaction() as conn:
        return Plans(plans=plan_settings.in_force(conn, area))


@router.post("/preview")
def preview(question: Question, care: Care, desk: AtDesk) -> Preview:
    """Who would be told at this place now, and when, if nobody answered; nothing is set."""
    inside(care.scope, question.area, reading=True)
    plan = _plan(question.steps)
    with desk.database.transaction() as conn:
        there = plan_settings.on_duty(conn, question.area, datetime.now(UTC))
    # The seat's and supervisors' pages are watched by whoever is on duty there; the others need an address.
    reached = {
        whom
        for whom, people in there.items()
        if whom in (Whom.SEAT, Whom.SUPERVISOR) or any(one.ways for one in people)
    }
    moments = rehearsed(plan, question.alert_class, question.priority, reached)
    planned = {(step.whom, time): step.after + time * step.wait for step in plan for time in range(step.repeat + 1)}
    turns = [
        Turn(
            after=_seconds(one.after), planned=_seconds(planned.get((one.whom, one.time), one.after)), whom=one.whom,
            time=one.time, by_shifts=one.whom in ON_ROSTERS, people=there.get(one.whom, []),
            without_address=sum(not each.ways for each in there.get(one.whom, [])),
        )
        for one in moments
    ]  # fmt: skip
    return Preview(turns=turns, dangers=dangers(plan, question.priority), doubts=doubts(plan, question.priority))


@router.get("/{alert_class}/{priority}/history")
def history(alert_class: AlertClass, priority: Priority, care: Care, desk: AtDesk) -> PlanHistory:
    """What was set, where, when, by whom and why."""
    with desk.database.transaction() as conn:
        return PlanHistory(versions=list(plan_settings.history(conn, alert_class, priority, care.scope)))


@router.put("/{alert_class}/{priority}", status_code=204)
def set_plan(alert_class: AlertClass, priority: Priority, wanted: WantedPlan, care: Care, desk: AtDesk) -> None:
    """From now on such alerts open with this plan; those that are open keep theirs. Refused where it is dangerous."""
    inside(care.scope, wanted.area, reading=False)
    plan = _plan(wanted.steps)
    if found := dangers(plan, priority):
        raise Refused(422, f"steps: {', '.join(found)}", "steps", dangers=[str(one) for one in found])
    if (doubtful := doubts(plan, priority)) and not wanted.force:
        detail = "force: nobody but the seat is told within the answer target; say so"
        raise Refused(409, detail, "force", doubts=[str(one) for one in doubtful])
    account = care.session.account.id
    _change(desk, care, PlanChange(alert_class, priority, wanted.area, plan, wanted.version, wanted.why, account))


@router.post("/{alert_class}/{priority}/back", status_code=204)
def take_back(alert_class: AlertClass, priority: Priority, wanted: TakeBack, care: Care, desk: AtDesk) -> None:
    """The area's own plan is taken back; that of the next larger area holds."""
    inside(care.scope, wanted.area, reading=False)
    account = care.session.account.id
    _change(desk, care, PlanChange(alert_class, priority, wanted.area, None, wanted.version, wanted.why, account))


def _change(desk: AtDesk, care: Care, change: PlanChange) -> None:
    place = "everywhere" if change.area_id is None else f"area {change.area_id}"
    with desk.database.transaction() as conn:
        try:
            plan_settings.change(conn, change, datetime.now(UTC))
        except ChangedMeanwhile as problem:
            raise Refused(409, str(problem), "version") from None
        action = "take back plan" if change.plan is None else "set plan"
        subject = f"{change.alert_class}/{change.priority}/{place}"
        audit.note(conn, care.session.account.id, action, subject=subject, reason=change.why)


def _plan(steps: list[Step]) -> Plan:
    """In the order of time; of two at once the first one that was named comes first."""
    rows: list[dict[str, Any]] = sorted((step.model_dump() for step in steps), key=lambda row: int(row["after"]))
    try:
        return read_plan(rows)
    except ValueError as problem:
        raise Refused(422, f"steps: {problem}", "steps") from None


def _seconds(length: timedelta) -> int:
    return round(length.total_seconds())
