"""A resident's health card: conditions, allergies, medicines and aids as short lists, each line with who entered it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from records.database import Conn
from records.ids import new_id


class CardKind(StrEnum):
    """What a line of the card is about, in the order in which somebody who comes to help asks."""

    ALLERGY = "allergy"
    CONDITION = "condition"
    MEDICINE = "medicine"
    AID = "aid"
    """Hearing aid, pacemaker, walking frame."""
    BLOOD_GROUP = "blood_group"
    DOCTOR = "doctor"
    HOSPITAL = "hospital"


ONLY_ONE = frozenset({CardKind.BLOOD_GROUP, CardKind.DOCTOR, CardKind.HOSPITAL})
"""Of these a card has one line: a new one replaces it."""


@dataclass(frozen=True, slots=True)
class CardLine:
    """One line of the card; `ended_at` None: it holds."""

    id: UUID
    kind: CardKind
    text: str = field(repr=False)
    note: str = field(repr=False)
    entered_by: str | None
    entered_at: datetime
    replaces_id: UUID | None
    ended_by: str | None
    ended_at: datetime | None


CARD = """
    SELECT e.id, e.kind, e.text, e.note, enterer.username AS entered_by, e.entered_at, e.replaces_id,
           ender.username AS ended_by, e.ended_at
      FROM health_entry e
      LEFT JOIN account enterer ON enterer.id = e.entered_by
      LEFT JOIN account ender ON ender.id = e.ended_by
     WHERE e.resident_id = %(resident)s AND (%(all)s OR e.ended_at IS NULL)
     ORDER BY e.ended_at DESC NULLS FIRST,
              array_position(%(kinds)s, e.kind), e.entered_at, e.id
"""


def card(conn: Conn, resident_id: UUID, *, before: bool = False) -> list[CardLine]:
    """What holds now; with `before` also what held once, the latest first. Ask for the resident in one's care first."""
    rows = conn.execute(CARD, {"resident": resident_id, "all": before, "kinds": [str(kind) for kind in CardKind]})
    return [CardLine(row[0], CardKind(row[1]), *row[2:]) for row in rows]


@dataclass(frozen=True, slots=True)
class CardEntry:
    """A line as somebody enters it."""

    kind: CardKind
    text: str = field(repr=False)
    note: str = field(repr=False, default="")


LOCK = "SELECT FROM resident WHERE id = %s FOR UPDATE"
END = """
    UPDATE health_entry SET ended_at = greatest(entered_at, %(now)s), ended_by = %(by)s
     WHERE id = %(id)s AND resident_id = %(resident)s AND ended_at IS NULL
"""
END_KIND = """
    UPDATE health_entry SET ended_at = greatest(entered_at, %(now)s), ended_by = %(by)s
     WHERE resident_id = %(resident)s AND kind = %(kind)s AND ended_at IS NULL
 RETURNING id
"""
ADD = """
    INSERT INTO health_entry (id, resident_id, kind, text, note, entered_by, entered_at, replaces_id)
    VALUES (%(id)s, %(resident)s, %(kind)s, %(text)s, %(note)s, %(by)s, %(now)s, %(replaces)s)
"""


def enter(
    conn: Conn, resident_id: UUID, entry: CardEntry, by: UUID | None, now: datetime, *, instead_of: UUID | None = None
) -> UUID | None:
    """A line of the card from now on, in the place of another where there is one; None where that one holds no more."""
    conn.execute(LOCK, (resident_id,))  # of a kind that one has once, two at a time would be two
    terms = {"resident": resident_id, "kind": entry.kind, "by": by, "now": now}
    if instead_of is not None and conn.execute(END, terms | {"id": instead_of}).rowcount != 1:
        return None
    replaced = conn.execute(END_KIND, terms).fetchone() if entry.kind in ONLY_ONE else None
    made = new_id()
    replaces = instead_of or (replaced[0] if replaced else None)
    conn.execute(ADD, terms | {"id": made, "text": entry.text, "note": entry.note, "replaces": replaces})
    return made


def end(conn: Conn, resident_id: UUID, entry_id: UUID, by: UUID | None, now: datetime) -> bool:
    """This line holds no more; it stays among those before. False where there is none that holds."""
    return conn.execute(END, {"id": entry_id, "resident": resident_id, "by": by, "now": now}).rowcount == 1
