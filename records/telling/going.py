"""What whoever goes there says, step by step: said twice it counts once, and said too late it changes nothing."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from care.alerts import Phase, Step
from care.callouts import ASKS, CAN, ENDS, Act, Part, is_done
from care.notices import Purpose, Recipient
from care.permissions import MAY, Permission
from care.visits import Proof
from records.database import Conn
from records.judging import alert_steps
from records.judging.alert_log import log_line, record_change
from records.judging.alert_steps import Particulars
from records.login import accounts
from records.rounds import home_proofs
from records.telling import callouts, notices, offers
from records.telling.callouts import CallOut
from records.telling.notices import Notice


@dataclass(frozen=True, slots=True)
class Came:
    """What came of it: `said` is done, already (it was said before), or late (it can't be any more)."""

    said: str
    callout: CallOut


# Whoever locks an alert locks it so.
LOCK = "SELECT phase FROM alert WHERE id = %s FOR NO KEY UPDATE"


def say(conn: Conn, alert_id: UUID, account_id: UUID, act: Act, now: datetime, *, code: str = "") -> Came | None:
    """This account says this of this alert; None where it never had anything to do with it.

    `code`: what was read from the code that hangs in the home, which proves the arrival.
    """
    conn.execute(LOCK, (alert_id,))
    before = callouts.one(conn, alert_id, account_id)
    if before is None:
        return None
    if act not in CAN[before.part]:
        return Came("already" if is_done(act, before.part) or act == before.report else "late", before)
    if act == before.report and act not in _closes(conn, before, account_id):
        return Came("already", before)
    _take(conn, before, account_id, act, now, code)
    found = callouts.one(conn, alert_id, account_id)
    assert found is not None  # noqa: S101 - it was there a moment ago, and the alert is locked by us
    return Came("done", found)


def _take(conn: Conn, callout: CallOut, me: UUID, act: Act, now: datetime, code: str) -> None:
    alert_id, offer_id = callout.alert_id, callout.offer_id
    match act:
        case Act.ACCEPT if callout.part is Part.ASKED and offer_id is not None:
            offers.accept(conn, offer_id, me, now)
        case Act.ACCEPT:
            log_line(conn, alert_id, now, "set_out", account_id=me)
            record_change(conn, alert_id, "set_out")
        case Act.DECLINE if offer_id is not None and _is_offered(conn, offer_id):
            offers.decline(conn, offer_id, me, now)
        case Act.DECLINE:
            alert_steps.take_step(conn, alert_id, Step.HAND_BACK, me, now)
        case Act.ARRIVE:
            _arrive(conn, callout, me, now, code)
        case Act.SEE:
            alert_steps.take_step(conn, alert_id, Step.SEE, me, now)
        case _:
            _report(conn, callout, me, act, now)


OFFERED = "SELECT state IN ('open', 'accepted') FROM responder_offer WHERE id = %s"


def _is_offered(conn: Conn, offer_id: UUID) -> bool:
    row = conn.execute(OFFERED, (offer_id,)).fetchone()
    return bool(row and row[0])


def _arrive(conn: Conn, callout: CallOut, me: UUID, now: datetime, code: str) -> None:
    """At the door; where the centre has not answered yet, they have."""
    row = conn.execute(LOCK, (callout.alert_id,)).fetchone()
    phase = Phase(row[0]) if row else Phase.CLOSED
    if phase is Phase.RAISED:
        alert_steps.take_step(conn, callout.alert_id, Step.ANSWER, me, now)
    proven = bool(code and callout.resident_id and home_proofs.is_code(conn, callout.resident_id, code))
    more = Particulars(proof=Proof.CODE if proven else None)
    alert_steps.take_step(conn, callout.alert_id, Step.ARRIVE, me, now, more=more)


REPORT = "UPDATE alert SET report = %(report)s, report_asks = %(asks)s, touched_at = %(now)s WHERE id = %(id)s"
NUMBER = "SELECT count(*) FROM alert_log WHERE alert_id = %s AND kind = 'report'"
ANSWERER = "SELECT answered_by FROM alert WHERE id = %s"


def _report(conn: Conn, callout: CallOut, me: UUID, act: Act, now: datetime) -> None:
    """What was found: in the log, on the seat's pages, and where it asks for something told to the seat."""
    alert_id = callout.alert_id
    report = Jsonb({"by": str(me), "what": act, "at": now.isoformat()})
    conn.execute(REPORT, {"report": report, "asks": act in ASKS, "now": now, "id": alert_id})
    log_line(conn, alert_id, now, "report", account_id=me, detail={"what": act})
    record_change(conn, alert_id, "report")
    if act in ASKS:
        _tell_the_seat(conn, callout, me, now)
    if act in _closes(conn, callout, me):
        alert_steps.take_step(conn, alert_id, Step.CLOSE, me, now, ENDS[act])


def _tell_the_seat(conn: Conn, callout: CallOut, me: UUID, now: datetime) -> None:
    number, answerer = (conn.execute(which, (callout.alert_id,)).fetchone() for which in (NUMBER, ANSWERER))
    about = f"{Purpose.REPORT}:{number[0] if number else 1}"
    to = [Recipient.seat(callout.area_id)]
    if answerer and answerer[0] not in (None, me):
        to.append(Recipient.account(answerer[0]))
    for recipient in to:
        notices.put(conn, Notice(callout.alert_id, about, recipient, now, now))


def _closes(conn: Conn, callout: CallOut, account_id: UUID) -> frozenset[Act]:
    """The reports with which this account closes the alert, because it works there; a neighbour's the seat hears."""
    account = accounts.account(conn, account_id)
    works_there = (
        account is not None
        and Permission.RESPOND in MAY[account.role]
        and accounts.scope_of_account(conn, account).holds(callout.area_id, callout.resident_id)
    )
    return frozenset(ENDS) if works_there else frozenset()
