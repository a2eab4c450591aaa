"""What took many devices at once: found, told once, held against the people behind it, and over."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from care.outages import FRESH, STILL_LOST, TELL_AFTER, Around, Cause, Found, Lost, causes
from care.rules import RULES
from care.supervision import ALONE_AFTER, BACK_FOR, QUICK
from records.database import Conn
from records.equipment import complaints, watch
from records.ids import new_id
from records.judging.alerts import Opening
from records.judging.holding import holding as holding  # noqa: PLC0414 - asked for here by everybody who judges

# The loss is fresh, and it is not yet part of the largest cause there is.
POOL = """
    WITH RECURSIVE path (id, ids) AS (
         SELECT id, ARRAY[id] FROM area WHERE parent_id IS NULL
          UNION ALL
         SELECT area.id, path.ids || area.id FROM area JOIN path ON area.parent_id = path.id
    )
    SELECT w.device_id, d.vendor, w.heard_at, h.id AS home_id, coalesce(path.ids, '{}') AS areas, d.parent_id,
           (SELECT count(*) FROM device child WHERE child.parent_id = d.id)::integer AS children,
           w.outage_id, o.subject
      FROM device_watch w
      JOIN device d ON d.id = w.device_id
      JOIN binding b ON b.device_id = d.id AND b.valid_to IS NULL
      JOIN resident r ON r.id = b.resident_id
      JOIN home h ON h.id = r.home_id
      LEFT JOIN path ON path.id = h.area_id
      LEFT JOIN outage o ON o.id = w.outage_id
     WHERE w.condition IN ('silent', 'offline') AND w.since >= %(fresh)s AND d.state = 'registered'
       AND (o.cause IS NULL OR o.cause <> 'platform')
       AND NOT EXISTS (SELECT FROM maintenance m WHERE (m.device_id = d.id OR m.home_id = h.id)
                          AND m.starts_at <= %(now)s AND m.ends_at > %(now)s)
     ORDER BY w.device_id
"""
_QUICK = (
    """
      FROM device_watch w
      JOIN device d ON d.id = w.device_id
"""
    + watch.JOIN_USUAL
    + """\
      LEFT JOIN device_state s ON s.device_id = d.id
      JOIN binding b ON b.device_id = d.id AND b.valid_to IS NULL
      JOIN resident r ON r.id = b.resident_id
      JOIN home h ON h.id = r.home_id
     WHERE d.state = 'registered' AND w.condition <> 'unheard'
       AND (w.condition = 'well' OR w.since >= %(fresh)s)
"""
)
OFTEN = " AND (" + watch.QUIET_FOR + " <= %(quick)s OR w.condition <> 'well')"
# All devices are gone through once for both: how many homes of each area, and how many devices of each vendor.
HOMES_AND_VENDORS = (
    "WITH often AS MATERIALIZED (SELECT h.area_id, h.id AS home_id, d.vendor"
    + _QUICK
    + OFTEN
    + """)
    SELECT area_id, NULL AS vendor, count(DISTINCT home_id) FROM often GROUP BY area_id
     UNION ALL
    SELECT NULL, vendor, count(*) FROM often GROUP BY vendor
    """
)
# From each home to its devices: never from all devices, whatever the planner believes of them.
ALIVE = """
    SELECT here.id,
           (SELECT max(s.last_seen)
              FROM resident r
              JOIN binding b ON b.resident_id = r.id AND b.valid_to IS NULL
              JOIN device d ON d.id = b.device_id AND d.state = 'registered'
              JOIN device_watch w ON w.device_id = d.id AND w.condition = 'well'
              JOIN device_state s ON s.device_id = d.id
             WHERE r.home_id = here.id AND d.kind = ANY (%(kinds)s))
      FROM unnest(%(homes)s::uuid[]) AS here (id)
"""
PATHS = """
    WITH RECURSIVE path (id, ids) AS (
         SELECT id, ARRAY[id] FROM area WHERE parent_id IS NULL
          UNION ALL
         SELECT area.id, path.ids || area.id FROM area JOIN path ON area.parent_id = path.id
    )
    SELECT id, ids FROM path
"""


def fold(conn: Conn, now: datetime) -> int:
    """Find the common causes among fresh losses, and put these devices behind them; returns how many are new.

    It finds more than before only where a loss has come or a maintenance has begun or ended.
    """
    rows = conn.execute(POOL, {"fresh": now - FRESH, "now": now}).fetchall()
    if all(row[7] is not None for row in rows):
        return 0  # nothing is lost that has no cause yet
    lost = [Lost(row[0], row[1], row[2], row[3], tuple(row[4]), row[5], row[6]) for row in rows]
    subjects = {row[0]: row[8] for row in rows}
    found = [
        one for one in causes(lost, _around(conn, lost, now))
        if any(subjects[device.device_id] != one.subject for device in one.devices)
    ]  # fmt: skip
    for one in found:
        joined = [device.device_id for device in one.devices if subjects[device.device_id] != one.subject]
        _begin(conn, one, joined, now)
    return len(found)


def _around(conn: Conn, lost: Sequence[Lost], now: datetime) -> Around:
    homes = {one.home_id for one in lost if one.home_id is not None}
    terms = watch.usual() | {"fresh": now - FRESH, "quick": QUICK, "homes": list(homes)}
    alive = {home: heard_at for home, heard_at in conn.execute(ALIVE, terms) if heard_at is not None}
    if len(homes) < 3:  # too few for anything larger than a home
        return Around(alive=alive, homes=dict.fromkeys({area for one in lost for area in one.areas}, 1_000_000))
    paths: dict[int, list[int]] = dict(conn.execute(PATHS).fetchall())
    in_area: dict[int, int] = defaultdict(int)
    of_vendor: dict[str, int] = {}
    for area, vendor, count in conn.execute(HOMES_AND_VENDORS, terms):
        if vendor is not None:
            of_vendor[vendor] = count
            continue
        for above in paths[area]:
            in_area[above] += count
    return Around(in_area, of_vendor, alive)


BEGIN = """
    INSERT INTO outage (id, cause, subject, began_at, noticed_at, tell_at)
    VALUES (%(id)s, %(cause)s, %(subject)s, %(began)s, %(now)s, %(tell)s)
    ON CONFLICT (subject) WHERE ended_at IS NULL DO UPDATE SET back_at = NULL
 RETURNING id
"""
PUT_BEHIND = "UPDATE device_watch SET outage_id = %(id)s, tell_at = NULL WHERE device_id = ANY (%(devices)s)"
# Everybody of whom a device, or the gateway that it speaks through, is behind this outage.
HOLD = """
    INSERT INTO held (resident_id, outage_id, since)
    SELECT DISTINCT b.resident_id, %(id)s::uuid, %(now)s::timestamptz
      FROM device d
      JOIN binding b ON b.device_id = d.id AND b.valid_to IS NULL
     WHERE d.id = ANY (%(devices)s) OR d.parent_id = ANY (%(devices)s)
     ORDER BY 1
    ON CONFLICT (resident_id) DO UPDATE SET outage_id = excluded.outage_id, back_at = NULL, look_at = NULL
"""


def _begin(conn: Conn, found: Found, devices: Sequence[int], now: datetime) -> None:
    """Put these of its devices behind the cause, which may have been found before."""
    terms = {
        "id": new_id(), "cause": str(found.cause), "subject": found.subject, "now": now,
        "began": min(one.heard_at for one in found.devices), "tell": now + TELL_AFTER[found.cause],
    }  # fmt: skip
    row = conn.execute(BEGIN, terms).fetchone()
    assert row is not None  # noqa: S101 - RETURNING of an upsert always has a row
    conn.execute(PUT_BEHIND, {"id": row[0], "devices": list(devices)})
    conn.execute(HOLD, {"id": row[0], "devices": list(devices), "now": now})


FOLDED_SINGLES = """
    UPDATE device_watch SET told = false, tell_at = NULL
     WHERE device_id IN (SELECT device_id FROM device_watch WHERE told AND outage_id IS NOT NULL LIMIT %s)
 RETURNING device_id
"""


def folded_singles(conn: Conn) -> list[int]:
    """Devices that had an alert of their own and are behind an outage now."""
    return [row[0] for row in conn.execute(FOLDED_SINGLES, (complaints.TOLD_AT_ONCE,))]


TO_TELL = """
    UPDATE outage SET tell_at = NULL
     WHERE tell_at <= %s AND ended_at IS NULL AND EXISTS (SELECT FROM device_watch WHERE outage_id = outage.id)
 RETURNING id, cause, subject, began_at
"""
BEHIND_IT = """
    SELECT d.vendor || '/' || d.name, r.home_id, r.id,
           EXISTS (SELECT FROM event e WHERE e.device_id = d.id AND e.name = 'power_lost'
                      AND e.time >= %(began)s - interval '10 minutes')
      FROM device_watch w
      JOIN device d ON d.id = w.device_id
      LEFT JOIN binding b ON b.device_id = d.id AND b.valid_to IS NULL
      LEFT JOIN resident r ON r.id = b.resident_id
     WHERE w.outage_id = %(id)s
     ORDER BY 1
"""
_LISTED = 200
_RULE_OF = {cause: f"{cause}_lost" for cause in Cause}


def to_tell(conn: Conn, now: datetime) -> list[Opening]:
    """The outages whose time to be told has come, each as the one alert that it is."""
    return [_opening(conn, *row, now=now) for row in conn.execute(TO_TELL, (now,)).fetchall()]


def _opening(conn: Conn, id_: UUID, cause: str, subject: str, began_at: datetime, *, now: datetime) -> Opening:
    behind = conn.execute(BEHIND_IT, {"id": id_, "began": began_at}).fetchall()
    homes, people = {row[1] for row in behind} - {None}, {row[2] for row in behind} - {None}
    return Opening(
        rule=RULES[_RULE_OF[Cause(cause)]],
        subject=subject,
        resident_id=next(iter(people)) if len(people) == 1 else None,
        device_id=int(subject.partition(":")[2]) if cause == Cause.GATEWAY else None,
        home_id=next(iter(homes)) if len(homes) == 1 else None,
        area_id=int(subject.partition(":")[2]) if cause == Cause.AREA else None,
        happened_at=began_at,
        now=now,
        evidence={
            "cause": cause,
            "outage": str(id_),
            "count": len(behind),
            "homes": len(homes),
            "residents": len(people),
            "power_lost": sum(row[3] for row in behind),
            "devices": [row[0] for row in behind[:_LISTED]],
        },
    )


@dataclass(frozen=True, slots=True)
class Over:
    """An outage that is over, or has turned out to be part of a larger one."""

    subject: str
    rule_id: str
    why: str


# Part of a larger one: none of its devices is behind it any more.
FOLDED = """
    UPDATE outage SET ended_at = %(now)s
     WHERE ended_at IS NULL AND NOT EXISTS (SELECT FROM device_watch WHERE outage_id = outage.id)
 RETURNING subject, cause
"""
SHARES = """
    WITH share AS (
        SELECT outage_id, avg((condition IN ('silent', 'offline'))::integer) AS lost
          FROM device_watch WHERE outage_id IS NOT NULL GROUP BY outage_id
    )
    UPDATE outage o
       SET back_at = CASE WHEN share.lost <= %(few)s THEN coalesce(o.back_at, %(now)s) END
      FROM share WHERE share.outage_id = o.id AND o.ended_at IS NULL AND (o.back_at IS NULL) = (share.lost <= %(few)s)
"""
ENDED = """
    UPDATE outage SET ended_at = %(now)s WHERE ended_at IS NULL AND back_at <= %(since)s RETURNING id, subject, cause
"""
LET_GO = """
    UPDATE device_watch
       SET outage_id = NULL, back_at = NULL,
           tell_at = CASE WHEN condition IN ('silent', 'offline') THEN %(tell)s::timestamptz END
     WHERE outage_id = ANY (%(ids)s)
"""


def over(conn: Conn, now: datetime) -> list[Over]:
    """The outages that have ended: nearly all of their devices have been heard again for some minutes.

    What is still lost then is lost for a reason of its own.
    """
    folded = conn.execute(FOLDED, {"now": now}).fetchall()
    conn.execute(SHARES, {"few": STILL_LOST, "now": now})
    ended = conn.execute(ENDED, {"now": now, "since": now - BACK_FOR}).fetchall()
    if ended:
        conn.execute(LET_GO, {"ids": [row[0] for row in ended], "tell": now + ALONE_AFTER})
    return [Over(row[0], _RULE_OF[Cause(row[1])], "it is part of a larger outage") for row in folded] + [
        Over(row[1], _RULE_OF[Cause(row[2])], "its devices speak again") for row in ended
    ]
