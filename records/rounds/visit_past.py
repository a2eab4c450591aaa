"""The visits that were made: when, how, by whom, with what proof, and what was written down."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from care.visits import Proof, VisitKind
from records import cursor
from records.database import Conn


@dataclass(frozen=True, slots=True)
class PastVisit:
    """A visit as it was recorded; `by`: the user name of whoever made it."""

    id: UUID
    kind: VisitKind
    at: datetime
    reached: bool
    proof: Proof | None
    counts: bool
    by: str
    note: str = field(default="", repr=False)


OF_RESIDENT = """
    SELECT v.id, v.kind, v.at, v.reached, v.proof, v.counts, account.username AS by, v.note
      FROM visit v
      JOIN account ON account.id = v.account_id
     WHERE v.resident_id = %(resident)s
       AND (%(after)s::uuid IS NULL OR (v.at, v.id) < (SELECT at, id FROM visit WHERE id = %(after)s::uuid))
     ORDER BY v.at DESC, v.id DESC LIMIT %(limit)s
"""


def of_resident(
    conn: Conn, resident_id: UUID, limit: int, after: str | None = None
) -> tuple[list[PastVisit], str | None]:
    """A resident's visits, the newest first, and the cursor to go on with. Raises BadCursor."""
    terms = {"resident": resident_id, "after": cursor.read_id(after) if after else None, "limit": limit + 1}
    found = [_visit(*row) for row in conn.execute(OF_RESIDENT, terms)]
    return found[:limit], cursor.written(found[limit - 1].id) if len(found) > limit else None


def _visit(
    visit_id: UUID, kind: str, at: datetime, reached: bool, proof: str | None, counted: bool, by: str, note: str
) -> PastVisit:
    return PastVisit(visit_id, VisitKind(kind), at, reached, Proof(proof) if proof else None, counted, by, note)
