"""Who is sent to an alert: an account that works there, and hears of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from care.notices import Purpose, Recipient
from records.database import Conn
from records.login import accounts
from records.telling import notices
from records.telling.notices import Notice

PLACE = """
    SELECT coalesce(a.area_id, h.area_id), a.resident_id,
           EXISTS (SELECT FROM partner p WHERE p.resident_id = a.resident_id AND p.account_id = %(account)s)
      FROM alert a
      LEFT JOIN home h ON h.id = a.home_id
     WHERE a.id = %(alert)s
"""


def name_of(conn: Conn, alert_id: UUID, account_id: UUID) -> str:
    """The name of whoever is to be sent; ValueError where there is no such account, or it works elsewhere."""
    account = accounts.account(conn, account_id)
    area, resident, partner = conn.execute(PLACE, {"alert": alert_id, "account": account_id}).fetchone() or (None,) * 3
    if account is None or not (partner or accounts.scope_of_account(conn, account).holds(area, resident)):
        raise ValueError("responder_id: an account that is not disabled, with this home in its area or as a neighbour")
    return account.username


@dataclass(frozen=True, slots=True)
class Responder:
    """Somebody who can be sent: a neighbour partner, or who works where the home is."""

    account_id: UUID
    username: str
    role: str
    neighbour: bool
    on_duty: bool
    area: str | None
    """Where they work; None: where nobody entered it."""
    busy: int
    """To so many other alerts they have been sent and are not done."""


# Whoever could be sent is of the home's own area or one above it; neighbours come first, then who is on duty, and of
# those whose area is the nearest: the community before the street.
RESPONDERS = """
    WITH RECURSIVE place (area_id, resident_id) AS (
         SELECT coalesce(a.area_id, h.area_id), a.resident_id
           FROM alert a
           LEFT JOIN home h ON h.id = a.home_id
          WHERE a.id = %(alert)s
    ), up (id, parent_id, steps) AS (
         SELECT id, parent_id, 0 FROM area WHERE id = (SELECT area_id FROM place)
          UNION ALL
         SELECT area.id, area.parent_id, steps + 1 FROM area JOIN up ON area.id = up.parent_id
    ), sent (account_id, times) AS (
         SELECT responder_id, count(*)::integer FROM alert
          WHERE phase IN ('dispatched', 'arrived', 'person_seen') AND phase <> 'closed' AND responder_id IS NOT NULL
            AND id <> %(alert)s
          GROUP BY responder_id
    )
    SELECT account.id AS account_id, account.username, account.role, partner.account_id IS NOT NULL AS neighbour,
           EXISTS (SELECT FROM duty
                    WHERE duty.account_id = account.id AND duty.starts <= %(now)s
                      AND coalesce(duty.ended_at, duty.ends) > %(now)s
                      AND (duty.area_id IS NULL OR duty.area_id IN (SELECT id FROM up))) AS on_duty,
           area.name AS area, coalesce(sent.times, 0) AS busy
      FROM account
      LEFT JOIN area ON area.id = account.area_id
      LEFT JOIN sent ON sent.account_id = account.id
      LEFT JOIN partner ON partner.account_id = account.id
                       AND partner.resident_id = (SELECT resident_id FROM place)
     WHERE NOT account.disabled
       AND (partner.account_id IS NOT NULL
            OR account.role IN ('responder', 'station_worker') AND account.area_id IN (SELECT id FROM up))
     ORDER BY neighbour DESC, on_duty DESC, (SELECT steps FROM up WHERE up.id = account.area_id), account.username
     LIMIT 200
"""


def responders(conn: Conn, alert_id: UUID, now: datetime) -> list[Responder]:
    """Who can be sent to this alert, 200 at the most."""
    terms = {"alert": alert_id, "now": now}
    return conn.cursor(row_factory=class_row(Responder)).execute(RESPONDERS, terms).fetchall()


NUMBER = "SELECT count(*) FROM alert_log WHERE alert_id = %s AND kind = 'dispatch'"


def tell(conn: Conn, alert_id: UUID, account_id: UUID, now: datetime) -> None:
    """They are told that they are sent, each time that they are."""
    row = conn.execute(NUMBER, (alert_id,)).fetchone()
    about = f"{Purpose.SENT}:{row[0] if row else 1}"
    notices.put(conn, Notice(alert_id, about, Recipient.account(account_id), now, now))


NUMBER_BACK = "SELECT count(*) FROM alert_log WHERE alert_id = %s AND kind = 'hand_back'"


def relieve(conn: Conn, alert_id: UUID, account_id: UUID, now: datetime) -> None:
    """They were sent and are told that they need not go any more."""
    row = conn.execute(NUMBER_BACK, (alert_id,)).fetchone()
    about = f"{Purpose.RELIEVED}:{row[0] if row else 1}"
    notices.put(conn, Notice(alert_id, about, Recipient.account(account_id), now, now))
