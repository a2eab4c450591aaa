"""Who comes by a signed link, or as family by a login: the door of the server-rendered pages.

The link itself is a key that is used once in each browser (link_pages.py); from then on a cookie that only these pages
get says which links this browser has opened, and the row of each says whether it still opens anything.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import Depends, Request
from starlette.responses import Response

from care.links import LinkPurpose, form_proof, read_ids, sign_ids
from care.notices import Recipient
from dashboard.answers import Refused
from dashboard.desk import AtDesk, Desk
from dashboard.phones.rendered import language_of
from records.database import Conn
from records.login import attempts, audit, sessions
from records.login.sessions import Session
from records.people import links
from records.people.links import Link

PATHS = {LinkPurpose.FAMILY: "/family", LinkPurpose.RESPONDER: "/respond"}
"""Where the pages of each purpose lie."""

MOST_OPENED = 12
"""Links that one browser keeps; the one opened last comes first."""
_KEPT = timedelta(days=400)

MOST_ACTS = 30
"""Forms sent by one link or session within a minute."""
MOST_WRONG = 20
"""Addresses with a signature that is not ours, from one address within a minute."""
MOST_FIELDS = 40


class Turned(Exception):
    """The page can't be shown: `why` is the last part of a key `turned.…`, which says it in the reader's language."""

    def __init__(self, status: int, why: str, *, wait: int | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.why = why
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Person:
    """Who does something: an account, or a contact of the resident, who has none."""

    account_id: UUID | None
    contact_id: UUID | None
    who: str = field(repr=False)
    link: Link | None
    """By which link they came; None: by a login."""

    @property
    def by_user(self) -> str:
        """For the audit log, where it was no account."""
        return str(Recipient.contact(self.contact_id)) if self.contact_id else ""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks for a page: the links that this browser has opened and that still open, and the session if there is one.

    `ended`: links of this browser that open nothing any more; `fresh`: with none of either nobody gets in.
    """

    purpose: LinkPurpose
    opened: tuple[Link, ...]
    ended: tuple[Link, ...]
    session: Session | None
    language: str
    desk: Desk = field(repr=False)

    @property
    def proof(self) -> str:
        """What the forms of this visitor's pages carry."""
        return form_proof(self.desk.outside.link_key, self._credential())

    def _credential(self) -> str:
        if self.session is not None:
            return f"session {self.session.id}"
        # The same however many other links are opened meanwhile: a page that lies open stays good.
        person = self.opened[0] if self.opened else None
        return f"person {person.account_id or person.contact_id}" if person else "nobody"

    def proves(self, fields: dict[str, str]) -> None:
        """Raises Turned where this form was not made for this visitor."""
        mine = {self.proof, *(form_proof(self.desk.outside.link_key, _person(one)) for one in self.opened)}
        if fields.get("proof", "") not in mine:
            raise Turned(403, "form")


def _person(link: Link) -> str:
    return f"person {link.account_id or link.contact_id}"


def visitor_by(purpose: LinkPurpose) -> Callable[..., Visitor]:
    """The dependency that finds out who comes to the pages of this purpose."""

    def visitor(request: Request, desk: AtDesk) -> Visitor:
        now = datetime.now(UTC)
        with desk.database.transaction() as conn:
            found = opened_by(conn, request, desk, purpose, now)
            session = _session(conn, request, desk)
        live = tuple(one for one in found if one.live)
        return Visitor(
            purpose, live, tuple(one for one in found if not one.live), session,
            language_of(request, found[0].language if found else None), desk,
        )  # fmt: skip

    return visitor


def _session(conn: Conn, request: Request, desk: Desk) -> Session | None:
    token = request.cookies.get(desk.cookie, "")
    return sessions.session_of(conn, token) if token else None


def opened_by(conn: Conn, request: Request, desk: Desk, purpose: LinkPurpose, now: datetime) -> list[Link]:
    """The links for this purpose that this browser has opened, also those that open nothing any more."""
    if not desk.outside.link_key:
        return []
    ids = read_ids(desk.outside.link_key, f"opened {purpose}", request.cookies.get(cookie_name(desk, purpose), ""))
    return [one for one in links.some(conn, ids, now) if one.purpose is purpose]


def cookie_name(desk: Desk, purpose: LinkPurpose) -> str:
    """The cookie with the links that a browser has opened, which only this door reads."""
    return f"{desk.cookie}-{purpose}"


def remember(response: Response, desk: Desk, purpose: LinkPurpose, ids: list[UUID]) -> None:
    """This browser has opened these links, the last one first."""
    kept = list(dict.fromkeys(ids))[:MOST_OPENED]
    response.set_cookie(
        cookie_name(desk, purpose),
        sign_ids(desk.outside.link_key, f"opened {purpose}", kept),
        max_age=int(_KEPT.total_seconds()),
        path="/",  # the next link (/l/…) has to see it too
        secure=desk.secure_cookies,
        httponly=True,
        samesite="lax",  # who comes from a chat comes from elsewhere; what they send is proven by the form
    )


def forget(response: Response, desk: Desk, purpose: LinkPurpose) -> None:
    """This browser has opened nothing."""
    response.delete_cookie(
        cookie_name(desk, purpose), path="/", secure=desk.secure_cookies, httponly=True, samesite="lax"
    )


def within_limits(desk: Desk, key: str, most: int = MOST_ACTS) -> None:
    """Count this under its key, for all dashboards together; raises Turned where it is one too many in a minute."""
    with desk.database.transaction() as conn:
        wait = attempts.take(conn, [(key, most)], datetime.now(UTC))
    if wait is not None:
        raise Turned(429, "often", wait=max(1, int(wait.total_seconds()) + 1))


def note(
    conn: Conn, person: Person, action: str, *, resident_id: UUID | None = None, alert_id: UUID | None = None,
    reason: str = "",
) -> None:  # fmt: skip
    """Who came by which link and did what, in the audit log."""
    subject = f"link {person.link.id}" if person.link else ""
    audit.note(
        conn, person.account_id, action, resident_id=resident_id, alert_id=alert_id, subject=subject,
        reason=reason, by_user=person.by_user,
    )  # fmt: skip


async def form_fields(request: Request) -> dict[str, str]:
    """The fields of a form, as they were sent; of one that comes twice the last."""
    try:
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refused(422, "body: send a form (application/x-www-form-urlencoded)", "body") from None
    return {name: value.replace("\0", "") for name, value in pairs}


FormFields = Annotated[dict[str, str], Depends(form_fields)]
