"""Neighbour partners: whom an alert is offered to, in parallel, and who was the first to accept."""

from datetime import datetime
from uuid import UUID

from records.database import Conn
from records.ids import new_id

PARTNERS = """
    SELECT partner.account_id
      FROM partner
      JOIN account ON account.id = partner.account_id AND NOT account.disabled
     WHERE partner.resident_id = %(resident)s
     ORDER BY partner.account_id
"""
OFFER = """
    INSERT INTO responder_offer (id, alert_id, account_id, state, offered_at)
    VALUES (%(id)s, %(alert)s, %(account)s, 'open', %(now)s)
    ON CONFLICT (alert_id, account_id) DO UPDATE SET state = 'open', offered_at = excluded.offered_at
     WHERE responder_offer.state IN ('taken', 'ended')
"""


OPEN = "SELECT account_id FROM responder_offer WHERE alert_id = %s AND state = 'open' ORDER BY account_id"


def offer_to_partners(conn: Conn, alert_id: UUID, resident_id: UUID, now: datetime) -> list[UUID]:
    """Offer this alert to every neighbour partner of this resident; returns the accounts that are asked."""
    for (account,) in conn.execute(PARTNERS, {"resident": resident_id}).fetchall():
        conn.execute(OFFER, {"id": new_id(), "alert": alert_id, "account": account, "now": now})
    return [row[0] for row in conn.execute(OPEN, (alert_id,))]
