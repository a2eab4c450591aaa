"""Residents over HTTP as administrators keep them: entered, put right, with their care beds, moved, and ended."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from care.addresses import checked
from care.assessments import CareLevel
from care.intake import OLDEST
from care.masking import masked_address, masked_bed, masked_name
from care.notices import LOCAL, Channel
from care.people import Ended, Sex
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care, CareOf, InMyCare
from records.database import Conn
from records.login import audit
from records.people import areas, keeping, moving, residents
from records.people.keeping import Kept, New
from records.people.moving import Move
from records.people.taken import Taken

router = APIRouter(prefix="/api/residents", tags=["administration"])

_AreaId = Annotated[int, Field(ge=1, le=2**31 - 1)]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=NO_NUL)]
_Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64, pattern=NO_NUL)]
_Long = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=NO_NUL)]
_Day = Annotated[date, Field(ge=OLDEST)]


class NewBed(BaseModel):
    """A care bed, and since when."""

    model_config = ConfigDict(extra="forbid")
    number: _Name
    day: _Day


class ClosedBed(BaseModel):
    """The last day of a care bed."""

    model_config = ConfigDict(extra="forbid")
    day: _Day


class Place(BaseModel):
    """Where somebody lives: in a home of their own, or in that of the resident `lives_with`."""

    model_config = ConfigDict(extra="forbid")
    area: _AreaId | None = None
    address: _Long = ""
    note: _Long = ""
    lives_with: UUID | None = None


class NewResident(Place):
    """Somebody whom the records don't know yet; `phone`: their own."""

    name: _Name
    number: _Short = ""
    sex: Sex | None = None
    born: _Day | None = None
    care_level: CareLevel | None = None
    speaks: _Short = ""
    phone: _Short = ""
    bed: NewBed | None = None


class Changes(BaseModel):
    """What is to be otherwise; what is left out stays. Area, address and note are put right for all of the home."""

    model_config = ConfigDict(extra="forbid")
    name: _Name | None = None
    number: _Short | None = None
    sex: Sex | None = None
    born: _Day | None = None
    care_level: CareLevel | None = None
    speaks: _Short | None = None
    area: _AreaId | None = None
    address: _Long | None = None
    note: _Long | None = None


class NewPlace(Place):
    """A move: since when, which devices (vendor/name) stay in the old home, and whether its neighbours still come."""

    day: _Day
    stay: Annotated[list[_Name], Field(max_length=200)] = []
    keep_partners: bool = False


class End(BaseModel):
    """Why the service ends, and its last day."""

    model_config = ConfigDict(extra="forbid")
    why: Ended
    day: _Day


@router.post("", status_code=201)
def add(new: NewResident, care: Care, desk: AtDesk) -> Kept:
    """Somebody new: with the home, and the care bed where there is one."""
    today = _today()
    _not_later("born", new.born, today)
    _not_later("bed.day", new.bed.day if new.bed else None, today)
    phone = _phone(new.phone)
    with desk.database.transaction() as conn:
        person = New(
            new.name, _area(conn, care, new), new.address, new.note, new.lives_with, new.number, new.sex or "",
            new.born, new.care_level or "", new.speaks, phone, new.bed.number if new.bed else "",
            new.bed.day if new.bed else None,
        )  # fmt: skip
        try:
            resident = keeping.add(conn, person)
        except Taken as taken:
            raise _taken(taken) from None
        audit.note(conn, care.session.account.id, "add resident", resident_id=resident)
        return _shown(conn, care, resident)


@router.get("/{resident_id}/kept")
def kept(resident: InMyCare, care: Care, desk: AtDesk) -> Kept:
    """What is kept of a resident: who they are, the home with those who live there too, care beds, moves."""
    with desk.database.transaction() as conn:
        return _shown(conn, care, resident.id)


@router.put("/{resident_id}")
def change(resident: InMyCare, new: Changes, care: Care, desk: AtDesk) -> Kept:
    """Put right what was entered wrongly or is so no longer; whoever moves house is moved instead."""
    _not_later("born", new.born, _today())
    with desk.database.transaction() as conn:
        if new.area is not None:
            _check_area(conn, care, new.area)
        try:
            keeping.change(conn, resident.id, new.model_dump())
        except Taken as taken:
            raise _taken(taken) from None
        return _shown(conn, care, resident.id)


@router.post("/{resident_id}/beds", status_code=201)
def set_up_bed(resident: InMyCare, bed: NewBed, care: Care, desk: AtDesk) -> Kept:
    """Set up a care bed."""
    _not_later("day", bed.day, _today())
    with desk.database.transaction() as conn:
        try:
            keeping.set_up_bed(conn, resident.id, bed.number, bed.day)
        except Taken as taken:
            raise _taken(taken) from None
        except ValueError as problem:
            raise Refused(409, str(problem), "number") from None
        return _shown(conn, care, resident.id)


@router.post("/{resident_id}/beds/{bed_id}/close")
def close_bed(resident: InMyCare, bed_id: UUID, closed: ClosedBed, care: Care, desk: AtDesk) -> Kept:
    """Close a care bed; its number is never given to anybody else."""
    _not_later("day", closed.day, _today())
    with desk.database.transaction() as conn:
        beds = {bed.id: bed for bed in _shown(conn, care, resident.id).beds}
        if bed_id not in beds or beds[bed_id].closed is not None:
            raise not_found("open care bed")
        if not keeping.close_bed(conn, resident.id, bed_id, closed.day):
            raise Refused(422, "day: not before the bed was set up", "day")
        return _shown(conn, care, resident.id)


@router.post("/{resident_id}/move")
def move(resident: InMyCare, to: NewPlace, care: Care, desk: AtDesk) -> Kept:
    """Move to another home. Limits, duty and escalation are those of the new place; alerts keep the old one."""
    _not_later("day", to.day, _today())
    with desk.database.transaction() as conn:
        place = Move(
            to.day, _area(conn, care, to), to.address, to.note, to.lives_with,
            _devices(conn, resident.id, to.stay), to.keep_partners,
        )  # fmt: skip
        try:
            moving.move(conn, resident.id, place, care.session.account.id, datetime.now(UTC))
        except ValueError as problem:
            raise Refused(422, str(problem), "lives_with") from None
        return _shown(conn, care, resident.id)


@router.post("/{resident_id}/end")
def end(resident: InMyCare, how: End, care: Care, desk: AtDesk) -> Kept:
    """End the service: check-ins, visits, devices and care bed end with it. Nothing is deleted."""
    _not_later("day", how.day, _today())
    with desk.database.transaction() as conn:
        me, now = care.session.account.id, datetime.now(UTC)
        if not moving.end(conn, resident.id, how.why, how.day, me, now):
            raise Refused(409, "resident: the service has ended already", "resident")
        return _shown(conn, care, resident.id)


@router.post("/{resident_id}/resume")
def resume(resident: InMyCare, care: Care, desk: AtDesk) -> Kept:
    """It goes on, or begins anew: bed, devices and plans are set up again one by one."""
    with desk.database.transaction() as conn:
        if not moving.resume(conn, resident.id):
            raise Refused(409, "resident: the service has not ended", "resident")
        return _shown(conn, care, resident.id)


def _shown(conn: Conn, care: CareOf, resident_id: UUID) -> Kept:
    """As somebody sees it; whoever has moved out of one's care is seen this once more."""
    found = keeping.kept(conn, resident_id, care.scope)
    assert found is not None  # noqa: S101 - the resident was found, or made, a moment ago
    if care.names:
        return found
    return replace(
        found,
        name=masked_name(found.name),
        number=masked_bed(found.number) if found.number else None,
        address=masked_address(found.address),
        note="…" if found.note else "",
        beds=[replace(bed, number=masked_bed(bed.number)) for bed in found.beds],
        housemates=[replace(mate, name=masked_name(mate.name)) for mate in found.housemates],
        moves=[replace(moved, address=masked_address(moved.address)) for moved in found.moves],
    )


def _today() -> date:
    return datetime.now(UTC).astimezone(LOCAL).date()


def _not_later(field: str, day: date | None, today: date) -> None:
    if day is not None and day > today:
        raise Refused(422, f"{field}: not later than today", field.rpartition(".")[2])


def _taken(taken: Taken) -> Refused:
    return Refused(409, str(taken), "number" if taken.field == "number" else "bed")


def _phone(text: str) -> str:
    try:
        return checked(Channel.VOICE, text) if text else ""
    except ValueError as problem:
        raise Refused(422, str(problem).replace("address:", "phone:", 1), "phone") from None


def _area(conn: Conn, care: CareOf, place: Place) -> int:
    """Where the home lies, or is to lie."""
    if place.lives_with is not None:
        found = keeping.kept(conn, place.lives_with, care.scope)
        if found is None or found.ended_on is not None:
            raise Refused(422, "lives_with: there is no such resident in your care", "lives_with")
        return found.area_id
    if place.area is None:
        raise Refused(422, "area: say where, or with whom: lives_with", "area")
    _check_area(conn, care, place.area)
    return place.area


def _check_area(conn: Conn, care: CareOf, area_id: int) -> None:
    if not areas.is_open(conn, area_id) or (care.scope.areas is not None and area_id not in care.scope.areas):
        raise Refused(422, "area: use one of those in your care; see GET /api/areas", "area")


def _devices(conn: Conn, resident_id: UUID, named: list[str]) -> list[int]:
    """The ids of those of the resident's devices."""
    theirs = residents.device_ids(conn, resident_id)
    if unknown := [name for name in named if name not in theirs]:
        raise Refused(422, f"stay: {len(unknown)} of these devices don't watch over this resident", "stay")
    return [theirs[name] for name in named]
