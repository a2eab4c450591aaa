"""Drills over HTTP: starting one, and what came of it."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, StringConstraints

from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care
from dashboard.masked import for_home
from records.judging import drills
from records.judging.drills import Drill, GoesOn
from records.login import audit
from records.people import residents

router = APIRouter(prefix="/api/drills", tags=["drills"])


class NewDrill(BaseModel):
    """What is practised, at whose home, and what for."""

    model_config = ConfigDict(extra="forbid")
    rule: Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)]
    resident_id: UUID
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=NO_NUL)] = ""


class Drills(BaseModel):
    """The drills, the newest first, and what can be practised."""

    drills: list[Drill]
    rules: list[str]


@router.get("")
def listed(care: Care, desk: AtDesk, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Drills:
    """The drills of the homes in one's care, with how long each step took."""
    with desk.database.transaction() as conn:
        found = drills.latest(conn, care.scope, limit)
    return Drills(drills=[for_home(care.names, one) for one in found], rules=list(drills.RULES))


@router.post("", status_code=201)
def start(new: NewDrill, care: Care, desk: AtDesk) -> Drill:
    """Let it ring at the seat as if a device had called, marked as a drill: no family, no neighbour is told."""
    by, now = care.session.account.id, datetime.now(UTC)
    try:
        with desk.database.transaction() as conn:
            if residents.resident(conn, new.resident_id, care.scope) is None:
                raise not_found("resident")
            made = drills.start(conn, new.rule, new.resident_id, new.note, by, now)
            audit.note(conn, by, "start drill", resident_id=new.resident_id, subject=str(made))
            found = drills.one(conn, made, care.scope)
    except ValueError as problem:
        raise Refused(422, str(problem), str(problem).partition(":")[0]) from None
    except GoesOn:
        raise Refused(409, "The same drill goes on there; close its alert first.") from None
    assert found is not None  # noqa: S101 - made in this transaction
    return for_home(care.names, found)
