"""Escalation plans as they are set: which holds where, every change of them, and who would be told now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from care.escalation import Plan, Whom, written_plan
from care.events import AlertClass
from care.rules import Priority
from records.database import Conn
from records.errors import RecordsError
from records.scope import Scope
from records.telling import duty


class ChangedMeanwhile(RecordsError):
    """Somebody else has set this plan since it was read."""


@dataclass(frozen=True, slots=True)
class PlanInForce:
    """A plan as it holds in an area: its own, or that of the next larger one (`area` None: everywhere)."""

    alert_class: AlertClass
    priority: Priority
    area_id: int | None
    area: str | None
    version: int
    steps: list[dict[str, Any]]


IN_FORCE = """
    WITH RECURSIVE up (id, parent_id, name, height) AS (
         SELECT id, parent_id, name, 0 FROM area WHERE id = %(area)s
          UNION ALL
         SELECT area.id, area.parent_id, area.name, up.height + 1 FROM area JOIN up ON area.id = up.parent_id
    )
    SELECT DISTINCT ON (plan.class, plan.priority)
           plan.class AS alert_class, plan.priority, plan.area_id, up.name AS area, plan.version, plan.steps
      FROM escalation_plan plan
      LEFT JOIN up ON up.id = plan.area_id
     WHERE plan.area_id IS NULL OR up.id IS NOT NULL
     ORDER BY plan.class, plan.priority, up.height NULLS LAST
"""


def in_force(conn: Conn, area_id: int | None) -> list[PlanInForce]:
    """The plan of each class and priority as it holds there; None: everywhere."""
    rows = conn.execute(IN_FORCE, {"area": area_id})
    return [PlanInForce(AlertClass(row[0]), Priority(row[1]), *row[2:6]) for row in rows]


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What is to hold in an area and below (None: everywhere); `steps` None: what the next larger area says.

    `version`: of the area's own plan as it was read, 0 where it had none.
    """

    alert_class: AlertClass
    priority: Priority
    area_id: int | None
    plan: Plan | None
    version: int
    why: str
    by: UUID


ONE_AT_A_TIME = "LOCK TABLE escalation_plan IN SHARE ROW EXCLUSIVE MODE"
VERSION = """
    SELECT version FROM escalation_plan
     WHERE area_id IS NOT DISTINCT FROM %(area)s AND class = %(class)s AND priority = %(priority)s
"""
SET = """
    INSERT INTO escalation_plan (area_id, class, priority, steps, version)
    VALUES (%(area)s, %(class)s, %(priority)s, %(steps)s, %(next)s)
    ON CONFLICT (area_id, class, priority) DO UPDATE SET steps = excluded.steps, version = excluded.version
"""
TAKE_BACK = """
    DELETE FROM escalation_plan
     WHERE area_id IS NOT DISTINCT FROM %(area)s AND class = %(class)s AND priority = %(priority)s
"""
# A version is never given twice, also after an area's plan was taken back.
NEXT = """
    SELECT greatest(%(version)s, coalesce(max(version), 0)) + 1 FROM plan_change
     WHERE area_id IS NOT DISTINCT FROM %(area)s AND class = %(class)s AND priority = %(priority)s
"""
KEEP = """
    INSERT INTO plan_change (area_id, class, priority, version, steps, why, account_id, at)
    VALUES (%(area)s, %(class)s, %(priority)s, %(next)s, %(steps)s, %(why)s, %(by)s, %(now)s)
"""


def change(conn: Conn, wanted: PlanChange, now: datetime) -> None:
    """Set it, or take an area's own one back; open alerts keep theirs. ChangedMeanwhile where it was set since."""
    terms: dict[str, Any] = {
        "area": wanted.area_id, "class": wanted.alert_class, "priority": wanted.priority, "why": wanted.why,
        "by": wanted.by, "now": now, "steps": None if wanted.plan is None else Jsonb(written_plan(wanted.plan)),
    }  # fmt: skip
    conn.execute(ONE_AT_A_TIME)
    row = conn.execute(VERSION, terms).fetchone()
    terms["version"] = row[0] if row else 0
    if terms["version"] != wanted.version:
        raise ChangedMeanwhile("version: somebody has changed this plan since; look at it again")
    following = conn.execute(NEXT, terms).fetchone()
    assert following is not None  # noqa: S101 - a maximum always has a row
    terms["next"] = following[0]
    conn.execute(TAKE_BACK if wanted.plan is None else SET, terms)
    conn.execute(KEEP, terms)


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """One version of a plan; `steps` None: the area's own one was taken back then."""

    version: int
    area_id: int | None
    area: str | None
    steps: list[dict[str, Any]] | None
    why: str
    by_name: str | None
    at: datetime


HISTORY = """
    SELECT c.version, c.area_id, area.name AS area, c.steps, c.why, account.username AS by_name, c.at
      FROM plan_change c
      LEFT JOIN area ON area.id = c.area_id
      LEFT JOIN account ON account.id = c.account_id
     WHERE c.class = %(class)s AND c.priority = %(priority)s
       AND (%(areas)s::integer[] IS NULL OR c.area_id IS NULL OR c.area_id = ANY (%(areas)s::integer[]))
     ORDER BY c.id DESC
     LIMIT 50
"""


def history(conn: Conn, alert_class: AlertClass, priority: Priority, scope: Scope) -> Sequence[KeptPlan]:
    """What was set in one's areas and everywhere, the newest first."""
    terms = scope.terms() | {"class": alert_class, "priority": priority}
    return conn.cursor(row_factory=class_row(KeptPlan)).execute(HISTORY, terms).fetchall()


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody who is on duty, and by which ways they can be told, in their order."""

    username: str
    ways: list[str]


WHO = """
    SELECT account.id, account.username,
           coalesce(array_agg(reach.channel ORDER BY reach.position, reach.id) FILTER (WHERE reach.id IS NOT NULL),
                    '{}') AS ways
      FROM account LEFT JOIN reach ON reach.account_id = account.id
     WHERE account.id = ANY (%s)
     GROUP BY account.id
     ORDER BY account.username
"""


def on_duty(conn: Conn, area_id: int | None, now: datetime) -> Mapping[Whom, list[OnDuty]]:
    """Who is on duty now for this area at each level."""
    levels = duty.on_duty(conn, area_id, now)
    everybody = [account for accounts in levels.values() for account in accounts]
    known = {row[0]: OnDuty(row[1], row[2]) for row in conn.execute(WHO, (everybody,))}
    return {Whom(level): [known[one] for one in accounts if one in known] for level, accounts in levels.items()}
