"""Who saw or changed what of whom: written with every request, only ever added to (the database refuses the rest)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from records.database import Conn
from records.scope import Scope

# What concerns an alert concerns whom it is about.
NOTE = """
    INSERT INTO audit (account_id, by_user, action, resident_id, subject, reason)
    VALUES (%(account)s, %(by_user)s, %(action)s,
            coalesce(%(resident)s::uuid, (SELECT resident_id FROM alert WHERE id = %(alert)s::uuid)),
            %(subject)s, %(reason)s)
"""


def note(
    conn: Conn,
    account_id: UUID | None,
    action: str,
    *,
    resident_id: UUID | None = None,
    alert_id: UUID | None = None,
    subject: str = "",
    reason: str = "",
    by_user: str = "",
) -> None:
    """This account did that, to this resident, whom this alert is about, or to `subject`, an id.

    `by_user`: who it was where it was no account, as a user of the machine.
    """
    terms = {
        "account": account_id,
        "by_user": by_user,
        "action": action,
        "resident": resident_id,
        "alert": alert_id,
        "subject": subject[:200],
        "reason": reason,
    }
    conn.execute(NOTE, terms)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log; `by_user` where it was no account, `resident` by name where they are in the records."""

    id: int
    at: datetime
    username: str | None
    by_user: str
    action: str
    resident_id: UUID | None
    resident: str | None
    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: about this resident, of this account, from `since` to before `until`, older than number `before`."""

    resident_id: UUID | None = None
    username: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


ENTRIES = """
    SELECT l.id, l.at, a.username, l.by_user, l.action, l.resident_id, r.name AS resident, l.subject, l.reason
      FROM audit l
      LEFT JOIN account a ON a.id = l.account_id
      LEFT JOIN resident r ON r.id = l.resident_id
      LEFT JOIN home h ON h.id = r.home_id
     WHERE (%(resident)s::uuid IS NULL OR l.resident_id = %(resident)s)
       AND (%(username)s::text IS NULL OR l.account_id = (SELECT id FROM account WHERE username = %(username)s))
       AND (%(since)s::timestamptz IS NULL OR l.at >= %(since)s)
       AND (%(until)s::timestamptz IS NULL OR l.at < %(until)s)
       AND (%(before)s::bigint IS NULL OR l.id < %(before)s)
       AND (%(areas)s::integer[] IS NULL OR h.area_id = ANY (%(areas)s::integer[]))
     ORDER BY l.id DESC
     LIMIT %(limit)s
"""


def entries(conn: Conn, scope: Scope, wanted: Wanted, limit: int) -> list[Entry]:
    """The newest of the lines that are wanted; with an area only those about its residents."""
    terms = scope.terms() | {
        "resident": wanted.resident_id,
        "username": wanted.username,
        "since": wanted.since,
        "until": wanted.until,
        "before": wanted.before,
        "limit": limit,
    }
    # Planned for what is asked: a plan for every filter at once could use none of the indexes.
    return conn.cursor(row_factory=class_row(Entry)).execute(ENTRIES, terms, prepare=False).fetchall()


@dataclass(frozen=True, slots=True)
class OfFamily:
    """One line of the log as the family may see it: who it was by role, or what a contact is to the resident."""

    id: int
    at: datetime
    account_id: UUID | None
    role: str | None
    by_user: str
    relation: str | None
    action: str


OF_RESIDENT = """
    SELECT l.id, l.at, l.account_id, account.role, l.by_user, contact.relation, l.action
      FROM audit l
      LEFT JOIN account ON account.id = l.account_id
      LEFT JOIN contact ON l.by_user = 'contact:' || contact.id::text AND contact.resident_id = l.resident_id
     WHERE l.resident_id = %(resident)s AND (%(before)s::bigint IS NULL OR l.id < %(before)s)
     ORDER BY l.id DESC LIMIT %(limit)s
"""


def of_resident(conn: Conn, resident_id: UUID, before: int | None, limit: int) -> list[OfFamily]:
    """The lines about this resident, the newest first, those before number `before`."""
    terms = {"resident": resident_id, "before": before, "limit": limit}
    return conn.cursor(row_factory=class_row(OfFamily)).execute(OF_RESIDENT, terms, prepare=False).fetchall()


KEPT_FROM = "SELECT set_config('ankang.audit_kept_from', %s, true)"
FORGET = "DELETE FROM audit WHERE at < %s"


def forget(conn: Conn, before: datetime) -> int:
    """Delete the lines of before then, and write down that they are gone; returns how many.

    The database refuses where any of them is younger than six months.
    """
    conn.execute(KEPT_FROM, (before.isoformat(),))
    gone = conn.execute(FORGET, (before,)).rowcount
    if gone:
        note(conn, None, "forget audit", subject=f"{before:%Y-%m-%d}", reason=str(gone), by_user="ankang maintain")
    return gone
