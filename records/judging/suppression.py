"""What is held back: by a cause that lasts, and let go when that is over or a person says so."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, LiteralString
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


# Open alerts that nobody has taken up, with the causes that have begun since: by what lasts, never by what is open.
BEGUN = """
    SELECT a.id, a.rule, a.class, a.priority, cause.kind, cause.id
      FROM (SELECT a.id, 'maintenance' AS kind, m.id AS cause_id
              FROM maintenance m
              JOIN alert a ON a.phase = 'raised' AND (a.device_id = m.device_id OR a.home_id = m.home_id)
             WHERE m.starts_at <= %(now)s AND m.ends_at > %(now)s
             UNION
            SELECT a.id, 'absence', b.id
              FROM absence b
              JOIN alert a ON a.phase = 'raised' AND a.resident_id = b.resident_id
             WHERE b.valid_from <= %(now)s AND coalesce(b.ended_at, b.valid_to) > %(now)s
             UNION
            SELECT a.id, 'outage', o.id
              FROM outage o
              JOIN device_watch w ON w.outage_id = o.id
              JOIN alert a ON a.phase = 'raised' AND a.device_id = w.device_id
             WHERE o.ended_at IS NULL) AS cause (alert_id, kind, id)
      JOIN alert a ON a.id = cause.alert_id
     WHERE a.suppressed_by IS NULL AND a.priority <> 'high' AND NOT a.drill AND NOT a.canary
       AND NOT EXISTS (SELECT FROM alert_log l
                        WHERE l.alert_id = a.id AND l.kind = 'released' AND l.account_id IS NOT NULL
                          AND l.detail ->> 'cause' = cause.kind || ':' || cause.id)
     ORDER BY a.opened_at, a.id, cause.kind DESC, cause.id
       FOR NO KEY UPDATE OF a SKIP LOCKED
"""


def hold_back(conn: Conn, now: datetime) -> int:
    """What nobody has taken up yet and a cause explains that began after it opened calls nobody while that lasts.

    Never what is urgent, and never again what a person has let go from this cause. Returns how many there were.
    """
    held: set[UUID] = set()
    for alert_id, rule_id, alert_class, priority, kind, cause_id in conn.execute(BEGUN, {"now": now}).fetchall():
        rule = Rule(rule_id, AlertClass(alert_class), Priority(priority), latched=False)
        if alert_id not in held and explains(Cause(kind), rule):
            held.add(alert_id)
            _hold(conn, alert_id, f"{kind}:{cause_id}", now)
    return len(held)


def _hold(conn: Conn, alert_id: UUID, cause: str, now: datetime) -> None:
    conn.execute(HOLD, {"id": alert_id, "cause": cause})
    case = plans.case(conn, alert_id)
    assert case is not None  # noqa: S101 - the row is locked by us
    plans.save(conn, case)  # with that nothing of it is due any more
    log_line(conn, alert_id, now, "held_back", detail={"cause": cause})
    record_change(conn, alert_id, "held_back")


_CAUSE_ID = (
    "CASE WHEN a.suppressed_by LIKE '%%:________-____-____-____-____________'"
    " THEN split_part(a.suppressed_by, ':', 2)::uuid END"
)
# The cause of each held alert, with its reason and its end where it has one; no row where it is over. It is looked up
# by its id: searched for among all absences and alerts that there ever were, two thousand held alerts took minutes.
LASTING: LiteralString = (
    "SELECT m.why, m.ends_at, m.starts_at, m.account_id FROM maintenance m WHERE m.ends_at > %(now)s AND m.id = "
    + _CAUSE_ID
    + """
     UNION ALL
    SELECT b.kind, coalesce(b.ended_at, b.valid_to), b.valid_from, b.entered_by FROM absence b
     WHERE coalesce(b.ended_at, b.valid_to) > %(now)s AND b.id = """
    + _CAUSE_ID
    + " UNION ALL SELECT o.cause, NULL, o.began_at, NULL FROM outage o WHERE o.ended_at IS NULL AND o.id = "
    + _CAUSE_ID
    + " UNION ALL SELECT c.rule, NULL, c.opened_at, NULL FROM alert c WHERE c.phase <> 'closed' AND c.id = "
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


def release(conn: Conn, alert_id: UUID, by: UUID, now: datetime, scope: Scope, why: str) -> bool:
    """A person does not believe the cause; False where there is no such alert held back in the scope."""
    row = conn.execute(LOCK, scope.terms() | {"id": alert_id}).fetchone()
    if row is None:
        return False
    _release(conn, alert_id, row[0], by, now, why)
    return True


HOLD = "UPDATE alert SET suppressed_by = %(cause)s WHERE id = %(id)s"
FREE = "UPDATE alert SET suppressed_by = NULL WHERE id = %s"


def _release(conn: Conn, alert_id: UUID, cause: str, by: UUID | None, now: datetime, why: str = "") -> None:
    conn.execute(FREE, (alert_id,))
    case = plans.case(conn, alert_id)
    assert case is not None  # noqa: S101 - the row is locked by us
    plans.save(conn, replace(case, standing=waiting_again(case.standing, now)))
    log_line(conn, alert_id, now, "released", account_id=by, detail={"cause": cause} | ({"why": why} if why else {}))
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
    since: datetime | None
    """When the cause began."""
    by_name: str | None
    """Who entered it; None where nobody did: it was noticed."""


HELD = (
    VIEW
    + " WHERE a.suppressed_by IS NOT NULL AND a.phase <> 'closed' AND NOT a.canary AND "
    + ALERT_IN_SCOPE
    + " ORDER BY a.opened_at, a.id"
)
WHY = (
    "SELECT a.id, cause.why, cause.until, cause.since, account.username FROM alert a CROSS JOIN LATERAL ("
    + LASTING
    + ") AS cause (why, until, since, by) LEFT JOIN account ON account.id = cause.by WHERE a.id = ANY (%(ids)s)"
)


def held(conn: Conn, now: datetime, scope: Scope) -> list[HeldBack]:
    """Everything that is held back, the oldest first."""
    views = conn.cursor(row_factory=class_row(AlertView)).execute(HELD, scope.terms()).fetchall()
    rows = conn.execute(WHY, {"ids": [view.id for view in views], "now": now})
    causes = {row[0]: tuple(row[1:]) for row in rows}
    unknown = ("", None, None, None)  # it has just ended
    return [HeldBack(view, str(view.suppressed_by).partition(":")[0], *causes.get(view.id, unknown)) for view in views]


# Whatever lasts around an alert, whether it holds it back or not.
AROUND = """
    SELECT 'maintenance' AS cause, m.why, m.starts_at AS since, m.ends_at AS until
      FROM alert a JOIN maintenance m ON m.device_id = a.device_id OR m.home_id = a.home_id
     WHERE a.id = %(id)s AND m.starts_at <= %(now)s AND m.ends_at > %(now)s
     UNION ALL
    SELECT 'absence', b.kind, b.valid_from, coalesce(b.ended_at, b.valid_to)
      FROM alert a JOIN absence b ON b.resident_id = a.resident_id
     WHERE a.id = %(id)s AND b.valid_from <= %(now)s AND coalesce(b.ended_at, b.valid_to) > %(now)s
     UNION ALL
    SELECT 'outage', o.cause, o.began_at, NULL
      FROM alert a JOIN outage o ON o.ended_at IS NULL
     WHERE a.id = %(id)s
       AND (EXISTS (SELECT FROM device_watch w WHERE w.device_id = a.device_id AND w.outage_id = o.id)
            OR EXISTS (SELECT FROM held h WHERE h.resident_id = a.resident_id AND h.outage_id = o.id))
     ORDER BY since, cause
"""


@dataclass(frozen=True, slots=True)
class Around:
    """What goes on around an alert at the time, and may explain it."""

    cause: Literal["maintenance", "absence", "outage"]
    why: str
    """In words somebody wrote, the kind of the absence, or what took many devices at once."""
    since: datetime
    until: datetime | None


def around(conn: Conn, alert_id: UUID, now: datetime) -> list[Around]:
    """The causes that last now where this alert is, the earliest first; they hold it back only where it says so."""
    return conn.cursor(row_factory=class_row(Around)).execute(AROUND, {"id": alert_id, "now": now}).fetchall()
