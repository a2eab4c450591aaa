"""People and their devices, for tests that read like sentences."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from care.devices import DeviceKind
from records.database import Database
from records.equipment import devices

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wearer:
    """A resident and the device that watches over them."""

    name: str
    vendor: str
    device: str
    device_id: int


def give(
    database: Database,
    name: str,
    device: str,
    kind: DeviceKind = DeviceKind.BED,
    vendor: str = "acme",
    since: datetime = NOW - timedelta(days=30),
) -> Wearer:
    """Register a device for this resident."""
    with database.transaction() as conn:
        return Wearer(name, vendor, device, devices.register(conn, vendor, device, kind, resident=name, now=since))


def obs(time: datetime, **values: float | None) -> bytes:
    """An `obs` payload."""
    return json.dumps({"time": time.isoformat(), "values": values}).encode()


def event(time: datetime | None, name: str, id_: str = "1", data: Mapping[str, object] | None = None) -> bytes:
    """An `event` payload; without a time where None."""
    body: dict[str, object] = {"id": id_, "event": name}
    if time is not None:
        body["time"] = time.isoformat()
    if data is not None:
        body["data"] = data
    return json.dumps(body).encode()
