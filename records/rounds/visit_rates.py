"""How many were visited as often as they should be, per community, street and county, against the target."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from care.figures import Rate, rate
from care.visits import TARGET
from records.counting.figures_terms import Wanted
from records.database import Conn
from records.people import areas
from records.rounds import visit_duty
from records.scope import IN_SCOPE, Scope

WEEK = timedelta(days=7)
"""周探访率: what the city's plan counts in."""


@dataclass(frozen=True, slots=True)
class VisitRate:
    """How the visits of an area stand; whoever is away or in hospital is counted as `away` and in no rate.

    `kept`: of those whose visit was due, how many were visited in time. `week` (周探访率): of all, how many were
    visited in the last seven days, or gave the sign of life that their check-in asks for.
    """

    residents: int
    away: int
    visited: int
    not_yet: int
    behind: int
    kept: Rate
    week: Rate


@dataclass(frozen=True, slots=True)
class OfArea(VisitRate):
    """Of an area and all below it."""

    area_id: int
    name: str


@dataclass(frozen=True, slots=True)
class VisitRates:
    """The whole, and each area right below it."""

    as_of: datetime
    whole: VisitRate
    areas: Sequence[OfArea]


RATES = (
    """
    WITH RECURSIVE up (area_id, above) AS (
         SELECT id, id FROM area
          UNION ALL
         SELECT up.area_id, area.parent_id FROM up JOIN area ON area.id = up.above WHERE area.parent_id IS NOT NULL
    ), duty AS (
    """
    + visit_duty.DUTY
    + " WHERE r.ended_on IS NULL AND (%(area)s::integer[] IS NULL OR h.area_id = ANY (%(area)s::integer[])) AND "
    + IN_SCOPE
    + ")"
    + visit_duty.PACE
    + """
    , seen AS (
        SELECT stands.*, up.above AS part,
               last > %(now)s - %(week)s
               OR EXISTS (SELECT FROM check_in c
                           WHERE c.resident_id = stands.resident_id AND c.opens_at > %(now)s - %(week)s
                             AND c.state = 'done' AND c.settled_at <= %(now)s) AS this_week
          FROM stands
          LEFT JOIN up ON up.area_id = stands.area_id AND up.above = ANY (%(parts)s)
    )
    SELECT grouping(part) = 1, part, count(*), count(*) FILTER (WHERE away),
           count(*) FILTER (WHERE NOT away AND standing = 'visited'),
           count(*) FILTER (WHERE NOT away AND standing = 'not_yet'),
           count(*) FILTER (WHERE NOT away AND standing = 'behind'),
           count(*) FILTER (WHERE NOT away AND this_week)
      FROM seen
     GROUP BY GROUPING SETS ((), (part))
    """
)


def rates(conn: Conn, scope: Scope, area_id: int | None, now: datetime) -> VisitRates:
    """How the visits stand in this area (None: everywhere one may see) and in each area right below it."""
    wanted = Wanted.of(conn, scope, area_id, now, now, now)
    terms = wanted.terms() | visit_duty.pace() | {"week": WEEK}
    found = {(whole, part): row for whole, part, *row in conn.execute(RATES, terms, prepare=False)}
    names, none = areas.names(conn, wanted.parts), [0] * 6
    parts = [OfArea(*_rate(found.get((False, part), none)), part, names[part]) for part in wanted.parts]
    return VisitRates(now, VisitRate(*_rate(found.get((True, None), none))), parts)


def _rate(row: Sequence[int]) -> tuple[int, int, int, int, int, Rate, Rate]:
    residents, away, visited, not_yet, behind, this_week = row
    kept = rate(None, visited, visited + behind, TARGET)
    return residents, away, visited, not_yet, behind, kept, rate(WEEK, this_week, residents - away, TARGET)
