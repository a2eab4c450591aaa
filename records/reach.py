"""Where people can be reached: the addresses of accounts and contacts, in the order in which they are used."""

from dataclasses import dataclass, field
from datetime import time
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from care.notices import QUIET_FROM, QUIET_TO, Address, Channel, Recipient, RecipientKind
from records.database import Conn


@dataclass(frozen=True, slots=True)
class Reach:
    """One address of an account or a contact; `vital_signs`: the resident consented that they go there."""

    channel: Channel
    address: str = field(repr=False)
    position: int = 1
    language: str = "zh-CN"
    vital_signs: bool = False
    quiet_from: time = QUIET_FROM
    quiet_to: time = QUIET_TO


ADD = """
    INSERT INTO reach (account_id, contact_id, channel, address, position, language, vital_signs, quiet_from, quiet_to)
    VALUES (%(account)s, %(contact)s, %(channel)s, %(address)s, %(position)s, %(language)s, %(vital_signs)s,
            %(quiet_from)s, %(quiet_to)s)
    ON CONFLICT (account_id, contact_id, channel, address) DO UPDATE
       SET position = excluded.position, language = excluded.language, vital_signs = excluded.vital_signs,
           quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to
 RETURNING id
"""


def add_reach(conn: Conn, of: Recipient, reach: Reach) -> int:
    """Give an account or a contact this address, or change what is known of it; returns its id.

    Raises ValueError where `of` is neither, or vital signs would go to an account, whose residents are many.
    """
    if of.kind not in (RecipientKind.ACCOUNT, RecipientKind.CONTACT):
        raise ValueError("of: only accounts and contacts have addresses; seats are reached by the pages")
    if of.kind is RecipientKind.ACCOUNT and reach.vital_signs:
        raise ValueError("vital_signs: a resident consents for one contact's address, not for an account's")
    row = conn.execute(ADD, _owner(of) | _columns(reach)).fetchone()
    assert row is not None  # noqa: S101 - RETURNING of an upsert always has a row
    return int(row[0])


def _owner(of: Recipient) -> dict[str, Any]:
    return {
        "account": of.id if of.kind is RecipientKind.ACCOUNT else None,
        "contact": of.id if of.kind is RecipientKind.CONTACT else None,
    }


def _columns(reach: Reach) -> dict[str, Any]:
    return {
        "channel": reach.channel, "address": reach.address, "position": reach.position, "language": reach.language,
        "vital_signs": reach.vital_signs, "quiet_from": reach.quiet_from, "quiet_to": reach.quiet_to,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """An address as its owner sees it; of a browser's subscription only its place on the list."""

    id: int
    channel: Channel
    address: str
    position: int
    language: str
    quiet_from: time
    quiet_to: time


OF_ACCOUNT = """
    SELECT id, channel, CASE channel WHEN 'push' THEN '' ELSE address END AS address, position, language, quiet_from,
           quiet_to
      FROM reach WHERE account_id = %s ORDER BY position, id
"""


def reach_of_account(conn: Conn, account_id: UUID) -> list[Known]:
    """The addresses of this account, in their order."""
    return conn.cursor(row_factory=class_row(Known)).execute(OF_ACCOUNT, (account_id,)).fetchall()


REMOVE = "DELETE FROM reach WHERE id = %s AND account_id = %s"


def remove_reach(conn: Conn, account_id: UUID, reach_id: int) -> bool:
    """Forget this address of this account; whether there was one."""
    return conn.execute(REMOVE, (reach_id, account_id)).rowcount == 1


# A contact of whom only a telephone number is known is reached by it.
ADDRESSES = """
    SELECT channel, address, language, vital_signs, quiet_from, quiet_to
      FROM reach WHERE account_id = %(account)s OR contact_id = %(contact)s
     ORDER BY position, id
"""
TELEPHONE = "SELECT phone FROM contact WHERE id = %s AND phone <> ''"
PAGES = (Address(1, Channel.PAGES, "pages"),)
CANARY = (Address(1, Channel.CANARY, "canary"),)


def addresses_of(conn: Conn, to: Recipient) -> tuple[Address, ...]:
    """How to reach this recipient, in order; nothing where no way is known."""
    if to.kind is RecipientKind.CANARY:
        return CANARY
    if to.kind in (RecipientKind.SEAT, RecipientKind.SUPERVISOR):
        return PAGES
    rows = conn.execute(ADDRESSES, _owner(to)).fetchall()
    if rows or to.kind is RecipientKind.ACCOUNT:
        return tuple(Address(number, Channel(row[0]), *row[1:]) for number, row in enumerate(rows, start=1))
    phone = conn.execute(TELEPHONE, (to.id,)).fetchone()
    channels = (Channel.SMS, Channel.VOICE) if phone else ()
    return tuple(Address(number, channel, phone[0]) for number, channel in enumerate(channels, start=1) if phone)


ROLE = "SELECT role FROM account WHERE id = %s"


def role_of(conn: Conn, to: Recipient) -> str | None:
    """The role of an account; None of others."""
    row = conn.execute(ROLE, (to.id,)).fetchone() if to.kind is RecipientKind.ACCOUNT else None
    return str(row[0]) if row else None


NEXT_CONTACT = """
    SELECT c.id
      FROM contact c
      JOIN contact missed ON missed.resident_id = c.resident_id AND missed.id = %(missed)s
     WHERE c.position > missed.position
       AND NOT EXISTS (SELECT FROM notice WHERE alert_id = %(alert)s AND recipient = 'contact:' || c.id)
     ORDER BY c.position LIMIT 1
"""


def next_contact(conn: Conn, alert_id: UUID, missed: Recipient) -> Recipient | None:
    """The contact after this one who has not been told of the alert yet; None for others than contacts."""
    if missed.kind is not RecipientKind.CONTACT:
        return None
    row = conn.execute(NEXT_CONTACT, {"missed": missed.id, "alert": alert_id}).fetchone()
    return Recipient.contact(row[0]) if row else None
