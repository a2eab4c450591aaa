"""The real clock. Whatever judges takes a `Clock`, so that a test or a rehearsal can hold another."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time on this machine's clock."""
    return datetime.now(UTC)
