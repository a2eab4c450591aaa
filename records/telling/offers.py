"""Neighbour partners: whom an alert is offered to, in parallel, and who was the first to accept.

Whoever answers an offer locks its alert first, so that of two at once one is the first.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from care.alerts import Phase, Step
from care.notices import Purpose, Recipient
from records.database import Conn
from records.errors import RecordsError
from records.ids import new_id
from records.judging import alert_steps
from records.judging.alert_log import log_line, record_change
from records.people import partners
from records.telling import notices
from records.telling.notices import Notice

PARTNERS = """
    SELECT partner.account_id
      FROM partner
      JOIN account ON account.id = partner.account_id AND NOT account.disabled
     WHERE partner.resident_id = %(resident)s
     ORDER BY partner.account_id
"""
# Somebody has accepted: nobody else is asked.
OFFER = """
    INSERT INTO responder_offer (id, alert_id, account_id, state, offered_at)
    SELECT %(id)s, %(alert)s, %(account)s, 'open', %(now)s
     WHERE NOT EXISTS (SELECT FROM responder_offer WHERE alert_id = %(alert)s AND state = 'accepted')
    ON CONFLICT (alert_id, account_id) DO UPDATE SET state = 'open', offered_at = excluded.offered_at
     WHERE responder_offer.state IN ('taken', 'ended')
"""
OPEN = "SELECT account_id FROM responder_offer WHERE alert_id = %s AND state = 'open' ORDER BY account_id"


def offer_to_partners(conn: Conn, alert_id: UUID, resident_id: UUID, now: datetime) -> list[UUID]:
    """Offer this alert to every neighbour partner of this resident; returns the accounts that are asked."""
    for (account,) in conn.execute(PARTNERS, {"resident": resident_id}).fetchall():
        conn.execute(OFFER, {"id": new_id(), "alert": alert_id, "account": account, "now": now})
    return [row[0] for row in conn.execute(OPEN, (alert_id,))]


class NoSuchOffer(RecordsError):
    """This account has no such offer."""


class NoLongerOffered(RecordsError):
    """Somebody else was first, or it is over."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a neighbour sees of an alert: where it is only once they have accepted."""

    id: UUID
    state: str
    """open, accepted, declined, taken (somebody else goes), ended."""
    offered_at: datetime
    answered_at: datetime | None
    alert_id: UUID
    rule: str
    priority: str
    phase: str
    drill: bool
    happened_at: datetime
    resident_name: str
    address: str | None


VIEW = """
    SELECT o.id, o.state, o.offered_at, o.answered_at, a.id AS alert_id, a.rule, a.priority, a.phase, a.drill,
           a.happened_at, r.name AS resident_name,
           CASE WHEN o.state = 'accepted' AND a.phase <> 'closed' THEN h.address END AS address
      FROM responder_offer o
      JOIN alert a ON a.id = o.alert_id
      JOIN resident r ON r.id = a.resident_id
      JOIN home h ON h.id = r.home_id
     WHERE o.account_id = %(account)s
"""
MINE = VIEW + " ORDER BY o.offered_at DESC, o.id LIMIT %(limit)s"
ONE = VIEW + " AND o.id = %(id)s"


def of_account(conn: Conn, account_id: UUID, limit: int = 50) -> list[Offer]:
    """What was offered to this account, the newest first."""
    rows = conn.cursor(row_factory=class_row(Offer)).execute(MINE, {"account": account_id, "limit": limit})
    return rows.fetchall()


@dataclass(frozen=True, slots=True)
class Offered:
    """To whom an alert was offered, and what came of it."""

    username: str
    state: str
    """open, accepted, declined, taken (somebody else goes), ended."""
    offered_at: datetime
    answered_at: datetime | None
    minutes: int | None
    """What was credited for it (爱心时间银行); None: nothing yet."""


OF_ALERT = """
    SELECT account.username, offer.state, offer.offered_at, offer.answered_at, credit.minutes
      FROM responder_offer offer
      JOIN account ON account.id = offer.account_id
      LEFT JOIN credit ON credit.offer_id = offer.id
     WHERE offer.alert_id = %s
     ORDER BY offer.state <> 'accepted', offer.offered_at, account.username
"""


def of_alert(conn: Conn, alert_id: UUID) -> list[Offered]:
    """To whom this alert was offered: whoever goes first, then the others by name."""
    return conn.cursor(row_factory=class_row(Offered)).execute(OF_ALERT, (alert_id,)).fetchall()


LOCK = """
    SELECT alert.id
      FROM alert
     WHERE alert.id = (SELECT alert_id FROM responder_offer WHERE id = %(id)s AND account_id = %(account)s)
       FOR NO KEY UPDATE
"""


def _locked(conn: Conn, offer_id: UUID, account_id: UUID) -> Offer:
    conn.execute(LOCK, {"id": offer_id, "account": account_id})
    return _one(conn, offer_id, account_id)


def _one(conn: Conn, offer_id: UUID, account_id: UUID) -> Offer:
    terms = {"account": account_id, "id": offer_id}
    found = conn.cursor(row_factory=class_row(Offer)).execute(ONE, terms).fetchone()
    if found is None:
        raise NoSuchOffer(f"no offer {offer_id}")
    return found


ACCEPT = "UPDATE responder_offer SET state = 'accepted', answered_at = %(now)s WHERE id = %(id)s"
TAKEN = """
    UPDATE responder_offer SET state = 'taken' WHERE alert_id = %(alert)s AND state = 'open' RETURNING account_id
"""
GOES = """
    UPDATE alert SET responder_id = %(account)s, dispatched_at = coalesce(dispatched_at, %(now)s),
                     dispatched_to = (SELECT username FROM account WHERE id = %(account)s)
     WHERE id = %(alert)s
"""


def accept(conn: Conn, offer_id: UUID, account_id: UUID, now: datetime) -> Offer:
    """This neighbour goes there; the others are told that they need not.

    Where the centre has answered, that is a dispatch; where it has not, it goes on ringing there, and the answer is
    one at once. Raises NoSuchOffer, and NoLongerOffered for whoever was not the first.
    """
    offer = _locked(conn, offer_id, account_id)
    if offer.state == "accepted":
        return offer
    if offer.state != "open" or offer.phase == Phase.CLOSED:
        raise NoLongerOffered(f"offer {offer_id} is {offer.state}")
    conn.execute(ACCEPT, {"id": offer_id, "now": now})
    for (other,) in conn.execute(TAKEN, {"alert": offer.alert_id}).fetchall():
        about = f"{Purpose.TAKEN}:{offer_id}"
        notices.put(conn, Notice(offer.alert_id, about, Recipient.account(other), now, now))
    log_line(conn, offer.alert_id, now, "offer_accepted", account_id=account_id)
    goes = partners.who_goes(conn, offer.alert_id)
    if offer.phase == Phase.ANSWERED and goes is not None:
        alert_steps.go(conn, offer.alert_id, *goes, now)
    else:
        conn.execute(GOES, {"alert": offer.alert_id, "account": account_id, "now": now})
        record_change(conn, offer.alert_id, "offer_accepted")
    return _one(conn, offer_id, account_id)


DECLINE = "UPDATE responder_offer SET state = 'declined', answered_at = %(now)s WHERE id = %(id)s"
STAYS = "UPDATE alert SET responder_id = NULL, dispatched_to = NULL WHERE id = %s AND responder_id = %s"


def decline(conn: Conn, offer_id: UUID, account_id: UUID, now: datetime) -> Offer:
    """This neighbour does not go, or can't after all: then it waits again, and the others are asked anew."""
    offer = _locked(conn, offer_id, account_id)
    if offer.state not in ("open", "accepted") or offer.phase == Phase.CLOSED:
        raise NoLongerOffered(f"offer {offer_id} is {offer.state}")
    conn.execute(DECLINE, {"id": offer_id, "now": now})
    log_line(conn, offer.alert_id, now, "offer_declined", account_id=account_id)
    was_going = conn.execute(STAYS, (offer.alert_id, account_id)).rowcount == 1
    if was_going and offer.phase in (Phase.DISPATCHED, Phase.ARRIVED):
        alert_steps.take_step(conn, offer.alert_id, Step.HAND_BACK, account_id, now)
    else:
        record_change(conn, offer.alert_id, "offer_declined")
    return _one(conn, offer_id, account_id)


def arrive(conn: Conn, offer_id: UUID, account_id: UUID, now: datetime) -> Offer:
    """This neighbour is at the door; where the centre has not answered, they have."""
    offer = _accepted(conn, offer_id, account_id)
    if offer.phase == Phase.RAISED:
        alert_steps.take_step(conn, offer.alert_id, Step.ANSWER, account_id, now)
    alert_steps.take_step(conn, offer.alert_id, Step.ARRIVE, account_id, now)
    return _one(conn, offer_id, account_id)


def see(conn: Conn, offer_id: UUID, account_id: UUID, now: datetime) -> Offer:
    """This neighbour is with the person."""
    offer = _accepted(conn, offer_id, account_id)
    alert_steps.take_step(conn, offer.alert_id, Step.SEE, account_id, now)
    return _one(conn, offer_id, account_id)


def _accepted(conn: Conn, offer_id: UUID, account_id: UUID) -> Offer:
    offer = _locked(conn, offer_id, account_id)
    if offer.state != "accepted":
        raise NoLongerOffered(f"offer {offer_id} is {offer.state}")
    return offer
