"""Somebody of the care circle says that all is well: kept with who said so, and held against the check-ins."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from records.database import Conn
from records.ids import new_id
from records.living.life import Asked
from records.rounds import checkins

OLDEST = timedelta(hours=24)
"""What is longer ago says nothing of today (an assumption)."""

ADD = """
    INSERT INTO confirmation (id, resident_id, at, account_id, contact_id, note, recorded_at)
    VALUES (%(id)s, %(resident)s, %(at)s, %(by)s, %(contact)s, %(note)s, %(now)s)
"""


def confirm(
    conn: Conn,
    resident_id: UUID,
    at: datetime,
    by: UUID | None,
    now: datetime,
    note: str = "",
    *,
    contact_id: UUID | None = None,
) -> UUID:
    """This account, or this contact, spoke with the resident, or saw them, at this time; what was open then is judged
    at once.

    Raises ValueError, naming the field and the fix, for a time that says nothing.
    """
    if not now - OLDEST <= at <= now + timedelta(minutes=5):
        raise ValueError("at: within the last 24 hours, and not in the future")
    confirmation_id = new_id()
    terms = {
        "id": confirmation_id, "resident": resident_id, "at": at, "by": by, "contact": contact_id,
        "note": note, "now": now,
    }  # fmt: skip
    conn.execute(ADD, terms)
    checkins.judge_now(conn, resident_id, at, now)
    return confirmation_id


WITHIN = """
    SELECT DISTINCT ON (asked.key) asked.key, c.id, c.at, coalesce(account.username, nullif(contact.relation, ''), ''),
           coalesce(account.role, 'family')
      FROM unnest(%(keys)b::uuid[], %(residents)b::uuid[], %(since)b::timestamptz[], %(until)b::timestamptz[])
           AS asked (key, resident_id, since, until)
      JOIN confirmation c ON c.resident_id = asked.resident_id AND c.at >= asked.since AND c.at <= asked.until
      LEFT JOIN account ON account.id = c.account_id
      LEFT JOIN contact ON contact.id = c.contact_id
     ORDER BY asked.key, c.at DESC
"""


def within(conn: Conn, asked: Iterable[Asked]) -> dict[UUID, dict[str, Any]]:
    """The latest confirmation for each question that has one, as evidence."""
    questions = list(asked)
    terms = {
        "keys": [one.key for one in questions], "residents": [one.resident_id for one in questions],
        "since": [one.since for one in questions], "until": [one.until for one in questions],
    }  # fmt: skip
    return {
        key: {"by": "care_circle", "time": at.isoformat(), "confirmation": str(id_), "who": who, "role": role}
        for key, id_, at, who, role in conn.execute(WITHIN, terms)
    }
