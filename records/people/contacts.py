"""A resident's contacts with the addresses by which they are reached, in the order in which they are called."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from psycopg.rows import class_row

from care.notices import Recipient
from records.database import Conn
from records.ids import new_id
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


OF_RESIDENT = "SELECT id, name, relation, phone FROM contact WHERE id = %s AND resident_id = %s"


def one(conn: Conn, resident_id: UUID, contact_id: UUID) -> ContactRow | None:
    """This contact of this resident, with the number in full; None where there is no such contact."""
    row = conn.cursor(row_factory=class_row(ContactRow)).execute(OF_RESIDENT, (contact_id, resident_id))
    return row.fetchone()


PHONE = "SELECT phone FROM contact WHERE id = %s AND resident_id = %s"


def phone_of(conn: Conn, resident_id: UUID, contact_id: UUID) -> str | None:
    """The number of this resident's contact, in full; None where there is no such contact."""
    row = conn.execute(PHONE, (contact_id, resident_id)).fetchone()
    return row[0] if row else None


@dataclass(frozen=True, slots=True)
class Entry:
    """A contact as somebody enters it; `phone` as care.addresses.checked writes it."""

    name: str = field(repr=False)
    relation: str
    phone: str = field(repr=False)


LOCK = "SELECT FROM resident WHERE id = %s FOR UPDATE"
ADD = """
    INSERT INTO contact (id, resident_id, name, relation, phone, position)
    SELECT %(id)s, %(resident)s, %(name)s, %(relation)s, %(phone)s, coalesce(max(position), 0) + 1
      FROM contact WHERE resident_id = %(resident)s
"""


def add(conn: Conn, resident_id: UUID, entry: Entry) -> UUID:
    """One more to call, after all the others; returns the id."""
    conn.execute(LOCK, (resident_id,))  # of two that are added at once each has a place of its own
    contact_id = new_id()
    conn.execute(ADD, _columns(resident_id, contact_id, entry))
    return contact_id


CHANGE = """
    UPDATE contact SET name = %(name)s, relation = %(relation)s, phone = coalesce(nullif(%(phone)s, ''), phone)
     WHERE id = %(id)s AND resident_id = %(resident)s
"""


def change(conn: Conn, resident_id: UUID, contact_id: UUID, entry: Entry) -> bool:
    """What is known of a contact is so from now on; an empty `phone` leaves the number. False: no such contact."""
    return conn.execute(CHANGE, _columns(resident_id, contact_id, entry)).rowcount == 1


def _columns(resident_id: UUID, contact_id: UUID, entry: Entry) -> dict[str, object]:
    return {
        "id": contact_id, "resident": resident_id, "name": entry.name, "relation": entry.relation,
        "phone": entry.phone,
    }  # fmt: skip


REMOVE = "DELETE FROM contact WHERE id = %s AND resident_id = %s"


def remove(conn: Conn, resident_id: UUID, contact_id: UUID) -> bool:
    """Forget this contact with the addresses; False where there is no such contact."""
    return conn.execute(REMOVE, (contact_id, resident_id)).rowcount == 1


ASIDE = "UPDATE contact SET position = -abs(position) - 1 WHERE resident_id = %s RETURNING id"
IN_ORDER = """
    UPDATE contact SET position = wanted.place
      FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS wanted (id, place)
     WHERE contact.id = wanted.id
"""


def put_in_order(conn: Conn, resident_id: UUID, ids: Sequence[UUID]) -> None:
    """They are called in this order; ValueError unless `ids` are the resident's contacts, each once."""
    conn.execute(LOCK, (resident_id,))
    known = {row[0] for row in conn.execute(ASIDE, (resident_id,))}
    if len(ids) != len(known) or set(ids) != known:
        raise ValueError("contacts: name each of them once; somebody has added or removed one, look again")
    conn.execute(IN_ORDER, {"ids": list(ids)})


def resident_of(conn: Conn, contact_id: UUID) -> UUID | None:
    """Whose contact this is; None where there is no such contact."""
    row = conn.execute(RESIDENT, (contact_id,)).fetchone()
    return row[0] if row else None
