"""Who saw or changed what of whom: written with every request, only ever added to (the database refuses the rest)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from records.database import Conn

NOTE = "INSERT INTO audit (account_id, action, resident_id, subject, reason) VALUES (%s, %s, %s, %s, %s)"


def note(
    conn: Conn, account_id: UUID, action: str, *, resident_id: UUID | None = None, subject: str = "", reason: str = ""
) -> None:
    """This account did that, to this resident or to `subject`, an id."""
    conn.execute(NOTE, (account_id, action, resident_id, subject[:200], reason))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log."""

    id: int
    at: datetime
    username: str | None
    action: str
    resident_id: UUID | None
    subject: str
    reason: str


ENTRIES = """
    SELECT l.id, l.at, a.username, l.action, l.resident_id, l.subject, l.reason
      FROM audit l
      LEFT JOIN account a ON a.id = l.account_id
     WHERE (%(resident)s::uuid IS NULL OR l.resident_id = %(resident)s)
       AND (%(username)s::text IS NULL OR a.username = %(username)s)
       AND (%(before)s::bigint IS NULL OR l.id < %(before)s)
       AND (%(areas)s::integer[] IS NULL OR EXISTS (
            SELECT FROM resident r JOIN home h ON h.id = r.home_id
             WHERE r.id = l.resident_id AND h.area_id = ANY (%(areas)s::integer[])))
     ORDER BY l.id DESC
     LIMIT %(limit)s
"""


def entries(
    conn: Conn, scope_terms: dict[str, object], resident_id: UUID | None, username: str | None, before: int | None,
    limit: int,
) -> list[Entry]:  # fmt: skip
    """The newest lines before number `before`; with an area only those about its residents."""
    terms = scope_terms | {"resident": resident_id, "username": username, "before": before, "limit": limit}
    return conn.cursor(row_factory=class_row(Entry)).execute(ENTRIES, terms).fetchall()
