"""Services over HTTP: ordering one for a resident, the work lists of those who serve, and an order's way to its end."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from care.orders import MOST_WEEKS, NEXT, OrderNotAllowed, OrderState, OrderStep, Service, Window
from care.people import Role
from dashboard.answers import NO_NUL, Cursor, Refused, not_found
from dashboard.desk import AtDesk, Care, CareOf, InMyCare
from dashboard.masked import for_order
from records.login import audit
from records.people import areas
from records.services import ordering, orders
from records.services.ordering import NoSuchOrder, Wanted, Who
from records.services.orders import OrderLine, ServiceOrder, WorkList

router = APIRouter(prefix="/api", tags=["services"])

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=NO_NUL)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=NO_NUL)]


class Orders(BaseModel):
    """One of the work lists; `counts`: how many open orders each of them holds."""

    counts: dict[WorkList, int]
    orders: list[ServiceOrder]
    cursor: str | None


class OrdersOf(BaseModel):
    """A resident's orders: those to come by their time, then those that are over, the latest first."""

    orders: list[ServiceOrder]


class OrderInFull(BaseModel):
    """An order with what happened to it and what can be done to it now."""

    order: ServiceOrder
    log: list[OrderLine]
    possible: list[OrderStep]


class NewOrder(BaseModel):
    """What is wanted and when; `weeks`: so often, weekly; `contact_id`: who of the family asks for it and is told."""

    model_config = ConfigDict(extra="forbid")
    service: Service
    start: Annotated[AwareDatetime, Field(alias="from")]
    end: Annotated[AwareDatetime, Field(alias="to")]
    weeks: Annotated[int, Field(ge=1, le=MOST_WEEKS)] = 1
    wish: Words = ""
    contact_id: UUID | None = None


class Accepting(BaseModel):
    """Who comes, in words, as the family may read it."""

    model_config = ConfigDict(extra="forbid")
    comes: Annotated[str, StringConstraints(strip_whitespace=True, max_length=64, pattern=NO_NUL)] = ""


class Result(BaseModel):
    """What is to be said of it."""

    model_config = ConfigDict(extra="forbid")
    note: Words = ""


class Declining(BaseModel):
    """Why it can't be done."""

    model_config = ConfigDict(extra="forbid")
    why: Reason


class Cancelling(Declining):
    """Why it is not wanted any more; `rest`: what was ordered with it for the weeks after it neither."""

    rest: bool = False


def _names(care: CareOf) -> bool:
    """Whoever sees names, and the family, which reads what it ordered for its own."""
    return care.names or care.session.account.role is Role.FAMILY


def _shown(care: CareOf, one: ServiceOrder) -> ServiceOrder:
    return for_order(_names(care), one)


@router.get("/orders")
def listed(
    care: Care,
    desk: AtDesk,
    which: WorkList = WorkList.TODAY,
    area: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="only in this area and below")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Cursor = None,
) -> Orders:
    """A work list of the orders in one's care, the one whose next step is due first at the top."""
    now = datetime.now(UTC)
    with desk.database.transaction() as conn:
        below = areas.below(conn, area) if area is not None else None
        found, goes_on = orders.listed(conn, care.scope, which, now, limit, area=below, after=cursor)
        counts = orders.counts(conn, care.scope, now, area=below)
    return Orders(counts=counts, orders=[_shown(care, one) for one in found], cursor=goes_on)


@router.get("/orders/{order_id}")
def one(order_id: UUID, care: Care, desk: AtDesk) -> OrderInFull:
    """One order, with who did what when."""
    with desk.database.transaction() as conn:
        found = orders.order(conn, order_id, datetime.now(UTC), care.scope)
        if found is None:
            raise not_found("order")
        log = orders.log_of(conn, order_id)
        audit.note(conn, care.session.account.id, "look order", resident_id=found.resident_id, subject=str(order_id))
    shown = log if _names(care) else [OrderLine(line.at, line.step, line.by_name, "") for line in log]
    possible = list(NEXT[OrderState(found.state)])
    return OrderInFull(order=_shown(care, found), log=shown, possible=possible)


@router.get("/residents/{resident_id}/orders")
def of_resident(resident: InMyCare, care: Care, desk: AtDesk) -> OrdersOf:
    """What is ordered for a resident, and what was."""
    with desk.database.transaction() as conn:
        found = orders.of_resident(conn, resident.id, datetime.now(UTC))
    return OrdersOf(orders=[_shown(care, one) for one in found])


@router.post("/residents/{resident_id}/orders", status_code=201)
def place(resident: InMyCare, new: NewOrder, care: Care, desk: AtDesk) -> OrdersOf:
    """Order a service; the stations of the area see it at once."""
    now = datetime.now(UTC)
    wanted = Wanted(resident.id, new.service, Window(new.start, new.end), new.wish, new.weeks, new.contact_id)
    try:
        with desk.database.transaction() as conn:
            ordering.place(conn, wanted, Who(care.session.account.id), now)
            return OrdersOf(orders=orders.of_resident(conn, resident.id, now))
    except ValueError as problem:
        raise Refused(422, str(problem), str(problem).split(":", maxsplit=1)[0]) from None


@router.post("/orders/{order_id}/accept")
def accept(order_id: UUID, care: Care, accepting: Accepting) -> ServiceOrder:
    """The station will do it; whoever ordered it is told."""
    return _step(care, order_id, OrderStep.ACCEPT, comes=accepting.comes)


@router.post("/orders/{order_id}/set-out")
def set_out(order_id: UUID, care: Care) -> ServiceOrder:
    """Somebody is on the way, or at it."""
    return _step(care, order_id, OrderStep.SET_OUT)


@router.post("/orders/{order_id}/finish")
def finish(order_id: UUID, care: Care, result: Result) -> ServiceOrder:
    """It is done; whoever ordered it is told."""
    return _step(care, order_id, OrderStep.FINISH, result.note)


@router.post("/orders/{order_id}/miss")
def miss(order_id: UUID, care: Care, result: Result) -> ServiceOrder:
    """Nobody was there: whoever ordered it is told, and unless they are away a visit is asked for at once."""
    return _step(care, order_id, OrderStep.MISS, result.note)


@router.post("/orders/{order_id}/decline")
def decline(order_id: UUID, declining: Declining, care: Care) -> ServiceOrder:
    """It can't be done, or not after all; whoever ordered it is told."""
    return _step(care, order_id, OrderStep.DECLINE, declining.why)


@router.post("/orders/{order_id}/cancel")
def cancel(order_id: UUID, cancelling: Cancelling, care: Care) -> ServiceOrder:
    """It is not wanted any more."""
    return _step(care, order_id, OrderStep.CANCEL, cancelling.why, rest=cancelling.rest)


def _step(
    care: CareOf, order_id: UUID, step: OrderStep, why: str = "", *, comes: str = "", rest: bool = False
) -> ServiceOrder:
    me, now = Who(care.session.account.id), datetime.now(UTC)
    try:
        with care.desk.database.transaction() as conn:
            done = ordering.take_step(conn, order_id, step, me, now, scope=care.scope, why=why, comes=comes)
            if rest:
                ordering.cancel_rest(conn, order_id, me, now, why)
            # Whom it concerns is known only now: the route's own line names the order.
            audit.note(conn, me.account_id, f"{step} order", resident_id=done.resident_id, subject=str(order_id))
    except NoSuchOrder:
        raise not_found("order") from None
    except OrderNotAllowed as problem:
        raise Refused(409, f"{problem}.", possible=[str(one) for one in NEXT[problem.state]]) from None
    return _shown(care, done)
