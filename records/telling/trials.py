"""Trying an address before it is needed: a message that says so, to that address alone."""

from datetime import datetime, timedelta
from typing import Any

from care.notices import Purpose, Recipient, RecipientKind
from records.database import Conn
from records.ids import new_id

APART = timedelta(minutes=1)
"""So soon after a trial the same address is not tried again (an assumption: nobody is to be flooded by a button)."""

# Two who try the same address at once wait for one another, and the second is refused.
LOCK = """
    SELECT EXISTS (SELECT FROM notice WHERE reach_id = reach.id AND made_at > %(since)s)
      FROM reach
     WHERE id = %(reach)s AND (account_id = %(account)s OR contact_id = %(contact)s)
       FOR UPDATE
"""
PUT = """
    INSERT INTO notice (id, reach_id, about, recipient, priority, made_at, due_at)
    VALUES (%(id)s, %(reach)s, %(about)s, %(recipient)s, 'medium', %(now)s, %(now)s)
"""


def put(conn: Conn, of: Recipient, reach_id: int, now: datetime) -> bool:
    """Have a trial sent to this address of an account or contact; False where they have no such address.

    Raises ValueError where it was tried within the last minute.
    """
    notice_id = new_id()
    terms: dict[str, Any] = {
        "id": notice_id, "reach": reach_id, "about": f"{Purpose.TRIAL}:{notice_id}", "recipient": str(of), "now": now,
        "since": now - APART,
        "account": of.id if of.kind is RecipientKind.ACCOUNT else None,
        "contact": of.id if of.kind is RecipientKind.CONTACT else None,
    }  # fmt: skip
    row = conn.execute(LOCK, terms).fetchone()
    if row is None:
        return False
    if row[0]:
        raise ValueError("address: it was tried a moment ago; wait a minute")
    conn.execute(PUT, terms)
    return True
