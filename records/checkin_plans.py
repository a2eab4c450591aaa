"""Plans of check-ins, and the rows of what they expect, made ahead of time and many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from care.checkins import LONGEST_WINDOW, Schedule
from records.database import Conn
from records.ids import new_id

AHEAD = timedelta(hours=36)
"""So far ahead the windows have rows: today's and, from noon on, all of tomorrow's can be seen."""

MADE_WHEN_LEFT = timedelta(hours=24)
"""Plans get more rows when only so much is left of them."""

NOT_BEFORE = timedelta(hours=24)
"""A window that opened longer ago than this is not made up for after an outage."""


@dataclass(frozen=True, slots=True)
class Plan:
    """When somebody is expected to give a sign of life; `grace` None: the limit in force of the rule."""

    id: UUID
    cron: str
    zone: str
    window: timedelta
    grace: timedelta | None
    on_holidays: bool
    made_at: datetime
    ended_at: datetime | None


PLANS = """
    SELECT id, cron, zone, window_length AS window, grace, on_holidays, made_at, ended_at
      FROM check_in_plan WHERE resident_id = %s ORDER BY ended_at NULLS FIRST, made_at, id
"""


def plans_of(conn: Conn, resident_id: UUID) -> list[Plan]:
    """The plans of a resident, those in force first."""
    return conn.cursor(row_factory=class_row(Plan)).execute(PLANS, (resident_id,)).fetchall()


MAKE = """
    INSERT INTO check_in_plan (id, resident_id, cron, zone, window_length, grace, on_holidays, made_by, made_at,
                               planned_through)
    VALUES (%(id)s, %(resident)s, %(cron)s, %(zone)s, %(window)s, %(grace)s, %(on_holidays)s, %(by)s, %(now)s, %(now)s)
"""


def make_plan(
    conn: Conn, resident_id: UUID, schedule: Schedule, window: timedelta, now: datetime, *,
    grace: timedelta | None = None, on_holidays: bool = True, by: UUID | None = None,
) -> UUID:  # fmt: skip
    """From now on this resident is expected to check in so; the first windows have their rows at once.

    Raises ValueError, naming the field and the fix, where the plan makes no sense.
    """
    schedule.check(now)
    if not timedelta(minutes=1) <= window <= LONGEST_WINDOW:
        raise ValueError("window: from one minute to 24 hours")
    if grace is not None and not timedelta(0) <= grace <= LONGEST_WINDOW:
        raise ValueError("grace: at most 24 hours")
    plan_id = new_id()
    terms = {
        "id": plan_id, "resident": resident_id, "cron": schedule.cron, "zone": schedule.zone, "window": window,
        "grace": grace, "on_holidays": on_holidays, "by": by, "now": now,
    }  # fmt: skip
    conn.execute(MAKE, terms)
    _expect(conn, [plan_id], [(schedule, now)], now)
    return plan_id


END = """
    UPDATE check_in_plan SET ended_at = %(now)s
     WHERE id = %(plan)s AND resident_id = %(resident)s AND ended_at IS NULL
"""
FORGET = "DELETE FROM check_in WHERE plan_id = %(plan)s AND opens_at > %(now)s AND state = 'due'"


def end_plan(conn: Conn, resident_id: UUID, plan_id: UUID, now: datetime) -> bool:
    """Nobody is expected by this plan any more; a window that is open stays. False where the plan isn't in force."""
    terms = {"plan": plan_id, "resident": resident_id, "now": now}
    if conn.execute(END, terms).rowcount == 0:
        return False
    conn.execute(FORGET, terms)
    return True


CLAIM = """
    SELECT id, cron, zone, planned_through
      FROM check_in_plan
     WHERE ended_at IS NULL AND planned_through < %(wanted)s
     ORDER BY planned_through LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
"""


def plan_ahead(conn: Conn, now: datetime, limit: int = 50_000) -> int:
    """Make the rows of the windows to come for plans that have few left; returns for how many plans."""
    claimed = conn.execute(CLAIM, {"wanted": now + MADE_WHEN_LEFT, "limit": limit}).fetchall()
    schedules: dict[Schedule, datetime] = {}
    for _, cron, zone, through in claimed:
        schedule = Schedule(cron, zone)
        schedules[schedule] = min(through, schedules.get(schedule, through))
    _expect(conn, [row[0] for row in claimed], list(schedules.items()), now)
    return len(claimed)


# All plans with the same times get their rows together: a city has few different ones.
EXPECT = """
    INSERT INTO check_in (id, plan_id, resident_id, opens_at, closes_at, grace, due_at)
    SELECT gen_random_uuid(), p.id, p.resident_id, o.at, o.at + p.window_length, p.grace, o.at + p.window_length
      FROM check_in_plan p
      JOIN unnest(%(crons)s::text[], %(zones)s::text[], %(at)s::timestamptz[]) AS o (cron, zone, at)
        ON o.cron = p.cron AND o.zone = p.zone AND o.at >= p.planned_through
     WHERE p.id = ANY (%(plans)s)
    ON CONFLICT DO NOTHING
"""
PLANNED = "UPDATE check_in_plan SET planned_through = %(until)s WHERE id = ANY (%(plans)s)"


def _expect(conn: Conn, plans: Sequence[UUID], schedules: Sequence[tuple[Schedule, datetime]], now: datetime) -> None:
    if not plans:
        return
    until = now + AHEAD
    openings = [
        (schedule, at) for schedule, since in schedules for at in schedule.openings(max(since, now - NOT_BEFORE), until)
    ]
    terms = {
        "plans": list(plans), "until": until, "crons": [schedule.cron for schedule, _ in openings],
        "zones": [schedule.zone for schedule, _ in openings], "at": [at for _, at in openings],
    }  # fmt: skip
    conn.execute(EXPECT, terms)
    conn.execute(PLANNED, terms)
