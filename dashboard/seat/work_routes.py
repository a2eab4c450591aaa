"""Maintenance over HTTP: where somebody works, so that what is lost meanwhile is nobody's alarm."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from care.devices import DEVICE_NAME, VENDOR_NAME
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care
from dashboard.masked import for_work
from records.equipment import works
from records.equipment.works import Planned, Work
from records.login import audit

router = APIRouter(prefix="/api/maintenance", tags=["maintenance"])


class Works(BaseModel):
    """Where somebody works or is going to, the earliest first."""

    maintenance: list[Work]


class NewWork(BaseModel):
    """Of a device (by id, or `device` as vendor/name), or of a resident's home; from now on, until when, and why."""

    model_config = ConfigDict(extra="forbid")
    device_id: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None
    device: Annotated[str | None, Field(pattern=f"^{VENDOR_NAME}/{DEVICE_NAME}$")] = None
    resident_id: UUID | None = None
    start: Annotated[AwareDatetime | None, Field(alias="from")] = None
    end: Annotated[AwareDatetime, Field(alias="to")]
    why: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_NUL)]


@router.get("")
def listed(care: Care, desk: AtDesk) -> Works:
    """The maintenance that goes on or is to come."""
    with desk.database.transaction() as conn:
        found = works.lasting(conn, datetime.now(UTC), care.scope)
    return Works(maintenance=[for_work(care.names, one) for one in found])


@router.post("", status_code=201)
def enter(new: NewWork, care: Care, desk: AtDesk) -> Work:
    """Enter a maintenance: devices in it are nobody's alarm, and what is not urgent there is held back."""
    me, now = care.session.account.id, datetime.now(UTC)
    planned = Planned(new.device_id, new.resident_id, new.start or now, new.end, new.why, new.device)
    try:
        with desk.database.transaction() as conn:
            made = works.add(conn, planned, me, now, care.scope)
            found = works.work(conn, made, now, care.scope) if made else None
            if found is None:
                raise not_found("device or resident")
            audit.note(conn, me, "enter maintenance", resident_id=found.resident_id, subject=str(found.id))
            return for_work(care.names, found)
    except ValueError as problem:
        raise Refused(422, str(problem), str(problem).split(":", maxsplit=1)[0]) from None


@router.post("/{work_id}/end", status_code=204)
def end(work_id: UUID, care: Care, desk: AtDesk) -> None:
    """They are done, or do not come: what was held back rings."""
    with desk.database.transaction() as conn:
        if not works.end(conn, work_id, datetime.now(UTC), care.scope):
            raise not_found("maintenance that goes on or is to come")
