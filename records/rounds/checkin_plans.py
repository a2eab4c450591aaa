"""Plans of check-ins, and the rows of what they expect, made ahead of time and many at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
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
    _expect(conn, EXPECT_ONE, {schedule: now}, now, {"plan": plan_id})
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


# A city has few different times: they are computed once for all the plans that have them.
SCHEDULES = """
    SELECT cron, zone, min(planned_through)
      FROM check_in_plan
     WHERE ended_at IS NULL AND planned_through < %(wanted)s
     GROUP BY cron, zone
"""


# Planned farther ahead than anybody plans: that was a clock that had jumped.
BELIEVE_NO_LONGER = """
    UPDATE check_in_plan SET planned_through = %(now)s WHERE ended_at IS NULL AND planned_through > %(too_far)s
"""


def plan_ahead(conn: Conn, now: datetime, limit: int = 50_000) -> int:
    """Make the rows of the windows to come for plans that have few left; returns for how many plans."""
    conn.execute(BELIEVE_NO_LONGER, {"now": now, "too_far": now + AHEAD + MADE_WHEN_LEFT})
    wanted = now + MADE_WHEN_LEFT
    few = conn.execute(SCHEDULES, {"wanted": wanted}).fetchall()
    schedules = {Schedule(cron, zone): since for cron, zone, since in few}
    return _expect(conn, EXPECT_MANY, schedules, now, {"wanted": wanted, "limit": limit}) if schedules else 0


# What another worker plans is passed over; a plan that was made a moment ago and is not in `schedule` has its turn.
_MANY = """
    SELECT p.id
      FROM check_in_plan p
      JOIN unnest(%(crons)s::text[], %(zones)s::text[], %(since)s::timestamptz[]) AS schedule (cron, zone, since)
        ON schedule.cron = p.cron AND schedule.zone = p.zone AND p.planned_through >= schedule.since
     WHERE p.ended_at IS NULL AND p.planned_through < %(wanted)s
     ORDER BY p.planned_through LIMIT %(limit)s
       FOR UPDATE OF p SKIP LOCKED
"""
_ONE = "SELECT id FROM check_in_plan WHERE id = %(plan)s FOR UPDATE"
_ROWS = """
    ), mine AS MATERIALIZED (
        SELECT p.* FROM check_in_plan p JOIN claimed ON claimed.id = p.id ORDER BY p.id -- neighbours in the index
    ), planned AS (
        UPDATE check_in_plan SET planned_through = %(until)s FROM mine WHERE check_in_plan.id = mine.id
    ), made AS (
        INSERT INTO check_in (id, plan_id, resident_id, opens_at, closes_at, grace, due_at)
        SELECT gen_random_uuid(), p.id, p.resident_id, o.at, o.at + p.window_length, p.grace, o.at + p.window_length
          FROM mine p
          JOIN unnest(%(opening_crons)s::text[], %(opening_zones)s::text[], %(openings)s::timestamptz[])
               AS o (cron, zone, at)
            ON o.cron = p.cron AND o.zone = p.zone AND o.at >= p.planned_through
        ON CONFLICT DO NOTHING
    )
    SELECT count(*) FROM mine
"""
EXPECT_MANY: LiteralString = "WITH claimed AS (" + _MANY + _ROWS
EXPECT_ONE: LiteralString = "WITH claimed AS (" + _ONE + _ROWS


def _expect(
    conn: Conn, statement: LiteralString, schedules: Mapping[Schedule, datetime], now: datetime,
    more: Mapping[str, object],
) -> int:  # fmt: skip
    until = now + AHEAD
    openings = [
        (schedule, at)
        for schedule, since in schedules.items()
        for at in schedule.openings(max(since, now - NOT_BEFORE), until)
    ]
    terms = {
        "until": until, "crons": [schedule.cron for schedule in schedules],
        "zones": [schedule.zone for schedule in schedules], "since": list(schedules.values()),
        "opening_crons": [schedule.cron for schedule, _ in openings],
        "opening_zones": [schedule.zone for schedule, _ in openings], "openings": [at for _, at in openings], **more,
    }  # fmt: skip
    row = conn.execute(statement, terms, prepare=False).fetchone()
    return int(row[0]) if row else 0
