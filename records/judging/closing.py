"""Closing an alert without a visit although nobody has heard the resident: one person asks, another decides."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from care.alerts import FalseCause, Outcome
from care.closing import Heard, takes_two
from care.escalation import Whom
from care.events import AlertClass
from care.notices import Purpose, Recipient
from care.rules import Priority
from records.database import Conn
from records.errors import RecordsError
from records.judging.alert_log import log_line, record_change
from records.telling import duty, notices
from records.telling.notices import Notice


class NobodyAsked(RecordsError):
    """Nobody wants this alert closed without a visit."""


class SamePerson(RecordsError):
    """Whoever asked can't agree too."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants to close an alert how, and why nobody has to go there."""

    by: UUID
    outcome: Outcome
    note: str
    false_cause: FalseCause | None = None


HEARD = """
    SELECT a.class, a.priority, a.drill, a.resident_id IS NOT NULL, a.active OR a.latched,
           coalesce(bool_or(c.spoke), a.spoke), coalesce(bool_or(c.seen_at IS NOT NULL), a.seen_at IS NOT NULL)
      FROM alert a
      LEFT JOIN alert c ON c.case_id = a.case_id AND c.resident_id = a.resident_id
     WHERE a.id = %s
     GROUP BY a.id
"""
ASKED = """
    SELECT close_asked_by, close_asked ->> 'outcome', close_asked ->> 'note', close_asked ->> 'false_cause'
      FROM alert WHERE id = %s
"""


def asked(conn: Conn, alert_id: UUID) -> Asked | None:
    """Who wants it closed without a visit, where somebody does."""
    row = conn.execute(ASKED, (alert_id,)).fetchone()
    if row is None or row[0] is None:
        return None
    return Asked(row[0], Outcome(row[1]), row[2], FalseCause(row[3]) if row[3] else None)


def second_is_needed(conn: Conn, alert_id: UUID, by: UUID, outcome: Outcome) -> bool:
    """Whether another person has to agree before `by` may close it so; not where another has asked for just that."""
    row = conn.execute(HEARD, (alert_id,)).fetchone()
    assert row is not None  # noqa: S101 - our caller has locked it
    if not takes_two(Heard(AlertClass(row[0]), Priority(row[1]), *row[2:]), outcome):
        return False
    before = asked(conn, alert_id)
    return before is None or before.by == by or before.outcome is not outcome


ASK = """
    UPDATE alert SET close_asked_by = %(by)s, close_asked = %(asked)s, close_refused = NULL, touched_at = %(now)s
     WHERE id = %(id)s
 RETURNING coalesce(area_id, (SELECT area_id FROM home WHERE home.id = alert.home_id))
"""
NUMBER = "SELECT count(*) FROM alert_log WHERE alert_id = %s AND kind = 'ask_to_close'"


def ask(conn: Conn, alert_id: UUID, wish: Asked, now: datetime) -> None:
    """Somebody wants it closed without a visit; whoever supervises is told, and nothing else changes.

    Raises ValueError without a reason.
    """
    if not wish.note:
        raise ValueError("note: nobody has heard or seen the resident; say why nobody has to go there")
    detail = {"outcome": wish.outcome, "note": wish.note}
    if wish.false_cause is not None:
        detail["false_cause"] = wish.false_cause
    written = detail | {"at": now.isoformat()}
    row = conn.execute(ASK, {"by": wish.by, "asked": Jsonb(written), "now": now, "id": alert_id}).fetchone()
    area = row[0] if row else None
    log_line(conn, alert_id, now, "ask_to_close", account_id=wish.by, detail=detail)
    _tell_supervisors(conn, alert_id, area, wish.by, now)
    record_change(conn, alert_id, "ask_to_close")


def _tell_supervisors(conn: Conn, alert_id: UUID, area: int | None, by: UUID, now: datetime) -> None:
    row = conn.execute(NUMBER, (alert_id,)).fetchone()
    about = f"{Purpose.AGREE}:{row[0] if row else 1}"
    on_duty = duty.on_duty(conn, area, now).get(Whom.SUPERVISOR, ())
    for to in (Recipient.supervisor(area), *(Recipient.account(one) for one in on_duty if one != by)):
        notices.put(conn, Notice(alert_id, about, to, now, now))


REFUSE = """
    UPDATE alert SET close_asked_by = NULL, close_asked = NULL, close_refused = %(refused)s, touched_at = %(now)s
     WHERE id = %(id)s
"""


def refuse(conn: Conn, alert_id: UUID, by: UUID, now: datetime, why: str) -> None:
    """It goes on: somebody has to go there. NobodyAsked where nobody wanted it closed."""
    wish = asked(conn, alert_id)
    if wish is None:
        raise NobodyAsked(f"nobody has asked to close {alert_id}")
    # Whoever takes the own wish back need not be told of it.
    refused = None if wish.by == by else Jsonb({"by": str(by), "why": why, "at": now.isoformat()})
    conn.execute(REFUSE, {"id": alert_id, "now": now, "refused": refused})
    log_line(conn, alert_id, now, "refuse_to_close", account_id=by, detail={"why": why})
    record_change(conn, alert_id, "refuse_to_close")
