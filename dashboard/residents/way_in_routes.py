"""The way into a resident's home over HTTP: shown to whoever works on an open alert there, to others for a reason."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints

from dashboard.answers import NO_NUL
from dashboard.desk import AtDesk, Care, InMyCare
from dashboard.residents.resident_routes import Reason
from records.login import audit
from records.nursing import way_in
from records.nursing.way_in import AccessNotes, Way

router = APIRouter(prefix="/api/residents", tags=["health"])

Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300, pattern=NO_NUL)]


class WayIn(BaseModel):
    """Whether the way in is known; `notes` only where an open alert shows them (`because` is its id)."""

    known: bool
    entered_by: str | None = None
    entered_at: datetime | None = None
    notes: AccessNotes | None = None
    because: UUID | None = None


class NewWay(BaseModel):
    """Where the key is, the door's code, stairs and lift, a dog, and what else one must know to get in."""

    model_config = ConfigDict(extra="forbid")
    key_place: Note = ""
    door_code: Note = ""
    stairs: Note = ""
    dog: Note = ""
    note: Note = ""


@router.get("/{resident_id}/way_in")
def known(resident: InMyCare, care: Care, desk: AtDesk) -> WayIn:
    """Whether it is known how to get in; and how, for whoever works on an open alert of this home."""
    me = care.session.account.id
    with desk.database.transaction() as conn:
        found = way_in.known(conn, resident.id)
        ringing = way_in.while_it_rings(conn, care.scope, resident.id, me)
        if ringing:
            audit.note(conn, me, "show way in", resident_id=resident.id, subject=str(ringing[0]))
    by, at = found or (None, None)
    because, notes = ringing or (None, None)
    return WayIn(known=found is not None, entered_by=by, entered_at=at, notes=notes, because=because)


@router.post("/{resident_id}/way_in/show")
def show(resident: InMyCare, why: Reason, care: Care, desk: AtDesk) -> WayIn:
    """The way in, in full; who asked and why is in the audit log."""
    with desk.database.transaction() as conn:
        audit.note(conn, care.session.account.id, "show way in", resident_id=resident.id, reason=why.reason.strip())
        found = way_in.access_notes(conn, care.scope, resident.id)
    if found is None:
        return WayIn(known=False)
    return WayIn(known=True, entered_by=found.entered_by, entered_at=found.entered_at, notes=found)


@router.put("/{resident_id}/way_in", status_code=204)
def enter(resident: InMyCare, new: NewWay, care: Care, desk: AtDesk) -> None:
    """This is the way in from now on; what was entered before is kept."""
    way = Way(new.key_place, new.door_code, new.stairs, new.dog, new.note)
    with desk.database.transaction() as conn:
        way_in.enter(conn, resident.id, way, care.session.account.id, datetime.now(UTC))
