"""Deletions of a person: one asks, another one confirms, a worker does it; what stays says no more who it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from psycopg.rows import TupleRow, class_row
from psycopg.types.json import Jsonb

from records.database import Conn
from records.ids import new_id
from records.scope import Scope

LEASE = timedelta(minutes=10)
"""A worker that has said nothing for so long is gone: another one goes on (an assumption)."""


class DeletedFor(StrEnum):
    """DeletedFor somebody is deleted; in words it could say who it was."""

    WISH = "wish"
    DEATH = "death"
    MOVED_AWAY = "moved_away"
    ENTERED_BY_MISTAKE = "entered_by_mistake"


@dataclass(frozen=True, slots=True)
class By:
    """Who asks or confirms: an account, or a user of the machine."""

    account_id: UUID | None = None
    user: str = ""


class Impossible(Exception):
    """It can't be done so; `field` and the words say what is to be changed."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


OPEN_ALERTS = "SELECT count(*) FROM alert WHERE resident_id = %s AND phase <> 'closed'"


def open_alerts(conn: Conn, resident_id: UUID) -> int:
    """How many alerts of this resident are open: they are closed before anything is deleted."""
    row = conn.execute(OPEN_ALERTS, (resident_id,)).fetchone()
    return int(row[0]) if row else 0


ASK = """
    INSERT INTO deletion (id, resident_id, area_id, why, asked_by, asked_user, asked_at)
    SELECT %(id)s, r.id, h.area_id, %(why)s, %(by)s, %(user)s, %(now)s
      FROM resident r JOIN home h ON h.id = r.home_id WHERE r.id = %(resident)s
    ON CONFLICT DO NOTHING
"""


def ask(conn: Conn, resident_id: UUID, why: DeletedFor, by: By, now: datetime) -> UUID:
    """Ask that everything of this resident be deleted; Impossible where somebody has asked already."""
    made = new_id()
    terms = {"id": made, "resident": resident_id, "why": why, "by": by.account_id, "user": by.user, "now": now}
    if conn.execute(ASK, terms).rowcount != 1:
        raise Impossible("deletion", "deletion: somebody has asked for it already")
    return made


LOCK = """
    SELECT resident_id, asked_by, asked_user FROM deletion
     WHERE id = %s AND confirmed_at IS NULL AND refused_at IS NULL FOR UPDATE
"""
CONFIRM = """
    UPDATE deletion SET confirmed_by = %(by)s, confirmed_user = %(user)s, confirmed_at = %(now)s, due_at = %(now)s
     WHERE id = %(id)s
"""


def confirm(conn: Conn, deletion_id: UUID, by: By, now: datetime) -> bool:
    """A second person confirms; from now on it is done. False where there is none that waits."""
    row = conn.execute(LOCK, (deletion_id,)).fetchone()
    if row is None:
        return False
    if (row[1], row[2]) == (by.account_id, by.user):
        raise Impossible("confirmed_by", "confirmed_by: whoever asked for it does not confirm it; ask a second person")
    if count := open_alerts(conn, row[0]):
        raise Impossible("open_alerts", f"open_alerts: close the {count} open alerts of this resident first")
    conn.execute(CONFIRM, {"id": deletion_id, "by": by.account_id, "user": by.user, "now": now})
    return True


REFUSE = "UPDATE deletion SET refused_by = %(by)s, refused_at = %(now)s WHERE id = %(id)s"


def refuse(conn: Conn, deletion_id: UUID, by: By, now: datetime) -> bool:
    """It is not done: whoever asked takes it back, or the second person does not agree. False: none waits."""
    if conn.execute(LOCK, (deletion_id,)).fetchone() is None:
        return False
    conn.execute(REFUSE, {"id": deletion_id, "by": by.account_id, "now": now})
    return True


@dataclass(frozen=True, slots=True)
class Due:
    """One that is confirmed, as a worker has it."""

    id: UUID
    resident_id: UUID


CLAIM = """
    UPDATE deletion SET due_at = %(again)s
     WHERE id = (SELECT id FROM deletion WHERE due_at <= %(now)s ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
 RETURNING id, resident_id
"""


def claim(conn: Conn, now: datetime) -> Due | None:
    """The one that has waited longest, ours until the lease ends; None where none waits."""
    return conn.cursor(row_factory=class_row(Due)).execute(CLAIM, {"now": now, "again": now + LEASE}).fetchone()


TELL = """
    UPDATE deletion SET due_at = %(again)s,
           counts = coalesce(counts, '{}') || (
               SELECT coalesce(jsonb_object_agg(name, value::bigint + coalesce((counts ->> name)::bigint, 0)), '{}')
                 FROM jsonb_each_text(%(more)s::jsonb) AS more (name, value))
     WHERE id = %(id)s
"""


def tell(conn: Conn, deletion_id: UUID, more: Mapping[str, int], now: datetime) -> None:
    """So many rows more have been deleted; the lease begins anew."""
    conn.execute(TELL, {"id": deletion_id, "more": Jsonb(dict(more)), "again": now + LEASE})


END = "UPDATE deletion SET due_at = NULL, ended_at = %(now)s, resident_id = NULL, problem = NULL WHERE id = %(id)s"


def end(conn: Conn, deletion_id: UUID, now: datetime) -> None:
    """It is done."""
    conn.execute(END, {"id": deletion_id, "now": now})


WAIT = "UPDATE deletion SET problem = %(problem)s, due_at = %(again)s WHERE id = %(id)s"


def wait(conn: Conn, deletion_id: UUID, problem: str, again: datetime) -> None:
    """It can't be done just now, for a reason that is one word; it is tried again then."""
    conn.execute(WAIT, {"id": deletion_id, "problem": problem, "again": again})


@dataclass(frozen=True, slots=True)
class Deletion:
    """A deletion as people see it; once it is done `resident_id` is None, and `counts` is the report."""

    id: UUID
    resident_id: UUID | None
    resident: str | None
    area: str | None
    why: DeletedFor
    asked_by: str | None
    asked_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    refused_by: str | None
    refused_at: datetime | None
    ended_at: datetime | None
    problem: str | None
    counts: dict[str, int] | None


VIEW = """
    SELECT d.id, d.resident_id, r.name AS resident, area.name AS area, d.why,
           coalesce(asker.username, d.asked_user) AS asked_by, d.asked_at,
           coalesce(confirmer.username, nullif(d.confirmed_user, '')) AS confirmed_by, d.confirmed_at,
           refuser.username AS refused_by, d.refused_at, d.ended_at, d.problem, d.counts
      FROM deletion d
      LEFT JOIN resident r ON r.id = d.resident_id
      LEFT JOIN area ON area.id = d.area_id
      LEFT JOIN account asker ON asker.id = d.asked_by
      LEFT JOIN account confirmer ON confirmer.id = d.confirmed_by
      LEFT JOIN account refuser ON refuser.id = d.refused_by
"""
LISTED = (
    VIEW
    + """
     WHERE %(vendor)s::text IS NULL AND %(residents)s::uuid[] IS NULL
       AND (%(areas)s::integer[] IS NULL OR d.area_id = ANY (%(areas)s::integer[]))
     ORDER BY d.ended_at IS NOT NULL OR d.refused_at IS NOT NULL, d.asked_at DESC LIMIT %(limit)s
"""
)
OF_RESIDENT = VIEW + " WHERE d.resident_id = %s ORDER BY d.asked_at DESC LIMIT 1"
ONE = VIEW + " WHERE d.id = %s"


def listed(conn: Conn, scope: Scope, limit: int = 100) -> list[Deletion]:
    """Those that wait, then those that are over, the newest first."""
    return [_deletion(row) for row in conn.execute(LISTED, scope.terms() | {"limit": limit})]


def of_resident(conn: Conn, resident_id: UUID) -> Deletion | None:
    """The latest of this resident."""
    row = conn.execute(OF_RESIDENT, (resident_id,)).fetchone()
    return _deletion(row) if row else None


def one(conn: Conn, deletion_id: UUID) -> Deletion | None:
    """This one."""
    row = conn.execute(ONE, (deletion_id,)).fetchone()
    return _deletion(row) if row else None


def _deletion(row: TupleRow) -> Deletion:
    return Deletion(row[0], row[1], row[2], row[3], DeletedFor(row[4]), *row[5:])
