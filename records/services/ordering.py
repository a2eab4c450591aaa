"""Ordering a service for a resident, and the steps that people take until it is done."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from care import orders as rules
from care.notices import Purpose
from care.orders import LOOK_AFTER, TOLD, OrderState, OrderStep, Service, Window, after
from records.database import Conn
from records.errors import RecordsError
from records.ids import new_id
from records.people import contacts
from records.rounds import absences, visits
from records.scope import EVERYTHING, Scope
from records.services.orders import ServiceOrder, order

NOT_MET = "not_met"
"""Why somebody is to be visited whom a service was brought to and who was not there."""


class NoSuchOrder(RecordsError):
    """There is no order with this id."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who does something to an order: an account, or a contact of the resident by a link of theirs."""

    account_id: UUID | None = None
    contact_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is ordered for whom; `weeks`: so often, weekly; `contact_id`: who of the family hears of it."""

    resident_id: UUID
    service: Service
    window: Window
    wish: str = ""
    weeks: int = 1
    contact_id: UUID | None = None


ADD = """
    INSERT INTO service_order (id, resident_id, series_id, service, wished_from, wished_to, wish, ordered_at,
                               ordered_by, contact_id, due_at)
    VALUES (%(id)s, %(resident)s, %(series)s, %(service)s, %(start)s, %(end)s, %(wish)s, %(now)s, %(by)s,
            %(contact)s, %(due)s)
"""
LOG = """
    INSERT INTO service_order_log (order_id, at, step, account_id, contact_id, why)
    VALUES (%(id)s, %(now)s, %(step)s, %(by)s, %(contact)s, %(why)s)
"""


def place(conn: Conn, wanted: Wanted, who: Who, now: datetime) -> UUID:
    """Order this; returns the id of the first order, which is that of the series. ValueError names field and fix."""
    rules.check(wanted.window, wanted.weeks, wanted.service, wanted.wish, now)
    if wanted.contact_id is not None and not contacts.is_of(conn, wanted.contact_id, wanted.resident_id):
        raise ValueError("contact_id: one of the resident's contacts")
    made = [new_id() for _ in range(wanted.weeks)]
    for order_id, window in zip(made, wanted.window.weekly(wanted.weeks), strict=True):
        terms = {
            "id": order_id, "resident": wanted.resident_id, "series": made[0], "service": wanted.service,
            "start": window.start, "end": window.end, "wish": wanted.wish, "now": now, "by": who.account_id,
            "contact": wanted.contact_id, "due": rules.due(OrderState.ORDERED, now, window),
        }  # fmt: skip
        conn.execute(ADD, terms)
        _log(conn, order_id, "order", who, now, "")
    return made[0]


def _log(conn: Conn, order_id: UUID, step: str, who: Who, now: datetime, why: str) -> None:
    terms = {
        "id": order_id, "now": now, "step": step, "by": who.account_id, "contact": who.contact_id, "why": why,
    }  # fmt: skip
    conn.execute(LOG, terms)


LOCK = "SELECT state FROM service_order WHERE id = %s FOR NO KEY UPDATE"
STEP = """
    UPDATE service_order
       SET state = %(state)s, due_at = %(due)s,
           settled_at = CASE WHEN %(due)s::timestamptz IS NULL THEN %(now)s::timestamptz END,
           accepted_by = CASE %(step)s WHEN 'accept' THEN %(by)s::uuid ELSE accepted_by END,
           comes = CASE WHEN %(comes)s = '' THEN comes ELSE %(comes)s END,
           why = %(why)s
     WHERE id = %(id)s
"""


def take_step(
    conn: Conn, order_id: UUID, step: OrderStep, who: Who, now: datetime, *, scope: Scope = EVERYTHING,
    why: str = "", comes: str = "",
) -> ServiceOrder:  # fmt: skip
    """What a person does to an order; of two at once one wins, the other gets care.orders.OrderNotAllowed.

    Raises NoSuchOrder for a wrong id or one outside the scope, ValueError where a reason is lacking.
    """
    row = conn.execute(LOCK, (order_id,)).fetchone()
    before = order(conn, order_id, now, scope)
    if row is None or before is None:
        raise NoSuchOrder(f"no order {order_id}")
    state = after(OrderState(row[0]), step)
    if step in rules.WITH_REASON and not why:
        raise ValueError("why: say why, whoever ordered it reads it")
    terms = {
        "id": order_id, "state": state, "step": step, "by": who.account_id, "now": now, "why": why, "comes": comes,
        "due": rules.due(state, before.ordered_at, Window(before.wished_from, before.wished_to)),
    }  # fmt: skip
    conn.execute(STEP, terms)
    _log(conn, order_id, step, who, now, why)
    if state in TOLD:
        _tell(conn, order_id, state, now)
    if state is OrderState.NOT_MET and absences.current(conn, before.resident_id, now) is None:
        visits.ask_for_visit(conn, before.resident_id, NOT_MET, now + LOOK_AFTER, now)
    found = order(conn, order_id, now)
    assert found is not None  # noqa: S101 - the row is locked by us
    return found


# The contact for whom it was ordered, else the account of the family that ordered it itself.
TELL = """
    INSERT INTO notice (id, order_id, about, recipient, priority, made_at, due_at)
    SELECT %(notice)s, o.id, %(about)s, coalesce('contact:' || o.contact_id, 'account:' || account.id), 'low',
           %(now)s, %(now)s
      FROM service_order o
      LEFT JOIN account ON account.id = o.ordered_by AND account.role = 'family'
     WHERE o.id = %(id)s AND num_nonnulls(o.contact_id, account.id) > 0
    ON CONFLICT DO NOTHING
"""


def _tell(conn: Conn, order_id: UUID, state: OrderState, now: datetime) -> None:
    about = f"{Purpose.ORDER}:{state}:{order_id}"
    conn.execute(TELL, {"notice": new_id(), "about": about, "now": now, "id": order_id})


REST = """
    SELECT id FROM service_order
     WHERE series_id = (SELECT series_id FROM service_order WHERE id = %(id)s) AND id <> %(id)s
       AND wished_from > (SELECT wished_from FROM service_order WHERE id = %(id)s)
       AND state IN ('ordered', 'accepted')
     ORDER BY wished_from
"""


def cancel_rest(conn: Conn, order_id: UUID, who: Who, now: datetime, why: str) -> int:
    """Call off what was ordered together with this one for the weeks after it; how many those were."""
    later = [row[0] for row in conn.execute(REST, {"id": order_id}).fetchall()]
    for one in later:
        take_step(conn, one, OrderStep.CANCEL, who, now, why=why)
    return len(later)
