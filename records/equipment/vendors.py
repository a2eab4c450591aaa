"""Vendors: who they are, whom to ask there, of which devices they may register, and how their devices do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from care.devices import OWN_VENDOR, DeviceKind, check_names
from records.database import Conn
from records.scope import DEVICE_IN_SCOPE, Scope


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor as administrators see it; the counts are of the devices in one's care."""

    name: str
    title: str
    engineer: str
    phone: str
    email: str
    kinds: list[str] | None
    """Of which devices may be registered; None: of every kind."""
    disabled_at: datetime | None
    disabled_why: str
    devices: int
    """Registered ones."""
    unclaimed: int
    off: int
    """Disabled ones."""
    silent_day: int
    """Registered ones that were not heard for a day."""
    accounts: int
    refused: int
    """Messages kept aside in the last seven days."""
    refused_why: str
    """The most frequent reason of them."""


# Each of the vendors once: their devices are counted in one pass, their messages kept aside in another.
SOME = (
    """
    WITH counted AS (
         SELECT d.vendor,
                count(*) FILTER (WHERE d.state = 'registered') AS devices,
                count(*) FILTER (WHERE d.state = 'unclaimed') AS unclaimed,
                count(*) FILTER (WHERE d.state = 'disabled') AS off,
                count(*) FILTER (WHERE d.state = 'registered'
                                   AND coalesce(s.last_seen, d.recorded_at) < %(now)s - interval '1 day') AS silent_day
           FROM device d
           LEFT JOIN device_state s ON s.device_id = d.id
           LEFT JOIN binding b ON b.device_id = d.id AND b.valid_to IS NULL
           LEFT JOIN resident r ON r.id = b.resident_id
           LEFT JOIN home h ON h.id = r.home_id
          WHERE """
    + DEVICE_IN_SCOPE
    + """
          GROUP BY d.vendor
    ), aside AS (
         SELECT vendor, reason, sum(times) AS times
           FROM quarantine WHERE last_at > %(now)s - interval '7 days' GROUP BY vendor, reason
    )
    SELECT v.name, v.title, v.engineer, v.phone, v.email, v.kinds, v.disabled_at, v.disabled_why,
           coalesce(c.devices, 0) AS devices, coalesce(c.unclaimed, 0) AS unclaimed, coalesce(c.off, 0) AS off,
           coalesce(c.silent_day, 0) AS silent_day,
           (SELECT count(*) FROM account WHERE vendor = v.name AND NOT disabled) AS accounts,
           coalesce((SELECT sum(times) FROM aside WHERE aside.vendor = v.name), 0)::bigint AS refused,
           coalesce((SELECT reason FROM aside WHERE aside.vendor = v.name ORDER BY times DESC LIMIT 1), '')
               AS refused_why
      FROM vendor v
      LEFT JOIN counted c ON c.vendor = v.name
     WHERE %(one)s::text IS NULL OR v.name = %(one)s
     ORDER BY v.name
"""
)


def vendors(conn: Conn, scope: Scope, now: datetime, one: str | None = None) -> Sequence[Vendor]:
    """Every vendor, or this one, by name."""
    terms = scope.terms() | {"now": now, "one": one}
    return conn.cursor(row_factory=class_row(Vendor)).execute(SOME, terms, prepare=False).fetchall()


@dataclass(frozen=True, slots=True)
class About:
    """What is written down of a vendor."""

    title: str
    engineer: str
    phone: str
    email: str
    kinds: tuple[DeviceKind, ...] | None


SET = """
    INSERT INTO vendor (name, title, engineer, phone, email, kinds)
    VALUES (%(name)s, %(title)s, %(engineer)s, %(phone)s, %(email)s, %(kinds)s)
    ON CONFLICT (name) DO UPDATE
       SET title = excluded.title, engineer = excluded.engineer, phone = excluded.phone, email = excluded.email,
           kinds = excluded.kinds
 RETURNING xmax = 0
"""


def set_vendor(conn: Conn, name: str, about: About) -> bool:
    """Write this down of a vendor; whether it is a new one. ValueError for a name that can't be."""
    check_names(name, "device")
    if name == OWN_VENDOR:
        raise ValueError(f"vendor: {OWN_VENDOR} is the platform's own; use the maker's name")
    terms = {
        "name": name, "title": about.title, "engineer": about.engineer, "phone": about.phone, "email": about.email,
        "kinds": None if about.kinds is None else list(about.kinds),
    }  # fmt: skip
    return conn.execute(SET, terms).fetchone() == (True,)


SHUT_OUT = (
    "UPDATE vendor SET disabled_at = %(now)s, disabled_why = %(why)s WHERE name = %(name)s AND disabled_at IS NULL"
)
DEVICES_OFF = """
    UPDATE device SET state = 'disabled', off_with_vendor = true WHERE vendor = %s AND state = 'registered'
 RETURNING name
"""
LET_IN = "UPDATE vendor SET disabled_at = NULL, disabled_why = '' WHERE name = %s AND disabled_at IS NOT NULL"
DEVICES_ON = """
    UPDATE device SET state = 'registered', off_with_vendor = false
     WHERE vendor = %s AND state = 'disabled' AND off_with_vendor
 RETURNING name
"""
SAY = "SELECT pg_notify('device_changed', %s || '/' || name) FROM unnest(%s::text[]) AS name"


def disable(conn: Conn, name: str, why: str, now: datetime) -> int | None:
    """Refuse all of this vendor's devices from now on; returns how many, None where it is disabled already."""
    if conn.execute(SHUT_OUT, {"name": name, "why": why, "now": now}).rowcount == 0:
        return None
    return _announced(conn, name, [row[0] for row in conn.execute(DEVICES_OFF, (name,))])


def enable(conn: Conn, name: str) -> int | None:
    """Let those in again that were refused with their vendor; returns how many, None where it is not disabled."""
    if conn.execute(LET_IN, (name,)).rowcount == 0:
        return None
    return _announced(conn, name, [row[0] for row in conn.execute(DEVICES_ON, (name,))])


def _announced(conn: Conn, vendor: str, names: list[str]) -> int:
    conn.execute(SAY, (vendor, names))
    return len(names)


AFFECTED = """
    SELECT count(*), count(DISTINCT b.resident_id)
      FROM device d LEFT JOIN binding b ON b.device_id = d.id AND b.valid_to IS NULL
     WHERE d.vendor = %s AND d.state = 'registered'
"""


def affected(conn: Conn, name: str) -> tuple[int, int]:
    """How many devices would be refused, and over how many people they watch."""
    row = conn.execute(AFFECTED, (name,)).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


EXISTS = "SELECT FROM vendor WHERE name = %s FOR UPDATE"


def exists(conn: Conn, name: str) -> bool:
    """Whether there is such a vendor; nobody else changes it until the transaction ends."""
    return conn.execute(EXISTS, (name,)).fetchone() is not None
