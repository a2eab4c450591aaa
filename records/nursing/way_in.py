"""How one gets into a resident's home: the key, the door, the stairs, the dog. Seen only by whoever has to go there.

Whoever shows it says why: `access_notes` for a reason that is in the audit log, `while_it_rings` and `for_responder`
because an alert is open. Each of them is a door of its own: past it nothing is asked any more.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from records.database import Conn
from records.scope import IN_SCOPE, Scope


@dataclass(frozen=True, slots=True)
class Way:
    """The way in as somebody enters it."""

    key_place: str = field(repr=False, default="")
    door_code: str = field(repr=False, default="")
    stairs: str = field(repr=False, default="")
    dog: str = field(repr=False, default="")
    note: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class AccessNotes(Way):
    """The way in as it was entered last."""

    entered_by: str | None = None
    entered_at: datetime | None = None


NOTES = """
    SELECT w.key_place, w.door_code, w.stairs, w.dog, w.note, account.username AS entered_by, w.entered_at
      FROM way_in w
      LEFT JOIN account ON account.id = w.entered_by
"""
NEWEST = " ORDER BY w.id DESC LIMIT 1"
IN_CARE = (
    NOTES
    + """
      JOIN home h ON h.id = w.home_id
      JOIN resident r ON r.home_id = h.id
     WHERE r.id = %(resident)s AND """
    + IN_SCOPE
    + NEWEST
)


def access_notes(conn: Conn, scope: Scope, resident_id: UUID) -> AccessNotes | None:
    """The way into this resident's home; None where nothing was entered, or they are not in the scope.

    The caller has noted who asked, and why.
    """
    terms = scope.terms() | {"resident": resident_id}
    return conn.cursor(row_factory=class_row(AccessNotes)).execute(IN_CARE, terms).fetchone()


# Whoever answered it, whoever was sent, and the neighbour who accepted.
TAKES_PART = """
    (a.answered_by = %(account)s OR a.responder_id = %(account)s
     OR EXISTS (SELECT FROM responder_offer
                 WHERE alert_id = a.id AND account_id = %(account)s AND state = 'accepted'))
"""
RINGS = (
    """
    SELECT a.id FROM alert a
      JOIN home h ON h.id = a.home_id
      JOIN resident r ON r.home_id = h.id
     WHERE r.id = %(resident)s AND a.phase <> 'closed' AND NOT a.canary AND """
    + TAKES_PART
    + " ORDER BY a.opened_at DESC LIMIT 1"
)


def while_it_rings(conn: Conn, scope: Scope, resident_id: UUID, account_id: UUID) -> tuple[UUID, AccessNotes] | None:
    """The way in and the alert that opens it, for an account that works on an open alert of this home; else None."""
    ringing = conn.execute(RINGS, {"resident": resident_id, "account": account_id}).fetchone()
    notes = access_notes(conn, scope, resident_id) if ringing else None
    return (ringing[0], notes) if ringing and notes else None


FOR_RESPONDER = (
    NOTES
    + """
      JOIN alert a ON a.home_id = w.home_id
     WHERE a.id = %(alert)s AND a.phase <> 'closed' AND NOT a.canary AND """
    + TAKES_PART
    + NEWEST
)


def for_responder(conn: Conn, alert_id: UUID, account_id: UUID) -> AccessNotes | None:
    """The way in for whoever goes there on this alert, from accepting until it is closed; a neighbour needs no area."""
    terms = {"alert": alert_id, "account": account_id}
    return conn.cursor(row_factory=class_row(AccessNotes)).execute(FOR_RESPONDER, terms).fetchone()


KNOWN = """
    SELECT account.username, w.entered_at
      FROM way_in w
      JOIN resident r ON r.home_id = w.home_id
      LEFT JOIN account ON account.id = w.entered_by
     WHERE r.id = %s ORDER BY w.id DESC LIMIT 1
"""


def known(conn: Conn, resident_id: UUID) -> tuple[str | None, datetime] | None:
    """Who entered the way in last, and when; None where nobody has."""
    row = conn.execute(KNOWN, (resident_id,)).fetchone()
    return (row[0], row[1]) if row else None


ENTER = """
    INSERT INTO way_in (home_id, key_place, door_code, stairs, dog, note, entered_by, entered_at)
    SELECT home_id, %(key_place)s, %(door_code)s, %(stairs)s, %(dog)s, %(note)s, %(by)s, %(now)s
      FROM resident WHERE id = %(resident)s
"""


def enter(conn: Conn, resident_id: UUID, way: Way, by: UUID | None, now: datetime) -> None:
    """This is the way into the home where the resident lives now; what was entered before stays among the versions."""
    terms = {
        "resident": resident_id, "key_place": way.key_place, "door_code": way.door_code, "stairs": way.stairs,
        "dog": way.dog, "note": way.note, "by": by, "now": now,
    }  # fmt: skip
    conn.execute(ENTER, terms)
