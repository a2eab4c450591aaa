"""How well residents are covered: now, since when, and at any earlier time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from care.coverage import Coverage, Reason, State, Watcher, Why, coverage_of, without_us
from care.supervision import Condition
from records.database import Conn
from records.equipment import watch
from records.scope import IN_SCOPE, Scope

WE_ARE_BEHIND = timedelta(minutes=2)
"""When ingest has stored nothing for two minutes, nobody is covered (an assumption; lanes write each second)."""

WATCHERS = """
    SELECT b.resident_id, d.vendor || '/' || d.name, d.kind, w.condition, w.since, s.last_seen, s.battery::float8,
           w.fault,
           EXISTS (SELECT FROM maintenance m WHERE (m.device_id = d.id OR m.home_id = r.home_id)
                      AND m.starts_at <= %(now)s AND m.ends_at > %(now)s),
           CASE WHEN parent.condition IN ('silent', 'offline') THEN parent.heard_at END, d.id
      FROM binding b
      JOIN resident r ON r.id = b.resident_id
      JOIN device d ON d.id = b.device_id
      JOIN device_watch w ON w.device_id = d.id
      LEFT JOIN device_state s ON s.device_id = d.id
      LEFT JOIN device_watch parent ON parent.device_id = d.parent_id
     WHERE b.resident_id = ANY (%(residents)b) AND b.valid_to IS NULL AND d.state = 'registered'
     ORDER BY b.resident_id, d.vendor, d.name
"""
KNOWN = "SELECT resident_id, state, reasons, since FROM coverage WHERE resident_id = ANY (%s)"


def watchers(conn: Conn, residents: Sequence[UUID], now: datetime) -> dict[UUID, list[Watcher]]:
    """What watches over each of these residents."""
    found: dict[UUID, list[Watcher]] = {resident: [] for resident in residents}
    for row in conn.execute(WATCHERS, {"residents": list(residents), "now": now}):
        found[row[0]].append(Watcher(row[1], row[2], Condition(row[3]), *row[4:]))
    return found


def of_resident(conn: Conn, resident_id: UUID, now: datetime) -> Coverage:
    """How well this resident is covered now, and why not better."""
    found = coverage_of(watchers(conn, [resident_id], now)[resident_id])
    row = conn.execute(KNOWN, ([resident_id],)).fetchone()
    if row and row[1] == found.state:
        found = replace(found, since=row[3])
    deaf = deaf_since(conn, now)
    return without_us(found, deaf) if deaf is not None else found


def deaf_since(conn: Conn, now: datetime) -> datetime | None:
    """Since when we ourselves have heard nothing; None where we do."""
    through = watch.heard_through(conn)
    return through if through is not None and now - through > WE_ARE_BEHIND else None


def as_json(coverage: Coverage) -> dict[str, Any]:
    """As it is kept with an alert."""
    return {
        "state": str(coverage.state),
        "since": coverage.since.isoformat() if coverage.since else None,
        "reasons": _reasons(coverage.reasons),
    }


def _reasons(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    return [
        asdict(one) | {"why": str(one.why), "since": one.since.isoformat() if one.since else None} for one in reasons
    ]


def read_reasons(reasons: Iterable[Mapping[str, Any]]) -> tuple[Reason, ...]:
    """As they were kept."""
    return tuple(
        Reason(
            Why(one["why"]), one["device"], one["kind"], datetime.fromisoformat(one["since"]) if one["since"] else None
        )
        for one in reasons
    )


CHANGED = """
    WITH fresh AS (
        SELECT * FROM unnest(%(ids)s::uuid[], %(states)s::text[], %(reasons)s::jsonb[])
                   AS f (resident_id, state, reasons)
    ), kept AS (
        INSERT INTO coverage (resident_id, state, reasons, since)
        SELECT resident_id, state, reasons, %(now)s FROM fresh ORDER BY resident_id
        ON CONFLICT (resident_id) DO UPDATE
           SET state = excluded.state, reasons = excluded.reasons,
               since = CASE WHEN coverage.state = excluded.state THEN coverage.since ELSE excluded.since END
    )
    INSERT INTO coverage_change (resident_id, at, state, reasons)
    SELECT resident_id, %(now)s, state, reasons FROM fresh
    ON CONFLICT (resident_id, at) DO UPDATE SET state = excluded.state, reasons = excluded.reasons
"""


def look(conn: Conn, residents: Sequence[UUID], now: datetime) -> int:
    """Judge anew how these residents are covered; returns of how many it has changed."""
    known = {row[0]: (row[1], row[2]) for row in conn.execute(KNOWN, (list(residents),))}
    fresh = {resident: coverage_of(found) for resident, found in watchers(conn, residents, now).items()}
    changed = {
        resident: coverage
        for resident, coverage in fresh.items()
        if known.get(resident) != (str(coverage.state), _reasons(coverage.reasons))
    }
    if changed:
        terms = {
            "now": now,
            "ids": list(changed),
            "states": [str(one.state) for one in changed.values()],
            "reasons": [Jsonb(_reasons(one.reasons)) for one in changed.values()],
        }
        conn.execute(CHANGED, terms)
    return len(changed)


AT_ONCE = 2_000
"""So many residents whose devices have changed hands are looked at in one sweep."""

# Those whose devices have changed hands, as soon as each of these has been looked at, and those of these devices or
# of what speaks through them.
TO_LOOK_AT = """
    WITH moved AS (
        DELETE FROM coverage_due WHERE resident_id IN (
            SELECT c.resident_id FROM coverage_due c
             WHERE NOT EXISTS (SELECT FROM binding b
                                 JOIN device d ON d.id = b.device_id AND d.state = 'registered'
                                 JOIN device_watch w ON w.device_id = d.id
                                WHERE b.resident_id = c.resident_id AND b.valid_to IS NULL AND w.due_at = '-infinity')
             LIMIT %(at_once)s)
     RETURNING resident_id
    )
    SELECT resident_id FROM moved
     UNION
    SELECT b.resident_id FROM device d JOIN binding b ON b.device_id = d.id AND b.valid_to IS NULL
     WHERE d.id = ANY (%(devices)s)
     UNION
    SELECT b.resident_id FROM device d JOIN binding b ON b.device_id = d.id AND b.valid_to IS NULL
     WHERE d.parent_id = ANY (%(devices)s)
"""


def affected(conn: Conn, devices: Sequence[int]) -> list[UUID]:
    """The residents whose coverage may have changed, where these devices have."""
    terms = {"devices": list(devices), "at_once": AT_ONCE}
    return [row[0] for row in conn.execute(TO_LOOK_AT, terms)]


AT = """
    SELECT state, reasons, at FROM coverage_change WHERE resident_id = %s AND at <= %s ORDER BY at DESC LIMIT 1
"""


def at(conn: Conn, resident_id: UUID, moment: datetime) -> Coverage | None:
    """How well this resident was covered at that time; None where nothing had been written down yet."""
    row = conn.execute(AT, (resident_id, moment)).fetchone()
    return Coverage(State(row[0]), read_reasons(row[1]), row[2]) if row else None


@dataclass(frozen=True, slots=True)
class CoverageCounts:
    """How many residents are so; `unwatched` have no device."""

    armed: int
    degraded: int
    blind: int
    unwatched: int


COUNTS = (
    """
    SELECT count(*) FILTER (WHERE c.state = 'armed'), count(*) FILTER (WHERE c.state = 'degraded'),
           count(*) FILTER (WHERE c.state = 'blind' AND NOT c.reasons @> '[{"why": "no_device"}]'),
           count(*) FILTER (WHERE c.state IS NULL OR c.reasons @> '[{"why": "no_device"}]')
      FROM resident r
      JOIN home h ON h.id = r.home_id
      LEFT JOIN coverage c ON c.resident_id = r.id
     WHERE r.ended_on IS NULL AND (%(area)s::integer[] IS NULL OR h.area_id = ANY (%(area)s::integer[])) AND """
    + IN_SCOPE
)


def counts(conn: Conn, scope: Scope, area: Sequence[int] | None = None) -> CoverageCounts:
    """How well everybody whom one may see is covered; `area`: only in these areas, by id."""
    terms = scope.terms() | {"area": None if area is None else list(area)}
    row = conn.execute(COUNTS, terms, prepare=False).fetchone()
    assert row is not None  # noqa: S101 - a count always has a row
    return CoverageCounts(*row)


BLIND = """
    UPDATE coverage SET visit_asked = %(now)s
     WHERE state = 'blind' AND since <= %(before)s AND visit_asked IS NULL
       AND NOT reasons @> '[{"why": "no_device"}]' AND NOT reasons @> '[{"why": "maintenance"}]'
 RETURNING resident_id
"""
SEEN_AGAIN = """
    UPDATE coverage SET visit_asked = NULL WHERE state <> 'blind' AND visit_asked IS NOT NULL RETURNING resident_id
"""


def blind_since(conn: Conn, before: datetime, now: datetime) -> list[UUID]:
    """Residents of whom nothing is known since before then, and to whom nobody has been sent yet; each once."""
    return [row[0] for row in conn.execute(BLIND, {"before": before, "now": now})]


def no_longer_blind(conn: Conn) -> list[UUID]:
    """Residents to whom somebody was to be sent and of whom something is known again; each once."""
    return [row[0] for row in conn.execute(SEEN_AGAIN)]
