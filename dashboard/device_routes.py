"""One device over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path

from care.devices import DEVICE_NAME, VENDOR_NAME
from care.permissions import Permission
from dashboard.answers import not_found
from dashboard.desk import AtDesk, Care
from dashboard.masked import for_device
from records import device_view
from records.device_view import DeviceView

router = APIRouter(prefix="/api/devices", tags=["devices"])


@router.get("/{vendor}/{device}")
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
