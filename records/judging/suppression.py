"""What is held back: by which cause when it opens, and let go when that is over or a person says so."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from care.escalation import waiting_again
from care.events import AlertClass
from care.rules import Priority, Rule
from care.suppression import Cause, explains
from records.database import Conn
from records.judging.alert_log import log_line, record_change
from records.judging.alerts import VIEW, AlertView, Opening
from records.scope import ALERT_IN_SCOPE, Scope
from records.telling import plans

CAUSES = """
    WITH place (home_id) AS (SELECT coalesce(%(home)s, (SELECT home_id FROM resident WHERE id = %(resident)s)))
    SELECT 'maintenance', m.id FROM maintenance m
     WHERE (m.device_id = %(device)s OR m.home_id = (SELECT home_id FROM place))
       AND m.starts_at <= %(now)s AND m.ends_at > %(now)s
     UNION ALL
    SELECT 'absence', b.id FROM absence b
     WHERE b.resident_id = %(resident)s AND b.valid_from <= %(now)s AND coalesce(b.ended_at, b.valid_to) > %(now)s
     UNION ALL
    SELECT 'outage', o.id FROM device_watch w JOIN outage o ON o.id = w.outage_id
     WHERE w.device_id = %(device)s AND o.ended_at IS NULL
"""


def cause_of(conn: Conn, opening: Opening) -> str | None:
    """What holds this alert back, as it is kept in it: `maintenance:ID`, `absence:ID`, `outage:ID`; None: nothing."""
    if opening.drill or opening.canary:
        return None
    place = {"home": opening.home_id, "resident": opening.resident_id, "device": opening.device_id}
    return _cause(conn, opening.rule, place, opening.now)


def _cause(conn: Conn, rule: Rule, place: Mapping[str, object], now: datetime) -> str | None:
    if not any(explains(cause, rule) for cause in Cause):
        return None
    rows = conn.execute(CAUSES, {**place, "now": now}).fetchall()
    return next((f"{kind}:{id_}" for kind, id_ in rows if explains(Cause(kind), rule)), None)


_CAUSE_ID = (
    "CASE WHEN a.suppressed_by LIKE '%%:________-____-____-____-____________'"
    " THEN split_part(a.suppressed_by, ':', 2)::uuid END"
)
# The cause of each held alert, with its reason and its end where it has one; no row where it is over. It is looked up
# by its id: searched for among all absences and alerts that there ever were, two thousand held alerts took minutes.
LASTING: LiteralString = (
    "SELECT m.why, m.ends_at FROM maintenance m WHERE m.ends_at > %(now)s AND m.id = "
    + _CAUSE_ID
    + """
     UNION ALL
    SELECT b.kind, coalesce(b.ended_at, b.valid_to) FROM absence b
     WHERE coalesce(b.ended_at, b.valid_to) > %(now)s AND b.id = """
    + _CAUSE_ID
    + " UNION ALL SELECT o.cause, NULL FROM outage o WHERE o.ended_at IS NULL AND o.id = "
    + _CAUSE_ID
    + " UNION ALL SELECT c.rule, NULL FROM alert c WHERE c.phase <> 'closed' AND c.id = "
    + _CAUSE_ID
)
OVER = (
    """
    SELECT a.id, a.suppressed_by, a.rule, a.class, a.priority, a.home_id, a.resident_id, a.device_id FROM alert a
     WHERE a.suppressed_by IS NOT NULL AND a.phase <> 'closed' AND NOT EXISTS ("""
    + LASTING
    + """)
     ORDER BY a.opened_at LIMIT 100
       FOR NO KEY UPDATE OF a SKIP LOCKED
"""
)


def let_go(conn: Conn, now: datetime) -> int:
    """What was held back by what is over waits for its answer from now on, unless something else explains it.

    Returns how many there were.
    """
    rows = conn.execute(OVER, {"now": now}).fetchall()
    for alert_id, cause, rule_id, alert_class, priority, home, resident, device in rows:
        rule = Rule(rule_id, AlertClass(alert_class), Priority(priority), latched=False)
        other = _cause(conn, rule, {"home": home, "resident": resident, "device": device}, now)
        if other is None:
            _release(conn, alert_id, cause, None, now)
        else:
            conn.execute(HOLD, {"id": alert_id, "cause": other})
    return len(rows)


LOCK = (
    """
    SELECT a.suppressed_by FROM alert a
      LEFT JOIN resident r ON r.id = a.resident_id
      LEFT JOIN home h ON h.id = a.home_id
     WHERE a.id = %(id)s AND a.phase <> 'closed' AND a.suppressed_by IS NOT NULL AND """
    + ALERT_IN_SCOPE
    + " FOR NO KEY UPDATE OF a"
)


def release(conn: Conn, alert_id: UUID, by: UUID, now: datetime, scope: Scope) -> bool:
    """A person does not believe the cause; False where there is no such alert held back in the scope."""
    row = conn.execute(LOCK, scope.terms() | {"id": alert_id}).fetchone()
    if row is None:
        return False
    _release(conn, alert_id, row[0], by, now)
    return True


HOLD = "UPDATE alert SET suppressed_by = %(cause)s WHERE id = %(id)s"
FREE = "UPDATE alert SET suppressed_by = NULL WHERE id = %s"


def _release(conn: Conn, alert_id: UUID, cause: str, by: UUID | None, now: datetime) -> None:
    conn.execute(FREE, (alert_id,))
    case = plans.case(conn, alert_id)
    assert case is not None  # noqa: S101 - the row is locked by us
    plans.save(conn, replace(case, standing=waiting_again(case.standing, now)))
    log_line(conn, alert_id, now, "released", account_id=by, detail={"cause": cause})
    record_change(conn, alert_id, "released")


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An alert that is held back, and by what."""

    alert: AlertView
    cause: str
    """maintenance, absence, outage or alert."""
    why: str
    """In words somebody wrote, the kind of the absence, or what took many devices at once."""
    until: datetime | None


HELD = (
    VIEW
    + " WHERE a.suppressed_by IS NOT NULL AND a.phase <> 'closed' AND NOT a.canary AND "
    + ALERT_IN_SCOPE
    + " ORDER BY a.opened_at, a.id"
)
WHY = (
    "SELECT a.id, cause.why, cause.until FROM alert a CROSS JOIN LATERAL ("
    + LASTING
    + ") AS cause (why, until) WHERE a.id = ANY (%(ids)s)"
)


def held(conn: Conn, now: datetime, scope: Scope) -> list[HeldBack]:
    """Everything that is held back, the oldest first."""
    views = conn.cursor(row_factory=class_row(AlertView)).execute(HELD, scope.terms()).fetchall()
    rows = conn.execute(WHY, {"ids": [view.id for view in views], "now": now})
    causes = {row[0]: (row[1], row[2]) for row in rows}
    return [
        HeldBack(view, str(view.suppressed_by).partition(":")[0], *causes.get(view.id, ("", None))) for view in views
    ]
