"""How each device is supervised: rows with a time by which it must have spoken, claimed when that has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from care.devices import SILENT_AFTER, SILENT_INTERVALS, expected_interval
from care.supervision import Condition, Gap
from records.database import Conn

_LONGEST = timedelta(days=30)
"""Gaps of our own that ended longer ago than this matter to no device."""

HEARD_THROUGH = "SELECT min(through) FROM watermark"
GAPS = "SELECT since, until FROM lane_gap WHERE until > %s ORDER BY since"
NOTE_GAP = """
    INSERT INTO lane_gap (lane, since, until) VALUES (%s, %s, %s)
    ON CONFLICT (lane, since) DO UPDATE SET until = greatest(lane_gap.until, excluded.until)
"""


def heard_through(conn: Conn) -> datetime | None:
    """Everything that any lane received before this is stored; None where no lane has ever worked."""
    row = conn.execute(HEARD_THROUGH).fetchone()
    return row[0] if row else None


def gaps(conn: Conn, now: datetime) -> list[Gap]:
    """When we did not listen, in the last 30 days."""
    return [Gap(*row) for row in conn.execute(GAPS, (now - _LONGEST,))]


def note_gap(conn: Conn, lane: str, since: datetime, until: datetime) -> None:
    """This lane heard nothing from `since` to `until`, whatever was said; it has caught up now."""
    conn.execute(NOTE_GAP, (lane, since, max(since, until)))


@dataclass(frozen=True, slots=True)
class Watched:
    """A device whose time has come: what was known of it, and what was heard."""

    device_id: int
    condition: str
    told: bool
    back_at: datetime | None
    outage_id: UUID | None
    kind: str
    interval: timedelta | None
    quiet_for: timedelta | None
    """By the limits in force when it was looked at last; None: the defaults."""
    resident_id: UUID | None
    area_id: int | None
    last_seen: datetime | None
    online: bool | None
    status_time: datetime | None


AT_ONCE = 3_000
"""So many devices of each kind of reason in one sweep, whose work must be done before the next; the city's 22,100 beds
alone need 2,450 in 10 s (an interval of 10 s and a look every 90 s)."""

# Reasons to look at a device: its time has come, or is farther ahead than it can be; it is new, or its limits are; it
# is lost and was heard again, it has said goodbye, or it has spoken for the first time. Whoever waits longest comes
# first, who is not registered is in nobody's way, and neither is a city whose limits have changed.
DUE = """
    WITH due AS (
        (SELECT w.device_id FROM device_watch w JOIN device d ON d.id = w.device_id AND d.state = 'registered'
          WHERE w.due_at <= %(as_of)s AND w.due_at > '-infinity'
          ORDER BY w.due_at LIMIT %(at_once)s)
         UNION
        (SELECT w.device_id FROM device_watch w JOIN device d ON d.id = w.device_id AND d.state = 'registered'
          WHERE w.due_at = '-infinity' LIMIT %(at_once)s)
         UNION
        (SELECT device_id FROM device_watch
          WHERE due_at > %(as_of)s + interval '8 days' AND due_at < 'infinity' LIMIT %(at_once)s)
         UNION
        (SELECT w.device_id FROM device_watch w JOIN device_state s USING (device_id)
           JOIN device d ON d.id = w.device_id AND d.state = 'registered'
          WHERE w.condition IN ('silent', 'offline')
            AND (s.last_seen > w.heard_at OR w.condition = 'offline' AND s.online)
          LIMIT %(at_once)s)
         UNION
        (SELECT w.device_id FROM device_state s JOIN device_watch w USING (device_id)
           JOIN device d ON d.id = w.device_id AND d.state = 'registered'
          WHERE NOT s.online AND w.condition = 'well' AND s.status_time >= s.last_seen
          ORDER BY s.status_time LIMIT %(at_once)s)
         UNION
        (SELECT w.device_id FROM device_watch w JOIN device_state s USING (device_id)
           JOIN device d ON d.id = w.device_id AND d.state = 'registered'
          WHERE w.condition = 'unheard' AND w.due_at = 'infinity' AND s.last_seen IS NOT NULL
          LIMIT %(at_once)s)
    )
    SELECT w.device_id, w.condition, w.told, w.back_at, w.outage_id, d.kind, d.expected_interval AS interval,
           w.quiet_for, r.id AS resident_id, h.area_id, s.last_seen, s.online, s.status_time
      FROM device_watch w
      JOIN device d ON d.id = w.device_id
      LEFT JOIN device_state s ON s.device_id = d.id
      LEFT JOIN binding b ON b.device_id = d.id AND b.valid_to IS NULL
      LEFT JOIN resident r ON r.id = b.resident_id
      LEFT JOIN home h ON h.id = r.home_id
     WHERE w.device_id IN (SELECT device_id FROM due) AND d.state = 'registered'
     ORDER BY w.device_id
       FOR UPDATE OF w SKIP LOCKED
"""


# How long a device `d`, watched by `w`, may be quiet: care.devices.silent_after, in SQL.
JOIN_USUAL = """\
      JOIN unnest(%(kinds)s::text[], %(silent_after)s::interval[], %(usual_interval)s::interval[])
           AS usual (kind, silent_after, interval) ON usual.kind = d.kind
"""
QUIET_FOR = "coalesce(nullif(d.expected_interval, usual.interval) * %(intervals)s, w.quiet_for, usual.silent_after)"


def usual() -> dict[str, object]:
    """The parameters that say how long each kind may be quiet."""
    return {
        "kinds": [str(kind) for kind in SILENT_AFTER],
        "silent_after": list(SILENT_AFTER.values()),
        "usual_interval": [expected_interval(kind) for kind in SILENT_AFTER],
        "intervals": SILENT_INTERVALS,
    }


def due(conn: Conn, as_of: datetime) -> list[Watched]:
    """The devices to be looked at, ours alone until the transaction ends; more than these wait for the next time."""
    terms = {"as_of": as_of, "at_once": AT_ONCE}
    return conn.cursor(row_factory=class_row(Watched)).execute(DUE, terms).fetchall()


LIMITED = """
    UPDATE device_watch w SET quiet_for = n.quiet_for
      FROM unnest(%s::integer[], %s::interval[]) AS n (device_id, quiet_for) WHERE w.device_id = n.device_id
"""


def limited(conn: Conn, quiet_for: Mapping[int, timedelta | None]) -> None:
    """By the limits in force these devices may be quiet for so long; None: by the defaults."""
    if quiet_for:
        conn.execute(LIMITED, (list(quiet_for), list(quiet_for.values())))


@dataclass(frozen=True, slots=True)
class Noted:
    """What is written down of a device; `due_at` None: when it speaks."""

    device_id: int
    condition: Condition
    due_at: datetime | None
    changed: bool
    heard_at: datetime | None
    tell_at: datetime | None
    back_at: datetime | None


NOTE = """
    UPDATE device_watch w
       SET condition = n.condition, due_at = coalesce(n.due_at, 'infinity'),
           since = CASE WHEN n.changed THEN %(now)s ELSE w.since END,
           heard_at = n.heard_at, tell_at = n.tell_at, back_at = n.back_at
      FROM unnest(%(ids)s::integer[], %(conditions)s::text[], %(due)s::timestamptz[], %(changed)s::boolean[],
                  %(heard)s::timestamptz[], %(tell)s::timestamptz[], %(back)s::timestamptz[])
           AS n (device_id, condition, due_at, changed, heard_at, tell_at, back_at)
     WHERE w.device_id = n.device_id
"""
STILL_WELL = """
    UPDATE device_watch w SET due_at = n.due_at
      FROM unnest(%(ids)s::integer[], %(due)s::timestamptz[]) AS n (device_id, due_at) WHERE w.device_id = n.device_id
"""


def still_well(conn: Conn, due_at: Sequence[tuple[int, datetime]]) -> None:
    """Nothing has changed about these devices but when they have to be looked at again."""
    conn.execute(STILL_WELL, {"ids": [row[0] for row in due_at], "due": [row[1] for row in due_at]})


def note(conn: Conn, notes: Sequence[Noted], now: datetime) -> None:
    """Write down how these devices are."""
    terms = {
        "now": now,
        "ids": [one.device_id for one in notes],
        "conditions": [str(one.condition) for one in notes],
        "due": [one.due_at for one in notes],
        "changed": [one.changed for one in notes],
        "heard": [one.heard_at for one in notes],
        "tell": [one.tell_at for one in notes],
        "back": [one.back_at for one in notes],
    }
    conn.execute(NOTE, terms)
