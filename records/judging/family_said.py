"""What the family says of an alert: in its log, seen live at the seat; who is on it second sees who was first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import kwargs_row

from care.alerts import Phase
from care.family import Said
from records.database import Conn
from records.errors import RecordsError
from records.judging.alert_log import log_line, record_change
from records.judging.alert_steps import NoSuchAlert
from records.rounds import confirmations


class Over(RecordsError):
    """The alert is closed; nothing more is said of it."""


@dataclass(frozen=True, slots=True)
class Teller:
    """Who says it: an account, or a contact of the resident."""

    account_id: UUID | None = None
    contact_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """One thing that was said; `relation` and `name` of a contact, of an account the user name."""

    at: datetime
    said: Said
    account_id: UUID | None
    contact_id: UUID | None
    name: str
    relation: str

    def is_of(self, teller: Teller) -> bool:
        """Whether this person said it."""
        return (self.account_id, self.contact_id) == (teller.account_id, teller.contact_id)


# As in alert_steps: who writes a notice of it needs only its id.
LOCK = "SELECT phase FROM alert WHERE id = %s AND resident_id = %s FOR NO KEY UPDATE"
SAY = """
    UPDATE alert
       SET family_said = %(said)s, family_said_at = %(now)s, family_account = %(account)s,
           family_contact = %(contact)s, spoke = spoke OR %(spoke)s
     WHERE id = %(id)s
"""


def say(conn: Conn, alert_id: UUID, resident_id: UUID, said: Said, teller: Teller, now: datetime) -> Word | None:
    """Write down what this person says; None where that is done, else who was on it before them.

    Nothing that the centre does is stopped by it. Raises NoSuchAlert where this resident has no such alert, Over where
    it is closed.
    """
    row = conn.execute(LOCK, (alert_id, resident_id)).fetchone()
    if row is None:
        raise NoSuchAlert(f"no alert {alert_id}")
    if Phase(row[0]) is Phase.CLOSED:
        raise Over(f"{alert_id} is closed")
    spoken = words_of(conn, alert_id)
    first = on_it(spoken)
    if said is Said.ON_IT and first is not None and not first.is_of(teller):
        return first
    if spoken and spoken[-1].is_of(teller) and spoken[-1].said is said:
        return None  # pressed twice
    _write(conn, alert_id, said, teller, now)
    if said is Said.WELL:
        confirmations.confirm(conn, resident_id, now, teller.account_id, now, contact_id=teller.contact_id)
    return None


def _write(conn: Conn, alert_id: UUID, said: Said, teller: Teller, now: datetime) -> None:
    terms = {
        "id": alert_id, "said": said, "now": now, "account": teller.account_id, "contact": teller.contact_id,
        "spoke": said is Said.WELL,
    }  # fmt: skip
    conn.execute(SAY, terms)
    detail: dict[str, Any] = {"said": said}
    if teller.contact_id:
        detail["contact"] = str(teller.contact_id)
    log_line(conn, alert_id, now, "family", account_id=teller.account_id, detail=detail)
    record_change(conn, alert_id, "family")


WORDS = """
    SELECT l.at, l.detail ->> 'said' AS said, l.account_id, (l.detail ->> 'contact')::uuid AS contact_id,
           coalesce(contact.name, account.username, '') AS name, coalesce(contact.relation, '') AS relation
      FROM alert_log l
      LEFT JOIN account ON account.id = l.account_id
      LEFT JOIN contact ON contact.id = (l.detail ->> 'contact')::uuid
     WHERE l.alert_id = %s AND l.kind = 'family'
     ORDER BY l.id
"""


def _word(said: str, **columns: Any) -> Word:
    return Word(said=Said(said), **columns)


def words_of(conn: Conn, alert_id: UUID) -> list[Word]:
    """Everything that the family has said of this alert, in order."""
    return conn.cursor(row_factory=kwargs_row(_word)).execute(WORDS, (alert_id,)).fetchall()


def on_it(spoken: list[Word]) -> Word | None:
    """Who was the first of those who are on it: whoever has asked for somebody since then is not any more."""
    latest = {(word.account_id, word.contact_id): word for word in spoken}
    return next((word for word in latest.values() if word.said is Said.ON_IT), None)
