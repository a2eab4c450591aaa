"""How often somebody may try to log in, counted so that nobody can lock out somebody else."""

import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

FOR_ONE_NAME = RateLimitItemPerMinute(6)
"""Attempts for one user name from one address: another address still has its own."""
FOR_ONE_ADDRESS = RateLimitItemPerMinute(60)
"""Attempts from one address: a whole centre behind one router may change shift within a minute."""


class Attempts:
    """The attempts of the last minute, in this process."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def take(self, address: str, username: str) -> int | None:
        """Count one attempt; the seconds to wait where it is one too many, else None."""
        for item, keys in ((FOR_ONE_ADDRESS, (address,)), (FOR_ONE_NAME, (address, username))):
            if not self._limiter.hit(item, *keys):
                return self._seconds_left(item, keys)
        return None

    def succeeded(self, address: str, username: str) -> None:
        """Whoever got in starts anew."""
        self._limiter.clear(FOR_ONE_NAME, address, username)

    def _seconds_left(self, item: RateLimitItem, keys: tuple[str, ...]) -> int:
        return max(1, round(self._limiter.get_window_stats(item, *keys).reset_time - time.time()) + 1)
