"""Signs of life: what the stored observations and events show of somebody within a time, and by which device."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from records.database import Conn

MOVES = 20.0
"""%: above what a bed measures of somebody who lies still and breathes (an assumption: the field gives no number)."""

_BEFORE = timedelta(hours=25)
"""So far back the state before the window is looked for: a device on battery speaks at least so often."""

NO_PROOF = ("device_faulty", "sensor_fault", "device_stuck", "tamper")
"""While such an alert about a device stands, what it says shows nobody's life."""

RUNNING = ("water_running", "water_leak")
"""While water runs by itself, it shows nobody's life."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whether this resident has shown a sign of life from `since` to `until`, both included; `key`: the question."""

    key: UUID
    resident_id: UUID
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Sign:
    """Somebody did something: what, when, and which device says so."""

    kind: str
    """check_in, motion, water, steps, movement, door, bed, bed_entry, bed_exit."""
    time: datetime
    device_id: int
    place: str

    def evidence(self) -> dict[str, Any]:
        """As it is kept with what it proves."""
        return {"by": self.kind, "time": self.time.isoformat(), "device_id": self.device_id, "place": self.place}


# The last time that a state changed: what a device merely repeats shows nobody.
_CHANGED = """\
                  (SELECT '{kind}', o.time
                     FROM observation o
                    CROSS JOIN (
                          SELECT coalesce(
                                 (SELECT {column} FROM observation
                                   WHERE d.kind = '{kind}' AND device_id = d.id AND {column} IS NOT NULL
                                     AND time < bound.since AND time >= bound.since - %(before)s
                                   ORDER BY time DESC LIMIT 1),
                                 (SELECT {column} FROM observation
                                   WHERE d.kind = '{kind}' AND device_id = d.id AND {column} IS NOT NULL
                                     AND time >= bound.since AND time <= bound.until
                                   ORDER BY time LIMIT 1)) AS value) AS first
                    WHERE d.kind = '{kind}' AND o.device_id = d.id AND o.time >= bound.since AND o.time <= bound.until
                      AND o.{column} <> first.value
                    ORDER BY o.time DESC LIMIT 1)
"""

# A reading that a person must have caused, the latest of each device. Presence radars see neighbours through the wall,
# and a heart rate says nothing of somebody who can't get up: neither is here. Of a state only a change shows somebody.
SIGNS = (
    """
    WITH asked AS MATERIALIZED (
         SELECT *
           FROM unnest(%(keys)b::uuid[], %(residents)b::uuid[], %(since)b::timestamptz[], %(until)b::timestamptz[])
                AS asked (key, resident_id, since, until)
    )
    SELECT asked.key, seen.kind, seen.time, seen.device_id, seen.place
      FROM asked
     CROSS JOIN LATERAL (
           SELECT found.kind, found.time, d.id AS device_id, d.place
             FROM (SELECT b.device_id, greatest(b.valid_from, asked.since) AS since,
                          least(b.valid_to, asked.until) AS until
                     FROM binding b
                    WHERE b.resident_id = asked.resident_id AND b.valid_from <= asked.until
                      AND (b.valid_to IS NULL OR b.valid_to > asked.since)) AS bound
             JOIN device d ON d.id = bound.device_id AND d.state = 'registered'
            CROSS JOIN LATERAL (
                  (SELECT e.name AS kind, e.time
                     FROM event e
                    WHERE e.device_id = d.id AND e.time >= bound.since AND e.time <= bound.until
                      AND e.name IN ('check_in', 'bed_entry', 'bed_exit')
                    ORDER BY e.name = 'check_in' DESC, e.time DESC LIMIT 1)
                   UNION ALL
                  (SELECT CASE WHEN o.motion = 1 THEN 'motion' WHEN o.water_used > 0 THEN 'water'
                               WHEN o.steps > 0 THEN 'steps' ELSE 'movement' END, o.time
                     FROM observation o
                    WHERE o.device_id = d.id AND o.time >= bound.since AND o.time <= bound.until
                      AND (o.motion = 1 OR o.water_used > 0 OR o.steps > 0 OR o.movement >= %(moves)s)
                    ORDER BY o.time DESC LIMIT 1)
                   UNION ALL
"""
    + _CHANGED.format(kind="door", column="door_open")
    + "                   UNION ALL\n"
    + _CHANGED.format(kind="bed", column="in_bed")
    + """                  ) AS found
            WHERE d.id <> ALL (ARRAY (
                  SELECT a.device_id FROM alert a
                   WHERE a.device_id IS NOT NULL AND a.phase <> 'closed' AND a.active AND NOT a.drill
                     AND a.rule = ANY (%(no_proof)s)))
              AND (found.kind <> 'water' OR NOT EXISTS (
                  SELECT FROM alert a
                   WHERE a.home_id = (SELECT home_id FROM resident WHERE id = asked.resident_id)
                     AND a.phase <> 'closed' AND a.active AND NOT a.drill AND a.rule = ANY (%(running)s)))
            ORDER BY found.kind = 'check_in' DESC, found.time DESC LIMIT 1
           ) AS seen
"""
)


def signs(conn: Conn, asked: Iterable[Asked]) -> dict[UUID, Sign]:
    """The best sign of life for each question that has one: the check-in itself, else the latest of any other."""
    questions = list(asked)
    terms = {
        "keys": [one.key for one in questions], "residents": [one.resident_id for one in questions],
        "since": [one.since for one in questions], "until": [one.until for one in questions],
        "moves": MOVES, "before": _BEFORE, "no_proof": list(NO_PROOF), "running": list(RUNNING),
    }  # fmt: skip
    return {row[0]: Sign(*row[1:]) for row in conn.execute(SIGNS, terms)}


SOURCES = """
    SELECT d.id, d.kind, d.place, s.last_seen
      FROM binding b
      JOIN device d ON d.id = b.device_id AND d.state = 'registered'
      LEFT JOIN device_state s ON s.device_id = d.id
     WHERE b.resident_id = %s AND b.valid_to IS NULL
     ORDER BY d.id
"""


def sources(conn: Conn, resident_id: UUID, now: datetime) -> list[dict[str, Any]]:
    """The devices that could have shown a sign of life and when each was last heard: what a silence rests on."""
    return [
        {"device_id": id_, "kind": kind, "place": place, "quiet_s": (now - seen).total_seconds() if seen else None}
        for id_, kind, place, seen in conn.execute(SOURCES, (resident_id,))
    ]
