"""The pages of whoever goes there: a neighbour by a signed link, a responder or station worker by login. No script.

Whatever is said is sent by a form and answered with the page as it is now, so that going back or sending again never
does anything twice.
"""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from care.alerts import NotAllowed
from care.callouts import CAN, Act, Part
from care.links import LinkPurpose
from care.permissions import Permission
from dashboard.desk import AtDesk, Desk
from dashboard.phones.link_door import FormFields, Person, Turned, Visitor, note, visitor_by, within_limits
from dashboard.phones.link_pages import over, person_of
from dashboard.phones.rendered import page
from records.database import Conn
from records.people import links, partners
from records.rounds import home_proofs
from records.telling import callouts, going
from records.telling.callouts import CallOut, Place
from records.telling.offers import NoLongerOffered

router = APIRouter(prefix="/respond", include_in_schema=False)


def known(visitor: Annotated[Visitor, Depends(visitor_by(LinkPurpose.RESPONDER))]) -> Visitor:
    """Whoever has, or had, a link or has logged in; nobody else gets any further."""
    if visitor.session is None and not visitor.opened and not visitor.ended:
        raise Turned(401, "nobody")
    return visitor


ByLinkOrLogin = Annotated[Visitor, Depends(known)]

SAID = frozenset({"done", "already", "late"})


@router.get("")
def listed(request: Request, who: ByLinkOrLogin, desk: AtDesk) -> Response:
    """The call-outs of whoever asks: those that are open, and the last ones; what they have given."""
    person = _somebody(who)
    account = _account(person)
    with desk.database.transaction() as conn:
        theirs = _theirs(conn, who, account)
        minutes = partners.minutes_of(conn, account)
        note(conn, person, "GET /respond")
    return page(
        request, "respond_list.html", who.language, secure=desk.secure_cookies, who=person.who, minutes=minutes,
        open=[one for one in theirs if one.part is not Part.OVER], works=serves(who),
        over=[one for one in theirs if one.part is Part.OVER],
    )  # fmt: skip


@router.get("/at/{code}")
def scanned(code: Annotated[str, Path(max_length=200)], request: Request, who: ByLinkOrLogin, desk: AtDesk) -> Response:
    """The code that hangs in a home was read with the telephone's camera: what is to be done there."""
    person = _somebody(who)
    within_limits(desk, f"respond {_account(person)}")
    with desk.database.transaction() as conn:
        here = [
            one.alert_id
            for one in _theirs(conn, who, _account(person))
            if one.part is not Part.OVER and one.resident_id and home_proofs.is_code(conn, one.resident_id, code)
        ]
    if here:
        return _show(here[0], request, who, desk, "scanned", code)
    if serves(who):
        return RedirectResponse(f"/respond/today?code={quote(code)}", 303)
    raise Turned(404, "nothing")


@router.get("/{alert_id}")
def shown(
    alert_id: UUID,
    request: Request,
    who: ByLinkOrLogin,
    desk: AtDesk,
    said: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """One call-out: what happened, and while they are on it where, how to get in, and what they can say."""
    return _show(alert_id, request, who, desk, said if said in SAID else "")


def _show(alert_id: UUID, request: Request, who: Visitor, desk: Desk, said: str, code: str = "") -> Response:
    person = _on(who, alert_id)
    account = _account(person)
    with desk.database.transaction() as conn:
        found = callouts.one(conn, alert_id, account)
        if found is None:
            raise Turned(404, "nothing")
        times = callouts.times(conn, alert_id, account)
        _note_look(conn, person, found, desk)
    return page(
        request, "respond.html", who.language, secure=desk.secure_cookies, one=found, times=times,
        can=CAN[found.part], said=said, code=code, proof=who.proof, phone=desk.outside.centre_phone,
        route=_route(request, found.place) if found.place else "", now=datetime.now(UTC),
    )  # fmt: skip


@router.post("/{alert_id}/{act}")
def say(alert_id: UUID, act: Act, who: ByLinkOrLogin, desk: AtDesk, fields: FormFields) -> Response:
    """Say one thing; said twice it counts once, said too late it changes nothing, and the page says what counts."""
    person = _on(who, alert_id)
    who.proves(fields)
    account = _account(person)
    within_limits(desk, f"respond {account}")
    try:
        with desk.database.transaction() as conn:
            came = going.say(conn, alert_id, account, act, datetime.now(UTC), code=fields.get("code", ""))
            if came is None:
                raise Turned(404, "nothing")
            if person.link is not None:
                links.used(conn, person.link.id, datetime.now(UTC))
            note(
                conn, person, f"{act} call-out", resident_id=came.callout.resident_id, alert_id=alert_id,
                reason="" if came.said == "done" else came.said,
            )  # fmt: skip
    except (NotAllowed, NoLongerOffered):  # the seat was faster
        return RedirectResponse(f"/respond/{alert_id}?said=late", 303)
    return RedirectResponse(f"/respond/{alert_id}?said={came.said}", 303)


def serves(who: Visitor) -> bool:
    """Whether they have visits and services to do: they have logged in, and see names."""
    needs = {Permission.SERVE, Permission.VISIT, Permission.READ_NAMES}
    return who.session is not None and needs <= who.session.may and not who.session.account.one_time


def _theirs(conn: Conn, who: Visitor, account: UUID) -> list[CallOut]:
    """Their call-outs; of whoever came by links only those that these open."""
    by_links = {one.alert_id for one in who.opened}
    return [one for one in callouts.of_account(conn, account) if _logged_in(who) or one.alert_id in by_links]


def _logged_in(who: Visitor) -> bool:
    return who.session is not None and Permission.RESPOND in who.session.may and not who.session.account.one_time


def _somebody(who: Visitor) -> Person:
    if who.session is not None and _logged_in(who):
        return Person(who.session.account.id, None, who.session.account.username, None)
    if who.opened:
        return person_of(who.opened[0])
    raise Turned(401, over(who.ended[0]) if who.ended else "nobody")


def _on(who: Visitor, alert_id: UUID) -> Person:
    """Whoever came by the link of this alert, else whoever has logged in."""
    for link in who.opened:
        if link.alert_id == alert_id:
            return person_of(link)
    for link in who.ended:
        if link.alert_id == alert_id and who.session is None:
            raise Turned(410, over(link))
    person = _somebody(who)
    if person.link is not None:
        raise Turned(404, "nothing")
    return person


def _account(person: Person) -> UUID:
    if person.account_id is None:  # no contact is sent anywhere
        raise Turned(404, "nothing")
    return person.account_id


def _note_look(conn: Conn, person: Person, found: CallOut, desk: AtDesk) -> None:
    """Each view is in the audit log; the same part looked at again within five minutes is one look."""
    look = ("call-out", person.account_id, found.alert_id, found.part)
    if desk.looks.knows(look):
        return
    action = "look call-out with address" if found.place else "look call-out"
    note(conn, person, action, resident_id=found.resident_id, alert_id=found.alert_id)
    desk.looks.add(look)


def _route(request: Request, place: Place) -> str:
    """What opens the telephone's own map; the page itself asks nobody."""
    where = quote(f"{place.area}{place.address}")
    apple = any(name in request.headers.get("user-agent", "") for name in ("iPhone", "iPad", "Macintosh"))
    if apple:
        return f"maps://?daddr={where}"
    if place.latitude is None:
        return f"geo:0,0?q={where}"
    return f"geo:{place.latitude},{place.longitude}?q={place.latitude},{place.longitude}({where})"
