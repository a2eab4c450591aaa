"""Whose page may be seen: a family's account those it is entrusted with, a link the one it was made for."""

from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends

from care.links import LinkPurpose
from care.people import Role
from dashboard.desk import Desk
from dashboard.phones.link_door import Person, Turned, Visitor, note, visitor_by
from dashboard.phones.link_pages import over, person_of
from records.database import Conn
from records.people import residents
from records.people.residents import ResidentView
from records.scope import Scope, scope_of


@dataclass(frozen=True, slots=True)
class FamilyMember:
    """Who asks, and as whom they act for each of those they may see."""

    visitor: Visitor
    people: dict[UUID, Person] = field(repr=False)

    @property
    def desk(self) -> Desk:
        """The desk that they came to."""
        return self.visitor.desk

    @property
    def language(self) -> str:
        """Theirs."""
        return self.visitor.language

    @property
    def scope(self) -> Scope:
        """Exactly those whom they may see."""
        return Scope(residents=tuple(self.people))

    @property
    def has_links(self) -> bool:
        """Whether this browser came by a link, which can be given back."""
        return bool(self.visitor.opened)


def family_member(visitor: Annotated[Visitor, Depends(visitor_by(LinkPurpose.FAMILY))]) -> FamilyMember:
    """Who comes; 401 for whoever neither has a link nor has logged in, 410 where every link of theirs is over."""
    people = {one.resident_id: person_of(one) for one in reversed(visitor.opened) if one.resident_id}
    session = visitor.session
    if session is not None and session.account.role is Role.FAMILY and not session.account.one_time:
        account = session.account
        with visitor.desk.database.transaction() as conn:
            entrusted = scope_of(conn, account.id, account.role, account.area_id, account.vendor).residents or ()
        people |= {one: Person(account.id, None, account.username, None) for one in entrusted}
    elif not people:
        raise Turned(410, over(visitor.ended[0])) if visitor.ended else Turned(401, "nobody")
    return FamilyMember(visitor, people)


Family = Annotated[FamilyMember, Depends(family_member)]


@dataclass(frozen=True, slots=True)
class Relative:
    """One resident, and whoever of their family asks for them."""

    member: FamilyMember
    person: Person
    resident: ResidentView

    @property
    def desk(self) -> Desk:
        """The desk that they came to."""
        return self.member.desk


def relative(member: Family, resident_id: UUID) -> Relative:
    """The one door to a resident's data here: a stranger and a wrong id get the same page."""
    person = member.people.get(resident_id)
    if person is None:
        ended = [one for one in member.visitor.ended if one.resident_id == resident_id]
        raise Turned(410, over(ended[0])) if ended else Turned(404, "nothing")
    with member.desk.database.transaction() as conn:
        found = residents.resident(conn, resident_id, member.scope)
    if found is None:
        raise Turned(404, "nothing")
    return Relative(member, person, found)


Theirs = Annotated[Relative, Depends(relative)]


def note_look(conn: Conn, theirs: Relative, what: str) -> bool:
    """Their look at a page is in the audit log, within five minutes once; whether it was noted now."""
    person = theirs.person
    look = ("family", person.account_id, person.contact_id, what, theirs.resident.id)
    if theirs.desk.looks.knows(look):
        return False
    note(conn, person, f"GET /family/{{resident_id}}{what}", resident_id=theirs.resident.id)
    theirs.desk.looks.add(look)
    return True
