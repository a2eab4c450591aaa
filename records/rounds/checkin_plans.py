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


LONGEST_PAUSE = timedelta(days=31)
"""A pause always has an end, so that nobody is forgotten. An assumption."""


@dataclass(frozen=True, slots=True)
class Plan:
    """When somebody is expected to give a sign of life; `grace` None: the limit in force of the rule.

    `paused_until`: nobody is expected in a window that closes before then; None, or past: the plan doesn't rest.
    """

    id: UUID
    cron: str
    zone: str
    window: timedelta
    grace: timedelta | None
    on_holidays: bool
    made_at: datetime
    made_by_name: str | None
    ended_at: datetime | None
    paused_until: datetime | None
    paused_why: str
    paused_by_name: str | None


PLANS = """
    SELECT p.id, p.cron, p.zone, p.window_length AS window, p.grace, p.on_holidays, p.made_at,
           maker.username AS made_by_name, p.ended_at, p.paused_until, p.paused_why,
           pauser.username AS paused_by_name
      FROM check_in_plan p
      LEFT JOIN account maker ON maker.id = p.made_by
      LEFT JOIN account pauser ON pauser.id = p.paused_by
     WHERE p.resident_id = %s
     ORDER BY p.ended_at DESC NULLS FIRST, p.made_at, p.id
"""


def plans_of(conn: Conn, resident_id: UUID) -> list[Plan]:
    """The plans of a resident, those in force first, then the latest that have ended."""
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


TAKE_OVER_PAUSE = """
    UPDATE check_in_plan new
       SET paused_from = old.paused_from, paused_until = old.paused_until, paused_why = old.paused_why,
           paused_by = old.paused_by
      FROM check_in_plan old
     WHERE new.id = %(new)s AND old.id = %(old)s
"""


def take_over_pause(conn: Conn, old: UUID, new: UUID) -> None:
    """The plan that stands in another's place rests as long as that one would have."""
    conn.execute(TAKE_OVER_PAUSE, {"old": old, "new": new})


PAUSE = """
    UPDATE check_in_plan
       SET paused_from = %(now)s, paused_until = %(until)s, paused_why = %(why)s, paused_by = %(by)s
     WHERE id = %(plan)s AND resident_id = %(resident)s AND ended_at IS NULL
"""


def pause(
    conn: Conn, resident_id: UUID, plan_id: UUID, until: datetime, now: datetime, *, why: str, by: UUID | None = None
) -> bool:
    """Nobody is expected in the windows that close from now to `until`; False where the plan isn't in force.

    A window that has closed goes on: silence in it is still silence. Raises ValueError with the field and the fix.
    """
    if not now < until <= now + LONGEST_PAUSE:
        raise ValueError(f"until: must lie ahead, at most {LONGEST_PAUSE.days} days")
    if not why.strip():
        raise ValueError("why: say why nobody is to be expected")
    terms = {"plan": plan_id, "resident": resident_id, "until": until, "why": why.strip(), "by": by, "now": now}
    return conn.execute(PAUSE, terms).rowcount == 1


GO_ON = """
    UPDATE check_in_plan SET paused_until = greatest(paused_from, %(now)s)
     WHERE id = %(plan)s AND resident_id = %(resident)s AND ended_at IS NULL AND paused_until > %(now)s
"""


def go_on(conn: Conn, resident_id: UUID, plan_id: UUID, now: datetime) -> bool:
    """The pause is over: whoever's window closes from now on is expected; False where the plan doesn't rest."""
    return conn.execute(GO_ON, {"plan": plan_id, "resident": resident_id, "now": now}).rowcount == 1


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
