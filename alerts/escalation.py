"""Escalation: what an alert does by itself when its time has come, each in the transaction of what it tells."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from prometheus_client import Counter

from care.escalation import ON_ROSTERS, Deed, Does, Whom, done, next_deed
from care.notices import Purpose, Recipient
from records import database, trouble
from records.database import Conn
from records.errors import Unavailable
from records.judging import alert_log
from records.people import family
from records.people import reach as addresses
from records.telling import duty, notices, offers, plans
from records.telling.notices import Notice
from records.telling.plans import Case

log = structlog.get_logger(__name__)

DEEDS = Counter("ankang_alerts_deeds_total", "What alerts did by themselves when their time had come", ["deed"])

TASK = "escalation"
"""As in alerts.tasks: so health names it where an alert's next step fails."""
_AT_ONCE = 20
_AFTER_FAILURE = timedelta(minutes=1)
_FOR_DRILLS = frozenset({Whom.SEAT, Whom.SUPERVISOR})
_PURPOSE: Mapping[Whom, Purpose] = {
    Whom.SEAT: Purpose.RAISED,
    Whom.FAMILY: Purpose.RAISED,
    Whom.NEIGHBOUR: Purpose.OFFER,
}


def begin(conn: Conn, alert_id: UUID, now: datetime) -> None:
    """Give an alert that has just opened its plan, and do at once what is due at once."""
    case = plans.case(conn, alert_id)
    if case is None or case.canary:
        return
    plan = plans.in_force(conn, case.area_id, case.standing.alert_class, case.standing.priority)
    if case.drill:
        plan = tuple(step for step in plan if step.whom in _FOR_DRILLS)
    _advance(conn, plans.freeze(conn, case, plan), now)


def sweep(conn: Conn, now: datetime) -> int:
    """Do what is due of some alerts, the longest due first, those that no other worker has; returns how many."""
    due, well = plans.claim(conn, now, _AT_ONCE), list[str]()
    for case in due:
        try:
            with database.transaction(conn):
                if _advance(conn, case, now):
                    alert_log.record_change(conn, case.id, "escalated")
                well.append(f"alert:{case.id}")
        except Unavailable:
            raise
        except Exception as problem:
            # One that can't be told holds up no other; the traceback holds no data of ours.
            log.exception("an alert's next step failed", alert=str(case.id), error=type(problem).__name__)
            plans.postpone(conn, case.id, now + _AFTER_FAILURE)
            trouble.note(conn, "alerts", TASK, f"alert:{case.id}", problem, now)
    trouble.over(conn, "alerts", TASK, well)
    return len(due)


def _advance(conn: Conn, case: Case, now: datetime) -> bool:
    """Do everything that is due of this alert and write the next deadline; says whether anything was."""
    around = _Around(conn, case, now)
    before = case.deeds
    while (deed := next_deed(case.standing)) and deed.due <= now:
        case = replace(case, deeds=case.deeds + 1)
        reached = _do(around, case.deeds, deed)
        case = replace(case, standing=done(case.standing, deed, now, reached=reached))
        DEEDS.labels(deed.does).inc()
    plans.save(conn, case)
    return case.deeds > before


class _Around:
    """Whom this alert can reach; the roster is read once, when it is needed."""

    def __init__(self, conn: Conn, case: Case, now: datetime) -> None:
        self.conn, self.case, self.now = conn, case, now
        self._on_duty: Mapping[str, tuple[UUID, ...]] | None = None

    def on_duty(self, whom: Whom) -> tuple[UUID, ...]:
        """The accounts of this level that are on duty."""
        if self._on_duty is None:
            self._on_duty = duty.on_duty(self.conn, self.case.area_id, self.now)
        return self._on_duty.get(whom, ())


@dataclass(frozen=True, slots=True)
class _Reach:
    """Whom a level means now, and whether anybody stands for it."""

    to: tuple[Recipient, ...]
    somebody: bool
    unaddressed: int = 0
    """How many are on duty of whom no address is known: nothing can be sent to them."""


def _do(around: _Around, number: int, deed: Deed) -> bool:
    """Tell whom this deed is for, and write it into the alert's log; False where nobody of a level is on duty."""
    match deed.does:
        case Does.EXPIRE | Does.UNSHELVE:
            kind = "expired" if deed.does is Does.EXPIRE else "unshelved"
            alert_log.log_line(around.conn, around.case.id, around.now, kind)
            return True
        case Does.OVERDUE:
            return _overdue(around, number, deed)
        case _:
            return _tell(around, number, deed)


def _tell(around: _Around, number: int, deed: Deed) -> bool:
    (whom,) = deed.whom
    reach = _reach(around, whom, deed.time)
    again = deed.does is Does.TELL and deed.time > 0
    if again and not reach.somebody:
        return False  # still nobody: that was said the first time
    if reach.unaddressed and deed.time == 0:
        _say_unaddressed(around, whom, reach.unaddressed)
    _put(around, number, _PURPOSE.get(whom, Purpose.ESCALATED), reach.to)
    kind = "told" if reach.somebody else "nobody_on_duty" if whom in ON_ROSTERS else "nobody_to_tell"
    if reach.somebody or not reach.unaddressed:
        alert_log.log_line(around.conn, around.case.id, around.now, kind, detail={"whom": whom, "time": deed.time + 1})
    return reach.somebody or whom not in ON_ROSTERS


def _say_unaddressed(around: _Around, whom: Whom, count: int) -> None:
    """One line for all of a level, and once in an alert the supervisor's pages: addresses are to be entered."""
    detail = {"whom": whom, "count": count}
    alert_log.log_line(around.conn, around.case.id, around.now, "no_address", detail=detail)
    pages = Recipient.supervisor(around.case.area_id)
    notice = Notice(around.case.id, Purpose.UNADDRESSED, pages, around.now, around.now)
    notices.put(around.conn, notice)


def _overdue(around: _Around, number: int, deed: Deed) -> bool:
    case = around.case
    to = [Recipient.account(one) for one in (case.answered_by, case.responder_id) if one]
    for whom in deed.whom:
        to += _reach(around, whom, 0).to
    _put(around, number, Purpose.ESCALATED, tuple(dict.fromkeys(to)))
    detail = {"phase": case.standing.phase, "whom": ",".join(deed.whom), "time": deed.time + 1}
    alert_log.log_line(around.conn, case.id, around.now, "overdue", detail=detail)
    return True


def _put(around: _Around, number: int, purpose: Purpose, to: tuple[Recipient, ...]) -> None:
    for recipient in to:
        notice = Notice(around.case.id, f"{purpose}:{number}", recipient, around.now, around.now)
        notices.put(around.conn, notice)


def _reach(around: _Around, whom: Whom, time: int) -> _Reach:
    conn, case = around.conn, around.case
    match whom:
        case Whom.SEAT | Whom.SUPERVISOR:
            on_duty, reached = _on_duty(around, whom)
            pages = Recipient.seat(case.area_id) if whom is Whom.SEAT else Recipient.supervisor(case.area_id)
            return _Reach((pages, *reached), on_duty > 0, on_duty - len(reached))
        case Whom.STATION | Whom.STREET | Whom.COUNTY:
            on_duty, reached = _on_duty(around, whom)
            return _Reach(reached, bool(reached), on_duty - len(reached))
        case _ if case.resident_id is None:
            return _Reach((), False)
        case Whom.FAMILY:
            next_one = family.contact(conn, case.resident_id, time)
            members = family.accounts(conn, case.resident_id) if time == 0 else []
            to = [Recipient.contact(next_one)] if next_one else []
            return _Reach((*to, *map(Recipient.account, members)), bool(to or members))
        case Whom.NEIGHBOUR:
            asked = offers.offer_to_partners(conn, case.id, case.resident_id, around.now)
            return _Reach(tuple(map(Recipient.account, asked)), bool(asked))


def _on_duty(around: _Around, whom: Whom) -> tuple[int, tuple[Recipient, ...]]:
    """How many are on duty at this level, and those of them to whom something can be sent."""
    accounts = around.on_duty(whom)
    addressed = addresses.with_address(around.conn, accounts)
    return len(accounts), tuple(Recipient.account(one) for one in accounts if one in addressed)
