"""Recording visits, with what proves that somebody was there; whoever was seen is well, and their task is done."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from care.visits import BUTTON_WITHIN, Place, Proof, VisitKind, best_proof, counts
from records.database import Conn
from records.ids import new_id
from records.living.life import Asked
from records.rounds import checkins

OLDEST = timedelta(days=7)
"""A visit is recorded within a week (an assumption)."""


@dataclass(frozen=True, slots=True)
class Visited:
    """A visit as it is reported; `code`: what was read from the home's code, `place`: where the telephone was."""

    kind: VisitKind
    at: datetime
    reached: bool
    code: str | None = None
    place: Place | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of it: whether it counts, and by which proof."""

    id: UUID
    proof: Proof | None
    counts: bool


PROOFS = """
    SELECT EXISTS (SELECT FROM event e
                     JOIN binding b ON b.device_id = e.device_id AND b.valid_from <= e.time
                                   AND (b.valid_to IS NULL OR b.valid_to > e.time)
                     JOIN resident there ON there.id = b.resident_id AND there.home_id = r.home_id
                    WHERE (e.name = 'check_in'
                           OR e.name IN ('sos', 'pull_cord') AND e.data->>'test' = 'true') -- no call for help
                      AND e.time BETWEEN %(at)s - %(within)s AND %(at)s + %(within)s),
           p.code_sha256 = %(code)s, p.latitude, p.longitude
      FROM resident r
      LEFT JOIN home_proof p ON p.home_id = r.home_id
     WHERE r.id = %(resident)s
"""
ADD = """
    INSERT INTO visit (id, resident_id, kind, at, reached, proof, counts, note, account_id, recorded_at)
    VALUES (%(id)s, %(resident)s, %(kind)s, %(at)s, %(reached)s, %(proof)s, %(counts)s, %(note)s, %(by)s, %(now)s)
"""
TASKS_DONE = """
    UPDATE visit_task SET state = 'done', visit_id = %(id)s, settled_at = %(now)s
     WHERE resident_id = %(resident)s AND state = 'open' AND asked_at <= %(at)s
"""


def record(conn: Conn, resident_id: UUID, visit: Visited, by: UUID, now: datetime) -> Recorded:
    """Keep this visit; one that counts does the resident's open visit tasks, and meets the open check-in.

    Raises ValueError, naming the field and the fix, for a time that can't be.
    """
    if not now - OLDEST <= visit.at <= now + timedelta(minutes=5):
        raise ValueError("at: within the last seven days, and not in the future")
    proof = _proof(conn, resident_id, visit)
    valid = counts(visit.kind, reached=visit.reached, proof=proof)
    terms = {
        "id": new_id(), "resident": resident_id, "kind": visit.kind, "at": visit.at, "reached": visit.reached,
        "proof": proof, "counts": valid, "note": visit.note, "by": by, "now": now,
    }  # fmt: skip
    conn.execute(ADD, terms)
    if valid:
        conn.execute(TASKS_DONE, terms)
        checkins.judge_now(conn, resident_id, visit.at, now)
    return Recorded(UUID(str(terms["id"])), proof, valid)


def _proof(conn: Conn, resident_id: UUID, visit: Visited) -> Proof | None:
    code = hashlib.sha256(visit.code.encode()).digest() if visit.code else None
    terms = {"resident": resident_id, "at": visit.at, "within": BUTTON_WITHIN, "code": code}
    row = conn.execute(PROOFS, terms).fetchone()
    if row is None or visit.kind is not VisitKind.DOOR:
        return None
    home = Place(row[2], row[3]) if row[2] is not None else None
    return best_proof(button=row[0], code=bool(row[1]), visitor=visit.place, home=home)


WITHIN = """
    SELECT DISTINCT ON (asked.key) asked.key, v.id, v.kind, v.at, v.proof
      FROM unnest(%(keys)b::uuid[], %(residents)b::uuid[], %(since)b::timestamptz[], %(until)b::timestamptz[])
           AS asked (key, resident_id, since, until)
      JOIN visit v ON v.resident_id = asked.resident_id AND v.counts AND v.at >= asked.since AND v.at <= asked.until
     ORDER BY asked.key, v.at DESC
"""


def within(conn: Conn, asked: Iterable[Asked]) -> dict[UUID, dict[str, Any]]:
    """The latest visit that counts for each question that has one, as evidence."""
    questions = list(asked)
    terms = {
        "keys": [one.key for one in questions], "residents": [one.resident_id for one in questions],
        "since": [one.since for one in questions], "until": [one.until for one in questions],
    }  # fmt: skip
    return {
        key: {"by": f"visit_{kind}", "time": at.isoformat(), "visit": str(visit), "proof": proof}
        for key, visit, kind, at, proof in conn.execute(WITHIN, terms)
    }
