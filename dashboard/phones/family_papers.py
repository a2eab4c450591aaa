"""The family's papers: who looked at or changed what is kept of somebody, and what was agreed to."""

from datetime import UTC, datetime
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from dashboard.phones.family_door import Relative, Theirs, note_look
from dashboard.phones.link_door import Person
from dashboard.phones.plain_audit import did, refused
from dashboard.phones.rendered import page, sayer
from records.login import audit
from records.login.audit import OfFamily
from records.people import consents

router = APIRouter(include_in_schema=False)

AT_ONCE = 60
"""Lines on one page."""


@router.get("/family/{resident_id}/log")
def log(theirs: Theirs, request: Request, before: Annotated[int | None, Query(ge=1, lt=2**62)] = None) -> Response:
    """Who looked at or changed what, by role and in plain words, the newest first."""
    with theirs.desk.database.transaction() as conn:
        note_look(conn, theirs, "/log")
        found = audit.of_resident(conn, theirs.resident.id, before, AT_ONCE + 1)
    language = theirs.member.language
    lines = ((one.at, _who(one, theirs.person, language), _what(one, language)) for one in found[:AT_ONCE])
    # What one request notes as two things, or two pages asked for at once, is one line for whoever reads it.
    shown = [
        next(same) for _, same in groupby(lines, lambda line: (line[0].replace(second=0, microsecond=0), *line[1:]))
    ]
    older = found[AT_ONCE - 1].id if len(found) > AT_ONCE else None
    return _page(theirs, request, "family_log.html", lines=shown, older=older)


def _who(one: OfFamily, me: Person, language: str) -> str:
    """By role; of one's own people what they are, and oneself."""
    say = sayer(language)
    if (me.account_id and one.account_id == me.account_id) or (me.by_user and one.by_user == me.by_user):
        return say("family.log.you")
    if one.role is not None:
        return say(f"role.{one.role}")
    if one.relation is not None or one.by_user.startswith("contact:"):
        return one.relation or say("family.log.family")
    return say("family.log.machine")


def _what(one: OfFamily, language: str) -> str:
    say = sayer(language)
    words = say(f"family.did.{did(one.action)}")
    return say("family.log.refused", what=words) if refused(one.action) else words


@router.get("/family/{resident_id}/consents")
def agreed(theirs: Theirs, request: Request) -> Response:
    """What was agreed to, on what it rests, and what was withdrawn."""
    with theirs.desk.database.transaction() as conn:
        note_look(conn, theirs, "/consents")
        found = consents.of_resident(conn, theirs.resident.id)
    return _page(theirs, request, "family_consents.html", found=found, now=datetime.now(UTC))


def _page(theirs: Relative, request: Request, name: str, **facts: Any) -> Response:
    member = theirs.member
    return page(
        request, name, member.language, secure=theirs.desk.secure_cookies, theirs=theirs, proof=member.visitor.proof,
        done=request.query_params.get("done") == "withdrawn", **facts,
    )  # fmt: skip
