"""Signed links, as rows: for whom each is, what it opens, until when, and who took it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import kwargs_row

from care.links import MOST_LIFETIME, LinkPurpose
from records.database import Conn
from records.ids import new_id


@dataclass(frozen=True, slots=True)
class Link:
    """One link; `who` by name, `live`: it still opens."""

    id: UUID
    purpose: LinkPurpose
    account_id: UUID | None
    contact_id: UUID | None
    who: str
    resident_id: UUID | None
    alert_id: UUID | None
    language: str
    made_at: datetime
    made_by_name: str | None
    """None: the platform, with a message."""
    expires_at: datetime
    revoked_at: datetime | None
    revoked_by_name: str | None
    """None: whoever got it."""
    used_at: datetime | None
    live: bool


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link to be made: for an account or a contact, to a resident's page or to one alert."""

    purpose: LinkPurpose
    lasting: timedelta
    account_id: UUID | None = None
    contact_id: UUID | None = None
    resident_id: UUID | None = None
    alert_id: UUID | None = None
    language: str = "zh-CN"
    by: UUID | None = None
    """The account that makes it; None: the platform."""


MAKE = """
    INSERT INTO signed_link (id, purpose, account_id, contact_id, resident_id, alert_id, language, made_at, made_by,
                             expires_at)
    VALUES (%(id)s, %(purpose)s, %(account)s, %(contact)s, %(resident)s, %(alert)s, %(language)s, %(now)s, %(by)s,
            %(expires)s)
"""


def make(conn: Conn, new: NewLink, now: datetime) -> UUID:
    """Make a link; returns its id, which care.links.sign_link turns into what is sent."""
    if not timedelta(0) < new.lasting <= MOST_LIFETIME:
        raise ValueError(f"days: 1 to {MOST_LIFETIME.days}")
    link_id = new_id()
    conn.execute(MAKE, _columns(new) | {"id": link_id, "now": now, "expires": now + new.lasting})
    return link_id


def _columns(new: NewLink) -> dict[str, Any]:
    return {
        "purpose": new.purpose, "account": new.account_id, "contact": new.contact_id, "resident": new.resident_id,
        "alert": new.alert_id, "language": new.language, "by": new.by,
    }  # fmt: skip


# One that was sent of the same alert to the same person is sent again: each try of a message carries the same address.
SENT_BEFORE = """
    SELECT id FROM signed_link
     WHERE purpose = %(purpose)s AND made_by IS NULL AND revoked_at IS NULL AND expires_at > %(now)s
       AND (account_id, contact_id, resident_id, alert_id)
           IS NOT DISTINCT FROM (%(account)s::uuid, %(contact)s::uuid, %(resident)s::uuid, %(alert)s::uuid)
     ORDER BY made_at DESC LIMIT 1
"""


def for_message(conn: Conn, new: NewLink, now: datetime) -> UUID:
    """The link that a message carries: the one that was sent already, else a new one."""
    row = conn.execute(SENT_BEFORE, _columns(new) | {"now": now}).fetchone()
    return row[0] if row else make(conn, new, now)


# A family's account has to be entrusted with the resident still, and nobody who was disabled comes in by any way.
_VIEW = """
    SELECT l.id, l.purpose, l.account_id, l.contact_id, coalesce(contact.name, account.username, '') AS who,
           l.resident_id, l.alert_id, l.language, l.made_at, maker.username AS made_by_name, l.expires_at,
           l.revoked_at, revoker.username AS revoked_by_name, l.used_at,
           l.revoked_at IS NULL AND l.expires_at > %(now)s AND NOT coalesce(account.disabled, false)
           AND (l.account_id IS NULL OR l.purpose <> 'family'
                OR EXISTS (SELECT FROM account_resident f
                            WHERE f.account_id = l.account_id AND f.resident_id = l.resident_id)) AS live
      FROM signed_link l
      LEFT JOIN account ON account.id = l.account_id
      LEFT JOIN contact ON contact.id = l.contact_id
      LEFT JOIN account maker ON maker.id = l.made_by
      LEFT JOIN account revoker ON revoker.id = l.revoked_by
"""
SOME = _VIEW + " WHERE l.id = ANY (%(ids)s)"
OF_RESIDENT = _VIEW + " WHERE l.resident_id = %(resident)s ORDER BY l.made_at DESC, l.id DESC LIMIT %(limit)s"


def _link(purpose: str, **columns: Any) -> Link:
    return Link(purpose=LinkPurpose(purpose), **columns)


def some(conn: Conn, ids: Sequence[UUID], now: datetime) -> list[Link]:
    """Those of these links that there are, in this order."""
    if not ids:
        return []
    rows = conn.cursor(row_factory=kwargs_row(_link)).execute(SOME, {"ids": list(ids), "now": now})
    found = {one.id: one for one in rows}
    return [found[one] for one in ids if one in found]


def of_resident(conn: Conn, resident_id: UUID, now: datetime, limit: int = 100) -> list[Link]:
    """The links to this resident's page, the newest first."""
    terms = {"resident": resident_id, "now": now, "limit": limit}
    return conn.cursor(row_factory=kwargs_row(_link)).execute(OF_RESIDENT, terms).fetchall()


USED = "UPDATE signed_link SET used_at = greatest(used_at, %(now)s) WHERE id = %(id)s"


def used(conn: Conn, link_id: UUID, now: datetime) -> None:
    """A person did something by this link."""
    conn.execute(USED, {"id": link_id, "now": now})


REVOKE = """
    UPDATE signed_link SET revoked_at = %(now)s, revoked_by = %(by)s
     WHERE id = ANY (%(ids)s) AND revoked_at IS NULL
       AND (%(resident)s::uuid IS NULL OR resident_id = %(resident)s)
"""


def revoke(conn: Conn, ids: Sequence[UUID], by: UUID | None, now: datetime, *, resident_id: UUID | None = None) -> int:
    """These links open nothing from now on; returns how many did until now. `by` None: whoever got them."""
    return conn.execute(REVOKE, {"ids": list(ids), "by": by, "now": now, "resident": resident_id}).rowcount


OF_SAME_PERSON = """
    SELECT other.id FROM signed_link l
      JOIN signed_link other
        ON (other.account_id, other.contact_id) IS NOT DISTINCT FROM (l.account_id, l.contact_id)
       AND other.purpose = l.purpose
     WHERE l.id = ANY (%s)
"""


def all_of(conn: Conn, ids: Sequence[UUID]) -> list[UUID]:
    """Every link for the same purpose that whoever has these was ever given."""
    return [row[0] for row in conn.execute(OF_SAME_PERSON, (list(ids),))]
