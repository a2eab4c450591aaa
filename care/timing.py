"""What the clock of a message says about it: usable, late, or impossible."""

from datetime import datetime, timedelta
from enum import StrEnum

FUTURE_TOLERANCE = timedelta(minutes=5)
"""A device's clock may be ahead by this much."""

LATE_AFTER = timedelta(minutes=5)
"""Older than this when it arrives, a message is back-fill: stored, and no vital sign in it pages."""

PAGES_WITHIN = timedelta(hours=24)
"""A late alarm younger than this still pages, marked delayed; an older one is history."""


class Timeliness(StrEnum):
    """How an event that has just arrived is to be treated."""

    LIVE = "live"
    DELAYED = "delayed"
    HISTORY = "history"


def impossible(time: datetime, received_at: datetime, retention: timedelta) -> str | None:
    """Why this time can't be true of a message received at `received_at`, or None."""
    if time > received_at + FUTURE_TOLERANCE:
        return "time: more than 5 minutes in the future; set the device's clock"
    if time < received_at - retention:
        return f"time: older than the {retention.days} days that are kept"
    return None


def timeliness(time: datetime, received_at: datetime) -> Timeliness:
    """Live, delayed or history, from when it was so and when it was received."""
    age = received_at - time
    if age <= LATE_AFTER:
        return Timeliness.LIVE
    return Timeliness.DELAYED if age <= PAGES_WITHIN else Timeliness.HISTORY
