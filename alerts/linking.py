"""The link that a message to the family carries: to the page where they see what it is about and answer."""

from dataclasses import dataclass, field
from datetime import datetime

from care.links import IN_A_MESSAGE, LinkPurpose, sign_link
from care.notices import Channel, Purpose, Recipient, RecipientKind, purpose_of
from records.database import Conn
from records.people import links, reach
from records.people.links import NewLink
from records.telling.leases import Claimed

_TO_LOOK_AT = frozenset({Purpose.RAISED, Purpose.ESCALATED, Purpose.ENDED, Purpose.LOOK_IN, Purpose.FOUND})
_READ_ALOUD = frozenset({Channel.VOICE, Channel.PAGES, Channel.CANARY})


@dataclass(frozen=True, slots=True)
class PublicPages:
    """Where we are reached from outside, and what links are signed with; without either messages carry none."""

    url: str = ""
    key: str = field(default="", repr=False)


NOWHERE = PublicPages()


def link_of(conn: Conn, one: Claimed, pages: PublicPages, now: datetime) -> str:
    """The address for this recipient of this message; empty where it carries none."""
    wanted = _wanted(conn, one) if pages.url and pages.key and one.channel not in _READ_ALOUD else None
    if wanted is None:
        return ""
    return f"{pages.url.rstrip('/')}/l/{sign_link(pages.key, links.for_message(conn, wanted, now))}"


def _wanted(conn: Conn, one: Claimed) -> NewLink | None:
    """Contacts, and accounts of the family, to the resident's page."""
    if one.canary_id or one.resident_id is None or purpose_of(one.about) not in _TO_LOOK_AT:
        return None
    to = Recipient.read(one.recipient)
    if to.kind is RecipientKind.CONTACT or (to.kind is RecipientKind.ACCOUNT and reach.role_of(conn, to) == "family"):
        return NewLink(
            LinkPurpose.FAMILY, IN_A_MESSAGE, account_id=to.account_id, contact_id=to.contact_id,
            resident_id=one.resident_id, alert_id=one.alert_id, language=one.language,
        )  # fmt: skip
    return None
