"""Who is not covered as well as they might be: how many in each area, and one by one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from care.coverage import Reason, State
from care.people import Area
from records import cursor
from records.database import Conn
from records.equipment.coverage import CoverageCounts, read_reasons
from records.people import areas
from records.scope import IN_SCOPE, Scope


@dataclass(frozen=True, slots=True)
class AreaCounts:
    """How well those who live in this area, with all below it, are covered; `unwatched` have no device."""

    id: int
    name: str
    level: str
    armed: int
    degraded: int
    blind: int
    unwatched: int


BY_AREA = (
    """
    SELECT h.area_id,
           CASE WHEN c.state IS NULL OR c.reasons @> '[{"why": "no_device"}]' THEN 'unwatched' ELSE c.state END,
           count(*)
      FROM resident r
      JOIN home h ON h.id = r.home_id
      LEFT JOIN coverage c ON c.resident_id = r.id
     WHERE r.ended_on IS NULL AND (%(area)s::integer[] IS NULL OR h.area_id = ANY (%(area)s::integer[])) AND """
    + IN_SCOPE
    + " GROUP BY 1, 2"
)


def counts(conn: Conn, scope: Scope, area_id: int | None) -> tuple[CoverageCounts, list[AreaCounts]]:
    """Of everybody in this area (None: whom one may see), and of each area right below it."""
    tree = {one.id: one for one in areas.areas_in(conn, scope)}
    inside = None if area_id is None else areas.below(conn, area_id)
    everybody: Counter[str] = Counter()
    each: dict[int, Counter[str]] = {one: Counter() for one in _shown(tree, area_id)}
    for home_area, state, number in conn.execute(BY_AREA, scope.terms() | {"area": inside}, prepare=False):
        everybody[state] += number
        if (one := _above(tree, home_area, each)) is not None:
            each[one][state] += number
    shown = [AreaCounts(one, tree[one].name, tree[one].level, *_four(found)) for one, found in each.items()]
    return CoverageCounts(*_four(everybody)), shown


def _four(found: Counter[str]) -> tuple[int, int, int, int]:
    return found["armed"], found["degraded"], found["blind"], found["unwatched"]


def _shown(tree: Mapping[int, Area], area_id: int | None) -> list[int]:
    """The areas right below this one; without one those below the topmost, or the topmost where there are several."""
    if area_id is None:
        top = [one.id for one in tree.values() if one.parent_id not in tree]
        if len(top) != 1:
            return top
        area_id = top[0]
    return [one.id for one in tree.values() if one.parent_id == area_id]


def _above(tree: Mapping[int, Area], area_id: int | None, shown: Mapping[int, object]) -> int | None:
    while area_id is not None and area_id not in shown:
        area_id = tree[area_id].parent_id if area_id in tree else None
    return area_id


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A resident who is not fully covered, why, and since when it is this state."""

    resident_id: UUID
    resident_name: str
    address: str
    area_id: int
    state: State
    since: datetime
    reasons: tuple[Reason, ...]
    visit_asked: datetime | None
    """When somebody was asked to go there."""


# Those of whom nothing is known first, and of them those of whom it has been so longest.
LISTED = (
    """
    SELECT c.resident_id, r.name, h.address, h.area_id, c.state, c.since, c.reasons, c.visit_asked
      FROM coverage c
      JOIN resident r ON r.id = c.resident_id
      JOIN home h ON h.id = r.home_id
     WHERE c.state <> 'armed' AND NOT c.reasons @> '[{"why": "no_device"}]'
       AND (%(state)s::text IS NULL OR c.state = %(state)s::text)
       AND (%(area)s::integer[] IS NULL OR h.area_id = ANY (%(area)s::integer[]))
       AND (%(after)s::uuid IS NULL OR (c.state, c.since, c.resident_id) > (
            SELECT state, since, resident_id FROM coverage WHERE resident_id = %(after)s::uuid))
       AND """
    + IN_SCOPE
    + " ORDER BY c.state, c.since, c.resident_id LIMIT %(limit)s"
)


def listed(
    conn: Conn, scope: Scope, limit: int, *, area: Sequence[int] | None = None, state: State | None = None,
    after: str | None = None,
) -> tuple[list[Uncovered], str | None]:  # fmt: skip
    """Who is degraded or blind, and the cursor to go on with. Raises BadCursor where `after` is not from this list."""
    terms = scope.terms() | {
        "area": None if area is None else list(area),
        "state": state,
        "after": cursor.read_id(after) if after else None,
        "limit": limit + 1,
    }
    rows = conn.execute(LISTED, terms, prepare=False).fetchall()
    found = [
        Uncovered(row[0], row[1], row[2], row[3], State(row[4]), row[5], read_reasons(row[6]), row[7]) for row in rows
    ]
    return found[:limit], cursor.written(found[limit - 1].resident_id) if len(found) > limit else None
