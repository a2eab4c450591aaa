"""What became of messages that a provider has taken: asked for when it is due, or told by the provider itself."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from care.notices import Channel, Recipient, State
from care.receipts import Receipt, next_ask
from records.database import Conn


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A delivery of which the provider is to be asked what became of it."""

    id: int
    provider: str
    ref: str
    address: str = field(repr=False)
    sent_at: datetime
    asks: int
    """How often it was asked before."""


# Put off at once: whoever dies while asking has it asked again then, and no other worker asks meanwhile.
CLAIM = """
    WITH mine AS (
        SELECT id FROM delivery
         WHERE channel = %(channel)s AND receipt_due_at <= %(now)s
         ORDER BY receipt_due_at LIMIT 1
           FOR UPDATE SKIP LOCKED
    )
    UPDATE delivery SET receipt_asks = receipt_asks + 1, receipt_due_at = NULL
      FROM mine WHERE delivery.id = mine.id
 RETURNING delivery.id, provider, provider_ref AS ref, address, sent_at, receipt_asks - 1 AS asks
"""
PUT_OFF = "UPDATE delivery SET receipt_due_at = %(at)s WHERE id = %(id)s"


def claim(conn: Conn, channel: Channel, now: datetime) -> Unsettled | None:
    """The delivery by this channel whose receipt has been due longest; it is due again unless a receipt settles it."""
    found = conn.cursor(row_factory=class_row(Unsettled)).execute(CLAIM, {"channel": channel, "now": now}).fetchone()
    wait = next_ask(found.asks + 1) if found else None
    if found is not None and wait is not None:
        conn.execute(PUT_OFF, {"id": found.id, "at": now + wait})
    return found


LOCK = "SELECT n.id FROM notice n JOIN delivery d ON d.notice_id = n.id WHERE d.id = %s FOR UPDATE OF n"
# Late words lower nothing: what was read was delivered, and what arrived has not failed.
NOTE = """
    UPDATE delivery
       SET state = %(state)s, why = %(why)s, due_at = NULL, receipt_due_at = NULL,
           delivered_at = CASE WHEN %(state)s IN ('delivered', 'read') THEN coalesce(delivered_at, %(now)s)
                               ELSE delivered_at END,
           read_at = CASE WHEN %(state)s = 'read' THEN %(now)s ELSE read_at END
     WHERE id = %(id)s AND state = ANY (%(before)s)
"""
NOTICE = """
    UPDATE notice
       SET state = CASE WHEN state = 'read' OR %(state)s = 'failed' THEN state ELSE %(state)s END, due_at = %(now)s
     WHERE id = %(id)s
"""
_BEFORE = {
    State.FAILED: ("sending", "sent"),
    State.DELIVERED: ("sending", "sent", "failed"),
    State.READ: ("sending", "sent", "failed", "delivered"),
}


def note(conn: Conn, delivery_id: int, receipt: Receipt, now: datetime) -> bool:
    """The provider says what became of this delivery; where it has failed the next address is tried.

    False where there is no such delivery, or nothing new is said.
    """
    row = conn.execute(LOCK, (delivery_id,)).fetchone()
    before = _BEFORE.get(receipt.state)
    if row is None or before is None:
        return False
    terms = {
        "id": delivery_id, "state": receipt.state, "why": receipt.why[:200], "now": now, "before": list(before),
    }  # fmt: skip
    if conn.execute(NOTE, terms).rowcount == 0:
        return False
    notice_id: UUID = row[0]
    conn.execute(NOTICE, {"id": notice_id, "state": receipt.state, "now": now})
    return True


# The notices first: whoever locks both takes them in this order.
THEIRS = """
    SELECT n.id FROM notice n
     WHERE n.alert_id = %(alert)s AND n.recipient = %(recipient)s AND n.state IN ('sent', 'delivered')
     ORDER BY n.id FOR UPDATE
"""
OPENED = """
    UPDATE delivery SET state = 'read', delivered_at = coalesce(delivered_at, %(now)s), read_at = %(now)s,
                        due_at = NULL, receipt_due_at = NULL
     WHERE notice_id = ANY (%(notices)s) AND state IN ('sent', 'delivered')
"""
READ = "UPDATE notice SET state = 'read', due_at = %(now)s WHERE id = ANY (%(notices)s)"


def opened(conn: Conn, alert_id: UUID, recipient: Recipient, now: datetime) -> None:
    """This person has opened the link that a message of this alert carried: they need no second way."""
    terms = {"alert": alert_id, "recipient": str(recipient), "now": now}
    found = [row[0] for row in conn.execute(THEIRS, terms)]
    if found:
        conn.execute(OPENED, terms | {"notices": found})
        conn.execute(READ, terms | {"notices": found})
