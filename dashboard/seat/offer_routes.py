"""Neighbour partners over HTTP: who may be asked, and how whoever is asked accepts, declines, arrives."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, StringConstraints

from care.alerts import NotAllowed
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care, CareOf, InMyCare
from dashboard.masked import for_home
from records.database import Conn
from records.login import audit
from records.people import partners
from records.people.partners import Neighbour, Partner
from records.telling import offers
from records.telling.offers import NoLongerOffered, NoSuchOffer, Offer

router = APIRouter(prefix="/api", tags=["neighbours"])


class Offers(BaseModel):
    """What was offered to one, the newest first, and the minutes that one has given (爱心时间银行)."""

    offers: list[Offer]
    minutes: int


class Partners(BaseModel):
    """The neighbour partners of a resident."""

    partners: list[Partner]


class Neighbours(BaseModel):
    """The neighbour partners of an area, by name."""

    neighbours: list[Neighbour]


class NewPartner(BaseModel):
    """The account of a neighbour."""

    model_config = ConfigDict(extra="forbid")
    username: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NO_NUL)]


@router.get("/offers")
def list_offers(care: Care, desk: AtDesk) -> Offers:
    """Where one is asked to go; the address only where one has accepted."""
    me = care.session.account.id
    with desk.database.transaction() as conn:
        return Offers(offers=offers.of_account(conn, me), minutes=partners.minutes_of(conn, me))


@router.post("/offers/{offer_id}/accept")
def accept(offer_id: UUID, care: Care) -> Offer:
    """Go there: of several at once the first one does, the others get 409 and need not."""
    return _answer(care, offer_id, offers.accept)


@router.post("/offers/{offer_id}/decline")
def decline(offer_id: UUID, care: Care) -> Offer:
    """Not go, also after having accepted."""
    return _answer(care, offer_id, offers.decline)


@router.post("/offers/{offer_id}/arrive")
def arrive(offer_id: UUID, care: Care) -> Offer:
    """Be at the door."""
    return _answer(care, offer_id, offers.arrive)


@router.post("/offers/{offer_id}/see")
def see(offer_id: UUID, care: Care) -> Offer:
    """Be with the person."""
    return _answer(care, offer_id, offers.see)


def _answer(care: CareOf, offer_id: UUID, answer: Callable[[Conn, UUID, UUID, datetime], Offer]) -> Offer:
    me = care.session.account.id
    try:
        with care.desk.database.transaction() as conn:
            done = answer(conn, offer_id, me, datetime.now(UTC))
            # Whom it concerns is known only now: the route's own line names the offer.
            audit.note(conn, me, f"{answer.__name__} offer", alert_id=done.alert_id, subject=str(offer_id))
            return done
    except NoSuchOffer:
        raise not_found("offer") from None
    except NoLongerOffered:
        raise Refused(409, "Somebody else goes there, or it is over; thank you.") from None
    except NotAllowed as problem:
        raise Refused(409, f"{problem}.") from None


@router.get("/partners")
def partners_of_area(
    care: Care,
    desk: AtDesk,
    area: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="with all below it; all without one")] = None,
) -> Neighbours:
    """The neighbour partners of an area: who may be asked to go to whom, and what they have given."""
    if area is not None and not care.scope.holds(area, None):
        raise not_found("area")
    with desk.database.transaction() as conn:
        found = partners.of_area(conn, care.scope, area)
    return Neighbours(neighbours=[for_home(care.names, one) for one in found])


@router.get("/residents/{resident_id}/partners")
def list_partners(resident: InMyCare, desk: AtDesk) -> Partners:
    """Which neighbours may be asked to go to this resident."""
    with desk.database.transaction() as conn:
        return Partners(partners=partners.of_resident(conn, resident.id))


@router.post("/residents/{resident_id}/partners", status_code=201)
def add_partner(resident: InMyCare, partner: NewPartner, desk: AtDesk) -> Partners:
    """Have this neighbour asked."""
    try:
        with desk.database.transaction() as conn:
            partners.add(conn, resident.id, partner.username)
            return Partners(partners=partners.of_resident(conn, resident.id))
    except ValueError as problem:
        raise Refused(422, str(problem), "username") from None


@router.delete("/residents/{resident_id}/partners/{account_id}", status_code=204)
def remove_partner(resident: InMyCare, account_id: UUID, desk: AtDesk) -> None:
    """Have this neighbour asked no more."""
    with desk.database.transaction() as conn:
        if not partners.remove(conn, resident.id, account_id):
            raise not_found("neighbour partner")
