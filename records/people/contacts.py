"""A resident's contacts with the addresses by which they are reached, in the order in which they are called."""

from dataclasses import dataclass, field
from uuid import UUID

from psycopg.rows import class_row

from care.notices import Recipient
from records.database import Conn
from records.people.reach import Known, reach_of


@dataclass(frozen=True, slots=True)
class ContactRow:
    """Somebody to call for a resident; without an address of their own they are reached at `phone`."""

    id: UUID
    name: str = field(repr=False)
    relation: str
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reachable(ContactRow):
    """A contact with their addresses, in the order in which they are used."""

    addresses: list[Known]


CONTACTS = "SELECT id, name, relation, phone FROM contact WHERE resident_id = %s ORDER BY position"
ONE = "SELECT true FROM contact WHERE id = %s AND resident_id = %s"
RESIDENT = "SELECT resident_id FROM contact WHERE id = %s"


def of_resident(conn: Conn, resident_id: UUID) -> list[Reachable]:
    """Whom to call for this resident, and where; ask for the resident in one's care first."""
    rows = conn.cursor(row_factory=class_row(ContactRow)).execute(CONTACTS, (resident_id,)).fetchall()
    return [
        Reachable(row.id, row.name, row.relation, row.phone, reach_of(conn, Recipient.contact(row.id))) for row in rows
    ]


def is_of(conn: Conn, contact_id: UUID, resident_id: UUID) -> bool:
    """Whether this contact is this resident's."""
    return conn.execute(ONE, (contact_id, resident_id)).fetchone() is not None


def resident_of(conn: Conn, contact_id: UUID) -> UUID | None:
    """Whose contact this is; None where there is no such contact."""
    row = conn.execute(RESIDENT, (contact_id,)).fetchone()
    return row[0] if row else None
