"""The links to a resident's family page, as staff make them and take them back: in words, and as a code to scan."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from care.links import LIFETIME, MOST_LIFETIME, LinkPurpose, sign_link
from care.masking import masked_name
from dashboard.answers import Refused, not_found
from dashboard.desk import AtDesk, Care, CareOf, Desk, InMyCare
from dashboard.qr import as_svg
from records.database import Conn
from records.people import contacts, links
from records.people.links import Link, NewLink

router = APIRouter(prefix="/api/residents", tags=["links"])


class LinkView(BaseModel):
    """One link: for whom, until when, and whether it still opens; what it is in full is shown only once."""

    id: UUID
    contact_id: UUID | None
    account_id: UUID | None
    who: str
    alert_id: UUID | None
    made_at: datetime
    made_by_name: str | None = Field(description="none: the platform, with a message")
    expires_at: datetime
    revoked_at: datetime | None
    revoked_by_name: str | None = Field(description="none: whoever got it")
    used_at: datetime | None
    live: bool


class Links(BaseModel):
    """The links to a resident's page, the newest first."""

    links: list[LinkView]


class NewFamilyLink(BaseModel):
    """For which contact, and how long it opens."""

    model_config = ConfigDict(extra="forbid")
    contact_id: UUID
    days: Annotated[int, Field(ge=1, le=MOST_LIFETIME.days)] = LIFETIME[LinkPurpose.FAMILY].days
    language: Literal["zh-CN", "en"] = "zh-CN"


class MadeLink(BaseModel):
    """A new link, shown only now: its address, and the same as a QR code."""

    url: str
    svg: str
    links: list[LinkView]


@router.get("/{resident_id}/links")
def listed(resident: InMyCare, care: Care, desk: AtDesk) -> Links:
    """Who has, or had, a link to the resident's family page."""
    with desk.database.transaction() as conn:
        return Links(links=_views(conn, resident.id, care))


@router.post("/{resident_id}/links", status_code=201)
def make(resident: InMyCare, new: NewFamilyLink, request: Request, care: Care, desk: AtDesk) -> MadeLink:
    """Make a link for a contact: whoever has it sees the resident's page and answers for the contact."""
    if not desk.outside.link_key:
        raise Refused(409, "Links are not set up here; whoever runs Ankang sets ANKANG_LINK_KEY.")
    wanted = NewLink(
        LinkPurpose.FAMILY, timedelta(days=new.days), contact_id=new.contact_id, resident_id=resident.id,
        language=new.language, by=care.session.account.id,
    )  # fmt: skip
    with desk.database.transaction() as conn:
        if not contacts.is_of(conn, new.contact_id, resident.id):
            raise not_found("contact")
        url = address_of(desk, request, links.make(conn, wanted, datetime.now(UTC)))
        return MadeLink(url=url, svg=as_svg(url), links=_views(conn, resident.id, care))


@router.post("/{resident_id}/links/{link_id}/revoke")
def revoke(resident: InMyCare, link_id: UUID, care: Care, desk: AtDesk) -> Links:
    """The link opens nothing from now on, also where its page is open."""
    by, now = care.session.account.id, datetime.now(UTC)
    with desk.database.transaction() as conn:
        if not links.revoke(conn, [link_id], by, now, resident_id=resident.id):
            raise not_found("link that still opens")
        return Links(links=_views(conn, resident.id, care))


def address_of(desk: Desk, request: Request, link_id: UUID) -> str:
    """What is sent: under the public address where one is set, else where the one who makes it is."""
    base = desk.outside.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/l/{sign_link(desk.outside.link_key, link_id)}"


def _views(conn: Conn, resident_id: UUID, care: CareOf) -> list[LinkView]:
    return [_view(one, care.names) for one in links.of_resident(conn, resident_id, datetime.now(UTC))]


def _view(one: Link, names: bool) -> LinkView:
    who = one.who if names or one.account_id else masked_name(one.who)
    return LinkView(
        id=one.id, contact_id=one.contact_id, account_id=one.account_id, who=who, alert_id=one.alert_id,
        made_at=one.made_at, made_by_name=one.made_by_name, expires_at=one.expires_at, revoked_at=one.revoked_at,
        revoked_by_name=one.revoked_by_name, used_at=one.used_at, live=one.live,
    )  # fmt: skip
