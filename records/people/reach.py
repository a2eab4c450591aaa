"""Where people can be reached: the addresses of accounts and contacts, in the order in which they are used."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from uuid import UUID

from care.addresses import subscription
from care.notices import QUIET_FROM, QUIET_TO, Address, Channel, Recipient, RecipientKind, State
from records.database import Conn


@dataclass(frozen=True, slots=True)
class Reach:
    """One address of an account or a contact, as care.addresses.checked writes it."""

    channel: Channel
    address: str = field(repr=False)
    position: int = 1
    language: str = "zh-CN"
    quiet_from: time = QUIET_FROM
    quiet_to: time = QUIET_TO


@dataclass(frozen=True, slots=True)
class Added:
    """An address that was entered; `secret`: what a new webhook's messages are signed with, told only now."""

    id: int
    secret: str = field(repr=False)


# A browser has one subscription, which is that of whoever asked for it last.
TAKE_BROWSER = """
    DELETE FROM reach
     WHERE endpoint = %(endpoint)s
       AND (account_id, contact_id, address) IS DISTINCT FROM (%(account)s::uuid, %(contact)s::uuid, %(address)s)
"""
ADD = """
    INSERT INTO reach (account_id, contact_id, channel, address, endpoint, secret, position, language, quiet_from,
                       quiet_to)
    VALUES (%(account)s, %(contact)s, %(channel)s, %(address)s, %(endpoint)s, %(secret)s, %(position)s, %(language)s,
            %(quiet_from)s, %(quiet_to)s)
    ON CONFLICT (account_id, contact_id, channel, address) DO UPDATE
       SET position = excluded.position, language = excluded.language, quiet_from = excluded.quiet_from,
           quiet_to = excluded.quiet_to
 RETURNING id, secret
"""


def add_reach(conn: Conn, of: Recipient, reach: Reach) -> Added:
    """Give an account or a contact this address, or change what is known of it.

    Raises ValueError where `of` is neither.
    """
    if of.kind not in (RecipientKind.ACCOUNT, RecipientKind.CONTACT):
        raise ValueError("of: only accounts and contacts have addresses; seats are reached by the pages")
    terms = _owner(of) | _columns(reach)
    conn.execute(TAKE_BROWSER, terms)
    row = conn.execute(ADD, terms).fetchone()
    assert row is not None  # noqa: S101 - RETURNING of an upsert always has a row
    return Added(row[0], row[1] if row[1] == terms["secret"] else "")


def _owner(of: Recipient) -> dict[str, Any]:
    return {
        "account": of.id if of.kind is RecipientKind.ACCOUNT else None,
        "contact": of.id if of.kind is RecipientKind.CONTACT else None,
    }


def _columns(reach: Reach) -> dict[str, Any]:
    push, webhook = reach.channel is Channel.PUSH, reach.channel is Channel.WEBHOOK
    return {
        "channel": reach.channel, "address": reach.address, "position": reach.position, "language": reach.language,
        "quiet_from": reach.quiet_from, "quiet_to": reach.quiet_to,
        "endpoint": subscription(reach.address, anywhere=True).endpoint if push else None,
        "secret": secrets.token_urlsafe(32) if webhook else "",
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """An address in a list; of a browser's subscription only which push service it is at.

    `tried_at`: when it was tried last, and how far that got, with the reason where it got nowhere.
    """

    id: int
    channel: Channel
    address: str = field(repr=False)
    position: int
    language: str
    quiet_from: time
    quiet_to: time
    tried_at: datetime | None = None
    tried: State | None = None
    tried_why: str = ""


OF_ONE = """
    SELECT way.id, way.channel, coalesce(substring(way.endpoint FROM '^[a-z]+://([^/]+)'), way.address) AS address,
           way.position, way.language, way.quiet_from, way.quiet_to, trial.made_at, trial.state, trial.why
      FROM reach way
      LEFT JOIN LATERAL (
           SELECT n.made_at, coalesce(d.state, n.state) AS state, coalesce(nullif(d.why, ''), n.why) AS why
             FROM notice n
             LEFT JOIN delivery d ON d.notice_id = n.id
            WHERE n.reach_id = way.id
            ORDER BY n.made_at DESC, n.id DESC LIMIT 1) AS trial ON true
     WHERE way.account_id = %(account)s OR way.contact_id = %(contact)s
     ORDER BY way.position, way.id
"""


def reach_of(conn: Conn, of: Recipient) -> list[Known]:
    """The addresses of this account or contact, in their order."""
    return [_known(*row) for row in conn.execute(OF_ONE, _owner(of))]


def _known(
    reach_id: int, channel: str, address: str, position: int, language: str, quiet_from: time, quiet_to: time,
    tried_at: datetime | None, tried: str | None, why: str | None,
) -> Known:  # fmt: skip
    state = State(tried) if tried else None
    way = Channel(channel)
    return Known(reach_id, way, address, position, language, quiet_from, quiet_to, tried_at, state, why or "")


REMOVE = "DELETE FROM reach WHERE id = %(id)s AND (account_id = %(account)s OR contact_id = %(contact)s)"


def remove_reach(conn: Conn, of: Recipient, reach_id: int) -> bool:
    """Forget this address of this account or contact; whether there was one."""
    return conn.execute(REMOVE, _owner(of) | {"id": reach_id}).rowcount == 1


GONE = "DELETE FROM reach WHERE id = %s AND channel = 'push' AND address = %s"


def forget_browser(conn: Conn, reach_id: int, address: str) -> bool:
    """Its push service knows this subscription no more; whether it was still ours."""
    return conn.execute(GONE, (reach_id, address)).rowcount == 1


# A contact of whom only a telephone number is known is reached by it.
ADDRESSES = """
    SELECT id, channel, address, language, quiet_from, quiet_to
      FROM reach
     WHERE contact_id = %(contact)s
        OR account_id = (SELECT id FROM account WHERE id = %(account)s AND NOT disabled)
     ORDER BY position, id
"""
TELEPHONE = "SELECT phone FROM contact WHERE id = %s AND phone <> ''"
PAGES = (Address(0, Channel.PAGES, "pages"),)
CANARY = (Address(0, Channel.CANARY, "canary"),)


def keep_telephone(conn: Conn, of: Recipient) -> None:
    """Before a contact gets the first address of their own: what they were told by until now stays one."""
    if of.kind is RecipientKind.CONTACT and not reach_of(conn, of):
        for way in addresses_of(conn, of):
            add_reach(conn, of, Reach(way.channel, way.address, position=-way.number, language=way.language))


def addresses_of(conn: Conn, to: Recipient) -> tuple[Address, ...]:
    """How to reach this recipient, in order; nothing where no way is known, or the account is disabled."""
    if to.kind is RecipientKind.CANARY:
        return CANARY
    if to.kind in (RecipientKind.SEAT, RecipientKind.SUPERVISOR):
        return PAGES
    rows = conn.execute(ADDRESSES, _owner(to)).fetchall()
    if rows or to.kind is RecipientKind.ACCOUNT:
        return tuple(Address(row[0], Channel(row[1]), *row[2:]) for row in rows)
    phone = conn.execute(TELEPHONE, (to.id,)).fetchone()
    channels = (Channel.SMS, Channel.VOICE) if phone else ()
    # Numbers that no row of `reach` has.
    return tuple(Address(-number, channel, phone[0]) for number, channel in enumerate(channels, start=1) if phone)


WITH_ADDRESS = "SELECT DISTINCT account_id FROM reach WHERE account_id = ANY (%s)"


def with_address(conn: Conn, accounts: Sequence[UUID]) -> set[UUID]:
    """Those of these accounts of which an address is known."""
    return {row[0] for row in conn.execute(WITH_ADDRESS, (list(accounts),))} if accounts else set()


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
