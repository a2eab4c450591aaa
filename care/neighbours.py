"""The time that a neighbour gives: counted from accepting until it is over. Pure."""

from datetime import datetime, timedelta

MOST_GIVEN = timedelta(hours=4)
"""An alert that nobody closes counts no longer than this (an assumption)."""


def minutes_given(accepted: datetime, over: datetime) -> int:
    """Begun minutes, at least one."""
    given = min(max(over - accepted, timedelta(0)), MOST_GIVEN)
    return max(1, -(-given // timedelta(minutes=1)))
