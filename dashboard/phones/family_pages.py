"""The family's page: how somebody is in one sentence, their day, what happened, what one can do. GET only looks."""

from datetime import UTC, datetime, time, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from care.family import Said
from care.notices import LOCAL
from dashboard.phones.family_band import drawn
from dashboard.phones.family_door import Family, Theirs, note_look
from dashboard.phones.family_facts import brief, facts_of
from dashboard.phones.rendered import page
from records.people import residents

router = APIRouter(include_in_schema=False)

DONE = frozenset(
    {
        "on_it",
        "well",
        "send",
        "first",
        "over",
        "checked",
        "away",
        "back",
        "wrong_time",
        "withdrawn",
        "push",
        "no_push",
    }
)
"""What a page can say was done a moment ago."""


@router.get("/family")
def everybody(member: Family, request: Request) -> Response:
    """Whom one may see; of one alone their page at once."""
    if len(member.people) == 1:
        [only] = member.people
        return RedirectResponse(f"/family/{only}", 303)
    now = datetime.now(UTC)
    with member.desk.database.transaction() as conn:
        found = [residents.resident(conn, one, member.scope) for one in member.people]
        rows = [(one, brief(conn, one, now)) for one in found if one is not None]
    return page(
        request, "family_list.html", member.language, secure=member.desk.secure_cookies,
        rows=sorted(rows, key=lambda row: row[0].name), member=member,
    )  # fmt: skip


@router.get("/family/{resident_id}")
def one(theirs: Theirs, request: Request) -> Response:
    """One resident's page."""
    now = datetime.now(UTC)
    midnight = datetime.combine(now.astimezone(LOCAL).date(), time(), LOCAL)
    with theirs.desk.database.transaction() as conn:
        note_look(conn, theirs, "")
        facts = facts_of(conn, theirs.resident, midnight, now)
    done = request.query_params.get("done", "")
    return page(
        request, "family.html", theirs.member.language, secure=theirs.desk.secure_cookies,
        facts=facts, now=now, rows=drawn(facts.sight.strips, midnight) if facts.sight else [],
        sayings=list(Said), done=done if done in DONE else "", proof=theirs.member.visitor.proof, theirs=theirs,
        phone=theirs.desk.outside.centre_phone, several=len(theirs.member.people) > 1,
        minute=int((now - midnight) / timedelta(minutes=1)),
        tomorrow=(now.astimezone(LOCAL) + timedelta(days=1)).replace(hour=18, minute=0), local=now.astimezone(LOCAL),
        push_key=theirs.desk.outside.push_key,
    )  # fmt: skip
