"""A simulated town in the records: its households, their devices, and the secrets with which they connect."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from care.devices import DeviceKind, DeviceState
from records import database
from records.database import Conn
from records.equipment import credentials, devices
from records.people import households
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


_HOMES_AT_ONCE = 200


def move_in(database_url: str, town: Town, since: datetime, *, only_beds: bool = False) -> list[Installed]:
    """Everybody's devices, registered, bound from `since` on and with fresh secrets; one that was revoked stays so.

    `only_beds`: for a load, which has its own devices and nothing else.
    """
    installed: list[Installed] = []
    with database.connect(database_url, autocommit=True) as conn:
        for first in range(0, len(town.homes), _HOMES_AT_ONCE):
            with database.transaction(conn):
                for home in town.homes[first : first + _HOMES_AT_ONCE]:
                    installed += _furnish(conn, home, since, only_beds)
    return installed


def _furnish(conn: Conn, home: Home, since: datetime, only_beds: bool) -> Iterator[Installed]:
    resident = households.settle(conn, home.household)
    for gadget in _fleet_bed(home) if only_beds else home.gadgets:
        known = devices.find(conn, VENDOR, gadget.name)
        if known and known.state is DeviceState.DISABLED:
            continue
        seconds = _INTERVALS.get(gadget.kind)
        interval = timedelta(seconds=seconds) if seconds else None
        id_ = devices.register(
            conn, VENDOR, gadget.name, gadget.kind, place=gadget.place, expected_interval=interval, now=since
        )
        devices.bind(conn, id_, resident, since)
        yield Installed(id_, home, gadget, credentials.issue_secret(conn, VENDOR, gadget.name))


def _fleet_bed(home: Home) -> tuple[Gadget]:
    """Under a name of its own: the same number lives in other towns too."""
    return (replace(home.gadgets[0], name=f"fleet-{home.number:05}"),)
