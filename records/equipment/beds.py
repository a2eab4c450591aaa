"""Every care bed of a city at once, community by community, and how it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from records.database import Conn
from records.scope import IN_SCOPE, Scope

# One letter per bed, as in care.beds.BedState: an absence goes before coverage, and what is not known is not watched.
LETTER = """
    CASE WHEN EXISTS (SELECT FROM absence x WHERE x.resident_id = r.id AND x.valid_from <= %(now)s
                         AND least(x.valid_to, x.ended_at) > %(now)s) THEN 'x'
         WHEN c.state IS NULL OR c.reasons @> '[{"why": "no_device"}]' THEN 'u'
         WHEN c.state = 'armed' THEN 'a'
         WHEN c.state = 'degraded' THEN 'd'
         ELSE 'b' END
"""
FROM = (
    """
      FROM care_bed bed
      JOIN resident r ON r.id = bed.resident_id
      JOIN home h ON h.id = r.home_id
      LEFT JOIN coverage c ON c.resident_id = r.id
     WHERE bed.closed IS NULL AND """
    + IN_SCOPE
    + " GROUP BY h.area_id ORDER BY h.area_id"
)
BEDS = (
    "SELECT h.area_id, array_agg(r.id ORDER BY bed.number), array_agg(bed.number ORDER BY bed.number), string_agg("
    + LETTER
    + ", '' ORDER BY bed.number)"
    + FROM
)
STATES = "SELECT h.area_id, string_agg(" + LETTER + ", '' ORDER BY bed.number)" + FROM


@dataclass(frozen=True, slots=True)
class Beds:
    """The care beds of a community in the order of their numbers; `states` has one letter for each (care.beds)."""

    area_id: int
    residents: Sequence[UUID]
    numbers: Sequence[str]
    states: str


def beds(conn: Conn, scope: Scope, now: datetime) -> list[Beds]:
    """All of them that are in this care, with whose they are."""
    return [Beds(*row) for row in conn.execute(BEDS, scope.terms() | {"now": now}, prepare=False)]


def states(conn: Conn, scope: Scope, now: datetime) -> dict[int, str]:
    """Only how they stand, by community, in the same order."""
    return dict(conn.execute(STATES, scope.terms() | {"now": now}, prepare=False).fetchall())
