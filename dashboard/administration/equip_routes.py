"""What is done with devices over HTTP: registered, bound, replaced, given back; their secrets and labels."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from care.devices import DEVICE_NAME, VENDOR_NAME, DeviceKind, DeviceState
from care.labels import label, read_label, scanned
from dashboard import qr
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care, CareOf
from dashboard.masked import for_resident
from records.database import Conn
from records.equipment import credentials, inventory, loans, stock
from records.equipment.inventory import Which
from records.equipment.loans import Lending, NotPossible
from records.equipment.stock import InUse, New, Stocked, Use
from records.login import administering, audit
from records.people import areas, residents

router = APIRouter(prefix="/api", tags=["devices"])

Vendor = Annotated[str, Path(pattern=f"^{VENDOR_NAME}$")]
Device = Annotated[str, Path(pattern=f"^{DEVICE_NAME}$")]
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64, pattern=NO_NUL)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=NO_NUL)]
BedNumber = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=NO_NUL)]
AreaNumber = Annotated[int | None, Field(ge=1, le=2**31 - 1)]


class NewDevice(BaseModel):
    """A device to be registered. `every`: how often it speaks, in seconds; without it as is usual for its kind."""

    model_config = ConfigDict(extra="forbid")
    vendor: Annotated[str, Field(pattern=f"^{VENDOR_NAME}$")]
    device: Annotated[str, Field(pattern=f"^{DEVICE_NAME}$")]
    kind: DeviceKind
    model: Short = ""
    place: Short = ""
    every: Annotated[int | None, Field(ge=1, le=30 * 86_400)] = None
    area: AreaNumber = None
    """Whose stock it is of; one's own without it."""


class Secret(BaseModel):
    """What a device connects with; the secret and its QR code are shown only now."""

    vendor: str
    device: str
    user_name: str
    client_id: str
    secret: str
    svg: str
    label: str


class Label(BaseModel):
    """What is printed on a device: its QR code, and what is typed where nothing can be scanned. It holds no secret."""

    vendor: str
    device: str
    kind: str
    text: str
    svg: str


class Labels(BaseModel):
    """Labels to be printed as a sheet."""

    labels: list[Label]


class Scanned(BaseModel):
    """The device of a label, as it stands."""

    vendor: str
    device: str
    kind: DeviceKind
    state: DeviceState
    place: str
    in_use: bool
    """It watches over somebody."""


class Whose(BaseModel):
    """Who has a care bed, to make sure before something is bound to it."""

    resident_id: UUID
    name: str
    address: str
    area: list[str]
    devices: int


class Binding(BaseModel):
    """Whom a device is to watch over, by care bed; `from`: now without it; `due`: until when it is lent, if it is."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    bed: BedNumber
    place: Short = ""
    since: Annotated[AwareDatetime | None, Field(alias="from")] = None
    lent: bool = False
    due: date | None = None


class Back(BaseModel):
    """A device comes back; `note`: why, or in which condition."""

    model_config = ConfigDict(extra="forbid")
    note: Note = ""


class Replacement(BaseModel):
    """The label of the device that goes on in its place."""

    model_config = ConfigDict(extra="forbid")
    by: Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]


@contextmanager
def in_words() -> Iterator[None]:
    """What can't be, as a 409 or a 422 that names the field."""
    try:
        yield
    except (InUse, NotPossible) as problem:
        raise Refused(409, str(problem), str(problem).partition(":")[0]) from None
    except ValueError as problem:
        raise Refused(422, str(problem), str(problem).partition(":")[0]) from None


def area_of(conn: Conn, care: CareOf, area: int | None) -> int | None:
    """Whose stock it is of: that area where it is in one's care, one's own without it."""
    place = area if area is not None else care.session.account.area_id
    if place is not None and not (care.scope.holds(place, None) and areas.is_open(conn, place)):
        raise Refused(422, "area: use one of those in your care; see GET /api/areas", "area")
    return place


def resident_of_bed(conn: Conn, care: CareOf, bed: str) -> UUID:
    """Whose care bed this is, in one's care."""
    found = administering.resident_in_bed(conn, bed, care.scope)
    if found is None:
        raise Refused(422, "bed: there is no open care bed with this number in your care", "bed")
    return found


def _known(conn: Conn, care: CareOf, vendor: str, device: str) -> Stocked:
    found = stock.device(conn, vendor, device, care.scope)
    if found is None:
        raise not_found("device")
    return found


@router.post("/devices", status_code=201)
def register(new: NewDevice, care: Care, desk: AtDesk) -> Secret:
    """Register a device, or claim one that spoke before anybody had registered it; with its secret, shown once."""
    interval = timedelta(seconds=new.every) if new.every else None
    with desk.database.transaction() as conn, in_words():
        area = area_of(conn, care, new.area)
        wanted = New(new.vendor, new.device, new.kind, new.place, new.model, interval, area)
        stock.register(conn, wanted, datetime.now(UTC))
        secret = credentials.issue_secret(conn, new.vendor, new.device)
        _note(conn, care, "register device", new.vendor, new.device)
    return _secret(new.vendor, new.device, secret)


@router.get("/devices/labels")
def labels(
    care: Care,
    desk: AtDesk,
    state: Which = Which.UNBOUND,
    limit: Annotated[int, Query(ge=1, le=200)] = 60,
    one: Annotated[
        str | None, Query(max_length=110, pattern=NO_NUL, description="only this one, VENDOR/DEVICE")
    ] = None,
) -> Labels:
    """Labels to be printed: of the devices that are so, or of one."""
    now = datetime.now(UTC)
    with desk.database.transaction() as conn:
        if one is not None:
            vendor, _, name = one.partition("/")
            known = _known(conn, care, vendor, name)
            return Labels(labels=[_label(known.vendor, known.device, known.kind)])
        found = inventory.page(conn, care.scope, state, now, limit).devices
    return Labels(labels=[_label(each.vendor, each.device, each.kind) for each in found])


@router.get("/devices/scanned")
def of_label(
    care: Care, desk: AtDesk, text: Annotated[str, Query(alias="label", max_length=200, pattern=NO_NUL)]
) -> Scanned:
    """The device of a label that was scanned or typed; 422 where it was mistyped."""
    with desk.database.transaction() as conn, in_words():
        found = _known(conn, care, *read_label(text))
    return Scanned(
        vendor=found.vendor, device=found.device, kind=found.kind, state=found.state, place=found.place,
        in_use=found.resident_id is not None,
    )  # fmt: skip


@router.get("/beds/{bed}")
def of_bed(bed: Annotated[str, Path(max_length=64)], care: Care, desk: AtDesk) -> Whose:
    """Who has this care bed, as far as one may see."""
    with desk.database.transaction() as conn:
        resident_id = administering.resident_in_bed(conn, bed.replace("\0", ""), care.scope)
        found = residents.resident(conn, resident_id, care.scope) if resident_id is not None else None
    if found is None:
        raise not_found("care bed")
    seen = for_resident(care.names, found)
    return Whose(
        resident_id=seen.id, name=seen.name, address=seen.address, area=list(seen.area), devices=seen.device_count
    )


@router.post("/devices/{vendor}/{device}/bind", status_code=204)
def bind(vendor: Vendor, device: Device, wanted: Binding, care: Care, desk: AtDesk) -> None:
    """From now on, or from `from`, this device watches over whoever has that care bed."""
    now = datetime.now(UTC)
    with desk.database.transaction() as conn, in_words():
        found = _known(conn, care, vendor, device)
        resident_id = resident_of_bed(conn, care, wanted.bed)
        starts = wanted.since or now
        stock.bind(conn, found, Use(resident_id, wanted.place, starts), now)
        if wanted.lent and found.resident_id is None:
            loans.lend(conn, Lending(resident_id, starts, wanted.due, device_id=found.id), care.session.account.id)
        _note(conn, care, "bind device", vendor, device, resident_id)


@router.post("/devices/{vendor}/{device}/unbind", status_code=204)
def unbind(vendor: Vendor, device: Device, back: Back, care: Care, desk: AtDesk) -> None:
    """It watches over nobody any more; where it was lent, it has been given back. What it said stays the resident's."""
    now = datetime.now(UTC)
    with desk.database.transaction() as conn, in_words():
        found = _known(conn, care, vendor, device)
        stock.unbind(conn, found, now)
        loan = loans.of_device(conn, found.id)
        if loan is not None:
            loans.give_back(conn, loan.id, care.session.account.id, now, back.note)
        _note(conn, care, "unbind device", vendor, device, found.resident_id, back.note)


@router.post("/devices/{vendor}/{device}/replace", status_code=204)
def replace(vendor: Vendor, device: Device, wanted: Replacement, care: Care, desk: AtDesk) -> None:
    """Another one goes on in its place; this one is unbound and revoked, and what it said stays the resident's."""
    with desk.database.transaction() as conn, in_words():
        found = _known(conn, care, vendor, device)
        try:
            named = read_label(wanted.by)
        except ValueError as problem:
            raise Refused(422, str(problem).replace("label:", "by:"), "by") from None
        new = stock.device(conn, *named, care.scope)
        if new is None:
            raise Refused(422, "by: there is no such device in your care; register it first", "by")
        stock.replace(conn, found, new, care.session.account.id, datetime.now(UTC))
        _note(conn, care, "replace device", vendor, device, found.resident_id, f"→ {new.vendor}/{new.device}")


@router.post("/devices/{vendor}/{device}/secret")
def new_secret(vendor: Vendor, device: Device, care: Care, desk: AtDesk) -> Secret:
    """A new secret: the one before holds no longer, and a device that was revoked may connect again."""
    with desk.database.transaction() as conn, in_words():
        found = _known(conn, care, vendor, device)
        stock.back_into_use(conn, found)
        secret = credentials.issue_secret(conn, vendor, device)
        _note(conn, care, "new device secret", vendor, device, found.resident_id)
    return _secret(vendor, device, secret)


@router.post("/devices/{vendor}/{device}/revoke", status_code=204)
def revoke(vendor: Vendor, device: Device, care: Care, desk: AtDesk) -> None:
    """Close its connection and refuse it from now on."""
    with desk.database.transaction() as conn:
        found = _known(conn, care, vendor, device)
        stock.revoke(conn, found)
        _note(conn, care, "revoke device", vendor, device, found.resident_id)


def _secret(vendor: str, device: str, secret: str) -> Secret:
    user = f"{vendor}/{device}"
    return Secret(
        vendor=vendor, device=device, user_name=user, client_id=f"{vendor}:{device}", secret=secret,
        svg=qr.as_svg(secret), label=label(vendor, device),
    )  # fmt: skip


def _label(vendor: str, device: str, kind: str) -> Label:
    text, svg = label(vendor, device), qr.as_svg(scanned(vendor, device))
    return Label(vendor=vendor, device=device, kind=kind, text=text, svg=svg)


def _note(
    conn: Conn, care: CareOf, action: str, vendor: str, device: str, resident_id: UUID | None = None, reason: str = ""
) -> None:
    audit.note(
        conn, care.session.account.id, action, resident_id=resident_id, subject=f"{vendor}/{device}", reason=reason
    )
