"""Exports of a person: rows that a worker claims, with how far it has got, and the file in pieces."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from records.database import Conn, Database
from records.ids import new_id

LEASE = timedelta(minutes=5)
"""A worker that has said nothing for so long is gone: another one begins anew (an assumption)."""
KEPT_FOR = timedelta(days=7)
"""A file that nobody fetches does not lie around (an assumption)."""
PIECE = 1024 * 1024

ASK = """
    INSERT INTO export_wish (id, resident_id, asked_by, asked_at, due_at)
    SELECT %(id)s, %(resident)s, %(by)s, %(now)s, %(now)s
     WHERE NOT EXISTS (SELECT FROM export_wish WHERE resident_id = %(resident)s AND due_at IS NOT NULL)
"""


def ask(conn: Conn, resident_id: UUID, by: UUID | None, now: datetime) -> bool:
    """Have all of this resident written out; False where that is under way."""
    terms = {"id": new_id(), "resident": resident_id, "by": by, "now": now}
    return conn.execute(ASK, terms).rowcount == 1


CLAIM = """
    UPDATE export_wish SET due_at = %(again)s, parts = NULL, done = 0, bytes = 0
     WHERE id = (SELECT id FROM export_wish WHERE due_at <= %(now)s ORDER BY asked_at LIMIT 1 FOR UPDATE SKIP LOCKED)
 RETURNING id, resident_id
"""
CLEAR = "DELETE FROM export_piece WHERE wish_id = %s"


@dataclass(frozen=True, slots=True)
class Wish:
    """One that a worker has claimed."""

    id: UUID
    resident_id: UUID


def claim(conn: Conn, now: datetime) -> Wish | None:
    """The one that has waited longest, ours until the lease ends, with nothing written of it; None where none waits."""
    found = conn.cursor(row_factory=class_row(Wish)).execute(CLAIM, {"now": now, "again": now + LEASE}).fetchone()
    if found:
        conn.execute(CLEAR, (found.id,))
    return found


TELL = """
    UPDATE export_wish SET done = %(done)s, parts = %(parts)s, due_at = %(again)s
     WHERE id = %(id)s AND due_at IS NOT NULL
"""


def tell(conn: Conn, wish: UUID, done: int, parts: int, now: datetime) -> None:
    """So many of so many parts are written."""
    conn.execute(TELL, {"id": wish, "done": done, "parts": parts, "again": now + LEASE})


PUT = "INSERT INTO export_piece (wish_id, number, content) VALUES (%s, %s, %s)"


def put(conn: Conn, wish: UUID, number: int, content: bytes) -> None:
    """The next piece of the file."""
    conn.execute(PUT, (wish, number, content))


END = """
    UPDATE export_wish SET due_at = NULL, ended_at = %(now)s, problem = %(problem)s,
           bytes = (SELECT coalesce(sum(length(content)), 0) FROM export_piece WHERE wish_id = %(id)s)
     WHERE id = %(id)s
"""


def end(conn: Conn, wish: UUID, now: datetime, problem: str | None = None) -> None:
    """It is whole, or can't be made."""
    conn.execute(END, {"id": wish, "now": now, "problem": problem})


FORGET = "DELETE FROM export_wish WHERE ended_at < %s"


def forget_old(conn: Conn, now: datetime) -> int:
    """Delete the files that were kept long enough; returns how many."""
    return conn.execute(FORGET, (now - KEPT_FOR,)).rowcount


@dataclass(frozen=True, slots=True)
class Export:
    """How far an export has got; `bytes` once it is whole."""

    id: UUID
    asked_by: str | None
    asked_at: datetime
    parts: int | None
    done: int
    bytes: int
    ended_at: datetime | None
    problem: str | None


VIEW = """
    SELECT w.id, account.username AS asked_by, w.asked_at, w.parts, w.done, w.bytes, w.ended_at, w.problem
      FROM export_wish w LEFT JOIN account ON account.id = w.asked_by
     WHERE w.resident_id = %s ORDER BY w.asked_at DESC LIMIT 5
"""


def of_resident(conn: Conn, resident_id: UUID) -> list[Export]:
    """The latest of this resident."""
    return conn.cursor(row_factory=class_row(Export)).execute(VIEW, (resident_id,)).fetchall()


WHOLE = """
    SELECT EXISTS (SELECT FROM export_wish
                    WHERE id = %s AND resident_id = %s AND ended_at IS NOT NULL AND problem IS NULL)
"""
PIECE_OF = "SELECT content FROM export_piece WHERE wish_id = %s AND number = %s"


def is_whole(conn: Conn, wish: UUID, resident_id: UUID) -> bool:
    """Whether there is such a file of this resident, ready to be fetched."""
    row = conn.execute(WHOLE, (wish, resident_id)).fetchone()
    return bool(row and row[0])


def pieces(database: Database, wish: UUID) -> Iterator[bytes]:
    """The file, piece by piece, each read when the one before it is gone."""
    number = 0
    while True:
        with database.transaction() as conn:
            row = conn.execute(PIECE_OF, (wish, number)).fetchone()
        if row is None:
            return
        yield row[0]
        number += 1
