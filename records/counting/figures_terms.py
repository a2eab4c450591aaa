"""Which alerts the figures are about: their time, their area, and what one may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from records.database import Conn
from records.people import areas
from records.scope import ALERT_IN_SCOPE, Scope

ZONE = "Asia/Shanghai"
"""A day is one in Ma'anshan."""

# `up`: every area with all that it lies in, itself among them. A city has some hundreds.
CHOSEN = (
    """
    WITH RECURSIVE up (area_id, above) AS (
         SELECT id, id FROM area
          UNION ALL
         SELECT up.area_id, area.parent_id FROM up JOIN area ON area.id = up.above WHERE area.parent_id IS NOT NULL
    ), chosen AS MATERIALIZED (
        SELECT a.id, a.rule, a.class, a.priority, a.resident_id, a.device_id, a.opened_at, a.closed_at, a.outcome,
               a.false_cause, a.suppressed_by, coalesce(a.area_id, h.area_id) AS area_id
          FROM alert a
          LEFT JOIN resident r ON r.id = a.resident_id
          LEFT JOIN home h ON h.id = a.home_id
         WHERE a.opened_at >= %(since)s AND a.opened_at < %(until)s
           AND NOT a.drill AND NOT a.canary AND a.outcome IS DISTINCT FROM 'drill'
           AND (%(area)s::integer[] IS NULL OR coalesce(a.area_id, h.area_id) = ANY (%(area)s::integer[]))
           AND """
    + ALERT_IN_SCOPE
    + ")"
)
"""`chosen`: the alerts that opened in the time and area that are wanted, without drills and canaries."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the figures are about; `parts`: the areas into which they are divided."""

    scope: Scope
    area: Sequence[int] | None
    parts: Sequence[int]
    since: datetime
    until: datetime
    now: datetime

    @classmethod
    def of(
        cls, conn: Conn, scope: Scope, area_id: int | None, since: datetime, until: datetime, now: datetime
    ) -> "Wanted":
        """This area and all below it, divided into those right below it; without one all that is in the scope."""
        seen = areas.areas_in(conn, scope)
        known = {area.id for area in seen}
        tops = [area.id for area in seen if area.parent_id not in known]
        top = area_id if area_id is not None else tops[0] if len(tops) == 1 else None
        parts = tops if top is None else [area.id for area in seen if area.parent_id == top]
        below = None if area_id is None else areas.below(conn, area_id)
        return cls(scope, below, parts, since, until, now)

    def terms(self) -> dict[str, Any]:
        """The parameters of a statement."""
        return self.scope.terms() | {
            "area": None if self.area is None else list(self.area), "parts": list(self.parts), "since": self.since,
            "until": self.until, "now": self.now, "zone": ZONE,
        }  # fmt: skip
