"""Signs of life, and when somebody's quiet is to be judged next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from care.coverage import Watcher, proven_alive
from care.devices import DeviceKind
from care.stirs import Stir
from records.database import Conn
from records.judging.holding import Hold

# A change of state, and each time that something moved or was used; what a device says again and again is no sign. What
# is known of a sensor from before, its first reading is held against; where nothing is, that is no change. A row in
# which nothing runs and all is as in the row before says nothing, and is left out before anything dearer is asked.
STIRS = """
    WITH bound AS MATERIALIZED (
        SELECT b.resident_id, d.id AS device_id, d.kind, d.place, greatest(b.valid_from, asked.start) AS start,
               least(b.valid_to, %(end)s) AS until,
               CASE WHEN b.valid_from <= asked.start THEN %(known)s::jsonb END AS known
          FROM unnest(%(residents)b::uuid[], %(starts)b::timestamptz[]) AS asked (resident_id, start)
          JOIN binding b USING (resident_id)
          JOIN device d ON d.id = b.device_id
    ), told AS (
        SELECT bound.*, reading.*,
               CASE WHEN metric IN ('steps', 'water_used') THEN value = 1
                    WHEN metric = 'motion' THEN value = 1 OR before = 1
                    ELSE value <> before END IS TRUE AS changed
          FROM bound
         CROSS JOIN LATERAL (
               SELECT o.time, state.metric, state.value,
                      coalesce(lag(state.value) OVER (PARTITION BY state.metric ORDER BY o.time),
                               (known ->> (bound.device_id || ' ' || state.metric))::boolean::integer) AS before
                 FROM (SELECT each.*, lag(said) OVER (ORDER BY each.time) AS said_before
                         FROM (SELECT time, motion, presence, in_bed, door_open, steps > 0 AS steps,
                                      water_used > 0 AS water_used,
                                      coalesce(motion, 2) + 3 * coalesce(presence, 2) + 9 * coalesce(in_bed, 2)
                                      + 27 * coalesce(door_open, 2) + 81 * coalesce((steps > 0)::integer, 2)
                                      + 243 * coalesce((water_used > 0)::integer, 2) AS said
                                 FROM observation
                                WHERE device_id = bound.device_id AND time >= bound.start AND time < bound.until
                              ) AS each) AS o
                CROSS JOIN LATERAL (VALUES ('motion', o.motion), ('presence', o.presence), ('in_bed', o.in_bed),
                                           ('door_open', o.door_open), ('steps', o.steps::integer::smallint),
                                           ('water_used', o.water_used::integer::smallint))
                           AS state (metric, value)
                WHERE (o.said IS DISTINCT FROM o.said_before OR o.motion = 1 OR o.steps OR o.water_used)
                  AND state.value IS NOT NULL) AS reading
    )
    SELECT resident_id, time, device_id, kind, place, metric, value = 1, changed
      FROM told
     WHERE changed OR %(firsts)s AND before IS NULL AND metric NOT IN ('steps', 'water_used')
     ORDER BY resident_id, time, device_id, metric
"""


def stirs(conn: Conn, resident_id: UUID, start: datetime, end: datetime) -> list[Stir]:
    """Every sign of life in a resident's home from `start` to before `end`, in order."""
    return stirs_of(conn, {resident_id: start}, end)[resident_id]


def stirs_after(conn: Conn, resident_id: UUID, start: datetime, end: datetime, known: Mapping[str, bool]) -> list[Stir]:
    """The same, where it is `known` what each sensor said last, and with the first word of those of which it is not."""
    return _stirs(conn, {resident_id: start}, end, known, firsts=True)[resident_id]


def stirs_of(conn: Conn, starts: Mapping[UUID, datetime], end: datetime) -> dict[UUID, list[Stir]]:
    """Every sign of life in each of these residents' homes, from their start to before `end`, in order."""
    return _stirs(conn, starts, end, {}, firsts=False)


def _stirs(
    conn: Conn, starts: Mapping[UUID, datetime], end: datetime, known: Mapping[str, bool], *, firsts: bool
) -> dict[UUID, list[Stir]]:
    terms = {
        "residents": list(starts), "starts": list(starts.values()), "end": end, "known": Jsonb(dict(known)),
        "firsts": firsts,
    }  # fmt: skip
    found: dict[UUID, list[Stir]] = {resident: [] for resident in starts}
    for resident, *told in conn.execute(STIRS, terms):
        found[resident].append(Stir(*told))
    return found


WATCHED_KINDS = (
    DeviceKind.MOTION, DeviceKind.PRESENCE, DeviceKind.BED, DeviceKind.DOOR, DeviceKind.FALL_RADAR,
    DeviceKind.WEARABLE, DeviceKind.WATER_METER,
)  # fmt: skip
"""Devices whose readings show that somebody moves."""
SEED = """
    INSERT INTO silence_due (resident_id, due_at, learn_at, since)
    SELECT DISTINCT b.resident_id, %(now)s::timestamptz, %(now)s::timestamptz, %(now)s::timestamptz
      FROM binding b JOIN device d ON d.id = b.device_id
     WHERE b.valid_to IS NULL AND d.kind = ANY (%(kinds)s) AND d.state = 'registered'
       AND (%(residents)s::uuid[] IS NULL OR b.resident_id = ANY (%(residents)s))
       AND NOT EXISTS (SELECT FROM silence_due known WHERE known.resident_id = b.resident_id)
        ON CONFLICT DO NOTHING
"""


def begin(conn: Conn, now: datetime, residents: Sequence[UUID] | None = None) -> int:
    """Begin to watch over whoever of these (None: of all) has a device that shows movement and no row yet; returns over
    how many.
    """
    terms = {"now": now, "kinds": list(WATCHED_KINDS), "residents": None if residents is None else list(residents)}
    return conn.execute(SEED, terms).rowcount


@dataclass(frozen=True, slots=True)
class Due:
    """Somebody whose quiet is to be judged; `raised`: the beginning of the quiet for which an alert was raised."""

    resident_id: UUID
    since: datetime
    raised: datetime | None
    looked_at: datetime | None
    """Signs of life up to then are known; None: those up to `since`."""
    speaks_at: datetime | None
    """When it rings unless there is life before; None: to be worked out."""


CLAIM = """
    SELECT resident_id, since, raised, looked_at, speaks_at FROM silence_due
     WHERE due_at <= %(until)s ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""
# Farther ahead than it can be: that was written by a clock that had jumped.
CLAIM_JUMPED = """
    SELECT resident_id, since, raised, looked_at, speaks_at FROM silence_due
     WHERE due_at > %(until)s + interval '8 days' ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""


def claim_due(conn: Conn, until: datetime, limit: int = 1_000) -> list[Due]:
    """Who is to be judged as of `until`; ours alone until the transaction ends."""
    cursor, terms = conn.cursor(row_factory=class_row(Due)), {"until": until, "limit": limit}
    found = cursor.execute(CLAIM, terms).fetchall()
    return found or cursor.execute(CLAIM_JUMPED, terms).fetchall()


CLAIM_ONE = """
    SELECT resident_id, since, raised, looked_at, speaks_at FROM silence_due
     WHERE resident_id = %s FOR UPDATE SKIP LOCKED
"""


def claim_one(conn: Conn, resident_id: UUID) -> Due | None:
    """This resident, ours alone until the transaction ends; None where another judges or nobody is watched."""
    return conn.cursor(row_factory=class_row(Due)).execute(CLAIM_ONE, (resident_id,)).fetchone()


JUDGED = """
    UPDATE silence_due s
       SET due_at = j.due_at, since = j.since, raised = j.raised, looked_at = %(looked)s, speaks_at = j.speaks_at
      FROM unnest(%(ids)b::uuid[], %(due)b::timestamptz[], %(since)b::timestamptz[], %(raised)b::timestamptz[],
                  %(speaks)b::timestamptz[])
           AS j (resident_id, due_at, since, raised, speaks_at)
     WHERE s.resident_id = j.resident_id
"""


@dataclass(frozen=True, slots=True)
class Judged:
    """It was judged; again at `again`."""

    resident_id: UUID
    again: datetime
    since: datetime
    raised: datetime | None = None
    speaks_at: datetime | None = None


def judged(conn: Conn, ones: Sequence[Judged], until: datetime) -> None:
    """Write down when each of these is judged again, and what was known, as of `until`."""
    terms = {
        "ids": [one.resident_id for one in ones], "due": [one.again for one in ones],
        "since": [one.since for one in ones], "raised": [one.raised for one in ones],
        "speaks": [one.speaks_at for one in ones], "looked": until,
    }  # fmt: skip
    conn.execute(JUDGED, terms)


LOOKED_AFTER = """
    SELECT closed_at FROM alert
     WHERE resident_id = %s AND rule = %s AND NOT drill
     ORDER BY opened_at DESC LIMIT 1
"""


def looked_after(conn: Conn, resident_id: UUID, rule: str) -> datetime | None:
    """When somebody closed the last alert of this rule; None while it is open. From then on quiet counts anew."""
    row = conn.execute(LOOKED_AFTER, (resident_id, rule)).fetchone()
    return row[0] if row else None


@dataclass(frozen=True, slots=True)
class Sources:
    """The devices that would show that somebody moves: those that are proven to work, and those that are not."""

    alive: Sequence[int]
    dead: Sequence[int]


def sources(watchers: Sequence[Watcher], hold: Hold | None = None) -> Sources:
    """Which of these are proven alive: they watch, and what holds somebody does not touch them."""
    alive, dead = proven_alive(watchers, WATCHED_KINDS)
    ours = [one.device_id for one in alive if hold is None or hold.proves(one.last_seen)]
    return Sources(sorted(ours), sorted({one.device_id for one in (*alive, *dead)} - set(ours)))
