"""The duty to visit: how often whom, how each one stands, who has to be visited next, and the tasks for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from care.figures import CONFIRMED
from care.visits import AFTER_CHANGE, EVERY, LEAD, Risk, Standing, Why, standing
from records.database import Conn
from records.rounds import visits

SET = """
    INSERT INTO visit_duty (resident_id, risk, since, set_by, reason)
    VALUES (%(resident)s, %(risk)s, %(now)s, %(by)s, %(reason)s)
    ON CONFLICT (resident_id) DO UPDATE
       SET risk = excluded.risk, set_by = excluded.set_by, reason = excluded.reason,
           since = CASE WHEN visit_duty.risk = excluded.risk THEN visit_duty.since ELSE excluded.since END
"""


def set_duty(
    conn: Conn, resident_id: UUID, risk: Risk, reason: str, by: UUID | None, now: datetime, *, changed: bool = False
) -> None:
    """From now on this resident is visited as often as this risk asks for.

    `changed`: something major has changed for them; at high risk they are visited within 24 hours.
    """
    terms = {"resident": resident_id, "risk": risk, "now": now, "by": by, "reason": reason}
    conn.execute(SET, terms)
    if changed and risk is Risk.HIGH:
        visits.ask_for_visit(conn, resident_id, Why.MAJOR_CHANGE, now + AFTER_CHANGE, now)


@dataclass(frozen=True, slots=True)
class Duty:
    """How somebody's visits stand; `last`: the last visit that counts, `by_when`: when the next one is due."""

    risk: Risk
    since: datetime
    reason: str
    last: datetime | None
    standing: Standing
    by_when: datetime


# Whoever has no duty of their own is at low risk since the records know them.
DUTY = """
    SELECT r.id AS resident_id, h.area_id, coalesce(d.risk, 'low') AS risk, coalesce(d.since, r.recorded_at) AS since,
           coalesce(d.reason, '') AS reason,
           (SELECT max(v.at) FROM visit v WHERE v.resident_id = r.id AND v.counts AND v.at <= %(now)s) AS last,
           EXISTS (SELECT FROM absence x WHERE x.resident_id = r.id AND x.valid_from <= %(now)s
                                           AND least(x.valid_to, x.ended_at) > %(now)s) AS away
      FROM resident r
      JOIN home h ON h.id = r.home_id
      LEFT JOIN visit_duty d ON d.resident_id = r.id
"""
ONE = DUTY + " WHERE r.id = %(resident)s"


def of_resident(conn: Conn, resident_id: UUID, now: datetime) -> Duty | None:
    """How this resident's visits stand; None where there is no such resident."""
    row = conn.execute(ONE, {"resident": resident_id, "now": now}).fetchone()
    if row is None:
        return None
    _, _, risk, since, reason, last, _ = row
    by_when = max(since, last or since) + EVERY[Risk(risk)]
    return Duty(Risk(risk), since, reason, last, standing(Risk(risk), since, last, now), by_when)


PACE = """
    , pace AS (
        SELECT * FROM unnest(%(risks)s::text[], %(everys)s::interval[], %(leads)s::interval[]) AS p (risk, every, lead)
    ), stands AS (
        SELECT duty.*, greatest(duty.since, duty.last) + pace.every AS by_when, pace.every, pace.lead,
               CASE WHEN last > %(now)s - every THEN 'visited' WHEN since > %(now)s - every THEN 'not_yet'
                    ELSE 'behind' END AS standing
          FROM duty JOIN pace ON pace.risk = duty.risk
    )
"""
"""`stands`: care.visits.standing of everybody in `duty`, and when their next visit is due."""

# Nobody is asked to visit who is away; the most urgent first where many are due at once. Each condition leaves out most
# of those that are left: a duty so young that no visit can be due yet, a visit so late that the next can't be.
ASK = """
    WITH pace AS (
        SELECT * FROM unnest(%(risks)s::text[], %(everys)s::interval[], %(leads)s::interval[]) AS p (risk, every, lead)
    ), early AS MATERIALIZED (
        SELECT d.resident_id, d.since, pace.every, %(now)s + pace.lead - pace.every AS before
          FROM visit_duty d JOIN pace USING (risk)
         WHERE d.since <= %(now)s + pace.lead - pace.every
         UNION ALL
        SELECT r.id, r.recorded_at, %(low_every)s, %(low_before)s
          FROM resident r
         WHERE r.recorded_at <= %(low_before)s AND r.ended_on IS NULL
           AND NOT EXISTS (SELECT FROM visit_duty d WHERE d.resident_id = r.id)
    )
    INSERT INTO visit_task (id, resident_id, why, asked_at, by_when)
    SELECT gen_random_uuid(), resident_id, %(why)s, %(now)s,
           greatest(since, (SELECT max(v.at) FROM visit v
                             WHERE v.resident_id = early.resident_id AND v.counts AND v.at <= %(now)s)) + every
      FROM early
     WHERE NOT EXISTS (SELECT FROM visit v WHERE v.resident_id = early.resident_id AND v.counts
                                             AND v.at > early.before AND v.at <= %(now)s)
       AND NOT EXISTS (SELECT FROM absence x WHERE x.resident_id = early.resident_id AND x.valid_from <= %(now)s
                                               AND least(x.valid_to, x.ended_at) > %(now)s)
       AND NOT EXISTS (SELECT FROM visit_task t
                        WHERE t.resident_id = early.resident_id AND t.why = %(why)s AND t.state = 'open')
     ORDER BY 5 LIMIT %(limit)s
    ON CONFLICT (resident_id, why) WHERE state = 'open' DO NOTHING
"""
NOT_NEEDED = (
    "WITH duty AS ("
    + DUTY
    + " WHERE r.id IN (SELECT resident_id FROM visit_task WHERE why = %(why)s AND state = 'open'))"
    + PACE
    + """
    UPDATE visit_task t SET state = 'not_needed', settled_at = %(now)s
      FROM stands
     WHERE t.resident_id = stands.resident_id AND t.why = %(why)s AND t.state = 'open'
       AND stands.by_when > %(now)s + stands.lead
    """
)
# Back from hospital, or somebody in need was found: within a day somebody at high risk is visited, once.
CHANGED = """
    WITH change AS (
        SELECT resident_id, least(valid_to, ended_at) AS at
          FROM absence
         WHERE kind = 'hospital' AND valid_to > %(now)s - %(within)s AND least(valid_to, ended_at) > valid_from
           AND least(valid_to, ended_at) > %(now)s - %(within)s AND least(valid_to, ended_at) <= %(now)s
         UNION ALL
        SELECT resident_id, closed_at
          FROM alert
         WHERE class = 'personal' AND NOT drill AND NOT canary AND outcome = ANY (%(confirmed)s)
           AND closed_at > %(now)s - %(within)s AND closed_at <= %(now)s AND resident_id IS NOT NULL
    )
    INSERT INTO visit_task (id, resident_id, why, asked_at, by_when)
    SELECT gen_random_uuid(), change.resident_id, %(why)s, %(now)s, min(change.at) + %(within)s
      FROM change
      JOIN visit_duty d ON d.resident_id = change.resident_id AND d.risk = 'high'
     WHERE NOT EXISTS (SELECT FROM visit_task t
                        WHERE t.resident_id = change.resident_id AND t.why = %(why)s
                          AND (t.state = 'open' OR t.asked_at >= change.at))
       AND NOT EXISTS (SELECT FROM visit v WHERE v.resident_id = change.resident_id AND v.counts AND v.at >= change.at)
       AND NOT EXISTS (SELECT FROM absence x WHERE x.resident_id = change.resident_id AND x.valid_from <= %(now)s
                                               AND least(x.valid_to, x.ended_at) > %(now)s)
     GROUP BY change.resident_id
    ON CONFLICT (resident_id, why) WHERE state = 'open' DO NOTHING
"""


def pace() -> dict[str, Any]:
    """How often each risk asks for a visit, as the parameters of PACE."""
    return {"risks": list(EVERY), "everys": list(EVERY.values()), "leads": [LEAD[risk] for risk in EVERY]}


def ask_for_what_is_due(conn: Conn, now: datetime, limit: int) -> int:
    """Make the tasks for visits that are due soon or overdue, take back what is not needed; returns how many it was."""
    low = {"low_every": EVERY[Risk.LOW], "low_before": now + LEAD[Risk.LOW] - EVERY[Risk.LOW]}
    terms = pace() | low | {"now": now, "why": Why.DUTY, "limit": limit}
    gone = conn.execute(NOT_NEEDED, terms, prepare=False).rowcount
    return gone + conn.execute(ASK, terms, prepare=False).rowcount


def ask_after_changes(conn: Conn, now: datetime) -> int:
    """Make the tasks for those at high risk for whom something major has changed; returns how many it was."""
    terms = {"now": now, "within": AFTER_CHANGE, "why": Why.MAJOR_CHANGE, "confirmed": sorted(CONFIRMED)}
    return conn.execute(CHANGED, terms).rowcount
