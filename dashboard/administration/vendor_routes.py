"""Vendors over HTTP: who they are, and shutting one out with all of its devices."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from care.devices import DeviceKind
from dashboard.administration.equip_routes import Short, Vendor, in_words
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care, CareOf
from records.database import Conn
from records.equipment import vendors
from records.equipment.vendors import About
from records.equipment.vendors import Vendor as VendorView
from records.login import audit

router = APIRouter(prefix="/api/vendors", tags=["devices"])

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120, pattern=NO_NUL)]


class Vendors(BaseModel):
    """Every vendor, by name; the counts are of what is in one's care."""

    vendors: list[VendorView]


class VendorIs(BaseModel):
    """What is known of a vendor: how people call it, whom to ask there, and which kinds of devices it may bring."""

    model_config = ConfigDict(extra="forbid")
    title: Line = ""
    engineer: Line = ""
    phone: Short = ""
    email: Line = ""
    kinds: list[DeviceKind] | None = None


class Sure(BaseModel):
    """Why, and of how many devices one knows that they are refused by it."""

    model_config = ConfigDict(extra="forbid")
    why: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=500, pattern=NO_NUL)]
    devices: Annotated[int, Field(ge=0)]


class Affected(BaseModel):
    """How many devices were refused, or let in again."""

    devices: int


@router.get("")
def list_vendors(care: Care, desk: AtDesk) -> Vendors:
    """The vendors whose devices and accounts are here."""
    with desk.database.transaction() as conn:
        return Vendors(vendors=list(vendors.vendors(conn, care.scope, datetime.now(UTC))))


@router.put("/{vendor}", status_code=204)
def set_vendor(vendor: Vendor, about: VendorIs, care: Care, desk: AtDesk) -> None:
    """Add a vendor, or change what is known of it."""
    _everywhere(care)
    kinds = None if about.kinds is None else tuple(dict.fromkeys(about.kinds))
    with desk.database.transaction() as conn, in_words():
        new = vendors.set_vendor(conn, vendor, About(about.title, about.engineer, about.phone, about.email, kinds))
        _note(conn, care, "add vendor" if new else "change vendor", vendor)


@router.post("/{vendor}/disable")
def disable(vendor: Vendor, sure: Sure, care: Care, desk: AtDesk) -> Affected:
    """Refuse all devices of this vendor, now and until it is enabled; `devices` has to be how many those are."""
    _everywhere(care)
    with desk.database.transaction() as conn:
        if not vendors.exists(conn, vendor):
            raise not_found("vendor")
        count, people = vendors.affected(conn, vendor)
        if sure.devices != count:
            raise Refused(
                409, f"devices: these are {count} devices, over {people} people; say so", "devices", count=count,
                people=people,
            )  # fmt: skip
        off = vendors.disable(conn, vendor, sure.why, datetime.now(UTC))
        if off is None:
            raise Refused(409, "vendor: it is disabled already", "vendor")
        _note(conn, care, "disable vendor", vendor, f"{off}: {sure.why}")
    return Affected(devices=off)


@router.post("/{vendor}/enable")
def enable(vendor: Vendor, care: Care, desk: AtDesk) -> Affected:
    """Let those devices in again that were refused with their vendor."""
    _everywhere(care)
    with desk.database.transaction() as conn:
        if not vendors.exists(conn, vendor):
            raise not_found("vendor")
        on = vendors.enable(conn, vendor)
        if on is None:
            raise Refused(409, "vendor: it is not disabled", "vendor")
        _note(conn, care, "enable vendor", vendor, str(on))
    return Affected(devices=on)


def _everywhere(care: CareOf) -> None:
    """A vendor's devices are in every county: only who works for the whole city says what becomes of it."""
    if care.scope.areas is not None:
        raise Refused(422, "vendor: only who works for the whole city may change it", "vendor")


def _note(conn: Conn, care: CareOf, action: str, vendor: str, reason: str = "") -> None:
    audit.note(conn, care.session.account.id, action, subject=vendor, reason=reason)
