"""Consents over HTTP: to what a resident agrees, by purpose and channel."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints

from care.consents import ConsentPurpose
from care.notices import Channel
from dashboard.answers import NO_NUL, Refused, not_found
from dashboard.desk import AtDesk, Care, InMyCare
from records.people import consents
from records.people.consents import Consent

router = APIRouter(prefix="/api/residents", tags=["messages"])


class Consents(BaseModel):
    """Consents in force, then those that were withdrawn."""

    consents: list[Consent]


class NewConsent(BaseModel):
    """To what the resident consents, by which channel, and how that is known."""

    model_config = ConfigDict(extra="forbid")
    purpose: ConsentPurpose = ConsentPurpose.VITAL_SIGNS
    channel: Channel
    evidence: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_NUL)]


@router.get("/{resident_id}/consents")
def listed(resident: InMyCare, desk: AtDesk) -> Consents:
    """What the resident has consented to, who noted it, and what was withdrawn."""
    with desk.database.transaction() as conn:
        return Consents(consents=consents.of_resident(conn, resident.id))


@router.post("/{resident_id}/consents", status_code=201)
def give(resident: InMyCare, new: NewConsent, care: Care, desk: AtDesk) -> Consents:
    """Write down a consent: it counts from now on."""
    with desk.database.transaction() as conn:
        try:
            who, now = care.session.account.id, datetime.now(UTC)
            given = consents.give(conn, resident.id, new.channel, new.evidence, who, now, new.purpose)
        except ValueError as problem:
            raise Refused(422, str(problem), str(problem).split(":", maxsplit=1)[0]) from None
        if given is None:
            raise Refused(409, "channel: the resident has consented to this one already", "channel")
        return Consents(consents=consents.of_resident(conn, resident.id))


@router.post("/{resident_id}/consents/{channel}/withdraw")
def withdraw(
    resident: InMyCare,
    channel: Channel,
    care: Care,
    desk: AtDesk,
    purpose: ConsentPurpose = ConsentPurpose.VITAL_SIGNS,
) -> Consents:
    """The resident consents no longer: it counts from the next message, or the next look, on."""
    with desk.database.transaction() as conn:
        if not consents.withdraw(conn, resident.id, channel, care.session.account.id, datetime.now(UTC), purpose):
            raise not_found("consent in force")
        return Consents(consents=consents.of_resident(conn, resident.id))
