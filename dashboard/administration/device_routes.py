"""Devices over HTTP: lists of those that need somebody, one of them, and what was kept aside."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from care.devices import DEVICE_NAME, VENDOR_NAME
from care.permissions import Permission
from dashboard.answers import Cursor, not_found
from dashboard.desk import AtDesk, Care
from dashboard.masked import for_device, for_listed_device
from records.equipment import device_view, inventory
from records.equipment.device_view import DeviceView
from records.equipment.inventory import Counts, Listed, Reason, Which
from records.people import areas

router = APIRouter(prefix="/api", tags=["devices"])


class Devices(BaseModel):
    """Some devices, and how many there are of each sort; `cursor` asks for those after them, null: no more."""

    counts: Counts
    devices: list[Listed]
    cursor: str | None


class Quarantine(BaseModel):
    """Why messages were kept aside, the latest first."""

    reasons: list[Reason]


@router.get("/devices")
def list_devices(
    care: Care,
    desk: AtDesk,
    state: Which = Which.ALL,
    area: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="only in this area and below")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Cursor = None,
) -> Devices:
    """The devices that are silent, low on battery or offline, those that have been so longest first; or all of them."""
    now = datetime.now(UTC)
    with desk.database.transaction() as conn:
        below = areas.below(conn, area) if area is not None else None
        found = inventory.page(conn, care.scope, state, now, limit, cursor, below)
        counts = inventory.counts(conn, care.scope, now, below)
    listed = [for_listed_device(care.names, care.may(Permission.READ_RESIDENTS), one) for one in found.devices]
    return Devices(counts=counts, devices=listed, cursor=found.cursor)


@router.get("/quarantine")
def kept_aside(care: Care, desk: AtDesk, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> Quarantine:
    """Why messages were kept aside: the field, what was wrong with it, how often and by how many devices."""
    with desk.database.transaction() as conn:
        return Quarantine(reasons=inventory.reasons(conn, care.scope, limit))


@router.get("/devices/{vendor}/{device}")
def one(
    vendor: Annotated[str, Path(pattern=f"^{VENDOR_NAME}$")],
    device: Annotated[str, Path(pattern=f"^{DEVICE_NAME}$")],
    care: Care,
    desk: AtDesk,
) -> DeviceView:
    """How a device is, and how much of what it sent was stored and quarantined."""
    with desk.database.transaction() as conn:
        found = device_view.device_view(conn, vendor, device, care.scope)
    if found is None:
        raise not_found("device")
    return for_device(care.names, care.may(Permission.READ_RESIDENTS), found)
