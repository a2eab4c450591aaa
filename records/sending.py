"""Who is sent to an alert: an account that works there, and hears of it."""

from datetime import datetime
from uuid import UUID

from care.notices import Purpose, Recipient
from records import accounts, notices
from records.database import Conn
from records.notices import Notice

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


NUMBER = "SELECT count(*) FROM alert_log WHERE alert_id = %s AND kind = 'dispatch'"


def tell(conn: Conn, alert_id: UUID, account_id: UUID, now: datetime) -> None:
    """They are told that they are sent, each time that they are."""
    row = conn.execute(NUMBER, (alert_id,)).fetchone()
    about = f"{Purpose.SENT}:{row[0] if row else 1}"
    notices.put(conn, Notice(alert_id, about, Recipient.account(account_id), now, now))
