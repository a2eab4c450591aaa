"""Areas and service centres over HTTP, as administrators keep them, each within the areas that they look after."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from care.addresses import checked
from care.notices import LOCAL, Channel
from care.people import Area
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care, CareOf
from records.database import Conn
from records.login import audit
from records.people import area_keeping, areas, centres
from records.people.area_keeping import BELOW, KeptArea
from records.people.centres import Centre
from records.people.taken import Taken

router = APIRouter(prefix="/api", tags=["administration"])

_Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
_InPath = Annotated[int, Path(ge=1, le=2**31 - 1)]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=NO_NUL)]
_Long = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=NO_NUL)]
_Code = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{0,12}$")]


class AreaWords(BaseModel):
    """What an area is called; `code`: GB/T 2260 or statistical, empty where it has none."""

    model_config = ConfigDict(extra="forbid")
    name: _Name
    code: _Code = ""


class NewArea(AreaWords):
    """An area to be; it lies on the level right below its parent's."""

    parent: _Id


class Into(BaseModel):
    """The area of the same level into which another one goes."""

    model_config = ConfigDict(extra="forbid")
    into: _Id


class KeptAreas(BaseModel):
    """The areas right below one, with what lies right in each."""

    areas: list[KeptArea]


class CentreEntry(BaseModel):
    """A centre as somebody enters it; without `serves` it serves the area in which it stands."""

    model_config = ConfigDict(extra="forbid")
    area: _Id
    name: _Name
    address: _Long = ""
    phone: _Long = ""
    serves: Annotated[list[_Id], Field(max_length=100)] = []


class Centres(BaseModel):
    """Some centres by name."""

    centres: list[Centre]


@router.get("/areas/kept")
def list_areas(care: Care, desk: AtDesk, parent: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None) -> KeptAreas:
    """The areas right below `parent`; without it the topmost in one's care."""
    with desk.database.transaction() as conn:
        return KeptAreas(areas=area_keeping.right_below(conn, care.scope, parent))


@router.post("/areas", status_code=201)
def add_area(new: NewArea, care: Care, desk: AtDesk) -> Area:
    """A new county, street or community."""
    with desk.database.transaction() as conn:
        level = BELOW.get(_area(conn, care, new.parent, "parent").level)
        if level is None:
            raise Refused(422, "parent: nothing lies below a community", "parent")
        try:
            made = area_keeping.add(conn, new.parent, level, new.name, new.code)
        except Taken as taken:
            raise Refused(409, str(taken), taken.field) from None
        _note(conn, care, "add area", made, new.name)
        return Area(made, new.parent, level, new.name, new.code or None)


@router.put("/areas/{area_id}")
def change_area(area_id: _InPath, words: AreaWords, care: Care, desk: AtDesk) -> Area:
    """Another name or code."""
    with desk.database.transaction() as conn:
        found = _area(conn, care, area_id)
        try:
            area_keeping.change(conn, area_id, words.name, words.code)
        except Taken as taken:
            raise Refused(409, str(taken), taken.field) from None
        _note(conn, care, "change area", area_id, f"{found.name} → {words.name}")
        return Area(area_id, found.parent_id, found.level, words.name, words.code or None)


@router.post("/areas/{area_id}/merge", status_code=204)
def merge(area_id: _InPath, other: Into, care: Care, desk: AtDesk) -> None:
    """All that lies in this area lies in the other one from now on, and this one is closed."""
    with desk.database.transaction() as conn:
        found, into = _area(conn, care, area_id), _area(conn, care, other.into, "into")
        if found.level != into.level or found.id == into.id or found.parent_id is None:
            raise Refused(422, "into: use another area of the same level", "into")
        try:
            area_keeping.merge(conn, area_id, into.id, _today())
        except Taken as taken:
            raise Refused(409, str(taken), taken.field) from None
        _note(conn, care, "merge area", area_id, f"{found.name} → {into.name} ({into.id})")


@router.post("/areas/{area_id}/close", status_code=204)
def close(area_id: _InPath, care: Care, desk: AtDesk) -> None:
    """Close an area in which nothing lies any more."""
    with desk.database.transaction() as conn:
        found = _area(conn, care, area_id)
        if found.parent_id is None or not area_keeping.close(conn, area_id, _today()):
            raise Refused(409, "area: something lies in it still; merge it into another one", "area")
        _note(conn, care, "close area", area_id, found.name)


@router.get("/centres")
def list_centres(
    care: Care, desk: AtDesk, area: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="and below it")] = None
) -> Centres:
    """The centres that stand in one's care."""
    with desk.database.transaction() as conn:
        return Centres(centres=centres.centres(conn, care.scope, area))


@router.post("/centres", status_code=201)
def add_centre(new: CentreEntry, care: Care, desk: AtDesk) -> Centre:
    """A new centre or station."""
    with desk.database.transaction() as conn:
        made = _keep(conn, care, new)
        _note(conn, care, "add centre", made, new.name)
        return centres.centres(conn, care.scope, centre_id=made)[0]


@router.put("/centres/{centre_id}")
def change_centre(centre_id: _InPath, new: CentreEntry, care: Care, desk: AtDesk) -> Centre:
    """Put right what is known of a centre."""
    with desk.database.transaction() as conn:
        _centre(conn, care, centre_id)
        _keep(conn, care, new, centre_id)
        _note(conn, care, "change centre", centre_id, new.name)
        return centres.centres(conn, care.scope, centre_id=centre_id)[0]


@router.post("/centres/{centre_id}/close", status_code=204)
def close_centre(centre_id: _InPath, care: Care, desk: AtDesk) -> None:
    """The centre serves nobody any more; its people are at none until they are given another."""
    with desk.database.transaction() as conn:
        found = _centre(conn, care, centre_id)
        centres.close(conn, centre_id, _today())
        _note(conn, care, "close centre", centre_id, found.name)


def _area(conn: Conn, care: CareOf, area_id: int, field: str = "") -> Area:
    """An open area in one's care: a 404 for that of the address, a 422 for one in the body (`field`)."""
    found = areas.area(conn, area_id) if areas.is_open(conn, area_id) else None
    if found is None or (care.scope.areas is not None and area_id not in care.scope.areas):
        raise Refused(422, f"{field}: use one in your care; see GET /api/areas", field) if field else not_found("area")
    return found


def _centre(conn: Conn, care: CareOf, centre_id: int) -> Centre:
    found = centres.centres(conn, care.scope, centre_id=centre_id)
    if not found:
        raise not_found("centre")
    return found[0]


def _keep(conn: Conn, care: CareOf, new: CentreEntry, centre_id: int | None = None) -> int:
    _area(conn, care, new.area, "area")
    for served in new.serves:
        _area(conn, care, served, "serves")
    try:
        phone = checked(Channel.VOICE, new.phone) if new.phone else ""
    except ValueError as problem:
        raise Refused(422, str(problem).replace("address:", "phone:", 1), "phone") from None
    entry = centres.Entry(new.area, new.name, new.address, phone, new.serves)
    try:
        return centres.keep(conn, entry, centre_id)
    except Taken as taken:
        raise Refused(409, str(taken), taken.field) from None


def _today() -> date:
    return datetime.now(UTC).astimezone(LOCAL).date()


def _note(conn: Conn, care: CareOf, action: str, subject: int, reason: str) -> None:
    audit.note(conn, care.session.account.id, action, subject=str(subject), reason=reason)
