"""睦邻伙伴: which neighbours may be asked to go to whom, and the time that they gave (爱心时间银行)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from care.neighbours import minutes_given
from care.notices import Purpose, Recipient
from care.people import Role
from care.permissions import MAY, Permission
from records.database import Conn
from records.people import areas
from records.scope import IN_SCOPE, Scope
from records.telling import notices
from records.telling.notices import Notice


@dataclass(frozen=True, slots=True)
class Partner:
    """A neighbour who may be asked, and the minutes that they have given to this resident."""

    account_id: UUID
    username: str
    disabled: bool
    minutes: int


OF_RESIDENT = """
    SELECT account.id AS account_id, account.username, account.disabled,
           (SELECT coalesce(sum(credit.minutes), 0)::integer
              FROM credit
              JOIN responder_offer offer ON offer.id = credit.offer_id
              JOIN alert ON alert.id = offer.alert_id
             WHERE credit.account_id = account.id AND alert.resident_id = partner.resident_id) AS minutes
      FROM partner
      JOIN account ON account.id = partner.account_id
     WHERE partner.resident_id = %s
     ORDER BY account.username
"""


def of_resident(conn: Conn, resident_id: UUID) -> list[Partner]:
    """The neighbour partners of this resident, by name."""
    return conn.cursor(row_factory=class_row(Partner)).execute(OF_RESIDENT, (resident_id,)).fetchall()


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A neighbour partner of somebody who lives in an area, and the minutes that they have given to them."""

    account_id: UUID
    username: str
    disabled: bool
    resident_id: UUID
    resident_name: str
    address: str
    minutes: int


# As OF_RESIDENT counts, for everybody in the scope who lives there.
OF_AREA = (
    """
    SELECT account.id AS account_id, account.username, account.disabled, r.id AS resident_id, r.name AS resident_name,
           h.address,
           (SELECT coalesce(sum(credit.minutes), 0)::integer
              FROM credit
              JOIN responder_offer offer ON offer.id = credit.offer_id
              JOIN alert ON alert.id = offer.alert_id
             WHERE credit.account_id = account.id AND alert.resident_id = r.id) AS minutes
      FROM partner
      JOIN account ON account.id = partner.account_id
      JOIN resident r ON r.id = partner.resident_id
      JOIN home h ON h.id = r.home_id
     WHERE """
    + IN_SCOPE
    + """ AND (%(inside)s::integer[] IS NULL OR h.area_id = ANY (%(inside)s::integer[]))
     ORDER BY account.username, r.name, r.id
     LIMIT 1000
"""
)


def of_area(conn: Conn, scope: Scope, area_id: int | None) -> list[Neighbour]:
    """The neighbour partners of whoever in the scope lives in this area or below it (None: all), 1,000 at the most."""
    inside = None if area_id is None else list(areas.below(conn, area_id))
    terms = scope.terms() | {"inside": inside}
    return conn.cursor(row_factory=class_row(Neighbour)).execute(OF_AREA, terms).fetchall()


WHO = "SELECT id, role FROM account WHERE username = %s AND NOT disabled"
ADD = "INSERT INTO partner (resident_id, account_id) VALUES (%s, %s) ON CONFLICT DO NOTHING"


def add(conn: Conn, resident_id: UUID, username: str) -> None:
    """This account may be asked to go to this resident; ValueError where it is none that could."""
    row = conn.execute(WHO, (username,)).fetchone()
    if row is None or Permission.RESPOND not in MAY[Role(row[1])]:
        raise ValueError("username: an account that is not disabled and may respond, such as a responder's")
    conn.execute(ADD, (resident_id, row[0]))


REMOVE = "DELETE FROM partner WHERE resident_id = %s AND account_id = %s"


def remove(conn: Conn, resident_id: UUID, account_id: UUID) -> bool:
    """Never asked again; False where they were no partner."""
    return conn.execute(REMOVE, (resident_id, account_id)).rowcount == 1


ACCEPTED = """
    SELECT offer.id, offer.account_id, offer.answered_at
      FROM responder_offer offer
     WHERE offer.alert_id = %s AND offer.state = 'accepted'
"""
GOES = """
    SELECT account.id, account.username
      FROM responder_offer offer
      JOIN account ON account.id = offer.account_id
     WHERE offer.alert_id = %s AND offer.state = 'accepted'
"""


def who_goes(conn: Conn, alert_id: UUID) -> tuple[UUID, str] | None:
    """The neighbour who has accepted to go, with their name, where one has."""
    row = conn.execute(GOES, (alert_id,)).fetchone()
    return (row[0], row[1]) if row else None


CREDIT = """
    INSERT INTO credit (offer_id, account_id, minutes, credited_at) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
END = "UPDATE responder_offer SET state = 'ended' WHERE alert_id = %s AND state = 'open'"


def settle(conn: Conn, alert_id: UUID, now: datetime) -> None:
    """The alert is over: nobody is asked any more, and whoever went there has given the time until now."""
    for offer, account, accepted_at in conn.execute(ACCEPTED, (alert_id,)).fetchall():
        conn.execute(CREDIT, (offer, account, minutes_given(accepted_at, now), now))
    conn.execute(END, (alert_id,))


RELIEVE = """
    UPDATE responder_offer SET state = 'taken'
     WHERE alert_id = %(alert)s AND state = 'accepted' AND account_id IS DISTINCT FROM %(goes)s::uuid
 RETURNING id, account_id, answered_at
"""


def relieve(conn: Conn, alert_id: UUID, goes: UUID | None, now: datetime) -> None:
    """Another than the neighbour who accepted is sent: they are told that they need not go, and have given their time.

    Nobody who is still asked is: what was offered to them stands.
    """
    for offer, account, accepted_at in conn.execute(RELIEVE, {"alert": alert_id, "goes": goes}).fetchall():
        conn.execute(CREDIT, (offer, account, minutes_given(accepted_at, now), now))
        notices.put(conn, Notice(alert_id, f"{Purpose.TAKEN}:{offer}", Recipient.account(account), now, now))


GIVEN = "SELECT coalesce(sum(minutes), 0)::integer FROM credit WHERE account_id = %s"


def minutes_of(conn: Conn, account_id: UUID) -> int:
    """All the minutes that this account has given."""
    row = conn.execute(GIVEN, (account_id,)).fetchone()
    return int(row[0]) if row else 0
