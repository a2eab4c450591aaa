"""How often somebody may try to log in, counted so that nobody can lock out somebody else."""

import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

FOR_ONE_NAME = RateLimitItemPerMinute(6)
"""Attempts for one user name from one address: another address still has its own."""
FOR_ONE_ADDRESS = RateLimitItemPerMinute(60)
"""Attempts from one address: a whole centre behind one router may change shift within a minute."""
FOR_ONE_NAME_ANYWHERE = RateLimitItemPerMinute(30)
"""Attempts for one user name from all addresses and browsers together that this account has never used."""
FOR_A_KNOWN_BROWSER = RateLimitItemPerMinute(10)
"""Attempts from a browser in which this account has logged in before; nobody else can use them up."""


class Attempts:
    """The attempts of the last minute, in this process."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def take(self, address: str, username: str, browser: str | None = None) -> int | None:
        """Count one attempt; the seconds to wait where it is one too many, else None.

        `browser`: which one it is, where this account has logged in from it before.
        """
        for item, keys in _limits(address, username, browser):
            if not self._limiter.hit(item, *keys):
                return self._seconds_left(item, keys)
        return None

    def succeeded(self, address: str, username: str, browser: str | None = None) -> None:
        """Whoever got in starts anew."""
        item, keys = _limits(address, username, browser)[-1]
        self._limiter.clear(item, *keys)

    def _seconds_left(self, item: RateLimitItem, keys: tuple[str, ...]) -> int:
        return max(1, round(self._limiter.get_window_stats(item, *keys).reset_time - time.time()) + 1)


def _limits(address: str, username: str, browser: str | None) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
    if browser is not None:
        return [(FOR_A_KNOWN_BROWSER, ("browser", browser, username))]
    return [
        (FOR_ONE_ADDRESS, ("address", address)),
        (FOR_ONE_NAME_ANYWHERE, ("name", username)),
        (FOR_ONE_NAME, ("both", address, username)),
    ]
