"""Opening a signed link: fetching it shows nothing of anybody and changes nothing; a person's tap opens it.

What previews links (WeChat, mail scanners) only fetches: it learns that there is a page, and what kind of alert it was.
"""

from datetime import UTC, datetime

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import RedirectResponse
from starlette.requests import HTTPConnection
from starlette.responses import Response

from care.family import Said
from care.links import LinkPurpose, read_link
from care.notices import Recipient
from dashboard.desk import AtDesk, Desk
from dashboard.phones.family_words import say_word
from dashboard.phones.link_door import (
    MOST_WRONG,
    PATHS,
    FormFields,
    Person,
    Turned,
    note,
    opened_by,
    remember,
    within_limits,
)
from dashboard.phones.rendered import language_of, page
from records.database import Conn
from records.judging import alerts
from records.people import links
from records.people.links import Link
from records.telling import receipts

router = APIRouter(include_in_schema=False)


def add_turned(app: FastAPI) -> None:
    """Make what can't be shown a page in the reader's language."""
    app.add_exception_handler(Turned, _turned)


async def _turned(connection: HTTPConnection, problem: Exception) -> Response:
    assert isinstance(problem, Turned)  # noqa: S101 - registered for nothing else
    assert isinstance(connection, Request)  # noqa: S101 - no WebSocket uses the door
    language = language_of(connection)
    response = page(connection, "turned.html", language, problem.status, why=problem.why, wait=problem.wait or 0)
    if problem.wait is not None:
        response.headers["retry-after"] = str(problem.wait)
    return response


@router.get("/l/{token}")
def knock(token: str, request: Request, desk: AtDesk) -> Response:
    """Where a link leads: to the page where this browser has opened it before, else to one tap."""
    link = _link(desk, request, token)
    with desk.database.transaction() as conn:
        opened = opened_by(conn, request, desk, link.purpose, datetime.now(UTC))
        alert = alerts.alert(conn, link.alert_id) if link.alert_id else None
    if any(_opens_as_well(one, link) for one in opened):
        return RedirectResponse(target_of(link), 303)
    language = language_of(request, link.language)
    return page(request, "knock.html", language, secure=desk.secure_cookies, token=token, link=link, alert=alert)


@router.post("/l/{token}")
def open_link(token: str, request: Request, fields: FormFields, desk: AtDesk) -> Response:
    """A person opens it: this browser is known from now on, the audit log says so, and its message was read.

    With `said` it is at once what they say of the alert: one tap from the message.
    """
    link = _link(desk, request, token)
    within_limits(desk, f"link {link.id}")
    now = datetime.now(UTC)
    with desk.database.transaction() as conn:
        links.used(conn, link.id, now)
        note(conn, person_of(link), "open link", resident_id=link.resident_id, alert_id=link.alert_id)
        if link.alert_id:
            receipts.opened(conn, link.alert_id, _recipient(link), now)
        done = _said(conn, link, fields, now)
        before = opened_by(conn, request, desk, link.purpose, now)
    response = RedirectResponse(target_of(link, done), 303)
    remember(response, desk, link.purpose, [link.id, *(one.id for one in before if one.live)])
    return response


def _link(desk: Desk, request: Request, token: str) -> Link:
    """The link that this token opens; a wrong one, one that is over and one that was taken back are told apart only
    for whoever has one that we signed."""
    key = desk.outside.link_key
    link_id = read_link(key, token) if key else None
    if link_id is None:
        address = request.client.host if request.client else "unknown"
        within_limits(desk, f"wrong link {address}", MOST_WRONG)
        raise Turned(404, "unknown")
    with desk.database.transaction() as conn:
        found = links.some(conn, [link_id], datetime.now(UTC))
    if not found:
        raise Turned(404, "unknown")
    if not found[0].live:
        raise Turned(410, over(found[0]))
    return found[0]


def over(link: Link) -> str:
    """Why a link opens nothing any more."""
    return "expired" if link.revoked_at is None and link.expires_at <= datetime.now(UTC) else "revoked"


def _opens_as_well(one: Link, asked: Link) -> bool:
    """Whether a browser that has opened `one` need not be asked again: the same person, for the same."""
    same = (one.account_id, one.contact_id) == (asked.account_id, asked.contact_id)
    return (
        one.live
        and same
        and (one.id == asked.id or (one.resident_id is not None and one.resident_id == asked.resident_id))
    )


def _said(conn: Conn, link: Link, fields: dict[str, str], now: datetime) -> str:
    """What somebody of the family says of the alert, done; empty where they only open it."""
    word = fields.get("said", "")
    if link.purpose is not LinkPurpose.FAMILY or not (link.alert_id and link.resident_id) or word not in set(Said):
        return ""
    return say_word(conn, person_of(link), link.resident_id, link.alert_id, Said(word), now)


def _recipient(link: Link) -> Recipient:
    if link.contact_id:
        return Recipient.contact(link.contact_id)
    assert link.account_id is not None  # noqa: S101 - a link is for one of the two
    return Recipient.account(link.account_id)


def person_of(link: Link) -> Person:
    """Whoever comes by this link."""
    return Person(link.account_id, link.contact_id, link.who, link)


def target_of(link: Link, done: str = "") -> str:
    """The page that it opens: the resident's with the alert in sight, or for who goes there the alert's."""
    if link.purpose is LinkPurpose.RESPONDER:
        return f"{PATHS[link.purpose]}/{link.alert_id}"
    said = f"?done={done}" if done else ""
    return f"{PATHS[link.purpose]}/{link.resident_id}{said}" + (f"#alert-{link.alert_id}" if link.alert_id else "")
