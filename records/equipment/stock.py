"""What is done with devices: registered, bound to somebody, replaced, given back, revoked. Secrets: credentials.py."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from care.devices import EXPECTED_INTERVAL, OWN_VENDOR, DeviceKind, DeviceState, check_names
from records.database import Conn
from records.equipment import devices, loans
from records.errors import RecordsError
from records.scope import DEVICE_IN_SCOPE, Scope

BACKDATED = timedelta(days=1)
"""So long ago a binding may begin that is entered now (an assumption: the engineer writes it down in the evening)."""


class InUse(RecordsError):
    """It is somebody's, or known already: the words say what to do first."""


@dataclass(frozen=True, slots=True)
class Stocked:
    """A device that one may do something with; ours alone until the transaction ends."""

    id: int
    vendor: str
    device: str
    kind: DeviceKind
    state: DeviceState
    place: str
    expected_interval: timedelta | None
    parent_id: int | None
    resident_id: UUID | None
    """Whom it watches over."""


ONE = (
    """
    SELECT d.id, d.vendor, d.name, d.kind, d.state, d.place, d.expected_interval, d.parent_id, b.resident_id
      FROM device d
      LEFT JOIN binding b ON b.device_id = d.id AND b.valid_to IS NULL
      LEFT JOIN resident r ON r.id = b.resident_id
      LEFT JOIN home h ON h.id = r.home_id
     WHERE d.vendor = %(of)s AND d.name = %(name)s AND d.vendor <> %(own)s AND """
    + DEVICE_IN_SCOPE
    + " FOR UPDATE OF d"
)


def device(conn: Conn, vendor: str, name: str, scope: Scope) -> Stocked | None:
    """This device, where it is in the scope: watches over somebody in it, or lies in its stock."""
    terms = scope.terms() | {"of": vendor, "name": name, "own": OWN_VENDOR}
    row = conn.execute(ONE, terms).fetchone()
    return Stocked(row[0], row[1], row[2], DeviceKind(row[3]), DeviceState(row[4]), *row[5:9]) if row else None


@dataclass(frozen=True, slots=True)
class New:
    """A device to be registered; `area`: whose stock it is of, None: the city's."""

    vendor: str
    device: str
    kind: DeviceKind
    place: str = ""
    model: str = ""
    interval: timedelta | None = None
    area: int | None = None


VENDOR = "SELECT disabled_at IS NOT NULL, kinds FROM vendor WHERE name = %s"
ADD = "INSERT INTO vendor (name) VALUES (%s) ON CONFLICT DO NOTHING"
KNOWN = "SELECT state FROM device WHERE vendor = %s AND name = %s FOR UPDATE"
OF_AREA = "UPDATE device SET area_id = %s WHERE id = %s"


def register(conn: Conn, new: New, now: datetime) -> int:
    """Register a device, or claim one that spoke before anybody had; ValueError names what can't be, InUse what is."""
    check_names(new.vendor, new.device)
    if new.vendor == OWN_VENDOR:
        raise ValueError(f"vendor: {OWN_VENDOR} is the platform's own; use the maker's name")
    disabled, kinds = conn.execute(VENDOR, (new.vendor,)).fetchone() or (False, None)
    if disabled:
        raise ValueError("vendor: it is disabled; enable it first")
    if kinds is not None and new.kind not in kinds:
        raise ValueError("kind: this vendor has no grant for such devices")
    row = conn.execute(KNOWN, (new.vendor, new.device)).fetchone()
    if row is not None and row[0] != DeviceState.UNCLAIMED:
        raise InUse("device: it is registered already; where it was revoked, give it a new secret")
    interval = new.interval or EXPECTED_INTERVAL.get(new.kind)
    device_id = devices.register(
        conn, new.vendor, new.device, new.kind, place=new.place, model=new.model, expected_interval=interval, now=now
    )
    conn.execute(OF_AREA, (new.area, device_id))
    return device_id


@dataclass(frozen=True, slots=True)
class Use:
    """Whom a device is to watch over, where, from when, and until which day it is lent (None: it stays)."""

    resident_id: UUID
    place: str
    starts: datetime
    lent_until: datetime | None = None


LAST_END = "SELECT max(valid_to) FROM binding WHERE device_id = %s"
PLACE = "UPDATE device SET place = %s WHERE id = %s"


def bind(conn: Conn, one: Stocked, use: Use, now: datetime) -> None:
    """From then on it watches over this resident; InUse where it is another's, ValueError for a time that can't be."""
    if one.state is not DeviceState.REGISTERED:
        raise InUse("device: it is not in use; register it, or give it a new secret first")
    if one.resident_id not in (None, use.resident_id):
        raise InUse("device: it watches over somebody else; take it back there first")
    row = conn.execute(LAST_END, (one.id,)).fetchone()
    earliest = max(now - BACKDATED, row[0]) if row and row[0] else now - BACKDATED
    if not earliest <= use.starts <= now:
        raise ValueError("from: within the last day, and not while it was somebody else's")
    devices.bind(conn, one.id, use.resident_id, use.starts)
    conn.execute(PLACE, (use.place, one.id))
    devices.announce(conn, one.vendor, one.device)


# One that is of no stock yet is of the place where it was.
INTO_STOCK = """
    UPDATE device SET area_id = coalesce(device.area_id, home.area_id)
      FROM resident JOIN home ON home.id = resident.home_id
     WHERE resident.id = %(resident)s AND device.id = %(id)s
"""


def unbind(conn: Conn, one: Stocked, now: datetime) -> None:
    """It watches over nobody any more; what it said before stays theirs. InUse where it did not."""
    if one.resident_id is None:
        raise InUse("device: it watches over nobody")
    conn.execute(INTO_STOCK, {"resident": one.resident_id, "id": one.id})
    conn.execute(devices.UNBIND, {"now": now, "id": one.id})
    devices.announce(conn, one.vendor, one.device)


TAKE_OVER = (
    "UPDATE device SET place = %(place)s, expected_interval = %(interval)s, parent_id = %(parent)s WHERE id = %(id)s"
)
DISABLE = "UPDATE device SET state = 'disabled' WHERE id = %s"
CHILDREN = "UPDATE device SET parent_id = %(to)s WHERE parent_id = %(of)s"


def replace(conn: Conn, old: Stocked, new: Stocked, by: UUID, now: datetime) -> None:
    """The new one goes on in the place of the old one, which is revoked; what the old one said stays the resident's.

    Limits and rules are the resident's, so they go on as they are; a gateway's devices speak through the new one.
    """
    if old.resident_id is None:
        raise InUse("device: it watches over nobody; there is nothing to replace")
    if new.kind is not old.kind:
        raise ValueError(f"by: it is another kind; use one of the kind {old.kind}")
    if new.id == old.id or new.resident_id is not None or new.state is not DeviceState.REGISTERED:
        raise InUse("by: use a registered device that watches over nobody")
    loan = loans.of_device(conn, old.id)
    unbind(conn, old, now)
    conn.execute(
        TAKE_OVER, {"place": old.place, "interval": old.expected_interval, "parent": old.parent_id, "id": new.id}
    )
    conn.execute(CHILDREN, {"of": old.id, "to": new.id})
    devices.bind(conn, new.id, old.resident_id, now)
    if loan is not None:
        loans.give_back(conn, loan.id, by, now, "replaced")
        loans.lend(conn, loans.Lending(old.resident_id, now, loan.due, device_id=new.id), by)
    revoke(conn, old)
    devices.announce(conn, new.vendor, new.device)


def revoke(conn: Conn, one: Stocked) -> None:
    """Refuse it from now on and have its connection closed."""
    conn.execute(DISABLE, (one.id,))
    devices.announce(conn, one.vendor, one.device)


BACK_INTO_USE = """
    UPDATE device SET state = 'registered', off_with_vendor = false
     WHERE id = %s AND NOT EXISTS (SELECT FROM vendor WHERE vendor.name = device.vendor AND disabled_at IS NOT NULL)
 RETURNING id
"""


def back_into_use(conn: Conn, one: Stocked) -> None:
    """A revoked device may connect again, with a new secret. InUse where nobody registered it, or its vendor is off."""
    if one.state is DeviceState.UNCLAIMED or conn.execute(BACK_INTO_USE, (one.id,)).fetchone() is None:
        raise InUse("device: register it first, and enable its vendor")
