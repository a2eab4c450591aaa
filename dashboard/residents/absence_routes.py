"""Absences over HTTP: who is away, in hospital or on holiday, entered and ended by those who look after them."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from care.absences import AbsenceKind
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care, InMyCare
from dashboard.masked import for_absence
from records.rounds import absences
from records.rounds.absences import Absence, Away

router = APIRouter(prefix="/api/residents", tags=["absences"])


class Absences(BaseModel):
    """A resident's absences, the latest first."""

    absences: list[Absence]


class NewAbsence(BaseModel):
    """From when to when somebody is not at home, and why; `told_by`: who told us, in words."""

    model_config = ConfigDict(extra="forbid")
    kind: AbsenceKind
    start: Annotated[AwareDatetime, Field(alias="from")]
    end: Annotated[AwareDatetime, Field(alias="to")]
    told_by: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=NO_NUL)] = ""


@router.get("/{resident_id}/absences")
def listed(resident: InMyCare, care: Care, desk: AtDesk, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Absences:
    """Absences past, present and to come; who told us, who entered and who ended them."""
    with desk.database.transaction() as conn:
        found = absences.of_resident(conn, resident.id, limit)
    return Absences(absences=[for_absence(care.names, one) for one in found])


@router.post("/{resident_id}/absences", status_code=201)
def enter(resident: InMyCare, new: NewAbsence, care: Care, desk: AtDesk) -> Absences:
    """Enter an absence: until it ends, silence means nothing."""
    away = Away(resident.id, new.kind, new.start, new.end, care.session.account.id, new.told_by)
    with desk.database.transaction() as conn:
        try:
            absences.add(conn, away, datetime.now(UTC))
        except ValueError as problem:
            raise Refused(422, str(problem), str(problem).split(":", maxsplit=1)[0]) from None
        return Absences(absences=absences.of_resident(conn, resident.id, 50))


@router.post("/{resident_id}/absences/{absence_id}/end")
def end(resident: InMyCare, absence_id: UUID, care: Care, desk: AtDesk) -> Absences:
    """The person is back, or does not go."""
    with desk.database.transaction() as conn:
        if not absences.end(conn, resident.id, absence_id, care.session.account.id, datetime.now(UTC)):
            raise not_found("absence that still goes on")
        return Absences(absences=absences.of_resident(conn, resident.id, 50))
