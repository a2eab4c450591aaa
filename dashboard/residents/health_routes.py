"""What those who care for a resident must know, over HTTP: health card, assessments, care plan."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from care.assessments import Anew
from care.periods import LOCAL
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care, InMyCare
from records.database import Conn
from records.nursing import assessments, care_plan, health_card
from records.nursing.assessments import Assessment
from records.nursing.care_plan import PlanItem, PlannedItem
from records.nursing.health_card import CardEntry, CardLine

router = APIRouter(prefix="/api/residents", tags=["health"])

_LINE = StringConstraints(strip_whitespace=True, max_length=200, pattern=NO_NUL)
Text = Annotated[str, _LINE, Field(min_length=1)]
Optional = Annotated[str, _LINE]
"""May be left empty."""

MOST_LINES = 100
"""Of one card or plan that hold at once (an assumption)."""


class HealthCard(BaseModel):
    """What holds now, and what held before; an empty list is nothing known, which is not the same as nothing there."""

    lines: list[CardLine]
    before: list[CardLine]


class NewLine(BaseModel):
    """A line of the card; with `instead_of` in the place of that one."""

    model_config = ConfigDict(extra="forbid")
    kind: health_card.CardKind
    text: Text
    note: Optional = ""
    instead_of: UUID | None = None


class Assessments(BaseModel):
    """All assessments, the newest first; `anew`: why to assess again, null where the last one still says enough."""

    assessments: list[Assessment]
    last: Assessment | None
    anew: Anew | None
    risks: int
    """Care-risk events of the last 30 days, since the last assessment."""


class NewAssessment(BaseModel):
    """What an assessor found on a day."""

    model_config = ConfigDict(extra="forbid")
    day: date
    score: Annotated[int, Field(ge=0, le=100)]
    assessor: Text
    note: Optional = ""


class CarePlan(BaseModel):
    """Goals and services, those that go on first."""

    items: list[PlannedItem]


class NewItem(BaseModel):
    """A goal, or a service with who does it and how often."""

    model_config = ConfigDict(extra="forbid")
    kind: care_plan.PlanKind
    text: Text
    who: Optional = ""
    how_often: Optional = ""
    starts: date
    ends: date | None = None


class Ended(BaseModel):
    """What became of it."""

    model_config = ConfigDict(extra="forbid")
    outcome: Optional = ""


@router.get("/{resident_id}/health_card")
def card(resident: InMyCare, desk: AtDesk) -> HealthCard:
    """Conditions, allergies, medicines, aids, blood group, doctor and hospital, each with who entered it and when."""
    with desk.database.transaction() as conn:
        return _card(conn, resident.id)


@router.post("/{resident_id}/health_card", status_code=201)
def enter_line(resident: InMyCare, new: NewLine, care: Care, desk: AtDesk) -> HealthCard:
    """One more line, or another one instead of one that is there."""
    entry = CardEntry(new.kind, new.text, new.note)
    with desk.database.transaction() as conn:
        if len(health_card.card(conn, resident.id)) >= MOST_LINES:
            raise Refused(422, f"text: there are {MOST_LINES} lines already; end one first", "text")
        by, now = care.session.account.id, datetime.now(UTC)
        if health_card.enter(conn, resident.id, entry, by, now, instead_of=new.instead_of) is None:
            raise Refused(409, "instead_of: somebody has changed or ended this line; look again", "instead_of")
        return _card(conn, resident.id)


@router.post("/{resident_id}/health_card/{entry_id}/end")
def end_line(resident: InMyCare, entry_id: UUID, care: Care, desk: AtDesk) -> HealthCard:
    """This line holds no more; it stays among those before."""
    with desk.database.transaction() as conn:
        if not health_card.end(conn, resident.id, entry_id, care.session.account.id, datetime.now(UTC)):
            raise not_found("line of the card that holds")
        return _card(conn, resident.id)


def _card(conn: Conn, resident_id: UUID) -> HealthCard:
    found = health_card.card(conn, resident_id, before=True)
    return HealthCard(
        lines=[one for one in found if one.ended_at is None], before=[one for one in found if one.ended_at is not None]
    )


@router.get("/{resident_id}/assessments")
def assessed(resident: InMyCare, desk: AtDesk) -> Assessments:
    """The care level (GB/T 42195-2022), how it was before, and whether to assess anew."""
    with desk.database.transaction() as conn:
        return _assessments(conn, resident.id)


@router.post("/{resident_id}/assessments", status_code=201)
def assess(resident: InMyCare, new: NewAssessment, care: Care, desk: AtDesk) -> Assessments:
    """Enter an assessment; the level follows from the score."""
    now = datetime.now(UTC)
    if new.day > now.astimezone(LOCAL).date():
        raise Refused(422, "day: not in the future", "day")
    by = care.session.account.id
    with desk.database.transaction() as conn:
        assessments.enter(conn, resident.id, new.day, new.score, new.assessor, new.note, by, now)
        return _assessments(conn, resident.id)


@router.post("/{resident_id}/assessments/{assessment_id}/withdraw")
def withdraw(resident: InMyCare, assessment_id: UUID, care: Care, desk: AtDesk) -> Assessments:
    """It was entered by mistake; it stays, and counts no more."""
    with desk.database.transaction() as conn:
        if not assessments.withdraw(conn, resident.id, assessment_id, care.session.account.id, datetime.now(UTC)):
            raise not_found("assessment that counts")
        return _assessments(conn, resident.id)


def _assessments(conn: Conn, resident_id: UUID) -> Assessments:
    found = assessments.standing(conn, resident_id, datetime.now(UTC))
    every = assessments.of_resident(conn, resident_id)
    return Assessments(assessments=every, last=found.last, anew=found.anew, risks=found.risks)


@router.get("/{resident_id}/care_plan")
def planned(resident: InMyCare, desk: AtDesk) -> CarePlan:
    """Goals and services, those that go on first."""
    with desk.database.transaction() as conn:
        return CarePlan(items=care_plan.plan(conn, resident.id))


@router.post("/{resident_id}/care_plan", status_code=201)
def plan_item(resident: InMyCare, new: NewItem, care: Care, desk: AtDesk) -> CarePlan:
    """One more goal or service."""
    item = PlanItem(new.kind, new.text, new.who, new.how_often, new.starts, new.ends)
    with desk.database.transaction() as conn:
        going_on = [one for one in care_plan.plan(conn, resident.id) if one.ended_at is None]
        if len(going_on) >= MOST_LINES:
            raise Refused(422, f"text: there are {MOST_LINES} entries already; end one first", "text")
        try:
            care_plan.enter(conn, resident.id, item, care.session.account.id, datetime.now(UTC))
        except ValueError as problem:
            raise Refused(422, str(problem), "ends") from None
        return CarePlan(items=care_plan.plan(conn, resident.id))


@router.post("/{resident_id}/care_plan/{item_id}/end")
def end_item(resident: InMyCare, item_id: UUID, ended: Ended, care: Care, desk: AtDesk) -> CarePlan:
    """It is reached, over or given up."""
    with desk.database.transaction() as conn:
        by, now = care.session.account.id, datetime.now(UTC)
        if not care_plan.end(conn, resident.id, item_id, ended.outcome, by, now):
            raise not_found("goal or service that goes on")
        return CarePlan(items=care_plan.plan(conn, resident.id))
