"""Where people are reached, over HTTP: one's own addresses and browser, and those of a resident's contacts."""

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from care.addresses import checked
from care.masking import masked_way
from care.notices import Channel, Recipient
from care.permissions import Permission
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care, CareOf, Desk, InMyCare
from records import health
from records.database import Conn
from records.login import audit
from records.people import contacts, reach
from records.people.reach import Added, Known, Reach
from records.telling import trials

router = APIRouter(prefix="/api", tags=["messages"])

MOST_ADDRESSES = 20
"""Of one account or contact."""

_OWN = frozenset({Channel.PUSH, Channel.SMS, Channel.VOICE, Channel.EMAIL, Channel.WEBHOOK, Channel.PAGES})
_OF_CONTACTS = frozenset({Channel.SMS, Channel.VOICE, Channel.EMAIL, Channel.WEBHOOK})
_Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class NewAddress(BaseModel):
    """One way to somebody. A browser's address is its subscription, in JSON; that of the pages is `pages`."""

    model_config = ConfigDict(extra="forbid")
    channel: Channel
    address: Annotated[str, Field(min_length=1, max_length=2000, pattern=NO_NUL)]
    position: Annotated[int, Field(ge=1, le=99, description="its place in the order in which they are used")] = 1
    language: Literal["zh-CN", "en"] = "zh-CN"
    quiet_from: _Clock = "22:00"
    quiet_to: Annotated[_Clock, Field(description="the same as quiet_from: never quiet")] = "07:00"


class Addresses(BaseModel):
    """Addresses in the order in which they are used."""

    addresses: list[Known]


class AddressMade(BaseModel):
    """An address that was entered; a new webhook's secret, with which messages to it are signed, is shown only now."""

    id: int
    secret: str | None
    addresses: list[Known]


class PushKey(BaseModel):
    """The key with which a browser subscribes (VAPID, RFC 8292); None where Web Push is not set up."""

    key: str | None


class SetUp(BaseModel):
    """The ways by which people can be told here; None where the part that tells has never run."""

    channels: list[Channel] | None


@router.get("/channels")
def set_up(desk: AtDesk) -> SetUp:
    """Which ways are set up here: an address of another kind is kept, and tells nobody."""
    with desk.database.transaction() as conn:
        return SetUp(channels=health.channels(conn))


@router.get("/push-key")
def push_key(desk: AtDesk) -> PushKey:
    """The public key for this page's `PushManager.subscribe`."""
    return PushKey(key=desk.outside.push_key or None)


@router.get("/reach")
def own(care: Care, desk: AtDesk) -> Addresses:
    """Where one is reached oneself."""
    with desk.database.transaction() as conn:
        return Addresses(addresses=reach.reach_of(conn, Recipient.account(care.session.account.id)))


@router.post("/reach", status_code=201)
def add_own(new: NewAddress, care: Care, desk: AtDesk) -> AddressMade:
    """Be reached here too, or change what is known of an address: whoever subscribes takes over a browser."""
    if new.channel is Channel.PUSH and not desk.outside.push_key:
        raise Refused(422, "channel: Web Push is not set up here; whoever runs Ankang sets ANKANG_PUSH_KEY", "channel")
    if new.channel is Channel.PAGES and not care.may(Permission.WATCH):
        raise Refused(422, "channel: the pages of alerts are not among those that you see", "channel")
    who = Recipient.account(care.session.account.id)
    with desk.database.transaction() as conn:
        added = _add(conn, who, new, _OWN)
        _note(conn, care, "add address", added.id, new.channel)
        return _made(conn, who, added, masked=False)


@router.delete("/reach/{reach_id}", status_code=204)
def strike_own(reach_id: int, care: Care, desk: AtDesk) -> None:
    """Be reached there no longer."""
    with desk.database.transaction() as conn:
        if not _strike(conn, Recipient.account(care.session.account.id), reach_id):
            raise not_found("address")
        _note(conn, care, "strike address", reach_id)


@router.post("/residents/{resident_id}/contacts/{contact_id}/reach", status_code=201)
def add_of_contact(resident: InMyCare, contact_id: UUID, new: NewAddress, desk: AtDesk) -> AddressMade:
    """Reach a contact here too, or change what is known of an address."""
    with desk.database.transaction() as conn:
        who = _contact(conn, resident.id, contact_id)
        return _made(conn, who, _add(conn, who, new, _OF_CONTACTS), masked=True)


@router.delete("/residents/{resident_id}/contacts/{contact_id}/reach/{reach_id}", status_code=204)
def strike_of_contact(resident: InMyCare, contact_id: UUID, reach_id: int, desk: AtDesk) -> None:
    """Reach a contact there no longer."""
    with desk.database.transaction() as conn:
        if not _strike(conn, _contact(conn, resident.id, contact_id), reach_id):
            raise not_found("address")


@router.post("/reach/{reach_id}/trial", status_code=204)
def try_own(reach_id: int, care: Care, desk: AtDesk) -> None:
    """Have a test message sent to this address of one's own; how far it gets is in the list."""
    _try(desk, Recipient.account(care.session.account.id), reach_id)
    with desk.database.transaction() as conn:
        _note(conn, care, "try address", reach_id)


@router.post("/residents/{resident_id}/contacts/{contact_id}/reach/{reach_id}/trial", status_code=204)
def try_of_contact(resident: InMyCare, contact_id: UUID, reach_id: int, desk: AtDesk) -> None:
    """Have a test message sent to this address of a contact; how far it gets is in the list."""
    with desk.database.transaction() as conn:
        who = _contact(conn, resident.id, contact_id)
    _try(desk, who, reach_id)


def _try(desk: Desk, who: Recipient, reach_id: int) -> None:
    try:
        with desk.database.transaction() as conn:
            if not (0 < reach_id <= _MOST_ID and trials.put(conn, who, reach_id, datetime.now(UTC))):
                raise not_found("address")
    except ValueError as problem:
        raise Refused(409, str(problem), "address") from None


def _contact(conn: Conn, resident_id: UUID, contact_id: UUID) -> Recipient:
    if not contacts.is_of(conn, contact_id, resident_id):
        raise not_found("contact")
    return Recipient.contact(contact_id)


def _add(conn: Conn, who: Recipient, new: NewAddress, channels: frozenset[Channel]) -> Added:
    if new.channel not in channels:
        raise Refused(422, f"channel: use one of {', '.join(sorted(channels))}", "channel")
    try:
        address = checked(new.channel, new.address)
    except ValueError as problem:
        raise Refused(422, str(problem), "address") from None
    if len(reach.reach_of(conn, who)) >= MOST_ADDRESSES:
        raise Refused(422, f"address: there are {MOST_ADDRESSES} already; strike one off first", "address")
    quiet_from, quiet_to = time.fromisoformat(new.quiet_from), time.fromisoformat(new.quiet_to)
    return reach.add_reach(conn, who, Reach(new.channel, address, new.position, new.language, quiet_from, quiet_to))


_MOST_ID = 2**63 - 1


def _strike(conn: Conn, who: Recipient, reach_id: int) -> bool:
    return 0 < reach_id <= _MOST_ID and reach.remove_reach(conn, who, reach_id)


def _made(conn: Conn, who: Recipient, added: Added, *, masked: bool) -> AddressMade:
    found = reach.reach_of(conn, who)
    return AddressMade(id=added.id, secret=added.secret or None, addresses=masked_ways(found) if masked else found)


def masked_ways(found: list[Known]) -> list[Known]:
    """Addresses of which only enough is shown to tell one from another."""
    return [replace(one, address=masked_way(one.address)) for one in found]


def _note(conn: Conn, care: CareOf, action: str, reach_id: int, channel: str = "") -> None:
    """Which address, not what it is."""
    audit.note(conn, care.session.account.id, action, subject=str(reach_id), reason=channel)
