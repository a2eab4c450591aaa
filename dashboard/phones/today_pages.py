"""What a station's worker has to do today, on a telephone: visits and services, each two taps away. No script."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from care.checkins import SELF
from care.links import LinkPurpose
from care.orders import NEXT, OrderNotAllowed, OrderState, OrderStep
from care.visits import VisitKind
from dashboard.desk import AtDesk, Desk
from dashboard.phones.link_door import FormFields, Person, Turned, Visitor, note, visitor_by, within_limits
from dashboard.phones.rendered import page
from dashboard.phones.respond_pages import serves
from records.database import Conn
from records.login import accounts
from records.people import contacts, residents
from records.people.residents import ResidentView
from records.rounds import home_proofs, visiting, visits
from records.rounds.visiting import Visited
from records.scope import Scope
from records.services import ordering, orders
from records.services.ordering import NoSuchOrder, Who
from records.services.orders import WorkList

router = APIRouter(prefix="/respond/today", include_in_schema=False)

MOST = 30
"""Of each on one page, so that it stays small; the console has them all."""

SAID = frozenset({"counts", "counts_not", "attempt", "order", "late"})
STEPS = tuple(step for step in OrderStep if step not in (OrderStep.CANCEL, OrderStep.DECLINE))
"""What needs no words; the rest is done in the console, or by telephone."""


class Result(StrEnum):
    """What came of a visit."""

    DOOR = "door"
    PHONE = "phone"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Worker:
    """Who works here, and for whom."""

    person: Person
    account_id: UUID
    scope: Scope
    visitor: Visitor


def worker(visitor: Annotated[Visitor, Depends(visitor_by(LinkPurpose.RESPONDER))], desk: AtDesk) -> Worker:
    """Whoever has logged in and does visits and services; a link opens nothing here."""
    session = visitor.session
    if session is None or not serves(visitor):
        raise Turned(401 if session is None else 403, "nobody" if session is None else "nothing")
    with desk.database.transaction() as conn:
        scope = accounts.scope_of_account(conn, session.account)
    person = Person(session.account.id, None, session.account.username, None)
    return Worker(person, session.account.id, scope, visitor)


AtWork = Annotated[Worker, Depends(worker)]
Code = Annotated[str, Query(max_length=200)]


@router.get("")
def today(
    request: Request, me: AtWork, desk: AtDesk, said: Annotated[str, Query(max_length=16)] = "", code: Code = ""
) -> Response:
    """The visits and services that are due, the most urgent first; with a home's code only those of that home."""
    now = datetime.now(UTC)
    with desk.database.transaction() as conn:
        tasks, _ = visits.open_tasks(conn, me.scope, now, MOST)
        due, _ = orders.listed(conn, me.scope, WorkList.TODAY, now, MOST)
        here = _who_lives_there(conn, code, me.scope) if code else []
        note(conn, me.person, "GET /respond/today")
    if code:
        tasks = [one for one in tasks if one.resident_id in {home.id for home in here}]
        due = [one for one in due if one.resident_id in {home.id for home in here}]
    seen = {one.resident_id for one in tasks}
    return page(
        request, "today.html", me.visitor.language, secure=desk.secure_cookies, tasks=tasks, orders=due,
        steps={one.id: [step for step in NEXT[OrderState(one.state)] if step in STEPS] for one in due},
        here=[one for one in here if one.id not in seen], code=code, said=said if said in SAID else "",
        proof=me.visitor.proof, now=now,
    )  # fmt: skip


def _who_lives_there(conn: Conn, code: str, scope: Scope) -> list[ResidentView]:
    """Those in one's care in whose home this code hangs."""
    every = (residents.resident(conn, one, scope) for one in home_proofs.of_code(conn, code))
    return [one for one in every if one is not None]


@router.get("/call/{resident_id}")
def call(resident_id: UUID, request: Request, me: AtWork, desk: AtDesk) -> Response:
    """The resident's own number, to be called now; that it was shown is in the audit log."""
    with desk.database.transaction() as conn:
        found = _resident(conn, resident_id, me)
        phones = [one for one in contacts.of_resident(conn, resident_id) if one.phone]
        note(conn, me.person, "call contact", resident_id=resident_id)
    own = next((one.phone for one in phones if one.relation == SELF), None)
    return page(
        request, "today_call.html", me.visitor.language, secure=desk.secure_cookies, resident=found, own=own,
        others=[one for one in phones if one.relation != SELF],
    )  # fmt: skip


@router.post("/visit/{resident_id}/{result}")
def visit(resident_id: UUID, result: Result, me: AtWork, desk: AtDesk, fields: FormFields) -> Response:
    """Record a visit; at the door it counts with the home's code, or its button."""
    _may(me, desk, fields)
    now, code = datetime.now(UTC), fields.get("code", "")
    kind = VisitKind.DOOR if result is Result.DOOR else VisitKind.PHONE
    with desk.database.transaction() as conn:
        _resident(conn, resident_id, me)
        said = Visited(kind, now, result is not Result.NOBODY, code or None)
        recorded = visiting.record(conn, resident_id, said, me.account_id, now)
        note(conn, me.person, "record visit", resident_id=resident_id)
    if recorded.counts:
        return _back("counts", "" if result is Result.PHONE else code)
    return _back("attempt" if result is Result.NOBODY else "counts_not", code)


@router.post("/order/{order_id}/{step}")
def order(order_id: UUID, step: OrderStep, me: AtWork, desk: AtDesk, fields: FormFields) -> Response:
    """Say how far an order is; said twice it counts once."""
    _may(me, desk, fields)
    if step not in STEPS:
        raise Turned(404, "nothing")
    now = datetime.now(UTC)
    try:
        with desk.database.transaction() as conn:
            done = ordering.take_step(conn, order_id, step, Who(me.account_id), now, scope=me.scope)
            note(conn, me.person, f"{step} order", resident_id=done.resident_id, reason=str(order_id))
    except NoSuchOrder:
        raise Turned(404, "nothing") from None
    except OrderNotAllowed:
        return _back("late", fields.get("code", ""))
    return _back("order", fields.get("code", ""))


def _resident(conn: Conn, resident_id: UUID, me: Worker) -> ResidentView:
    found = residents.resident(conn, resident_id, me.scope)
    if found is None:
        raise Turned(404, "nothing")
    return found


def _may(me: Worker, desk: Desk, fields: dict[str, str]) -> None:
    me.visitor.proves(fields)
    within_limits(desk, f"today {me.account_id}")


def _back(said: str, code: str) -> Response:
    return RedirectResponse(f"/respond/today?said={said}" + (f"&code={quote(code)}" if code else ""), 303)
