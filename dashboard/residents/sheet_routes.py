"""The hand-over sheet for an ambulance over HTTP: everything in full, for a reason that is logged."""

from dataclasses import replace
from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import BaseModel

from dashboard.desk import AtDesk, Care, InMyCare
from dashboard.masked import for_resident
from dashboard.residents.resident_routes import News2, Reason, news2_of
from records.living.scores import score_now
from records.login import audit
from records.nursing import assessments, health_card, sheet, way_in
from records.nursing.assessments import Assessment
from records.nursing.health_card import CardLine
from records.nursing.sheet import Course, Happened
from records.nursing.way_in import AccessNotes
from records.people import residents
from records.people.residents import ResidentView, ToCall
from records.readings.now import CurrentValue, current

router = APIRouter(prefix="/api/residents", tags=["health"])


class AmbulanceSheet(BaseModel):
    """What an ambulance crew needs to know, as it is at `made_at`; `news2` only where it is complete."""

    made_at: datetime
    made_by: str
    resident: ResidentView
    sex: str
    card: list[CardLine]
    assessment: Assessment | None
    happened: list[Happened]
    values: list[CurrentValue]
    courses: list[Course]
    news2: News2 | None
    contacts: list[ToCall]
    way_in: AccessNotes | None


@router.post("/{resident_id}/sheet")
def make(resident: InMyCare, why: Reason, care: Care, desk: AtDesk) -> AmbulanceSheet:
    """One page for the crew: who, allergies, medicines, what happened, vital signs, whom to call, how to get in."""
    now, me = datetime.now(UTC), care.session.account
    with desk.database.transaction() as conn:
        audit.note(conn, me.id, "make ambulance sheet", resident_id=resident.id, reason=why.reason.strip())
        scored = score_now(conn, resident.id, now)
        return AmbulanceSheet(
            made_at=now,
            made_by=me.username,
            resident=for_resident(care.names, replace(resident, coverage=None)),
            sex=sheet.sex_of(conn, resident.id),
            card=health_card.card(conn, resident.id),
            assessment=assessments.standing(conn, resident.id, now).last,
            happened=sheet.happened(conn, resident.id, now),
            values=current(conn, resident.id, now),
            courses=sheet.courses(conn, resident.id, now),
            news2=news2_of(scored) if scored.score.complete else None,
            contacts=residents.contacts(conn, resident.id) if care.names else [],
            way_in=way_in.access_notes(conn, care.scope, resident.id) if care.names else None,
        )
