"""All of one resident over HTTP: written out as a file, and deleted by two people."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from care.masking import masked_name
from dashboard.answers import Refused, not_found
from dashboard.desk import AtDesk, Care, CareOf, InMyCare
from dashboard.residents.document_routes import saved_as
from dashboard.residents.resident_routes import Reason
from records.database import Conn
from records.leaving import deletions, exports
from records.leaving.deletions import By, DeletedFor, Deletion, Impossible
from records.leaving.exports import Export
from records.login import audit
from records.people import residents

router = APIRouter(prefix="/api", tags=["leaving"])


class Exports(BaseModel):
    """The latest exports of a resident; a file is kept for seven days."""

    exports: list[Export]


class Asking(BaseModel):
    """DeletedFor somebody is to be deleted; who it is stands in no text."""

    model_config = ConfigDict(extra="forbid")
    why: DeletedFor


class DeletionOf(BaseModel):
    """The latest deletion that was asked for of a resident; null: none."""

    deletion: Deletion | None
    open_alerts: int
    """They are closed first."""


class Deletions(BaseModel):
    """Those that wait for a second person or are under way, then those that are over, with their reports."""

    deletions: list[Deletion]


@router.get("/residents/{resident_id}/exports")
def exported(resident: InMyCare, desk: AtDesk) -> Exports:
    """How far each has got."""
    with desk.database.transaction() as conn:
        return Exports(exports=exports.of_resident(conn, resident.id))


@router.post("/residents/{resident_id}/exports", status_code=201)
def export(resident: InMyCare, why: Reason, care: Care, desk: AtDesk) -> Exports:
    """Have all that is stored of this resident written out, in full; who asked and why is in the audit log."""
    me = care.session.account.id
    with desk.database.transaction() as conn:
        if not exports.ask(conn, resident.id, me, datetime.now(UTC)):
            raise Refused(409, "export: one is under way; wait for it", "export")
        audit.note(conn, me, "export person", resident_id=resident.id, reason=why.reason.strip())
        return Exports(exports=exports.of_resident(conn, resident.id))


@router.get(
    "/residents/{resident_id}/exports/{export_id}",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {}}}},
)
def fetch(resident: InMyCare, export_id: UUID, desk: AtDesk) -> StreamingResponse:
    """The file, piece by piece."""
    with desk.database.transaction() as conn:
        if not exports.is_whole(conn, export_id, resident.id):
            raise not_found("export that is whole")
    heads = {"content-disposition": saved_as(f"ankang-{resident.id}.zip")}
    return StreamingResponse(exports.pieces(desk.database, export_id), media_type="application/zip", headers=heads)


@router.get("/residents/{resident_id}/deletion")
def deletion_of(resident: InMyCare, care: Care, desk: AtDesk) -> DeletionOf:
    """Whether somebody has asked to delete this resident."""
    with desk.database.transaction() as conn:
        return _of(conn, care, resident.id)


@router.post("/residents/{resident_id}/deletion", status_code=201)
def ask(resident: InMyCare, wanted: Asking, care: Care, desk: AtDesk) -> DeletionOf:
    """Ask that everything of this resident be deleted; a second person confirms."""
    me = care.session.account.id
    with desk.database.transaction() as conn:
        try:
            deletions.ask(conn, resident.id, wanted.why, By(me), datetime.now(UTC))
        except Impossible as problem:
            raise Refused(409, str(problem), problem.field) from None
        audit.note(conn, me, "ask for deletion", resident_id=resident.id)
        return _of(conn, care, resident.id)


@router.get("/deletions")
def listed(care: Care, desk: AtDesk) -> Deletions:
    """Whatever was asked for in one's area, with the reports of what was deleted."""
    with desk.database.transaction() as conn:
        return Deletions(deletions=[_shown(care, one) for one in deletions.listed(conn, care.scope)])


@router.post("/deletions/{deletion_id}/confirm", status_code=204)
def confirm(deletion_id: UUID, care: Care, desk: AtDesk) -> None:
    """As the second person: it is done from now on, and can't be undone."""
    _decide(deletion_id, care, desk, deletions.confirm, "confirm deletion")


@router.post("/deletions/{deletion_id}/refuse", status_code=204)
def refuse(deletion_id: UUID, care: Care, desk: AtDesk) -> None:
    """It is not done."""
    _decide(deletion_id, care, desk, deletions.refuse, "refuse deletion")


def _decide(
    deletion_id: UUID, care: CareOf, desk: AtDesk, step: Callable[[Conn, UUID, By, datetime], bool], action: str
) -> None:
    me = care.session.account.id
    with desk.database.transaction() as conn:
        found = deletions.one(conn, deletion_id)
        if (
            found is None
            or found.resident_id is None
            or residents.resident(conn, found.resident_id, care.scope) is None
        ):
            raise not_found("deletion that waits")
        try:
            if not step(conn, deletion_id, By(me), datetime.now(UTC)):
                raise not_found("deletion that waits")
        except Impossible as problem:
            raise Refused(409, str(problem), problem.field) from None
        audit.note(conn, me, action, resident_id=found.resident_id, subject=str(deletion_id))


def _of(conn: Conn, care: CareOf, resident_id: UUID) -> DeletionOf:
    found = deletions.of_resident(conn, resident_id)
    return DeletionOf(
        deletion=_shown(care, found) if found else None, open_alerts=deletions.open_alerts(conn, resident_id)
    )


def _shown(care: CareOf, one: Deletion) -> Deletion:
    return one if care.names or not one.resident else replace(one, resident=masked_name(one.resident))
