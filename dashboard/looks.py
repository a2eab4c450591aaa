"""A page that asks again every few seconds is one look, not hundreds: what was noted lately is not noted anew."""

import threading
import time
from collections.abc import Hashable

ONE_LOOK = 300.0
"""Seconds in which the same account at the same thing is one look."""
_MOST = 20_000


class Looks:
    """What was noted lately; safe from many threads, bounded, and empty after a start, which notes once more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noted: dict[Hashable, float] = {}

    def knows(self, look: Hashable, now: float | None = None) -> bool:
        """Whether this look was noted within the last five minutes."""
        now = time.monotonic() if now is None else now
        with self._lock:
            at = self._noted.get(look)
        return at is not None and now - at < ONE_LOOK

    def add(self, look: Hashable, now: float | None = None) -> None:
        """This look is in the log: to be called when that is committed, not before."""
        now = time.monotonic() if now is None else now
        with self._lock:
            if len(self._noted) >= _MOST:
                self._noted = {known: at for known, at in self._noted.items() if now - at < ONE_LOOK}
            if len(self._noted) >= _MOST:
                self._noted.clear()  # rather noted twice than never
            self._noted[look] = now
