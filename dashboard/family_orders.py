"""Services that the family orders for the resident (子女网上下单), on their page, and follows to done."""

from datetime import UTC, date, datetime
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from care.notices import LOCAL
from care.orders import DAYTIMES, OrderNotAllowed, OrderStep, Service, Window
from dashboard.family_acts import may_act
from dashboard.family_door import Relative, Theirs
from dashboard.link_door import FormFields, Turned, note
from dashboard.rendered import sayer
from records.services import ordering, orders
from records.services.ordering import NoSuchOrder, Wanted, Who

router = APIRouter(include_in_schema=False)

LONGEST_WISH = 200


@router.post("/family/{resident_id}/orders")
def place(theirs: Theirs, fields: FormFields) -> Response:
    """Order a service: what, on which day, at which time of it."""
    may_act(theirs, fields)
    person, now = theirs.person, datetime.now(UTC)
    try:
        wanted = Wanted(
            theirs.resident.id, Service(fields.get("service", "")), _window(fields),
            fields.get("wish", "").strip()[:LONGEST_WISH], contact_id=person.contact_id,
        )  # fmt: skip
        with theirs.desk.database.transaction() as conn:
            made = ordering.place(conn, wanted, Who(person.account_id, person.contact_id), now)
            note(
                conn,
                person,
                "POST /api/residents/{resident_id}/orders",
                resident_id=theirs.resident.id,
                reason=str(made),
            )
    except (ValueError, KeyError):
        return _back(theirs, "wrong_order")
    return _back(theirs, "ordered")


def _window(fields: dict[str, str]) -> Window:
    day = date.fromisoformat(fields.get("day", ""))
    start, end = DAYTIMES[fields.get("daytime", "")]
    return Window(datetime.combine(day, start, LOCAL), datetime.combine(day, end, LOCAL))


@router.post("/family/{resident_id}/orders/{order_id}/cancel")
def cancel(theirs: Theirs, order_id: UUID, fields: FormFields) -> Response:
    """It is not wanted any more."""
    may_act(theirs, fields)
    person, why = theirs.person, sayer(theirs.member.language)("family.order.cancelled")
    try:
        with theirs.desk.database.transaction() as conn:
            found = orders.order(conn, order_id, datetime.now(UTC), theirs.member.scope)
            if found is None or found.resident_id != theirs.resident.id:
                raise NoSuchOrder(f"no order {order_id}")
            who = Who(person.account_id, person.contact_id)
            ordering.take_step(conn, order_id, OrderStep.CANCEL, who, datetime.now(UTC), why=why)
            note(
                conn, person, "POST /api/orders/{order_id}/cancel", resident_id=theirs.resident.id, reason=str(order_id)
            )
    except NoSuchOrder:
        raise Turned(404, "nothing") from None
    except OrderNotAllowed:
        return _back(theirs, "order_late")
    return _back(theirs, "order_cancelled")


def _back(theirs: Relative, done: str) -> Response:
    return RedirectResponse(f"/family/{theirs.resident.id}?done={done}#done", 303)
