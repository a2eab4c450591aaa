"""Telling about check-ins: the resident is asked, contacts are asked to look, and are told when all is well."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from care.checkins import NEIGHBOUR, SELF
from care.notices import Purpose, Recipient
from records.database import Conn
from records.ids import new_id


@dataclass(frozen=True, slots=True)
class Circle:
    """Whom one can ask about a resident: themselves, and the others in their order, neighbours first."""

    own: UUID | None
    others: tuple[UUID, ...]


CONTACTS = """
    SELECT id, relation FROM contact WHERE resident_id = %(resident)s
     ORDER BY position(%(neighbour)s IN relation) = 0, position, id
"""


def circle(conn: Conn, resident_id: UUID) -> Circle:
    """Whom one can ask about this resident; a contact whose relation is 本人 is the resident's own telephone."""
    rows = conn.execute(CONTACTS, {"resident": resident_id, "neighbour": NEIGHBOUR}).fetchall()
    own = next((id_ for id_, relation in rows if relation == SELF), None)
    return Circle(own, tuple(id_ for id_, relation in rows if relation != SELF))


PUT = """
    INSERT INTO notice (id, check_in_id, about, recipient, priority, made_at, due_at)
    VALUES (%(id)s, %(check_in)s, %(about)s, %(recipient)s, 'medium', %(now)s, %(now)s)
    ON CONFLICT DO NOTHING
"""


def ask(conn: Conn, check_in_id: UUID, purpose: Purpose, number: int, contact_id: UUID, now: datetime) -> None:
    """Have this contact told; `number` tells one asking from the next of the same check-in."""
    terms = {
        "id": new_id(), "check_in": check_in_id, "about": f"{purpose}:{check_in_id}:{number}",
        "recipient": str(Recipient.contact(contact_id)), "now": now,
    }  # fmt: skip
    conn.execute(PUT, terms)


FOUND = """
    INSERT INTO notice (id, check_in_id, about, recipient, priority, made_at, due_at)
    SELECT gen_random_uuid(), check_in_id, 'found:' || check_in_id, recipient, priority, %(now)s, %(now)s
      FROM notice
     WHERE check_in_id = ANY (%(ids)b) AND about LIKE 'look_in:%%' AND state IN ('sent', 'delivered', 'read')
     GROUP BY check_in_id, recipient, priority
    ON CONFLICT DO NOTHING
"""


def all_is_well(conn: Conn, ids: list[UUID], now: datetime) -> None:
    """Whoever was asked to look after somebody in these check-ins hears that they need not any more."""
    if ids:
        conn.execute(FOUND, {"ids": ids, "now": now})
