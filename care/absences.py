"""Absences: why somebody is not at home, and for how long one may be entered at once."""

from datetime import datetime, timedelta
from enum import StrEnum

LONGEST = timedelta(days=92)
"""An absence always has an end, so that nobody is forgotten; who stays away longer is entered anew. An assumption."""


FARTHEST = timedelta(days=366)
"""So far ahead an absence may begin. An assumption."""


class AbsenceKind(StrEnum):
    """Why somebody is not at home."""

    AWAY = "away"
    HOSPITAL = "hospital"
    HOLIDAY = "holiday"


def check(start: datetime, end: datetime, now: datetime) -> None:
    """Raise ValueError, naming the field and the fix, unless somebody can be away from `start` to `end`."""
    if start >= end:
        raise ValueError("from: must be earlier than to")
    if end <= now:
        raise ValueError("to: must lie ahead; what is over holds nothing back")
    if start > now + FARTHEST:
        raise ValueError(f"from: at most {FARTHEST.days} days ahead")
    if end - start > LONGEST:
        raise ValueError(f"to: at most {LONGEST.days} days after from; enter a longer stay anew when it comes to that")
