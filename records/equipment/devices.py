"""Devices in the records: registering, finding, binding to a resident."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from care.devices import DeviceKind, DeviceState, check_names
from records.database import Conn
from records.ids import new_id
from records.names import initials


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """What ingest needs to know of a device."""

    id: int
    state: DeviceState


ALL = "SELECT vendor, name, id, state FROM device"
ONE = "SELECT id, state FROM device WHERE vendor = %s AND name = %s"


def known_devices(conn: Conn) -> dict[tuple[str, str], KnownDevice]:
    """Every device, by vendor and name."""
    return {(vendor, name): KnownDevice(id_, DeviceState(state)) for vendor, name, id_, state in conn.execute(ALL)}


def find(conn: Conn, vendor: str, name: str) -> KnownDevice | None:
    """This device, or None."""
    row = conn.execute(ONE, (vendor, name)).fetchone()
    return KnownDevice(row[0], DeviceState(row[1])) if row else None


REGISTER = """
    INSERT INTO device (vendor, name, kind, state, place, expected_interval, model)
    VALUES (%(vendor)s, %(name)s, %(kind)s, 'registered', %(place)s, %(interval)s, %(model)s)
    ON CONFLICT (vendor, name) DO UPDATE
       SET kind = excluded.kind, state = 'registered', place = excluded.place,
           expected_interval = excluded.expected_interval,
           model = CASE excluded.model WHEN '' THEN device.model ELSE excluded.model END
 RETURNING id
"""


def register(
    conn: Conn,
    vendor: str,
    name: str,
    kind: DeviceKind,
    *,
    resident: str | None = None,
    place: str = "",
    expected_interval: timedelta | None = None,
    model: str = "",
    now: datetime,
) -> int:
    """Register a device, or change what is known of it, and return its id.

    With `resident`, a name, it is bound to that resident from `now` on; a resident whom the records don't know is
    added, in a home of the city's own. `model`: as its maker calls it; the figures count by it. ValueError names
    a bad vendor or device name and the fix.
    """
    check_names(vendor, name)
    row = conn.execute(
        REGISTER,
        {"vendor": vendor, "name": name, "kind": kind, "place": place, "interval": expected_interval, "model": model},
    ).fetchone()
    assert row is not None  # noqa: S101 - RETURNING of an upsert always has a row
    device_id = int(row[0])
    if resident is not None:
        bind(conn, device_id, find_resident(conn, resident) or add_resident(conn, resident), now)
    announce(conn, vendor, name)
    return device_id


GATEWAY = "SELECT id FROM device WHERE vendor || '/' || name = %s AND kind = 'gateway' AND state = 'registered'"
SET_PARENT = "UPDATE device SET parent_id = %s WHERE id = %s"


def set_parent(conn: Conn, device_id: int, parent: str) -> None:
    """This device speaks through that gateway, VENDOR/NAME. ValueError names the fix where there is none."""
    row = conn.execute(GATEWAY, (parent,)).fetchone()
    if row is None:
        raise ValueError(f"parent {parent!r}: register it first, as a gateway; write it as VENDOR/NAME")
    if row[0] == device_id:
        raise ValueError(f"parent {parent!r}: a gateway doesn't speak through itself")
    conn.execute(SET_PARENT, (row[0], device_id))


UNCLAIMED = """
    INSERT INTO device (vendor, name, kind, state) VALUES (%s, %s, 'other', 'unclaimed')
    ON CONFLICT (vendor, name) DO UPDATE SET vendor = excluded.vendor
 RETURNING id, state
"""


def add_unclaimed(conn: Conn, vendor: str, name: str) -> KnownDevice:
    """A device that spoke before anybody registered it."""
    row = conn.execute(UNCLAIMED, (vendor, name)).fetchone()
    assert row is not None  # noqa: S101 - RETURNING of an upsert always has a row
    announce(conn, vendor, name)
    return KnownDevice(row[0], DeviceState(row[1]))


def announce(conn: Conn, vendor: str, name: str) -> None:
    """Tell every part that this device has changed, when the transaction commits."""
    conn.execute("SELECT pg_notify('device_changed', %s)", (f"{vendor}/{name}",))


RESIDENT_BY_NAME = "SELECT id FROM resident WHERE name = %s ORDER BY recorded_at LIMIT 1"


def find_resident(conn: Conn, name: str) -> UUID | None:
    """The first resident of this name."""
    row = conn.execute(RESIDENT_BY_NAME, (name,)).fetchone()
    return row[0] if row else None


ADD_HOME = (
    "INSERT INTO home (id, area_id, address) SELECT %s, id, '' FROM area WHERE level = 'city' ORDER BY id LIMIT 1"
)
ADD_RESIDENT = "INSERT INTO resident (id, home_id, name, initials) VALUES (%s, %s, %s, %s)"


def add_resident(conn: Conn, name: str) -> UUID:
    """A resident of whom only the name is known yet."""
    home, resident = new_id(), new_id()
    conn.execute(ADD_HOME, (home,))
    conn.execute(ADD_RESIDENT, (resident, home, name, initials(name)))
    return resident


ALREADY = "SELECT resident_id FROM binding WHERE device_id = %s AND valid_to IS NULL FOR UPDATE"
UNBIND = """
    UPDATE binding SET valid_to = greatest(%(now)s, valid_from + interval '1 microsecond')
     WHERE device_id = %(id)s AND valid_to IS NULL
"""
BIND = "INSERT INTO binding (device_id, resident_id, valid_from) VALUES (%s, %s, %s)"


def bind(conn: Conn, device_id: int, resident_id: UUID, valid_from: datetime) -> None:
    """From now on this device watches over this resident, and no longer over another."""
    row = conn.execute(ALREADY, (device_id,)).fetchone()
    if row and row[0] == resident_id:
        return
    conn.execute(UNBIND, {"now": valid_from, "id": device_id})
    conn.execute(BIND, (device_id, resident_id, valid_from))
