"""Escalation plans, and how far each alert has got on its own: claimed when due, written with its next deadline."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from care.alerts import Phase
from care.escalation import Plan, Standing, next_deed, read_plan, written_plan
from care.events import AlertClass
from care.rules import Priority
from records.database import Conn

NEAREST = """
    WITH RECURSIVE up (id, parent_id, height) AS (
         SELECT id, parent_id, 0 FROM area WHERE id = %(area)s
          UNION ALL
         SELECT area.id, area.parent_id, up.height + 1 FROM area JOIN up ON area.id = up.parent_id
    )
    SELECT plan.steps
      FROM escalation_plan plan
      LEFT JOIN up ON up.id = plan.area_id
     WHERE plan.class = %(class)s AND plan.priority = %(priority)s AND (plan.area_id IS NULL OR up.id IS NOT NULL)
     ORDER BY up.height NULLS LAST
     LIMIT 1
"""


def in_force(conn: Conn, area_id: int | None, alert_class: AlertClass, priority: Priority) -> Plan:
    """The plan of the nearest area for such an alert; without any the empty one, whose end is the city supervisor."""
    row = conn.execute(NEAREST, {"area": area_id, "class": alert_class, "priority": priority}).fetchone()
    return read_plan(row[0]) if row else ()


SET = """
    INSERT INTO escalation_plan (area_id, class, priority, steps)
    VALUES (%(area)s, %(class)s, %(priority)s, %(steps)s)
    ON CONFLICT (area_id, class, priority) DO UPDATE SET steps = excluded.steps
"""


def set_plan(conn: Conn, area_id: int | None, alert_class: AlertClass, priority: Priority, plan: Plan) -> None:
    """From now on such alerts in this area and below (None: everywhere) open with this plan; open ones keep theirs."""
    steps = Jsonb(written_plan(plan))
    conn.execute(SET, {"area": area_id, "class": alert_class, "priority": priority, "steps": steps})


@dataclass(frozen=True, slots=True)
class Case:
    """An open alert with all that its escalation needs to know."""

    id: UUID
    standing: Standing
    deeds: int
    """How many things the platform has done by itself for it; numbers the notices."""
    area_id: int | None
    resident_id: UUID | None
    answered_by: UUID | None
    responder_id: UUID | None
    """Who was sent, where they have an account."""
    drill: bool
    canary: bool


COLUMNS = """
    SELECT a.id, a.phase, a.class, a.priority, a.plan, a.raised_at, a.phase_at, a.touched_at, a.told, a.again,
           a.told_at, a.ahead, a.expected_at, a.shelved_until, a.suppressed_by, a.deeds,
           coalesce(a.area_id, h.area_id) AS area_id, a.resident_id, a.answered_by, a.responder_id,
           a.drill, a.canary
      FROM alert a
      LEFT JOIN home h ON h.id = a.home_id
"""
ONE = COLUMNS + " WHERE a.id = %(id)s FOR NO KEY UPDATE OF a"
CLAIM = (
    COLUMNS
    + """
     WHERE a.due_at <= %(now)s AND NOT a.canary
     ORDER BY a.due_at LIMIT %(limit)s
       FOR NO KEY UPDATE OF a SKIP LOCKED
"""
)


def claim(conn: Conn, now: datetime, limit: int) -> list[Case]:
    """Alerts whose time has come, the longest due first; ours alone until the transaction ends."""
    return [_case(row) for row in conn.cursor(row_factory=dict_row).execute(CLAIM, {"now": now, "limit": limit})]


def case(conn: Conn, alert_id: UUID) -> Case | None:
    """This alert, locked; None where there is none."""
    row = conn.cursor(row_factory=dict_row).execute(ONE, {"id": alert_id}).fetchone()
    return _case(row) if row else None


def _case(row: DictRow) -> Case:
    standing = Standing(
        Phase(row["phase"]), AlertClass(row["class"]), Priority(row["priority"]), read_plan(row["plan"]),
        raised_at=row["raised_at"], phase_at=row["phase_at"], touched_at=row["touched_at"], told=row["told"],
        again=row["again"], told_at=row["told_at"], ahead=row["ahead"], expected_at=row["expected_at"],
        shelved_until=row["shelved_until"], suppressed=row["suppressed_by"] is not None,
    )  # fmt: skip
    names = ("id", "deeds", "area_id", "resident_id", "answered_by", "responder_id", "drill", "canary")
    rest: Mapping[str, Any] = {name: row[name] for name in names}
    return Case(standing=standing, **rest)


FREEZE = "UPDATE alert SET plan = %(plan)s WHERE id = %(id)s"


def freeze(conn: Conn, case: Case, plan: Plan) -> Case:
    """This alert follows this plan to its end, whatever becomes of the plan."""
    conn.execute(FREEZE, {"id": case.id, "plan": Jsonb(written_plan(plan))})
    return replace(case, standing=replace(case.standing, plan=plan))


SAVE = """
    UPDATE alert
       SET phase = %(phase)s, raised_at = %(raised_at)s, phase_at = %(phase_at)s, touched_at = %(touched_at)s,
           told = %(told)s, again = %(again)s, told_at = %(told_at)s, ahead = %(ahead)s, deeds = %(deeds)s,
           due_at = %(due_at)s, due_why = %(due_why)s, shelved_until = %(shelved_until)s,
           shelved_at = CASE WHEN %(shelved_until)s::timestamptz IS NULL THEN NULL ELSE shelved_at END,
           shelved_by = CASE WHEN %(shelved_until)s::timestamptz IS NULL THEN NULL ELSE shelved_by END,
           shelved_why = CASE WHEN %(shelved_until)s::timestamptz IS NULL THEN NULL ELSE shelved_why END,
           answered_by = CASE WHEN %(phase)s = 'raised' THEN NULL ELSE answered_by END,
           answered_at = CASE WHEN %(phase)s = 'raised' THEN NULL ELSE answered_at END
     WHERE id = %(id)s
"""


def save(conn: Conn, case: Case) -> None:
    """Write how far the alert has got, and its next deadline."""
    stands = case.standing
    deed = next_deed(stands)
    terms = {
        "id": case.id, "phase": stands.phase, "raised_at": stands.raised_at, "phase_at": stands.phase_at,
        "touched_at": stands.touched_at, "told": stands.told, "again": stands.again, "told_at": stands.told_at,
        "ahead": stands.ahead, "deeds": case.deeds, "shelved_until": stands.shelved_until,
        "due_at": deed.due if deed else None, "due_why": deed.why if deed else None,
    }  # fmt: skip
    conn.execute(SAVE, terms)


POSTPONE = "UPDATE alert SET due_at = %(until)s WHERE id = %(id)s"


def postpone(conn: Conn, alert_id: UUID, until: datetime) -> None:
    """What was due could not be done: again at `until`, so that it holds up no other."""
    conn.execute(POSTPONE, {"id": alert_id, "until": until})


REMEMBER = """
    UPDATE alert
       SET due_at = %(now)s, due_why = 'audit', suppressed_by = NULL, raised_at = least(raised_at, %(now)s),
           phase_at = least(phase_at, %(now)s), touched_at = least(touched_at, %(now)s),
           told_at = CASE WHEN told_at <= %(now)s THEN told_at END
     WHERE id = %(id)s
"""


def remember(conn: Conn, alert_id: UUID, now: datetime) -> None:
    """What was forgotten is due now, and nothing holds it back; no time of it lies ahead."""
    conn.execute(REMEMBER, {"id": alert_id, "now": now})


# What can't go on by itself: no deadline, or one that nobody keeps, or that a clock set which had jumped ahead; or held
# back by an alert that is over.
FORGOTTEN = """
    SELECT a.id
      FROM alert a
     WHERE a.phase <> 'closed' AND NOT a.canary
       AND CASE WHEN a.suppressed_by IS NULL
                THEN a.due_at IS NULL OR a.due_at < %(late)s
                     OR greatest(a.raised_at, a.phase_at, a.touched_at, a.told_at) > %(ahead)s
                ELSE EXISTS (SELECT FROM alert cause
                              WHERE cause.id = CASE WHEN a.suppressed_by LIKE 'alert:________-%%'
                                                    THEN substr(a.suppressed_by, 7)::uuid END
                                AND cause.phase = 'closed') END
     ORDER BY a.opened_at
       FOR NO KEY UPDATE SKIP LOCKED
"""


def forgotten(conn: Conn, now: datetime, late: timedelta) -> list[UUID]:
    """Open alerts without a next step, with one that is overdue by more than `late`, or from so far ahead; locked."""
    return [row[0] for row in conn.execute(FORGOTTEN, {"late": now - late, "ahead": now + late})]
