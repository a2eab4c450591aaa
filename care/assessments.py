"""How much of everyday life somebody manages: the care level of GB/T 42195-2022, and when to assess anew."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from care.alerts import Outcome


class CareLevel(StrEnum):
    """能力等级: from intact to completely impaired."""

    INTACT = "intact"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    COMPLETE = "complete"


FLOORS: tuple[tuple[int, CareLevel], ...] = (
    (90, CareLevel.INTACT),
    (66, CareLevel.MILD),
    (46, CareLevel.MODERATE),
    (30, CareLevel.SEVERE),
    (0, CareLevel.COMPLETE),
)
"""From which score on one is at which level (GB/T 42195-2022)."""


def care_level(score: int) -> CareLevel:
    """The level of this score, 0 to 100."""
    if not 0 <= score <= 100:
        raise ValueError("score: 0 to 100")
    return next(level for floor, level in FLOORS if score >= floor)


class Anew(StrEnum):
    """Why somebody is to be assessed (again)."""

    NEVER = "never"
    """There is no assessment."""
    RISK_EVENTS = "risk_events"
    """Two or more care-risk events within 30 days, since the last assessment."""
    OLD = "old"
    """The last one is a year old."""


RISK_RULES = frozenset({"fall", "wandering"})
"""The alerts that are care-risk events (照护风险事件); of those that the standard names devices know these two."""
NO_RISK = frozenset({Outcome.FALSE_ALARM, Outcome.DRILL, Outcome.DUPLICATE, Outcome.CANCELLED_BY_RESIDENT})
"""What was closed so was none."""
RISK_WITHIN = timedelta(days=30)
RISKS = 2
GOOD_FOR = timedelta(days=365)
"""After so long one assesses anew (an assumption; the standard asks for it "regularly")."""


def why_anew(last: date | None, risks: int, today: date) -> Anew | None:
    """Why to assess anew; `risks`: care-risk events of the last 30 days that came after the last assessment."""
    if risks >= RISKS:
        return Anew.RISK_EVENTS
    if last is None:
        return Anew.NEVER
    return Anew.OLD if today - last > GOOD_FOR else None


def risks_count_from(last: datetime | None, now: datetime) -> datetime:
    """Since when care-risk events count."""
    since = now - RISK_WITHIN
    return since if last is None else max(since, last)
