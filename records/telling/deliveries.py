"""What is decided about notices: which are due, which address comes next, and what is withdrawn. Sending: leases.py.

Whoever locks both a notice and its deliveries locks the notice first.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from care.notices import Address, Attempt, Purpose, Recipient, State, purpose_of
from care.rules import Priority
from records.database import Conn


@dataclass(frozen=True, slots=True)
class Due:
    """A notice about which something has to be decided; ours alone until the transaction ends."""

    id: UUID
    alert_id: UUID | None
    to: Recipient
    about: str
    priority: Priority
    phase: str | None
    """Of the alert."""
    area_id: int | None
    """Where the alert's home is, or what area it is about."""
    passed_on: bool
    """Another has been told instead."""
    reach_id: int | None
    """The only address that it is for: a trial."""

    @property
    def purpose(self) -> Purpose:
        """What it is about."""
        return purpose_of(self.about)


# Another worker passes over what is locked here. Whose check-in is done need not be asked, nobody is asked to go where
# somebody else goes already, and of an order nobody hears how it stood before.
CLAIM_NOTICES = """
    SELECT n.id, n.alert_id, n.recipient, n.about, n.priority,
           CASE WHEN k.state IN ('done', 'excused') AND n.about NOT LIKE 'found:%%' THEN 'closed'
                WHEN n.about LIKE 'offer:%%' AND NOT EXISTS
                     (SELECT FROM responder_offer o
                       WHERE o.alert_id = n.alert_id AND 'account:' || o.account_id = n.recipient AND o.state = 'open')
                THEN 'closed'
                WHEN n.about LIKE 'order:accepted:%%' AND o.state NOT IN ('accepted', 'under_way') THEN 'closed'
                ELSE a.phase END,
           coalesce(a.area_id, h.area_id), n.passed_on, n.reach_id
      FROM notice n
      LEFT JOIN alert a ON a.id = n.alert_id
      LEFT JOIN home h ON h.id = a.home_id
      LEFT JOIN check_in k ON k.id = n.check_in_id
      LEFT JOIN service_order o ON o.id = n.order_id
     WHERE n.due_at <= %(now)s
     ORDER BY n.due_at LIMIT %(limit)s
       FOR UPDATE OF n SKIP LOCKED
"""


def claim_notices(conn: Conn, now: datetime, limit: int) -> list[Due]:
    """The notices whose time has come; ours alone until the transaction ends."""
    rows = conn.execute(CLAIM_NOTICES, {"now": now, "limit": limit})
    return [Due(row[0], row[1], Recipient.read(row[2]), row[3], Priority(row[4]), *row[5:9]) for row in rows]


ATTEMPTS = "SELECT number, state, tries, made_at FROM delivery WHERE notice_id = %s ORDER BY number"


def attempts(conn: Conn, notice_id: UUID) -> list[Attempt]:
    """How far each address of this notice has got."""
    return [Attempt(row[0], State(row[1]), row[2], row[3]) for row in conn.execute(ATTEMPTS, (notice_id,))]


START = """
    INSERT INTO delivery (notice_id, number, channel, address, language, urgent, made_at, due_at)
    VALUES (%(notice)s, %(number)s, %(channel)s, %(address)s, %(language)s, %(urgent)s, %(now)s, %(now)s)
    ON CONFLICT DO NOTHING
"""


def start(conn: Conn, due: Due, by: Address, now: datetime) -> None:
    """Have this notice sent to this address."""
    terms = {
        "notice": due.id, "number": by.number, "channel": by.channel, "address": by.address, "language": by.language,
        "urgent": due.priority is Priority.HIGH, "now": now,
    }  # fmt: skip
    conn.execute(START, terms)


SETTLE = """
    UPDATE notice
       SET state = CASE WHEN state IN ('delivered', 'read') THEN state ELSE %(state)s END, why = %(why)s,
           due_at = %(due)s
     WHERE id = %(id)s
"""


def settle(conn: Conn, notice_id: UUID, state: State, why: str, due_at: datetime | None) -> None:
    """How far this notice has got, and when it is to be decided about again."""
    conn.execute(SETTLE, {"id": notice_id, "state": state, "why": why, "due": due_at})


PASSED_ON = "UPDATE notice SET passed_on = true WHERE id = %s"


def passed_on(conn: Conn, notice_id: UUID) -> None:
    """Another has been told instead, which happens once."""
    conn.execute(PASSED_ON, (notice_id,))


DROP = "UPDATE delivery SET state = 'dropped', due_at = NULL WHERE notice_id = %s AND state = 'queued'"


def drop(conn: Conn, notice_id: UUID) -> None:
    """What has not been sent of this notice need not be."""
    conn.execute(DROP, (notice_id,))


# Locked in the order of their ids, as everywhere.
LOCK_BEFORE = """
    SELECT FROM notice WHERE alert_id = %(alert)s AND recipient = %(to)s AND about NOT LIKE 'ended%%'
     ORDER BY id FOR UPDATE
"""
WITHDRAW = """
    UPDATE delivery SET state = 'dropped', due_at = NULL
      FROM notice n
     WHERE n.id = notice_id AND n.alert_id = %(alert)s AND n.recipient = %(to)s AND n.about NOT LIKE 'ended%%'
       AND delivery.state = 'queued'
"""
CLOSE_BEFORE = """
    UPDATE notice SET due_at = NULL, state = CASE state WHEN 'queued' THEN 'dropped' ELSE state END
     WHERE alert_id = %(alert)s AND recipient = %(to)s AND about NOT LIKE 'ended%%'
       AND NOT EXISTS (SELECT FROM delivery WHERE notice_id = notice.id AND state = 'sending')
"""
BEFORE = """
    SELECT coalesce(bool_or(d.state IN ('sent', 'delivered', 'read')), false),
           coalesce(bool_or(d.state = 'sending'), false)
      FROM notice n JOIN delivery d ON d.notice_id = n.id
     WHERE n.alert_id = %(alert)s AND n.recipient = %(to)s AND n.about NOT LIKE 'ended%%'
"""


def told_before(conn: Conn, ended: Due) -> bool | None:
    """Whether this recipient was told of the alert that has ended; None while something of it is being sent to them.

    What was not sent of it yet is withdrawn: nobody is told that it began after they were told that it is over. That
    holds for each of their addresses, and where a sender died: what it had in hand is sent once more before the end.
    """
    terms = {"alert": ended.alert_id, "to": str(ended.to)}
    for statement in (LOCK_BEFORE, WITHDRAW, CLOSE_BEFORE):
        conn.execute(statement, terms)
    row = conn.execute(BEFORE, terms).fetchone()
    told, sending = row if row else (False, False)
    return None if sending else bool(told)


NEXT_DUE = """
    SELECT least((SELECT min(due_at) FROM notice WHERE due_at IS NOT NULL),
                 (SELECT min(due_at) FROM delivery WHERE due_at IS NOT NULL))
"""


def next_due(conn: Conn) -> datetime | None:
    """When the next thing about any notice is due; None where nothing waits."""
    row = conn.execute(NEXT_DUE).fetchone()
    return row[0] if row else None
