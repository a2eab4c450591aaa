"""The steps that people take with an alert: who did what, when, and what is due after it."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from care.alerts import (
    MOST_EXPECTED,
    MOST_SHELVED,
    FalseCause,
    NotAllowed,
    Outcome,
    Party,
    Phase,
    Reached,
    Step,
    after,
)
from care.escalation import waiting_again
from care.rules import Priority
from records.database import Conn
from records.errors import RecordsError
from records.judging import closing
from records.judging.alert_log import log_line, record_change
from records.judging.alerts import AlertView, alert
from records.judging.closing import Asked, NobodyAsked, SamePerson
from records.people import partners
from records.scope import EVERYTHING, Scope
from records.telling import plans, sending


class NoSuchAlert(RecordsError):
    """There is no alert with this id."""


# Not FOR UPDATE, here and wherever an alert is locked: who writes a notice or a change of it needs only its id.
LOCK = "SELECT phase, priority, responder_id FROM alert WHERE id = %s FOR NO KEY UPDATE"


class NotForHigh(RecordsError):
    """An alert of high priority is never shelved."""


@dataclass(frozen=True, slots=True)
class Particulars:
    """What belongs to a step, each where it is needed."""

    to: str | None = None
    """Who was sent, in words; not needed where they have an account."""
    responder_id: UUID | None = None
    """The account of who was sent; they are told."""
    expected_at: datetime | None = None
    who: Party | None = None
    """Whom somebody tried to reach."""
    how: str | None = None
    result: Reached | None = None
    until: datetime | None = None
    reason: str | None = None
    false_cause: FalseCause | None = None
    """Of a false alarm."""
    proof: str | None = None
    """How it is known that somebody was at the door, as care.visits.Proof."""

    def written(self) -> dict[str, Any]:
        """What is there, for the alert's log."""
        every = {name: getattr(self, name) for name in self.__slots__}
        found = {name: value for name, value in every.items() if value is not None}
        return {name: _plain(value) for name, value in found.items()}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


STEP = """
    UPDATE alert
       SET phase = %(phase)s, touched_at = %(now)s,
           phase_at = CASE WHEN phase = %(phase)s THEN phase_at ELSE %(now)s END,
           answered_by = CASE %(step)s WHEN 'answer' THEN %(by)s WHEN 'hand_back' THEN NULL ELSE answered_by END,
           answered_at = CASE %(step)s WHEN 'answer' THEN %(now)s WHEN 'hand_back' THEN NULL ELSE answered_at END,
           closed_by = CASE %(step)s WHEN 'close' THEN %(by)s ELSE closed_by END,
           closed_at = CASE %(step)s WHEN 'close' THEN %(now)s ELSE closed_at END,
           dispatched_at = CASE %(step)s WHEN 'dispatch' THEN %(now)s ELSE dispatched_at END,
           dispatched_to = CASE %(step)s WHEN 'dispatch' THEN %(to)s WHEN 'hand_back' THEN %(to)s
                                         ELSE dispatched_to END,
           responder_id = CASE %(step)s WHEN 'dispatch' THEN %(responder)s WHEN 'hand_back' THEN %(responder)s
                                        ELSE responder_id END,
           expected_at = CASE %(step)s WHEN 'dispatch' THEN %(expected_at)s WHEN 'hand_back' THEN NULL
                                       ELSE expected_at END,
           arrived_at = CASE %(step)s WHEN 'arrive' THEN %(now)s ELSE arrived_at END,
           seen_at = CASE %(step)s WHEN 'see' THEN %(now)s ELSE seen_at END,
           spoke = spoke OR %(spoke)s,
           no_reply = no_reply + %(no_reply)s,
           shelved_until = CASE %(step)s WHEN 'shelve' THEN %(until)s WHEN 'contact' THEN shelved_until END,
           shelved_at = CASE %(step)s WHEN 'shelve' THEN %(now)s WHEN 'contact' THEN shelved_at END,
           shelved_by = CASE %(step)s WHEN 'shelve' THEN %(by)s::uuid WHEN 'contact' THEN shelved_by END,
           shelved_why = CASE %(step)s WHEN 'shelve' THEN %(reason)s WHEN 'contact' THEN shelved_why END,
           close_asked_by = CASE WHEN %(step)s IN ('answer', 'contact', 'close') THEN close_asked_by END,
           close_asked = CASE WHEN %(step)s IN ('answer', 'contact', 'close') THEN close_asked END,
           close_refused = CASE WHEN %(step)s = 'contact' THEN close_refused END,
           report_asks = report_asks AND report ->> 'by' = %(by)s::text,
           outcome = %(outcome)s, false_cause = %(false_cause)s,
           active = active AND %(step)s <> 'close',
           note = CASE WHEN %(note)s = '' THEN note ELSE %(note)s END
     WHERE id = %(id)s
"""


def take_step(
    conn: Conn,
    alert_id: UUID,
    step: Step,
    by: UUID,
    now: datetime,
    outcome: Outcome | None = None,
    note: str = "",
    *,
    scope: Scope = EVERYTHING,
    more: Particulars | None = None,
) -> AlertView:
    """What a person does to an alert; of two at once one wins, the other gets care.alerts.NotAllowed.

    Raises NoSuchAlert for a wrong id or one outside the scope, NotForHigh for shelving what is urgent, and ValueError
    where closing lacks an outcome or its cause does not fit it, shelving an end, or whoever is sent can't be, or not
    then. Closing without a visit although nobody has heard the resident is asked for by the first person, and done when
    a second one does the same.
    """
    more = more or Particulars()
    row = conn.execute(LOCK, (alert_id,)).fetchone()
    if row is None or alert(conn, alert_id, scope) is None:
        raise NoSuchAlert(f"no alert {alert_id}")
    if step is Step.CLOSE:
        _check_outcome(outcome, more.false_cause, note)
    phase = after(Phase(row[0]), step)
    if step is Step.SHELVE:
        _check_shelving(row[1], more, now)
    if step is Step.DISPATCH:
        more = _who_goes(conn, alert_id, by, more, now)
    if step is Step.HAND_BACK and (neighbour := partners.who_goes(conn, alert_id)):
        more = replace(more, responder_id=neighbour[0], to=neighbour[1])  # who has accepted goes on
    if step is Step.CLOSE and outcome is not None and closing.second_is_needed(conn, alert_id, by, outcome):
        return _ask_to_close(conn, alert_id, Asked(by, outcome, note, more.false_cause), now)
    if outcome is Outcome.FALSE_ALARM and more.false_cause is None and (wish := closing.asked(conn, alert_id)):
        more = replace(more, false_cause=wish.false_cause)  # the second person need not say it again
    how = outcome if step is Step.CLOSE else None
    terms = {
        "phase": phase, "step": str(step), "by": by, "now": now, "outcome": how, "note": note, "id": alert_id,
        "to": more.to, "responder": more.responder_id, "expected_at": more.expected_at,
        "until": more.until, "reason": more.reason, "false_cause": more.false_cause,
        "spoke": more.result is Reached.SPOKE and more.who is Party.RESIDENT,
        "no_reply": int(more.result is Reached.NO_REPLY),
    }  # fmt: skip
    conn.execute(STEP, terms)
    _set_next_deadline(conn, alert_id, step, now)
    detail = more.written() | ({"outcome": how, "note": note} if how else {})
    log_line(conn, alert_id, now, str(step), account_id=by, detail=detail)
    if step is Step.DISPATCH:
        partners.relieve(conn, alert_id, more.responder_id, now)
    if step is Step.DISPATCH and more.responder_id not in (None, by):  # who goes by themselves need not be told
        sending.tell(conn, alert_id, more.responder_id, now)
    if step is Step.HAND_BACK and row[2] not in (None, by, more.responder_id):
        sending.relieve(conn, alert_id, row[2], now)
    record_change(conn, alert_id, str(step))
    if step is Step.CLOSE:
        partners.settle(conn, alert_id, now)
    if step is Step.ANSWER and (neighbour := partners.who_goes(conn, alert_id)):
        return go(conn, alert_id, *neighbour, now)
    return _seen(conn, alert_id)


def go(conn: Conn, alert_id: UUID, neighbour: UUID, name: str, now: datetime) -> AlertView:
    """The neighbour who has accepted is on the way, which the one who answers need not enter."""
    more = Particulars(to=name, responder_id=neighbour)
    return take_step(conn, alert_id, Step.DISPATCH, neighbour, now, more=more)


def _seen(conn: Conn, alert_id: UUID) -> AlertView:
    found = alert(conn, alert_id)
    assert found is not None  # noqa: S101 - the row is locked by us
    return found


def _ask_to_close(conn: Conn, alert_id: UUID, wish: Asked, now: datetime) -> AlertView:
    closing.ask(conn, alert_id, wish, now)
    case = plans.case(conn, alert_id)
    assert case is not None  # noqa: S101 - the row is locked by us
    plans.save(conn, case)  # an answer holds on from now
    return _seen(conn, alert_id)


def _who_goes(conn: Conn, alert_id: UUID, by: UUID, more: Particulars, now: datetime) -> Particulars:
    if more.expected_at and not now < more.expected_at <= now + MOST_EXPECTED:
        raise ValueError("expected_at: a time to come, within 24 hours")
    if more.responder_id not in (None, by):
        name = sending.name_of(conn, alert_id, more.responder_id)
        return more if more.to else replace(more, to=name)
    if not more.to:
        raise ValueError("to: who goes there, in words, or responder_id")
    return more


def agree_to_close(conn: Conn, alert_id: UUID, by: UUID, now: datetime, *, scope: Scope = EVERYTHING) -> AlertView:
    """A second person agrees that nobody has to go there, which closes it as the first one wanted.

    Raises NobodyAsked, SamePerson, and what take_step does.
    """
    wish = _wish(conn, alert_id, scope)
    if wish is None:
        raise NobodyAsked(f"nobody has asked to close {alert_id}")
    if wish.by == by:
        raise SamePerson("another person than the one who asked has to agree")
    return take_step(
        conn, alert_id, Step.CLOSE, by, now, wish.outcome, wish.note, scope=scope,
        more=Particulars(false_cause=wish.false_cause),
    )  # fmt: skip


def refuse_to_close(
    conn: Conn, alert_id: UUID, by: UUID, now: datetime, why: str, *, scope: Scope = EVERYTHING
) -> AlertView:
    """It goes on: somebody has to go there; whoever asked may take it back so too. Raises as agree_to_close."""
    _wish(conn, alert_id, scope)
    closing.refuse(conn, alert_id, by, now, why)
    return _seen(conn, alert_id)


def _wish(conn: Conn, alert_id: UUID, scope: Scope) -> Asked | None:
    if conn.execute(LOCK, (alert_id,)).fetchone() is None or alert(conn, alert_id, scope) is None:
        raise NoSuchAlert(f"no alert {alert_id}")
    return closing.asked(conn, alert_id)


def _check_outcome(outcome: Outcome | None, cause: FalseCause | None, note: str) -> None:
    if outcome is None:
        raise ValueError("outcome: closing needs one")
    if cause is not None and outcome is not Outcome.FALSE_ALARM:
        raise ValueError("false_cause: only where the outcome is false_alarm")
    if cause is FalseCause.OTHER and not note:
        raise ValueError("note: say what made it a false alarm, or choose another false_cause")


def _check_shelving(priority: str, more: Particulars, now: datetime) -> None:
    if priority == Priority.HIGH:
        raise NotForHigh("an alert of high priority can't be shelved; answer it")
    if more.until is None or not now < more.until <= now + MOST_SHELVED:
        raise ValueError("until: a time to come, within 24 hours")


def _set_next_deadline(conn: Conn, alert_id: UUID, step: Step, now: datetime) -> None:
    """After what a person did the clocks of the new phase run; what waits again is told from the beginning."""
    case = plans.case(conn, alert_id)
    assert case is not None  # noqa: S101 - the row is locked by us
    stands = case.standing
    if stands.phase is Phase.RAISED:
        stands = waiting_again(stands, now)
    if step is not Step.CONTACT:  # which ends no silence: whoever was told of it is not told at once again
        stands = replace(stands, again=0, told_at=None)
    plans.save(conn, replace(case, standing=stands))


ANSWERED_BY = "SELECT id FROM alert WHERE answered_by = %s AND phase = 'answered' AND phase <> 'closed' ORDER BY id"


def hand_back_all(conn: Conn, account_id: UUID, why: str, now: datetime) -> None:
    """Whatever this account has answered and not followed up waits for an answer again, and rings."""
    for (alert_id,) in conn.execute(ANSWERED_BY, (account_id,)).fetchall():
        with suppress(NotAllowed):  # somebody else has just gone on with it
            take_step(conn, alert_id, Step.HAND_BACK, account_id, now, more=Particulars(reason=why))
