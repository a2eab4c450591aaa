"""A resident's contacts over HTTP: who is called, in which order, and the number for one call."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from care.addresses import checked
from care.masking import masked_name, masked_phone
from care.notices import Channel
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care, InMyCare
from dashboard.entry.reach_routes import masked_ways
from records.database import Conn
from records.login import audit
from records.people import contacts
from records.people.contacts import Entry, Reachable

router = APIRouter(prefix="/api/residents", tags=["messages"])

MOST_CONTACTS = 20
"""Of one resident."""

_Text = StringConstraints(strip_whitespace=True, max_length=64, pattern=NO_NUL)


class Contacts(BaseModel):
    """A resident's contacts in the order in which they are called; numbers and addresses are masked."""

    contacts: list[Reachable]


class Changed(BaseModel):
    """Who a contact is; without `phone` the number stays. The relation 本人 is the resident's own telephone."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, _Text, Field(min_length=1)]
    relation: Annotated[str, _Text] = ""
    phone: Annotated[str, _Text] = ""


class NewContact(Changed):
    """Somebody to call."""

    phone: Annotated[str, _Text, Field(min_length=1)]


class Order(BaseModel):
    """All contacts of a resident, in the order in which they are to be called."""

    model_config = ConfigDict(extra="forbid")
    contacts: Annotated[list[UUID], Field(max_length=MOST_CONTACTS)]


class Number(BaseModel):
    """The number of one contact, in full, for the call that is made now."""

    phone: str


@router.get("/{resident_id}/contacts")
def listed(resident: InMyCare, care: Care, desk: AtDesk) -> Contacts:
    """Who is called for this resident, and by which ways."""
    with desk.database.transaction() as conn:
        return _shown(conn, resident.id, names=care.names)


@router.post("/{resident_id}/contacts", status_code=201)
def add(resident: InMyCare, new: NewContact, care: Care, desk: AtDesk) -> Contacts:
    """One more to call, after the others."""
    entry = _entry(new)
    with desk.database.transaction() as conn:
        if len(contacts.of_resident(conn, resident.id)) >= MOST_CONTACTS:
            raise Refused(422, f"name: there are {MOST_CONTACTS} already; remove one first", "name")
        contacts.add(conn, resident.id, entry)
        return _shown(conn, resident.id, names=care.names)


@router.put("/{resident_id}/contacts/order")
def put_in_order(resident: InMyCare, order: Order, care: Care, desk: AtDesk) -> Contacts:
    """They are called in this order from now on."""
    try:
        with desk.database.transaction() as conn:
            contacts.put_in_order(conn, resident.id, order.contacts)
            return _shown(conn, resident.id, names=care.names)
    except ValueError as problem:
        raise Refused(409, str(problem), "contacts") from None


@router.put("/{resident_id}/contacts/{contact_id}")
def change(resident: InMyCare, contact_id: UUID, new: Changed, care: Care, desk: AtDesk) -> Contacts:
    """What is known of a contact is so from now on."""
    entry = _entry(new)
    with desk.database.transaction() as conn:
        if not contacts.change(conn, resident.id, contact_id, entry):
            raise not_found("contact")
        return _shown(conn, resident.id, names=care.names)


@router.delete("/{resident_id}/contacts/{contact_id}")
def remove(resident: InMyCare, contact_id: UUID, care: Care, desk: AtDesk) -> Contacts:
    """They are called no more; their addresses are forgotten too."""
    with desk.database.transaction() as conn:
        if not contacts.remove(conn, resident.id, contact_id):
            raise not_found("contact")
        return _shown(conn, resident.id, names=care.names)


@router.post("/{resident_id}/contacts/{contact_id}/call")
def call(resident: InMyCare, contact_id: UUID, care: Care, desk: AtDesk) -> Number:
    """The number to call now; that it was asked for, of whom and by whom is in the audit log."""
    with desk.database.transaction() as conn:
        phone = contacts.phone_of(conn, resident.id, contact_id)
        if not phone:
            raise not_found("contact with a number")
        audit.note(conn, care.session.account.id, "call contact", resident_id=resident.id, subject=str(contact_id))
    return Number(phone=phone)


def _entry(new: Changed) -> Entry:
    try:
        phone = checked(Channel.VOICE, new.phone) if new.phone else ""
    except ValueError as problem:
        raise Refused(422, str(problem).replace("address:", "phone:", 1), "phone") from None
    return Entry(new.name, new.relation, phone)


def _shown(conn: Conn, resident_id: UUID, *, names: bool) -> Contacts:
    return Contacts(contacts=shown_contacts(conn, resident_id, names=names))


def shown_contacts(conn: Conn, resident_id: UUID, *, names: bool) -> list[Reachable]:
    """Who is called for this resident, in order, as an account sees them that may see names or not."""
    return [_masked(one, names) for one in contacts.of_resident(conn, resident_id)]


def _masked(one: Reachable, names: bool) -> Reachable:
    name = one.name if names else masked_name(one.name)
    return replace(one, name=name, phone=masked_phone(one.phone), addresses=masked_ways(one.addresses))
