"""Whole households at once: where they live, the resident, the care bed, whom to call. Made once, then left alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from records.database import Conn
from records.ids import new_id
from records.names import initials


@dataclass(frozen=True, slots=True)
class Reachable:
    """Somebody to call for a resident."""

    name: str
    phone: str
    relation: str


@dataclass(frozen=True, slots=True)
class Household:
    """A resident who lives alone, and all that is known of them; the number of the care bed tells them from others."""

    name: str
    born: date
    county_code: str
    street: str
    community: str
    address: str
    care_bed: str
    set_up: date
    contacts: Sequence[Reachable]


ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('ankang households'))"
BY_CARE_BED = "SELECT resident_id FROM care_bed WHERE number = %s"
ADD_HOME = "INSERT INTO home (id, area_id, address) VALUES (%s, %s, %s)"
ADD_RESIDENT = "INSERT INTO resident (id, home_id, name, initials, born) VALUES (%s, %s, %s, %s, %s)"
ADD_CARE_BED = "INSERT INTO care_bed (id, resident_id, number, set_up) VALUES (%s, %s, %s, %s)"
ADD_CONTACT = """
    INSERT INTO contact (id, resident_id, name, phone, relation, position) VALUES (%s, %s, %s, %s, %s, %s)
"""


def settle(conn: Conn, household: Household) -> UUID:
    """The resident of this household, added with all that is known of them unless their care bed is there already."""
    conn.execute(ONE_AT_A_TIME)
    row = conn.execute(BY_CARE_BED, (household.care_bed,)).fetchone()
    if row:
        resident_id: UUID = row[0]
        return resident_id
    home, resident = new_id(), new_id()
    conn.execute(ADD_HOME, (home, _community(conn, household), household.address))
    conn.execute(ADD_RESIDENT, (resident, home, household.name, initials(household.name), household.born))
    conn.execute(ADD_CARE_BED, (new_id(), resident, household.care_bed, household.set_up))
    for position, contact in enumerate(household.contacts, start=1):
        conn.execute(ADD_CONTACT, (new_id(), resident, contact.name, contact.phone, contact.relation, position))
    return resident


COUNTY = "SELECT id FROM area WHERE code = %s AND level = 'county'"
ADD_AREA = """
    INSERT INTO area (parent_id, level, name) VALUES (%s, %s, %s)
    ON CONFLICT (parent_id, name) DO UPDATE SET name = excluded.name
 RETURNING id
"""


def _community(conn: Conn, household: Household) -> int:
    """The id of the household's community, made with its street where they are new."""
    county = conn.execute(COUNTY, (household.county_code,)).fetchone()
    if county is None:
        raise ValueError(f"county {household.county_code}: not one of this city's")
    street = conn.execute(ADD_AREA, (county[0], "street", household.street)).fetchone()
    assert street is not None  # noqa: S101 - RETURNING of an upsert always has a row
    community = conn.execute(ADD_AREA, (street[0], "community", household.community)).fetchone()
    assert community is not None  # noqa: S101 - RETURNING of an upsert always has a row
    return int(community[0])


SPAN = """
    SELECT min(oldest.time), max(newest.time)
      FROM device d
     CROSS JOIN LATERAL (SELECT time FROM observation WHERE device_id = d.id ORDER BY time LIMIT 1) AS oldest
     CROSS JOIN LATERAL (SELECT time FROM observation WHERE device_id = d.id ORDER BY time DESC LIMIT 1) AS newest
     WHERE d.vendor = %s AND d.name LIKE %s
"""


def observed(conn: Conn, vendor: str, devices: str) -> tuple[datetime, datetime] | None:
    """From when until when this vendor's devices whose name is like `devices` were observed; None where never."""
    row = conn.execute(SPAN, (vendor, devices)).fetchone()
    return (row[0], row[1]) if row and row[0] else None
