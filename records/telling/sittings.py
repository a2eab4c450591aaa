"""Who sits at which seat, and since when: begun with the test of the sound, ended with the shift."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from records.database import Conn
from records.ids import new_id
from records.scope import Scope


@dataclass(frozen=True, slots=True)
class Sitting:
    """Somebody at a seat; `area`: for which they work, None: everywhere."""

    username: str
    seat: str
    area: str | None
    started_at: datetime


VIEW = """
    SELECT account.username, s.seat, area.name AS area, s.started_at
      FROM sitting s
      JOIN account ON account.id = s.account_id
      LEFT JOIN area ON area.id = account.area_id
     WHERE s.ended_at IS NULL
"""
OWN = VIEW + " AND s.account_id = %s"
# Whoever has logged out, or was logged out, sits there no more, even if they did not say so.
ALL = (
    VIEW
    + """
       AND (%(areas)s::integer[] IS NULL OR account.area_id = ANY (%(areas)s::integer[]))
       AND EXISTS (SELECT FROM session WHERE session.account_id = s.account_id AND session.expires_at > %(now)s)
     ORDER BY s.seat, s.started_at
"""
)
BEGIN = "INSERT INTO sitting (id, account_id, seat, started_at) VALUES (%s, %s, %s, %s)"
END = "UPDATE sitting SET ended_at = greatest(started_at, %(now)s) WHERE account_id = %(account)s AND ended_at IS NULL"


def begin(conn: Conn, account_id: UUID, seat: str, now: datetime) -> Sitting:
    """From now on this account sits there, and no more where it sat before; the same seat again changes nothing."""
    before = own(conn, account_id)
    if before and before.seat == seat:
        return before
    end(conn, account_id, now)
    conn.execute(BEGIN, (new_id(), account_id, seat, now))
    found = own(conn, account_id)
    assert found is not None  # noqa: S101 - written in this transaction
    return found


def end(conn: Conn, account_id: UUID, now: datetime) -> bool:
    """They have got up; False where they sat nowhere."""
    return conn.execute(END, {"account": account_id, "now": now}).rowcount == 1


def own(conn: Conn, account_id: UUID) -> Sitting | None:
    """Where this account sits."""
    return conn.cursor(row_factory=class_row(Sitting)).execute(OWN, (account_id,)).fetchone()


def sitting(conn: Conn, scope: Scope, now: datetime) -> list[Sitting]:
    """Who of those who work in the scope sits where, by seat."""
    terms = {"areas": scope.terms()["areas"], "now": now}
    return conn.cursor(row_factory=class_row(Sitting)).execute(ALL, terms).fetchall()
