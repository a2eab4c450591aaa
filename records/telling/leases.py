"""How deliveries are sent: claimed with a lease, sent outside of any transaction, and what came of it written down.

Whoever locks both a notice and its deliveries locks the notice first.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from care.notices import Channel, State, back_off
from care.rules import Priority
from records.database import Conn

LEASE = timedelta(seconds=90)
"""How long a sender has for one delivery; longer than any channel waits. Then another takes it for lost."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One delivery to be sent now, with what there is to tell; its lease ends LEASE after it was claimed."""

    id: int
    notice_id: UUID
    about: str
    channel: Channel
    address: str = field(repr=False)
    number: int
    """By which the address is known."""
    secret: str = field(repr=False)
    """With which a webhook is signed; empty: with the installation's."""
    language: str
    vital_signs: bool
    """The resident has consented that vital signs go by this channel to this person."""
    tries: int
    """This one included."""
    canary_id: UUID | None
    alert_id: UUID | None
    rule: str | None
    alert_class: str | None
    priority: Priority
    drill: bool
    delayed: bool
    happened_at: datetime | None
    outcome: str | None
    evidence: dict[str, Any] = field(repr=False)
    resident_name: str | None = field(repr=False)
    service: str | None
    """What was ordered, where it is about an order."""
    recipient: str
    """As care.notices.Recipient."""
    resident_id: UUID | None
    where: str | None
    """The community, or the area that it is about; never the address."""


# The lease is the delivery's own due_at: whoever dies with it gives it back by doing nothing. Vital signs are for the
# resident's own contacts and family, by the channels to which the resident consents as it is sent.
CLAIM = """
    WITH mine AS (
        SELECT id FROM delivery
         WHERE channel = %(channel)s AND due_at <= %(now)s
         ORDER BY urgent DESC, due_at LIMIT %(limit)s
           FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE delivery SET state = 'sending', tries = tries + 1, due_at = %(until)s
          FROM mine WHERE delivery.id = mine.id
     RETURNING delivery.*
    )
    SELECT c.id, c.notice_id, n.about, c.channel, c.address, c.number, coalesce(way.secret, ''), c.language,
           EXISTS (SELECT FROM consent
                    WHERE consent.resident_id = a.resident_id AND consent.channel = c.channel
                      AND consent.purpose = 'vital_signs'
                      AND given_at <= %(now)s AND coalesce(withdrawn_at, 'infinity') > %(now)s)
           AND (EXISTS (SELECT FROM contact
                         WHERE contact.resident_id = a.resident_id AND n.recipient = 'contact:' || contact.id)
                OR EXISTS (SELECT FROM account_resident f JOIN account ON account.id = f.account_id
                            WHERE f.resident_id = a.resident_id AND account.role = 'family'
                              AND n.recipient = 'account:' || account.id)) AS vital_signs,
           c.tries, n.canary_id, a.id, a.rule, a.class, n.priority, coalesce(a.drill, false),
           coalesce(a.delayed, false), coalesce(a.happened_at, k.closes_at, o.wished_from), a.outcome,
           coalesce(a.evidence, '{}'), r.name, o.service, n.recipient, r.id, area.name
      FROM claimed c
      JOIN notice n ON n.id = c.notice_id
      LEFT JOIN reach way ON way.id = c.number
      LEFT JOIN alert a ON a.id = n.alert_id
      LEFT JOIN check_in k ON k.id = n.check_in_id
      LEFT JOIN service_order o ON o.id = n.order_id
      LEFT JOIN resident r ON r.id = coalesce(a.resident_id, k.resident_id, o.resident_id)
      LEFT JOIN home h ON h.id = coalesce(a.home_id, r.home_id)
      LEFT JOIN area ON area.id = coalesce(a.area_id, h.area_id)
     ORDER BY c.urgent DESC, c.id
"""


def claim(conn: Conn, channel: Channel, now: datetime, limit: int = 1) -> list[Claimed]:
    """Deliveries by this channel whose time has come, the urgent first; ours until their lease ends."""
    rows = conn.execute(CLAIM, {"channel": channel, "now": now, "limit": limit, "until": now + LEASE})
    return [_claimed(list(row)) for row in rows]


def _claimed(row: list[Any]) -> Claimed:
    row[3], row[14] = Channel(row[3]), Priority(row[14])
    return Claimed(*row)


LOCK_NOTICE = "SELECT FROM notice WHERE id = %s FOR UPDATE"
# A receipt may be here before its message is written down as sent.
SENT = """
    UPDATE delivery
       SET state = CASE WHEN state IN ('sending', 'queued') THEN 'sent' ELSE state END,
           why = CASE WHEN state IN ('sending', 'queued') THEN '' ELSE why END, due_at = NULL,
           provider = %(provider)s, provider_ref = %(ref)s, sent_at = %(now)s, receipt_due_at = %(ask_at)s
     WHERE id = %(id)s
"""
NOTICE_SENT = """
    UPDATE notice SET state = CASE WHEN state IN ('delivered', 'read') THEN state ELSE 'sent' END, due_at = %(now)s
     WHERE id = %(id)s
"""


def sent(conn: Conn, one: Claimed, provider: str, ref: str, now: datetime, ask_at: datetime | None = None) -> None:
    """The provider has taken it; `ref` is what the provider calls it, `ask_at` when to ask what became of it."""
    conn.execute(LOCK_NOTICE, (one.notice_id,))
    conn.execute(SENT, {"id": one.id, "provider": provider, "ref": ref[:200], "now": now, "ask_at": ask_at})
    conn.execute(NOTICE_SENT, {"id": one.notice_id, "now": now})


FAILED = """
    UPDATE delivery SET state = %(state)s, why = %(why)s, due_at = %(due)s, provider = %(provider)s
     WHERE id = %(id)s AND state = 'sending'
"""
NOTICE_DUE = "UPDATE notice SET due_at = %(now)s WHERE id = %(id)s"


def not_sent(conn: Conn, one: Claimed, provider: str, why: str, now: datetime, *, again: bool) -> None:
    """It could not be sent: it is tried again after a while, or never; `why` in words without names or addresses."""
    conn.execute(LOCK_NOTICE, (one.notice_id,))
    state, due = (State.QUEUED, now + back_off(one.tries)) if again else (State.FAILED, None)
    conn.execute(FAILED, {"id": one.id, "state": state, "why": why[:200], "due": due, "provider": provider})
    conn.execute(NOTICE_DUE, {"id": one.notice_id, "now": now})
