"""A simulated town in the records: its households, their devices, and the secrets with which they connect."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from care.devices import DeviceKind, DeviceState
from records import credentials, database, devices, households
from simulators.homes import Gadget, Home
from simulators.incidents import Town

VENDOR = "sim"
_INTERVALS: Mapping[DeviceKind, int] = {
    DeviceKind.BED: 60,  # it speaks every 10 s; of a simulated past the records have a reading a minute
    DeviceKind.WATER_METER: 600,
    DeviceKind.POWER_METER: 600,
    DeviceKind.CLIMATE: 600,
    DeviceKind.WEARABLE: 300,
    DeviceKind.FALL_RADAR: 600,
    DeviceKind.MOTION: 3600,
    DeviceKind.DOOR: 3600,
}


@dataclass(frozen=True, slots=True)
class Installed:
    """A device that stands in a home."""

    id: int
    home: Home
    gadget: Gadget
    secret: str = field(repr=False)


def move_in(database_url: str, town: Town, since: datetime) -> list[Installed]:
    """Everybody's devices, registered, bound from `since` on and with fresh secrets; one that was revoked stays so."""
    installed = []
    with database.connect(database_url, autocommit=True) as conn:
        for home in town.homes:
            with database.transaction(conn):
                resident = households.settle(conn, home.household)
                for gadget in home.gadgets:
                    known = devices.find(conn, VENDOR, gadget.name)
                    if known and known.state is DeviceState.DISABLED:
                        continue
                    seconds = _INTERVALS.get(gadget.kind)
                    interval = timedelta(seconds=seconds) if seconds else None
                    id_ = devices.register(
                        conn,
                        VENDOR,
                        gadget.name,
                        gadget.kind,
                        place=gadget.place,
                        expected_interval=interval,
                        now=since,
                    )
                    devices.bind(conn, id_, resident, since)
                    secret = credentials.issue_secret(conn, VENDOR, gadget.name)
                    installed.append(Installed(id_, home, gadget, secret))
    return installed
