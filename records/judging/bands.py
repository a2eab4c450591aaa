"""Between which limits a resident's vital signs ring for nobody: their own where somebody has set some."""

from dataclasses import dataclass
from uuid import UUID

from care.in_force import InForce
from care.rules import VITAL_RULES
from records.database import Conn
from records.judging import limits


@dataclass(frozen=True, slots=True)
class NormalBand:
    """At `low` or below, and at `high` or above, it rings; None: no limit on that side. `own`: set for this person."""

    metric: str
    low: float | None
    high: float | None
    own: bool


def bands(conn: Conn, resident_id: UUID) -> list[NormalBand]:
    """The bands of those vital signs whose rules are switched on for this resident."""
    rules = [rule.id for rule in VITAL_RULES.values()]
    book, area = limits.load(conn, rules, residents=[resident_id]), limits.area_of(conn, resident_id)
    found = ((metric, book.of(rule.id, resident_id, area)) for metric, rule in VITAL_RULES.items())
    return [_band(metric, force) for metric, force in found if force.enabled]


def _band(metric: str, force: InForce) -> NormalBand:
    low, high = (force.number(name) if name in force.values else None for name in ("low", "high"))
    own = any(origin == "resident" for name, origin in force.origins.items() if name in ("low", "high"))
    return NormalBand(metric, low, high, own)
