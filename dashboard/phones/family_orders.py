"""Services on the family's page (子女网上下单): what is ordered for the resident and how far it is, and ordering it."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from care.notices import LOCAL
from care.orders import DAYTIMES, NEXT, OrderNotAllowed, OrderState, OrderStep, Service, Window
from dashboard.phones.family_acts import may_act
from dashboard.phones.family_door import Relative, Theirs, note_look
from dashboard.phones.link_door import FormFields, Turned, note
from dashboard.phones.rendered import page, sayer
from records.scope import Scope
from records.services import ordering, orders
from records.services.ordering import NoSuchOrder, Wanted, Who

router = APIRouter(prefix="/family/{resident_id}/orders", include_in_schema=False)

AHEAD = 14
"""Days after today that the page offers (an assumption); at the seat more can be ordered."""
WEEKS = (1, 4, 8, 12)
DONE = frozenset({"placed", "cancelled", "over", "wrong_time", "wrong_wish"})
# In the audit log as over HTTP.
ORDERED, CALLED_OFF = "POST /api/residents/{resident_id}/orders", "POST /api/orders/{order_id}/cancel"
WAY = (OrderState.ORDERED, OrderState.ACCEPTED, OrderState.UNDER_WAY, OrderState.DONE)


@router.get("")
def listed(theirs: Theirs, request: Request) -> Response:
    """What is ordered, what was, and the form to order something."""
    now = datetime.now(UTC)
    with theirs.desk.database.transaction() as conn:
        note_look(conn, theirs, "/orders")
        found = orders.of_resident(conn, theirs.resident.id, now)
    today = now.astimezone(LOCAL).date()
    done = request.query_params.get("done", "")
    return page(
        request, "family_orders.html", theirs.member.language, secure=theirs.desk.secure_cookies, theirs=theirs,
        open=[one for one in found if one.due_at], over=[one for one in found if not one.due_at][:10],
        way=[str(state) for state in WAY], days=[today + timedelta(days=days) for days in range(AHEAD + 1)],
        services=[str(service) for service in Service], parts=list(DAYTIMES), weeks=WEEKS,
        calls_off={one.id for one in found if OrderStep.CANCEL in NEXT[OrderState(one.state)]},
        done=done if done in DONE else "", proof=theirs.member.visitor.proof, phone=theirs.desk.outside.centre_phone,
    )  # fmt: skip


@router.post("")
def place(theirs: Theirs, fields: FormFields) -> Response:
    """Order a service; the stations of the area see it at once, and the family is told how it goes on."""
    may_act(theirs, fields)
    now, person = datetime.now(UTC), theirs.person
    wish = fields.get("wish", "").strip()[:500]
    try:
        window = _window(fields)
        service, weeks = Service(fields.get("service", "")), int(fields.get("weeks", "1"))
        wanted = Wanted(theirs.resident.id, service, window, wish, weeks, person.contact_id)
        with theirs.desk.database.transaction() as conn:
            made = ordering.place(conn, wanted, Who(person.account_id, person.contact_id), now)
            note(
                conn,
                person,
                "POST /api/residents/{resident_id}/orders",
                resident_id=theirs.resident.id,
                reason=str(made),
            )
    except ValueError as problem:
        return _back(theirs, "wrong_wish" if str(problem).startswith("wish") else "wrong_time")
    return _back(theirs, "placed")


@router.post("/{order_id}/cancel")
def cancel(theirs: Theirs, order_id: UUID, fields: FormFields) -> Response:
    """It is not wanted any more; with `rest` neither in the weeks after it."""
    may_act(theirs, fields)
    now, person, why = datetime.now(UTC), theirs.person, fields.get("why", "").strip()[:500]
    why = why or sayer(theirs.member.language)("family.order.cancelled")
    me, scope = Who(person.account_id, person.contact_id), Scope(residents=(theirs.resident.id,))
    try:
        with theirs.desk.database.transaction() as conn:
            ordering.take_step(conn, order_id, OrderStep.CANCEL, me, now, scope=scope, why=why)
            if fields.get("rest"):
                ordering.cancel_rest(conn, order_id, me, now, why)
            note(
                conn, person, "POST /api/orders/{order_id}/cancel", resident_id=theirs.resident.id, reason=str(order_id)
            )
    except NoSuchOrder:
        raise Turned(404, "nothing") from None
    except OrderNotAllowed:
        return _back(theirs, "over")
    return _back(theirs, "cancelled")


def _window(fields: dict[str, str]) -> Window:
    """The day and the part of it that were chosen; ValueError where they are none."""
    day = date.fromisoformat(fields.get("day", ""))
    if fields.get("part", "") not in DAYTIMES:
        raise ValueError("part: one of the parts of a day")
    start, end = (datetime.combine(day, at, LOCAL) for at in DAYTIMES[fields["part"]])
    return Window(start.astimezone(UTC), end.astimezone(UTC))


def _back(theirs: Relative, done: str) -> Response:
    return RedirectResponse(f"/family/{theirs.resident.id}/orders?done={done}", 303)
