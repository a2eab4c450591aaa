"""The family's page on a home screen: the manifest, the service worker, the page without a connection, and Web Push."""

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse
from starlette.responses import Response

from care.addresses import checked
from care.notices import Channel, Recipient
from dashboard.desk import AtDesk
from dashboard.phones.family_acts import may_act
from dashboard.phones.family_door import Theirs
from dashboard.phones.link_door import FormFields, Turned, note
from dashboard.phones.rendered import PLAIN, language_of, page, sayer
from records.people import reach
from records.people.reach import Reach

router = APIRouter(include_in_schema=False)


@router.get("/family/manifest.webmanifest")
def manifest(request: Request) -> Response:
    """How it is kept on a home screen."""
    say = sayer(language_of(request))
    icons = [{"src": f"/plain/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png"} for size in (192, 512)]
    return JSONResponse(
        {
            "name": say("family.app"), "short_name": say("plain.name"), "lang": language_of(request), "id": "/family",
            "start_url": "/family", "scope": "/family", "display": "standalone", "background_color": "#f4f3ef",
            "theme_color": "#29505c", "icons": icons,
        },
        media_type="application/manifest+json",
        headers={"cache-control": "no-cache"},
    )  # fmt: skip


@router.get("/family/sw.js")
def worker() -> Response:
    """The service worker of these pages alone."""
    headers = {"cache-control": "no-cache", "service-worker-allowed": "/family"}
    return FileResponse(PLAIN / "sw.js", media_type="text/javascript", headers=headers)


@router.get("/family/offline")
def offline(request: Request, desk: AtDesk) -> Response:
    """What is shown while there is no connection: since when, and nothing old as if it were new."""
    return page(request, "family_offline.html", language_of(request), secure=desk.secure_cookies)


@router.post("/family/{resident_id}/push")
def subscribe(theirs: Theirs, fields: FormFields) -> Response:
    """Tell this telephone too; by what they were told until now they are told as well."""
    may_act(theirs, fields)
    if not theirs.desk.outside.push_key:
        raise Turned(404, "nothing")
    try:
        address = checked(Channel.PUSH, fields.get("subscription", ""))
    except ValueError:
        return RedirectResponse(f"/family/{theirs.resident.id}?done=no_push#done", 303)
    person = theirs.person
    who = Recipient.contact(person.contact_id) if person.contact_id else None
    if who is None and person.account_id:
        who = Recipient.account(person.account_id)
    assert who is not None  # noqa: S101 - a person is one of the two
    with theirs.desk.database.transaction() as conn:
        reach.keep_telephone(conn, who)
        added = reach.add_reach(conn, who, Reach(Channel.PUSH, address, language=theirs.member.language))
        note(conn, person, "add address", resident_id=theirs.resident.id, reason=f"push {added.id}")
    return RedirectResponse(f"/family/{theirs.resident.id}?done=push#done", 303)
