"""The link that a message carries: to the page where the family, or who is to go there, sees what it is about."""

from dataclasses import dataclass, field
from datetime import datetime

from care.links import IN_A_MESSAGE, LIFETIME, LinkPurpose, sign_link
from care.notices import Channel, Purpose, Recipient, RecipientKind, purpose_of
from records.database import Conn
from records.people import links, reach
from records.people.links import NewLink
from records.telling.leases import Claimed

_TO_LOOK_AT = frozenset(
    {Purpose.RAISED, Purpose.ESCALATED, Purpose.ENDED, Purpose.LOOK_IN, Purpose.FOUND, Purpose.ORDER}
)
_TO_GO = frozenset({Purpose.OFFER, Purpose.SENT})
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
    """Contacts and accounts of the family to the resident's page; who is asked to go, or sent, to the alert's."""
    if one.canary_id:
        return None
    to, about = Recipient.read(one.recipient), purpose_of(one.about)
    if to.kind is RecipientKind.ACCOUNT and about in _TO_GO and one.alert_id is not None:
        return NewLink(
            LinkPurpose.RESPONDER, LIFETIME[LinkPurpose.RESPONDER], account_id=to.account_id, alert_id=one.alert_id,
            language=one.language,
        )  # fmt: skip
    family = to.kind is RecipientKind.CONTACT or reach.role_of(conn, to) == "family"
    if not family or one.resident_id is None or about not in _TO_LOOK_AT:
        return None
    return NewLink(
        LinkPurpose.FAMILY, IN_A_MESSAGE, account_id=to.account_id, contact_id=to.contact_id,
        resident_id=one.resident_id, alert_id=one.alert_id, language=one.language,
    )  # fmt: skip
