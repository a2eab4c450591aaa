"""The outbox: who is to be told what, written together with its cause. How they are told: deliveries.py, leases.py."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import DictRow, dict_row

from care.notices import Channel, Recipient, State, purpose_of
from records.database import Conn
from records.errors import RecordsError
from records.ids import new_id


class NoSuchAlert(RecordsError):
    """There is no alert with this id to tell of."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One to be told one thing about one alert; the same (alert, about, recipient) is never told twice.

    `about`: a care.notices.Purpose, with the step where there are several (`escalated:3`). `not_before`: not earlier.
    """

    alert_id: UUID
    about: str
    to: Recipient
    not_before: datetime
    now: datetime


PUT = """
    INSERT INTO notice (id, alert_id, about, recipient, priority, made_at, due_at)
    SELECT %(id)s, alert.id, %(about)s, %(recipient)s, alert.priority, %(now)s, %(not_before)s
      FROM alert WHERE alert.id = %(alert)s
    ON CONFLICT DO NOTHING
"""
KNOWN = "SELECT FROM alert WHERE id = %s"


def put(conn: Conn, notice: Notice) -> bool:
    """Have somebody told: call it in the transaction of its cause. False where they are told this already.

    Raises ValueError for an unknown purpose, NoSuchAlert for a wrong id.
    """
    purpose_of(notice.about)
    terms = {
        "id": new_id(), "alert": notice.alert_id, "about": notice.about, "recipient": str(notice.to),
        "now": notice.now, "not_before": notice.not_before,
    }  # fmt: skip
    if conn.execute(PUT, terms).rowcount == 1:
        return True
    if conn.execute(KNOWN, (notice.alert_id,)).fetchone() is None:
        raise NoSuchAlert(f"no alert {notice.alert_id}")
    return False


@dataclass(frozen=True, slots=True)
class Told:
    """One line of whom an alert has reached and how far; `channel` None: no delivery was begun yet."""

    notice_id: UUID
    about: str
    recipient: str
    name: str | None
    """The account's user name, or the contact's; None where it is everybody at some pages."""
    relation: str | None
    """What a contact is to the resident."""
    notice_state: State
    why: str
    made_at: datetime
    channel: Channel | None
    state: State | None
    delivery_why: str | None
    tries: int | None
    provider: str | None
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None


# Of what is put in one moment the beginning comes first and the end last.
OF_ALERT = """
    SELECT n.id AS notice_id, n.about, n.recipient, coalesce(account.username, contact.name) AS name,
           contact.relation, n.state AS notice_state, n.why, n.made_at, d.channel, d.state, d.why AS delivery_why,
           d.tries, d.provider, d.sent_at, d.delivered_at, d.read_at
      FROM notice n
      LEFT JOIN delivery d ON d.notice_id = n.id
      LEFT JOIN account
             ON account.id = CASE WHEN n.recipient LIKE 'account:%%' THEN split_part(n.recipient, ':', 2)::uuid END
      LEFT JOIN contact
             ON contact.id = CASE WHEN n.recipient LIKE 'contact:%%' THEN split_part(n.recipient, ':', 2)::uuid END
     WHERE n.alert_id = %s
     ORDER BY n.made_at, CASE split_part(n.about, ':', 1) WHEN 'raised' THEN 1 WHEN 'ended' THEN 3 ELSE 2 END,
              n.about, n.id, d.id
"""


def told(conn: Conn, alert_id: UUID) -> list[Told]:
    """Whom this alert has reached, by which channels and how far; without addresses."""
    return [_told(row) for row in conn.cursor(row_factory=dict_row).execute(OF_ALERT, (alert_id,))]


def _told(row: DictRow) -> Told:
    channel = None if row["channel"] is None else Channel(row["channel"])
    state = None if row["state"] is None else State(row["state"])
    return Told(**row | {"notice_state": State(row["notice_state"]), "channel": channel, "state": state})
