"""Drills: a call for help that nobody needs goes through judgement, escalation and the seat, marked as a drill."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from care.pack.at_once import AT_ONCE
from records.database import Conn
from records.errors import RecordsError
from records.ids import new_id
from records.scope import IN_SCOPE, Scope

RULES = tuple(rule.id for rule in AT_ONCE)
"""What can be practised: what a device says and what rings at once."""


class GoesOn(RecordsError):
    """The same drill at the same resident is not over."""


# Any device of theirs will do; the one that is worn says best what a drill is about.
DEVICE = """
    SELECT b.device_id FROM binding b JOIN device d ON d.id = b.device_id AND d.state = 'registered'
     WHERE b.resident_id = %s AND b.valid_to IS NULL
     ORDER BY d.kind = 'wearable' DESC, d.kind = 'button' DESC, b.device_id
     LIMIT 1
"""
OPEN = """
    SELECT FROM alert a JOIN drill ON a.evidence ->> 'id' = drill.id::text
     WHERE a.drill AND a.phase <> 'closed' AND drill.resident_id = %s AND a.rule = %s LIMIT 1
"""
ADD = "INSERT INTO drill (id, rule, resident_id, started_by, started_at, note) VALUES (%s, %s, %s, %s, %s, %s)"
SIGNAL = """
    INSERT INTO signal (rule, device_id, time, received_at, evidence) VALUES (%s, %s, %s, %s, %s)
"""


def start(conn: Conn, rule: str, resident_id: UUID, note: str, by: UUID, now: datetime) -> UUID:
    """Let it ring: what ingest writes for a device's event with `test: true`. ValueError, GoesOn."""
    if rule not in RULES:
        raise ValueError(f"rule: one of {', '.join(RULES)}")
    device = conn.execute(DEVICE, (resident_id,)).fetchone()
    if device is None:
        raise ValueError("resident_id: somebody with a device, which is said to have spoken")
    if conn.execute(OPEN, (resident_id, rule)).fetchone() is not None:
        raise GoesOn("the same drill goes on there")
    made = new_id()
    evidence = {"event": rule, "id": str(made), "clock_problem": None, "drill": True}
    conn.execute(ADD, (made, rule, resident_id, by, now, note))
    conn.execute(SIGNAL, (rule, device[0], now, now, Jsonb(evidence)))
    conn.execute("SELECT pg_notify('signal', '')")
    return made


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill and how long it took to each step, in seconds after it was started (`took`: opened, told, answer, …).

    `alert_id` None: it has not been judged yet.
    """

    id: UUID
    rule: str
    resident_id: UUID
    resident_name: str
    address: str
    note: str
    started_by_name: str
    started_at: datetime
    alert_id: UUID | None
    phase: str | None
    outcome: str | None
    answered_by_name: str | None
    took: dict[str, float]
    ticked: int
    """How many items of the script."""
    escalations: int
    """How often it was told to a further level, because nobody answered."""


# When each step was first taken; who answered first.
VIEW = (
    """
    SELECT drill.id, drill.rule, drill.resident_id, r.name AS resident_name, h.address, drill.note,
           starter.username AS started_by_name, drill.started_at, a.id AS alert_id, a.phase, a.outcome,
           steps.answered_by_name, coalesce(steps.took, '{}') AS took, coalesce(steps.ticked, 0) AS ticked,
           coalesce(steps.escalations, 0) AS escalations
      FROM drill
      JOIN resident r ON r.id = drill.resident_id
      JOIN home h ON h.id = r.home_id
      JOIN account starter ON starter.id = drill.started_by
      LEFT JOIN alert a ON a.drill AND a.evidence ->> 'id' = drill.id::text
      LEFT JOIN LATERAL (
           SELECT jsonb_object_agg(kind, seconds) AS took, max(ticked) AS ticked, max(escalations) AS escalations,
                  min(who) FILTER (WHERE kind = 'answer') AS answered_by_name
             FROM (SELECT l.kind, extract(epoch FROM min(l.at) - drill.started_at)::float8 AS seconds,
                          (array_agg(account.username ORDER BY l.id))[1] AS who,
                          count(DISTINCT l.detail ->> 'item') FILTER (WHERE l.kind = 'script')::integer AS ticked,
                          count(*) FILTER (WHERE l.kind = 'told' AND l.detail ->> 'whom' <> 'seat')::integer
                              AS escalations
                     FROM alert_log l LEFT JOIN account ON account.id = l.account_id
                    WHERE l.alert_id = a.id
                    GROUP BY l.kind) AS of_kind) AS steps ON true
     WHERE """
    + IN_SCOPE
)
LATEST = VIEW + " ORDER BY drill.started_at DESC LIMIT %(limit)s"
ONE = VIEW + " AND drill.id = %(id)s"


def latest(conn: Conn, scope: Scope, limit: int) -> list[Drill]:
    """The drills that were started last, the newest first."""
    terms = scope.terms() | {"limit": limit}
    return conn.cursor(row_factory=class_row(Drill)).execute(LATEST, terms).fetchall()


def one(conn: Conn, drill_id: UUID, scope: Scope) -> Drill | None:
    """This drill; None where there is none in the scope."""
    terms = scope.terms() | {"id": drill_id}
    return conn.cursor(row_factory=class_row(Drill)).execute(ONE, terms).fetchone()
